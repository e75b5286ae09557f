/* One epoll loop: descriptors, timers, signals as flags, end-of-turn calls. */
#ifndef LOOP_H
#define LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "shm/gw_err.h"

typedef struct loop_s        loop_t;
typedef struct loop_fd_s     loop_fd_t;
typedef struct loop_timer_s  loop_timer_t;

typedef void (*loop_fd_pt)(void *arg, uint32_t events);
typedef void (*loop_timer_pt)(void *arg);

/* Embedded by their owner; zeroed before the first add. */
struct loop_fd_s {
    int           fd;
    uint32_t      events;       /* what is registered now; 0 = not at all */
    loop_fd_pt    call;
    void         *arg;
};

struct loop_timer_s {
    int64_t        due_ms;      /* gw_clock_ms(); 0 = not armed           */
    unsigned       slot;        /* its place in the heap                  */
    loop_timer_pt  call;
    void          *arg;
};

int loop_create(loop_t **loop) GW_MUSTCHECK;
void loop_free(loop_t *loop);

/* Register, or change what is waited for (EPOLLIN | EPOLLOUT, level). */
int loop_fd_set(loop_t *loop, loop_fd_t *f, uint32_t events) GW_MUSTCHECK;

/* Forget it; also right for one never set. Before the close of its fd. */
void loop_fd_del(loop_t *loop, loop_fd_t *f);

/* Arm (again) to fire in ms; disarm. */
int loop_timer_set(loop_t *loop, loop_timer_t *t, int64_t ms) GW_MUSTCHECK;
void loop_timer_del(loop_t *loop, loop_timer_t *t);

/* A turn has at most n events (1 to 128, as at first): where its end is when
   what it did leaves, many would leave late. */
void loop_few(loop_t *loop, int n);

/* Call this after the events of every turn, before the next wait. */
void loop_after(loop_t *loop, loop_timer_pt call, void *arg);

/*
 * Block SIGTERM, SIGINT, SIGHUP and SIGCHLD and read them from the loop:
 * term and hup become flags, `call` is run once for each delivery.
 */
int loop_signals(loop_t *loop, loop_timer_pt call, void *arg) GW_MUSTCHECK;
bool loop_terminating(const loop_t *loop);
bool loop_take_hup(loop_t *loop);
bool loop_take_child(loop_t *loop);

/* Run until loop_stop. One turn: wait (timeout_ms, -1 = next timer), act. */
int loop_run(loop_t *loop) GW_MUSTCHECK;
int loop_turn(loop_t *loop, int timeout_ms) GW_MUSTCHECK;
void loop_stop(loop_t *loop);

#endif
