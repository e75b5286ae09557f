/* `godwit doctor`: what is wrong with a house, each with its cure. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "worker/db.h"

typedef enum { DOCTOR_FAULT, DOCTOR_WARNING, DOCTOR_SKIPPED } doctor_level_t;

typedef struct {
    worker_t    *w;
    db_t        *db;            /* as gw_backup; NULL: Postgres is away     */
    const char  *check;         /* that runs now                            */
    bool         json;
    bool         skipped;       /* this one could not look                  */
    unsigned     checks, faults, warnings;
    char         now[40];
} doctor_t;

/* One that is found. */
void doctor_say(doctor_t *d, doctor_level_t level, const char *cure,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The path of what lies below <state>; "" when that is too long. */
const char *doctor_path(doctor_t *d, const char *tail, char out[512]);

/* The process that run/NAME.pid names, when it is there; else 0. */
int doctor_pid(doctor_t *d, const char *name);

/* this machine: house.c */
void doctor_folders(doctor_t *d);
void doctor_keys(doctor_t *d);
void doctor_disk(doctor_t *d);
void doctor_roles(doctor_t *d);
void doctor_spool(doctor_t *d);
void doctor_cache(doctor_t *d);
void doctor_host(doctor_t *d);

/* Postgres: base.c; more are statements alone */
void doctor_database(doctor_t *d);
void doctor_migrations(doctor_t *d);

/* the world: outside.c, tls.c */
void doctor_base_url(doctor_t *d);
void doctor_edge(doctor_t *d);
void doctor_certificate(doctor_t *d);
void doctor_resolver(doctor_t *d);
void doctor_mail(doctor_t *d);
void doctor_addresses(doctor_t *d);

/* How long a certificate is good; `what` names it. */
void doctor_expires(doctor_t *d, const char *pem, size_t len,
    const char *what);

#endif
