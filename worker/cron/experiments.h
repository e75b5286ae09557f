/* Experiments of campaigns that have gone out: are they decided? */
#ifndef EXPERIMENTS_H
#define EXPERIMENTS_H

#include "worker/db.h"

/* Look at each of them. GW_EDB; what is wrong with one is logged. */
int experiments_round(db_t *db) GW_MUSTCHECK;

#endif
