/* One delivery: signed, sent, and what its answer means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"
#include "worker/http/hooks.h"

#define SEND_PAUSE_MAX   60000
#define SEND_AFTER_MAX   86400          /* seconds that one may ask for */
#define SEND_GONE        410
#define SEND_TOO_MANY    429
#define SEND_BUSY        503
#define SEND_HEADERS     (4 + 2 * GW_NET_HEADERS)
#define SEND_TEXT        32768          /* bytes of all headers */

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
    after = r->retry_after < SEND_AFTER_MAX ? r->retry_after : SEND_AFTER_MAX;

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
        if (!k->ordered && k->window < HOOKS_WINDOW_MAX) {
            k->window++;
        }
        return "delivered";
    }

    k->window = 1;

    if (r->status == SEND_TOO_MANY || r->status == SEND_BUSY) {
        ms = r->retry_after <= 0 ? 1000
             : r->retry_after < SEND_PAUSE_MAX / 1000 ? r->retry_after * 1000
                                                      : SEND_PAUSE_MAX;
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


/* Lines whose values nobody may see. */
static void
send_mask(gw_buf_t *out, const char *lines)
{
    const char  *end;

    for ( /* void */ ; lines != NULL && *lines != '\0'; lines = end + 1) {
        gw_buf_char(out, '\n');
        gw_buf_put(out, lines, (size_t) (strchr(lines, ':') - lines));
        gw_buf_cstr(out, ": ***");
        end = strchr(lines, '\n');
        if (end == NULL) {
            return;
        }
    }
}


/* Cut lines apart, in place; a NULL ends them. */
static void
send_cut(char *text, const char *headers[SEND_HEADERS + 1])
{
    unsigned  n;

    for (n = 0; n < SEND_HEADERS && text != NULL && *text != '\0'; n++) {
        headers[n] = text;
        text = strchr(text, '\n');
        if (text != NULL) {
            *text++ = '\0';
        }
    }

    headers[n] = NULL;
}


int
hooks_send(send_t *s)
{
    int              rc;
    char             id[40], time[24];
    size_t           shown;
    unsigned         i;
    hook_t          *k = s->hook;
    gw_buf_t         text, signature;
    const char      *headers[SEND_HEADERS + 1];
    http_request_t   q;

    s->at_us = gw_clock_us();
    (void) snprintf(id, sizeof(id), "evt_%s", s->event);
    (void) snprintf(time, sizeof(time), "%lld",
                    (long long) (s->at_us / 1000000));

    gw_buf_init(&signature, 256);
    rc = GW_OK;
    for (i = 0; rc == GW_OK && i < k->keys; i++) {
        rc = sign_append(&signature, &k->key[i], id, time, s->body);
    }

    /* the headers, a line each, as they are logged, then as they are sent */

    gw_buf_init(&text, SEND_TEXT);
    gw_buf_fmt(&text, "content-type: application/json\nwebhook-id: %s\n"
               "webhook-timestamp: %s\nwebhook-signature: %s", id, time,
               gw_buf_c(&signature));
    gw_buf_free(&signature);
    if (k->headers != NULL) {
        gw_buf_fmt(&text, "\n%s", k->headers);
    }

    shown = text.len;
    send_mask(&text, k->secret);
    free(s->request);
    s->request = text.failed ? NULL : strdup(gw_buf_c(&text));
    text.len = shown;
    if (k->secret != NULL) {
        gw_buf_fmt(&text, "\n%s", k->secret);
    }

    if (rc != GW_OK || s->request == NULL || text.failed) {
        secret_wipe(&text);
        return rc != GW_OK ? rc : GW_ENOMEM;
    }

    send_cut((char *) gw_buf_c(&text), headers);
    q = (http_request_t) { .url = k->url, .headers = headers, .body = s->body,
                           .timeout_ms = HOOKS_TIMEOUT_MS };
    rc = http_send(k->of->http, &q, send_ended, s);
    secret_wipe(&text);

    if (rc == GW_OK) {
        s->state = SEND_ACTIVE;
        k->waits--;
        k->active++;
    }

    return rc;
}
