/*
 * Operations that are a statement turn by turn, each in a transaction with its
 * step: begun again after a crash they go on where the last commit was.
 * contacts_bulk: who it is first, then part by part; what is done is gone from
 * what is to do. demo_load, demo_remove: what was made is noted with it.
 *
 * Crash points: bulk_before_commit, bulk_after_commit.
 */
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/contract/handlers.h"
#include "shm/gw_clock.h"
#include "worker/jobs/jobs.h"

/* columns of a turn */
enum { TURN_DONE, TURN_TOTAL };

/* Asked with tenant, operation, now and more, unless that is NULL. */
typedef struct {
    const db_query_t  *q;
    const char        *more;
} bulk_turn_t;


/* Inside the transaction: a part, and the step that says it is still ours. */
static job_end_e
bulk_part(job_t *job, const bulk_turn_t *t, bool *more)
{
    char        now[GW_RFC3339_LEN + 1];
    PGresult   *res;
    job_end_e   end;
    long long   done, total;

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(job, t->q, &(db_args_t) { { job->tenant, job->id, now,
                  t->more }, t->more != NULL ? 4 : 3 }, &res);
    if (end == JOB_GO) {
        done = strtoll(PQgetvalue(res, 0, TURN_DONE), NULL, 10);
        total = strtoll(PQgetvalue(res, 0, TURN_TOTAL), NULL, 10);
        *more = done < total;
        end = job_step(job, done, total);
    }

    PQclear(res);
    return end;
}


static job_end_e
bulk_turn(job_t *job, const bulk_turn_t *t, bool *more)
{
    job_end_e  end;

    if (db_exec(job->db, Q_BULK_BEGIN.text) != GW_OK) {
        return JOB_AGAIN;
    }

    end = bulk_part(job, t, more);
    worker_crash_point("bulk_before_commit");

    if (end != JOB_GO && end != JOB_CANCELLED && end != JOB_STOPPED) {
        return db_exec(job->db, Q_BULK_ROLLBACK.text) == GW_OK ? end
                                                               : JOB_AGAIN;
    }

    if (db_exec(job->db, Q_BULK_COMMIT.text) != GW_OK) {
        return JOB_AGAIN;
    }

    worker_crash_point("bulk_after_commit");
    return end;
}


static job_end_e
bulk_turns(job_t *job, const bulk_turn_t *t)
{
    bool       more;
    job_end_e  end;

    more = true;
    do {
        end = bulk_turn(job, t, &more);
    } while (end == JOB_GO && more);

    return end == JOB_GO ? JOB_DONE : end;
}


job_end_e
bulk_job(job_t *job)
{
    return bulk_turns(job, &(bulk_turn_t) { &Q_BULK_TURN, NULL });
}


/* [{"handler","body"}], each body as its handler would give it to Postgres. */
static int
demo_compile(job_t *job, json_t *bodies)
{
    int                  rc;
    size_t               i;
    json_t              *item;
    const char          *field;
    const gw_handler_t  *h;

    rc = GW_OK;
    json_array_foreach(bodies, i, item) {
        h = gw_handler(gw_str_of(json_string_value(json_object_get(item,
                                                       "handler"))));
        rc = rc == GW_OK ? h->body(json_object_get(item, "body"),
                                   &job->w->conf, &field, &job->why) : rc;
    }

    return rc;
}


job_end_e
demo_load_job(job_t *job)
{
    char       *text;
    json_t     *bodies;
    PGresult   *res;
    job_end_e   end;

    end = job_ask(job, &Q_DEMO_BODIES, &(db_args_t) { { NULL }, 0 }, &res);
    bodies = end == JOB_GO ? json_loads(PQgetvalue(res, 0, 0), 0, NULL) : NULL;
    PQclear(res);
    if (end != JOB_GO) {
        return end;
    }

    text = demo_compile(job, bodies) == GW_OK ? json_dumps(bodies, 0) : NULL;
    json_decref(bodies);
    if (text == NULL) {
        return JOB_AGAIN;
    }

    end = bulk_turns(job, &(bulk_turn_t) { &Q_DEMO_TURN, text });
    free(text);
    return end;
}


job_end_e
demo_remove_job(job_t *job)
{
    return bulk_turns(job, &(bulk_turn_t) { &Q_DEMO_TURN, "[]" });
}
