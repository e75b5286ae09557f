/* Results of deliveries, many at a time, to Postgres. */
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/http/hooks.h"
#include "worker/jobs/jobs.h"

#define TELL_MAX  256


/* They are told; or are to be told again; or can not be told. */
static void
tell_settle(hooks_t *h, int rc)
{
    hook_t  *k;
    send_t  *s, *next;

    for (k = h->first; k != NULL; k = k->next) {
        for (s = k->first; s != NULL; s = next) {
            next = s->next;

            if (s->state != SEND_TOLD) {
                continue;
            }

            if (rc == GW_EDB) {
                s->state = SEND_ENDED;
                h->ended++;
                continue;
            }

            if (rc != GW_OK && !k->lost) {
                hooks_release(k, HOOKS_AGAIN_MS);
            }
            send_free(s);
        }
    }
}


static void
tell_done(void *arg, int n, PGresult **res, int rc)
{
    hooks_t  *h = arg;

    if (res != NULL) {
        if (rc != GW_OK) {
            log_error("%s: %s", Q_HOOKS_TELL.name, db_message(*res));
            h->passes = job_passes(db_state(*res));
            h->later_ms = gw_clock_ms() + HOOKS_LATER_MS;
        }
        return;
    }

    worker_crash_point("hooks_after_tell");
    h->telling = false;
    tell_settle(h, rc == GW_ERROR && h->passes ? GW_EDB : rc);
}


/* Up to TELL_MAX results as one array. */
static json_t *
tell_gather(hooks_t *h)
{
    hook_t  *k;
    send_t  *s;
    json_t  *all;

    all = json_array();

    for (k = h->first; k != NULL; k = k->next) {
        for (s = k->first; s != NULL; s = s->next) {
            if (s->state == SEND_ENDED && json_array_size(all) < TELL_MAX
                && json_array_append(all, s->result) == 0)
            {
                s->state = SEND_TOLD;
                h->ended--;
            }
        }
    }

    return all;
}


void
hooks_tell(hooks_t *h)
{
    char       *text, now[GW_RFC3339_LEN + 1];
    json_t     *all;
    db_args_t   a;

    all = tell_gather(h);
    text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    gw_clock_print(gw_clock_us(), now);
    a = (db_args_t) { { now, text }, 2 };
    worker_crash_point("hooks_before_tell");
    h->telling = text != NULL
                 && dbpipe_send(h->db, (const db_query_t *[]) { &Q_HOOKS_TELL },
                                &a, 1, tell_done, h) == GW_OK;
    free(text);

    if (!h->telling) {
        tell_settle(h, GW_EDB);
    }
}
