/*
 * A segment file under drain: steps of records, each a transaction; at the
 * end it is marked, and what cannot be read goes to quarantine.
 */
#include "worker/ingest/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"


/* The 16 bytes of a segment's id in the form of a uuid. */
static void
segment_id(char out[37], const uint8_t id[16])
{
    int            i, to;
    unsigned char  hex[32];

    gw_hex_encode(hex, id, 16);
    to = 0;
    for (i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            out[to++] = '-';
        }
        out[to++] = (char) hex[i];
    }
    out[to] = '\0';
}


/* Move a file out of the drain's way, for a person to look at. */
static int
segment_quarantine(const char *path)
{
    int          n;
    char         to[600];
    const char  *name;

    name = strrchr(path, '/');
    n = snprintf(to, sizeof(to), "%.*s/quarantine%s", (int) (name - path),
                 path, name);
    if (n < 0 || (size_t) n >= sizeof(to)) {
        return GW_EFULL;
    }

    if (rename(path, to) != 0) {
        log_error("spool: cannot move %s to quarantine: %s", path,
                  strerror(errno));
        return GW_ESYS;
    }

    return GW_OK;
}


int
segment_open(segment_t **out, const char *dir, const char *name)
{
    int         rc, n;
    segment_t  *s;

    s = calloc(1, sizeof(segment_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    n = snprintf(s->path, sizeof(s->path), "%s/%s", dir, name);
    if (n < 0 || (size_t) n >= sizeof(s->path)
        || strlen(name) >= sizeof(s->name))
    {
        free(s);
        return GW_EINVAL;
    }

    memcpy(s->name, name, strlen(name));
    rc = gw_spool_reader_open(&s->reader, s->path);

    if (rc == GW_ECORRUPT || rc == GW_EVERSION) {
        log_warn("spool: %s is %s; it is in quarantine now", s->path,
                 rc == GW_EVERSION ? "of another version"
                                   : "no segment of ours");
        rc = segment_quarantine(s->path) == GW_OK ? rc : GW_ESYS;
    }

    if (rc != GW_OK) {
        free(s);
        return rc;
    }

    segment_id(s->id, gw_spool_reader_header(s->reader)->id);
    *out = s;
    return GW_OK;
}


void
segment_free(segment_t *s)
{
    gw_spool_reader_close(s->reader);
    free(s);
}


/* Learn from Postgres where the drain stands; the row is made if needed. */
static int
segment_enter(drain_t *d, segment_t *s)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1], host[16], class[8];
    PGresult  *res;
    long long  pos;

    gw_clock_print(gw_clock_us(), at);
    (void) snprintf(host, sizeof(host), "%d", d->host);
    (void) snprintf(class, sizeof(class), "%u",
                    gw_spool_reader_header(s->reader)->class);

    rc = db_run(d->db, &Q_INGEST_SEGMENT, &(db_args_t) {
                { s->id, host, s->name, class, at }, 5 }, &res);
    PQclear(res);
    if (rc != GW_OK) {
        return rc;
    }

    rc = db_run(d->db, &Q_INGEST_POS, &(db_args_t) { { s->id }, 1 }, &res);
    if (rc == GW_OK && PQntuples(res) == 1
        && gw_str_int(gw_str_of(PQgetvalue(res, 0, 0)), 0, INT64_MAX, &pos)
           == GW_OK
        && gw_spool_reader_seek(s->reader, (uint64_t) pos) == GW_OK)
    {
        s->pos = (uint64_t) pos;
        s->known = true;
    }

    PQclear(res);
    return rc;
}


static int
segment_mark(drain_t *d, segment_t *s, const char *state, const char *note)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    rc = db_run(d->db, &Q_INGEST_STATE, &(db_args_t) {
                { s->id, state, note, at }, 4 }, &res);
    PQclear(res);
    return rc;
}


/* Fill a step with up to d->step records; returns the reader's last code. */
static int
segment_fill(drain_t *d, segment_t *s, store_step_t *step)
{
    int                    rc;
    unsigned               n;
    uint64_t               at;
    gw_str_t               body;
    store_reject_t        *r;
    const gw_spool_rec_t  *rec;

    memcpy(step->id, s->id, sizeof(step->id));
    step->pos = s->pos;
    step->batch = &d->batch;
    step->rejects = 0;
    step->now_us = gw_clock_us();
    batch_reset(&d->batch);
    rc = GW_OK;

    for (n = 0; n < d->step && step->rejects < STORE_REJECTS; n++) {
        at = gw_spool_reader_pos(s->reader);
        rc = gw_spool_reader_next(s->reader, &rec, &body);
        if (rc != GW_OK) {
            break;
        }

        rc = batch_add(&d->batch, rec, body, step->now_us);
        if (rc == GW_ECORRUPT) {
            r = &step->reject[step->rejects++];
            r->pos = at;
            r->reason = "the record is none that the edge writes";
            r->bytes = body;
            rc = GW_OK;
        }
        if (rc != GW_OK) {
            return rc;
        }
    }

    step->next = gw_spool_reader_pos(s->reader);
    return rc;
}


/* A record that Postgres refuses even alone goes to event_rejects. */
static int
segment_poison(drain_t *d, segment_t *s, store_step_t *step)
{
    gw_str_t               body;
    const gw_spool_rec_t  *rec;

    if (gw_spool_reader_seek(s->reader, s->pos) != GW_OK
        || gw_spool_reader_next(s->reader, &rec, &body) != GW_OK)
    {
        return GW_ERROR;
    }

    batch_reset(&d->batch);
    step->next = gw_spool_reader_pos(s->reader);
    step->rejects = 1;
    step->reject[0].pos = s->pos;
    step->reject[0].reason = "Postgres refuses the record";
    step->reject[0].bytes = body;
    return store_step(d->db, step);
}


/* Commit a step; on a poison row take smaller ones until it stands alone. */
static int
segment_commit(drain_t *d, segment_t *s, store_step_t *step)
{
    int  rc;

    rc = store_step(d->db, step);

    if (rc == GW_ERROR && d->step == 1) {
        rc = segment_poison(d, s, step);
    }

    if (rc == GW_OK) {
        s->pos = step->next;
        d->step = (unsigned) d->w->conf.drain_batch;
        return GW_OK;
    }

    if (rc == GW_ERROR) {
        d->step = d->step > 2 ? d->step / 2 : 1;
    }

    s->known = false;           /* ask Postgres again before the next step */
    return rc == GW_ERROR || rc == GW_EBUSY ? GW_EAGAIN : rc;
}


/* The bytes at pos are no record and nobody is writing them. */
static int
segment_damaged(drain_t *d, segment_t *s)
{
    int   rc;
    char  note[128];

    (void) snprintf(note, sizeof(note), "no record at byte %llu",
                    (unsigned long long) s->pos);
    rc = segment_mark(d, s, "quarantined", note);
    if (rc != GW_OK) {
        return rc;
    }

    log_warn("spool: %s holds no record at byte %llu; all before it is "
             "stored, the file is in quarantine now", s->path,
             (unsigned long long) s->pos);
    s->state = SEGMENT_GONE;
    return segment_quarantine(s->path);
}


int
segment_drain(drain_t *d, segment_t *s)
{
    int                   rc, writer;
    static store_step_t   step;     /* large; one thread */

    while (s->state == SEGMENT_OPEN) {
        if (!s->known) {
            rc = segment_enter(d, s);
            if (rc != GW_OK) {
                return rc;
            }
        }

        /* asked before reading: what is read then is all there will be */
        writer = gw_spool_reader_state(s->reader);
        rc = segment_fill(d, s, &step);
        if (rc == GW_ENOMEM) {
            return rc;
        }

        if (step.next > s->pos
            && (d->batch.records > 0 || step.rejects > 0))
        {
            rc = segment_commit(d, s, &step);
            if (rc != GW_OK && rc != GW_EAGAIN) {
                return rc;
            }
            continue;
        }

        if (rc == GW_ECORRUPT && writer != GW_SPOOL_OPEN) {
            return segment_damaged(d, s);
        }

        if (writer == GW_SPOOL_OPEN || rc == GW_ECORRUPT) {
            return GW_OK;
        }

        rc = segment_mark(d, s, "drained", NULL);
        if (rc != GW_OK) {
            return rc;
        }

        s->state = SEGMENT_DRAINED;
        s->drained_ms = gw_clock_ms();
    }

    return GW_OK;
}
