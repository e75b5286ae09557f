/*
 * The operation contacts_bulk: who it is first, then part by part, each in a
 * transaction with its step. What is done is gone from what is to do: begun
 * again after a crash it goes on where the last commit was.
 *
 * Crash points: bulk_before_commit, bulk_after_commit.
 */
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/jobs/jobs.h"

/* columns of Q_BULK_TURN */
enum { TURN_DONE, TURN_TOTAL };


/* Inside the transaction: a part, and the step that says it is still ours. */
static job_end_e
bulk_part(job_t *job, bool *more)
{
    char        now[GW_RFC3339_LEN + 1];
    PGresult   *res;
    job_end_e   end;
    long long   done, total;

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(job, &Q_BULK_TURN, &(db_args_t) { { job->tenant, job->id,
                  now }, 3 }, &res);
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
bulk_turn(job_t *job, bool *more)
{
    job_end_e  end;

    if (db_exec(job->db, Q_BULK_BEGIN.text) != GW_OK) {
        return JOB_AGAIN;
    }

    end = bulk_part(job, more);
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


job_end_e
bulk_job(job_t *job)
{
    bool       more;
    job_end_e  end;

    more = true;
    do {
        end = bulk_turn(job, &more);
    } while (end == JOB_GO && more);

    return end == JOB_GO ? JOB_DONE : end;
}
