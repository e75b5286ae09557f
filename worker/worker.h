/* What every role and command of the program is given. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>

#include "shm/gw_conf.h"
#include "worker/log.h"

typedef struct {
    gw_conf_t    conf;
    const char  *conf_path;
    const char  *role;
    bool         once;          /* do what is due, then return: tests        */
    int          argc;          /* words after the command; argv[-1] is it, */
    char       **argv;          /* so getopt takes argc + 1, argv - 1       */
} worker_t;

/* A role runs until SIGTERM (or until idle with `once`); 0, or an exit code. */
typedef int (*role_pt)(worker_t *w);

int ingest_role(worker_t *w);
int cache_role(worker_t *w);
int mail_role(worker_t *w);
int cron_role(worker_t *w);
int jobs_role(worker_t *w);
int segments_role(worker_t *w);
int http_role(worker_t *w);
int receive_role(worker_t *w);

/* Commands; the exit code is returned: 0, 1 input, 2 usage, 3 database away. */
int supervise_command(worker_t *w);
int migrate_command(worker_t *w);
int call_command(worker_t *w);
int contract_command(worker_t *w);  /* check it, print it as OpenAPI */
int import_command(worker_t *w);
int liquid_command(worker_t *w);
int predicate_command(worker_t *w);
int sms_command(worker_t *w);
int schema_command(worker_t *w);
int bounce_command(worker_t *w);    /* judge mails: JSON lines      */
int classify_command(worker_t *w);  /* who was it? JSON lines        */
int stats_command(worker_t *w);     /* of experiments: JSON lines    */
int sink_command(worker_t *w);
int spool_command(worker_t *w);     /* spool dump FILE: JSON lines   */
int cache_command(worker_t *w);     /* cache get|stat                */
int journal_command(worker_t *w);   /* journal dump: JSON lines      */
int dns_command(worker_t *w);       /* ask the name servers       */
int token_command(worker_t *w);     /* sign or read a token         */
int key_command(worker_t *w);       /* keys of the API, of tokens    */
int user_command(worker_t *w);      /* who may log in                */
int roles_command(worker_t *w);     /* role x operation              */
int quota_command(worker_t *w);     /* what workspaces may use       */
int audit_command(worker_t *w);     /* verify the chains, heads      */
int backup_command(worker_t *w);    /* all that must survive, apart  */
int restore_command(worker_t *w);   /* into an empty database        */
int top_command(worker_t *w);       /* what goes on, in a terminal   */
int doctor_command(worker_t *w);    /* what is wrong, and its cure   */

/*
 * A crash point: when the environment variable GODWIT_CRASH equals name the
 * process kills itself with SIGKILL here; NAME:3 means the third time it comes
 * by. Free when the variable is not set.
 */
void worker_crash_point(const char *name);

/* For who starts processes: it is for one crash, not one after the other. */
void worker_crash_off(void);

#endif
