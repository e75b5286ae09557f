/* The policy of a recipient: what his row says, and once more at the wire. */
#ifndef POLICY_H
#define POLICY_H

#include "worker/campaign/campaign.h"

typedef enum {
    POLICY_MAY, POLICY_REFUSES, POLICY_PUTS_OFF
} policy_t;

/*
 * What Postgres has decided of an item, out of its row; the steps are in
 * sql/functions/policy.sql. True: i->state and i->reason say what becomes of
 * it, one that is put off waits until i->due_us. False: it may be sent, until
 * i->until_us when that is not 0.
 */
bool policy_read(item_t *i);

/*
 * What has changed since, just before its envelope: a suppression, the hour.
 * Unless it may go, the reason is a static word, the same as at the claim; one
 * that is put off is to be claimed again, which tells until when.
 */
policy_t policy_again(mail_t *m, item_t *i, const char **reason);

#endif
