/*
 * vCards (RFC 6350, and those of version 3.0): folded lines between BEGIN and
 * END become one row. What a property says is vcard_property.c's.
 */
#include "worker/import/reader.h"

#include <string.h>
#include <strings.h>

#define VCARD_LINE  (128 * 1024)        /* bytes of a line that are kept: a
                                           picture is longer, and not wanted */


static void
vcard_keep(reader_t *r, const unsigned char *p, size_t n)
{
    if (r->raw.len == 0) {
        r->card.line = r->row.at_line;
    }

    if (r->raw.len + n > VCARD_LINE) {
        r->card.cut = true;
        n = VCARD_LINE - r->raw.len;
    }

    gw_buf_put(&r->raw, p, n);
}


/* A row of its own for a line that stands between cards. */
static void
vcard_astray(reader_t *r)
{
    reader_begin(r);
    r->row.line = r->card.line;
    reader_refuse(r, IMPORT_ATTRIBUTES + 1, "this line stands in no card: a "
                  "card is between BEGIN:VCARD and END:VCARD");
    reader_end(r, &r->raw);
}


/* The line is whole, its folds undone: does a row end with it? */
static bool
vcard_line(reader_t *r)
{
    bool  begins, ends;

    ends = false;
    begins = r->raw.len == 11
             && strncasecmp((char *) r->raw.data, "BEGIN:VCARD", 11) == 0;

    if (begins && !r->card.open) {
        reader_begin(r);
        r->card.open = true;
        r->row.line = r->card.line;
    } else if (begins) {
        reader_refuse(r, 1, "a card begins inside another");
    } else if (r->card.open) {
        ends = vcard_property(r);
        r->card.open = !ends;
    } else if (r->raw.len > 0) {
        vcard_astray(r);
        ends = true;
    }

    gw_buf_reset(&r->raw);
    r->card.ended = false;
    r->card.cut = false;
    return ends;
}


/* The line ends here, if the next does not go on with it. */
static void
vcard_break(reader_t *r)
{
    r->card.ended = true;
    r->row.at_line++;
    if (r->raw.len > 0 && r->raw.data[r->raw.len - 1] == '\r') {
        r->raw.len--;
    }
}


/* The file has ended within a card. */
static int
vcard_unended(reader_t *r)
{
    if (!r->card.open) {
        return GW_EAGAIN;
    }

    r->card.open = false;
    r->row.wrong = NULL;
    reader_refuse(r, 1, "the file ends before END:VCARD");
    vcard_end(r);
    return GW_OK;
}


int
vcard_feed(reader_t *r, gw_str_t in, bool last, size_t *used)
{
    size_t                i, n;
    const unsigned char  *end;

    for (i = 0; i < in.len; ) {
        if (r->card.ended) {
            if (in.data[i] == ' ' || in.data[i] == '\t') {
                r->card.ended = false;          /* folded: without it */
                i++;
            } else if (vcard_line(r)) {
                *used = i;
                return GW_OK;
            }
            continue;
        }

        end = memchr(in.data + i, '\n', in.len - i);
        n = end != NULL ? (size_t) (end - in.data) - i : in.len - i;
        vcard_keep(r, in.data + i, n);
        i += n + (end != NULL);
        if (end != NULL) {
            vcard_break(r);
        }
    }

    *used = i;
    if (!last) {
        return GW_EAGAIN;
    }

    if (!r->card.ended) {
        vcard_break(r);                 /* a last line without its end */
    }

    return vcard_line(r) ? GW_OK : vcard_unended(r);
}
