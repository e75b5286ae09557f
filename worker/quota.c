/* `godwit quota [list|set]`: what workspaces may use. */
#include "worker/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/db.h"

enum { QUOTA_INPUT = 1, QUOTA_USAGE, QUOTA_AWAY };

typedef struct {
    const char  *workspace, *metric, *period, *soft, *hard;
} quota_words_t;


static int
quota_usage(void)
{
    fputs("usage: godwit quota list [--workspace ID]\n"
          "       godwit quota set [--workspace ID] --metric METRIC\n"
          "           [--soft N] [--hard N] [--period day|month]\n"
          "       METRIC: api_calls, calls, contacts, messages, storage, "
          "tokens\n"
          "       (a limit that is not named is none from then on)\n", stderr);
    return QUOTA_USAGE;
}


/* --WORD VALUE; false: it is none, or has no value */
static bool
quota_word(const worker_t *w, quota_words_t *words, int *i)
{
    unsigned  k;

    const struct {
        const char   *word;
        const char  **value;
    } table[] = {
        { "--workspace", &words->workspace }, { "--metric", &words->metric },
        { "--period", &words->period }, { "--soft", &words->soft },
        { "--hard", &words->hard }
    };

    for (k = 0; k < sizeof(table) / sizeof(table[0]); k++) {
        if (strcmp(w->argv[*i], table[k].word) == 0 && *i + 1 < w->argc) {
            *table[k].value = w->argv[++*i];
            return true;
        }
    }

    return false;
}


static bool
quota_is_number(const char *text, long long least, long long most)
{
    long long  v;

    return text == NULL
           || gw_str_int(gw_str_of(text), least, most, &v) == GW_OK;
}


/* What is wrong with the words of `set`, as far as Postgres does not say it. */
static const char *
quota_wrong(const quota_words_t *words)
{
    if (words->metric == NULL) {
        return "--metric is missing";
    }

    return quota_is_number(words->soft, 0, INT64_MAX)
           && quota_is_number(words->hard, 0, INT64_MAX)
           ? NULL : "--soft and --hard take a number, of bytes for storage";
}


/* Run a statement and print the first column of each row; an exit code. */
static int
quota_run(worker_t *w, const db_query_t *q, const db_args_t *a)
{
    int        rc, row;
    char       mem[512];
    db_t      *db;
    gw_buf_t   err;
    PGresult  *res;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    if (db_open(&db, w, "gw_worker", &err) != GW_OK) {
        fprintf(stderr, "quota: %s\n", gw_buf_c(&err));
        return QUOTA_AWAY;
    }

    rc = db_run(db, q, a, &res);
    for (row = 0; rc == GW_OK && q == &Q_QUOTA_LIST && row < PQntuples(res);
         row++)
    {
        puts(PQgetvalue(res, row, 0));
    }

    if (rc != GW_OK) {
        fprintf(stderr, "quota: %s\n", rc == GW_ERROR ? db_message(res)
                : "the connection to the database was lost");
    }

    PQclear(res);
    db_close(db);
    return rc == GW_OK ? 0 : rc == GW_ERROR ? QUOTA_INPUT : QUOTA_AWAY;
}


static int
quota_list(worker_t *w, const char *workspace, const char *metric)
{
    char  at[GW_RFC3339_LEN + 1];

    gw_clock_print(gw_clock_us(), at);
    return quota_run(w, &Q_QUOTA_LIST, &(db_args_t) {
                     { workspace, at, metric }, 3 });
}


/* Then it prints what there is. */
static int
quota_set(worker_t *w, quota_words_t *words)
{
    int          rc;
    char         context[200], at[GW_RFC3339_LEN + 1];
    const char  *why;

    why = quota_wrong(words);
    if (why != NULL) {
        fprintf(stderr, "quota: %s\n", why);
        return QUOTA_INPUT;
    }

    gw_clock_print(gw_clock_us(), at);
    (void) snprintf(context, sizeof(context), "{\"user\":\"cli\","
                    "\"scopes\":[\"*\"],\"now\":\"%s\",\"request_id\":"
                    "\"cli-%d-%lld\"}", at, (int) getpid(),
                    (long long) gw_clock_us());

    words->workspace = words->workspace != NULL ? words->workspace : "1";
    rc = quota_run(w, &Q_QUOTA_SET, &(db_args_t) {
                   { words->workspace, words->metric, words->period,
                     words->soft, words->hard, context }, 6 });

    return rc == 0 ? quota_list(w, words->workspace, words->metric) : rc;
}


int
quota_command(worker_t *w)
{
    int            i;
    quota_words_t  words = { 0 };

    for (i = 1; i < w->argc; i++) {
        if (!quota_word(w, &words, &i)) {
            return quota_usage();
        }
    }

    if (!quota_is_number(words.workspace, 1, INT32_MAX)) {
        return quota_usage();
    }

    if (w->argc > 0 && strcmp(w->argv[0], "set") == 0) {
        return quota_set(w, &words);
    }

    if (w->argc == 0 || strcmp(w->argv[0], "list") != 0
        || words.metric != NULL || words.soft != NULL || words.hard != NULL
        || words.period != NULL)
    {
        return quota_usage();
    }

    return quota_list(w, words.workspace, NULL);
}
