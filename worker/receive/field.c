/* Fields of a mail: walking, finding, their parameters (RFC 2045, 2231). */
#include <strings.h>

#include "worker/receive/parse.h"

#define FIELD_PIECES  32                /* of one parameter, RFC 2231 */


bool
parse_begins(gw_str_t s, const char *word)
{
    size_t  n;

    n = strlen(word);
    return s.len >= n
           && (n == 0 || strncasecmp((char *) s.data, word, n) == 0);
}


gw_str_t
parse_trim(gw_str_t s)
{
    return gw_str_trim(s, " \t\n");
}


bool
parse_field(gw_str_t head, size_t *at, gw_str_t *name, gw_str_t *value)
{
    unsigned char  *p, *end, *colon, *nl;

    if (head.len == 0) {
        return false;
    }

    end = head.data + head.len;
    p = head.data + *at;

    while (p < end) {
        for (nl = p; nl < end; nl++) {
            nl = memchr(nl, '\n', (size_t) (end - nl));
            if (nl == NULL) {
                nl = end;
                break;
            }
            if (nl + 1 == end || (nl[1] != ' ' && nl[1] != '\t')) {
                break;
            }
        }

        colon = memchr(p, ':', (size_t) (nl - p));
        if (colon != NULL && colon > p) {
            *name = parse_trim(gw_str_make(p, (size_t) (colon - p)));
            *value = parse_trim(gw_str_make(colon + 1,
                                            (size_t) (nl - colon - 1)));
            *at = (size_t) ((nl < end ? nl + 1 : end) - head.data);
            return true;
        }
        p = nl < end ? nl + 1 : end;
    }

    *at = head.len;
    return false;
}


gw_str_t
parse_find(gw_str_t head, const char *name)
{
    size_t    at;
    gw_str_t  n, v;

    at = 0;
    while (parse_field(head, &at, &n, &v)) {
        if (gw_str_same(n, name)) {
            return v;
        }
    }

    return gw_str_make(NULL, 0);
}


bool
parse_type(const part_t *part, const char *type)
{
    gw_str_t  t;

    t = part->type;
    if (t.len == 0) {
        return strcmp(type, "text/") == 0 || strcmp(type, "text/plain") == 0;
    }

    return parse_begins(t, type);
}


/* The text of a quoted-string or of a token, from *p on; *p goes behind it. */
static gw_str_t
field_value(unsigned char **p, unsigned char *end)
{
    gw_str_t        v;
    unsigned char  *from;

    if (*p < end && **p == '"') {
        from = ++*p;
        while (*p < end && **p != '"') {
            *p += **p == '\\' && *p + 1 < end ? 2 : 1;
        }
        v = gw_str_make(from, (size_t) (*p - from));
        *p += *p < end;
        return v;
    }

    from = *p;
    while (*p < end && strchr("; \t\n", **p) == NULL) {
        ++*p;
    }

    return gw_str_make(from, (size_t) (*p - from));
}


int
parse_hex(const unsigned char *p, const unsigned char *end)
{
    int            i, v;
    unsigned char  c;

    if (end - p < 2) {
        return -1;
    }

    for (i = 0, v = 0; i < 2; i++) {
        c = p[i] | 0x20;
        if (p[i] >= '0' && p[i] <= '9') {
            v = v * 16 + (p[i] - '0');
        } else if (c >= 'a' && c <= 'f') {
            v = v * 16 + (c - 'a' + 10);
        } else {
            return -1;
        }
    }

    return v;
}


/* Append a value; percent signs of RFC 2231, else backslashes are undone. */
static void
field_put(gw_buf_t *out, gw_str_t v, bool percent)
{
    int     hex;
    size_t  i;

    for (i = 0; i < v.len; i++) {
        hex = percent && v.data[i] == '%'
              ? parse_hex(v.data + i + 1, v.data + v.len) : -1;
        if (hex >= 0) {
            gw_buf_char(out, (unsigned char) hex);
            i += 2;
        } else if (!percent && v.data[i] == '\\' && i + 1 < v.len) {
            gw_buf_char(out, v.data[++i]);
        } else if (v.data[i] != '\n') {
            gw_buf_char(out, v.data[i]);
        }
    }
}


/* `charset'language'text`: what is behind the second apostrophe. */
static gw_str_t
field_extended(gw_str_t v)
{
    unsigned        i;
    unsigned char  *p;

    for (i = 0; i < 2; i++) {
        p = v.len > 0 ? memchr(v.data, '\'', v.len) : NULL;
        if (p == NULL) {
            break;
        }
        v.len -= (size_t) (p + 1 - v.data);
        v.data = p + 1;
    }

    return v;
}


/* `name`, `name*`, `name*3` or `name*3*`: the piece; -1 = another name. */
static int
field_piece(gw_str_t n, const char *name, bool *percent)
{
    int     piece;
    size_t  i, len;

    len = strlen(name);
    *percent = false;
    if (!parse_begins(n, name)) {
        return -1;
    }

    if (n.len == len) {
        return 0;
    }

    if (n.data[len] != '*') {
        return -1;
    }

    *percent = n.data[n.len - 1] == '*';
    piece = 0;
    for (i = len + 1; i < n.len - *percent; i++) {
        if (n.data[i] < '0' || n.data[i] > '9' || piece >= FIELD_PIECES) {
            return -1;
        }
        piece = piece * 10 + n.data[i] - '0';
    }

    return piece < FIELD_PIECES ? piece : -1;
}


bool
parse_param(gw_str_t value, const char *name, gw_buf_t *out)
{
    int             i, max;
    bool            percent, is_percent[FIELD_PIECES];
    gw_str_t        n, v, piece[FIELD_PIECES];
    unsigned char  *p, *end, *eq;

    memset(piece, 0, sizeof(piece));
    memset(is_percent, 0, sizeof(is_percent));
    max = -1;
    if (value.len == 0) {
        return false;
    }

    end = value.data + value.len;
    p = memchr(value.data, ';', value.len);

    while (p != NULL && p < end) {
        while (p < end && strchr("; \t\n", *p) != NULL) {
            p++;
        }

        for (eq = p; eq < end && *eq != '=' && *eq != ';'; eq++) { /* void */ }
        if (eq == end || *eq == ';') {
            p = eq;
            continue;
        }

        n = parse_trim(gw_str_make(p, (size_t) (eq - p)));
        for (p = eq + 1; p < end && strchr(" \t\n", *p) != NULL; p++) {
            /* void */
        }
        v = field_value(&p, end);
        i = field_piece(n, name, &percent);
        if (i >= 0 && piece[i].data == NULL) {
            piece[i] = v;
            is_percent[i] = percent;
            max = i > max ? i : max;
        }
    }

    for (i = 0; i <= max && piece[i].data != NULL; i++) {
        v = i == 0 && is_percent[0] ? field_extended(piece[0]) : piece[i];
        field_put(out, v, is_percent[i]);
    }

    return i > 0;
}
