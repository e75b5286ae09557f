/* `godwit key create|list|revoke`: the keys of the API. */
#include "worker/apikey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/contract.h"
#include "worker/desk.h"

#define APIKEY_AHEAD     (100 * 366 * 86400LL)  /* seconds: an hundred years */

typedef struct {
    const char  *workspace, *name, *expires;
    bool         test;
    json_t      *scopes;                /* an array, NULL without any */
} apikey_words_t;


static desk_t
apikey_desk(worker_t *w)
{
    return (desk_t) { .w = w, .word = "key" };
}


/* --test, --WORD VALUE or --WORD=VALUE into words; false: none of them. */
static bool
apikey_word(worker_t *w, apikey_words_t *words, int *i)
{
    size_t       n;
    unsigned     k;
    const char  *arg, *value;

    const struct {
        const char   *word;
        const char  **value;
    } table[] = {
        { "--workspace", &words->workspace }, { "--name", &words->name },
        { "--expires", &words->expires }, { "--scope", NULL }
    };

    arg = w->argv[*i];

    if (strcmp(arg, "--test") == 0) {
        words->test = true;
        return true;
    }

    for (k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        n = strlen(table[k].word);

        if (strncmp(arg, table[k].word, n) != 0
            || (arg[n] != '=' && (arg[n] != '\0' || *i + 1 == w->argc)))
        {
            continue;
        }

        value = arg[n] == '=' ? arg + n + 1 : w->argv[++*i];

        if (table[k].value != NULL) {
            *table[k].value = value;
            return true;
        }

        if (words->scopes == NULL) {
            words->scopes = json_array();
        }

        return json_array_append_new(words->scopes, json_string(value)) == 0;
    }

    return false;
}


static bool
apikey_workspace(const char *text)
{
    long long  v;

    return text == NULL
           || gw_str_int(gw_str_of(text), 1, INT32_MAX, &v) == GW_OK;
}


/* `90d`, `12h`, `30m`: the instant so far ahead; GW_EINVAL */
static int
apikey_expiry(const char *text, char at[GW_RFC3339_LEN + 1])
{
    size_t       n;
    long long    v, unit;
    const char  *p;

    static const char  units[] = "dhm";
    static const int   seconds[] = { 86400, 3600, 60 };

    n = strlen(text);
    p = n > 0 ? strchr(units, text[n - 1]) : NULL;

    if (p == NULL
        || gw_str_int(gw_str_make(text, n - 1), 1, APIKEY_AHEAD, &v) != GW_OK)
    {
        return GW_EINVAL;
    }

    unit = seconds[p - units];
    if (v > APIKEY_AHEAD / unit) {
        return GW_EINVAL;
    }

    gw_clock_print(gw_clock_us() + v * unit * 1000000, at);
    return GW_OK;
}


/* Is it what the operation keys_create takes? 0, or a code, said. */
static int
apikey_check(const desk_t *d, const json_t *body)
{
    int                      code;
    char                     mem[512], place[64];
    size_t                   n;
    gw_buf_t                 why, pointer;
    gw_contract_t           *c;
    const gw_schema_t       *schema;
    gw_schema_error_t        errors[GW_SCHEMA_ERRORS_MAX];
    const gw_contract_op_t  *op;

    code = 0;
    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    gw_buf_fixed(&pointer, place, sizeof(place) - 1);

    c = contract_load(&why);
    op = c ? gw_contract_find(c, (gw_str_t) gw_string("keys_create")) : NULL;
    schema = op ? gw_contract_input(c, op, &why) : NULL;

    if (schema == NULL) {
        code = desk_say(d, DESK_INPUT, gw_buf_c(&why));

    } else if (gw_schema_check(schema, body, errors, GW_SCHEMA_ERRORS_MAX, &n)
               != GW_OK)
    {
        gw_contract_explain(c, op, GW_PART_INPUT,
                            &errors[gw_contract_first(errors, n)], &pointer,
                            &why);
        code = desk_say(d, DESK_INPUT, gw_buf_c(&why));
    }

    gw_contract_free(c);
    return code;
}


static int
apikey_store(worker_t *w, const apikey_words_t *words, const json_t *body)
{
    int        code;
    char       context[200], *text;
    desk_t     d = apikey_desk(w);
    db_args_t  a;

    code = desk_open(&d);
    if (code != 0) {
        return code;
    }

    text = json_dumps(body, 0);
    desk_context(context, sizeof(context));
    a = (db_args_t) { { words->workspace, text, context }, 3 };
    code = desk_print(&d, &Q_KEY_CREATE, &a);
    free(text);
    db_close(d.db);

    return code;
}


int
apikey_create(worker_t *w)
{
    int              i, code;
    char             at[GW_RFC3339_LEN + 1];
    json_t          *body;
    desk_t           d = apikey_desk(w);
    apikey_words_t   words = { .workspace = "1" };

    for (i = 0, code = 0; i < w->argc && code == 0; i++) {
        code = apikey_word(w, &words, &i) ? 0 : APIKEY_USAGE;
    }

    if (code != 0 || words.scopes == NULL
        || !apikey_workspace(words.workspace))
    {
        json_decref(words.scopes);
        return APIKEY_USAGE;
    }

    if (words.expires != NULL && apikey_expiry(words.expires, at) != GW_OK) {
        json_decref(words.scopes);
        return desk_say(&d, DESK_INPUT, "--expires takes a number and d, h or "
                        "m, as 90d");
    }

    body = json_pack("{s:o,s:s*,s:s*,s:o*}", "scopes", words.scopes,
                     "name", words.name,
                     "expires_at", words.expires ? at : NULL,
                     "test", words.test ? json_true() : NULL);

    code = body ? apikey_check(&d, body)
                : desk_say(&d, DESK_INPUT, "a name is UTF-8");
    code = code == 0 ? apikey_store(w, &words, body) : code;
    json_decref(body);

    return code;
}


int
apikey_list(worker_t *w)
{
    int             i, code;
    char            at[GW_RFC3339_LEN + 1];
    desk_t          d = apikey_desk(w);
    db_args_t       a;
    apikey_words_t  words = { 0 };

    for (i = 0; i < w->argc; i++) {
        if (!apikey_word(w, &words, &i)) {
            return APIKEY_USAGE;
        }
    }

    if (words.name != NULL || words.expires != NULL || words.scopes != NULL
        || words.test
        || !apikey_workspace(words.workspace))
    {
        return APIKEY_USAGE;
    }

    code = desk_open(&d);
    if (code != 0) {
        return code;
    }

    gw_clock_print(gw_clock_us(), at);
    a = (db_args_t) { { words.workspace, at }, 2 };
    code = desk_print(&d, &Q_KEY_LIST, &a);
    db_close(d.db);

    return code;
}


int
apikey_revoke(worker_t *w)
{
    int          code;
    char         context[200];
    desk_t       d = apikey_desk(w);
    long long    id;
    PGresult    *res;
    db_args_t    a;
    const char  *text;

    if (w->argc != 1) {
        return APIKEY_USAGE;
    }

    text = w->argv[0] + (strncmp(w->argv[0], "key_", 4) == 0 ? 4 : 0);
    if (gw_str_int(gw_str_of(text), 1, INT64_MAX, &id) != GW_OK) {
        return desk_say(&d, DESK_INPUT, "a key is named by its id, as key_1; "
                        "`godwit key list` shows them");
    }

    code = desk_open(&d);
    if (code != 0) {
        return code;
    }

    desk_context(context, sizeof(context));
    a = (db_args_t) { { text, context }, 2 };
    code = desk_run(&d, &Q_KEY_REVOKE, &a, &res);

    if (code == 0) {
        printf("key_%lld %s\n", id, PQgetvalue(res, 0, 0)[0] == 't'
               ? "is revoked" : "was revoked before");
        PQclear(res);
    }

    db_close(d.db);
    return code;
}
