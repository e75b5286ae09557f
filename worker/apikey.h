/* `godwit key create|list|revoke`: the keys of the API. */
#ifndef APIKEY_H
#define APIKEY_H

#include "worker/worker.h"

#define APIKEY_USAGE  -1

/*
 * Each takes the words after its own. An exit code: 0, 1 input (a sentence has
 * been said), 3 database away; or APIKEY_USAGE: the words are none of its.
 */
int apikey_create(worker_t *w);     /* prints the key alone          */
int apikey_list(worker_t *w);       /* a key a line, as JSON         */
int apikey_revoke(worker_t *w);     /* within a second on every edge */

#endif
