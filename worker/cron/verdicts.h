/* Opens and clicks that came a moment ago are judged together. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "worker/db.h"
#include "worker/ingest/verdict.h"

typedef struct {
    classify_rules_t  *rules;           /* NULL: not read yet              */
    bool               wrong;           /* they are, which was said        */
} verdicts_t;

/*
 * Give n events of a campaign the class and the reason that they shall have,
 * and the roll-ups with them, inside the caller's transaction. GW_OK, GW_EDB,
 * GW_ERROR, GW_EAGAIN, GW_ENOMEM.
 */
int verdicts_change(db_t *db, const char *tenant, const char *campaign,
    const verdict_event_t *e, unsigned n) GW_MUSTCHECK;

/*
 * Judge what is due, for about half a second; *more: there is more. GW_OK also
 * when the table of rules is wrong; GW_EDB, GW_ERROR, GW_ENOMEM.
 */
int verdicts_round(verdicts_t *v, const worker_t *w, db_t *db, bool *more)
    GW_MUSTCHECK;
void verdicts_free(verdicts_t *v);

#endif
