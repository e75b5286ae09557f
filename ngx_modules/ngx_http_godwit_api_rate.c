/*
 * Rate limits: token buckets by address, key and workspace in shared memory
 * that survives a reload.
 */
#include "ngx_http_godwit_api.h"

#include <openssl/rand.h>

#define NGX_HTTP_GODWIT_RATE_WAYS   4       /* slots that a bucket may take  */
#define NGX_HTTP_GODWIT_RATE_SETS   16384
#define NGX_HTTP_GODWIT_RATE_BURST  2       /* seconds' worth, all at once   */
#define NGX_HTTP_GODWIT_RATE_SIZE   (2 * 1024 * 1024)

/*
 * A bucket is one number: when it will be full again, in microseconds of the
 * machine's monotonic clock (GCRA). A slot whose bucket is full says nothing,
 * so anybody may take it: that is all the expiry there is. Workers change both
 * by compare and swap alone. When two of them take a slot at once, or a crash
 * falls between tag and time, a bucket holds a few tokens too many or too few.
 */
typedef struct {
    ngx_atomic_t  tag;                      /* 0: never used                 */
    ngx_atomic_t  full;
} ngx_http_godwit_rate_slot_t;

typedef struct {
    uint64_t                     seed;      /* nobody chooses where he lands */
    ngx_http_godwit_rate_slot_t  slots[NGX_HTTP_GODWIT_RATE_SETS
                                       * NGX_HTTP_GODWIT_RATE_WAYS];
} ngx_http_godwit_rates_t;

typedef struct {
    size_t       rate;                      /* into gw_conf_t                */
    const char  *whose;
} ngx_http_godwit_rate_kind_t;

/* In the order of ngx_http_godwit_rate_e. */
static const ngx_http_godwit_rate_kind_t  ngx_http_godwit_rate_kinds[] = {
    { offsetof(gw_conf_t, api_rate_address), "this address" },
    { offsetof(gw_conf_t, api_rate_key), "this key" },
    { offsetof(gw_conf_t, api_rate_key), "this session" },
    { offsetof(gw_conf_t, api_rate_tenant), "this workspace" },
    { offsetof(gw_conf_t, api_rate_address), "this address" },
    { offsetof(gw_conf_t, api_rate_key), "this write key" }
};


static ngx_int_t
ngx_http_godwit_rate_init(ngx_shm_zone_t *zone, void *data)
{
    ngx_slab_pool_t          *pool;
    ngx_http_godwit_rates_t  *rates;

    if (data != NULL) {
        zone->data = data;                  /* a reload forgets nothing */
        return NGX_OK;
    }

    pool = (ngx_slab_pool_t *) zone->shm.addr;

    if (zone->shm.exists) {
        zone->data = pool->data;
        return NGX_OK;
    }

    rates = ngx_slab_calloc(pool, sizeof(ngx_http_godwit_rates_t));
    if (rates == NULL) {
        return NGX_ERROR;
    }

    if (RAND_bytes((u_char *) &rates->seed, sizeof(rates->seed)) != 1) {
        return NGX_ERROR;
    }

    zone->data = rates;
    pool->data = rates;

    return NGX_OK;
}


ngx_int_t
ngx_http_godwit_api_rate_zone(ngx_conf_t *cf, ngx_http_godwit_conf_t *gcf)
{
    static ngx_str_t  name = ngx_string("godwit_rates");

    gcf->rates = ngx_shared_memory_add(cf, &name, NGX_HTTP_GODWIT_RATE_SIZE,
                                       &ngx_http_godwit_module);
    if (gcf->rates == NULL) {
        return NGX_ERROR;
    }

    gcf->rates->init = ngx_http_godwit_rate_init;

    return NGX_OK;
}


/* Murmur's finalizer: every bit of x moves every bit of the result. */
static uint64_t
ngx_http_godwit_rate_mix(uint64_t x)
{
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdULL;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ULL;
    x ^= x >> 33;

    return x;
}


/* The slot of tag: its own, else one that says nothing; NULL: all are busy. */
static ngx_http_godwit_rate_slot_t *
ngx_http_godwit_rate_slot(ngx_http_godwit_rates_t *rates, uint64_t tag,
    uint64_t now)
{
    uint64_t                      was;
    ngx_uint_t                    i;
    ngx_http_godwit_rate_slot_t  *s, *set;

    set = &rates->slots[(tag % NGX_HTTP_GODWIT_RATE_SETS)
                        * NGX_HTTP_GODWIT_RATE_WAYS];

    for (i = 0; i < NGX_HTTP_GODWIT_RATE_WAYS; i++) {
        if (set[i].tag == tag) {
            return &set[i];
        }
    }

    for (i = 0; i < NGX_HTTP_GODWIT_RATE_WAYS; i++) {
        s = &set[i];
        was = s->tag;

        if (s->full <= now && ngx_atomic_cmp_set(&s->tag, was, tag)) {
            return s;
        }
    }

    return NULL;
}


/* Take one; the microseconds until the bucket is full, or (*late) -> wait. */
static uint64_t
ngx_http_godwit_rate_take(ngx_http_godwit_rate_slot_t *s, uint64_t now,
    uint64_t each, uint64_t depth, ngx_uint_t *late)
{
    uint64_t  full, next;

    do {
        full = s->full;
        next = (full > now ? full : now) + each;

        if (next - now > depth) {
            *late = 1;
            return full - now;
        }

    } while (!ngx_atomic_cmp_set(&s->full, full, next));

    *late = 0;

    return next - now;
}


ngx_int_t
ngx_http_godwit_rate(ngx_http_godwit_rate_e kind, uint64_t id,
    ngx_http_godwit_rate_t *shown, u_char *why, size_t *len)
{
    uint64_t                           now, each, depth, left, tag;
    ngx_uint_t                         late;
    const int64_t                     *rate;
    ngx_http_godwit_conf_t            *conf;
    ngx_http_godwit_rates_t           *rates;
    ngx_http_godwit_rate_slot_t       *slot;
    const ngx_http_godwit_rate_kind_t *row;

    row = &ngx_http_godwit_rate_kinds[kind];
    conf = ngx_http_godwit_process->conf;
    rate = (int64_t *) ((u_char *) &conf->conf + row->rate);

    if (*rate == 0) {
        return NGX_DECLINED;
    }

    rates = conf->rates->data;
    now = (uint64_t) ngx_current_msec * 1000;
    each = 1000000 / *rate;
    depth = each * *rate * NGX_HTTP_GODWIT_RATE_BURST;
    tag = ngx_http_godwit_rate_mix((id ^ rates->seed) + kind) | 1;

    slot = ngx_http_godwit_rate_slot(rates, tag, now);
    if (slot == NULL) {
        ngx_http_godwit_count(NGX_GODWIT_API_RATE_FULL);
        return NGX_DECLINED;                /* it never fails closed */
    }

    left = ngx_http_godwit_rate_take(slot, now, each, depth, &late);

    shown->limit = depth / each;
    shown->remaining = late ? 0 : (depth - left) / each;
    shown->reset = (left + 999999) / 1000000;
    shown->retry = late ? (left + each - depth + 999999) / 1000000 : 0;

    if (!late) {
        return NGX_OK;
    }

    ngx_http_godwit_count(NGX_GODWIT_API_RATE_REFUSED);
    *len = ngx_slprintf(why, why + NGX_HTTP_GODWIT_RATE_WHY, "More than %L "
                        "requests a second of %s.", *rate, row->whose) - why;

    return NGX_BUSY;
}


ngx_int_t
ngx_http_godwit_api_rate(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx, ngx_http_godwit_rate_e kind, uint64_t id)
{
    u_char                  text[NGX_HTTP_GODWIT_RATE_WHY];
    size_t                  len;
    ngx_int_t               rc;
    ngx_http_godwit_rate_t  shown;

    rc = ngx_http_godwit_rate(kind, id, &shown, text, &len);
    if (rc == NGX_DECLINED) {
        return NGX_DECLINED;
    }

    if (ctx->rate.limit == 0 || shown.remaining <= ctx->rate.remaining) {
        ctx->rate = shown;
    }

    return rc == NGX_OK ? NGX_DECLINED
           : ngx_http_godwit_api_problem(r, ctx, GW_PROBLEM_RATE_LIMITED,
                                         gw_str_make(text, len));
}


ngx_int_t
ngx_http_godwit_rate_address(ngx_http_request_t *r, uint64_t *id)
{
    struct sockaddr_in   *sin;
#if (NGX_HAVE_INET6)
    in_addr_t             v4;
    struct sockaddr_in6  *sin6;
#endif

    switch (r->connection->sockaddr->sa_family) {

    case AF_INET:
        sin = (struct sockaddr_in *) r->connection->sockaddr;
        *id = sin->sin_addr.s_addr;
        return NGX_OK;

#if (NGX_HAVE_INET6)
    case AF_INET6:
        sin6 = (struct sockaddr_in6 *) r->connection->sockaddr;

        if (IN6_IS_ADDR_V4MAPPED(&sin6->sin6_addr)) {
            ngx_memcpy(&v4, &sin6->sin6_addr.s6_addr[12], sizeof(v4));
            *id = v4;                       /* else all share one /64 */
            return NGX_OK;
        }

        /* whoever has one address of a /64 has all of it */
        ngx_memcpy(id, sin6->sin6_addr.s6_addr, sizeof(*id));
        return NGX_OK;
#endif

    default:
        return NGX_DECLINED;
    }
}


ngx_int_t
ngx_http_godwit_api_rate_address(ngx_http_request_t *r,
    ngx_http_godwit_api_ctx_t *ctx)
{
    uint64_t  id;

    return ngx_http_godwit_rate_address(r, &id) == NGX_OK
           ? ngx_http_godwit_api_rate(r, ctx, NGX_GODWIT_RATE_ADDRESS, id)
           : NGX_DECLINED;
}
