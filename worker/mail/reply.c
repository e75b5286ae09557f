/* SMTP replies, read from bytes in any pieces. */
#include "worker/mail/reply.h"

#include "shm/gw_utf8.h"


/* Keep a line's text for the log: printable, bounded. */
static void
reply_keep(reply_t *r, gw_str_t s)
{
    size_t  i, n;

    if (r->len > 0 && r->len < REPLY_TEXT_MAX) {
        r->text[r->len++] = ' ';
    }

    for (i = 0; i < s.len && r->len < REPLY_TEXT_MAX; i += n) {
        n = gw_utf8_len(s.data + i, s.len - i);
        if (n == 0 || s.data[i] < 0x20 || s.data[i] == 0x7f) {
            n = 1;
            r->text[r->len++] = '?';
            continue;
        }
        if (r->len + n > REPLY_TEXT_MAX) {
            break;
        }
        memcpy(r->text + r->len, s.data + i, n);
        r->len += n;
    }

    r->text[r->len] = '\0';
}


int
reply_take(gw_str_t in, size_t *used, reply_t *out,
    void (*each)(void *arg, gw_str_t line), void *arg)
{
    size_t          at;
    gw_str_t        line;
    unsigned        code;
    unsigned char  *nl;

    out->code = 0;
    out->len = 0;
    out->text[0] = '\0';

    for (at = 0; ; at += line.len) {
        nl = at < in.len ? memchr(in.data + at, '\n', in.len - at) : NULL;
        if (nl == NULL) {
            return in.len > REPLY_BYTES_MAX ? GW_ECORRUPT : GW_EAGAIN;
        }

        line = gw_str_make(in.data + at, nl + 1 - in.data - at);
        if (line.len < 4 || line.data[0] < '2' || line.data[0] > '5'
            || line.data[1] < '0' || line.data[1] > '9'
            || line.data[2] < '0' || line.data[2] > '9'
            || memchr(" -\r\n", line.data[3], 4) == NULL
            || at > REPLY_BYTES_MAX)
        {
            return GW_ECORRUPT;
        }

        code = (line.data[0] - '0') * 100u + (line.data[1] - '0') * 10u
               + (line.data[2] - '0');
        if (out->code != 0 && code != out->code) {
            return GW_ECORRUPT;
        }
        out->code = code;

        nl -= nl[-1] == '\r';
        if (nl > line.data + 4) {
            reply_keep(out, gw_str_make(line.data + 4, nl - line.data - 4));
            if (each != NULL) {
                each(arg, gw_str_make(line.data + 4, nl - line.data - 4));
            }
        }

        if (line.data[3] != '-') {
            *used = at + line.len;
            return GW_OK;
        }
    }
}
