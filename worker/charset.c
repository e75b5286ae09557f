/* Texts of other charsets as UTF-8: what names one, and what comes last. */
#include "worker/charset.h"

#include <iconv.h>

#define CHARSET_KEPT  64        /* bytes of what a converter may have kept */


void *
charset_open(gw_str_t name)
{
    char     word[CHARSET_NAME];
    size_t   i;
    iconv_t  cd;

    if (name.len == 0 || name.len >= sizeof(word)) {
        return NULL;
    }

    for (i = 0; i < name.len; i++) {
        if (name.data[i] <= ' ' || name.data[i] > '~' || name.data[i] == '/'
            || name.data[i] == ',')
        {
            return NULL;                /* iconv has its own words there */
        }
        word[i] = (char) name.data[i];
    }

    word[i] = '\0';
    cd = iconv_open("UTF-8", word);
    return cd != (iconv_t) -1 ? cd : NULL;
}


bool
charset_end(void *converter, gw_buf_t *out)
{
    char    *to;
    size_t   n, room;

    room = CHARSET_KEPT;
    to = (char *) gw_buf_room(out, room);
    n = to != NULL ? iconv(converter, NULL, NULL, &to, &room) : (size_t) -1;
    out->len += n != (size_t) -1 ? CHARSET_KEPT - room : 0;
    return n != (size_t) -1;
}
