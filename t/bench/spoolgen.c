/*
 * Fill a spool folder with events for the ingest bench:
 * spoolgen DIR EVENTS CAMPAIGNS CONTACTS [SEED]. 70 % opens, 30 % clicks,
 * spread over the last hour; the same arguments give the same events.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"

#define SPOOLGEN_SEGMENT  (64 * 1024 * 1024)


static uint64_t
spoolgen_random(uint64_t *state)
{
    uint64_t  x;

    x = *state += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}


static int
spoolgen_append(gw_spool_t *spool, unsigned type, int64_t at, gw_str_t body)
{
    gw_spool_seg_t  *seg;

    if (gw_spool_wants(spool)) {
        if (gw_spool_prepare(spool, &seg) != GW_OK) {
            return GW_ESYS;
        }
        gw_spool_supply(spool, seg);
    }

    return gw_spool_append(spool, (uint16_t) type, 0, (uint64_t) at, body);
}


int
main(int argc, char **argv)
{
    long long      n, campaigns, contacts, seed, i;
    int64_t        now;
    uint64_t       state;
    gw_event_t     e;
    gw_spool_t    *spool;
    gw_token_t     t;
    unsigned char  body[GW_EVENT_MAX];

    seed = 1;
    if (argc < 5 || gw_str_int(gw_str_of(argv[2]), 1, 1000000000, &n)
        || gw_str_int(gw_str_of(argv[3]), 1, 1000000, &campaigns)
        || gw_str_int(gw_str_of(argv[4]), 1, 1000000000, &contacts)
        || (argc > 5 && gw_str_int(gw_str_of(argv[5]), 0, 1000000000, &seed)))
    {
        fprintf(stderr,
                "usage: spoolgen DIR EVENTS CAMPAIGNS CONTACTS [SEED]\n");
        return 2;
    }

    if (gw_clock_init() != GW_OK
        || gw_spool_open(&spool, argv[1], GW_SPOOL_EVENT, SPOOLGEN_SEGMENT)
           != GW_OK)
    {
        return 1;
    }

    state = (uint64_t) seed;
    now = gw_clock_us();
    memset(&e, 0, sizeof(e));
    memset(&t, 0, sizeof(t));
    e.ua = gw_str_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/"
                     "537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari");

    for (i = 0; i < n; i++) {
        t.what = spoolgen_random(&state) % 10 < 7 ? GW_TOKEN_OPEN
                                                  : GW_TOKEN_CLICK;
        t.tenant = 1;
        t.id = 1 + spoolgen_random(&state) % (uint64_t) contacts;
        t.id2 = 1 + (uint32_t) (spoolgen_random(&state)
                                % (uint64_t) campaigns);
        t.link = t.what == GW_TOKEN_CLICK ? spoolgen_random(&state) % 5 : 0;
        t.time = (uint32_t) (now / 1000000);
        gw_token_pack(&t, e.token);
        e.ip[10] = e.ip[11] = 0xff;
        e.ip[12] = 127;
        e.ip[15] = (unsigned char) spoolgen_random(&state);

        if (spoolgen_append(spool, t.what == GW_TOKEN_OPEN ? GW_EVENT_OPEN
                                                           : GW_EVENT_CLICK,
                            now - 3600000000 + i * 3600000000 / n,
                            gw_str_make(body, gw_event_encode(body, &e)))
            != GW_OK)
        {
            fprintf(stderr, "spoolgen: cannot append event %lld\n", i);
            return 1;
        }
    }

    gw_spool_close(spool);
    return 0;
}
