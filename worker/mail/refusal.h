/* What a refusal says of the recipient: the table of bounces, asked at once. */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "worker/mail/mail.h"
#include "worker/mail/reply.h"

/* Load the table of bounce_rules, in the place of the one before; err. */
int refusal_load(mail_t *m, gw_buf_t *err) GW_MUSTCHECK;
void refusal_free(mail_t *m);

/*
 * The reason of a recipient who was refused with 5xx at a stage (RULES_RCPT...)
 * into mem: `the address is dead: CLASS` for one that mail is to stop to, as
 * godwit.suppress_dead knows it, or `the server refused it: CLASS`.
 */
void refusal_reason(const mail_t *m, unsigned stage, const reply_t *r,
    char mem[80]);

#endif
