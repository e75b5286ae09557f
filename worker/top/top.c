/*
 * `godwit top [--once]`: the spool, the roles, queues, routes and campaigns of
 * this host, drawn anew each second until Ctrl-C. --once draws it once, without
 * anything that only a terminal understands.
 */
#include "worker/top/top.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/db.h"

#define TOP_EVERY_MS  1000
#define TOP_HOME      "\033[H"          /* the cursor to the upper left      */
#define TOP_LINE      "\033[K\n"        /* what was there behind it is gone  */
#define TOP_REST      "\033[J"          /* and below it                      */

typedef struct {
    worker_t    *w;
    db_t        *db;
    bool         plain;
    const char  *end;                   /* of a line                        */
    top_look_t   look[2];               /* now and before, by turns         */
    unsigned     turn;
    bool         twice;                 /* there is one before              */
} top_t;


static double
top_number(const top_look_t *look, const char *name, const char *word)
{
    const top_value_t  *v;

    v = top_value(look, name, word);
    return v != NULL ? v->value : 0;
}


static void
top_head(top_t *t, const top_look_t *now)
{
    char  at[GW_RFC3339_LEN + 1];

    gw_clock_print(gw_clock_us(), at);
    printf("godwit  %.19sZ  Postgres %s  spool %.1f s behind, %.0f segments "
           "wait%s%s", at, t->db != NULL ? "reached" : "AWAY",
           top_number(now, "godwit_ingest_lag_seconds", ""),
           top_number(now, "godwit_ingest_segments", ""), t->end, t->end);
}


static void
top_roles(top_t *t, const top_look_t *now, const top_look_t *before)
{
    char               cpu[16], told[24];
    unsigned           i;
    const top_role_t  *r;

    printf("%-10s %8s %6s %9s %8s%s", "ROLE", "PID", "CPU", "MEMORY", "TOLD",
           t->end);

    for (i = 0; i < now->roles; i++) {
        r = &now->role[i];
        if (r->pid == 0) {
            printf("%-10s %8s%s", r->name, "-", t->end);
            continue;
        }

        (void) snprintf(cpu, sizeof(cpu), "-");
        if (t->twice && before->role[i].pid == r->pid
            && now->at_ms > before->at_ms)
        {
            (void) snprintf(cpu, sizeof(cpu), "%lld %%", (long long)
                            ((r->cpu_ms - before->role[i].cpu_ms) * 100
                             / (now->at_ms - before->at_ms)));
        }

        (void) snprintf(told, sizeof(told), r->told_s < 0 ? "-" : "%lld s",
                        (long long) r->told_s);
        printf("%-10s %8d %6s %5lld MiB %8s%s", r->name, r->pid, cpu,
               (long long) (r->memory >> 20), told, t->end);
    }

    printf("%s", t->end);
}


/* Names are people's: what could move the cursor is not printed. */
static void
top_name(const char *name)
{
    unsigned              columns;
    const unsigned char  *p = (const unsigned char *) name;

    for (columns = 0; *p != '\0' && (columns < 24 || (*p & 0xc0) == 0x80); p++)
    {
        if (*p == 0xc2 && p[1] < 0xa0) {        /* U+0080 to U+009F */
            p += p[1] != '\0';
            continue;
        }

        columns += (*p & 0xc0) != 0x80;
        (void) putchar(*p < 0x20 || *p == 0x7f ? ' ' : *p);
    }

    printf("%*s", (int) (25 - columns), "");
}


/* A table of one label: each word with numbers of that name and that. */
static void
top_table(top_t *t, const top_look_t *now, const char *head, const char *first,
    const char *second, const char *unit)
{
    unsigned            i;
    const top_value_t  *v;

    printf("%s%s", head, t->end);
    for (i = 0; i < now->values; i++) {
        v = &now->value[i];
        if (strcmp(v->name, first) == 0) {
            top_name(v->word);
            printf("%10.0f %10.0f%s%s", v->value,
                   top_number(now, second, v->word), unit, t->end);
        }
    }

    printf("%s", t->end);
}


/* Outcomes, and how many a second since the look before. */
static void
top_outcomes(top_t *t, const top_look_t *now, const top_look_t *before)
{
    double              rate;
    unsigned            i;
    const top_value_t  *v;

    printf("%-24s %10s %10s%s", "OUTCOME", "ALL", "A SECOND", t->end);
    for (i = 0; i < now->values; i++) {
        v = &now->value[i];
        if (strcmp(v->name, "godwit_mail_outcomes_total") != 0
            || v->value == 0)
        {
            continue;
        }

        rate = v->value - top_number(before, v->name, v->word);
        rate = t->twice && rate >= 0 && now->at_ms > before->at_ms
               ? rate * 1000 / (double) (now->at_ms - before->at_ms) : 0;
        top_name(v->word);
        printf("%10.0f %10.0f%s", v->value, rate, t->end);
    }

    printf("%s", t->end);
}


static void
top_campaigns(top_t *t)
{
    int        i, rc;
    char       mem[256];
    gw_buf_t   err;
    PGresult  *res;

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (t->db == NULL && db_open(&t->db, t->w, "gw_worker", &err) != GW_OK) {
        t->db = NULL;
        return;
    }

    rc = db_run(t->db, &Q_TOP_CAMPAIGNS, NULL, &res);
    if (rc == GW_OK && PQntuples(res) > 0) {
        printf("%-24s %10s %10s  STATE%s", "CAMPAIGN", "DONE", "AUDIENCE",
               t->end);
    }

    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        top_name(PQgetvalue(res, i, 0));
        printf("%10s %10s  %s%s", PQgetvalue(res, i, 1),
               PQgetvalue(res, i, 2), PQgetvalue(res, i, 3), t->end);
    }

    PQclear(res);
    if (rc == GW_EDB) {
        db_close(t->db);
        t->db = NULL;
    }
}


static void
top_draw(top_t *t)
{
    top_look_t  *now, *before;

    now = &t->look[t->turn];
    before = &t->look[!t->turn];
    top_look(t->w, now);

    if (!t->plain) {
        fputs(TOP_HOME, stdout);
    }

    top_head(t, now);
    top_roles(t, now, before);
    top_table(t, now, "QUEUE                          ROWS       LATE",
              "godwit_cron_queue_rows", "godwit_cron_queue_late_seconds", " s");
    top_table(t, now, "ROUTE                     CONNECTED    WAITING",
              "godwit_mail_route_connections", "godwit_mail_route_ready", "");
    top_outcomes(t, now, before);
    top_campaigns(t);

    if (!t->plain) {
        fputs(TOP_REST, stdout);
    }

    (void) fflush(stdout);
    t->twice = true;
    t->turn = !t->turn;
}


int
top_command(worker_t *w)
{
    top_t     *t;
    char       mem[256];
    gw_buf_t   err;

    if (w->argc != 0) {
        fputs("usage: godwit top [--once]\n", stderr);
        return 2;
    }

    t = calloc(1, sizeof(top_t));
    if (t == NULL) {
        return 1;
    }

    t->w = w;
    t->plain = w->once || !isatty(STDOUT_FILENO);
    t->end = t->plain ? "\n" : TOP_LINE;
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (db_open(&t->db, w, "gw_worker", &err) != GW_OK) {
        t->db = NULL;
    }

    if (!t->plain) {
        fputs(TOP_HOME TOP_REST, stdout);
    }

    for ( ;; ) {
        top_draw(t);
        if (w->once || ferror(stdout)) {
            break;
        }
        (void) poll(NULL, 0, TOP_EVERY_MS);
    }

    db_close(t->db);
    free(t);
    return 0;
}
