/*
 * Who signs what: the keys of the domain that a campaign is sent from, of its
 * own workspace and of no other.
 */
#ifndef SIGNING_H
#define SIGNING_H

#include "worker/mail/dkim_pool.h"
#include "worker/mail/mail.h"

/* Bytes that signatures may add to a message. */
#define SIGNING_MAX  (DKIM_KEYS * DKIM_TEXT_MAX)

/* Threads and their event in the loop; signing_stop when nothing is asked. */
int signing_start(mail_t *m) GW_MUSTCHECK;
void signing_stop(mail_t *m);

/*
 * Learn the keys of the campaigns there are, once a second and when there is a
 * new one; until then, and while keys do not open, none of it leaves. GW_EDB,
 * GW_ERROR (logged).
 */
int signing_look(mail_t *m) GW_MUSTCHECK;
void signing_forget(campaign_t *c);

/*
 * Begin to sign the message of an item, if anybody signs for it: text, of
 * which nothing moves before that is done, or signing_end. GW_ENOMEM.
 */
int signing_begin(mail_t *m, item_t *i, gw_str_t text) GW_MUSTCHECK;

/* Is its signature there, if it gets one? */
bool signing_is_done(mail_t *m, const item_t *i);

/*
 * The headers before its message, until signing_end; empty when nobody signs
 * for it. GW_ERROR (logged): its signature failed, so it must not leave.
 */
int signing_text(mail_t *m, const item_t *i, gw_str_t *text) GW_MUSTCHECK;

/* Whatever became of it. */
void signing_end(mail_t *m, item_t *i);

#endif
