/* From source to tree: text, outputs, tags, the ends of blocks. */
#include "shm/liquid/parse.h"

static const lq_tag_row_t *const  lq_tag_tables[] = {
    lq_tags, lq_tags_loop, lq_tags_text, lq_tags_partial, NULL
};


lq_node_t *
lq_node(lq_parser_t *p, int kind, const unsigned char *at)
{
    lq_node_t  *n;

    n = gw_liquid_alloc(&p->program->arena, sizeof(lq_node_t));
    if (n != NULL) {
        memset(n, 0, sizeof(lq_node_t));
        n->kind = kind;
        n->at = at;
        n->put = p->opt->escape == GW_LIQUID_HTML ? LQ_PUT_HTML
                                                  : LQ_PUT_PLAIN;
    }

    return n;
}


void
lq_advance(gw_str_t *s, size_t n)
{
    s->data += n;
    s->len -= n;
}


unsigned char *
lq_close(gw_str_t s, char mark)
{
    unsigned char  *p, *end;

    end = s.data + s.len;
    for (p = s.data; p < end; p++) {
        p = memchr(p, mark, end - p);
        if (p == NULL || (p + 1 < end && p[1] == '}')) {
            return p;
        }
    }

    return NULL;
}


/* The markup of a brace pair at the head of rest, without its dashes. */
static int
lq_markup(lq_parser_t *p, lq_tag_t *tag)
{
    char            mark;
    gw_str_t       *m;
    unsigned char  *end;

    m = &tag->markup;
    tag->at = p->rest.data;
    tag->output = p->rest.data[1] == '{';
    mark = tag->output ? '}' : '%';
    lq_advance(&p->rest, 2);

    end = lq_close(p->rest, mark);
    if (end == NULL) {
        return lq_fail(p->program, p->err, tag->at, "\"%c}\" is missing",
                       mark);
    }

    *m = gw_str_make(p->rest.data, end - p->rest.data);
    lq_advance(&p->rest, m->len + 2);

    p->trim = m->len > 0 && m->data[m->len - 1] == '-';
    m->len -= p->trim;
    if (m->len > 0 && *m->data == '-') {
        lq_advance(m, 1);
    }

    return GW_OK;
}


bool
lq_line(lq_parser_t *p, gw_str_t *line)
{
    unsigned char  *end;

    lq_skip(&p->rest);
    end = p->rest.len > 0 ? memchr(p->rest.data, '\n', p->rest.len) : NULL;
    *line = gw_str_make(p->rest.data,
                        end != NULL ? (size_t) (end - p->rest.data)
                                    : p->rest.len);
    lq_advance(&p->rest, line->len);
    return line->len > 0;
}


bool
lq_all_blank(const lq_node_t *node)
{
    while (node != NULL && node->blank) {
        node = node->next;
    }

    return node == NULL;
}


void
lq_drop_blanks(lq_node_t **list)
{
    while (*list != NULL) {
        if ((*list)->kind == LQ_TEXT) {
            *list = (*list)->next;
        } else {
            list = &(*list)->next;
        }
    }
}


static const lq_tag_row_t *
lq_tag_find(gw_str_t name)
{
    int                  i;
    const lq_tag_row_t  *row;

    for (i = 0; lq_tag_tables[i] != NULL; i++) {
        for (row = lq_tag_tables[i]; row->name != NULL; row++) {
            if (gw_str_is(name, row->name)) {
                return row;
            }
        }
    }

    return NULL;
}


/* {% # a comment %}: each of its lines begins so. */
static int
lq_remark(lq_parser_t *p, const lq_tag_t *tag)
{
    gw_str_t        m;
    unsigned char  *end;

    for (m = tag->markup; m.len > 0 && *m.data == '#'; lq_skip(&m)) {
        end = memchr(m.data, '\n', m.len);
        if (end == NULL) {
            return GW_OK;
        }
        lq_advance(&m, end - m.data);
    }

    return m.len == 0 ? GW_OK
           : lq_fail(p->program, p->err, m.data,
                     "each line of a comment begins with \"#\"");
}


/* A tag: nodes, or one of `until` when *ended. */
static int
lq_tag(lq_parser_t *p, lq_tag_t *tag, lq_node_t **out,
    const char *const *until, bool *ended)
{
    int                   i, rc;
    lq_node_t            *node;
    const lq_tag_row_t   *row;
    const unsigned char  *opened;

    *ended = false;
    lq_skip(&tag->markup);

    if (tag->markup.len == 0 || *tag->markup.data == '#') {
        return lq_remark(p, tag);
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

    row = lq_tag_find(tag->name);
    if (row == NULL) {
        return lq_fail(p->program, p->err, tag->at,
                       "there is no tag \"%.*s\"%s",
                       tag->name.len > 60 ? 60 : (int) tag->name.len,
                       tag->name.data, tag->name.len > 3
                       && memcmp(tag->name.data, "end", 3) == 0
                       ? " to end here" : "");
    }

    node = lq_node(p, row->kind, tag->at);
    if (node == NULL) {
        return GW_ENOMEM;
    }

    node->blank = row->blank;
    opened = p->opened;
    p->opened = tag->at;
    rc = row->parse(p, tag->markup, node);
    p->opened = opened;
    *out = row->kind == LQ_NOTHING ? node->body : node;
    return rc;
}


/* The text up to the next brace pair; trimmed by the dashes around it. */
static int
lq_text_node(lq_parser_t *p, lq_node_t **out)
{
    bool            blank;
    gw_str_t        text, all;
    unsigned char  *c, *end;

    end = p->rest.data + p->rest.len;
    for (c = p->rest.data; (c = memchr(c, '{', end - c)) != NULL; c++) {
        if (c + 1 < end && (c[1] == '{' || c[1] == '%')) {
            break;
        }
    }
    c = c != NULL ? c : end;

    text = gw_str_make(p->rest.data, c - p->rest.data);
    lq_advance(&p->rest, text.len);

    if (p->trim) {
        lq_skip(&text);
        p->trim = false;
    }

    if (p->rest.len > 2 && c[2] == '-') {
        lq_rstrip(&text);
    }

    if (text.len == 0) {
        return GW_OK;
    }

    all = text;
    lq_skip(&all);
    blank = all.len == 0;

    *out = lq_node(p, LQ_TEXT, text.data);
    if (*out == NULL) {
        return GW_ENOMEM;
    }

    (*out)->text = text;
    (*out)->blank = blank;
    return lq_coded_make(p, *out);
}


/* Text into *out, then the braces or the line behind it into tag. */
static int
lq_step(lq_parser_t *p, lq_node_t **out, lq_tag_t *tag)
{
    int  rc;

    tag->at = NULL;
    tag->output = false;

    if (p->lines) {
        if (lq_line(p, &tag->markup)) {
            tag->at = tag->markup.data;
        }
        return GW_OK;
    }

    rc = p->rest.len > 0 ? lq_text_node(p, out) : GW_OK;
    return rc == GW_OK && p->rest.len > 0 ? lq_markup(p, tag) : rc;
}


int
lq_block(lq_parser_t *p, lq_node_t **out, const char *const *until,
    lq_tag_t *end)
{
    int         rc, last;
    bool        ended;
    lq_tag_t    tag = { gw_null_string, gw_null_string, NULL, false };

    *out = NULL;
    if (++p->depth > GW_LIQUID_DEPTH) {
        return lq_fail(p->program, p->err, p->rest.data, "nested too deeply");
    }

    for (ended = false; !ended; ) {
        rc = lq_step(p, out, &tag);
        if (rc != GW_OK) {
            return rc;
        }

        out = *out != NULL ? &(*out)->next : out;
        if (tag.at == NULL) {
            break;
        }

        if (tag.output) {
            *out = lq_node(p, LQ_OUTPUT, tag.at);
            rc = *out != NULL ? lq_output(p, tag.markup, *out) : GW_ENOMEM;
        } else {
            rc = lq_tag(p, &tag, out, until, &ended);
        }

        if (rc != GW_OK) {
            return rc;
        }

        while (*out != NULL) {
            out = &(*out)->next;
        }
    }

    p->depth--;
    *end = tag;
    for (last = 0; until[last] != NULL && until[last + 1] != NULL; last++) {
        /* the last one closes */
    }

    return ended || until[last] == NULL ? GW_OK
           : lq_fail(p->program, p->err, p->opened, "\"%s\" is missing",
                     until[last]);
}
