/* What a bounce says, recipient by recipient, before anybody judges it. */
#include "worker/receive/evidence.h"

#include <stddef.h>
#include <stdio.h>

#include "worker/receive/phrases.h"

#define EVIDENCE_LINE  400              /* bytes of a line that are looked at */

static const struct {
    const char  *name;
    size_t       field;
} evidence_fields[] = {
    { "final-recipient", offsetof(evidence_dsn_t, recipient) },
    { "original-recipient", offsetof(evidence_dsn_t, original) },
    { "action", offsetof(evidence_dsn_t, action) },
    { "status", offsetof(evidence_dsn_t, status) },
    { "diagnostic-code", offsetof(evidence_dsn_t, diagnostic) },
    { "remote-mta", offsetof(evidence_dsn_t, remote) },
    { "x-powermta-bouncecategory", offsetof(evidence_dsn_t, category) },
    { NULL, 0 }
};


static bool
evidence_is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}


static bool
evidence_is_letter(unsigned char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}


/* May it stand in an address? No quotes, nothing that ends one in a text. */
static bool
evidence_is_atom(unsigned char c)
{
    return c > ' ' && strchr("<>()[]\\,;:\"'@", c) == NULL && c != 0x7f;
}


gw_str_t
evidence_address(gw_str_t text)
{
    unsigned char  *at, *from, *to, *end;

    if (text.len == 0) {
        return gw_str_make(NULL, 0);
    }

    end = text.data + text.len;
    for (at = text.data; at < end; at++) {
        at = memchr(at, '@', (size_t) (end - at));
        if (at == NULL) {
            break;
        }

        from = at;
        while (from > text.data && at - from < 65
               && evidence_is_atom(from[-1]))
        {
            from--;
        }

        to = at + 1;
        while (to < end && to - at < 256 && evidence_is_atom(*to)) {
            to++;
        }

        while (to > at + 1 && (to[-1] == '.' || to[-1] == '*')) {
            to--;
        }
        while (from < at && (*from == '*' || *from == '.')) {
            from++;
        }

        if (from < at && to > at + 1 && at - from <= 64) {
            return gw_str_make(from, (size_t) (to - from));
        }
    }

    return gw_str_make(NULL, 0);
}


/* `smtp; 550 ...`: what is behind the type, when there is one. */
static gw_str_t
evidence_untyped(gw_str_t v)
{
    size_t  i;

    for (i = 0; i < v.len && i < 24 && v.data[i] != ' '; i++) {
        if (v.data[i] == ';') {
            return parse_trim(gw_str_make(v.data + i + 1, v.len - i - 1));
        }
    }

    return v;
}


static void
evidence_field(evidence_t *e, evidence_dsn_t *d, gw_str_t name, gw_str_t v)
{
    size_t     i;
    gw_str_t  *to;

    if (gw_str_same(name, "reporting-mta") && e->reporting.len == 0) {
        e->reporting = evidence_untyped(v);
        return;
    }

    for (i = 0; evidence_fields[i].name != NULL; i++) {
        if (gw_str_same(name, evidence_fields[i].name)) {
            to = (gw_str_t *) ((char *) d + evidence_fields[i].field);
            if (to->len == 0) {
                *to = evidence_untyped(v);
                d->local |= to == &d->diagnostic && to->len < v.len
                            && !parse_begins(v, "smtp");
            }
            return;
        }
    }
}


/* Keep a recipient that is whole; begin another. */
static void
evidence_keep(evidence_t *e, evidence_dsn_t *d)
{
    if (d->recipient.len > 0 && e->dsns < EVIDENCE_RECIPIENTS) {
        e->dsn[e->dsns++] = *d;
    }

    memset(d, 0, sizeof(evidence_dsn_t));
}


void
evidence_report(evidence_t *e, gw_str_t text)
{
    size_t          at, line;
    gw_str_t        name, value, block;
    unsigned char  *blank;
    evidence_dsn_t  d;

    memset(&d, 0, sizeof(d));

    while (text.len > 0) {
        blank = memmem(text.data, text.len, "\n\n", 2);
        block = gw_str_make(text.data, blank != NULL
                            ? (size_t) (blank - text.data) + 1 : text.len);

        for (at = 0; parse_field(block, &at, &name, &value); ) {
            if (gw_str_same(name, "final-recipient") && d.recipient.len > 0) {
                evidence_keep(e, &d);
            }
            evidence_field(e, &d, name, value);
        }

        evidence_keep(e, &d);
        line = block.len;
        while (line < text.len && text.data[line] == '\n') {
            line++;
        }
        text.data += line;
        text.len -= line;
    }
}


/* Does the line begin with an address, but for what decorates it? */
static gw_str_t
evidence_begins(gw_str_t line)
{
    size_t    i;
    gw_str_t  a;

    i = 0;
    while (i < line.len && strchr(" \t<*'\"-[(", line.data[i]) != NULL) {
        i++;
    }

    a = gw_str_make(line.data + i, 0);
    if (i + 3 < line.len && line.data[i + 3] == '-'
        && evidence_code_at(gw_str_make(a.data, 4)) == 0)
    {
        return a;               /* a line of a reply: 550-a@b is not here */
    }

    while (i + a.len < line.len && line.data[i + a.len] > ' ') {
        a.len++;                /* the first word */
    }

    return evidence_address(a).data == a.data ? evidence_address(a)
                                              : gw_str_make(NULL, 0);
}


/* Is this the line after which the mail is that came back? */
static bool
evidence_is_returned(const rules_t *r, gw_str_t line)
{
    char      mem[EVIDENCE_LINE + 2];
    gw_buf_t  plain;

    if (parse_begins(line, "received:") || parse_begins(line, "return-path:")) {
        return true;
    }

    gw_buf_fixed(&plain, mem, sizeof(mem));
    while (line.len > 0 && strchr(" \t-|=*#>.", line.data[0]) != NULL) {
        line.data++;
        line.len--;
    }

    phrases_plain(line, &plain);
    return rules_marks(r, gw_buf_view(&plain), true) & RULES_RETURNED;
}


void
evidence_sections(evidence_t *e, const rules_t *r, gw_str_t *text,
    gw_str_t *rest)
{
    unsigned        n;
    gw_str_t        line, a;
    unsigned char  *p, *end, *nl;

    *rest = gw_str_make(text->data, 0);
    if (text->len == 0) {
        return;
    }

    end = text->data + text->len;

    for (p = text->data; p < end; p = nl + 1) {
        nl = memchr(p, '\n', (size_t) (end - p));
        nl = nl != NULL ? nl : end;
        line = gw_str_make(p, (size_t) (nl - p) < EVIDENCE_LINE
                              ? (size_t) (nl - p) : EVIDENCE_LINE);

        if (p > text->data && evidence_is_returned(r, line)) {
            *rest = gw_str_make(p, (size_t) (end - p));
            text->len = (size_t) (p - text->data);
            end = p;
            break;
        }

        a = line.len > 3 && memchr(line.data, '@', line.len) != NULL
            ? evidence_begins(line) : gw_str_make(NULL, 0);
        n = e->sections;
        if (a.len > 0 && n < EVIDENCE_RECIPIENTS
            && (n == 0 || !gw_str_eq(e->section[n - 1].address, a)))
        {
            e->section[n].address = a;
            e->section[n].text = gw_str_make(p, 0);
            e->sections++;
        }
    }

    for (n = 0; n < e->sections; n++) {
        p = n + 1 < e->sections ? e->section[n + 1].text.data : end;
        e->section[n].text.len = (size_t) (p - e->section[n].text.data);
        if (e->section[n].text.len > EVIDENCE_SECTION) {
            e->section[n].text.len = EVIDENCE_SECTION;
        }
    }
}


gw_str_t
evidence_section(const evidence_t *e, gw_str_t address)
{
    unsigned  i;

    for (i = 0; i < e->sections; i++) {
        if (e->section[i].address.len == address.len
            && parse_begins(e->section[i].address, "")
            && strncasecmp((char *) e->section[i].address.data,
                           (char *) address.data, address.len) == 0)
        {
            return e->section[i].text;
        }
    }

    return gw_str_make(NULL, 0);
}


size_t
evidence_code_at(gw_str_t text)
{
    size_t                i;
    const unsigned char  *p;

    for (i = 0; i + 3 <= text.len; i++) {
        p = text.data + i;
        if ((*p == '4' || *p == '5') && p[1] >= '0' && p[1] <= '7'
            && evidence_is_digit(p[2])
            && (i == 0 || (p[-1] != '.' && p[-1] != '-' && p[-1] != '@'
                           && !evidence_is_digit(p[-1])
                           && !evidence_is_letter(p[-1])))
            && (i + 3 == text.len || strchr(" -\n:,;", p[3]) != NULL))
        {
            return i;
        }
    }

    return text.len;
}


unsigned
evidence_code(gw_str_t text)
{
    size_t                at;
    const unsigned char  *p;

    at = evidence_code_at(text);
    p = text.data + at;
    return at == text.len ? 0 : (p[0] - '0') * 100u + (p[1] - '0') * 10u
                                + (p[2] - '0');
}


/* Digits at p, at most three: how many. */
static size_t
evidence_digits(const unsigned char *p, const unsigned char *end)
{
    size_t  n;

    for (n = 0; n < 3 && p + n < end && evidence_is_digit(p[n]); n++) {
        /* count */
    }

    return n;
}


void
evidence_status(gw_str_t text, char status[12])
{
    size_t                detail;
    const unsigned char  *p, *end;

    status[0] = '\0';
    if (text.len == 0) {
        return;
    }

    end = text.data + text.len;

    for (p = text.data; p + 5 <= end; p++) {
        if ((*p != '2' && *p != '4' && *p != '5') || p[1] != '.'
            || (p > text.data && (p[-1] == '.' || evidence_is_digit(p[-1])
                                  || evidence_is_letter(p[-1])))
            || p[2] < '0' || p[2] > '7' || p[3] != '.')
        {
            continue;           /* of RFC 3463 there are subjects 0 to 7 */
        }

        detail = evidence_digits(p + 4, end);
        if (detail == 0
            || (p + 4 + detail < end && evidence_is_digit(p[4 + detail]))
            || (p + 5 + detail < end && p[4 + detail] == '.'
                && evidence_is_digit(p[5 + detail])))
        {
            continue;
        }

        (void) snprintf(status, 12, "%.*s", (int) (4 + detail), p);
        return;
    }
}
