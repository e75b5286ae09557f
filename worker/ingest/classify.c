/*
 * Who was it? The rules that need nothing but the request itself; bursts and
 * timing are for those who see more than one event.
 */
#include <string.h>
#include <strings.h>

#include "shm/gw_codec.h"
#include "worker/ingest/batch.h"

enum { CLASS_UNKNOWN, CLASS_HUMAN, CLASS_PROXY, CLASS_PREFETCH, CLASS_SCANNER,
       CLASS_BOT };

typedef struct {
    const char  *word;          /* in the user agent, any case */
    unsigned     class;
} classify_row_t;

/* In this order; the first that is found decides. */
static const classify_row_t  classify_rows[] = {
    { "GoogleImageProxy", CLASS_PROXY },
    { "YahooMailProxy", CLASS_PROXY },
    { "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
      CLASS_PREFETCH },
    { "bot", CLASS_BOT },
    { "crawler", CLASS_BOT },
    { "spider", CLASS_BOT },
    { "scanner", CLASS_SCANNER },
    { "urldefense", CLASS_SCANNER },
    { "barracuda", CLASS_SCANNER },
    { "curl/", CLASS_BOT },
    { "wget/", CLASS_BOT },
    { "python-requests", CLASS_BOT },
    { "python-urllib", CLASS_BOT },
    { "go-http-client", CLASS_BOT },
    { "headlesschrome", CLASS_BOT },
    { "okhttp", CLASS_BOT },
    { "apache-httpclient", CLASS_BOT },
    { NULL, 0 }
};


/* Every word starts with a letter: bit 5 is its case. */
static bool
classify_has(gw_str_t s, const char *word)
{
    size_t  i, n;

    n = strlen(word);
    for (i = 0; i + n <= s.len; i++) {
        if (((s.data[i] ^ (unsigned char) word[0]) & 0xdf) == 0
            && strncasecmp((const char *) s.data + i, word, n) == 0)
        {
            return true;
        }
    }

    return false;
}


static unsigned
classify_agent(gw_str_t ua)
{
    const classify_row_t  *row;

    for (row = classify_rows; row->word != NULL; row++) {
        if (classify_has(ua, row->word)) {
            return row->class;
        }
    }

    return CLASS_HUMAN;
}


/* Few agents make most events: their class is looked for once. */
static unsigned
classify_known(classify_memo_t *memo, gw_str_t ua)
{
    size_t             len;
    classify_agent_t  *a;

    len = ua.len < GW_EVENT_UA_MAX ? ua.len : GW_EVENT_UA_MAX;
    a = &memo->agent[gw_crc32c(0, ua.data, len) % CLASSIFY_AGENTS];

    if (a->len != len || memcmp(a->ua, ua.data, len) != 0) {
        memcpy(a->ua, ua.data, len);
        a->len = (unsigned) len;
        a->class = classify_agent(gw_str_make(ua.data, len));
    }

    return a->class;
}


unsigned
classify(classify_memo_t *memo, const gw_event_t *e, unsigned type,
    unsigned flags)
{
    if (type != GW_EVENT_OPEN && type != GW_EVENT_CLICK) {
        return CLASS_UNKNOWN;
    }

    if (flags & (GW_EVENT_HEAD | GW_EVENT_PREFETCH)) {
        return CLASS_PREFETCH;
    }

    /* Apple's mail privacy proxy says no more than this */
    if (e->ua.len == 0 || gw_str_is(e->ua, "Mozilla/5.0")) {
        return CLASS_PREFETCH;
    }

    return classify_known(memo, e->ua);
}
