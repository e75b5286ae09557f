/* One delivery: signed, sent, and what its answer means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"
#include "worker/http/hooks.h"

#define SEND_GONE        410

/* until the next attempt, after the first, the second, ... */
static const int64_t  send_schedule[] = {
    5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400
};

#define SEND_TRIES  (int) (sizeof(send_schedule) / sizeof(int64_t))


/* The instant of the next attempt, a tenth sooner or later. */
static int64_t
send_due(const send_t *s, const http_result_t *r)
{
    int64_t   ms, after;
    uint32_t  n = 0;

    (void) !getrandom(&n, sizeof(n), 0);
    ms = send_schedule[s->tries] * (900 + n % 201);
    after = endpoint_after(r);

    return gw_clock_us() + (ms > after * 1000 ? ms : after * 1000) * 1000;
}


/* What may be no text for Postgres is a question mark. */
static json_t *
send_text(gw_str_t s)
{
    size_t   i;
    char    *copy;
    json_t  *text;

    copy = malloc(s.len + 1);
    if (copy == NULL) {
        return NULL;
    }

    for (i = 0; i < s.len; i++) {
        copy[i] = (char) (s.data[i] == '\0' ? '?' : s.data[i]);
    }
    gw_utf8_mend(copy, s.len);
    text = json_stringn(copy, s.len);
    free(copy);
    return text;
}


/* The verdict of godwit.webhook_results, and what this one means for others
   to the same endpoint. */
static const char *
send_judge(send_t *s, const http_result_t *r)
{
    int64_t   ms;
    hook_t   *k = s->hook;

    if (r->status >= 200 && r->status < 300) {
        if (!k->ordered && k->window < ENDPOINT_WINDOW_MAX) {
            k->window++;
        }
        return "delivered";
    }

    k->window = 1;

    ms = endpoint_pause_ms(r);
    if (ms > 0) {
        k->pause_ms = gw_clock_ms() + ms;
    }

    return r->status == SEND_GONE ? "gone"
           : s->tries >= SEND_TRIES ? "dead" : "retry";
}


/* Those behind one that has failed go back to Postgres. */
static void
send_hold(hook_t *k)
{
    send_t  *s, *next;

    for (s = k->first; s != NULL; s = next) {
        next = s->next;
        if (s->state == SEND_WAITS) {
            k->waits--;
            send_free(s);
        }
    }
}


static void
send_ended(void *arg, const http_result_t *r)
{
    char         at[GW_RFC3339_LEN + 1], due[GW_RFC3339_LEN + 1];
    send_t      *s = arg;
    hook_t      *k = s->hook;
    const char  *verdict;

    worker_crash_point("hooks_after_answer");
    k->active--;
    verdict = send_judge(s, r);
    gw_clock_print(s->at_us, at);
    gw_clock_print(*verdict == 'r' ? send_due(s, r) : gw_clock_us(), due);

    s->result = json_pack("{s:s, s:s, s:s, s:i, s:s, s:I, s:i, s:s, s:s, s:s,"
        " s:o?, s:o?, s:s, s:s}", "tenant", k->tenant, "webhook", k->id,
        "delivery", s->id, "attempt", s->attempt, "at", at, "ms",
        (json_int_t) r->ms, "status", r->status, "error", r->why, "address",
        r->address, "request", s->request, "headers", send_text(r->headers),
        "body", send_text(r->body), "verdict", verdict, "due", due);

    if (k->ordered && *verdict != 'd') {
        send_hold(k);
    }

    if (s->result == NULL) {            /* no memory: sent again some day */
        k->lost = true;
        send_free(s);
        return;
    }

    s->state = SEND_ENDED;
    k->of->ended++;
}


int
hooks_send(send_t *s)
{
    int                  rc;
    char                 id[40];
    hook_t              *k = s->hook;
    endpoint_request_t   q;

    s->at_us = gw_clock_us();
    (void) snprintf(id, sizeof(id), "evt_%s", s->event);
    q = (endpoint_request_t) { .id = id, .body = s->body, .at_us = s->at_us };
    free(s->request);
    s->request = NULL;
    rc = endpoint_send(&k->endpoint, k->of->http, &q, send_ended, s,
                       &s->request);

    if (rc == GW_OK) {
        s->state = SEND_ACTIVE;
        k->waits--;
        k->active++;
    }

    return rc;
}
