/* A file as a part of a message, encoded once for all recipients. */
#include "worker/mail/part.h"

#include <ctype.h>
#include <strings.h>

#include "shm/gw_codec.h"
#include "shm/gw_utf8.h"

#define PART_LINE      76       /* characters of a line of base64           */
#define PART_PLAIN     60       /* a name of so many goes as it is          */
#define PART_PIECE     50       /* characters of a piece of a longer one    */
#define PART_NAME_MAX  255      /* bytes of a name                          */
#define PART_METHOD    32       /* of an invitation, at most                */


/* What makes a name look like another, or like a path. */
static bool
part_is_foul(const unsigned char *p, size_t n)
{
    unsigned  c;

    if (n == 1) {
        return *p < 0x20 || *p == 0x7f || *p == '/' || *p == '\\';
    }

    if (n == 2) {
        return *p == 0xc2 && p[1] < 0xa0;               /* C1 */
    }

    c = n == 3 ? (*p & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU) : 0;
    return c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e)
           || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}


/* A name that is one, not a path, on every system. */
static void
part_name(gw_str_t name, gw_buf_t *out)
{
    size_t  i, n;

    for (i = 0; i < name.len; i += n > 0 ? n : 1) {
        n = gw_utf8_len(name.data + i, name.len - i);
        if (out->len + n > PART_NAME_MAX) {
            break;
        }

        if (n == 0 || part_is_foul(name.data + i, n)
            || (i == 0 && *name.data == '.'))
        {
            gw_buf_char(out, '_');
        } else {
            gw_buf_put(out, name.data + i, n);
        }
    }

    gw_buf_cstr(out, out->len == 0 ? "file" : "");
}


static bool
part_is_plain(gw_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len && name.data[i] < 0x80; i++) { /* void */ }
    return i == name.len && name.len <= PART_PLAIN;
}


/* `; WHAT="name"` on a line of its own, other than ASCII as an underline. */
static void
part_quoted(gw_buf_t *out, const char *what, gw_str_t name)
{
    size_t  i, n;

    gw_buf_fmt(out, ";\r\n %s=\"", what);
    for (i = 0; i < name.len && i < PART_PLAIN; i += n) {
        n = gw_utf8_len(name.data + i, name.len - i);
        if (n == 1 && (name.data[i] == '"' || name.data[i] == '\\')) {
            gw_buf_char(out, '\\');
        }
        gw_buf_char(out, n == 1 ? name.data[i] : '_');
    }
    gw_buf_char(out, '"');
}


/* Does it stand for itself in RFC 2231? */
static bool
part_is_itself(unsigned char c)
{
    return isalnum(c) || c == '-' || c == '.' || c == '_';
}


/* The same by RFC 2231, in pieces where it is long. */
static void
part_encoded(gw_buf_t *out, const char *what, gw_str_t name)
{
    bool      whole;
    size_t    i, k, n, from;
    unsigned  piece;

    for (i = 0, n = 0; i < name.len; i++) {
        n += part_is_itself(name.data[i]) ? 1 : 3;
    }
    whole = n <= PART_PIECE;

    for (i = 0, piece = 0; i < name.len; piece++) {
        gw_buf_fmt(out, ";\r\n %s*", what);
        if (!whole) {
            gw_buf_fmt(out, "%u*", piece);
        }
        gw_buf_cstr(out, piece == 0 ? "=UTF-8''" : "=");

        for (from = out->len; i < name.len && !out->failed
             && out->len - from < PART_PIECE; i += n)
        {
            n = gw_utf8_len(name.data + i, name.len - i);
            for (k = 0; k < n; k++) {
                gw_buf_fmt(out, part_is_itself(name.data[i]) ? "%c"
                                : "%%%02X", name.data[i + k]);
            }
        }
    }
}


/* Is it one word, a slash, one word; and no message within this one? */
static bool
part_is_type(gw_str_t type)
{
    size_t          i;
    unsigned char  *slash;

    slash = type.len > 0 ? memchr(type.data, '/', type.len) : NULL;
    for (i = 0; i < type.len; i++) {
        if (!isalnum(type.data[i]) && type.data + i != slash
            && memchr("+-.", type.data[i], 3) == NULL)
        {
            return false;
        }
    }

    return slash != NULL && slash > type.data && type.len < 100
           && slash + 1 < type.data + type.len
           && !(type.len > 9 && strncasecmp((char *) type.data, "multipart",
                                            9) == 0)
           && !(type.len > 7 && strncasecmp((char *) type.data, "message",
                                            7) == 0);
}


/* The METHOD of an invitation in lower or upper case; empty: it has none. */
static gw_str_t
part_method(gw_str_t text)
{
    size_t          n;
    unsigned char  *p, *end;

    end = text.data + text.len;
    for (p = text.data; p != NULL && end - p > 7; ) {
        if (strncasecmp((char *) p, "METHOD:", 7) == 0) {
            p += 7;
            for (n = 0; p + n < end && n < PART_METHOD && isalpha(p[n]); n++) {
                /* void */
            }
            return gw_str_make(p, n);
        }
        p = memchr(p, '\n', end - p);
        p += p != NULL;
    }

    return gw_str_make("", 0);
}


static void
part_calendar(const part_t *p, gw_buf_t *out)
{
    gw_str_t  method;

    method = part_method(p->bytes);
    gw_buf_cstr(out, "Content-Type: text/calendar; charset=utf-8");
    if (method.len > 0) {
        gw_buf_cstr(out, "; method=");
        gw_buf_str(out, method);
    }
    gw_buf_cstr(out, "\r\n");
}


static void
part_file(const part_t *p, gw_buf_t *out)
{
    size_t         i;
    gw_buf_t       b;
    gw_str_t       name;
    unsigned char  mem[PART_NAME_MAX + 8];

    gw_buf_fixed(&b, mem, sizeof(mem));
    part_name(p->name, &b);
    name = gw_buf_view(&b);

    gw_buf_cstr(out, "Content-Type: ");
    gw_buf_str(out, part_is_type(p->type) ? p->type
                    : gw_str_of("application/octet-stream"));
    part_quoted(out, "name", name);         /* for who knows no RFC 2231 */
    gw_buf_cstr(out, p->as == PART_INLINE
                ? "\r\nContent-Disposition: inline"
                : "\r\nContent-Disposition: attachment");
    if (part_is_plain(name)) {
        part_quoted(out, "filename", name);
    } else {
        part_encoded(out, "filename", name);
    }
    gw_buf_cstr(out, "\r\n");

    if (p->as == PART_INLINE) {
        gw_buf_cstr(out, "Content-ID: <");
        for (i = 0; i < p->id.len; i++) {
            if (isalnum(p->id.data[i])
                || memchr("-._@+", p->id.data[i], 5) != NULL)
            {
                gw_buf_char(out, p->id.data[i]);
            }
        }
        gw_buf_cstr(out, ">\r\n");
    }
}


void
part_write(const part_t *p, gw_buf_t *out)
{
    if (p->as == PART_CALENDAR) {
        part_calendar(p, out);
    } else {
        part_file(p, out);
    }

    gw_buf_cstr(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    gw_b64_encode(out, p->bytes.data, p->bytes.len, PART_LINE);
    gw_buf_cstr(out, "\r\n");
}
