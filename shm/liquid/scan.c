/* From source to tree: text, outputs, the ends of blocks. */
#include "shm/liquid/parse.h"

#include <stdlib.h>


lq_node_t *
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


int
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


int
lq_block(lq_parser_t *p, lq_node_t **out, const char *const *until,
    lq_tag_t *end)
{
    int         rc;
    bool        before, ended;
    lq_tag_t    tag = { gw_null_string, gw_null_string, NULL };
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
