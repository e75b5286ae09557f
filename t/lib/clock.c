/*
 * Preloaded into nginx, whose clock is the system's: its time begins at GODWIT_CLOCK, as that of
 * the worker does. Build: cc -shared -fPIC clock.c -o clock.so
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t  clock_shift;


int
clock_gettime(clockid_t id, struct timespec *ts)
{
    int  rc;

    rc = (int) syscall(SYS_clock_gettime, id, ts);
    ts->tv_sec += id == CLOCK_REALTIME ? clock_shift : 0;
    return rc;
}


int
gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    tv->tv_sec = ts.tv_sec;
    tv->tv_usec = ts.tv_nsec / 1000;
    return 0;
}


time_t
time(time_t *at)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    if (at != NULL) {
        *at = ts.tv_sec;
    }

    return ts.tv_sec;
}


__attribute__((constructor)) static void
clock_begin(void)
{
    char       *text;
    struct tm   at = { 0 };

    text = getenv("GODWIT_CLOCK");
    if (text != NULL && strptime(text, "%Y-%m-%dT%H:%M:%SZ", &at) != NULL) {
        clock_shift = timegm(&at) - time(NULL);
    }
}
