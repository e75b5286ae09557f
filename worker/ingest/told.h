/* Opens and clicks of a batch, told to who listens at /api/v1/live. */
#ifndef TOLD_H
#define TOLD_H

#include "worker/ingest/batch.h"

/* What the campaigns of a batch that is committed grew by is noted. */
void told_note(const batch_t *b);

#endif
