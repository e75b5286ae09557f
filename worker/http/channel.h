/* The channel `webhook` at the end of the role. */
#ifndef HTTP_CHANNEL_H
#define HTTP_CHANNEL_H

#include "worker/mail/mail.h"

/* Behind the campaigns, before the loop. */
void webhooks_free(mail_t *m);

#endif
