/*
 * Domains that warm up: campaigns of theirs get parts of a day's ceiling, and
 * wait when there is nothing left of it.
 */
#ifndef WARMUP_H
#define WARMUP_H

#include "worker/mail/mail.h"

/* Ask for more where little is left, once a second and when a campaign is new;
   as db_run. */
int warmup_look(mail_t *m) GW_MUSTCHECK;

#endif
