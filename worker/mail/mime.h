/* One message as RFC 5322 and MIME want it, ready for SMTP's DATA. */
#ifndef MIME_H
#define MIME_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/mail/pieces.h"

#define MIME_ADDRESS_MAX  254

/*
 * Boundaries. Quoted-printable never holds `=_` nor base64 `_`, and what goes
 * as it is begins no line with `--`, so no body can hold them.
 */
#define MIME_ALTERNATIVE  "=_godwit_alternative"
#define MIME_RELATED      "=_godwit_related"
#define MIME_MIXED        "=_godwit_mixed"

/* Views; nothing is kept. Texts are UTF-8. */
typedef struct {
    gw_str_t  from_name, from;          /* display name or none, address */
    gw_str_t  to_name, to;
    gw_str_t  reply_to;                 /* address, of from_name; or empty */
    gw_str_t  subject;
    gw_str_t  message_id;               /* with its angle brackets     */
    gw_str_t  list_id;                  /* lst_1.example.com; or empty */
    gw_str_t  unsubscribe;              /* URL; empty: no such headers */
    gw_str_t  feedback;                 /* whose complaints; or empty  */
    gw_str_t  unsubscribe_to;           /* an address beside it, or empty */
    gw_str_t  text, html;               /* no html: text alone         */
    bool      coded;                    /* both are quoted-printable   */
    bool      automatic;                /* no person wrote it: no reply */
    /* parts, each behind the boundary of where it stands; or NULL */
    shared_t  *attached;                /* MIXED                       */
    shared_t  *inlined;                 /* RELATED: beside html        */
    shared_t  *calendar;                /* ALTERNATIVE                 */
    pieces_t  *pieces;                  /* where they stand in it; may be
                                           NULL when there are none    */
    int64_t   date_us;
} mime_t;

/*
 * Append the message with CRLF line ends, its last line ended; no line begins
 * with a dot, so that nothing is left to stuff. Whatever the texts hold, no
 * header but those above comes out. Parts are not copied: they go to pieces.
 */
void mime_compose(const mime_t *m, gw_buf_t *out);

/*
 * Split `Name <local@domain>` or `local@domain` into views; quotes around the
 * name are taken off. GW_EINVAL when there is no address.
 */
int mime_split(gw_str_t text, gw_str_t *name, gw_str_t *address)
    GW_MUSTCHECK;

/*
 * May SMTP carry this address? GW_OK; *utf8 is set when it needs SMTPUTF8.
 * GW_EINVAL with the reason (static text) in *why.
 */
int mime_check(gw_str_t address, bool *utf8, const char **why) GW_MUSTCHECK;

/* The part behind the last @; empty when there is none. */
gw_str_t mime_domain(gw_str_t address);

#endif
