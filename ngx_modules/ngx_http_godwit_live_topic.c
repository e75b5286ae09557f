/* Topics: what an event is about, who may hear of it, who wants to. */
#include "ngx_http_godwit_live.h"

/*
 * A noun is what stands before the colon of a topic (campaign:cmp_1); its bit
 * is its place here. Who may see which api.live_tickets_create says; an event
 * of a noun that is none of these is heard by nobody.
 */
static const char *const  ngx_http_godwit_live_nouns[] = {
    "campaign", "import", "operation", "export", NULL
};


/* FNV-1a; within a workspace two topics do not meet. */
static uint64_t
ngx_http_godwit_live_hash(gw_str_t s)
{
    size_t    i;
    uint64_t  h;

    h = 0xcbf29ce484222325ULL;
    for (i = 0; i < s.len; i++) {
        h = (h ^ s.data[i]) * 0x100000001b3ULL;
    }

    return h;
}


static uint32_t
ngx_http_godwit_live_bit(gw_str_t noun)
{
    ngx_uint_t  i;

    for (i = 0; ngx_http_godwit_live_nouns[i] != NULL; i++) {
        if (gw_str_is(noun, ngx_http_godwit_live_nouns[i])) {
            return (uint32_t) 1 << i;
        }
    }

    return 0;
}


uint32_t
ngx_http_godwit_live_topic(gw_str_t topic, uint64_t *noun, uint64_t *all)
{
    size_t    i;
    gw_str_t  rest, first;

    if (topic.len == 0 || topic.len > NGX_HTTP_GODWIT_LIVE_TOPIC) {
        return 0;
    }

    for (i = 0; i < topic.len; i++) {
        if (topic.data[i] <= ' ' || topic.data[i] >= 0x7f) {
            return 0;
        }
    }

    rest = topic;
    first = gw_str_cut(&rest, ':');
    *noun = ngx_http_godwit_live_hash(first);
    *all = ngx_http_godwit_live_hash(topic);

    return ngx_http_godwit_live_bit(first);
}


const char *
ngx_http_godwit_live_topics(gw_str_t text, ngx_http_godwit_live_ask_t *ask)
{
    uint64_t  noun;

    while (text.len > 0) {
        if (ask->n == NGX_HTTP_GODWIT_LIVE_TOPICS) {
            return "There are at most 16 topics; ask for a noun such as "
                   "campaign to hear of all of its kind.";
        }

        if (ngx_http_godwit_live_topic(gw_str_cut(&text, ','), &noun,
                                       &ask->topics[ask->n])
            == 0)
        {
            return "Topics are a list such as campaign:cmp_1,import of "
                   "campaign, import, operation and export, with an id or "
                   "without.";
        }

        ask->n++;
    }

    return NULL;
}


ngx_int_t
ngx_http_godwit_live_sees(const json_t *doc, ngx_http_godwit_live_ask_t *ask)
{
    size_t         i;
    const json_t  *noun, *list;

    list = json_object_get(doc, "sees");
    ask->sees = 0;
    ask->tenant = (uint32_t) json_integer_value(json_object_get(doc,
                                                                "tenant"));

    json_array_foreach(list, i, noun) {
        ask->sees |= ngx_http_godwit_live_bit(
                         gw_str_of(json_string_value(noun)));
    }

    return ask->tenant != 0 && json_is_array(list) ? NGX_OK : NGX_ERROR;
}
