/* Quoted-printable (RFC 2045 section 6.7), fed in pieces. */
#include <stdint.h>

#include "shm/gw_codec.h"

#define GW_QP_CHUNK   4096
#define GW_QP_EACH    4         /* bytes out for one in, at most            */

enum { GW_QP_NOTHING = 0 };     /* `held`: 0, a blank, a tab or CR */

#define GW_QP_BYTES(c)  (0x0101010101010101ull * (c))

static const char  gw_qp_digits[] = "0123456789ABCDEF";


/* May the byte stand for itself? A blank may when more of its line follows. */
static inline bool
gw_qp_plain(unsigned char c)
{
    return c >= 32 && c <= 126 && c != '=';
}


/* True when all 8 bytes are plain; false also when this cannot be told. */
static inline bool
gw_qp_plain8(const unsigned char *p)
{
    uint64_t  v, equals, del;

    memcpy(&v, p, sizeof(v));
    equals = v ^ GW_QP_BYTES('=');
    del = v ^ GW_QP_BYTES(0x7f);

    return (((v - GW_QP_BYTES(0x20)) | v | (equals - GW_QP_BYTES(1))
             | (del - GW_QP_BYTES(1))) & GW_QP_BYTES(0x80)) == 0;
}


/* Make room for n more characters on the line, one being kept for `=`. */
static inline unsigned char *
gw_qp_fit(gw_qp_t *qp, unsigned char *to, unsigned n)
{
    if (qp->column + n > GW_QP_LINE - 1) {
        *to++ = '=';
        *to++ = '\r';
        *to++ = '\n';
        qp->column = 0;
    }

    return to;
}


static inline unsigned char *
gw_qp_hex(gw_qp_t *qp, unsigned char *to, unsigned char c)
{
    to = gw_qp_fit(qp, to, 3);
    *to++ = '=';
    *to++ = (unsigned char) gw_qp_digits[c >> 4];
    *to++ = (unsigned char) gw_qp_digits[c & 15];
    qp->column += 3;
    return to;
}


/*
 * Write the byte held back: a blank may stand when something follows on the
 * line; at the end of a line it is encoded. A CR that no LF follows always is.
 */
static unsigned char *
gw_qp_release(gw_qp_t *qp, unsigned char *to, bool line_ends)
{
    unsigned char  c;

    if (qp->held == GW_QP_NOTHING) {
        return to;
    }

    c = (unsigned char) qp->held;
    qp->held = GW_QP_NOTHING;

    if (c == '\r' || line_ends) {
        return gw_qp_hex(qp, to, c);
    }

    to = gw_qp_fit(qp, to, 1);
    *to++ = c;
    qp->column++;
    return to;
}


/*
 * Copy the longest run of plain bytes that fits on the line: *p moves on. A
 * dot or the F of "From " may not begin a line, be it one of the text or one
 * that a soft break begins: SMTP would see its end, a mailbox a new message.
 */
static unsigned char *
gw_qp_run(gw_qp_t *qp, unsigned char *to, const unsigned char **p,
    const unsigned char *end)
{
    size_t                i, room;
    const unsigned char  *from;

    from = *p;
    to = gw_qp_fit(qp, to, 1);
    if (qp->column == 0 && (*from == '.' || *from == 'F')) {
        *p = from + 1;
        return gw_qp_hex(qp, to, *from);
    }

    room = GW_QP_LINE - 1 - qp->column;
    room = room < (size_t) (end - from) ? room : (size_t) (end - from);

    for (i = 0; i + 8 <= room && gw_qp_plain8(from + i); i += 8) { /* void */ }
    while (i < room && gw_qp_plain(from[i])) {
        i++;
    }

    /* the blanks at the end of the run: who follows decides */
    while (i > 0 && from[i - 1] == ' '
           && (from + i == end || from[i] == '\n' || from[i] == '\r'
               || from[i] == ' '))
    {
        i--;
    }

    if (i == 0) {
        qp->held = *from;
        *p = from + 1;
        return to;
    }

    memcpy(to, from, i);
    qp->column += (unsigned) i;
    *p = from + i;
    return to + i;
}


/* Encode [p, end); there is room for it. */
static unsigned char *
gw_qp_chunk(gw_qp_t *qp, unsigned char *to, const unsigned char *p,
    const unsigned char *end)
{
    unsigned char  c;

    while (p < end) {
        c = *p;

        if (c == '\n') {
            if (qp->held == '\r') {
                qp->held = GW_QP_NOTHING;
            }
            to = gw_qp_release(qp, to, true);
            *to++ = '\r';
            *to++ = '\n';
            qp->column = 0;
            p++;
            continue;
        }

        if (c == '\r' && qp->held != GW_QP_NOTHING && qp->held != '\r'
            && p + 1 < end && p[1] == '\n')
        {
            p++;                /* the blank before CRLF stays held */
            continue;
        }

        to = gw_qp_release(qp, to, false);

        if (gw_qp_plain(c)) {
            to = gw_qp_run(qp, to, &p, end);
            continue;
        }

        if (c == '\t' || c == '\r') {
            qp->held = c;
        } else {
            to = gw_qp_hex(qp, to, c);
        }
        p++;
    }

    return to;
}


void
gw_qp_encode(gw_qp_t *qp, gw_buf_t *out, gw_str_t text)
{
    size_t          i, n;
    unsigned char  *to;

    for (i = 0; i < text.len; i += n) {
        n = text.len - i;
        /* a chunk never parts CR and LF */
        if (n > GW_QP_CHUNK) {
            n = GW_QP_CHUNK - (text.data[i + GW_QP_CHUNK - 1] == '\r');
        }

        to = gw_buf_room(out, GW_QP_EACH * n + 16);
        if (to == NULL) {
            return;
        }

        out->len = (size_t) (gw_qp_chunk(qp, to, text.data + i,
                                         text.data + i + n) - out->data);
    }
}


void
gw_qp_finish(gw_qp_t *qp, gw_buf_t *out)
{
    unsigned char  *to;

    to = gw_buf_room(out, 16);
    if (to == NULL) {
        return;
    }

    to = gw_qp_release(qp, to, true);
    if (qp->column > 0) {
        *to++ = '\r';
        *to++ = '\n';
        qp->column = 0;
    }
    out->len = (size_t) (to - out->data);
}
