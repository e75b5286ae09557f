/* The SMTP client: connections to servers and their pipelines. */
#ifndef SMTP_H
#define SMTP_H

#include "worker/mail/mail.h"

#define SMTP_KEEP  (1024 * 1024)    /* of a buffer, when its mail has left */

/*
 * Load certificates and password, err on failure; begin to resolve the smart
 * host. Without one it is what the sites of mail exchangers are made from.
 */
int smtp_create(smtp_t **out, mail_t *m, gw_buf_t *err) GW_MUSTCHECK;
void smtp_free(smtp_t *s);

/*
 * The settings of m are new: *s becomes a client that has them. What the one
 * before has begun it ends itself, meanwhile it belongs to the new one; the
 * calls below are for both. As smtp_create; on an error *s stays.
 */
int smtp_renew(smtp_t **s, mail_t *m, gw_buf_t *err) GW_MUSTCHECK;

/* Where what goes to the smart host waits. */
gate_t *smtp_gate(smtp_t *s);

/* Give work to idle connections, open more when there is more to do. */
void smtp_feed(smtp_t *s);

/* Write what connections have to say; after the journal. */
void smtp_flush(smtp_t *s);

/* More of the journal is on disk: messages that waited for it go on. */
void smtp_synced(smtp_t *s);

/* Items handed over and not decided yet. */
unsigned smtp_busy(const smtp_t *s);

/* Finish what is under way, take nothing new. */
void smtp_drain(smtp_t *s);

#endif
