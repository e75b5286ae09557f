/* What a bounce says, recipient by recipient, before anybody judges it. */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "worker/receive/parse.h"
#include "worker/receive/rules.h"

#define EVIDENCE_RECIPIENTS  100        /* of one mail                     */
#define EVIDENCE_ADDRESS     320        /* RFC 5321: 64 + 1 + 255          */
#define EVIDENCE_SECTION     2000       /* bytes of text to one recipient  */

/* One recipient in the fields of a report (RFC 3464); views, unfolded not. */
typedef struct {
    gw_str_t  recipient;                /* Final-Recipient, without rfc822; */
    gw_str_t  original;
    gw_str_t  action;
    gw_str_t  status;
    gw_str_t  diagnostic;               /* without its type                 */
    gw_str_t  remote;                   /* Remote-MTA                       */
    gw_str_t  category;                 /* what its server made of it       */
    bool      local;                    /* it says so itself, no SMTP server */
} evidence_dsn_t;

typedef struct {
    evidence_dsn_t  dsn[EVIDENCE_RECIPIENTS];
    unsigned        dsns;
    gw_str_t        reporting;          /* Reporting-MTA                    */
    struct {
        gw_str_t    address;
        gw_str_t    text;               /* from its line on                 */
    } section[EVIDENCE_RECIPIENTS];
    unsigned        sections;
} evidence_t;

/* Add the recipients that stand as fields of a report in text. */
void evidence_report(evidence_t *e, gw_str_t text);

/*
 * Part text where a line begins with an address. What is returned after the
 * text is cut off: *text ends there, *rest is what is behind.
 */
void evidence_sections(evidence_t *e, const rules_t *r, gw_str_t *text,
    gw_str_t *rest);

/* The section of an address, or an empty view. */
gw_str_t evidence_section(const evidence_t *e, gw_str_t address);

/* The first address in text: `<a@b>`, `a@b`, `rfc822; a@b`; or empty. */
gw_str_t evidence_address(gw_str_t text);

/* The first reply code 4xx or 5xx in text, or 0. */
unsigned evidence_code(gw_str_t text);

/* Where it stands, or the end of text. */
size_t evidence_code_at(gw_str_t text);

/* The first enhanced status in text, or "". */
void evidence_status(gw_str_t text, char status[12]);

#endif
