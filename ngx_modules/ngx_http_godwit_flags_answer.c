/* What is decided of feature flags, and the events that tell of it. */
#include "ngx_http_godwit_flags.h"

#define NGX_HTTP_GODWIT_FLAGS_ANSWER  (4 * 1024 * 1024)


static void
ngx_http_godwit_flags_give_back(void *data)
{
    gw_buf_free(data);
}


/*
 * `Flag Exposed`, as a site would tell it. A decision is given also when there
 * is no room for the event: false.
 */
static bool
ngx_http_godwit_flags_expose(ngx_http_request_t *r, ngx_http_godwit_flags_t *f,
    const gw_flag_t *flag, const gw_flag_decision_t *d)
{
    u_char                     *mem;
    size_t                      room;
    gw_buf_t                    b;
    gw_tracked_t                e;
    ngx_http_godwit_collect_t  *c;

    /* a byte may become six; the unit may stand in it twice */
    room = 512 + 6 * (2 * f->unit.len + f->user.len + f->anonymous.len
                      + f->message.len + 2 * flag->key.len
                      + flag->variant[d->variant].name.len);
    mem = ngx_pnalloc(r->pool, room);
    if (mem == NULL) {
        return false;
    }

    gw_buf_fixed(&b, mem, room);
    gw_buf_cstr(&b, "{\"event\":\"Flag Exposed\"");

    if (f->user.len > 0) {
        gw_buf_cstr(&b, ",\"userId\":");
        gw_buf_json(&b, f->user);
    }

    if (f->anonymous.len > 0 || f->user.len == 0) {
        gw_buf_cstr(&b, ",\"anonymousId\":");
        gw_buf_json(&b, f->anonymous.len > 0 ? f->anonymous : f->unit);
    }

    if (f->message.len > 0) {
        gw_buf_cstr(&b, ",\"messageId\":");
        gw_buf_json(&b, f->message);
        b.len--;                        /* its last quote */
        gw_buf_char(&b, ':');
        gw_buf_str(&b, flag->key);      /* of letters that need no escape */
        gw_buf_char(&b, '"');
    }

    gw_buf_cstr(&b, ",\"properties\":{\"flag\":");
    gw_buf_json(&b, flag->key);
    gw_buf_cstr(&b, ",\"variant\":");
    gw_buf_json(&b, flag->variant[d->variant].name);
    gw_buf_fmt(&b, ",\"reason\":\"%s\",\"unit\":", gw_flag_reason(d->reason));
    gw_buf_json(&b, f->unit);
    gw_buf_cstr(&b, "}}");

    c = f->collect;
    e = c->event;
    e.kind = GW_TRACKED_TRACK;
    e.at = ngx_http_godwit_now();
    e.text = gw_buf_view(&b);

    return !b.failed && ngx_http_godwit_collect_add(r, c, &e) == NGX_OK
           && ngx_http_godwit_spool_append(GW_EVENT_TRACKED, c->flags,
                                           c->bodies[c->n - 1]) == NGX_OK;
}


/* One flag of the answer; it was recorded when that was asked: true. */
static bool
ngx_http_godwit_flags_one(ngx_http_request_t *r, ngx_http_godwit_flags_t *f,
    const gw_flag_t *flag, gw_buf_t *out)
{
    gw_flag_decision_t   d;
    gw_predicate_case_t  c;

    c.contact = f->contact;
    c.events = NULL;
    c.now = ngx_http_godwit_now();
    gw_flag_decide(flag, f->tests, f->unit, &c, &d);

    if (f->decided++ > 0) {
        gw_buf_char(out, ',');
    }
    gw_buf_json(out, flag->key);
    gw_buf_cstr(out, ":{\"variant\":");
    gw_buf_json(out, flag->variant[d.variant].name);
    gw_buf_cstr(out, ",\"value\":");
    gw_buf_str(out, flag->variant[d.variant].value);
    gw_buf_fmt(out, ",\"reason\":\"%s\"", gw_flag_reason(d.reason));

    if (d.reason == GW_FLAG_RULE) {
        gw_buf_fmt(out, ",\"rule\":%u", d.rule);
    }

    if (f->explain) {
        gw_buf_cstr(out, ",\"why\":");
        gw_flag_why(flag, f->unit, &c, out);
    }

    gw_buf_char(out, '}');

    return f->expose && ngx_http_godwit_flags_expose(r, f, flag, &d);
}


/* Was this key named before? */
static bool
ngx_http_godwit_flags_again(const json_t *names, size_t i)
{
    size_t  j;

    for (j = 0; j < i; j++) {
        if (json_equal(json_array_get(names, j), json_array_get(names, i))) {
            return true;
        }
    }

    return false;
}


/* A page is told of those alone that are for pages. */
static const gw_flag_t *
ngx_http_godwit_flags_find(const ngx_http_godwit_flags_t *f, gw_str_t key)
{
    const gw_flag_t  *flag;

    flag = f->flags != NULL ? gw_flags_find(f->flags, key) : NULL;

    return flag != NULL && (flag->open || f->api_key) ? flag : NULL;
}


static void
ngx_http_godwit_flags_all(ngx_http_request_t *r, ngx_http_godwit_flags_t *f,
    gw_buf_t *out)
{
    unsigned  i;

    gw_buf_cstr(out, "{\"flags\":{");

    for (i = 0; f->flags != NULL && i < f->flags->n; i++) {
        if (f->flags->flag[i].open || f->api_key) {
            (void) ngx_http_godwit_flags_one(r, f, &f->flags->flag[i], out);
        }
    }

    gw_buf_cstr(out, "}}");
}


static void
ngx_http_godwit_flags_named(ngx_http_request_t *r, ngx_http_godwit_flags_t *f,
    gw_buf_t *out)
{
    size_t            i, exposed;
    json_t           *item;
    gw_str_t          key;
    gw_buf_t          missing;
    const gw_flag_t  *flag;

    gw_buf_init(&missing, NGX_HTTP_GODWIT_FLAGS_ANSWER);
    gw_buf_cstr(out, "{\"flags\":{");
    exposed = 0;

    json_array_foreach(f->names, i, item) {
        if (ngx_http_godwit_flags_again(f->names, i)) {
            continue;
        }

        key = gw_str_make(json_string_value(item), json_string_length(item));
        flag = ngx_http_godwit_flags_find(f, key);

        if (flag != NULL) {
            exposed += ngx_http_godwit_flags_one(r, f, flag, out);
        } else {
            gw_buf_char(&missing, missing.len > 0 ? ',' : '[');
            gw_buf_json(&missing, key);
        }
    }

    gw_buf_char(out, '}');
    if (missing.len > 0) {
        gw_buf_cstr(out, ",\"missing\":");
        gw_buf_str(out, gw_buf_view(&missing));
        gw_buf_char(out, ']');
    }
    if (f->expose) {
        gw_buf_fmt(out, ",\"exposed\":%zu", exposed);
    }
    gw_buf_char(out, '}');

    out->failed |= missing.failed;
    gw_buf_free(&missing);
}


ngx_int_t
ngx_http_godwit_flags_answer(ngx_http_request_t *r, ngx_http_godwit_flags_t *f)
{
    gw_buf_t            *out;
    ngx_str_t            body;
    ngx_pool_cleanup_t  *cleanup;

    cleanup = ngx_pool_cleanup_add(r->pool, sizeof(gw_buf_t));
    if (cleanup == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    out = cleanup->data;
    gw_buf_init(out, NGX_HTTP_GODWIT_FLAGS_ANSWER);
    cleanup->handler = ngx_http_godwit_flags_give_back;

    if (f->expose) {
        f->collect->bodies = ngx_palloc(r->pool, NGX_HTTP_GODWIT_FLAGS_EXPOSE
                                                 * sizeof(gw_str_t));
        if (f->collect->bodies == NULL) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (f->names != NULL) {
        ngx_http_godwit_flags_named(r, f, out);
    } else {
        ngx_http_godwit_flags_all(r, f, out);
    }

    if (out->failed) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_godwit_count(NGX_GODWIT_FLAGS);
    body.data = out->data;
    body.len = out->len;

    return ngx_http_godwit_collect_json(r, &body);
}
