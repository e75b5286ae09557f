/* Messages to one address: claimed of mail_queue, sent as they are. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "worker/mail/mail.h"

/* The tenant of messages that are no workspace's: nobody's suppressions. */
#define MESSAGE_HOUSE  0

/* Claim messages that are due and make them ready; GW_EDB. */
int message_claim(mail_t *m) GW_MUSTCHECK;

/* Compose the message of an item. GW_EINVAL: its reason is set. */
int message_render(mail_t *m, item_t *i, gw_buf_t *out) GW_MUSTCHECK;

/*
 * Does a suppression, by the first letter of its reason, stop it? As
 * godwit.stops_messages has it.
 */
bool message_is_stopped(unsigned char reason);

#endif
