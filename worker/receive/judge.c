/* What a mail that came in is, and what it says of whom. */
#include "worker/receive/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_utf8.h"
#include "worker/receive/judge_parts.h"
#include "worker/receive/plain.h"


judge_t *
judge_create(const rules_t *r)
{
    judge_t  *j;

    j = calloc(1, sizeof(judge_t));
    if (j == NULL) {
        return NULL;
    }

    j->rules = r;
    decode_init(&j->decode);
    gw_buf_init(&j->texts, JUDGE_TEXTS);
    gw_buf_init(&j->fields, JUDGE_TEXTS);
    gw_buf_init(&j->a, JUDGE_TEXTS);
    gw_buf_init(&j->b, JUDGE_TEXTS);
    gw_buf_init(&j->plain, JUDGE_TEXTS);
    gw_buf_init(&j->mta, JUDGE_TEXTS);
    j->parse = parse_create();
    if (j->parse == NULL) {
        judge_free(j);
        return NULL;
    }

    return j;
}


void
judge_free(judge_t *j)
{
    if (j == NULL) {
        return;
    }

    parse_free(j->parse);
    decode_free(&j->decode);
    gw_buf_free(&j->texts);
    gw_buf_free(&j->fields);
    gw_buf_free(&j->a);
    gw_buf_free(&j->b);
    gw_buf_free(&j->plain);
    gw_buf_free(&j->mta);
    free(j);
}


const parse_t *
judge_parsed(const judge_t *j)
{
    return j->parse;
}


bool
judge_is_letter(const judge_t *j)
{
    kind_t  k;

    k = j->kind;
    k.re = true;
    return kind_else(&k) == JUDGE_REPLY;
}


const char *
judge_kind(unsigned kind)
{
    static const char  *names[] = {
        "bounce", "complaint", "auto_reply", "reply", "other"
    };

    return names[kind];
}


/* Its text; the HTML itself too when it is none or hides the address. */
static void
judge_html(judge_t *j, const part_t *p)
{
    bool      whole;
    size_t    from;
    gw_str_t  html;

    gw_buf_reset(&j->a);
    decode_body(&j->decode, p, JUDGE_TEXT, &j->a);
    html = gw_buf_view(&j->a);
    from = j->texts.len;
    whole = plain_html(html, &j->texts);
    if (!whole || j->texts.len == from
        || memchr(j->texts.data + from, '@', j->texts.len - from) == NULL)
    {
        gw_buf_str(&j->texts, html);
    }
    gw_buf_char(&j->texts, '\n');
}


/* The reports, then the texts that people read, of all that is not returned. */
static void
judge_read(judge_t *j)
{
    unsigned       i;
    bool           plain;
    const part_t  *p;

    gw_buf_reset(&j->texts);
    gw_buf_reset(&j->fields);
    j->out.returned = gw_str_make(NULL, 0);

    for (i = 0, plain = false; i < j->parse->n; i++) {
        p = &j->parse->part[i];
        if (p->returned) {
            if (j->out.returned.len == 0) {
                j->out.returned = p->head;
            }
        } else if (parse_type(p, "message/")
                   && !parse_type(p, "message/rfc822"))
        {
            decode_body(&j->decode, p, JUDGE_TEXT, &j->fields);
            gw_buf_cstr(&j->fields, "\n\n");
        } else if (parse_type(p, "text/html")) {
            if (!plain) {
                judge_html(j, p);
            }
        } else if (parse_type(p, "text/")) {
            decode_body(&j->decode, p, JUDGE_TEXT, &j->texts);
            gw_buf_char(&j->texts, '\n');
            plain |= parse_type(p, "text/plain");
        }
    }
}


/* Read what a bounce says: fields of its reports, sections of its text. */
static void
judge_collect(judge_t *j)
{
    gw_str_t  rest;

    j->evidence.dsns = 0;
    j->evidence.sections = 0;
    j->evidence.reporting = gw_str_make(NULL, 0);
    j->text = gw_buf_view(&j->texts);

    evidence_report(&j->evidence, gw_buf_view(&j->fields));
    evidence_sections(&j->evidence, j->rules, &j->text, &rest);
    if (j->evidence.dsns == 0 && j->text.len > 0
        && memmem(j->text.data, j->text.len, "ecipient:", 9) != NULL)
    {
        evidence_report(&j->evidence, j->text);
    }

    if (j->out.returned.len == 0) {
        j->out.returned = rest;
    }
}


static void
judge_address(char to[EVIDENCE_ADDRESS + 1], gw_str_t address)
{
    if (address.len > 0) {
        (void) snprintf(to, EVIDENCE_ADDRESS + 1, "%.*s",
                        (int) (address.len < EVIDENCE_ADDRESS
                               ? address.len : EVIDENCE_ADDRESS),
                        (char *) address.data);
        gw_utf8_mend(to, strlen(to));
    }
}


/* The verdict of one more recipient; the last one's when there are too many. */
static verdict_t *
judge_one(judge_t *j, gw_str_t address)
{
    verdict_t  *v;

    j->out.n += j->out.n < EVIDENCE_RECIPIENTS;
    v = &j->out.v[j->out.n - 1];
    memset(v, 0, sizeof(verdict_t));
    judge_address(v->recipient, address);
    return v;
}


/* One more that failed; d without fields when there is no report of it. */
static void
judge_add(judge_t *j, gw_str_t address, const evidence_dsn_t *d, bool only)
{
    judge_verdict(j, judge_one(j, address), d, only);
}


/* A field such as X-Failed-Recipients: an address after the other. */
static unsigned
judge_listed(judge_t *j, gw_str_t list, bool count, bool only)
{
    unsigned        n;
    gw_str_t        a;
    evidence_dsn_t  none;

    memset(&none, 0, sizeof(none));
    for (n = 0; ; n++) {
        a = evidence_address(list);
        if (a.len == 0) {
            return n;
        }
        if (!count) {
            judge_add(j, a, &none, only);
        }
        list.len -= (size_t) (a.data + a.len - list.data);
        list.data = a.data + a.len;
    }
}


/* A section's address that failed, not the one the mail is about. */
static bool
judge_is_failed(judge_t *j, unsigned n)
{
    unsigned  i;
    gw_str_t  a, to;

    a = j->evidence.section[n].address;
    to = evidence_address(j->kind.top.to);
    if (gw_str_eq(a, to) && j->evidence.sections > 1) {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (gw_str_eq(a, j->evidence.section[i].address)) {
            return false;
        }
    }

    return true;
}


/* No report: whom does the text name? */
static void
judge_named(judge_t *j)
{
    bool            only;
    unsigned        i, n;
    gw_str_t        a, text;
    evidence_dsn_t  none;

    memset(&none, 0, sizeof(none));
    n = judge_listed(j, j->kind.top.failed, true, false);
    if (n > 0) {
        (void) judge_listed(j, j->kind.top.failed, false, n == 1);
        return;
    }

    for (i = 0, n = 0; i < j->evidence.sections; i++) {
        n += judge_is_failed(j, i);
    }

    only = n == 1;
    for (i = 0; n > 0 && i < j->evidence.sections; i++) {
        if (judge_is_failed(j, i)) {
            judge_add(j, j->evidence.section[i].address, &none, only);
        }
    }

    if (n > 0) {
        return;
    }

    text = j->text;
    for (a = evidence_address(text);
         a.len > 0 && gw_str_eq(a, evidence_address(j->kind.top.to)); )
    {
        text.len -= (size_t) (a.data + a.len - text.data);
        text.data = a.data + a.len;
        a = evidence_address(text);
    }

    if (a.len == 0) {
        a = evidence_address(parse_find(j->out.returned, "to"));
    }
    judge_add(j, a, &none, true);
}


/* Who a record of a report is about: what looks like an address. */
static gw_str_t
judge_recipient(judge_t *j, const evidence_dsn_t *d)
{
    gw_str_t  a;

    a = evidence_address(d->recipient);
    if (a.len == 0 || d->recipient.data[0] == '|'
        || d->recipient.data[0] == '/')
    {
        a = evidence_address(d->original.len > 0 ? d->original
                                                 : j->kind.top.failed);
    }

    return a.len > 0 ? a : d->recipient;
}


static void
judge_bounce(judge_t *j)
{
    bool        delivered;
    unsigned    i, n;

    n = j->evidence.dsns;
    for (i = 0; i < n; i++) {
        judge_add(j, judge_recipient(j, &j->evidence.dsn[i]),
                  &j->evidence.dsn[i], n == 1);
        judge_address(j->out.v[j->out.n - 1].original,
                      evidence_address(j->evidence.dsn[i].original));
    }

    if (n == 0) {
        judge_named(j);
    }

    j->out.kind = JUDGE_BOUNCE;
    for (i = 0, delivered = true; i < j->out.n; i++) {
        delivered &= strcmp(j->out.v[i].class->name, "delivered") == 0;
    }
    if (delivered) {
        j->out.kind = JUDGE_OTHER;
    }
}


/* A report of a feedback loop (RFC 5965): some are of viruses, or of DKIM. */
static void
judge_feedback(judge_t *j)
{
    gw_str_t   fields, a, type;
    verdict_t  *v;

    fields = gw_buf_view(&j->fields);
    a = evidence_address(parse_find(fields, "original-rcpt-to"));
    if (a.len == 0) {
        a = evidence_address(parse_find(fields, "removal-recipient"));
    }
    if (a.len == 0) {
        a = evidence_address(parse_find(j->out.returned, "to"));
    }

    type = parse_find(fields, "feedback-type");
    j->out.kind = type.len == 0 || parse_begins(type, "abuse")
                  || parse_begins(type, "fraud")
                  || parse_begins(type, "opt-out")
                  || parse_begins(type, "complaint")
                  ? JUDGE_COMPLAINT : JUDGE_OTHER;
    v = judge_one(j, a);
    v->class = rules_class(j->rules, "feedback");
    (void) snprintf(v->reason, sizeof(v->reason), "%.*s",
                    (int) (type.len < 40 ? type.len : 40), type.len > 0
                    ? (char *) type.data : "");
    gw_utf8_mend(v->reason, strlen(v->reason));
}


/* Whoever wrote it is the one it is about. */
static void
judge_letter(judge_t *j)
{
    verdict_t  *v;

    j->out.kind = kind_else(&j->kind);
    v = judge_one(j, evidence_address(j->kind.top.from));
    v->class = j->out.kind == JUDGE_AUTO ? rules_class(j->rules, "vacation")
                                         : NULL;
}


/* Do the words of what may be a bounce say that something failed? */
static bool
judge_says_so(judge_t *j)
{
    unsigned  i;

    if (j->evidence.dsns > 0 || j->kind.marks & RULES_FAILED) {
        return true;
    }

    for (i = 0; i < j->out.n; i++) {
        if (strcmp(j->out.v[i].class->name, "undefined") != 0) {
            return true;
        }
    }

    return false;
}


int
judge_mail(judge_t *j, gw_str_t mail, const judged_t **out)
{
    int  rc;

    rc = parse_mail(j->parse, mail);
    if (rc != GW_OK) {
        return rc;
    }

    j->decode.opens = 0;
    j->out.n = 0;
    kind_read(&j->kind, j->parse, j->rules, &j->decode, &j->a, &j->b);
    judge_read(j);

    if (j->kind.feedback) {
        judge_feedback(j);
    } else if (kind_is_bounce(&j->kind) || kind_may_bounce(&j->kind)) {
        judge_collect(j);
        judge_bounce(j);
        if (!kind_is_bounce(&j->kind) && !judge_says_so(j)) {
            j->out.n = 0;
            judge_letter(j);
        }
    } else {
        judge_letter(j);
    }

    *out = &j->out;
    return GW_OK;
}
