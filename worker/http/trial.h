/* One request of a template for webhooks, as a test. */
#ifndef TRIAL_H
#define TRIAL_H

#include "worker/jobs/jobs.h"

/*
 * Send what was rendered ({"channel","content","problem"}), signed by the
 * webhook that it names, under an id that is the same at each attempt;
 * job->result is {"status","ms","response"}, status null of a test key.
 */
job_end_e trial_send(job_t *job, const json_t *parts);

#endif
