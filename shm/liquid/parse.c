/* From source to tree: text, outputs, tags. */
#include "shm/liquid/liquid.h"

#include <stdlib.h>

typedef int (*lq_tag_pt)(lq_parser_t *p, gw_str_t m, lq_node_t *node);

typedef struct {
    const char  *name;
    int          kind;
    lq_tag_pt    parse;
} lq_tag_row_t;

/* A tag as the scanner finds it. */
typedef struct {
    gw_str_t              name, markup;
    const unsigned char  *at;
} lq_tag_t;

static int lq_block(lq_parser_t *p, lq_node_t **out,
    const char *const *until, lq_tag_t *end);


/* Nothing may be left of a tag's or output's markup. */
static int
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


static lq_node_t *
lq_node(lq_parser_t *p, int kind, const unsigned char *at)
{
    lq_node_t  *n;

    n = gw_liquid_alloc(&p->program->arena, sizeof(lq_node_t));
    if (n != NULL) {
        memset(n, 0, sizeof(lq_node_t));
        n->kind = kind;
        n->at = at;
    }

    return n;
}


static void
lq_rstrip(gw_str_t *s)
{
    while (s->len > 0 && memchr(" \t\r\n\f\v", s->data[s->len - 1], 6)) {
        s->len--;
    }
}


/*
 * What stands between `{{` or `{%` and its end: *m without the dashes, which
 * trim the text before (already read) and after.
 */
static int
lq_markup(lq_parser_t *p, gw_str_t *m, bool *trim_before)
{
    char                  close[3];
    const unsigned char  *at;
    unsigned char        *end;

    at = p->rest.data;
    close[0] = p->rest.data[1] == '{' ? '}' : '%';
    close[1] = '}';
    close[2] = '\0';

    p->rest.data += 2;
    p->rest.len -= 2;
    *trim_before = p->rest.len > 0 && *p->rest.data == '-';
    if (*trim_before) {
        p->rest.data++;
        p->rest.len--;
    }

    end = memmem(p->rest.data, p->rest.len, close, 2);
    if (end == NULL) {
        return lq_fail(p->program, p->err, at, "\"%s\" is missing", close);
    }

    *m = gw_str_make(p->rest.data, end - p->rest.data);
    p->rest.len -= end + 2 - p->rest.data;
    p->rest.data = end + 2;
    p->trim = m->len > 0 && m->data[m->len - 1] == '-';
    m->len -= p->trim;
    return GW_OK;
}


/* Skip to {% NAME %}; the text before it is in *body. */
static int
lq_skip_to(lq_parser_t *p, const char *name, gw_str_t *body,
    const unsigned char *at)
{
    int             rc;
    bool            before;
    gw_str_t        m, word, rest;
    unsigned char  *open;

    rest = p->rest;

    for ( ;; ) {
        open = memmem(p->rest.data, p->rest.len, "{%", 2);
        if (open == NULL) {
            return lq_fail(p->program, p->err, at, "\"%s\" is missing", name);
        }

        p->rest.len -= open - p->rest.data;
        p->rest.data = open;
        rc = lq_markup(p, &m, &before);
        if (rc != GW_OK) {
            p->rest.data = open + 2;
            p->rest.len = rest.data + rest.len - p->rest.data;
            continue;
        }

        if (lq_word(&m, &word) && gw_str_is(word, name)) {
            *body = gw_str_make(rest.data, open - rest.data);
            if (before) {
                lq_rstrip(body);
            }
            return GW_OK;
        }

        /* a brace inside a skipped body need not be a tag */
        p->rest.data = open + 2;
        p->rest.len = rest.data + rest.len - p->rest.data;
    }
}


static int
lq_branches(lq_parser_t *p, gw_str_t m, lq_node_t *node, const char *close)
{
    int                       rc;
    bool                      unless;
    lq_tag_t                  end;
    lq_node_t                *branch;
    const char               *until[4] = { "elsif", "else", close, NULL };

    unless = close[3] == 'u';
    node->negate = unless;
    rc = lq_parse_condition(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;

    while (rc == GW_OK) {
        rc = lq_block(p, &node->body, until, &end);
        if (rc != GW_OK || gw_str_is(end.name, close)) {
            return rc;
        }

        branch = lq_node(p, LQ_IF, end.at);
        if (branch == NULL) {
            return GW_ENOMEM;
        }

        node->other = branch;
        node = branch;
        if (gw_str_is(end.name, "elsif")) {
            rc = lq_parse_condition(p, &end.markup, &node->expr);
            rc = rc == GW_OK ? lq_ended(p, &end.markup) : rc;
        }
    }

    return rc;
}


static int
lq_tag_if(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_branches(p, m, node, "endif");
}


static int
lq_tag_unless(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_branches(p, m, node, "endunless");
}


static int
lq_tag_case(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    lq_node_t                *when, **last, *ignored;
    static const char *const  until[] = { "when", "else", "endcase", NULL };

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_ended(p, &m) : rc;
    rc = rc == GW_OK ? lq_block(p, &ignored, until, &end) : rc;
    last = &node->body;

    while (rc == GW_OK && !gw_str_is(end.name, "endcase")) {
        when = lq_node(p, LQ_CASE, end.at);
        if (when == NULL) {
            return GW_ENOMEM;
        }
        *last = when;
        last = &when->next;

        while (gw_str_is(end.name, "when")) {
            if (when->n == GW_LIQUID_ARGS) {
                return lq_fail(p->program, p->err, end.at,
                               "too many values in \"when\"");
            }
            rc = lq_parse_value(p, &end.markup, &when->arg[when->n++]);
            if (rc != GW_OK) {
                return rc;
            }
            if (!lq_take(&end.markup, ",") && !lq_take(&end.markup, "or")) {
                rc = lq_ended(p, &end.markup);
                break;
            }
        }

        rc = rc == GW_OK ? lq_block(p, &when->other, until, &end) : rc;
    }

    return rc;
}


/* limit: N, offset: N or `continue`, reversed, in any order. */
static int
lq_for_options(lq_parser_t *p, gw_str_t *m, lq_node_t *node)
{
    int       rc;
    gw_str_t  word;

    for (rc = GW_OK; rc == GW_OK; ) {
        (void) lq_take(m, ",");
        lq_skip(m);
        if (m->len == 0) {
            return GW_OK;
        }

        if (lq_take(m, "reversed")) {
            node->reversed = true;
            continue;
        }

        if (!lq_word(m, &word) || !lq_take(m, ":")) {
            return lq_fail(p->program, p->err, m->data,
                           "limit, offset or reversed is expected");
        }

        if (gw_str_is(word, "offset") && lq_take(m, "continue")) {
            node->resume = true;
        } else if (gw_str_is(word, "limit")) {
            rc = lq_parse_value(p, m, &node->arg[0]);
        } else if (gw_str_is(word, "offset")) {
            rc = lq_parse_value(p, m, &node->arg[1]);
        } else {
            return lq_fail(p->program, p->err, word.data, "\"for\" has no "
                           "\"%.*s\"", (int) word.len, word.data);
        }
    }

    return rc;
}


static int
lq_tag_for(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "else", "endfor", NULL };

    if (!lq_word(&m, &node->text) || !lq_take(&m, "in")) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% for NAME in VALUES %%}");
    }

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_for_options(p, &m, node) : rc;
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;

    if (rc == GW_OK && gw_str_is(end.name, "else")) {
        rc = lq_block(p, &node->other, until + 1, &end);
    }

    return rc;
}


static int
lq_tag_assign(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int  rc;

    if (!lq_word(&m, &node->text) || !lq_take(&m, "=")) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% assign NAME = VALUE %%}");
    }

    rc = lq_parse_filtered(p, &m, &node->expr);
    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_capture(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    lq_tag_t                  end;
    lq_expr_t                *name;
    static const char *const  until[] = { "endcapture", NULL };

    lq_skip(&m);
    if (m.len > 0 && memchr("'\"", *m.data, 2)
        && lq_parse_value(p, &m, &name) == GW_OK)
    {
        node->text = name->literal.s;
    } else if (!lq_word(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at,
                       "write {%% capture NAME %%}");
    }

    return lq_block(p, &node->body, until, &end);
}


static int
lq_tag_cycle(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int         rc;
    gw_str_t    start;
    lq_expr_t  *first;

    lq_skip(&m);
    start = m;
    rc = lq_parse_value(p, &m, &first);
    if (rc != GW_OK) {
        return rc;
    }

    if (lq_take(&m, ":")) {
        node->text = gw_str_make(start.data, m.data - start.data);
        rc = lq_parse_value(p, &m, &first);
    } else {
        node->text = start;     /* the values themselves name the group */
    }

    node->arg[node->n++] = first;
    while (rc == GW_OK && lq_take(&m, ",")) {
        if (node->n == GW_LIQUID_ARGS) {
            return lq_fail(p->program, p->err, node->at,
                           "\"cycle\" takes up to 8 values");
        }
        rc = lq_parse_value(p, &m, &node->arg[node->n++]);
    }

    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_name(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    if (!lq_word(&m, &node->text)) {
        return lq_fail(p->program, p->err, node->at, "a name is missing");
    }

    return lq_ended(p, &m);
}


static int
lq_tag_plain(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_ended(p, &m);
}


static int
lq_output(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int           rc;
    lq_filter_t  *f;

    node->kind = LQ_OUTPUT;
    lq_skip(&m);
    if (m.len == 0) {
        node->kind = LQ_TEXT;           /* {{ }} prints nothing */
        return GW_OK;
    }

    rc = lq_parse_filtered(p, &m, &node->expr);
    for (f = rc == GW_OK ? node->expr->filters : NULL; f != NULL;
         f = f->next)
    {
        node->escaped |= f->row->done;
    }

    return rc == GW_OK ? lq_ended(p, &m) : rc;
}


static int
lq_tag_raw(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    return lq_skip_to(p, "endraw", &node->text, node->at);
}


static int
lq_tag_comment(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    gw_str_t  body;

    return lq_skip_to(p, "endcomment", &body, node->at);
}


/* {% link N %}url{% endlink %}: made by shm/gw_links, not by authors. */
static int
lq_tag_link(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    lq_tag_t                  end;
    static const char *const  until[] = { "endlink", NULL };

    if (!p->opt->links) {
        return lq_fail(p->program, p->err, node->at,
                       "there is no tag \"link\"");
    }

    rc = lq_parse_value(p, &m, &node->expr);
    rc = rc == GW_OK ? lq_block(p, &node->body, until, &end) : rc;
    node->resume = rc == GW_OK
                   && (node->body == NULL || (node->body->kind == LQ_TEXT
                                              && node->body->next == NULL));
    return rc;
}


static const lq_tag_row_t  lq_tags[] = {
    { "assign", LQ_ASSIGN, lq_tag_assign },
    { "break", LQ_DO_BREAK, lq_tag_plain },
    { "capture", LQ_CAPTURE, lq_tag_capture },
    { "case", LQ_CASE, lq_tag_case },
    { "comment", LQ_TEXT, lq_tag_comment },
    { "continue", LQ_DO_CONTINUE, lq_tag_plain },
    { "cycle", LQ_CYCLE, lq_tag_cycle },
    { "decrement", LQ_DECREMENT, lq_tag_name },
    { "echo", LQ_OUTPUT, lq_output },
    { "for", LQ_FOR, lq_tag_for },
    { "if", LQ_IF, lq_tag_if },
    { "increment", LQ_INCREMENT, lq_tag_name },
    { "link", LQ_LINK, lq_tag_link },
    { "raw", LQ_TEXT, lq_tag_raw },
    { "unless", LQ_IF, lq_tag_unless },
    { NULL, 0, NULL }
};


/* A tag at the head of rest: a node, or one of `until` in *end. */
static int
lq_tag(lq_parser_t *p, lq_tag_t *tag, lq_node_t **out,
    const char *const *until, bool *ended)
{
    int                  i;
    const lq_tag_row_t  *row;

    *out = NULL;
    *ended = false;
    lq_skip(&tag->markup);

    if (tag->markup.len == 0 || *tag->markup.data == '#') {
        return memchr(tag->markup.data, '\n', tag->markup.len) == NULL
               ? GW_OK : lq_fail(p->program, p->err, tag->at, "each line of "
                                 "a comment begins with \"#\"");
    }

    if (!lq_word(&tag->markup, &tag->name)) {
        return lq_fail(p->program, p->err, tag->at, "a tag's name is missing");
    }

    for (i = 0; until[i] != NULL; i++) {
        if (gw_str_is(tag->name, until[i])) {
            *ended = true;
            return GW_OK;
        }
    }

    for (row = lq_tags; row->name != NULL; row++) {
        if (gw_str_is(tag->name, row->name)) {
            *out = lq_node(p, row->kind, tag->at);
            return *out != NULL ? row->parse(p, tag->markup, *out)
                                : GW_ENOMEM;
        }
    }

    return lq_fail(p->program, p->err, tag->at, "there is no tag \"%.*s\"%s",
                   (int) tag->name.len, tag->name.data,
                   tag->name.len > 3 && memcmp(tag->name.data, "end", 3) == 0
                   ? " to end here" : "");
}


/* The text up to the next brace pair; trimmed by the dashes around it. */
static int
lq_text_node(lq_parser_t *p, lq_node_t **out)
{
    gw_str_t        text;
    unsigned char  *c, *end;

    end = p->rest.data + p->rest.len;
    for (c = p->rest.data; c + 1 < end; c++) {
        if (c[0] == '{' && (c[1] == '{' || c[1] == '%')) {
            break;
        }
    }
    c = c + 1 < end ? c : end;

    text = gw_str_make(p->rest.data, c - p->rest.data);
    p->rest.len -= text.len;
    p->rest.data = c;

    if (p->trim) {
        lq_skip(&text);
        p->trim = false;
    }

    if (p->rest.len > 2 && c[2] == '-') {
        lq_rstrip(&text);
    }

    *out = NULL;
    if (text.len > 0) {
        *out = lq_node(p, LQ_TEXT, text.data);
        if (*out == NULL) {
            return GW_ENOMEM;
        }
        (*out)->text = text;
    }

    return GW_OK;
}


static int
lq_block(lq_parser_t *p, lq_node_t **out, const char *const *until,
    lq_tag_t *end)
{
    int         rc;
    bool        before, ended;
    lq_tag_t    tag;
    lq_node_t  *node;

    *out = NULL;
    if (++p->depth > GW_LIQUID_DEPTH) {
        return lq_fail(p->program, p->err, p->rest.data, "nested too deeply");
    }

    for ( ;; ) {
        rc = lq_text_node(p, &node);
        if (rc == GW_OK && node != NULL) {
            *out = node;
            out = &node->next;
        }

        if (rc != GW_OK || p->rest.len == 0) {
            break;
        }

        tag.at = p->rest.data;
        ended = p->rest.data[1] == '{';         /* an output */
        rc = lq_markup(p, &tag.markup, &before);
        if (rc != GW_OK) {
            break;
        }

        if (ended) {
            node = lq_node(p, LQ_OUTPUT, tag.at);
            rc = node != NULL ? lq_output(p, tag.markup, node) : GW_ENOMEM;
        } else {
            rc = lq_tag(p, &tag, &node, until, &ended);
            if (rc == GW_OK && ended) {
                *end = tag;
                p->depth--;
                return GW_OK;
            }
        }

        if (rc != GW_OK) {
            break;
        }

        if (node != NULL) {
            *out = node;
            out = &node->next;
        }
    }

    p->depth--;
    if (rc == GW_OK && until[0] != NULL) {
        for (rc = 0; until[rc + 1] != NULL; rc++) { /* the last one closes */ }
        return lq_fail(p->program, p->err, p->rest.data, "\"%s\" is missing",
                       until[rc]);
    }

    return rc;
}


int
gw_liquid_compile(gw_liquid_t **out, gw_str_t src,
    const gw_liquid_options_t *opt, gw_liquid_error_t *err)
{
    int                       rc;
    lq_tag_t                  end;
    lq_parser_t               p;
    static const char *const  until[] = { NULL };

    memset(&p, 0, sizeof(p));
    memset(err, 0, sizeof(gw_liquid_error_t));

    p.program = calloc(1, sizeof(gw_liquid_t));
    if (p.program == NULL) {
        return GW_ENOMEM;
    }

    p.program->source.data = malloc(src.len + 1);
    if (p.program->source.data == NULL) {
        free(p.program);
        return GW_ENOMEM;
    }

    if (src.len > 0) {
        memcpy(p.program->source.data, src.data, src.len);
    }
    p.program->source.len = src.len;
    p.program->source.data[src.len] = '\0';
    p.program->escape = opt->escape;
    p.opt = opt;
    p.err = err;
    p.rest = p.program->source;

    rc = lq_block(&p, &p.program->first, until, &end);
    if (rc != GW_OK) {
        gw_liquid_free(p.program);
        return rc;
    }

    *out = p.program;
    return GW_OK;
}


void
gw_liquid_free(gw_liquid_t *p)
{
    if (p != NULL) {
        gw_liquid_arena_free(&p->arena);
        free(p->source.data);
        free(p);
    }
}
