/*
 * Fill a spool folder with the events of a round of the ingest bench:
 * spoolgen DIR CAMPAIGNS RECIPIENTS SEED. The same arguments give the same
 * events; campaigns are numbered on from seed * CAMPAIGNS. It prints how many
 * events there are and of how many persons. What the spread is stands at the
 * head of ingest.bench.pl.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"
#include "shm/gw_spool_seg.h"

#define SPOOLGEN_SEGMENT  (64 * 1024 * 1024)
#define SPOOLGEN_HOUR     3600000000.0
#define SPOOLGEN_LIST     3         /* contacts a recipient of a campaign */
#define SPOOLGEN_EVENTS   8         /* of a person, at most               */

typedef struct {
    int64_t   at;
    uint64_t  contact;
    uint32_t  campaign;
    uint8_t   type, link, agent, host;
} spoolgen_event_t;

typedef struct {
    spoolgen_event_t  *event;
    size_t             n;
    uint64_t           random, persons;
} spoolgen_t;

static const char *const  spoolgen_agents[] = {
    "Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 "
        "(via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
        "like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, "
        "like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 "
        "Thunderbird/115.12.0"
};


static uint64_t
spoolgen_random(spoolgen_t *g)
{
    uint64_t  x;

    x = g->random += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}


/* true in so many of a hundred cases */
static bool
spoolgen_chance(spoolgen_t *g, unsigned percent)
{
    return spoolgen_random(g) % 100 < percent;
}


/* a delay whose mean is so many hours */
static int64_t
spoolgen_delay(spoolgen_t *g, double hours)
{
    double  u;

    u = (double) (spoolgen_random(g) % 1000000 + 1) / 1000000;
    return (int64_t) (-log(u) * hours * SPOOLGEN_HOUR);
}


static void
spoolgen_add(spoolgen_t *g, unsigned type, int64_t at, uint32_t campaign,
    uint64_t contact, unsigned agent)
{
    spoolgen_event_t  *e;

    e = &g->event[g->n++];
    e->type = (uint8_t) type;
    e->at = at;
    e->campaign = campaign;
    e->contact = contact;
    e->agent = (uint8_t) agent;
    e->link = type == GW_EVENT_CLICK ? spoolgen_random(g) % 5 : 0;
    e->host = (uint8_t) spoolgen_random(g);
}


/* One recipient who opens: 1 to 3 times, and a quarter of them clicks. */
static void
spoolgen_person(spoolgen_t *g, int64_t sent, uint32_t campaign,
    uint64_t contact)
{
    int64_t   at;
    unsigned  agent, first;

    agent = 2 + spoolgen_random(g) % 4;
    first = spoolgen_chance(g, 30) ? 0 : spoolgen_chance(g, 40) ? 1 : agent;
    at = sent + spoolgen_delay(g, 5);
    spoolgen_add(g, GW_EVENT_OPEN, at, campaign, contact, first);
    g->persons++;

    if (spoolgen_chance(g, 25)) {
        spoolgen_add(g, GW_EVENT_CLICK, at + spoolgen_delay(g, 0.05),
                     campaign, contact, agent);
        if (spoolgen_chance(g, 30)) {
            spoolgen_add(g, GW_EVENT_CLICK, at + spoolgen_delay(g, 0.1),
                         campaign, contact, agent);
        }
    }

    if (spoolgen_chance(g, 40)) {
        at += spoolgen_delay(g, 6);
        spoolgen_add(g, GW_EVENT_OPEN, at, campaign, contact, agent);
        if (spoolgen_chance(g, 40)) {
            at += spoolgen_delay(g, 6);
            spoolgen_add(g, GW_EVENT_OPEN, at, campaign, contact, agent);
        }
    }
}


static int
spoolgen_by_time(const void *a, const void *b)
{
    const spoolgen_event_t  *x = a, *y = b;

    return x->at < y->at ? -1 : x->at > y->at;
}


static int
spoolgen_append(gw_spool_t *spool, const spoolgen_event_t *s)
{
    gw_event_t       e;
    gw_token_t       t;
    unsigned char    body[GW_EVENT_MAX];
    gw_spool_seg_t  *seg;

    memset(&e, 0, sizeof(e));
    memset(&t, 0, sizeof(t));
    t.what = s->type == GW_EVENT_OPEN ? GW_TOKEN_OPEN : GW_TOKEN_CLICK;
    t.tenant = 1;
    t.id = s->contact;
    t.id2 = s->campaign;
    t.link = s->link;
    t.time = (uint32_t) (s->at / 1000000);
    gw_token_pack(&t, e.token);
    e.ip[10] = e.ip[11] = 0xff;
    e.ip[12] = 127;
    e.ip[15] = s->host;
    e.ua = gw_str_of(spoolgen_agents[s->agent]);

    if (gw_spool_wants(spool)) {
        if (gw_spool_prepare(spool, &seg) != GW_OK) {
            return GW_ESYS;
        }
        gw_spool_supply(spool, seg);
    }

    /* what is drained are full segments, as after an hour of Postgres away */
    spool->current->first_us = (uint64_t) s->at;

    return gw_spool_append(spool, s->type, 0, (uint64_t) s->at,
                           gw_str_make(body, gw_event_encode(body, &e)));
}


static int
spoolgen_write(const spoolgen_t *g, const char *dir)
{
    size_t       i;
    gw_spool_t  *spool;

    if (gw_spool_open(&spool, dir, GW_SPOOL_EVENT, SPOOLGEN_SEGMENT)
        != GW_OK)
    {
        return GW_ESYS;
    }

    for (i = 0; i < g->n; i++) {
        if (spoolgen_append(spool, &g->event[i]) != GW_OK) {
            fprintf(stderr, "spoolgen: cannot append event %zu\n", i);
            return GW_ESYS;
        }
    }

    gw_spool_close(spool);
    return GW_OK;
}


int
main(int argc, char **argv)
{
    int64_t     now;
    spoolgen_t  g;
    long long   campaigns, recipients, seed, c, r;

    memset(&g, 0, sizeof(g));
    if (argc != 5 || gw_str_int(gw_str_of(argv[2]), 1, 10000, &campaigns)
        || gw_str_int(gw_str_of(argv[3]), 1, 10000000, &recipients)
        || gw_str_int(gw_str_of(argv[4]), 0, 1000000, &seed))
    {
        fprintf(stderr, "usage: spoolgen DIR CAMPAIGNS RECIPIENTS SEED\n");
        return 2;
    }

    g.event = malloc((size_t) (campaigns * recipients) * SPOOLGEN_EVENTS
                     * sizeof(spoolgen_event_t));
    if (g.event == NULL || gw_clock_init() != GW_OK) {
        return 1;
    }

    g.random = (uint64_t) seed;
    now = gw_clock_us();

    /* each started an hour after the one before; the last of them 3 d ago */
    for (c = 0; c < campaigns; c++) {
        for (r = 0; r < recipients; r++) {
            if (spoolgen_chance(&g, 40)) {
                spoolgen_person(&g, now - (int64_t) ((double)
                    (72 + campaigns - c) * SPOOLGEN_HOUR),
                    (uint32_t) (seed * campaigns + c + 1),
                    1 + (uint64_t) (r * SPOOLGEN_LIST)
                      + spoolgen_random(&g) % SPOOLGEN_LIST);
            }
        }
    }

    qsort(g.event, g.n, sizeof(spoolgen_event_t), spoolgen_by_time);
    printf("%zu %llu\n", g.n, (unsigned long long) g.persons);
    return spoolgen_write(&g, argv[1]) == GW_OK ? 0 : 1;
}
