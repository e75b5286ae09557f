/*
 * What goes over a connection: the calls of one request, each prepared when
 * first used there, and one sync. A failed segment takes no other with it.
 */
#include "ngx_http_godwit_pool.h"

#include "shm/gw_problem.h"


static ngx_http_godwit_segment_t *
ngx_http_godwit_segment_at(ngx_http_godwit_db_t *db, ngx_uint_t i)
{
    return &db->ring[(db->first + i) % db->pool->depth];
}


/* The slot of a statement, taken if need be; NULL: the connection is full. */
static ngx_http_godwit_prepared_t *
ngx_http_godwit_segment_slot(ngx_http_godwit_db_t *db,
    const ngx_http_godwit_statement_t *statement)
{
    ngx_uint_t                   i;
    ngx_http_godwit_prepared_t  *slot;

    i = ngx_murmur_hash2((u_char *) &statement, sizeof(statement));

    for ( ;; i++) {
        slot = &db->prepared[i % NGX_HTTP_GODWIT_SLOTS];

        if (slot->statement == statement) {
            return slot;
        }

        if (slot->statement == NULL) {
            break;
        }
    }

    if (db->n_prepared == NGX_HTTP_GODWIT_PREPARED) {
        return NULL;
    }

    db->n_prepared++;
    slot->statement = statement;
    return slot;
}


/*
 * A Parse that is under way may still be skipped, since a call before it
 * fails: whoever comes until it is confirmed goes without a name.
 */
static ngx_int_t
ngx_http_godwit_segment_call(ngx_http_godwit_segment_t *seg,
    const ngx_http_godwit_call_t *call)
{
    int                                 rc;
    PGconn                             *pg;
    ngx_http_godwit_prepared_t         *slot;
    const ngx_http_godwit_statement_t  *st;

    pg = seg->db->pg;
    st = call->statement;
    slot = ngx_http_godwit_segment_slot(seg->db, st);

    if (slot == NULL || slot->state == NGX_GODWIT_PREPARED_SENT) {
        rc = PQsendQueryParams(pg, (char *) st->sql.data, (int) call->n, NULL,
                               call->values, call->lengths, call->formats, 0);
        return rc == 1 ? NGX_OK : NGX_ERROR;
    }

    if (slot->state == NGX_GODWIT_PREPARED_NO) {
        if (PQsendPrepare(pg, (char *) st->name.data, (char *) st->sql.data,
                          0, NULL) != 1)
        {
            return NGX_ERROR;
        }
        slot->state = NGX_GODWIT_PREPARED_SENT;
        seg->prepares[seg->n++] = slot;
    }

    rc = PQsendQueryPrepared(pg, (char *) st->name.data, (int) call->n,
                             call->values, call->lengths, call->formats, 0);
    return rc == 1 ? NGX_OK : NGX_ERROR;
}


void
ngx_http_godwit_segment_send(ngx_http_godwit_db_t *db,
    ngx_http_godwit_run_t *run)
{
    ngx_uint_t                  i;
    ngx_http_godwit_segment_t  *seg;

    seg = ngx_http_godwit_segment_at(db, db->in_flight);
    ngx_memzero(seg, sizeof(ngx_http_godwit_segment_t));
    seg->db = db;
    seg->run = run;
    seg->lane = run->lane;
    run->segment = seg;
    ngx_http_godwit_queue_begin(seg->lane);

    if (db->in_flight++ == 0) {
        db->since = ngx_current_msec;
    }

    ngx_http_godwit_count(NGX_GODWIT_DB_QUERIES);

    for (i = 0; i < run->n; i++) {
        if (ngx_http_godwit_segment_call(seg, &run->calls[i]) != NGX_OK) {
            ngx_http_godwit_db_lose(db);
            return;
        }
    }

    if (PQpipelineSync(db->pg) != 1) {
        ngx_http_godwit_db_lose(db);
        return;
    }

    ngx_http_godwit_db_arm(db);
    ngx_http_godwit_db_flush(db);
}


/* The oldest for which somebody waits; NULL: there is none. */
static ngx_http_godwit_run_t *
ngx_http_godwit_segment_awaited(ngx_http_godwit_db_t *db)
{
    ngx_uint_t              i;
    ngx_http_godwit_run_t  *run;

    for (i = 0; i < db->in_flight; i++) {
        run = ngx_http_godwit_segment_at(db, i)->run;
        if (run != NULL) {
            return run;
        }
    }

    return NULL;
}


ngx_http_godwit_segment_t *
ngx_http_godwit_segment_oldest(ngx_http_godwit_db_t *db)
{
    return ngx_http_godwit_segment_at(db, 0);
}


static ngx_msec_int_t
ngx_http_godwit_segment_left(ngx_http_godwit_db_t *db, ngx_msec_t of)
{
    return (ngx_msec_int_t) (db->since + of - ngx_current_msec);
}


ngx_uint_t
ngx_http_godwit_segment_is_late(ngx_http_godwit_db_t *db)
{
    return ngx_http_godwit_segment_left(db, db->pool->patience) <= 0;
}


ngx_msec_t
ngx_http_godwit_segment_due(ngx_http_godwit_db_t *db)
{
    ngx_msec_int_t          left, run_left;
    ngx_http_godwit_run_t  *run;

    left = ngx_http_godwit_segment_left(db,
               ngx_http_godwit_segment_is_late(db) ? db->pool->timeout
                                                   : db->pool->patience);
    run = ngx_http_godwit_segment_awaited(db);

    if (run != NULL) {
        run_left = (ngx_msec_int_t) (run->deadline - ngx_current_msec);
        left = ngx_min(left, run_left);
    }

    return (ngx_msec_t) ngx_max(left, 1);
}


void
ngx_http_godwit_segment_late(ngx_http_godwit_db_t *db)
{
    ngx_http_godwit_run_t  *run;

    while ((run = ngx_http_godwit_segment_awaited(db)) != NULL
           && (ngx_msec_int_t) (run->deadline - ngx_current_msec) <= 0)
    {
        run->segment->run = NULL;
        ngx_http_godwit_pool_end(run, NGX_HTTP_SERVICE_UNAVAILABLE, NULL);
    }

    ngx_http_godwit_cancel(db->pool);
}


ngx_http_godwit_run_t *
ngx_http_godwit_segment_drop(ngx_http_godwit_db_t *db)
{
    ngx_http_godwit_run_t      *run;
    ngx_http_godwit_segment_t  *seg;

    seg = ngx_http_godwit_segment_at(db, 0);
    db->first = (db->first + 1) % db->pool->depth;
    db->in_flight--;
    db->since = ngx_current_msec;

    run = seg->run;
    ngx_http_godwit_queue_end(seg->lane);
    PQclear(seg->result);
    PQclear(seg->error);
    ngx_memzero(seg, sizeof(ngx_http_godwit_segment_t));

    return run;
}


/*
 * Is it the statement prepared here that is at fault? After a migration that
 * gave a function another result, or behind a proxy that deals out servers.
 */
static ngx_uint_t
ngx_http_godwit_segment_is_stale(PGresult *error, const char *state)
{
    const char  *where;

    if (ngx_strcmp(state, "26000") == 0) {
        return 1;
    }

    where = PQresultErrorField(error, PG_DIAG_SOURCE_FUNCTION);

    return ngx_strcmp(state, "0A000") == 0 && where != NULL
           && ngx_strcmp(where, "RevalidateCachedQuery") == 0;
}


/* Not the doing of a client: what an operator has to know. */
static ngx_uint_t
ngx_http_godwit_segment_is_ours(const char *state)
{
    gw_problem_e  problem;

    problem = gw_problem_of(state);

    return !gw_problem_own(state) && problem != GW_PROBLEM_BUSY
           && (problem == GW_PROBLEM_FORBIDDEN      /* no grant */
               || gw_problem(problem)->status
                  >= NGX_HTTP_INTERNAL_SERVER_ERROR);
}


/* The request's own log would add its path, that is: the token of a mail. */
static void
ngx_http_godwit_segment_say(ngx_http_godwit_run_t *run, const char *state,
    PGresult *error)
{
    ngx_uint_t   level;
    const char  *name, *message;

    level = NGX_LOG_INFO;
    name = "what nobody waits for";

    if (run != NULL) {
        name = (char *) run->calls[run->n - 1].statement->name.data;

        if (ngx_http_godwit_segment_is_ours(state)) {
            level = NGX_LOG_ERR;
            ngx_http_godwit_count(NGX_GODWIT_DB_ERRORS);
        }
    }

    message = PQresultErrorField(error, PG_DIAG_MESSAGE_PRIMARY);
    ngx_log_error(level, ngx_http_godwit_process->cycle->log, 0,
                  "Postgres refused \"%s\": %s %s", name, state,
                  message ? message : "");
}


/*
 * Was it refused for what is not its own fault, and may be sent again? For a
 * statement that is stale here, or hit by the cancel of the one before it.
 */
static ngx_uint_t
ngx_http_godwit_segment_is_again(ngx_http_godwit_db_t *db,
    ngx_http_godwit_run_t *run, PGresult *error, const char *state)
{
    if (ngx_http_godwit_segment_is_stale(error, state)) {
        db->stale = 1;

    } else if (db->pool->depth == 1 || ngx_strcmp(state, "57014") != 0
               || ngx_http_godwit_segment_is_late(db))
    {
        return 0;
    }

    return run != NULL && !run->again;
}


/* The sync of the oldest has come: it is committed, or has failed. */
static void
ngx_http_godwit_segment_end(ngx_http_godwit_db_t *db)
{
    PGresult                   *result;
    ngx_int_t                   rc;
    const char                 *state;
    ngx_http_godwit_run_t      *run;
    ngx_http_godwit_segment_t  *seg;

    seg = ngx_http_godwit_segment_at(db, 0);

    while (seg->done < seg->n) {
        seg->prepares[seg->done++]->state = NGX_GODWIT_PREPARED_NO;
    }

    rc = NGX_OK;
    result = seg->result;
    seg->result = NULL;
    run = seg->run;

    if (seg->error != NULL) {
        PQclear(result);
        rc = NGX_HTTP_SERVICE_UNAVAILABLE;
        result = seg->error;
        state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        state = state ? state : "";

        if (ngx_http_godwit_segment_is_again(db, run, result, state)) {
            (void) ngx_http_godwit_segment_drop(db);
            ngx_http_godwit_pool_again(run);
            return;
        }

        ngx_http_godwit_segment_say(run, state, result);
        seg->error = NULL;
    }

    db->pause = 0;
    (void) ngx_http_godwit_segment_drop(db);

    if (run == NULL) {
        PQclear(result);
        return;
    }

    ngx_http_godwit_pool_end(run, rc, result);
}


void
ngx_http_godwit_segment_results(ngx_http_godwit_db_t *db)
{
    PGresult                   *res;
    ngx_http_godwit_segment_t  *seg;

    /* after a NULL PQisBusy must be asked again, or PQgetResult may block */
    while (db->state == NGX_GODWIT_DB_READY && db->in_flight > 0
           && !PQisBusy(db->pg))
    {
        seg = ngx_http_godwit_segment_at(db, 0);
        res = PQgetResult(db->pg);

        if (res == NULL) {
            if (PQstatus(db->pg) == CONNECTION_BAD) {
                return;
            }
            continue;
        }

        switch (PQresultStatus(res)) {

        case PGRES_PIPELINE_SYNC:
            PQclear(res);
            ngx_http_godwit_segment_end(db);
            break;

        case PGRES_TUPLES_OK:
            PQclear(seg->result);
            seg->result = res;
            break;

        case PGRES_COMMAND_OK:              /* a Parse */
            PQclear(res);
            if (seg->done < seg->n) {
                seg->prepares[seg->done++]->state = NGX_GODWIT_PREPARED_YES;
            }
            break;

        case PGRES_FATAL_ERROR:
            if (seg->error == NULL) {
                seg->error = res;
                break;
            }
            /* fall through */

        default:                            /* skipped after the error */
            PQclear(res);
        }
    }
}
