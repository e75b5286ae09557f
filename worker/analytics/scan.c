/* Rows of a COPY in binary form, as whole numbers. */
#include <string.h>

#include "worker/analytics/analytics.h"

#define SCAN_HEADER  19         /* signature, flags, length of what follows */

typedef struct {
    const unsigned char  *p, *end;
    bool                  bad;
} scan_t;


/* The next n bytes, the highest first. */
static int64_t
scan_number(scan_t *s, size_t n)
{
    int64_t  v;

    if ((size_t) (s->end - s->p) < n) {
        s->bad = true;
        s->p = s->end;
        return 0;
    }

    /* the first has the sign */
    for (v = *s->p & 0x80 ? -1 : 0; n > 0; n--) {
        v = (int64_t) ((uint64_t) v << 8 | *s->p++);
    }

    return v;
}


/* What came at once: whole rows. */
static int
scan_rows(scan_t *s, scan_row_pt call, void *arg)
{
    int      rc;
    int64_t  n, i, len, v[SCAN_COLUMNS];

    for (rc = GW_OK; rc == GW_OK && s->p < s->end; ) {
        n = scan_number(s, 2);
        if (n == -1) {                          /* the last */
            break;
        }

        for (i = 0; i < n && i < SCAN_COLUMNS && !s->bad; i++) {
            len = scan_number(s, 4);
            v[i] = len == -1 ? SCAN_NULL : 0;
            if (len != -1) {
                s->bad = s->bad || len < 1 || len > 8;
                v[i] = s->bad ? 0 : scan_number(s, (size_t) len);
            }
        }

        s->bad = s->bad || n > SCAN_COLUMNS;
        rc = s->bad ? GW_EINVAL : call(arg, v);
    }

    return rc;
}


/* Stop a statement that still sends. */
static void
scan_cancel(PGconn *conn)
{
    char       err[256];
    PGcancel  *cancel;

    cancel = PQgetCancel(conn);
    if (cancel != NULL) {
        (void) PQcancel(cancel, err, sizeof(err));
        PQfreeCancel(cancel);
    }
}


job_end_e
report_refuse(job_t *job, const char *why)
{
    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, why);
    job->code = "invalid";
    return JOB_FAILED;
}


job_end_e
report_full(job_t *job)
{
    return report_refuse(job, "that is more than a report holds; ask for a "
                              "shorter time");
}


job_end_e
report_slow(job_t *job)
{
    return report_refuse(job, "it takes more than 10 minutes; ask for a "
                              "shorter time");
}


static job_end_e
scan_end(job_t *job, int rc, PGresult *res)
{
    if (rc == GW_EFULL || rc == GW_ENOMEM) {
        return report_full(job);
    }

    if (rc == GW_ERROR && strcmp(db_state(res), JOB_CANCELED) == 0) {
        return report_slow(job);
    }

    gw_buf_reset(&job->why);
    gw_buf_cstr(&job->why, rc == GW_EDB ? "the database went away"
                           : rc == GW_EINVAL ? "the rows can not be read"
                           : db_message(res));
    job->code = "database";

    return rc == GW_EDB || job_passes(db_state(res)) ? JOB_AGAIN : JOB_FAILED;
}


job_end_e
scan_copy(job_t *job, const char *copy, scan_row_pt call, void *arg)
{
    int        n, rc, took;
    bool       first;
    char      *data;
    scan_t     s;
    PGresult  *res;
    job_end_e  end;

    s.bad = false;
    rc = GW_OK;
    res = PQexec(db_conn(job->db), copy);
    if (PQresultStatus(res) != PGRES_COPY_OUT) {
        end = scan_end(job, PQstatus(db_conn(job->db)) == CONNECTION_OK
                            ? GW_ERROR : GW_EDB, res);
        PQclear(res);
        return end;
    }
    PQclear(res);

    for (first = true; (n = PQgetCopyData(db_conn(job->db), &data, 0)) > 0;
         first = false)
    {
        s.p = (unsigned char *) data + (first && n >= SCAN_HEADER ? SCAN_HEADER
                                                                  : 0);
        s.end = (unsigned char *) data + n;
        if (rc == GW_OK) {
            rc = scan_rows(&s, call, arg);
            if (rc != GW_OK) {
                scan_cancel(db_conn(job->db));
            }
        }
        PQfreemem(data);
    }

    took = db_take(job->db, &res);
    end = rc != GW_OK ? scan_end(job, rc, NULL)
          : took != GW_OK ? scan_end(job, took, res) : JOB_GO;
    PQclear(res);
    return end;
}
