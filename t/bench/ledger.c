/*
 * Ledger rows by the sender's own windows, without SMTP: one window after the
 * other is filled with recipients that are sent, and closed through the
 * pipeline. ledger CONF CAMPAIGN CONTACTS WINDOW prints the seconds it took.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"
#include "worker/house.h"

static campaign_t  campaign;
static int64_t     contacts, window_n;


/* The next window as the last reply leaves it. */
static window_t *
filled(void)
{
    int64_t    n;
    item_t    *i;
    window_t  *w;

    if (campaign.taken == contacts) {
        return NULL;
    }

    n = contacts - campaign.taken;
    n = n < window_n ? n : window_n;
    w = calloc(1, sizeof(window_t));
    if (w == NULL || (w->item = calloc((size_t) n, sizeof(item_t))) == NULL) {
        exit(1);
    }

    w->campaign = &campaign;
    w->from = campaign.taken;
    w->to = campaign.taken += n;
    w->n = (unsigned) n;
    w->opened_ms = gw_clock_ms();

    for (i = w->item; i < w->item + n; i++) {
        i->campaign = &campaign;
        i->window = w;
        i->contact = i->person = (uint64_t) (w->from + (i - w->item) + 1);
        i->state = ITEM_SENT;
        i->touched = i->decided = true;
        i->attempt = 1;
        i->code = 250;
        i->at_us = gw_clock_us();
        (void) snprintf(i->reply, sizeof(i->reply),
                        "2.0.0 Ok: queued as %llX",
                        (unsigned long long) i->contact << 8);
    }

    return w;
}


static void
turn(void *arg)
{
    campaign.window = campaign.window ? campaign.window : filled();
    campaign.ahead = campaign.ahead ? campaign.ahead : filled();
    window_close(arg, &campaign);
    if (campaign.window == NULL) {
        loop_stop(((mail_t *) arg)->loop);
    }
}


int
main(int argc, char **argv)
{
    int       rc;
    double    s;
    mail_t    m;
    char      mem[1000];
    worker_t  w;
    gw_buf_t  err;
    struct timespec  from, to;

    memset(&m, 0, sizeof(m));
    memset(&w, 0, sizeof(w));
    gw_buf_fixed(&err, mem, sizeof(mem));
    m.w = &w;
    m.host = 1;
    w.role = "bench";

    if (argc != 5 || house_open(&w, argv[1], &err) != GW_OK
        || loop_create(&m.loop) != GW_OK
        || journal_open(&m.journal, &w.conf, &err) != GW_OK
        || dbpipe_create(&m.pipe, m.loop, &w, "gw_worker") != GW_OK)
    {
        fprintf(stderr, "ledger: %.*s\n", (int) err.len, mem);
        return 2;
    }

    campaign.mail = &m;
    campaign.tenant = 1;
    campaign.id = (uint32_t) strtoul(argv[2], NULL, 10);
    campaign.epoch = 1;
    contacts = campaign.intent = strtoll(argv[3], NULL, 10);
    window_n = strtoll(argv[4], NULL, 10);

    loop_after(m.loop, turn, &m);
    (void) clock_gettime(CLOCK_MONOTONIC, &from);
    rc = loop_run(m.loop);
    (void) clock_gettime(CLOCK_MONOTONIC, &to);
    s = (double) (to.tv_sec - from.tv_sec)
        + (double) (to.tv_nsec - from.tv_nsec) / 1e9;

    printf("%.6f\n", s);
    dbpipe_free(m.pipe);
    journal_close(m.journal);
    loop_free(m.loop);
    gw_conf_free(&w.conf);
    return rc == GW_OK ? 0 : 1;
}
