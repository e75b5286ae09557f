/* Where the house is: its configuration file, found and read. */
#ifndef HOUSE_H
#define HOUSE_H

#include "worker/worker.h"

#define HOUSE_PATH_MAX  512

/*
 * Read the configuration into w->conf: `-c FILE`, else
 * $GODWIT_STATE/conf/godwit.conf, else var/conf/godwit.conf. GW_EINVAL with
 * one sentence in err. w->conf_path is set, also on failure.
 */
int house_open(worker_t *w, const char *file, gw_buf_t *err) GW_MUSTCHECK;

/*
 * Are the tables that the configuration names, those of conf.d, right?
 * GW_EINVAL and one sentence with file and line in err, or GW_ENOMEM.
 */
int house_tables(const gw_conf_t *conf, gw_buf_t *err) GW_MUSTCHECK;

/*
 * Read the file of w anew, and its tables. When something is wrong that is
 * logged, GW_EINVAL returned and w->conf stays; else the new one is in conf.
 */
int house_again(const worker_t *w, gw_conf_t *conf) GW_MUSTCHECK;

/* The state folder: GODWIT_STATE, else var, or /var/lib/godwit for root. */
const char *house_state(void);

#endif
