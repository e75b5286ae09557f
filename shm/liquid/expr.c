/* Parsing what stands between the braces: values, filters, conditions. */
#include "shm/liquid/parse.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const lq_filter_row_t *const  lq_filter_tables[] = {
    lq_filters_string, lq_filters_replace, lq_filters_markup,
    lq_filters_encode, lq_filters_array, lq_filters_select, lq_filters_sort,
    lq_filters_math, lq_filters_locale, NULL
};

/* Arguments that are given by name, in the order in which filters get them. */
static const struct {
    const char  *filter;
    const char  *name[GW_LIQUID_NAMED + 1];
} lq_filter_names[] = {
    { "date", { "zone", "locale" } },
    { "default", { "allow_false" } },
    { "money", { "minor", "locale" } },
    { "number", { "locale" } },
    { "pluralize", { "zero", "one", "two", "few", "many", "other", "locale" } }
};

#define LQ_FILTER_NAMES  (sizeof(lq_filter_names) / sizeof(lq_filter_names[0]))


lq_expr_t *
lq_expr(lq_parser_t *p, int kind)
{
    lq_expr_t  *e;

    e = gw_liquid_alloc(&p->program->arena, sizeof(lq_expr_t));
    if (e != NULL) {
        memset(e, 0, sizeof(lq_expr_t));
        e->kind = kind;
    }

    return e;
}


static int
lq_parse_number(lq_parser_t *p, gw_str_t *m, lq_expr_t *e)
{
    char       text[64];
    size_t     n;
    long long  i;

    n = *m->data == '-';
    while (n < m->len && isdigit(m->data[n])) {
        n++;
    }

    if (n + 1 < m->len && m->data[n] == '.' && isdigit(m->data[n + 1])) {
        for (n++; n < m->len && isdigit(m->data[n]); n++) { /* void */ }
    }

    if (gw_str_int(gw_str_make(m->data, n), INT64_MIN, INT64_MAX, &i)
        == GW_OK)
    {
        e->literal = lq_int(i);

    } else if (n < sizeof(text)) {
        memcpy(text, m->data, n);
        text[n] = '\0';
        e->literal = lq_float(strtod(text, NULL));

    } else {
        return lq_fail(p->program, p->err, m->data, "the number is too long");
    }

    m->data += n;
    m->len -= n;
    return GW_OK;
}


/* .name and [expression] behind a root, also with blanks between. */
static int
lq_parse_path(lq_parser_t *p, gw_str_t *m, lq_expr_t *e)
{
    int             rc;
    gw_str_t        ahead;
    lq_segment_t   *s, **last;

    last = &e->path;

    for ( ;; ) {
        ahead = *m;
        lq_skip(&ahead);
        if (ahead.len == 0 || (*ahead.data != '.' && *ahead.data != '[')
            || (ahead.len > 1 && ahead.data[0] == '.' && ahead.data[1] == '.'))
        {
            return GW_OK;
        }

        s = gw_liquid_alloc(&p->program->arena, sizeof(lq_segment_t));
        if (s == NULL) {
            return GW_ENOMEM;
        }
        memset(s, 0, sizeof(lq_segment_t));
        *last = s;
        last = &s->next;

        if (lq_take(m, ".")) {
            if (!lq_word(m, &s->name)) {
                return lq_fail(p->program, p->err, m->data,
                               "a name is due after \".\"");
            }
            continue;
        }

        (void) lq_take(m, "[");
        rc = lq_parse_value(p, m, &s->index);
        if (rc != GW_OK) {
            return rc;
        }
        if (!lq_take(m, "]")) {
            return lq_fail(p->program, p->err, m->data, "\"]\" is missing");
        }
    }
}


/* `empty` and `blank` are themselves in comparisons, elsewhere no text. */
static bool
lq_keyword(gw_str_t word, bool literals, lq_val_t *v)
{
    memset(v, 0, sizeof(lq_val_t));

    if (gw_str_is(word, "nil") || gw_str_is(word, "null")) {
        v->type = LQ_NIL;
    } else if (gw_str_is(word, "true") || gw_str_is(word, "false")) {
        v->type = LQ_BOOL;
        v->b = word.len == 4;
    } else if (gw_str_is(word, "empty") || gw_str_is(word, "blank")) {
        *v = lq_str(gw_str_make("", 0));
        v->type = !literals ? LQ_STR : *word.data == 'e' ? LQ_EMPTY : LQ_BLANK;
    } else {
        return false;
    }

    return true;
}


static int
lq_parse_range(lq_parser_t *p, gw_str_t *m, lq_expr_t *e)
{
    int  rc;

    e->kind = LQ_RANGE_EXPR;
    rc = lq_parse_value(p, m, &e->left);
    if (rc != GW_OK) {
        return rc;
    }

    if (!lq_take(m, "..")) {
        return lq_fail(p->program, p->err, m->data, "\"..\" is due in a "
                       "range like (1..5)");
    }

    rc = lq_parse_value(p, m, &e->right);
    if (rc == GW_OK && !lq_take(m, ")")) {
        return lq_fail(p->program, p->err, m->data, "\")\" is missing");
    }

    return rc;
}


int
lq_parse_value(lq_parser_t *p, gw_str_t *m, lq_expr_t **out)
{
    int             rc;
    bool            literals;
    gw_str_t        word;
    lq_expr_t      *e;
    unsigned char  *end;

    literals = p->literals;
    p->literals = false;
    e = lq_expr(p, LQ_LITERAL);
    if (e == NULL) {
        return GW_ENOMEM;
    }

    *out = e;
    if (++p->depth > GW_LIQUID_DEPTH) {
        return lq_fail(p->program, p->err, m->data, "nested too deeply");
    }

    lq_skip(m);
    rc = GW_OK;

    if (m->len == 0) {
        rc = lq_fail(p->program, p->err, m->data, "a value is missing");

    } else if (*m->data == '"' || *m->data == '\'') {
        end = memchr(m->data + 1, *m->data, m->len - 1);
        if (end == NULL) {
            rc = lq_fail(p->program, p->err, m->data, "a quote is not closed");
        } else {
            e->literal = lq_str(gw_str_make(m->data + 1,
                                            end - m->data - 1));
            m->len -= end + 1 - m->data;
            m->data = end + 1;
        }

    } else if (isdigit(*m->data) || (*m->data == '-' && m->len > 1
                                     && isdigit(m->data[1])))
    {
        rc = lq_parse_number(p, m, e);

    } else if (lq_take(m, "(")) {
        rc = lq_parse_range(p, m, e);

    } else if (*m->data == '[') {
        e->kind = LQ_PATH;
        rc = lq_parse_path(p, m, e);

    } else if (lq_word(m, &word)) {
        if (!lq_keyword(word, literals, &e->literal)
            || (m->len > 0 && (*m->data == '.' || *m->data == '[')))
        {
            e->kind = LQ_PATH;
            e->root = word;
            rc = lq_parse_path(p, m, e);
        }

    } else {
        rc = lq_fail(p->program, p->err, m->data, "\"%c\" is not expected "
                     "here", *m->data);
    }

    p->depth--;
    return rc;
}


static const lq_filter_row_t *
lq_filter_find(gw_str_t name)
{
    int                     i;
    const lq_filter_row_t  *row;

    for (i = 0; lq_filter_tables[i] != NULL; i++) {
        for (row = lq_filter_tables[i]; row->name != NULL; row++) {
            if (gw_str_is(name, row->name)) {
                return row;
            }
        }
    }

    return NULL;
}


static const char *const *
lq_names_of(const lq_filter_row_t *row)
{
    size_t  i;

    for (i = 0; i < LQ_FILTER_NAMES; i++) {
        if (strcmp(lq_filter_names[i].filter, row->name) == 0) {
            return lq_filter_names[i].name;
        }
    }

    return NULL;
}


/* The value behind `name:`, which a filter without such is free to ignore. */
static int
lq_parse_named(lq_parser_t *p, gw_str_t *m, lq_filter_t *f, gw_str_t name)
{
    int         i, rc;
    lq_expr_t  *e;

    rc = lq_parse_value(p, m, &e);
    if (rc != GW_OK || f->names == NULL) {
        return rc;
    }

    for (i = 0; f->names[i] != NULL; i++) {
        if (gw_str_is(name, f->names[i])) {
            f->named[i] = e;
            return GW_OK;
        }
    }

    return lq_fail(p->program, p->err, name.data, "filter \"%s\" takes no "
                   "\"%.*s:\"", f->row->name,
                   name.len > 60 ? 60 : (int) name.len, name.data);
}


/* `: a, b, name: c` behind a filter's name. */
static int
lq_parse_arguments(lq_parser_t *p, gw_str_t *m, lq_filter_t *f)
{
    int       rc;
    gw_str_t  word;

    do {
        if (lq_label(m, &word)) {
            rc = lq_parse_named(p, m, f, word);
            if (rc != GW_OK) {
                return rc;
            }
            continue;
        }

        if (f->n == GW_LIQUID_ARGS) {
            return lq_fail(p->program, p->err, m->data, "too many arguments");
        }

        rc = lq_parse_value(p, m, &f->arg[f->n]);
        if (rc != GW_OK) {
            return rc;
        }
        f->n++;
    } while (lq_take(m, ","));

    return GW_OK;
}


static int
lq_parse_count(lq_parser_t *p, const lq_filter_t *f)
{
    char  few[16];

    few[0] = '\0';
    if (f->row->min < f->row->max) {
        (void) snprintf(few, sizeof(few), "%u to ", f->row->min);
    }

    return lq_fail(p->program, p->err, f->at,
                   "filter \"%s\" takes %s%u argument%s, not %u",
                   f->row->name, few, f->row->max,
                   f->row->max == 1 ? "" : "s", f->n);
}


int
lq_parse_filtered(lq_parser_t *p, gw_str_t *m, lq_expr_t **out)
{
    int            rc;
    gw_str_t       name;
    lq_filter_t   *f, **last;

    rc = lq_parse_value(p, m, out);
    if (rc != GW_OK) {
        return rc;
    }

    last = &(*out)->filters;

    while (lq_take(m, "|")) {
        f = gw_liquid_alloc(&p->program->arena, sizeof(lq_filter_t));
        if (f == NULL) {
            return GW_ENOMEM;
        }
        memset(f, 0, sizeof(lq_filter_t));
        lq_skip(m);
        f->at = m->data;
        *last = f;
        last = &f->next;

        if (!lq_word(m, &name)) {
            return lq_fail(p->program, p->err, m->data,
                           "a filter's name is due after \"|\"");
        }

        f->row = lq_filter_find(name);
        if (f->row == NULL) {
            return lq_fail(p->program, p->err, f->at,
                           "there is no filter \"%.*s\"",
                           name.len > 60 ? 60 : (int) name.len, name.data);
        }

        f->names = lq_names_of(f->row);
        if (lq_take(m, ":")) {
            rc = lq_parse_arguments(p, m, f);
            if (rc != GW_OK) {
                return rc;
            }
        }

        if (f->n < f->row->min || f->n > f->row->max) {
            return lq_parse_count(p, f);
        }

        rc = lq_check_literals(p, f);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}
