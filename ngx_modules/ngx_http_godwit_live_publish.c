/*
 * What the worker tells, a POST of JSON lines to a socket of its own:
 * {"tenant","topic","type","at"?,"data"?}. All lines are taken or none. Who may
 * write to the socket may tell any workspace anything.
 */
#include "ngx_http_godwit_live.h"

#define NGX_HTTP_GODWIT_LIVE_LINES  1024    /* of a request, at most */


/* One line; NULL, or what is wrong with it. */
static const char *
ngx_http_godwit_live_line(ngx_http_request_t *r, gw_str_t line,
    ngx_http_godwit_live_event_t *e)
{
    char        *text;
    json_t      *doc, *topic;
    json_int_t   tenant;

    doc = json_loadb((char *) line.data, line.len, 0, NULL);
    tenant = json_integer_value(json_object_get(doc, "tenant"));
    topic = json_object_get(doc, "topic");

    if (tenant <= 0 || tenant > NGX_MAX_INT32_VALUE || !json_is_string(topic)
        || !json_is_string(json_object_get(doc, "type")))
    {
        json_decref(doc);
        return "it is no object with tenant, topic and type";
    }

    e->tenant = (uint32_t) tenant;
    e->sees = ngx_http_godwit_live_topic(gw_str_of(json_string_value(topic)),
                                         &e->noun, &e->topic);
    (void) json_object_del(doc, "tenant");

    text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);

    e->len = text ? ngx_strlen(text) - 1 : 0;
    e->data = e->len > 0 && e->len <= NGX_HTTP_GODWIT_LIVE_EVENT
              ? ngx_pnalloc(r->pool, e->len) : NULL;
    if (e->data != NULL) {
        ngx_memcpy(e->data, text + 1, e->len);
    }

    free(text);

    return e->sees == 0 ? "its topic is none of campaign, import, "
                            "operation, export"
           : e->data == NULL ? "it has more than 16384 bytes" : NULL;
}


static ngx_int_t
ngx_http_godwit_live_lines(ngx_http_request_t *r, gw_str_t body)
{
    u_char                        *p, text[128];
    ngx_str_t                      answer;
    ngx_uint_t                     n;
    const char                    *why;
    ngx_http_godwit_live_event_t  *events;

    static ngx_str_t  type = ngx_string("text/plain");

    n = 0;
    why = NULL;
    events = ngx_palloc(r->pool, NGX_HTTP_GODWIT_LIVE_LINES
                                 * sizeof(ngx_http_godwit_live_event_t));
    if (events == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    for ( /* void */ ; body.len > 0 && why == NULL; n++) {
        why = n == NGX_HTTP_GODWIT_LIVE_LINES ? "there are more than 1024"
              : ngx_http_godwit_live_line(r, gw_str_cut(&body, '\n'),
                                          &events[n]);
    }

    if (why == NULL) {
        ngx_http_godwit_live_append(events, n);
        ngx_http_godwit_live_wake();
        ngx_str_null(&answer);
        return ngx_http_godwit_send(r, NGX_HTTP_NO_CONTENT, &type, &answer);
    }

    p = ngx_slprintf(text, text + sizeof(text), "line %ui: %s\n", n, why);
    answer.len = p - text;
    answer.data = ngx_pnalloc(r->pool, answer.len);
    if (answer.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(answer.data, text, answer.len);

    return ngx_http_godwit_send(r, NGX_HTTP_BAD_REQUEST, &type, &answer);
}


void
ngx_http_godwit_live_say(uint32_t tenant, gw_str_t topic, gw_str_t json)
{
    ngx_http_godwit_live_event_t  e;

    ngx_memzero(&e, sizeof(e));
    e.tenant = tenant;
    e.sees = ngx_http_godwit_live_topic(topic, &e.noun, &e.topic);
    e.data = json.data;
    e.len = json.len;

    if (ngx_http_godwit_live_house.bell != NULL && e.sees != 0) {
        ngx_http_godwit_live_append(&e, 1);
        ngx_http_godwit_live_wake();
    }
}


static void
ngx_http_godwit_live_body(ngx_http_request_t *r)
{
    gw_str_t   text;
    ngx_int_t  rc;

    rc = ngx_http_godwit_body_in(r, &text);

    ngx_http_finalize_request(r,
        rc == NGX_OK ? ngx_http_godwit_live_lines(r, text)
        : rc == NGX_DECLINED ? NGX_HTTP_REQUEST_ENTITY_TOO_LARGE
                             : NGX_HTTP_INTERNAL_SERVER_ERROR);
}


ngx_int_t
ngx_http_godwit_live_publish(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (ngx_http_godwit_process == NULL
        || ngx_http_godwit_live_house.bell == NULL)
    {
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    rc = ngx_http_godwit_enter(r, NGX_HTTP_POST);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_godwit_live_body);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}
