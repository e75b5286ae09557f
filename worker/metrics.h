/*
 * What a role tells of itself, in the text format of Prometheus: the file
 * <state>/run/ROLE.metrics, which the edge puts behind its own /metrics. It is
 * replaced as a whole, at most once a second, and gone after a clean end.
 *
 * Names are godwit_ROLE_..., so that no two roles say the same; units stand in
 * them (_seconds, _total). Words of labels come from a small set that we know.
 */
#ifndef METRICS_H
#define METRICS_H

#include "worker/worker.h"

typedef struct {
    gw_buf_t  text;
    int64_t   at_ms;
    bool      said;             /* that it cannot be written */
} metrics_t;

/* Zeroed before the first. Is it time? Then what is told comes anew. */
bool metrics_due(metrics_t *m);

/* The next is told: name, type (gauge, counter), help; its values follow. */
void metrics_about(metrics_t *m, const char *name, const char *type,
    const char *help);

/* A value of name; label NULL: without one. word is plain text of ours. */
void metrics_put(metrics_t *m, const char *name, const char *label,
    const char *word, int64_t value);

/* The same of milliseconds, as seconds. */
void metrics_time(metrics_t *m, const char *name, const char *label,
    const char *word, int64_t ms);

/* Write all; a failure is logged once. */
void metrics_write(metrics_t *m, const worker_t *w);

/* The role ends: nobody reads old numbers. */
void metrics_end(metrics_t *m, const worker_t *w);

#endif
