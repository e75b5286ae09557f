/*
 * Who may hash a password: two threads of this machine at once, since each
 * takes 32 MiB and a core for a quarter of a second, and few may wait for
 * them. A place is a robust mutex in shared memory: of a process that was
 * killed the kernel gives it back, so that none is ever lost.
 */
#include "ngx_http_godwit.h"

#include <pthread.h>

#define NGX_HTTP_GODWIT_SEAT_TURNS  2
#define NGX_HTTP_GODWIT_SEAT_QUEUE  32
#define NGX_HTTP_GODWIT_SEATS       (NGX_HTTP_GODWIT_SEAT_QUEUE               \
                                     + NGX_HTTP_GODWIT_SEAT_TURNS)
#define NGX_HTTP_GODWIT_SEAT_LOOK   20      /* ms at one turn, then another */
#define NGX_HTTP_GODWIT_SEAT_SIZE   (8 * ngx_pagesize)

struct ngx_http_godwit_seat_s {
    pthread_mutex_t          mutex;
};

/* Seats belong to event loops, turns to the threads that hash. */
typedef struct {
    ngx_http_godwit_seat_t   seats[NGX_HTTP_GODWIT_SEATS];
    ngx_http_godwit_seat_t   turns[NGX_HTTP_GODWIT_SEAT_TURNS];
} ngx_http_godwit_room_t;


static ngx_int_t
ngx_http_godwit_seat_make(ngx_http_godwit_seat_t *seat, ngx_uint_t n)
{
    ngx_int_t            rc;
    pthread_mutexattr_t  attr;

    if (pthread_mutexattr_init(&attr) != 0) {
        return NGX_ERROR;
    }

    rc = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0
         && pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0
         ? NGX_OK : NGX_ERROR;

    for ( /* void */ ; n > 0 && rc == NGX_OK; n--, seat++) {
        rc = pthread_mutex_init(&seat->mutex, &attr) == 0 ? NGX_OK : NGX_ERROR;
    }

    (void) pthread_mutexattr_destroy(&attr);

    return rc;
}


static ngx_int_t
ngx_http_godwit_seat_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t         *pool;
    ngx_http_godwit_room_t  *room;

    if (data != NULL) {
        zone->data = data;                  /* old processes still hash */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    room = ngx_slab_calloc(pool, sizeof(ngx_http_godwit_room_t));
    if (room == NULL
        || ngx_http_godwit_seat_make(room->seats, NGX_HTTP_GODWIT_SEATS)
           != NGX_OK
        || ngx_http_godwit_seat_make(room->turns, NGX_HTTP_GODWIT_SEAT_TURNS)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    zone->data = room;
    pool->data = room;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_seat_zone(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    static ngx_str_t  name = ngx_string("godwit_seats");
    static ngx_str_t  threads = ngx_string("godwit_auth");

    gcf->seats = ngx_shared_memory_add(cf, &name, NGX_HTTP_GODWIT_SEAT_SIZE,
                                       &ngx_http_godwit_module);
    gcf->auth_threads = ngx_thread_pool_add(cf, &threads);

    if (gcf->seats == NULL || gcf->auth_threads == NULL) {
        return NGX_ERROR;
    }

    gcf->seats->init = ngx_http_godwit_seat_init;

    return NGX_OK;
}


/* What pthread_mutex_ said: is it ours now? */
static ngx_uint_t
ngx_http_godwit_seat_got(ngx_http_godwit_seat_t *seat, int rc)
{
    if (rc == EOWNERDEAD) {
        rc = pthread_mutex_consistent(&seat->mutex);    /* it guards nothing */
    }

    return rc == 0;
}


ngx_http_godwit_seat_t *
ngx_http_godwit_seat_take(void)
{
    ngx_uint_t               i;
    ngx_http_godwit_room_t  *room;
    ngx_http_godwit_seat_t  *seat;

    room = ngx_http_godwit_process->conf->seats->data;

    for (i = 0; i < NGX_HTTP_GODWIT_SEATS; i++) {
        seat = &room->seats[i];

        if (ngx_http_godwit_seat_got(seat, pthread_mutex_trylock(&seat->mutex)))
        {
            return seat;
        }
    }

    return NULL;
}


ngx_http_godwit_seat_t *
ngx_http_godwit_seat_turn(void)
{
    ngx_uint_t               i;
    struct timespec          ts;
    ngx_http_godwit_room_t  *room;
    ngx_http_godwit_seat_t  *seat;

    room = ngx_http_godwit_process->conf->seats->data;

    for (i = 0; ; i++) {
        seat = &room->turns[i % NGX_HTTP_GODWIT_SEAT_TURNS];

        /* any of them is good, so none is waited for as long as it takes */
        (void) clock_gettime(CLOCK_REALTIME, &ts);
        ts.tv_nsec += i < NGX_HTTP_GODWIT_SEAT_TURNS
                      ? 0 : NGX_HTTP_GODWIT_SEAT_LOOK * 1000000;
        ts.tv_sec += ts.tv_nsec / 1000000000;
        ts.tv_nsec %= 1000000000;

        if (ngx_http_godwit_seat_got(seat,
                pthread_mutex_timedlock(&seat->mutex, &ts)))
        {
            return seat;
        }
    }
}


void
ngx_http_godwit_seat_leave(ngx_http_godwit_seat_t *seat)
{
    (void) pthread_mutex_unlock(&seat->mutex);
}
