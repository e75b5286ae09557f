/* Postgres as the doctor sees it, beyond what a statement can say. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_codec.h"
#include "worker/doctor/doctor.h"
#include "worker/sql_files.h"

#define DOCTOR_SHA  64


void
doctor_database(doctor_t *d)
{
    char          mem[512];
    db_t         *db;
    unsigned      i;
    gw_buf_t      err;

    static const struct {
        const char  *role, *cure;
    } logins[] = {
        { "gw_worker", "see that Postgres runs where the directive "
          "\"database\" says, and that its roles were made: \"godwit migrate "
          "--roles\" prints how" },
        { "gw_backup", "backups and this program ask as that role: the "
          "superuser of Postgres makes it by what \"godwit migrate --roles\" "
          "prints, and pg_ident.conf lets this user be it" }
    };

    for (i = 0; i < sizeof(logins) / sizeof(logins[0]); i++) {
        gw_buf_fixed(&err, mem, sizeof(mem) - 1);
        db = NULL;
        if (db_open(&db, d->w, logins[i].role, &err) != GW_OK) {
            doctor_say(d, DOCTOR_FAULT, logins[i].cure, "%s", gw_buf_c(&err));
            return;
        }
        db_close(db);
    }
}


static const char *
doctor_known(const PGresult *res, const char *name)
{
    int  i;

    for (i = 0; i < PQntuples(res); i++) {
        if (strcmp(PQgetvalue(res, i, 0), name) == 0) {
            return PQgetvalue(res, i, 1);
        }
    }

    return NULL;
}


/* How many of these files the database does not have as they are here. */
static unsigned
doctor_behind(const PGresult *res, const char *folder, const sql_file_t *f)
{
    char           name[160], hex[DOCTOR_SHA + 1];
    unsigned       n;
    const char    *known;
    unsigned char  md[EVP_MAX_MD_SIZE];

    for (n = 0; f->name != NULL; f++) {
        (void) snprintf(name, sizeof(name), "%s/%s", folder, f->name);
        known = doctor_known(res, name);

        if (EVP_Digest(f->text, f->len, md, NULL, EVP_sha256(), NULL) != 1) {
            continue;
        }

        gw_hex_encode((unsigned char *) hex, md, DOCTOR_SHA / 2);
        hex[DOCTOR_SHA] = '\0';
        n += known == NULL || strcmp(known, hex) != 0;
    }

    return n;
}


void
doctor_migrations(doctor_t *d)
{
    int                rc, i;
    unsigned           behind, files;
    PGresult          *res;
    const sql_file_t  *f;

    if (d->db == NULL) {
        doctor_say(d, DOCTOR_SKIPPED, "", "Postgres is not reached");
        return;
    }

    rc = db_run(d->db, &Q_DOCTOR_MIGRATIONS, NULL, &res);
    if (rc != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "make its tables: \"godwit migrate\"",
                   "the database has no schema of godwit");
        PQclear(res);
        return;
    }

    behind = doctor_behind(res, "migrations", sql_migrations);
    files = doctor_behind(res, "functions", sql_functions)
            + doctor_behind(res, "api", sql_api);
    if (behind + files > 0) {
        doctor_say(d, DOCTOR_FAULT, "run \"godwit migrate\", reload nginx, "
                   "start the worker anew", "the database is behind this "
                   "program by %u migrations and %u files of functions",
                   behind, files);
    }

    for (i = 0; i < PQntuples(res); i++) {
        if (strncmp(PQgetvalue(res, i, 0), "migrations/", 11) != 0) {
            continue;
        }

        for (f = sql_migrations; f->name != NULL
             && strcmp(f->name, PQgetvalue(res, i, 0) + 11) != 0; f++)
        {
            /* the next */
        }

        if (f->name == NULL) {
            doctor_say(d, DOCTOR_FAULT, "run the newer godwit",
                       "the database has %s, which this program does not "
                       "know", PQgetvalue(res, i, 0));
        }
    }

    PQclear(res);
}
