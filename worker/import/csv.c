/* RFC 4180 in pieces: rows of fields out of any chunks of bytes. */
#include "worker/import/csv.h"

#include <string.h>


void
csv_init(csv_t *c)
{
    memset(c, 0, sizeof(csv_t));
    gw_buf_init(&c->text, CSV_ROW_MAX);
    c->at_line = 1;
}


void
csv_free(csv_t *c)
{
    gw_buf_free(&c->text);
}


static void
csv_complain(csv_t *c, const char *why)
{
    if (c->wrong == NULL) {
        c->wrong = why;
        c->wrong_column = c->n + 1;
    }
}


static void
csv_end_field(csv_t *c)
{
    c->state = CSV_START;
    if (c->n == CSV_COLUMNS_MAX) {
        csv_complain(c, "the row has more than 512 columns");
        return;
    }

    c->end[c->n++] = c->text.len;
}


static void
csv_put(csv_t *c, const unsigned char *p, size_t n)
{
    gw_buf_put(&c->text, p, n);
    if (c->text.failed) {
        c->text.failed = false;         /* the rest of the row is eaten */
        csv_complain(c, "the row is longer than 1 MiB");
    }
}


static void
csv_begin_row(csv_t *c)
{
    gw_buf_reset(&c->text);
    c->n = 0;
    c->wrong = NULL;
    c->line = c->at_line;
    c->state = CSV_START;
    c->open = true;
}


/* The bytes from p that stand for themselves in this state. */
static size_t
csv_run(const csv_t *c, const unsigned char *p, size_t n)
{
    size_t                i;
    const unsigned char  *hit;

    if (c->state == CSV_QUOTED) {
        hit = memchr(p, '"', n);
        i = hit != NULL ? (size_t) (hit - p) : n;
        hit = memchr(p, '\n', i);
        return hit != NULL ? (size_t) (hit - p) : i;
    }

    for (i = 0; i < n && p[i] != ',' && p[i] != '\n' && p[i] != '\r'
                && p[i] != '"'; i++)
    {
        /* void */
    }

    return i;
}


static bool
csv_end_row(csv_t *c)
{
    c->at_line++;
    csv_end_field(c);
    c->open = false;
    return true;
}


/* One byte that means something; true at the end of a row. */
static bool
csv_mark(csv_t *c, unsigned char b)
{
    if (c->state == CSV_QUOTED) {
        if (b == '"') {
            c->state = CSV_QUOTE_END;
        } else {
            c->at_line++;
            csv_put(c, &b, 1);
        }
        return false;
    }

    if (b == '"') {
        if (c->state == CSV_START) {
            c->state = CSV_QUOTED;
        } else if (c->state == CSV_QUOTE_END) {
            csv_put(c, &b, 1);
            c->state = CSV_QUOTED;
        } else {
            csv_complain(c, "a quote stands inside a field without quotes");
        }
        return false;
    }

    if (b == ',') {
        csv_end_field(c);
        return false;
    }

    if (b == '\r') {
        c->state = CSV_CR;      /* with a line feed or without */
        return false;
    }

    return csv_end_row(c);
}


int
csv_feed(csv_t *c, gw_str_t in, bool last, size_t *used)
{
    size_t  i, n;

    if (!c->open && in.len > 0) {
        csv_begin_row(c);
    }

    for (i = 0; i < in.len; ) {
        if (c->state == CSV_CR) {
            *used = i + (in.data[i] == '\n');
            (void) csv_end_row(c);
            return GW_OK;
        }

        n = csv_run(c, in.data + i, in.len - i);

        if (n > 0) {
            if (c->state == CSV_QUOTE_END) {
                csv_complain(c, "text follows a closing quote");
            }
            c->state = c->state == CSV_START ? CSV_PLAIN : c->state;
            csv_put(c, in.data + i, n);
            i += n;
            continue;
        }

        if (csv_mark(c, in.data[i++])) {
            *used = i;
            return GW_OK;
        }
    }

    *used = i;
    if (!last || !c->open) {
        return GW_EAGAIN;
    }

    if (c->state == CSV_QUOTED) {
        c->wrong = NULL;        /* that is why the row is too long, too */
        csv_complain(c, "a quote is not closed before the end of the file");
    }

    (void) csv_end_row(c);
    return GW_OK;
}


gw_str_t
csv_field(const csv_t *c, unsigned i)
{
    size_t  from;

    if (i >= c->n) {
        return gw_str_make("", 0);
    }

    from = i > 0 ? c->end[i - 1] : 0;
    return gw_str_make(c->text.data != NULL ? c->text.data + from
                                            : (unsigned char *) "",
                       c->end[i] - from);
}


/* Would a spreadsheet run it, in East Asia also in its wide characters? */
static bool
csv_formula(gw_str_t s)
{
    unsigned                  i;
    static const char *const  first[] = {
        "=", "+", "-", "@", "\t", "\r", "\n", "\357\274\235",
        "\357\274\213", "\357\274\215", "\357\274\240"
    };

    while (s.len > 0 && *s.data == '\'') {
        s.data++;
        s.len--;
    }

    for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        if (s.len >= strlen(first[i])
            && memcmp(s.data, first[i], strlen(first[i])) == 0)
        {
            return true;
        }
    }

    return false;
}


void
csv_put_cell(gw_buf_t *out, gw_str_t s)
{
    size_t  n;

    gw_buf_cstr(out, csv_formula(s) ? "\"'" : "\"");

    for (n = 0; n < s.len; n++) {
        if (s.data[n] == '"') {
            gw_buf_char(out, '"');
        }
        gw_buf_char(out, s.data[n]);
    }

    gw_buf_char(out, '"');
}


gw_str_t
csv_unguard(gw_str_t s)
{
    return s.len > 0 && *s.data == '\'' && csv_formula(s)
           ? gw_str_make(s.data + 1, s.len - 1) : s;
}
