/*
 * A segment file under drain: steps of records, each a transaction; at the
 * end it is marked, and what cannot be read goes to quarantine.
 */
#include "worker/ingest/segment.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/ingest/fill.h"
#include "worker/ingest/told.h"

#define SEGMENT_LARGE   (128 * 1024)          /* bytes, given back if freed */
#define SEGMENT_OLD_US  (60 * 24 * 3600000000LL)
#define SEGMENT_TRIES   16


int
drain_init(drain_t *d, worker_t *w)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;
    unsigned  i;

    /* arrays that grow move without leaving holes; said once, it stays so;
       nor have the threads of lanes.c heaps of their own */
    (void) mallopt(M_MMAP_THRESHOLD, SEGMENT_LARGE);
    (void) mallopt(M_ARENA_MAX, 1);

    memset(d, 0, sizeof(drain_t));
    d->w = w;
    d->most = (unsigned) w->conf.drain_batch;
    for (i = 0; i < DRAIN_STEPS; i++) {
        batch_init(&d->fill[i].batch, &d->memo, &d->privacy);
    }
    d->privacy.version = -1;

    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = classify_load(&d->rules, (char *) w->conf.class_rules.data, &err);
    if (rc != GW_OK) {
        log_error("%s", gw_buf_c(&err));
        return rc;
    }

    return classify_memo(&d->memo, d->rules);
}


void
drain_free(drain_t *d)
{
    unsigned  i;

    for (i = 0; i < DRAIN_STEPS; i++) {
        batch_free(&d->fill[i].batch);
    }

    classify_free(d->rules);
    privacy_free(&d->privacy);
}


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


/* No more of it can be drained: say so and keep it for a person to look at. */
static int
segment_aside(drain_t *d, segment_t *s, const char *note)
{
    int  rc;

    rc = segment_mark(d, s, "quarantined", note);
    if (rc != GW_OK) {
        return rc;
    }

    log_warn("spool: %s %s; the file is in quarantine now", s->path, note);
    s->state = SEGMENT_GONE;
    return segment_quarantine(s->path);
}


/*
 * A row of spool_pos is removed long after its segment was drained (role cron,
 * 90 days). Should the file come back then, it must not be drained again: who
 * is old and unknown is not taken. The 30 days between are for clocks.
 */
static bool
segment_is_old(const segment_t *s)
{
    return (int64_t) gw_spool_reader_header(s->reader)->created_us
           < gw_clock_us() - SEGMENT_OLD_US;
}


static int
segment_register(drain_t *d, const segment_t *s)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1], host[16], class[8];
    PGresult  *res;

    gw_clock_print(gw_clock_us(), at);
    (void) snprintf(host, sizeof(host), "%d", d->host);
    (void) snprintf(class, sizeof(class), "%u",
                    gw_spool_reader_header(s->reader)->class);

    rc = db_run(d->db, &Q_INGEST_SEGMENT, &(db_args_t) {
                { s->id, host, s->name, class, at }, 5 }, &res);
    PQclear(res);
    return rc;
}


/* Learn from Postgres where the drain stands; the row is made if needed. */
static int
segment_enter(drain_t *d, segment_t *s)
{
    int        rc;
    bool       found;
    PGresult  *res;
    long long  pos;

    rc = segment_is_old(s) ? GW_OK : segment_register(d, s);
    if (rc != GW_OK) {
        return rc;
    }

    rc = db_run(d->db, &Q_INGEST_POS, &(db_args_t) { { s->id }, 1 }, &res);
    found = rc == GW_OK && PQntuples(res) == 1;
    pos = found ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);

    if (rc != GW_OK) {
        return rc;
    }

    if (!found) {
        return segment_aside(d, s, "is so old that nobody knows whether it "
                             "was drained");
    }

    if (gw_spool_reader_seek(s->reader, (uint64_t) pos) != GW_OK) {
        return segment_aside(d, s, "is shorter than what was drained of it");
    }

    s->pos = (uint64_t) pos;
    s->known = true;
    return GW_OK;
}


/* A record that Postgres refuses even alone goes to event_rejects. */
static int
segment_poison(drain_t *d, segment_t *s, store_step_t *step)
{
    int                    rc;
    char                   why[sizeof(step->why)];
    gw_str_t               body;
    const gw_spool_rec_t  *rec;

    if (gw_spool_reader_seek(s->reader, s->pos) != GW_OK
        || gw_spool_reader_next(s->reader, &rec, &body) != GW_OK)
    {
        return GW_ERROR;
    }

    memcpy(why, step->why, sizeof(why));
    batch_reset(step->batch);
    step->next = gw_spool_reader_pos(s->reader);
    step->rejects = 1;
    step->reject[0].pos = s->pos;
    step->reject[0].reason = "Postgres refuses the record";
    step->reject[0].bytes = body;

    rc = store_step(d->db, step);
    if (rc == GW_OK) {
        log_warn("spool: %s: the record at byte %llu is in event_rejects now: "
                 "%s", s->path, (unsigned long long) s->pos, why);
    }

    return rc;
}


/*
 * A step was not stored. Poison, or more than Postgres takes at once (time,
 * memory): half of it next. Another drainer was there: the same again, but not
 * for ever.
 */
static int
segment_again(drain_t *d, int rc, unsigned records)
{
    if ((rc == GW_ERROR || rc == GW_EDB) && records > 1) {
        d->most = records / 2;
        return rc == GW_ERROR ? GW_EAGAIN : rc;
    }

    if (rc == GW_EBUSY || rc == GW_EAGAIN) {
        return ++d->tries < SEGMENT_TRIES ? GW_EAGAIN : GW_EDB;
    }

    return rc == GW_ERROR ? GW_EDB : rc;
}


/* Commit a step; on a poison row take smaller ones until it stands alone. */
static int
segment_commit(drain_t *d, segment_t *s, drain_fill_t *f)
{
    int       rc;
    unsigned  batch;

    batch = (unsigned) d->w->conf.drain_batch;
    rc = store_step(d->db, &f->step);
    if (rc != GW_OK) {
        d->filled = 1;          /* those after it are to be read again */
        lanes_rollback(&d->lanes);
    }

    if (rc == GW_ERROR && f->records == 1) {
        rc = segment_poison(d, s, &f->step);
    }

    if (rc == GW_OK) {
        s->pos = f->step.next;
        told_note(f->step.batch);
        fill_done(d);
        d->most = 2 * d->most < batch ? 2 * d->most : batch;
        d->tries = 0;
        return GW_OK;
    }

    d->filled = 0;
    s->known = false;           /* ask Postgres again before the next step */
    return segment_again(d, rc, f->records);
}


void
drain_why(const drain_t *d, char *out, size_t size)
{
    const char  *why;

    db_why(d->db, out, size);
    if (*out == '\0') {         /* it was rolled back since */
        why = d->fill[d->turn].step.why;
        (void) snprintf(out, size, "%s", *why != '\0' ? why
                        : "others change the same rows without end");
    }
}


/* The bytes at pos are no record and nobody is writing them. */
static int
segment_damaged(drain_t *d, segment_t *s)
{
    char  note[128];

    (void) snprintf(note, sizeof(note), "holds no record at byte %llu; all "
                    "before it is stored", (unsigned long long) s->pos);
    return segment_aside(d, s, note);
}


/* The next step of a segment: one read ahead, or a new one. */
static int
segment_next(drain_t *d, segment_t *s)
{
    int  rc;

    if (d->filled == 0 && !s->known) {
        rc = segment_enter(d, s);
        if (rc != GW_OK || s->state != SEGMENT_OPEN) {
            return rc;
        }
    }

    rc = privacy_refresh(&d->privacy, d->db);
    rc = rc == GW_OK ? fill_turn(d, s) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    fill_ahead(d, s);
    if (lanes_turn(&d->lanes, &d->fill[d->turn].step, &d->db)) {
        fill_ahead(d, s);               /* its lane is free */
    }

    return GW_OK;
}


int
segment_drain(drain_t *d, segment_t *s)
{
    int            rc;
    drain_fill_t  *f;

    while (s->state == SEGMENT_OPEN) {
        rc = segment_next(d, s);
        if (rc != GW_OK || s->state != SEGMENT_OPEN) {
            return rc;
        }

        f = &d->fill[d->turn];
        if (f->records > 0) {
            rc = segment_commit(d, s, f);
            if (rc != GW_OK && rc != GW_EAGAIN) {
                return rc;
            }
            continue;
        }

        fill_done(d);

        if (f->read == GW_ECORRUPT && f->writer != GW_SPOOL_OPEN) {
            return segment_damaged(d, s);
        }

        if (f->writer == GW_SPOOL_OPEN || f->read == GW_ECORRUPT) {
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
