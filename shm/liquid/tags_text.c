/* Tags whose body is not Liquid: comment, doc, raw; and {% liquid %}. */
#include "shm/liquid/parse.h"


/*
 * The next tag of a body that is not parsed: its first word, what follows it,
 * where it opens. false when no more comes.
 */
static bool
lq_foreign_tag(lq_parser_t *p, gw_str_t *word, gw_str_t *markup,
    const unsigned char **open)
{
    bool            found;
    gw_str_t        m;
    unsigned char  *at, *close;

    *word = *markup = gw_str_make("", 0);

    if (p->lines) {
        *open = p->rest.data;
        if (!lq_line(p, &m)) {
            return false;
        }
        (void) lq_word(&m, word);
        *markup = m;
        return true;
    }

    close = lq_close(p->rest, '%');
    if (close == NULL) {
        return false;
    }

    /* of several openings the last one has this end */
    for (at = close; at >= p->rest.data + 2; at--) {
        if (at[-2] == '{' && at[-1] == '%') {
            break;
        }
    }

    found = at >= p->rest.data + 2;
    lq_advance(&p->rest, close + 2 - p->rest.data);
    if (!found) {
        return true;
    }

    *open = at - 2;
    m = gw_str_make(at, close - at);
    p->trim = m.len > 0 && m.data[m.len - 1] == '-';
    m.len -= p->trim;
    if (m.len > 0 && *m.data == '-') {
        lq_advance(&m, 1);
    }

    (void) lq_word(&m, word);
    *markup = m;
    return true;
}


static int
lq_endless(lq_parser_t *p, const lq_node_t *node, const char *end)
{
    return lq_fail(p->program, p->err, node->at, "\"%s\" is missing", end);
}


static int
lq_tag_raw(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                   rc;
    gw_str_t              word;
    unsigned char        *start;
    const unsigned char  *open;

    rc = lq_ended(p, &m);
    if (rc != GW_OK) {
        return rc;
    }

    start = p->rest.data;
    while (!p->lines && lq_foreign_tag(p, &word, &m, &open)) {
        if (gw_str_is(word, "endraw")) {
            node->text = gw_str_make(start, open - start);
            node->blank = node->text.len == 0;
            return lq_coded_make(p, node);
        }
    }

    return lq_endless(p, node, "endraw");
}


/* Comments nest; a raw block in one hides its tags. */
static int
lq_tag_comment(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    bool                  raw;
    unsigned              depth;
    gw_str_t              word;
    const unsigned char  *open;

    raw = false;
    depth = 1;
    while (depth > 0) {
        if (!lq_foreign_tag(p, &word, &m, &open)) {
            return lq_endless(p, node, "endcomment");
        }

        if (raw) {
            raw = !gw_str_is(word, "endraw");
        } else if (gw_str_is(word, "raw")) {
            raw = !p->lines;
        } else {
            depth += gw_str_is(word, "comment");
            depth -= gw_str_is(word, "endcomment");
        }
    }

    return GW_OK;
}


static int
lq_tag_doc(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                   rc;
    gw_str_t              word;
    const unsigned char  *open;

    rc = lq_ended(p, &m);
    if (rc != GW_OK) {
        return rc;
    }

    while (lq_foreign_tag(p, &word, &m, &open)) {
        if (gw_str_is(word, "enddoc")) {
            return GW_OK;
        }
        if (gw_str_is(word, "doc")) {
            return lq_fail(p->program, p->err, open,
                           "a \"doc\" has no other inside");
        }
    }

    return lq_endless(p, node, "enddoc");
}


/* Each line of the markup is a tag; what they make takes this one's place. */
static int
lq_tag_liquid(lq_parser_t *p, gw_str_t m, lq_node_t *node)
{
    int                       rc;
    bool                      lines, trim;
    gw_str_t                  rest;
    lq_tag_t                  end;
    static const char *const  until[] = { NULL };

    rest = p->rest;
    lines = p->lines;
    trim = p->trim;

    p->rest = m;
    p->lines = true;
    rc = lq_block(p, &node->body, until, &end);

    p->rest = rest;
    p->lines = lines;
    p->trim = trim;
    return rc;
}


const lq_tag_row_t  lq_tags_text[] = {
    { "comment", LQ_NOTHING, true, lq_tag_comment },
    { "doc", LQ_NOTHING, true, lq_tag_doc },
    { "liquid", LQ_NOTHING, false, lq_tag_liquid },
    { "raw", LQ_TEXT, false, lq_tag_raw },
    { NULL, 0, false, NULL }
};
