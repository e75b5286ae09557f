/* The methods of `godwit stats`: a line in, a document out. */
#ifndef STATS_METHODS_H
#define STATS_METHODS_H

#include "worker/stats/input.h"

/* The answer, the caller's; NULL when in->why says what is wrong. */
typedef json_t *(*method_pt)(input_t *in);

typedef struct {
    const char  *name;
    method_pt    call;
} method_t;

extern const method_t  method_rows[];       /* ended by a NULL name         */

/* {"paths","model"?,...}: the credit of channels (touches.c). */
json_t *method_attribution(input_t *in);

/*
 * {"steps","window"?,"mode"?,"exclude"?,"events"}: how many people came how far
 * (people.c).
 */
json_t *method_funnel(input_t *in);

/* {"rule","arms",...}: is it decided? (verdict.c) */
json_t *method_verdict(input_t *in);

#endif
