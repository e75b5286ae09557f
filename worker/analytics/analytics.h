/*
 * Numbers that take time: roll-ups of campaigns (the operation analytics_roll),
 * and reports over what is stored (analytics_report), each one pass over rows
 * that Postgres streams.
 */
#ifndef ANALYTICS_H
#define ANALYTICS_H

#include <stdint.h>

#include "worker/jobs/jobs.h"

/* ---- rows (scan.c) ---- */

#define SCAN_COLUMNS  4
#define SCAN_NULL     INT64_MIN

/*
 * A row of whole numbers; times are microseconds. GW_ENOMEM and GW_EFULL end
 * the scan as report_full does.
 */
typedef int (*scan_row_pt)(void *arg, const int64_t *v);

/*
 * Run the statement, which is a COPY to stdout in binary form of up to
 * SCAN_COLUMNS columns of 2, 4 or 8 bytes, and call for each row. JOB_GO at
 * its end; JOB_AGAIN when the database went away; JOB_FAILED: job->why.
 */
job_end_e scan_copy(job_t *job, const char *copy, scan_row_pt call, void *arg);

/* ---- reports: about is {"since","until",...} of godwit.report_begin ---- */

/* The result, the caller's; or NULL and how it ended. */
typedef json_t *(*report_pt)(job_t *job, const json_t *about, job_end_e *end);

json_t *report_attribution(job_t *job, const json_t *about, job_end_e *end);
json_t *report_funnel(job_t *job, const json_t *about, job_end_e *end);

/* It is refused: by a sentence; it does not fit into memory; it takes long. */
job_end_e report_refuse(job_t *job, const char *why);
job_end_e report_full(job_t *job);
job_end_e report_slow(job_t *job);

/*
 * Ask for one text by a document, as the caller's result; NULL and *end when
 * it could not be asked.
 */
PGresult *report_ask(job_t *job, const db_query_t *q, const json_t *about,
    job_end_e *end);

#endif
