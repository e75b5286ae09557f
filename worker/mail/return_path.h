/* The envelope sender of a mail: where it comes back to. */
#ifndef RETURN_PATH_H
#define RETURN_PATH_H

#include "worker/mail/mail.h"

#define RETURN_PATH_MAX  320

/*
 * An address for the recipient, which does what its token says, in mem: of
 * bounce_domain (GW_TOKEN_RETURN, GW_TOKEN_UNSUBSCRIBE), the house's or of the
 * domain that it is sent from, or of reply_domain (GW_TOKEN_REPLY); NULL
 * without that domain.
 */
const char *return_name(const mail_t *m, const item_t *i, unsigned what,
    char mem[RETURN_PATH_MAX]);

/*
 * An address of bounce_domain that names the recipient, signed; the sender of
 * the campaign when there is no such domain. NUL-terminated, in mem or of the
 * campaign.
 */
const char *return_path(const mail_t *m, const item_t *i,
    char mem[RETURN_PATH_MAX]);

#endif
