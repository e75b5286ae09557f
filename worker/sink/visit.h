/* One HTTP request of the crowd, without blocking. */
#ifndef SINK_VISIT_H
#define SINK_VISIT_H

#include <stdbool.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"
#include "worker/loop.h"

typedef struct visit_s  visit_t;

/*
 * status is the reply's, 0 when none came; `sent` tells whether the request
 * may have reached the server (if not, trying again can double nothing).
 */
typedef void (*visit_pt)(void *arg, int status, bool sent);

/*
 * Send a request (a whole one, `Connection: close`) to the loopback address
 * and port of an http URL. GW_EINVAL when the URL is not http to loopback: the
 * crowd never talks to the outside. The visit frees itself after the call.
 */
int visit_start(loop_t *loop, gw_str_t url, const char *method,
    const char *agent, const char *body, visit_pt call, void *arg)
    GW_MUSTCHECK;

/* Is url one that visit_start would take? */
bool visit_allowed(gw_str_t url);

#endif
