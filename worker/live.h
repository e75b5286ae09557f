/*
 * Telling the edge what happens, for those who listen at /api/v1/live: lossy,
 * and never a wait. What has not gone out is added up meanwhile, so that a
 * thing is told of four times a second at most.
 */
#ifndef LIVE_H
#define LIVE_H

#include "worker/worker.h"

#define LIVE_NUMBERS  8

/* What is told of; its numbers. */
typedef struct {
    const char  *type;
    const char  *topic;                     /* the id stands behind it       */
    const char  *names[LIVE_NUMBERS + 1];   /* ended by NULL                 */
    bool         sum;                       /* they say what is new; else
                                               what it is now                */
} live_kind_t;

extern const live_kind_t  live_campaign_changed;
extern const live_kind_t  live_campaign_progress;   /* as servers say it */
extern const live_kind_t  live_campaign_sent;       /* as it is stored   */
extern const live_kind_t  live_campaign_engaged;
extern const live_kind_t  live_import_changed;
extern const live_kind_t  live_import_progress;
extern const live_kind_t  live_operation_changed;
extern const live_kind_t  live_operation_progress;

/* Note it, with a number for each name (NULL where there are none). */
void live_note(const live_kind_t *kind, int64_t tenant, int64_t id,
    const int64_t *numbers);

/* Tell what was noted, unless it has just been done; often called. */
void live_turn(const worker_t *w);

/* Tell it now: this process ends. */
void live_end(const worker_t *w);

#endif
