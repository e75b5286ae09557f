/* E-mail addresses as SMTP knows them. */
#include "shm/schema/format.h"

#include <ctype.h>
#include <strings.h>

#define LOCAL_MAX  64


static bool
mail_dot_atom(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '.') {
            if (i == 0 || i + 1 == s.len || s.data[i - 1] == '.') {
                return false;
            }

        } else if (!isalnum(s.data[i])
                   && (s.data[i] == '\0'
                       || strchr("!#$%&'*+-/=?^_`{|}~", s.data[i]) == NULL))
        {
            return false;
        }
    }

    return s.len > 0;
}


/* the text between the quotes */
static bool
mail_quoted(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (s.data[i] == '\\' && ++i == s.len) {
            return false;
        }

        if (s.data[i] < 0x20 || s.data[i] > 0x7e
            || (s.data[i] == '"' && (i == 0 || s.data[i - 1] != '\\')))
        {
            return false;
        }
    }

    return true;
}


static bool
mail_domain(gw_str_t s)
{
    gw_str_t  inner;

    if (s.len < 2 || s.data[0] != '[' || s.data[s.len - 1] != ']') {
        return format_hostname(s);
    }

    inner = gw_str_make(s.data + 1, s.len - 2);
    if (inner.len > 5 && strncasecmp((char *) inner.data, "IPv6:", 5) == 0) {
        return format_ipv6(gw_str_make(inner.data + 5, inner.len - 5));
    }

    return format_ipv4(inner);
}


bool
format_email(gw_str_t s)
{
    gw_str_t              local;
    const unsigned char  *at;

    at = s.len > 0 ? memrchr(s.data, '@', s.len) : NULL;
    if (at == NULL) {
        return false;
    }

    local = gw_str_make(s.data, (size_t) (at - s.data));
    if (local.len > LOCAL_MAX
        || !mail_domain(gw_str_make(at + 1, s.len - local.len - 1)))
    {
        return false;
    }

    if (local.len >= 2 && local.data[0] == '"'
        && local.data[local.len - 1] == '"')
    {
        return mail_quoted(gw_str_make(local.data + 1, local.len - 2));
    }

    return mail_dot_atom(local);
}
