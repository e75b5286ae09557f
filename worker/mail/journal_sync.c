/* The journal's sync thread: one sync runs, what is asked meanwhile is next. */
#include "worker/mail/journal_sync.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_clock.h"

#define JOURNAL_SYNC_GAP_US  500        /* from the begin of one to the next */

struct journal_sync_s {
    pthread_t        thread;
    pthread_mutex_t  lock;
    pthread_cond_t   asked, ended;
    int              fd, event;
    uint64_t         wanted, done;      /* records; done is read without */
    int              error;             /* the lock as well, as is errno
                                           of the sync that failed       */
    bool             stop;
};


/*
 * A disk that answers at once would be asked for nearly each record, which
 * costs more than to write it; who is alone does not wait. The lock is held.
 */
static void
journal_sync_gap(journal_sync_t *s, int64_t last)
{
    int64_t  left;

    left = last + JOURNAL_SYNC_GAP_US - gw_clock_us();
    if (left > 0 && left <= JOURNAL_SYNC_GAP_US) {
        (void) pthread_mutex_unlock(&s->lock);
        (void) nanosleep(&(struct timespec) { 0, left * 1000 }, NULL);
        (void) pthread_mutex_lock(&s->lock);
    }
}


static void *
journal_sync_main(void *arg)
{
    int              fd, rc;
    int64_t          last;
    uint64_t         n;
    journal_sync_t  *s = arg;

    last = 0;
    (void) pthread_mutex_lock(&s->lock);
    while (s->error == 0) {
        while (s->wanted == s->done && !s->stop) {
            (void) pthread_cond_wait(&s->asked, &s->lock);
        }

        if (s->wanted == s->done) {
            break;
        }

        journal_sync_gap(s, last);
        last = gw_clock_us();
        fd = s->fd;
        n = s->wanted;
        (void) pthread_mutex_unlock(&s->lock);
        rc = fdatasync(fd) == 0 ? 0 : errno;
        (void) pthread_mutex_lock(&s->lock);

        __atomic_store_n(&s->error, rc, __ATOMIC_RELEASE);
        __atomic_store_n(&s->done, rc == 0 ? n : s->done, __ATOMIC_RELEASE);
        (void) pthread_cond_signal(&s->ended);
        (void) eventfd_write(s->event, 1);
    }

    (void) pthread_mutex_unlock(&s->lock);
    return NULL;
}


/* Signals are the loop's. */
static int
journal_sync_start(journal_sync_t *s)
{
    int       rc;
    sigset_t  all, was;

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &was);
    rc = pthread_create(&s->thread, NULL, journal_sync_main, s);
    (void) pthread_sigmask(SIG_SETMASK, &was, NULL);
    errno = rc;
    return rc == 0 ? GW_OK : GW_ESYS;
}


int
journal_sync_create(journal_sync_t **out)
{
    journal_sync_t  *s;

    s = calloc(1, sizeof(journal_sync_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    (void) pthread_mutex_init(&s->lock, NULL);
    (void) pthread_cond_init(&s->asked, NULL);
    (void) pthread_cond_init(&s->ended, NULL);
    s->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (s->event < 0 || journal_sync_start(s) != GW_OK) {
        if (s->event >= 0) {
            (void) close(s->event);
        }
        free(s);
        return GW_ESYS;
    }

    *out = s;
    return GW_OK;
}


void
journal_sync_free(journal_sync_t *s)
{
    if (s == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&s->lock);
    s->stop = true;
    (void) pthread_cond_signal(&s->asked);
    (void) pthread_mutex_unlock(&s->lock);
    (void) pthread_join(s->thread, NULL);
    (void) close(s->event);
    (void) pthread_cond_destroy(&s->asked);
    (void) pthread_cond_destroy(&s->ended);
    (void) pthread_mutex_destroy(&s->lock);
    free(s);
}


void
journal_sync_ask(journal_sync_t *s, int fd, uint64_t n)
{
    (void) pthread_mutex_lock(&s->lock);
    s->fd = fd;
    s->wanted = n;
    (void) pthread_cond_signal(&s->asked);
    (void) pthread_mutex_unlock(&s->lock);
}


static int
journal_sync_state(const journal_sync_t *s)
{
    int  error;

    error = __atomic_load_n(&s->error, __ATOMIC_ACQUIRE);
    if (error != 0) {
        errno = error;
        return GW_ESYS;
    }

    return GW_OK;
}


int
journal_sync_wait(journal_sync_t *s)
{
    int  rc;

    (void) pthread_mutex_lock(&s->lock);
    while (s->done != s->wanted && s->error == 0) {
        (void) pthread_cond_wait(&s->ended, &s->lock);
    }
    rc = journal_sync_state(s);
    (void) pthread_mutex_unlock(&s->lock);
    return rc;
}


int
journal_sync_done(journal_sync_t *s, uint64_t *n)
{
    *n = __atomic_load_n(&s->done, __ATOMIC_ACQUIRE);
    return journal_sync_state(s);
}


int
journal_sync_fd(const journal_sync_t *s)
{
    return s->event;
}


void
journal_sync_heard(journal_sync_t *s)
{
    eventfd_t  n;

    (void) eventfd_read(s->event, &n);
}
