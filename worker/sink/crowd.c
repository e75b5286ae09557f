/*
 * Recipients who open, click and unsubscribe. Each decision is a number drawn
 * from the seed and the address alone, so two runs with the same recipients
 * do the same things whatever the order of delivery.
 */
#include "worker/sink/sink.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/log.h"
#include "worker/sink/extract.h"
#include "worker/sink/visit.h"

#define CROWD_PARALLEL  32
#define CROWD_RETRY     500
#define CROWD_TRIES     240
#define CROWD_READS     8000            /* ms before a click             */
#define CROWD_CLICK     200             /* number of the act             */

/* in percent of recipients, openers, openers, recipients */
#define CROWD_OPENS         46
#define CROWD_OPENS_AGAIN   20
#define CROWD_CLICKS        28
#define CROWD_UNSUBSCRIBES  1

typedef struct crowd_act_s  crowd_act_t;

struct crowd_act_s {
    crowd_t       *crowd;
    crowd_act_t   *next;                /* of those that wait for a place */
    loop_timer_t   timer;
    const char    *method, *agent, *body;
    unsigned       tries;
    size_t         len;
    unsigned char  url[];
};

struct crowd_s {
    loop_t        *loop;
    uint64_t       seed;
    long long      spread;
    unsigned       active;
    crowd_act_t   *first, **last;
    unsigned long  done, failed;
};

/* The pixel and the links of the message at hand. */
typedef struct {
    crowd_t       *crowd;
    uint64_t       r;
    unsigned       images, links, wanted;
    bool           clicks;
    bool           again;
} crowd_mail_t;

static const char *const  crowd_agents[] = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) "
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
    "Thunderbird/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.5 Safari/605.1.15"
};


/* splitmix64: a well mixed number from any other. */
static uint64_t
crowd_mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}


/* The n-th number of a recipient. */
static uint64_t
crowd_draw(uint64_t r, unsigned n)
{
    return crowd_mix(r + n * 0x100000001b3);
}


static void crowd_next(crowd_t *crowd);


static void
crowd_done(void *arg, int status, bool sent)
{
    crowd_t      *crowd;
    crowd_act_t  *act = arg;

    crowd = act->crowd;
    crowd->active--;

    if ((status == 503 || (status == 0 && !sent)) && ++act->tries < CROWD_TRIES
        && loop_timer_set(crowd->loop, &act->timer, CROWD_RETRY) == GW_OK)
    {
        crowd_next(crowd);
        return;
    }

    if (status >= 200 && status < 400) {
        crowd->done++;
    } else {
        crowd->failed++;
        log_warn("crowd: %s %.*s: %s %d", act->method, (int) act->len,
                 act->url, status ? "status" : "no reply", status);
    }

    free(act);
    crowd_next(crowd);
}


static void
crowd_start(crowd_act_t *act)
{
    act->crowd->active++;
    if (visit_start(act->crowd->loop, gw_str_make(act->url, act->len),
                    act->method, act->agent, act->body, crowd_done, act)
        != GW_OK)
    {
        crowd_done(act, 0, false);
    }
}


static void
crowd_next(crowd_t *crowd)
{
    crowd_act_t  *act;

    if (crowd->active < CROWD_PARALLEL && crowd->first != NULL) {
        act = crowd->first;
        crowd->first = act->next;
        if (crowd->first == NULL) {
            crowd->last = &crowd->first;
        }
        crowd_start(act);
    }
}


/* Its time has come: start it, or wait for a place. */
static void
crowd_due(void *arg)
{
    crowd_t      *crowd;
    crowd_act_t  *act = arg;

    crowd = act->crowd;
    act->next = NULL;
    *crowd->last = act;
    crowd->last = &act->next;
    crowd_next(crowd);
}


/* Who clicks as soon as it is delivered is no person: he reads it first. */
static void
crowd_plan(crowd_t *crowd, uint64_t r, unsigned n, gw_str_t url,
    const char *method, const char *body)
{
    crowd_act_t  *act;

    if (!visit_allowed(url)) {
        return;
    }

    act = calloc(1, sizeof(crowd_act_t) + url.len);
    if (act == NULL) {
        return;
    }

    act->crowd = crowd;
    act->method = method;
    act->body = body;
    act->agent = crowd_agents[crowd_draw(r, 9) % 4];
    act->len = url.len;
    memcpy(act->url, url.data, url.len);
    act->timer.call = crowd_due;
    act->timer.arg = act;

    if (loop_timer_set(crowd->loop, &act->timer,
                       (n == CROWD_CLICK ? CROWD_READS : 1)
                       + (int64_t) (crowd_draw(r, 20 + n)
                                    % (uint64_t) crowd->spread)) != GW_OK)
    {
        free(act);
    }
}


/* The pixel is the last image; recipients load all of them. */
static void
crowd_image(void *arg, gw_str_t url)
{
    crowd_mail_t  *m = arg;

    m->images++;
    crowd_plan(m->crowd, m->r, m->images, url, "GET", NULL);
    if (m->again) {
        crowd_plan(m->crowd, m->r, 100 + m->images, url, "GET", NULL);
    }
}


static bool
crowd_tracked(gw_str_t url)
{
    return memmem(url.data, url.len, "/c/", 3) != NULL;
}


static void
crowd_count(void *arg, gw_str_t url)
{
    crowd_mail_t  *m = arg;

    m->links += crowd_tracked(url);
}


static void
crowd_link(void *arg, gw_str_t url)
{
    crowd_mail_t  *m = arg;

    if (crowd_tracked(url) && m->links++ == m->wanted) {
        crowd_plan(m->crowd, m->r, CROWD_CLICK, url, "GET", NULL);
    }
}


static void
crowd_ignore(void *arg, gw_str_t url)
{
}


void
crowd_message(crowd_t *crowd, gw_str_t rcpt, gw_str_t raw)
{
    size_t        i;
    gw_buf_t      url;
    crowd_mail_t  m;

    memset(&m, 0, sizeof(m));
    m.crowd = crowd;
    m.r = crowd_mix(crowd->seed);
    for (i = 0; i < rcpt.len; i++) {
        m.r = crowd_mix(m.r ^ (uint64_t) tolower(rcpt.data[i]));
    }

    if (crowd_draw(m.r, 5) % 100 < CROWD_UNSUBSCRIBES) {
        gw_buf_init(&url, 8192);
        extract_unsubscribe(raw, &url);
        crowd_plan(crowd, m.r, 300, gw_buf_view(&url), "POST",
                   "List-Unsubscribe=One-Click");
        gw_buf_free(&url);
    }

    if (crowd_draw(m.r, 1) % 100 >= CROWD_OPENS) {
        return;
    }

    m.again = crowd_draw(m.r, 2) % 100 < CROWD_OPENS_AGAIN;
    m.clicks = crowd_draw(m.r, 3) % 100 < CROWD_CLICKS;
    extract_links(raw, crowd_image, crowd_count, &m);

    if (m.clicks && m.links > 0) {
        m.wanted = (unsigned) (crowd_draw(m.r, 4) % m.links);
        m.links = 0;
        extract_links(raw, crowd_ignore, crowd_link, &m);
    }
}


int
crowd_create(crowd_t **crowd, loop_t *loop, long long seed,
    long long spread_ms)
{
    crowd_t  *c;

    c = calloc(1, sizeof(crowd_t));
    if (c == NULL) {
        return GW_ENOMEM;
    }

    c->loop = loop;
    c->seed = (uint64_t) seed;
    c->spread = spread_ms > 0 ? spread_ms : 1;
    c->last = &c->first;
    *crowd = c;
    return GW_OK;
}


void
crowd_free(crowd_t *crowd)
{
    if (crowd != NULL) {
        log_info("crowd: %lu requests answered, %lu failed", crowd->done,
                 crowd->failed);
        free(crowd);
    }
}
