/* The formats that are asserted: each judges all of a text. */
#ifndef GW_SCHEMA_FORMAT_H
#define GW_SCHEMA_FORMAT_H

#include "shm/gw_str.h"

/* format_time.c: RFC 3339 */
bool format_date(gw_str_t s);
bool format_time(gw_str_t s);
bool format_date_time(gw_str_t s);

/* format_host.c: RFC 1123 with IDNA 2008 of A-labels, RFC 2673, RFC 4291 */
bool format_hostname(gw_str_t s);
bool format_ipv4(gw_str_t s);
bool format_ipv6(gw_str_t s);

/* format_mail.c: a Mailbox of RFC 5321 */
bool format_email(gw_str_t s);

/* format_uri.c: RFC 3986 */
bool format_uri(gw_str_t s);
bool format_uri_reference(gw_str_t s);

#endif
