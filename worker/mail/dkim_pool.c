/* The threads that sign, and the queue before them. */
#include "worker/mail/dkim_pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define DKIM_POOL_TELL  16      /* signatures told together, at most */

struct dkim_task_s {
    dkim_task_t      *next;     /* in the queue, or among the free           */
    enum { TASK_WAITS, TASK_SIGNED_NOW, TASK_DONE } state;
    int               rc;
    dkim_identity_t  *identity;
    gw_str_t          message;
    const pieces_t   *shared;
    int64_t           seconds;
    gw_buf_t          text;
};

typedef struct {
    dkim_pool_t  *pool;
    dkim_t       *dkim;
    pthread_t     thread;
} dkim_thread_t;

struct dkim_pool_s {
    pthread_mutex_t   lock;
    pthread_cond_t    asked, ended;
    dkim_task_t      *first, **last;    /* TASK_WAITS, in their order        */
    dkim_task_t      *idle;             /* dropped: their memory stays       */
    dkim_thread_t     threads[DKIM_SLOTS];
    unsigned          n;
    int               event;
    unsigned          untold;           /* signatures since the event        */
    bool              stop;
};


void
dkim_identity_free(dkim_identity_t *identity)
{
    unsigned  i;

    if (identity == NULL || --identity->refs > 0) {
        return;
    }

    for (i = 0; i < identity->n; i++) {
        dkim_key_free(identity->key[i]);
    }
    free(identity);
}


static dkim_task_t *
dkim_pool_first(dkim_pool_t *p)
{
    dkim_task_t  *t;

    t = p->first;
    p->first = t->next;
    if (p->first == NULL) {
        p->last = &p->first;
    }

    return t;
}


/*
 * Another is there; the lock is held. While more wait, several are told at
 * once: each turn of the loop has its price. Whoever does not tell goes on to
 * sign one of them, and tells then.
 */
static void
dkim_pool_tell(dkim_pool_t *p)
{
    if (++p->untold >= DKIM_POOL_TELL || p->first == NULL) {
        p->untold = 0;
        (void) eventfd_write(p->event, 1);
    }
}


static void *
dkim_pool_main(void *arg)
{
    int             rc;
    dkim_pool_t    *p;
    dkim_task_t    *t;
    dkim_thread_t  *self = arg;

    p = self->pool;
    (void) pthread_mutex_lock(&p->lock);

    for ( ;; ) {
        while (p->first == NULL && !p->stop) {
            (void) pthread_cond_wait(&p->asked, &p->lock);
        }
        if (p->stop) {
            break;
        }

        t = dkim_pool_first(p);
        t->state = TASK_SIGNED_NOW;
        (void) pthread_mutex_unlock(&p->lock);
        rc = dkim_sign(self->dkim, t->identity->key, t->identity->n,
                       t->message, t->shared, t->seconds, &t->text);
        (void) pthread_mutex_lock(&p->lock);

        t->rc = rc;
        t->state = TASK_DONE;
        (void) pthread_cond_signal(&p->ended);
        dkim_pool_tell(p);
    }

    (void) pthread_mutex_unlock(&p->lock);
    return NULL;
}


/* Signals are the loop's. */
static int
dkim_pool_start(dkim_pool_t *p)
{
    int             rc;
    sigset_t        all, was;
    dkim_thread_t  *t;

    t = &p->threads[p->n];
    t->pool = p;
    rc = dkim_create(&t->dkim, p->n);
    if (rc != GW_OK) {
        return rc;
    }

    (void) sigfillset(&all);
    (void) pthread_sigmask(SIG_SETMASK, &all, &was);
    rc = pthread_create(&t->thread, NULL, dkim_pool_main, t);
    (void) pthread_sigmask(SIG_SETMASK, &was, NULL);

    if (rc != 0) {
        dkim_free(t->dkim);
        return GW_ESYS;
    }

    p->n++;
    return GW_OK;
}


int
dkim_pool_create(dkim_pool_t **out, unsigned threads)
{
    int           rc;
    dkim_pool_t  *p;

    p = calloc(1, sizeof(dkim_pool_t));
    if (p == NULL) {
        return GW_ENOMEM;
    }

    (void) pthread_mutex_init(&p->lock, NULL);
    (void) pthread_cond_init(&p->asked, NULL);
    (void) pthread_cond_init(&p->ended, NULL);
    p->last = &p->first;
    p->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    rc = p->event >= 0 ? GW_OK : GW_ESYS;
    while (rc == GW_OK && p->n < threads && p->n < DKIM_SLOTS) {
        rc = dkim_pool_start(p);
    }

    if (rc != GW_OK) {
        dkim_pool_free(p);
        return rc;
    }

    *out = p;
    return GW_OK;
}


static void
dkim_pool_free_tasks(dkim_task_t *t)
{
    dkim_task_t  *next;

    for ( /* void */ ; t != NULL; t = next) {
        next = t->next;
        gw_buf_free(&t->text);
        free(t);
    }
}


void
dkim_pool_free(dkim_pool_t *p)
{
    unsigned  i;

    if (p == NULL) {
        return;
    }

    (void) pthread_mutex_lock(&p->lock);
    p->stop = true;
    (void) pthread_cond_broadcast(&p->asked);
    (void) pthread_mutex_unlock(&p->lock);

    for (i = 0; i < p->n; i++) {
        (void) pthread_join(p->threads[i].thread, NULL);
        dkim_free(p->threads[i].dkim);
    }

    dkim_pool_free_tasks(p->idle);
    if (p->event >= 0) {
        (void) close(p->event);
    }
    (void) pthread_cond_destroy(&p->asked);
    (void) pthread_cond_destroy(&p->ended);
    (void) pthread_mutex_destroy(&p->lock);
    free(p);
}


int
dkim_pool_event(const dkim_pool_t *p)
{
    return p->event;
}


void
dkim_pool_heard(dkim_pool_t *p)
{
    eventfd_t  n;

    (void) eventfd_read(p->event, &n);
}


dkim_task_t *
dkim_pool_ask(dkim_pool_t *p, dkim_identity_t *identity, gw_str_t message,
    const pieces_t *shared, int64_t seconds)
{
    dkim_task_t  *t;

    t = p->idle;
    if (t != NULL) {
        p->idle = t->next;
    } else {
        t = calloc(1, sizeof(dkim_task_t));
        if (t == NULL) {
            return NULL;
        }
        gw_buf_init(&t->text, DKIM_KEYS * DKIM_TEXT_MAX);
    }

    t->next = NULL;
    t->state = TASK_WAITS;
    t->identity = identity;
    t->message = message;
    t->shared = shared;
    t->seconds = seconds;
    identity->refs++;
    gw_buf_reset(&t->text);

    (void) pthread_mutex_lock(&p->lock);
    *p->last = t;
    p->last = &t->next;
    (void) pthread_cond_signal(&p->asked);
    (void) pthread_mutex_unlock(&p->lock);
    return t;
}


int
dkim_pool_take(dkim_pool_t *p, const dkim_task_t *t, gw_str_t *text)
{
    int  rc;

    (void) pthread_mutex_lock(&p->lock);
    rc = t->state == TASK_DONE ? t->rc : GW_EAGAIN;
    (void) pthread_mutex_unlock(&p->lock);

    *text = rc == GW_OK ? gw_buf_view(&t->text) : gw_str_make(NULL, 0);
    return rc;
}


void
dkim_pool_drop(dkim_pool_t *p, dkim_task_t *t)
{
    dkim_task_t  **at;

    (void) pthread_mutex_lock(&p->lock);
    while (t->state == TASK_SIGNED_NOW) {
        (void) pthread_cond_wait(&p->ended, &p->lock);
    }

    if (t->state == TASK_WAITS) {
        for (at = &p->first; *at != t; at = &(*at)->next) { /* void */ }
        *at = t->next;
        if (t->next == NULL) {
            p->last = at;
        }
    }
    (void) pthread_mutex_unlock(&p->lock);

    dkim_identity_free(t->identity);
    t->next = p->idle;
    p->idle = t;
}
