/* Reading markup: blanks, marks, words; and the place of an error. */
#include "shm/liquid/parse.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>


/* The text that `at` lies in: the template's own, or a partial's. */
static gw_str_t
lq_source_of(const gw_liquid_t *p, const unsigned char *at, gw_str_t *name)
{
    const lq_partial_t  *part;

    for (part = p->partials; part != NULL; part = part->next) {
        if (at >= part->source.data
            && at <= part->source.data + part->source.len)
        {
            *name = part->name;
            return part->source;
        }
    }

    *name = gw_str_make(NULL, 0);
    return p->source;
}


int
lq_fail(const gw_liquid_t *p, gw_liquid_error_t *err, const unsigned char *at,
    const char *fmt, ...)
{
    int                   n;
    va_list               args;
    gw_str_t              name, source;
    const unsigned char  *c;

    source = lq_source_of(p, at, &name);
    err->line = 1;
    err->column = 1;
    for (c = source.data; c < at; c++) {
        if (*c == '\n') {
            err->line++;
            err->column = 1;
        } else if ((*c & 0xc0) != 0x80) {
            err->column++;
        }
    }

    n = 0;
    if (name.len > 0) {
        n = snprintf(err->message, sizeof(err->message),
                     "in the snippet \"%.*s\": ",
                     name.len > 60 ? 60 : (int) name.len, name.data);
    }

    va_start(args, fmt);
    (void) vsnprintf(err->message + n, sizeof(err->message) - (size_t) n, fmt,
                     args);
    va_end(args);
    return GW_EINVAL;
}


bool
lq_blank(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}


void
lq_skip(gw_str_t *m)
{
    while (m->len > 0 && lq_blank(*m->data)) {
        m->data++;
        m->len--;
    }
}


void
lq_rstrip(gw_str_t *s)
{
    while (s->len > 0 && lq_blank(s->data[s->len - 1])) {
        s->len--;
    }
}


bool
lq_take(gw_str_t *m, const char *mark)
{
    size_t  n;

    lq_skip(m);
    n = strlen(mark);
    if (m->len < n || memcmp(m->data, mark, n) != 0) {
        return false;
    }

    if (isalpha((unsigned char) mark[0]) && m->len > n
        && (isalnum(m->data[n]) || memchr("_-?", m->data[n], 3)))
    {
        return false;
    }

    m->data += n;
    m->len -= n;
    return true;
}


bool
lq_word(gw_str_t *m, gw_str_t *word)
{
    size_t  n;

    lq_skip(m);
    if (m->len == 0 || (!isalpha(*m->data) && *m->data != '_'
                        && *m->data < 0x80))
    {
        return false;
    }

    for (n = 1; n < m->len && (isalnum(m->data[n]) || m->data[n] >= 0x80
                               || memchr("_-", m->data[n], 2)); n++)
    {
        /* void */
    }
    n += n < m->len && m->data[n] == '?';

    *word = gw_str_make(m->data, n);
    m->data += n;
    m->len -= n;
    return true;
}


/* The name that `assign` and `capture` set: digits, dots and all. */
bool
lq_target(gw_str_t *m, gw_str_t *name)
{
    size_t  n;

    lq_skip(m);
    for (n = 0; n < m->len && (isalnum(m->data[n]) || m->data[n] >= 0x80
                               || memchr("_-.[]()", m->data[n], 7)); n++)
    {
        /* void */
    }

    *name = gw_str_make(m->data, n);
    m->data += n;
    m->len -= n;
    return n > 0;
}


/* A word and its colon, as before a named argument. */
bool
lq_label(gw_str_t *m, gw_str_t *word)
{
    gw_str_t  ahead;

    ahead = *m;
    if (!lq_word(&ahead, word) || !lq_take(&ahead, ":")) {
        return false;
    }

    *m = ahead;
    return true;
}


/* Nothing may be left of a tag's or output's markup. */
int
lq_ended(lq_parser_t *p, gw_str_t *m)
{
    lq_skip(m);
    if (m->len > 0) {
        return lq_fail(p->program, p->err, m->data,
                       "\"%.*s\" is not expected here",
                       m->len > 20 ? 20 : (int) m->len, m->data);
    }

    return GW_OK;
}
