/*
 * `godwit token WORD=VALUE...`: sign a tracking token with the house's key, or
 * read one back (`godwit token TEXT`). For operators who look into a link, and
 * for tests.
 */
#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_token.h"
#include "worker/worker.h"

typedef struct {
    const char  *word;
    unsigned     what;
} token_what_t;

static const token_what_t  token_whats[] = {
    { "open", GW_TOKEN_OPEN }, { "click", GW_TOKEN_CLICK },
    { "unsubscribe", GW_TOKEN_UNSUBSCRIBE }, { "view", GW_TOKEN_VIEW },
    { "preferences", GW_TOKEN_PREFERENCES }, { "return", GW_TOKEN_RETURN },
    { "reply", GW_TOKEN_REPLY },
    { "confirm", GW_TOKEN_CONFIRM }, { "visit", GW_TOKEN_VISIT },
    { "live", GW_TOKEN_LIVE },
    { NULL, 0 }
};


/* One WORD=VALUE into the token or the URL behind it. */
static int
token_word(gw_token_t *t, gw_str_t *url, const char *arg)
{
    gw_str_t             value;
    long long            n;
    const char          *eq;
    const token_what_t  *w;

    eq = strchr(arg, '=');
    if (eq == NULL) {
        return GW_EINVAL;
    }

    value = gw_str_of(eq + 1);

    if (strncmp(arg, "url=", 4) == 0) {
        *url = value;
        return GW_OK;
    }

    if (strncmp(arg, "what=", 5) == 0) {
        for (w = token_whats; w->word != NULL; w++) {
            if (gw_str_is(value, w->word)) {
                t->what = (uint8_t) w->what;
                return GW_OK;
            }
        }
        return GW_EINVAL;
    }

    if (gw_str_int(value, 0, 4294967295LL, &n) != GW_OK) {
        return GW_EINVAL;
    }

    if (strncmp(arg, "tenant=", 7) == 0) {
        t->tenant = (uint32_t) n;
    } else if (strncmp(arg, "campaign=", 9) == 0) {
        t->id2 = (uint32_t) n;
    } else if (strncmp(arg, "contact=", 8) == 0) {
        t->id = (uint64_t) n;
    } else if (strncmp(arg, "message=", 8) == 0) {
        t->id = (uint64_t) n;
        t->kind = GW_TOKEN_MESSAGE;
    } else if (strncmp(arg, "link=", 5) == 0 && n < 65536) {
        t->link = (uint16_t) n;
    } else {
        return GW_EINVAL;
    }

    return GW_OK;
}


static int
token_read(gw_token_keys_t *keys, const char *text)
{
    char                 mem[GW_TOKEN_URL_MAX + 1];
    gw_buf_t             url;
    gw_token_t           t;
    const token_what_t  *w;

    gw_buf_fixed(&url, mem, sizeof(mem));
    if (gw_token_open_name(keys, gw_str_of(text), &t) != GW_OK
        && gw_token_open(keys, gw_str_of(text), &t, NULL, &url) != GW_OK)
    {
        fprintf(stderr, "token: not signed by a key of this house\n");
        return 1;
    }

    for (w = token_whats; w->word != NULL && w->what != t.what; w++) {
        /* its word */
    }

    printf("what=%s tenant=%u campaign=%u contact=%llu link=%u time=%u%s%s\n",
           w->word ? w->word : "?", t.tenant, t.id2,
           (unsigned long long) t.id, t.link, t.time, url.len ? " url=" : "",
           gw_buf_c(&url));
    return 0;
}


int
token_command(worker_t *w)
{
    int               i, rc;
    char              path[4096], mem[4096];
    gw_buf_t          out;
    gw_str_t          url = gw_null_string;
    gw_token_t        t;
    gw_token_keys_t  *keys;

    gw_buf_fixed(&out, mem, sizeof(mem));
    if (gw_conf_path(&w->conf, "keys/token", path, sizeof(path)) != GW_OK
        || gw_token_keys_load(&keys, w->conf.token_keys.len
                              ? (char *) w->conf.token_keys.data : path, &out)
           != GW_OK)
    {
        fprintf(stderr, "token: %s\n", gw_buf_c(&out));
        return 1;
    }

    if (w->argc == 1 && strchr(w->argv[0], '=') == NULL) {
        rc = token_read(keys, w->argv[0]);
        gw_token_keys_free(keys);
        return rc;
    }

    memset(&t, 0, sizeof(t));
    t.what = GW_TOKEN_OPEN;
    t.tenant = 1;
    t.time = (uint32_t) (gw_clock_us() / 1000000);

    for (i = 0; i < w->argc; i++) {
        if (token_word(&t, &url, w->argv[i]) != GW_OK) {
            fprintf(stderr, "token: \"%s\" is not what=open|click|"
                    "unsubscribe|view|preferences|return|confirm|visit|live, "
                    "tenant=N, campaign=N, contact=N, message=N, link=N or "
                    "url=URL\n",
                    w->argv[i]);
            gw_token_keys_free(keys);
            return 2;
        }
    }

    rc = gw_token_sign(keys, &t, url, &out);
    gw_token_keys_free(keys);
    if (rc != GW_OK) {
        fprintf(stderr, "token: the URL is longer than %d bytes\n",
                GW_TOKEN_URL_MAX);
        return 1;
    }

    printf("%s\n", gw_buf_c(&out));
    return 0;
}
