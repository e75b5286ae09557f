/*
 * `godwit classify [FILE]`: a filter of JSON lines, {"kind","user_agent",
 * "method"?,"headers"?,"address"?} in, {"class","reason"} or {"error":
 * {"message"}} out. What an event alone says, judged as ingest does, by the
 * table of FILE or the program's own.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "shm/gw_json.h"
#include "worker/filter.h"
#include "worker/ingest/classify.h"
#include "worker/worker.h"

static const char  *classify_kinds[] = {
    "open", "click", "unsubscribe", "preferences", "view", NULL
};

/* headers by which browsers and programs say that they load ahead */
static const char  *classify_purposes[] = {
    "sec-purpose", "purpose", "x-purpose", "x-moz", NULL
};


static json_t *
classify_error(const char *message)
{
    return json_pack("{s:{s:s}}", "error", "message", message);
}


static int
classify_index(const char *const *words, const char *s)
{
    int  i;

    for (i = 0; words[i] != NULL; i++) {
        if (s != NULL && strcasecmp(words[i], s) == 0) {
            return i;
        }
    }

    return -1;
}


/* A header of the request into the event. */
static unsigned
classify_header(gw_event_t *e, const char *name, const json_t *v)
{
    const char  *s;

    s = json_string_value(json_is_array(v) ? json_array_get(v, 0) : v);
    if (s == NULL) {
        return 0;
    }

    if (strcasecmp(name, "referer") == 0) {
        e->referer = gw_str_of(s);
    } else if (strcasecmp(name, "user-agent") == 0 && e->ua.len == 0) {
        e->ua = gw_str_of(s);
    }

    return classify_index(classify_purposes, name) >= 0
           && (strcasestr(s, "prefetch") != NULL
               || strcasestr(s, "preview") != NULL) ? GW_EVENT_PREFETCH : 0;
}


/* The evidence as the edge would have stored it; NULL, or what is wrong. */
static const char *
classify_read(json_t *doc, gw_event_t *e, unsigned *type, unsigned *flags)
{
    int          kind;
    json_t      *v;
    const char  *name, *s;

    kind = classify_index(classify_kinds,
                          json_string_value(json_object_get(doc, "kind")));
    if (kind < 0) {
        return "\"kind\" is one of open, click, unsubscribe, preferences, view";
    }

    v = json_object_get(doc, "user_agent");
    if (v != NULL && !json_is_string(v) && !json_is_null(v)) {
        return "\"user_agent\" is a text, or null";
    }

    *type = (unsigned) kind + 1;
    e->ua = gw_str_make(json_string_value(v), json_string_length(v));
    v = json_object_get(doc, "method");
    s = v != NULL ? json_string_value(v) : "GET";
    if (s == NULL) {
        return "\"method\" is a text";
    }

    *flags = strcasecmp(s, "HEAD") == 0 || strcasecmp(s, "OPTIONS") == 0
             ? GW_EVENT_HEAD : 0;

    v = json_object_get(doc, "headers");
    if (v != NULL && !json_is_object(v) && !json_is_null(v)) {
        return "\"headers\" is an object";
    }

    json_object_foreach(json_object_get(doc, "headers"), name, v) {
        *flags |= classify_header(e, name, v);
    }

    v = json_object_get(doc, "address");
    s = json_string_value(v);
    if (s != NULL && inet_pton(AF_INET, s, e->ip + 12) == 1) {
        e->ip[10] = e->ip[11] = 0xff;
        return NULL;
    }

    return v == NULL || json_is_null(v)
           || (s != NULL && inet_pton(AF_INET6, s, e->ip) == 1) ? NULL
           : "\"address\" is an IPv4 or IPv6 address";
}


static json_t *
classify_line(void *arg, gw_str_t line)
{
    json_t              *doc, *out;
    unsigned             type, flags;
    const char          *wrong;
    gw_event_t           e;
    classify_memo_t     *memo = arg;
    gw_json_error_t      err;
    classify_verdict_t   v;

    if (gw_json_parse(line, GW_JSON_OBJECT | GW_JSON_NUL_ESCAPE, &doc, &err)
        != GW_OK)
    {
        return classify_error(err.message);
    }

    memset(&e, 0, sizeof(e));
    wrong = classify_read(doc, &e, &type, &flags);

    if (wrong != NULL) {
        out = classify_error(wrong);

    } else {
        v = classify(memo, &e, type, flags);
        out = json_pack("{s:s, s:s}", "class", classify_names[v.class],
                        "reason", classify_reason(memo->rules, v.reason));
    }

    json_decref(doc);

    return out;
}


int
classify_command(worker_t *w)
{
    char               mem[1000];
    gw_buf_t           err;
    classify_memo_t   *memo;
    classify_rules_t  *rules;

    if (w->argc > 1) {
        fputs("usage: godwit classify [FILE]; JSON lines come on standard "
              "input\n", stderr);
        return 2;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (classify_load(&rules, w->argv[0], &err) != GW_OK) {
        fprintf(stderr, "godwit: %s\n", gw_buf_c(&err));
        return 1;
    }

    memo = malloc(sizeof(classify_memo_t));
    if (memo == NULL || classify_memo(memo, rules) != GW_OK) {
        free(memo);
        classify_free(rules);
        return 1;
    }

    filter_run(classify_line, memo);
    free(memo);
    classify_free(rules);
    return 0;
}
