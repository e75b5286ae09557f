/* Text as JSON strings: the escape-aware writer of gw_buf_json. */
#include "shm/gw_buf.h"
#include "shm/gw_utf8.h"


/* Escape one ASCII byte that may not stand as it is. */
static void
gw_json_escape(gw_buf_t *b, unsigned char c)
{
    switch (c) {
    case '"':
        gw_buf_put(b, "\\\"", 2);
        break;
    case '\\':
        gw_buf_put(b, "\\\\", 2);
        break;
    case '\n':
        gw_buf_put(b, "\\n", 2);
        break;
    case '\r':
        gw_buf_put(b, "\\r", 2);
        break;
    case '\t':
        gw_buf_put(b, "\\t", 2);
        break;
    default:
        gw_buf_fmt(b, "\\u%04x", c);
        break;
    }
}


void
gw_buf_json(gw_buf_t *b, gw_str_t s)
{
    size_t  i, n, plain;

    gw_buf_char(b, '"');
    plain = 0;

    for (i = 0; i < s.len; i += n) {
        n = gw_utf8_len(s.data + i, s.len - i);

        if (n > 1 || (n == 1 && s.data[i] >= 0x20 && s.data[i] != '"'
                      && s.data[i] != '\\' && s.data[i] != 0x7f))
        {
            continue;
        }

        gw_buf_put(b, s.data + plain, i - plain);
        if (n == 0) {
            gw_buf_put(b, "\xef\xbf\xbd", 3);
            n = 1;
        } else {
            gw_json_escape(b, s.data[i]);
        }
        plain = i + n;
    }

    gw_buf_put(b, s.data + plain, s.len - plain);
    gw_buf_char(b, '"');
}
