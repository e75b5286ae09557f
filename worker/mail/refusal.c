/* What a refusal says of the recipient: the table of bounces, asked at once. */
#include "worker/mail/refusal.h"

#include <stdio.h>

#include "worker/receive/judge.h"


int
refusal_load(mail_t *m, gw_buf_t *err)
{
    int       rc;
    rules_t  *rules;

    rc = rules_load(&rules, (char *) m->w->conf.bounce_rules.data, err);
    if (rc == GW_OK) {
        rules_free(m->bounces);
        m->bounces = rules;
    }

    return rc;
}


void
refusal_free(mail_t *m)
{
    rules_free(m->bounces);
    m->bounces = NULL;
}


void
refusal_reason(const mail_t *m, unsigned stage, const reply_t *r, char mem[80])
{
    const rules_class_t  *class;

    class = judge_reply(m->bounces, stage, r->code,
                        gw_str_make(r->text, r->len));
    (void) snprintf(mem, 80, "%s: %s", class->suppress == RULES_AT_ONCE
                    ? "the address is dead" : "the server refused it",
                    class->name);
}
