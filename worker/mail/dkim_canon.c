/* Fields and bodies in the form in which they are hashed. */
#include "worker/mail/dkim_canon.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>


static inline bool
dkim_is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}


/* The end of the line at p, before its CRLF; NULL: it has none. */
static const unsigned char *
dkim_line(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *lf;

    lf = p < end ? memchr(p, '\n', (size_t) (end - p)) : NULL;
    return lf != NULL && lf > p && lf[-1] == '\r' ? lf - 1 : NULL;
}


/* A field from p on, `all` of it; its name. GW_EINVAL. */
static int
dkim_field(dkim_field_t *f, const unsigned char *p, const unsigned char *eol)
{
    const unsigned char  *colon;

    colon = memchr(p, ':', (size_t) (eol - p));
    if (colon == NULL) {
        return GW_EINVAL;
    }

    f->all = gw_str_make(p, (size_t) (eol - p));
    while (colon > p && dkim_is_blank(colon[-1])) {
        colon--;
    }

    f->name = gw_str_make(p, (size_t) (colon - p));
    return f->name.len > 0 ? GW_OK : GW_EINVAL;
}


int
dkim_message_read(dkim_message_t *m, gw_str_t text)
{
    int                   rc;
    dkim_field_t         *f;
    const unsigned char  *p, *end, *eol;

    m->n = 0;
    p = text.data;
    end = p + text.len;

    for ( ;; ) {
        eol = dkim_line(p, end);
        if (eol == NULL) {
            return GW_EINVAL;
        }

        if (eol == p) {
            m->body = gw_str_make(eol + 2, (size_t) (end - eol - 2));
            return m->n > 0 ? GW_OK : GW_EINVAL;
        }

        if (dkim_is_blank(*p)) {
            if (m->n == 0) {
                return GW_EINVAL;
            }
            f = &m->field[m->n - 1];
            f->all.len = (size_t) (eol - f->all.data);

        } else if (m->n == DKIM_FIELDS) {
            return GW_EFULL;

        } else {
            rc = dkim_field(&m->field[m->n], p, eol);
            if (rc != GW_OK) {
                return rc;
            }
            m->n++;
        }

        p = eol + 2;
    }
}


int
dkim_message_find(const dkim_message_t *m, gw_str_t name, int before)
{
    int  i;

    for (i = before - 1; i >= 0; i--) {
        if (m->field[i].name.len == name.len
            && strncasecmp((char *) m->field[i].name.data,
                           (char *) name.data, name.len) == 0)
        {
            return i;
        }
    }

    return -1;
}


void
dkim_canon_field(const dkim_field_t *f, gw_buf_t *out)
{
    bool                  gap;
    size_t                i;
    unsigned char         c;
    const unsigned char  *p, *end;

    for (i = 0; i < f->name.len; i++) {
        c = f->name.data[i];
        gw_buf_char(out, c >= 'A' && c <= 'Z' ? (unsigned char) (c + 32) : c);
    }
    gw_buf_char(out, ':');

    p = f->name.data + f->name.len;
    end = f->all.data + f->all.len;
    p = memchr(p, ':', (size_t) (end - p));
    p = p != NULL ? p + 1 : end;        /* dkim_field has seen it */
    while (p < end && (dkim_is_blank(*p) || *p == '\r' || *p == '\n')) {
        p++;
    }

    for (gap = false; p < end; p++) {
        if (dkim_is_blank(*p)) {
            gap = true;
        } else if (*p != '\r' && *p != '\n') {
            if (gap) {
                gw_buf_char(out, ' ');
                gap = false;
            }
            gw_buf_char(out, *p);
        }
    }
}


/* A line without blanks at its end: runs of them are one. */
static void
dkim_canon_line(const unsigned char *p, const unsigned char *eol,
    gw_buf_t *out)
{
    const unsigned char  *from;

    for (from = p; p < eol; p++) {
        if (!dkim_is_blank(*p) || (*p == ' ' && !dkim_is_blank(p[1]))) {
            continue;
        }

        gw_buf_put(out, from, (size_t) (p - from));
        gw_buf_char(out, ' ');
        while (dkim_is_blank(p[1])) {
            p++;
        }
        from = p + 1;
    }

    gw_buf_put(out, from, (size_t) (eol - from));
}


/* The high bit of each byte of x that is c. */
static inline uint64_t
dkim_bytes(uint64_t x, unsigned char c)
{
    const uint64_t  low = UINT64_C(0x7f7f7f7f7f7f7f7f);

    x ^= c * UINT64_C(0x0101010101010101);
    return ~(((x & low) + low) | x | low);
}


/*
 * Does the line stand as it is: nothing but single spaces, and none at its
 * end? Eight bytes at a time, the last of them again with the next: most of a
 * body is such lines, and this is what its signature costs beside the hash.
 */
static bool
dkim_is_canonical(const unsigned char *p, const unsigned char *eol)
{
    uint64_t  x, spaces;

    if (dkim_is_blank(eol[-1])) {
        return false;
    }

    for ( /* void */ ; eol - p >= (ptrdiff_t) sizeof(x); p += sizeof(x) - 1) {
        memcpy(&x, p, sizeof(x));
        spaces = dkim_bytes(x, ' ');
        if ((spaces & (spaces >> 8)) != 0 || dkim_bytes(x, '\t') != 0) {
            return false;
        }
    }

    for ( /* void */ ; p < eol; p++) {
        if (*p == '\t' || (*p == ' ' && p[1] == ' ')) {
            return false;
        }
    }

    return true;
}


void
dkim_canon_body(gw_str_t body, size_t *empty, gw_buf_t *out)
{
    const unsigned char  *p, *end, *eol, *next, *from;

    end = body.data + body.len;

    for (p = from = body.data; p < end; p = next) {
        eol = dkim_line(p, end);
        next = eol != NULL ? eol + 2 : end;

        if (eol != NULL && eol > p && *empty == 0
            && dkim_is_canonical(p, eol)) {
            continue;           /* `from` to here as it is */
        }

        gw_buf_put(out, from, (size_t) (p - from));
        from = next;

        eol = eol != NULL ? eol : end;
        while (eol > p && dkim_is_blank(eol[-1])) {
            eol--;
        }

        if (eol == p) {
            (*empty)++;            /* nothing, if no other line follows */
            continue;
        }

        for ( /* void */ ; *empty > 0; (*empty)--) {
            gw_buf_cstr(out, "\r\n");
        }
        dkim_canon_line(p, eol, out);
        gw_buf_cstr(out, "\r\n");
    }

    gw_buf_put(out, from, (size_t) (end - from));
}
