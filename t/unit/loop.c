/* The worker's loop: order of timers, descriptors that go, signals. */
#include <signal.h>
#include <unistd.h>

#include "t/unit/tap.h"
#include "worker/loop.h"

#define MANY  200

typedef struct {
    loop_t        *loop;
    loop_fd_t      fd[2];
    loop_timer_t   timer[MANY];
    int64_t        due[MANY];
    int64_t        last;
    unsigned       fired;
    unsigned       reads;
    unsigned       turns;
    unsigned       signals;
    bool           ordered;
} fixture_t;

static fixture_t  fx;


static void
on_timer(void *arg)
{
    loop_timer_t  *t = arg;
    int64_t        due = fx.due[t - fx.timer];

    fx.ordered = fx.ordered && due >= fx.last;
    fx.last = due;
    fx.fired++;
}


static void
on_again(void *arg)
{
    fx.fired++;
    (void) !loop_timer_set(fx.loop, &fx.timer[0], 0);
}


/* the first to be called takes the other away, whose event waits already */
static void
on_read(void *arg, uint32_t events)
{
    fx.reads++;
    loop_fd_del(fx.loop, &fx.fd[0]);
    loop_fd_del(fx.loop, &fx.fd[1]);
}


static void
on_turn(void *arg)
{
    fx.turns++;
}


static void
on_signal(void *arg)
{
    fx.signals++;
}


static void
test_timers(void)
{
    unsigned  i;

    fx.ordered = true;

    for (i = 0; i < MANY; i++) {
        fx.timer[i].call = on_timer;
        fx.timer[i].arg = &fx.timer[i];
        ok(loop_timer_set(fx.loop, &fx.timer[i], 900) == GW_OK, "arm %u", i);
    }

    for (i = 0; i < MANY; i++) {
        (void) !loop_timer_set(fx.loop, &fx.timer[i], i * 7919 % MANY / 10);
        fx.due[i] = fx.timer[i].due_ms;
    }

    for (i = 0; i < MANY; i += 4) {
        loop_timer_del(fx.loop, &fx.timer[i]);
    }

    while (fx.fired < MANY * 3 / 4 && loop_turn(fx.loop, 1000) == GW_OK) {
        /* until all that are armed have fired */
    }

    ok(fx.ordered, "timers fire in the order of their time, also re-armed");
    is_int(fx.fired, MANY * 3 / 4, "and the disarmed ones do not");

    fx.fired = 0;
    fx.timer[0].call = on_again;
    (void) !loop_timer_set(fx.loop, &fx.timer[0], 0);
    ok(loop_turn(fx.loop, 100) == GW_OK && fx.fired == 1,
       "a timer that arms itself with 0 fires once a turn");
    loop_timer_del(fx.loop, &fx.timer[0]);
}


static void
test_descriptors(void)
{
    int       i, p[2][2];
    unsigned  turns;

    for (i = 0; i < 2; i++) {
        ok(pipe(p[i]) == 0 && write(p[i][1], "x", 1) == 1, "a pipe");
        fx.fd[i].fd = p[i][0];
        fx.fd[i].call = on_read;
        ok(loop_fd_set(fx.loop, &fx.fd[i], EPOLLIN) == GW_OK, "wait for it");
    }

    turns = fx.turns;
    ok(loop_turn(fx.loop, 100) == GW_OK && fx.reads == 1,
       "a descriptor that is taken away in a turn is not called in it");
    is_int(fx.turns, turns + 1, "the end of a turn is announced once");

    loop_fd_del(fx.loop, &fx.fd[0]);
    ok(loop_fd_set(fx.loop, &fx.fd[0], EPOLLIN) == GW_OK, "it comes back");
    ok(loop_turn(fx.loop, 100) == GW_OK && fx.reads == 2, "and is called");

    for (i = 0; i < 2; i++) {
        (void) close(p[i][0]);
        (void) close(p[i][1]);
    }
}


static void
test_signals(void)
{
    ok(loop_signals(fx.loop, on_signal, NULL) == GW_OK, "take the signals");
    (void) kill(getpid(), SIGHUP);
    ok(loop_turn(fx.loop, 100) == GW_OK && fx.signals == 1, "a HUP is told");
    ok(loop_take_hup(fx.loop) && !loop_take_hup(fx.loop), "and taken once");
    ok(!loop_terminating(fx.loop), "which is not the end");
    (void) kill(getpid(), SIGTERM);
    ok(loop_turn(fx.loop, 100) == GW_OK && loop_terminating(fx.loop), "a TERM");
}


int
main(void)
{
    ok(loop_create(&fx.loop) == GW_OK, "a loop");
    loop_after(fx.loop, on_turn, NULL);
    test_timers();
    test_descriptors();
    test_signals();
    loop_free(fx.loop);
    return done();
}
