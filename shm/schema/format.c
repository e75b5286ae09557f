/* Every format, one row each. */
#include "shm/schema/format.h"

#include <ctype.h>

#include "shm/schema/node.h"


static bool
format_uuid(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (s.data[i] != '-') {
                return false;
            }

        } else if (!isxdigit(s.data[i])) {
            return false;
        }
    }

    return s.len == 36;
}


static const schema_format_t  formats[] = {
    { "date", format_date, "a date, like 2026-01-31" },
    { "date-time", format_date_time,
      "a date and time with its offset, like 2026-01-31T12:00:00Z" },
    { "email", format_email, "an e-mail address" },
    { "hostname", format_hostname, "a host name" },
    { "ipv4", format_ipv4, "an IPv4 address" },
    { "ipv6", format_ipv6, "an IPv6 address" },
    { "time", format_time, "a time with its offset, like 12:00:00Z" },
    { "uri", format_uri, "an absolute URI" },
    { "uri-reference", format_uri_reference, "a URI or a relative reference" },
    { "uuid", format_uuid,
      "a UUID, like 123e4567-e89b-12d3-a456-426614174000" },

    /* those of the standard and of OpenAPI that only describe */
    { "binary", NULL, NULL },
    { "byte", NULL, NULL },
    { "double", NULL, NULL },
    { "duration", NULL, NULL },
    { "float", NULL, NULL },
    { "idn-email", NULL, NULL },
    { "idn-hostname", NULL, NULL },
    { "int32", NULL, NULL },
    { "int64", NULL, NULL },
    { "iri", NULL, NULL },
    { "iri-reference", NULL, NULL },
    { "json-pointer", NULL, NULL },
    { "password", NULL, NULL },
    { "regex", NULL, NULL },
    { "relative-json-pointer", NULL, NULL },
    { "uri-template", NULL, NULL }
};


const schema_format_t *
schema_format(const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (strcmp(formats[i].name, name) == 0) {
            return &formats[i];
        }
    }

    return NULL;
}
