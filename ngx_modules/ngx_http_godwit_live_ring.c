/*
 * The last events in shared memory, of all workspaces in the order they came;
 * it outlives a reload. Whoever reads or writes holds the zone's mutex, which
 * the master takes back from a process that was killed: `next` moves last, so
 * that half an event is none.
 */
#include "ngx_http_godwit_live.h"

#include <openssl/rand.h>

#define NGX_HTTP_GODWIT_LIVE_PLACES   16384     /* events, a power of two */
#define NGX_HTTP_GODWIT_LIVE_SETS     1024      /* of used tickets        */
#define NGX_HTTP_GODWIT_LIVE_WAYS     4

typedef struct {
    uint64_t  ticket;
    uint32_t  until;
} ngx_http_godwit_live_used_t;

typedef struct {
    uint32_t  len;
    uint32_t  tenant;
    uint32_t  sees;
    uint64_t  noun, topic;
} ngx_http_godwit_live_head_t;

/* Places count all bytes ever written; first <= next. */
typedef struct {
    uint32_t  epoch;            /* of this memory: numbers start anew with it */
    uint64_t  first;            /* the oldest event that is there             */
    uint64_t  next;             /* the number that the next one gets          */
    uint64_t  end;              /* its place                                  */
    uint64_t  places[NGX_HTTP_GODWIT_LIVE_PLACES];
    ngx_http_godwit_live_used_t
              used[NGX_HTTP_GODWIT_LIVE_SETS][NGX_HTTP_GODWIT_LIVE_WAYS];
    size_t    size;
    u_char    data[];
} ngx_http_godwit_live_ring_t;

#define ngx_http_godwit_live_place(ring, n)                                   \
    (ring)->places[(n) % NGX_HTTP_GODWIT_LIVE_PLACES]


static ngx_int_t
ngx_http_godwit_live_init(ngx_shm_zone_t *zone, void *data)
{
    size_t                        size;
    ngx_slab_pool_t              *pool;
    ngx_http_godwit_live_ring_t  *ring;

    if (data != NULL) {
        zone->data = data;              /* who comes again goes on */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    size = pool->pfree * ngx_pagesize;
    ring = ngx_slab_alloc(pool, size);
    if (ring == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(ring, sizeof(ngx_http_godwit_live_ring_t));
    ring->size = (size - sizeof(ngx_http_godwit_live_ring_t)) & ~(size_t) 7;
    ring->first = 1;
    ring->next = 1;

    if (RAND_bytes((u_char *) &ring->epoch, sizeof(ring->epoch)) != 1) {
        return NGX_ERROR;
    }

    zone->data = ring;
    pool->data = ring;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_live_zone(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    size_t            size;

    static ngx_str_t  name = ngx_string("godwit_live");

    /* with it what else the zone holds, and a page for each 170 */
    size = (size_t) gcf->conf.live_ring + sizeof(ngx_http_godwit_live_ring_t);
    size = ngx_align(size + size / 128 + 8 * ngx_pagesize, ngx_pagesize);

    gcf->live = ngx_shared_memory_add(cf, &name, size,
                                      &ngx_http_godwit_module);
    if (gcf->live == NULL) {
        return NGX_ERROR;
    }

    gcf->live->init = ngx_http_godwit_live_init;

    return NGX_OK;
}


static ngx_http_godwit_live_ring_t *
ngx_http_godwit_live_lock(void)
{
    ngx_shm_zone_t  *zone;

    zone = ngx_http_godwit_process->conf->live;
    ngx_shmtx_lock(&((ngx_slab_pool_t *) zone->shm.addr)->mutex);

    return zone->data;
}


static void
ngx_http_godwit_live_unlock(void)
{
    ngx_shm_zone_t  *zone;

    zone = ngx_http_godwit_process->conf->live;
    ngx_shmtx_unlock(&((ngx_slab_pool_t *) zone->shm.addr)->mutex);
}


/* Bytes of an event in the ring. */
static size_t
ngx_http_godwit_live_size(size_t len)
{
    return ngx_align(sizeof(ngx_http_godwit_live_head_t) + len, 8);
}


/* Where an event of so many bytes begins: it never goes over the edge. */
static uint64_t
ngx_http_godwit_live_begin(ngx_http_godwit_live_ring_t *ring, size_t size)
{
    size_t  left;

    left = ring->size - ring->end % ring->size;

    return ring->end + (left < size ? left : 0);
}


static void
ngx_http_godwit_live_put(ngx_http_godwit_live_ring_t *ring,
    ngx_http_godwit_live_event_t *e)
{
    size_t                        size;
    u_char                       *p;
    uint64_t                      at;
    ngx_http_godwit_live_head_t   head;

    size = ngx_http_godwit_live_size(e->len);
    at = ngx_http_godwit_live_begin(ring, size);

    /* what lies there is given up before it is written over */
    while (ring->first < ring->next
           && (ring->next - ring->first >= NGX_HTTP_GODWIT_LIVE_PLACES
               || ngx_http_godwit_live_place(ring, ring->first) + ring->size
                  < at + size))
    {
        ring->first++;
    }

    ngx_memory_barrier();

    head.len = e->len;
    head.tenant = e->tenant;
    head.sees = e->sees;
    head.noun = e->noun;
    head.topic = e->topic;

    p = ring->data + at % ring->size;
    p = ngx_cpymem(p, &head, sizeof(head));
    ngx_memcpy(p, e->data, e->len);

    e->n = ring->next;
    ngx_http_godwit_live_place(ring, e->n) = at;
    ring->end = at + size;

    ngx_memory_barrier();
    ring->next++;
}


void
ngx_http_godwit_live_append(ngx_http_godwit_live_event_t *events, ngx_uint_t n)
{
    ngx_uint_t                    i;
    ngx_http_godwit_live_ring_t  *ring;

    ring = ngx_http_godwit_live_lock();

    for (i = 0; i < n; i++) {
        ngx_http_godwit_live_put(ring, &events[i]);
    }

    ngx_http_godwit_live_unlock();
}


ngx_int_t
ngx_http_godwit_live_read(uint64_t from, ngx_http_godwit_live_event_t *events)
{
    u_char                       *p, *to, *src;
    ngx_int_t                     n;
    ngx_http_godwit_live_head_t   head;
    ngx_http_godwit_live_ring_t  *ring;

    static u_char  copies[4 * NGX_HTTP_GODWIT_LIVE_EVENT];

    n = 0;
    to = copies;
    ring = ngx_http_godwit_live_lock();

    for ( /* void */ ; from < ring->next; from++) {
        if (from < ring->first) {
            n = NGX_DECLINED;
            break;
        }

        src = ring->data + ngx_http_godwit_live_place(ring, from) % ring->size;
        ngx_memcpy(&head, src, sizeof(head));

        if (n == NGX_HTTP_GODWIT_LIVE_BATCH
            || head.len > (size_t) (copies + sizeof(copies) - to))
        {
            break;
        }

        p = to;
        to = ngx_cpymem(to, src + sizeof(head), head.len);

        events[n].n = from;
        events[n].tenant = head.tenant;
        events[n].sees = head.sees;
        events[n].noun = head.noun;
        events[n].topic = head.topic;
        events[n].len = head.len;
        events[n].data = p;
        n++;
    }

    ngx_http_godwit_live_unlock();

    return n;
}


uint64_t
ngx_http_godwit_live_next(void)
{
    uint64_t  next;

    next = ngx_http_godwit_live_lock()->next;
    ngx_http_godwit_live_unlock();

    return next;
}


size_t
ngx_http_godwit_live_id(u_char out[NGX_HTTP_GODWIT_LIVE_ID], uint64_t n)
{
    ngx_http_godwit_live_ring_t  *ring;

    ring = ngx_http_godwit_process->conf->live->data;

    return ngx_snprintf(out, NGX_HTTP_GODWIT_LIVE_ID, "%08xD-%uL",
                        ring->epoch, n)
           - out;
}


void
ngx_http_godwit_live_resume(gw_str_t id, ngx_http_godwit_live_ask_t *ask)
{
    u_char                        mem[NGX_HTTP_GODWIT_LIVE_ID];
    size_t                        begin;
    long long                     n;
    ngx_http_godwit_live_ring_t  *ring;

    begin = ngx_http_godwit_live_id(mem, 0) - 1;

    if (id.len <= begin || ngx_memcmp(id.data, mem, begin) != 0
        || gw_str_int(gw_str_make(id.data + begin, id.len - begin), 0,
                      NGX_MAX_INT_T_VALUE - 1, &n) != GW_OK)
    {
        n = -1;
    }

    ring = ngx_http_godwit_live_lock();
    ask->resumed = n >= 0 && (uint64_t) n + 1 >= ring->first
                   && (uint64_t) n < ring->next;
    ask->from = ask->resumed ? (uint64_t) n + 1 : ring->next;
    ngx_http_godwit_live_unlock();
}


ngx_uint_t
ngx_http_godwit_live_unused(uint64_t ticket, uint32_t until)
{
    ngx_uint_t                    i, at;
    ngx_http_godwit_live_used_t  *set;

    set = ngx_http_godwit_live_lock()->used[ticket % NGX_HTTP_GODWIT_LIVE_SETS];
    at = 0;

    for (i = 0; i < NGX_HTTP_GODWIT_LIVE_WAYS; i++) {
        if (set[i].ticket == ticket && set[i].until == until) {
            ngx_http_godwit_live_unlock();
            return 0;
        }

        /* where all are taken the one that ends first goes */
        at = set[i].until < set[at].until ? i : at;
    }

    set[at].ticket = ticket;
    set[at].until = until;
    ngx_http_godwit_live_unlock();

    return 1;
}
