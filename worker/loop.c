/* One epoll loop: descriptors, a heap of timers, signals read from an fd. */
#include "worker/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "shm/gw_clock.h"

#define LOOP_EVENTS  128
#define LOOP_AFTER   16

typedef struct {
    loop_timer_pt  call;
    void          *arg;
} loop_call_t;

struct loop_s {
    int                  epfd;
    struct epoll_event   ready[LOOP_EVENTS];
    int                  few;           /* events of a turn at most      */
    int                  nready;        /* of the turn that runs         */
    int                  at;            /* the one that is being handled */

    loop_timer_t       **heap;
    unsigned             timers;
    unsigned             room;

    loop_call_t          after[LOOP_AFTER];
    unsigned             nafter;

    loop_fd_t            signals;
    loop_call_t          on_signal;
    bool                 term;
    bool                 hup;
    bool                 child;
    bool                 stop;
};


int
loop_create(loop_t **loop)
{
    loop_t  *l;

    l = calloc(1, sizeof(loop_t));
    if (l == NULL) {
        return GW_ENOMEM;
    }

    l->few = LOOP_EVENTS;
    l->signals.fd = -1;
    l->epfd = epoll_create1(EPOLL_CLOEXEC);

    if (l->epfd == -1) {
        free(l);
        return GW_ESYS;
    }

    *loop = l;

    return GW_OK;
}


void
loop_free(loop_t *loop)
{
    if (loop == NULL) {
        return;
    }

    if (loop->signals.fd != -1) {
        close(loop->signals.fd);
    }

    close(loop->epfd);
    free(loop->heap);
    free(loop);
}


int
loop_fd_set(loop_t *loop, loop_fd_t *f, uint32_t events)
{
    int                 op;
    struct epoll_event  ev;

    if (f->events == events) {
        return GW_OK;
    }

    if (events == 0) {
        loop_fd_del(loop, f);
        return GW_OK;
    }

    memset(&ev, 0, sizeof(ev));
    ev.events = events;
    ev.data.ptr = f;

    op = f->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (epoll_ctl(loop->epfd, op, f->fd, &ev) == -1) {
        return GW_ESYS;
    }

    f->events = events;

    return GW_OK;
}


void
loop_fd_del(loop_t *loop, loop_fd_t *f)
{
    int  i;

    if (f->events == 0) {
        return;
    }

    (void) epoll_ctl(loop->epfd, EPOLL_CTL_DEL, f->fd, NULL);
    f->events = 0;

    /* an event of this turn may still name it */

    for (i = loop->at; i < loop->nready; i++) {
        if (loop->ready[i].data.ptr == f) {
            loop->ready[i].data.ptr = NULL;
        }
    }
}


static void
loop_heap_put(loop_t *loop, unsigned slot, loop_timer_t *t)
{
    loop->heap[slot] = t;
    t->slot = slot;
}


static void
loop_heap_up(loop_t *loop, unsigned slot)
{
    unsigned       parent;
    loop_timer_t  *t;

    t = loop->heap[slot];

    while (slot > 0) {
        parent = (slot - 1) / 2;

        if (loop->heap[parent]->due_ms <= t->due_ms) {
            break;
        }

        loop_heap_put(loop, slot, loop->heap[parent]);
        slot = parent;
    }

    loop_heap_put(loop, slot, t);
}


static void
loop_heap_down(loop_t *loop, unsigned slot)
{
    unsigned       child;
    loop_timer_t  *t;

    t = loop->heap[slot];

    for ( ;; ) {
        child = slot * 2 + 1;

        if (child >= loop->timers) {
            break;
        }

        if (child + 1 < loop->timers
            && loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
        {
            child++;
        }

        if (t->due_ms <= loop->heap[child]->due_ms) {
            break;
        }

        loop_heap_put(loop, slot, loop->heap[child]);
        slot = child;
    }

    loop_heap_put(loop, slot, t);
}


int
loop_timer_set(loop_t *loop, loop_timer_t *t, int64_t ms)
{
    unsigned        room;
    loop_timer_t  **heap;

    loop_timer_del(loop, t);

    if (loop->timers == loop->room) {
        room = loop->room ? loop->room * 2 : 64;

        heap = realloc(loop->heap, room * sizeof(loop_timer_t *));
        if (heap == NULL) {
            return GW_ENOMEM;
        }

        loop->heap = heap;
        loop->room = room;
    }

    t->due_ms = gw_clock_ms() + (ms > 0 ? ms : 0);

    if (t->due_ms < 1) {
        t->due_ms = 1;
    }

    loop->heap[loop->timers] = t;
    loop_heap_up(loop, loop->timers++);

    return GW_OK;
}


void
loop_timer_del(loop_t *loop, loop_timer_t *t)
{
    unsigned  slot;

    if (t->due_ms == 0) {
        return;
    }

    slot = t->slot;
    t->due_ms = 0;
    loop->timers--;

    if (slot == loop->timers) {
        return;
    }

    loop_heap_put(loop, slot, loop->heap[loop->timers]);
    loop_heap_down(loop, slot);
    loop_heap_up(loop, slot);
}


void
loop_few(loop_t *loop, int n)
{
    loop->few = n;
}


void
loop_after(loop_t *loop, loop_timer_pt call, void *arg)
{
    if (loop->nafter == LOOP_AFTER) {
        abort();                        /* a fault of the program */
    }

    loop->after[loop->nafter].call = call;
    loop->after[loop->nafter].arg = arg;
    loop->nafter++;
}


static void
loop_signal_read(void *arg, uint32_t events)
{
    loop_t                   *loop = arg;
    struct signalfd_siginfo   si;

    while (read(loop->signals.fd, &si, sizeof(si)) == sizeof(si)) {

        switch (si.ssi_signo) {

        case SIGTERM:
        case SIGINT:
            loop->term = true;
            break;

        case SIGHUP:
            loop->hup = true;
            break;

        default:
            loop->child = true;
            break;
        }

        if (loop->on_signal.call) {
            loop->on_signal.call(loop->on_signal.arg);
        }
    }
}


int
loop_signals(loop_t *loop, loop_timer_pt call, void *arg)
{
    int       fd;
    sigset_t  set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);

    if (sigprocmask(SIG_BLOCK, &set, NULL) == -1) {
        return GW_ESYS;
    }

    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd == -1) {
        return GW_ESYS;
    }

    loop->on_signal.call = call;
    loop->on_signal.arg = arg;

    loop->signals.fd = fd;
    loop->signals.call = loop_signal_read;
    loop->signals.arg = loop;

    return loop_fd_set(loop, &loop->signals, EPOLLIN);
}


bool
loop_terminating(const loop_t *loop)
{
    return loop->term;
}


bool
loop_take_hup(loop_t *loop)
{
    bool  was = loop->hup;

    loop->hup = false;

    return was;
}


bool
loop_take_child(loop_t *loop)
{
    bool  was = loop->child;

    loop->child = false;

    return was;
}


static int
loop_wait_ms(const loop_t *loop, int timeout_ms)
{
    int64_t  ms;

    if (loop->timers == 0) {
        return timeout_ms;
    }

    ms = loop->heap[0]->due_ms - gw_clock_ms();

    if (ms < 0) {
        ms = 0;
    }

    if (ms > 3600000) {
        ms = 3600000;
    }

    return timeout_ms >= 0 && timeout_ms < ms ? timeout_ms : (int) ms;
}


static void
loop_timers_fire(loop_t *loop)
{
    int64_t        now;
    unsigned       n;
    loop_timer_t  *t;

    now = gw_clock_ms();

    /* one that arms itself with 0 ms must not keep the turn */

    for (n = loop->timers; n > 0 && loop->timers > 0; n--) {
        t = loop->heap[0];

        if (t->due_ms > now) {
            break;
        }

        loop_timer_del(loop, t);
        t->call(t->arg);
    }
}


int
loop_turn(loop_t *loop, int timeout_ms)
{
    int         n;
    unsigned    i;
    loop_fd_t  *f;

    n = epoll_wait(loop->epfd, loop->ready, loop->few,
                   loop_wait_ms(loop, timeout_ms));

    if (n == -1 && errno != EINTR) {
        return GW_ESYS;
    }

    loop->nready = n > 0 ? n : 0;

    for (loop->at = 0; loop->at < loop->nready; loop->at++) {
        f = loop->ready[loop->at].data.ptr;

        if (f != NULL) {
            f->call(f->arg, loop->ready[loop->at].events);
        }
    }

    loop->nready = 0;

    loop_timers_fire(loop);

    for (i = 0; i < loop->nafter; i++) {
        loop->after[i].call(loop->after[i].arg);
    }

    return GW_OK;
}


int
loop_run(loop_t *loop)
{
    int  rc;

    loop->stop = false;

    do {
        rc = loop_turn(loop, -1);
    } while (rc == GW_OK && !loop->stop);

    return rc;
}


void
loop_stop(loop_t *loop)
{
    loop->stop = true;
}
