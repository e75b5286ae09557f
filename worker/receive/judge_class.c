/* What is said of one recipient: which class of the table it is. */
#include <stdio.h>

#include "shm/gw_utf8.h"
#include "worker/receive/judge_parts.h"
#include "worker/receive/phrases.h"

#define JUDGE_WHOLE   (16 * 1024)       /* of a bounce to a single recipient  */
#define JUDGE_PLAIN   4000              /* of a diagnosis                     */
#define JUDGE_NAME    300               /* of a server, or where it may stand */


/* Names of servers and senders that rules ask for, in lower case. */
static void
judge_names(judge_t *j, gw_str_t remote, gw_str_t section, gw_str_t recipient)
{
    size_t    i;
    unsigned  n;
    gw_str_t  name[6] = {
        remote, j->evidence.reporting, j->kind.top.from, j->kind.top.mailer,
        section, recipient
    };

    gw_buf_reset(&j->mta);
    for (n = 0; n < 6; n++) {
        for (i = 0; i < name[n].len && i < JUDGE_NAME; i++) {
            gw_buf_char(&j->mta, name[n].data[i] >= 'A'
                        && name[n].data[i] <= 'Z' ? name[n].data[i] | 0x20
                                                  : name[n].data[i]);
        }
        gw_buf_char(&j->mta, ' ');
    }
}


/* The text of a case in the form of the rules. */
static void
judge_plain(judge_t *j, gw_str_t text, size_t max, rules_case_t *c)
{
    text.len = text.len < max ? text.len : max;
    gw_buf_reset(&j->plain);
    phrases_plain(text, &j->plain);
    c->text = gw_buf_view(&j->plain);
}


static void
judge_reason(verdict_t *v, gw_str_t text)
{
    size_t  i, n;

    text = parse_trim(text);
    for (i = 0, n = 0; i < text.len && n < JUDGE_REASON; i++) {
        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            if (n > 0 && v->reason[n - 1] != ' ') {
                v->reason[n++] = ' ';
            }
        } else {
            v->reason[n++] = (char) text.data[i];
        }
    }

    v->reason[n] = '\0';
    gw_utf8_mend(v->reason, n);
}


/* None, or one that says no more than what it is about, such as 5.0.0. */
static bool
judge_is_general(const char *status)
{
    return status[0] == '\0' || strcmp(status + strlen(status) - 2, ".0") == 0;
}


/*
 * The numbers of a case: those of the reply before those of the report, which
 * often has 5.0.0 for everything.
 */
static void
judge_numbers(rules_case_t *c, gw_str_t said, gw_str_t reported, verdict_t *v)
{
    char  status[12];

    c->code = evidence_code(said);
    evidence_status(said, c->status);
    evidence_status(reported, status);
    if (c->status[0] == '\0'
        || (judge_is_general(c->status) && !judge_is_general(status)))
    {
        (void) snprintf(c->status, sizeof(c->status), "%s", status);
    }

    v->code = v->code > 0 ? v->code : c->code;
    if (judge_is_general(v->status)) {
        (void) snprintf(v->status, sizeof(v->status), "%s", c->status);
    }
}


/*
 * The command that was refused: the reply tells, or what is said to this
 * recipient, or the mail when it is about nobody else.
 */
static unsigned
judge_stage(judge_t *j, const evidence_dsn_t *d, gw_str_t section, bool only,
    rules_case_t *c)
{
    size_t    i;
    unsigned  stage;
    gw_str_t  said[3] = { d->diagnostic, section, only ? j->text : section };

    for (i = 0, stage = RULES_ANY; i < 3 && stage == RULES_ANY; i++) {
        judge_plain(j, said[i], JUDGE_WHOLE, c);
        stage = rules_spoken(j->rules, c->text, evidence_code_at(c->text));
    }

    if (stage == RULES_ANY && d->local) {
        stage = RULES_RCPT;     /* nobody has seen the content yet */
    }

    return stage;
}


/*
 * Order of evidence: what the report says, what the text says to this
 * recipient, what the text says at all; in each of them words before numbers,
 * as the table has them.
 */
static void
judge_class(judge_t *j, verdict_t *v, const evidence_dsn_t *d, bool only)
{
    size_t         i;
    gw_str_t       section, said[5];
    rules_case_t   c;

    memset(&c, 0, sizeof(c));
    section = evidence_section(&j->evidence, gw_str_of(v->recipient));
    judge_names(j, d->remote, section, gw_str_of(v->recipient));
    c.mta = gw_buf_view(&j->mta);

    c.stage = judge_stage(j, d, section, only, &c);
    said[0] = d->category;      /* who sent it has judged it */
    said[1] = d->diagnostic;
    said[2] = section;
    said[3] = only ? j->text : gw_str_make(NULL, 0);
    said[4] = d->status;

    for (i = 0; i < 5 && v->class == NULL; i++) {
        if (said[i].len > 0) {
            judge_numbers(&c, said[i], d->status, v);
            judge_plain(j, said[i], i == 3 ? JUDGE_WHOLE : JUDGE_PLAIN, &c);
            v->class = rules_find(j->rules, &c);
            if (v->reason[0] == '\0' && i > 0) {
                judge_reason(v, said[i]);
            }
        }
    }

    v->class = v->class != NULL ? v->class : rules_refused(j->rules, c.stage);
}


/*
 * 450 4.1.2 is what a server says that has no answer of its own name server:
 * whatever its words are, the next attempt may reach somebody.
 */
static bool
judge_is_temporary(unsigned code, const char *status)
{
    return code > 0 ? code / 100 == 4 : status[0] == '4';
}


bool
verdict_is_hard(const verdict_t *v)
{
    return v->class != NULL && v->class->hard && !v->temporary;
}


unsigned
verdict_suppress(const verdict_t *v)
{
    return v->class == NULL ? RULES_NEVER
           : v->class->suppress == RULES_AT_ONCE && v->temporary
             && v->class->hard ? RULES_NEVER : v->class->suppress;
}


static void
judge_action(judge_t *j, verdict_t *v, gw_str_t action)
{
    if (parse_begins(action, "deliver") || parse_begins(action, "relayed")
        || parse_begins(action, "expanded"))
    {
        v->class = rules_class(j->rules, "delivered");
        return;
    }

    v->delayed = parse_begins(action, "delayed");
    v->temporary = v->delayed || judge_is_temporary(v->code, v->status);
    if (v->class == NULL) {
        v->class = rules_class(j->rules, v->delayed ? "expired" : "undefined");
    }
}


void
judge_verdict(judge_t *j, verdict_t *v, const evidence_dsn_t *d, bool only)
{
    judge_class(j, v, d, only);
    judge_action(j, v, d->action);
}


const rules_class_t *
judge_reply(const rules_t *r, unsigned stage, unsigned code, gw_str_t text)
{
    char                  mem[JUDGE_PLAIN + 2];
    gw_buf_t              plain;
    rules_case_t          c;
    const rules_class_t  *class;

    memset(&c, 0, sizeof(c));
    c.stage = stage;
    c.code = code;
    evidence_status(text, c.status);
    text.len = text.len < JUDGE_PLAIN ? text.len : JUDGE_PLAIN;
    gw_buf_fixed(&plain, mem, sizeof(mem));
    phrases_plain(text, &plain);
    c.text = gw_buf_view(&plain);

    class = rules_find(r, &c);
    class = class != NULL ? class : rules_refused(r, stage);
    return class != NULL
           && !(class->hard && judge_is_temporary(code, c.status))
           ? class : rules_class(r, "undefined");
}
