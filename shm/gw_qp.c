/* Quoted-printable (RFC 2045 section 6.7), fed in pieces. */
#include "shm/gw_codec.h"

#define GW_QP_LINE  76

enum { GW_QP_NOTHING = 0 };     /* `held`: 0, a blank, a tab or CR */


/* May the byte stand for itself inside a line? */
static inline bool
gw_qp_plain(unsigned char c)
{
    return c >= 33 && c <= 126 && c != '=';
}


/* Make room for n more characters on the line, one being kept for `=`. */
static inline void
gw_qp_fit(gw_qp_t *qp, gw_buf_t *out, unsigned n)
{
    if (qp->column + n > GW_QP_LINE - 1) {
        gw_buf_put(out, "=\r\n", 3);
        qp->column = 0;
    }
}


static void
gw_qp_hex(gw_qp_t *qp, gw_buf_t *out, unsigned char c)
{
    unsigned char      text[3];
    static const char  digits[] = "0123456789ABCDEF";

    gw_qp_fit(qp, out, 3);
    text[0] = '=';
    text[1] = digits[c >> 4];
    text[2] = digits[c & 15];
    gw_buf_put(out, text, 3);
    qp->column += 3;
}


/*
 * Write the byte held back: a blank may stand when something follows on the
 * line; at the end of a line it is encoded. A CR that no LF follows always is.
 */
static void
gw_qp_release(gw_qp_t *qp, gw_buf_t *out, bool line_ends)
{
    unsigned char  c;

    if (qp->held == GW_QP_NOTHING) {
        return;
    }

    c = (unsigned char) qp->held;
    qp->held = GW_QP_NOTHING;

    if (c == '\r' || line_ends) {
        gw_qp_hex(qp, out, c);
        return;
    }

    gw_qp_fit(qp, out, 1);
    gw_buf_char(out, c);
    qp->column++;
}


/*
 * A dot or the F of "From " may not begin a line, be it one of the text or one
 * that a soft break begins: SMTP would see its end, a mailbox a new message.
 */
static inline bool
gw_qp_starts(const gw_qp_t *qp, unsigned char c)
{
    return qp->column == 0 && (c == '.' || c == 'F');
}


/* Copy the longest run of plain bytes that fits on lines. */
static size_t
gw_qp_run(gw_qp_t *qp, gw_buf_t *out, const unsigned char *p, size_t n)
{
    size_t  i, room;

    gw_qp_fit(qp, out, 1);
    if (gw_qp_starts(qp, *p)) {
        gw_qp_hex(qp, out, *p);
        return 1;
    }

    room = GW_QP_LINE - 1 - qp->column;
    room = room < n ? room : n;

    for (i = 0; i < room && gw_qp_plain(p[i]); i++) { /* void */ }

    gw_buf_put(out, p, i);
    qp->column += (unsigned) i;
    return i;
}


void
gw_qp_encode(gw_qp_t *qp, gw_buf_t *out, gw_str_t text)
{
    size_t         i;
    unsigned char  c;

    i = 0;

    while (i < text.len) {
        c = text.data[i];

        if (c == '\n') {
            if (qp->held == '\r') {
                qp->held = GW_QP_NOTHING;
            }
            gw_qp_release(qp, out, true);
            gw_buf_put(out, "\r\n", 2);
            qp->column = 0;
            i++;
            continue;
        }

        if (c == '\r' && qp->held != GW_QP_NOTHING && qp->held != '\r'
            && i + 1 < text.len && text.data[i + 1] == '\n')
        {
            i++;                /* the blank before CRLF stays held */
            continue;
        }

        gw_qp_release(qp, out, false);

        if (gw_qp_plain(c)) {
            i += gw_qp_run(qp, out, text.data + i, text.len - i);
            continue;
        }

        if (c == ' ' || c == '\t' || c == '\r') {
            qp->held = c;
        } else {
            gw_qp_hex(qp, out, c);
        }
        i++;
    }
}


void
gw_qp_finish(gw_qp_t *qp, gw_buf_t *out)
{
    gw_qp_release(qp, out, true);

    if (qp->column > 0) {
        gw_buf_put(out, "\r\n", 2);
        qp->column = 0;
    }
}
