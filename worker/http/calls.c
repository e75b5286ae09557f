/*
 * Requests of campaigns: announced, sent, answered. Those to one origin share a
 * window that grows with success, and the pause that it asks for.
 *
 * Codes of outcomes: 2xx as it came, 450 what is tried again, 550 what is not;
 * the reply has what was answered.
 */
#include "worker/http/calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"
#include "worker/campaign/person.h"
#include "worker/http/channel.h"
#include "worker/http/made.h"

#define CALLS_MAX   256                 /* at once, of all                   */
#define CALL_LATER  450
#define CALL_NEVER  550


void
call_clear(call_t *call)
{
    json_decref(call->made);
    free(call->headers);
    memset(call, 0, sizeof(call_t));
}


int
calls_open(mail_t *m)
{
    if (m->webhooks == NULL) {
        m->webhooks = calloc(1, sizeof(webhooks_t));
    }
    if (m->webhooks == NULL) {
        return GW_ENOMEM;
    }

    return m->webhooks->http != NULL ? GW_OK
           : http_create(&m->webhooks->http, m->loop, &m->w->conf);
}


void
webhooks_free(mail_t *m)
{
    call_t      *call, **list[2];
    unsigned     n;
    webhooks_t  *h;

    h = m->webhooks;
    if (h == NULL) {
        return;
    }

    list[0] = &h->begun;
    list[1] = &h->out;
    for (n = 0; n < 2; n++) {
        while ((call = *list[n]) != NULL) {
            *list[n] = call->next;
            call_clear(call);
            free(call);
        }
    }

    call_clear(&h->made);
    http_free(h->http);
    free(h);
    m->webhooks = NULL;
}


/* As godwit.message_id has it: the same at each attempt. */
static void
call_id(const item_t *i, char *out, size_t size)
{
    char  mac[17];

    person_mac(i, mac);
    (void) snprintf(out, size, "gw_%u_%u_%llu_%s", i->campaign->tenant,
                    i->campaign->id, (unsigned long long) i->contact, mac);
}


/* `HTTP 404: what it says`, or why there is no answer. */
static void
call_reply(const http_result_t *r, char *out, size_t size)
{
    char  *p;

    if (r->status == 0) {
        (void) snprintf(out, size, "%s", r->why);
    } else {
        (void) snprintf(out, size, "HTTP %d%s%.*s", r->status,
                        r->status >= 300 && r->body.len > 0 ? ": " : "",
                        r->status >= 300 ? (int) r->body.len : 0,
                        (char *) r->body.data);
    }

    for (p = out; *p != '\0'; p++) {
        *p = (unsigned char) *p < ' ' || *p == 0x7f ? '?' : *p;
    }
    gw_utf8_mend(out, strlen(out));
}


static bool
call_is_later(int status)
{
    return status == 0 || status == 408 || status == 429 || status >= 500;
}


static void
call_verdict(mail_t *m, item_t *i, origin_t *o, const http_result_t *r)
{
    char     reply[REPLY_TEXT_MAX + 1], why[80];
    int64_t  ms;

    call_reply(r, reply, sizeof(reply));

    if (r->status >= 200 && r->status < 300) {
        o->window += o->window < ENDPOINT_WINDOW_MAX;
        mail_outcome(m, i, ITEM_SENT, false, (unsigned) r->status, reply, "");
        return;
    }

    if (!call_is_later(r->status)) {
        (void) snprintf(why, sizeof(why), CHANNEL_REFUSED, reply);
        mail_outcome(m, i, ITEM_FAILED, false, CALL_NEVER, reply, why);
        return;
    }

    o->window = 1;
    ms = endpoint_pause_ms(r);
    if (ms > 0) {
        o->pause_ms = gw_clock_ms() + ms;
    }

    i->wait_ms = endpoint_after(r) * 1000;
    mail_outcome(m, i, ITEM_QUEUED, true, CALL_LATER, reply, r->status == 0
                 ? "no whole answer came" : "asked to try later");
}


/* It has an end; its item is the caller's. */
static item_t *
call_end(webhooks_t *h, call_t *call)
{
    item_t  *i;

    i = call->item;
    call->origin->active--;
    h->busy--;
    call_clear(call);
    free(call);
    return i;
}


static void
call_answered(void *arg, const http_result_t *r)
{
    item_t    *i;
    mail_t    *m;
    call_t    *call = arg;
    origin_t  *o;

    o = call->origin;
    m = call->item->campaign->mail;
    i = call_end(m->webhooks, call);
    call_verdict(m, i, o, r);
    calls_turn(m);                      /* there is room for the next */
}


static int
call_send(mail_t *m, call_t *call)
{
    char             id[96];
    endpoint_use_t  *u;

    u = call->item->campaign->endpoint;
    if (u->endpoint.url == NULL) {
        return GW_ENOTFOUND;
    }

    call_id(call->item, id, sizeof(id));
    return made_send(call->made, call->headers, id, &u->endpoint,
                     m->webhooks->http, call_answered, call);
}


/* Their T is written: they leave. One whose webhook is gone by now waits. */
void
calls_flush(mail_t *m)
{
    int          rc;
    call_t      *call;
    item_t      *i;
    webhooks_t  *h;

    h = m->webhooks;
    while (h != NULL && (call = h->out) != NULL) {
        h->out = call->next;
        rc = call_send(m, call);
        if (rc == GW_OK) {
            continue;
        }

        i = call_end(h, call);
        i->unjudged = rc != GW_ENOTFOUND;
        mail_outcome(m, i, ITEM_QUEUED, rc != GW_ENOTFOUND, 0, "",
                     gw_strerror(rc));
    }
}


void
calls_synced(mail_t *m)
{
    call_t      *call, **at;
    webhooks_t  *h;

    h = m->webhooks;
    if (h == NULL) {
        return;
    }

    for (at = &h->begun; (call = *at) != NULL; ) {
        if (!mail_may_dot(m, call->item)) {
            at = &call->next;
            continue;
        }

        *at = call->next;
        call->next = h->out;
        h->out = call;
        mail_on_wire(m, call->item);
    }
}


/* The next at an origin; false: none now. */
static bool
calls_begin(mail_t *m, origin_t *o)
{
    item_t      *i;
    call_t      *call;
    webhooks_t  *h;

    h = m->webhooks;
    gw_buf_reset(&m->proof);
    i = mail_next(m, &o->gate, true, &m->proof);
    if (i == NULL) {
        return false;
    }

    call = malloc(sizeof(call_t));
    if (call == NULL) {
        i->unjudged = true;
        mail_outcome(m, i, ITEM_QUEUED, true, 0, "", gw_strerror(GW_ENOMEM));
        return false;
    }

    *call = h->made;
    memset(&h->made, 0, sizeof(call_t));
    call->item = i;
    call->origin = o;
    call->next = h->begun;
    h->begun = call;
    h->busy++;
    o->active++;
    i->stage = JOURNAL_NO_MAIL;
    mail_begun(m, i);
    return true;
}


/* Origins take turns where there is not room for all. */
void
calls_turn(mail_t *m)
{
    origin_t    *o, *first;
    webhooks_t  *h;

    h = m->webhooks;
    if (h == NULL) {
        return;
    }

    calls_synced(m);
    for (o = h->origins; o != NULL; o = o->next) {
        while (o->gate.n > 0 && o->active < o->window && h->busy < CALLS_MAX
               && gw_clock_ms() >= o->pause_ms && calls_begin(m, o))
        {
            /* void */
        }
    }

    first = h->origins;
    if (h->busy >= CALLS_MAX && first != NULL && first->next != NULL) {
        h->origins = first->next;
        first->next = NULL;
        for (o = h->origins; o->next != NULL; o = o->next) {
            /* the last */
        }
        o->next = first;
    }
}


unsigned
calls_busy(const mail_t *m)
{
    return m->webhooks != NULL ? m->webhooks->busy : 0;
}
