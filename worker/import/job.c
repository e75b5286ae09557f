/* Operations that import a file which came over HTTP, each by its input. */
#include "worker/import/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"

/* columns of Q_IMPORT_LOAD */
enum { LOAD_LIST_ID, LOAD_SOURCE, LOAD_COLUMNS, LOAD_PATH, LOAD_BYTES,
       LOAD_IPAD, LOAD_OPAD, LOAD_POS, LOAD_LINE, LOAD_ROWS, LOAD_CREATED,
       LOAD_UPDATED, LOAD_REJECTED, LOAD_REJECT_BYTES, LOAD_OPEN, LOAD_LIST,
       LOAD_FORMAT };


/* A text of the row that stays valid until res goes; NULL as it is. */
static const char *
import_text(const PGresult *res, int column)
{
    return PQgetisnull(res, 0, column) ? NULL : PQgetvalue(res, 0, column);
}


static int
import_job_file(import_t *i, const char *path)
{
    char         tail[256], full[400];
    struct stat  st;

    if (path == NULL) {
        return import_fail(i, IMPORT_INPUT, "%s", "the file of this import is "
                           "not kept any more; send it again");
    }

    (void) snprintf(tail, sizeof(tail), "files/%s", path);
    if (gw_conf_path(&i->w->conf, tail, full, sizeof(full)) != GW_OK) {
        return IMPORT_INPUT;
    }

    i->fd = open(full, O_RDONLY | O_CLOEXEC);
    if (i->fd < 0 || fstat(i->fd, &st) != 0) {
        i->passes = errno != ENOENT;
        return import_fail(i, IMPORT_INPUT, i->passes
                           ? "the file of this import cannot be read: %s"
                           : "the file of this import is gone; send it again",
                           strerror(errno));
    }

    i->size = st.st_size;
    return IMPORT_OK;
}


/* What is to be done, from wherever it was left. */
static int
import_job_load(import_t *i, const PGresult *res)
{
    if (PQntuples(res) != 1 || PQgetvalue(res, 0, LOAD_OPEN)[0] != 't') {
        i->end = JOB_DONE;              /* nothing is left to do */
        return IMPORT_ENDED;
    }

    if (PQgetvalue(res, 0, LOAD_LIST)[0] != 't') {
        return import_fail(i, IMPORT_INPUT, "%s", "the list of this import "
                           "has been deleted");
    }

    if (tenant_key_load(&i->key, PQgetvalue(res, 0, LOAD_IPAD),
                        PQgetvalue(res, 0, LOAD_OPAD)) != GW_OK)
    {
        return import_fail(i, IMPORT_INPUT, "the secret of workspace %s is "
                           "damaged", i->tenant);
    }

    i->file = import_text(res, LOAD_SOURCE);
    i->map = import_text(res, LOAD_COLUMNS);
    i->kind = reader_named(PQgetvalue(res, 0, LOAD_FORMAT));
    (void) snprintf(i->list_id, sizeof(i->list_id), "%s",
                    PQgetvalue(res, 0, LOAD_LIST_ID));
    i->pos = import_number(res, LOAD_POS);
    i->line = (uint64_t) import_number(res, LOAD_LINE);
    i->rows = import_number(res, LOAD_ROWS);
    i->created = import_number(res, LOAD_CREATED);
    i->updated = import_number(res, LOAD_UPDATED);
    i->rejected = import_number(res, LOAD_REJECTED);
    i->reject_bytes = import_number(res, LOAD_REJECT_BYTES);

    return import_job_file(i, import_text(res, LOAD_PATH));
}


static int
import_job_run(import_t *i)
{
    int        rc;
    PGresult  *res;

    res = NULL;
    rc = import_run(i, &Q_IMPORT_LOAD, &(db_args_t) { { i->tenant, i->id },
                    2 }, &res);
    rc = rc == IMPORT_OK ? import_job_load(i, res) : rc;
    rc = rc == IMPORT_OK ? import_run(i, &Q_IMPORT_TAKE, &(db_args_t) {
                           { i->tenant, i->id }, 2 }, NULL) : rc;
    rc = rc == IMPORT_OK ? import_read(i) : rc;
    PQclear(res);
    return rc;
}


/* Whatever was under way is undone: the end is told on the same connection. */
static job_end_e
import_job_end(import_t *i, int rc)
{
    if (rc != IMPORT_AWAY
        && PQtransactionStatus(db_conn(i->db)) != PQTRANS_IDLE
        && import_exec(i, &Q_IMPORT_ROLLBACK) != IMPORT_OK)
    {
        rc = IMPORT_AWAY;
    }

    if (i->job->why.len == 0) {
        gw_buf_str(&i->job->why, gw_buf_view(&i->why));
    }

    switch (rc) {

    case IMPORT_OK:
        return JOB_DONE;

    case IMPORT_ENDED:
        return i->end;

    case IMPORT_AWAY:
        return JOB_AGAIN;

    default:
        return i->passes ? JOB_AGAIN : JOB_FAILED;
    }
}


job_end_e
import_job(job_t *job)
{
    import_t   *i;
    job_end_e   end;

    i = import_new(job->w);
    if (i == NULL) {
        return JOB_AGAIN;
    }

    i->job = job;
    i->db = job->db;
    (void) gw_str_int(gw_str_of(job->tenant), 1, INT32_MAX, &i->workspace);
    (void) snprintf(i->tenant, sizeof(i->tenant), "%s", job->tenant);
    (void) snprintf(i->host, sizeof(i->host), "%d", job->host);
    (void) snprintf(i->id, sizeof(i->id), "%lld", (long long)
                    json_integer_value(json_object_get(job->input, "import")));
    i->reason = json_string_value(json_object_get(job->input, "reason"));

    end = import_job_end(i, import_job_run(i));
    import_free(i);
    return end;
}
