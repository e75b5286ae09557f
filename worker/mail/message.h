/* Messages to one address: claimed of mail_queue, sent as they are. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include "worker/mail/mail.h"

/* Claim messages that are due and make them ready; GW_EDB. */
int message_claim(mail_t *m) GW_MUSTCHECK;

/* Compose the message of an item. GW_EINVAL: its reason is set. */
int message_render(mail_t *m, item_t *i, gw_buf_t *out) GW_MUSTCHECK;

#endif
