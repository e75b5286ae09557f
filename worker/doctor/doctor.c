/*
 * `godwit doctor [--json] [--only CHECK]`: a table of checks, each a function
 * or a statement whose rows are what it has found. Nothing is changed. 1 when
 * there is a fault; what is only a warning works until it does not.
 */
#include "worker/doctor/doctor.h"

#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_utf8.h"

static const char  *doctor_levels[] = { "fault", "warning", "skipped" };

/* What is asked first is what others stand on. */
static const struct {
    const char        *name;
    void             (*call)(doctor_t *d);
    const db_query_t  *query;           /* rows: level, message, cure       */
} doctor_checks[] = {
    { "folders", doctor_folders, NULL },
    { "keys", doctor_keys, NULL },
    { "disk", doctor_disk, NULL },
    { "worker", doctor_roles, NULL },
    { "spool", doctor_spool, NULL },
    { "cache", doctor_cache, NULL },
    { "database", doctor_database, NULL },
    { "settings", NULL, &Q_DOCTOR_SETTINGS },
    { "access", NULL, &Q_DOCTOR_ACCESS },
    { "migrations", doctor_migrations, NULL },
    { "connections", NULL, &Q_DOCTOR_CONNECTIONS },
    { "clock", NULL, &Q_DOCTOR_CLOCK },
    { "host", doctor_host, NULL },
    { "vacuum", NULL, &Q_DOCTOR_VACUUM },
    { "transactions", NULL, &Q_DOCTOR_TRANSACTIONS },
    { "partitions", NULL, &Q_DOCTOR_PARTITIONS },
    { "rejected", NULL, &Q_DOCTOR_REJECTED },
    { "queue", NULL, &Q_DOCTOR_QUEUE },
    { "routes", NULL, &Q_DOCTOR_ROUTES },
    { "campaigns", NULL, &Q_DOCTOR_CAMPAIGNS },
    { "webhooks", NULL, &Q_DOCTOR_WEBHOOKS },
    { "domains", NULL, &Q_DOCTOR_DOMAINS },
    { "base_url", doctor_base_url, NULL },
    { "edge", doctor_edge, NULL },
    { "certificate", doctor_certificate, NULL },
    { "resolver", doctor_resolver, NULL },
    { "mail", doctor_mail, NULL },
    { "addresses", doctor_addresses, NULL },
    { NULL, NULL, NULL }
};


static void
doctor_print(doctor_t *d, const char *level, const char *message,
    const char *cure)
{
    json_t  *line;

    if (!d->json) {
        if (*message != '\0') {
            printf("%s %s: %s%s%s\n", level, d->check, message,
                   *cure ? "; " : "", cure);
        }
        return;
    }

    line = json_pack("{s:s, s:s, s:s, s:s}", "check", d->check, "state", level,
                     "message", message, "cure", cure);
    (void) json_dumpf(line, stdout, JSON_COMPACT);
    (void) putchar('\n');
    json_decref(line);
}


void
doctor_say(doctor_t *d, doctor_level_t level, const char *cure,
    const char *fmt, ...)
{
    char     message[1024], *p;
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);

    /* names and answers are others': no terminal obeys them, JSON takes them */

    gw_utf8_mend(message, strlen(message));
    for (p = message; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *p = ' ';
        } else if ((unsigned char) p[0] == 0xc2 && (unsigned char) p[1] < 0xa0)
        {
            memset(p, ' ', 2);          /* U+0080 to U+009F */
        }
    }

    d->faults += level == DOCTOR_FAULT;
    d->warnings += level == DOCTOR_WARNING;
    d->skipped = d->skipped || level == DOCTOR_SKIPPED;
    doctor_print(d, doctor_levels[level], message, cure);
}


const char *
doctor_path(doctor_t *d, const char *tail, char out[512])
{
    if (gw_conf_path(&d->w->conf, tail, out, 512) != GW_OK) {
        *out = '\0';
    }

    return out;
}


int
doctor_pid(doctor_t *d, const char *name)
{
    int    pid;
    char   tail[64], path[512], text[24] = "";
    FILE  *f;

    (void) snprintf(tail, sizeof(tail), "run/%s.pid", name);
    f = fopen(doctor_path(d, tail, path), "re");
    if (f == NULL) {
        return 0;
    }

    (void) !fgets(text, sizeof(text), f);
    (void) fclose(f);
    pid = (int) strtol(text, NULL, 10);

    return pid > 1 && (kill(pid, 0) == 0 || errno == EPERM) ? pid : 0;
}


static void
doctor_ask(doctor_t *d, const db_query_t *q)
{
    int        i, rc;
    PGresult  *res;

    if (d->db == NULL) {
        doctor_say(d, DOCTOR_SKIPPED, "", "Postgres is not reached");
        return;
    }

    rc = db_run(d->db, q, &(db_args_t) { { d->now }, q->params }, &res);
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        doctor_say(d, strcmp(PQgetvalue(res, i, 0), "fault") == 0
                   ? DOCTOR_FAULT : DOCTOR_WARNING, PQgetvalue(res, i, 2),
                   "%s", PQgetvalue(res, i, 1));
    }

    if (rc != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "bring the database to the schema of this "
                   "program: \"godwit migrate\"", "Postgres does not tell: %s",
                   db_message(res));
    }

    PQclear(res);
}


/* The facts are asked by the role that reads everything. */
static void
doctor_connect(doctor_t *d)
{
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    if (db_open(&d->db, d->w, "gw_backup", &err) != GW_OK) {
        d->db = NULL;
    }
}


static bool
doctor_run(doctor_t *d, const char *only)
{
    bool      any;
    unsigned  i, found;

    for (i = 0, any = false; doctor_checks[i].name != NULL; i++) {
        d->check = doctor_checks[i].name;
        if (only != NULL && strcmp(only, d->check) != 0) {
            continue;
        }

        any = true;
        d->checks++;
        d->skipped = false;
        found = d->faults + d->warnings;

        if (doctor_checks[i].query != NULL) {
            doctor_ask(d, doctor_checks[i].query);
        } else {
            doctor_checks[i].call(d);
        }

        if (d->faults + d->warnings == found && !d->skipped && d->json) {
            doctor_print(d, "ok", "", "");
        }
    }

    return any;
}


int
doctor_command(worker_t *w)
{
    int          i;
    bool         usage;
    doctor_t     d;
    const char  *only = NULL;

    memset(&d, 0, sizeof(d));
    d.w = w;
    gw_clock_print(gw_clock_us(), d.now);

    for (i = 0, usage = false; i < w->argc; i++) {
        if (strcmp(w->argv[i], "--json") == 0) {
            d.json = true;

        } else if (strcmp(w->argv[i], "--only") == 0 && i + 1 < w->argc) {
            only = w->argv[++i];

        } else {
            usage = true;
        }
    }

    if (!usage) {
        doctor_connect(&d);
        usage = !doctor_run(&d, only);
        db_close(d.db);
    }

    if (usage) {
        fputs("usage: godwit doctor [--json] [--only CHECK]; checks are",
              stderr);
        for (i = 0; doctor_checks[i].name != NULL; i++) {
            fprintf(stderr, " %s", doctor_checks[i].name);
        }
        fputs("\n", stderr);
        return 2;
    }

    if (!d.json) {
        printf("%u checks, %u faults, %u warnings\n", d.checks, d.faults,
               d.warnings);
    }

    return d.faults > 0;
}
