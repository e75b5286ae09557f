/* Opens and clicks that came a moment ago are judged together. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "worker/db.h"
#include "worker/ingest/classify.h"

typedef struct {
    classify_rules_t  *rules;           /* NULL: not read yet              */
    bool               wrong;           /* they are, which was said        */
} verdicts_t;

/*
 * Judge what is due, for about half a second; *more: there is more. GW_OK also
 * when the table of rules is wrong; GW_EDB, GW_ERROR, GW_ENOMEM.
 */
int verdicts_round(verdicts_t *v, const worker_t *w, db_t *db, bool *more)
    GW_MUSTCHECK;
void verdicts_free(verdicts_t *v);

#endif
