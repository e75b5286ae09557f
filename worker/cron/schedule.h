/* Campaigns that are to start now, or to pause. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "worker/db.h"

/* Take up each that is due. GW_EDB; what is wrong with one is logged. */
int schedule_round(db_t *db) GW_MUSTCHECK;

#endif
