/*
 * The feedback of a site over hours, by a clock of its own: how its window
 * grows and shrinks, when a dead one is tried, what a rate lets through.
 */
#include "t/unit/tap.h"
#include "worker/mail/smtp_conn.h"

#include <math.h>

#include "shm/gw_clock.h"
#include "worker/mail/lane.h"
#include "worker/mail/routes.h"

static int64_t  now_ms;

static int64_t
clock_ms(void)
{
    return now_ms;
}


#define gw_clock_ms              clock_ms
#define SSL_CTX_up_ref(context)  1
#include "worker/mail/site.c"       /* NOLINT(bugprone-suspicious-include) */

static route_t   route;
static worker_t  worker;
static mail_t    mail;
static smtp_t    site;


void
smtp_works(smtp_t *s)
{
    s->said = false;
}


smtp_t *
smtp_new(mail_t *m, unsigned conns)
{
    return NULL;
}


route_t *
routes_find(mail_t *m, const char *exchanger)
{
    return NULL;
}


int64_t
routes_due(const item_t *i, int64_t until_ms)
{
    return until_ms * 1000;
}


item_t *
lane_empty(mail_t *m, gate_t *g)
{
    return NULL;
}


void
mail_spill(mail_t *m, item_t *i, int64_t due_us, const char *reason)
{
}


static void
fresh(void)
{
    memset(&route, 0, sizeof(route));
    memset(&site, 0, sizeof(site));
    route.limits.connections = 20;
    worker.conf.mail_window = 1000;
    mail.w = &worker;
    site.mail = &mail;
    site.route = site.reins = &route;
    site.conns = 20;
    site.concurrency = SITE_START;
    now_ms = 1000000;
    site.heard_ms = now_ms;
}


static void
test_window(void)
{
    int  i;

    fresh();
    is_int(site_connections(&site), 5, "it begins with five");
    site.heard_ms = 0;
    is_int(site_connections(&site), 1, "but with one until it has answered");
    site.heard_ms = now_ms;

    for (i = 0; i < 5; i++) {
        site_good(&site);
    }
    is_int(site_connections(&site), 5, "a round of five and it is nearly six");
    site_good(&site);
    is_int(site_connections(&site), 6, "one more and it is");

    for (i = 0; i < 100000; i++) {
        now_ms += 100;
        site_good(&site);
    }
    is_int(site_connections(&site), 20, "hours later it is at its limit");

    route.open = 15;
    is_int(site_connections(&site), 5, "which others of the route share");
    route.limits.connections = 10;
    is_int(site_connections(&site), 0, "and which may become less");
}


static void
test_failures(void)
{
    int     i;
    double  was;

    fresh();
    site_bad(&site, "no");
    was = site.concurrency;
    ok(fabs(was - 4.8) < 1e-9, "a failure takes 1/N");
    site_bad(&site, "no");
    ok(fabs(site.concurrency - was) < 1e-9, "a run of them no more");
    is_int(site.until_ms, 0, "two and it lives");

    for (i = 0; i < 10000; i++) {
        site_good(&site);
        site_bad(&site, "no");
        site_bad(&site, "no");
        now_ms += 10000;
    }
    is_int(site.until_ms, 0, "so it does for hours where something goes well");
    ok(site.concurrency >= 1 && site.concurrency <= 20, "within its limits");
}


/* A site that is down for a day, tried whenever that may be. */
static void
test_death(void)
{
    int          tries, i;
    int64_t      end, last, gap[64];
    const char  *why;

    fresh();
    tries = 0;
    last = 0;
    end = now_ms + 24 * 3600000LL;
    for ( /* void */ ; now_ms < end; now_ms += 1000) {
        if (site_connections(&site) == 0) {
            continue;
        }

        site.said = true;
        is_int(site_connections(&site), 1, "it is tried with one connection");
        if (tries < 64) {
            gap[tries++] = now_ms - last;
        }
        last = now_ms;
        site_bad(&site, "no");
    }

    ok(tries > 25 && tries < 40, "some thirty times a day");
    for (i = 3; i < 9; i++) {
        ok(gap[i] >= 60000LL << (i - 3) && gap[i] <= (60000LL << (i - 3))
           + 1000, "twice as long each time");
    }
    for (i = 9; i < tries; i++) {
        ok(gap[i] >= 3600000 && gap[i] <= 3601000, "then every hour");
    }

    ok(site.dead_us > 0, "since when is known");
    now_ms = site.until_ms + 1;
    site_good(&site);
    is_int(site_connections(&site), 5, "what lives again begins anew");
    is_int(site_closed(&site, true, &why), 0, "and is open");
    is_int(site.dead_us, 0, "nor is it dead");
}


/* How many messages leave in so many seconds, tried ten times a second. */
static unsigned
leave(int64_t seconds)
{
    unsigned  n;
    int64_t   end;

    n = 0;
    for (end = now_ms + seconds * 1000; now_ms < end; now_ms += 100) {
        while (site_may_send(&site) && n < 10000000) {
            site_sent(&site);
            n++;
            if (site.reins->limits.rate == 0 && site.reins->slow_ms <= now_ms)
            {
                return n;       /* any number */
            }
        }
    }

    return n;
}


static void
test_rates(void)
{
    unsigned         n;
    shaping_reply_t  slow = { "slow", 0, 5400000, 0 };
    shaping_reply_t  stop = { "stop", 7200000, 0, 0 };

    fresh();
    route.limits.rate = 100;
    n = leave(6 * 3600);
    ok(n >= 36000 - 1 && n <= 36000 + 18, "a hundred a minute over six hours");
    now_ms += 3600000;
    n = leave(60);
    ok(n <= 100 + 18, "an hour of silence is not caught up with");

    route.limits.rate = 1000000;
    n = leave(60);
    ok(n > 900000 && n < 1200000, "a new rate holds at once");

    site_obey(&site, &slow, "come slowly");
    n = leave(5400);
    ok(n >= 85 && n <= 91, "one a minute while it is slow");
    ok(leave(60) > 900000, "and then as before");

    route.limits.rate = 0;
    site_obey(&site, &stop, "go away");
    is_int(site_connections(&site), 0, "suspended");
    now_ms += 7199000;
    is_int(site_connections(&site), 0, "for two hours");
    now_ms += 1001;
    is_int(site_connections(&site), 5, "and no longer");
    is_int(leave(1), 1, "then it goes");

    route.paused = true;
    is_int(leave(3600), 0, "nothing leaves on a route that is paused");
    is_int(site_connections(&site), 0, "nor is it connected to");
}


int
main(void)
{
    test_window();
    test_failures();
    test_death();
    test_rates();
    return done();
}
