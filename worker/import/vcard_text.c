/* The lines of vCards: names, parameters, values and their escapes. */
#include "worker/import/vcard.h"

#include <ctype.h>
#include <iconv.h>
#include <string.h>

#include "shm/gw_codec.h"
#include "worker/charset.h"
#include "worker/import/import.h"


size_t
property_find(gw_str_t s, char c, char guard)
{
    bool    in;
    size_t  i;

    in = false;
    for (i = 0; i < s.len; i++) {
        if (s.data[i] == (unsigned char) guard) {
            in = !in;
        } else if (s.data[i] == (unsigned char) c && !in) {
            break;
        } else if (guard == '\\') {
            in = false;                 /* it guards the next alone */
        }
    }

    return i;
}


gw_str_t
property_cut(gw_str_t *s, char c, char guard)
{
    size_t    n;
    gw_str_t  first;

    n = property_find(*s, c, guard);
    first = gw_str_make(s->data, n);
    n += n < s->len;
    *s = gw_str_make(s->data + n, s->len - n);
    return first;
}


/* The next parameter of `;NAME=VALUE...`; false: there is none. */
static bool
property_param(gw_str_t *params, gw_str_t *name, gw_str_t *value)
{
    if (params->len < 2) {
        return false;
    }

    *params = gw_str_make(params->data + 1, params->len - 1);
    *value = gw_str_make(params->data, property_find(*params, ';', '"'));
    *params = gw_str_make(params->data + value->len,
                          params->len - value->len);
    *name = gw_str_cut(value, '=');
    if (value->len >= 2 && value->data[0] == '"') {
        *value = gw_str_make(value->data + 1, value->len - 2);
    }

    return true;
}


gw_str_t
property_said(const property_t *p, const char *word)
{
    gw_str_t  params, name, value;

    for (params = p->params; property_param(&params, &name, &value); ) {
        if (gw_str_same(name, word)) {
            return value;
        }
    }

    return gw_str_of(NULL);
}


unsigned
property_rank(const property_t *p)
{
    long long  n;
    gw_str_t   params, name, value;

    for (params = p->params; property_param(&params, &name, &value); ) {
        if (gw_str_same(name, "pref")) {
            return gw_str_int(value, 1, 100, &n) == GW_OK ? (unsigned) n
                                                          : VCARD_RANK;
        }

        while (gw_str_same(name, "type") && value.len > 0) {
            if (gw_str_same(gw_str_cut(&value, ','), "pref")) {
                return 1;
            }
        }
    }

    return VCARD_RANK;
}


void
property_plain(gw_str_t s, gw_buf_t *out)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] != '\\' || i + 1 == s.len) {
            gw_buf_char(out, s.data[i]);
        } else if (tolower(s.data[++i]) == 'n') {
            gw_buf_char(out, '\n');
        } else {
            gw_buf_char(out, s.data[i]);
        }
    }
}


void
property_parts(gw_str_t s, char c, const char *between, gw_buf_t *out)
{
    size_t    from;
    gw_str_t  part;

    from = out->len;
    while (s.len > 0) {
        part = import_trim(property_cut(&s, c, '\\'));
        if (part.len > 0) {
            gw_buf_cstr(out, out->len > from ? between : "");
            property_plain(part, out);
        }
    }
}


const char *
property_charset(property_t *p, gw_buf_t *out)
{
    bool       good;
    char      *from, *to;
    void      *cd;
    size_t     n, left, room;
    gw_str_t   charset;

    if (memchr(p->value.data, '\0', p->value.len) != NULL) {
        return "the text holds a NUL byte";
    }

    charset = property_said(p, "charset");
    if (charset.len == 0) {
        return gw_utf8_valid(p->value) ? NULL : "the text is not valid UTF-8";
    }

    cd = charset_open(charset);
    if (cd == NULL) {
        return "the CHARSET of a property is not known";
    }

    from = (char *) p->value.data;
    left = p->value.len;
    room = left * 4 + 16;
    to = (char *) gw_buf_room(out, room);
    n = to != NULL ? iconv(cd, &from, &left, &to, &room) : (size_t) -1;
    good = n != (size_t) -1 && left == 0;
    if (good) {
        out->len = (size_t) ((unsigned char *) to - out->data);
        good = charset_end(cd, out);
    }

    (void) iconv_close(cd);
    if (!good) {
        return "a property is not written in the CHARSET that it names";
    }

    p->value = gw_buf_view(out);
    return gw_utf8_valid(p->value) ? NULL : "the text is not valid UTF-8";
}


bool
property_read(gw_str_t line, property_t *p)
{
    size_t  colon, n;

    colon = property_find(line, ':', '"');
    if (colon == line.len) {
        return false;
    }

    p->value = gw_str_make(line.data + colon + 1, line.len - colon - 1);
    n = property_find(gw_str_make(line.data, colon), ';', '"');
    p->params = gw_str_make(line.data + n, colon - n);
    p->name = gw_str_make(line.data, n);
    n = property_find(p->name, '.', '"');
    if (n < p->name.len) {              /* item1.EMAIL */
        p->name = gw_str_make(p->name.data + n + 1, p->name.len - n - 1);
    }

    return true;
}
