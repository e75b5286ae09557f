/*
 * Quoted-printable at once: the texts of a template are encoded when it is
 * compiled, so that only what its outputs print is encoded for each recipient.
 */
#include "shm/liquid/parse.h"

#define LQ_CODED_WHOLE  96      /* a text of so many bytes is not cut        */
#define LQ_CODED_HEAD   24      /* bytes before the first line end, if none  */


/*
 * Where a text is cut: what is before depends on the column at which the text
 * will begin, what is behind begins a line.
 */
static size_t
lq_coded_cut(gw_str_t s)
{
    size_t          n;
    unsigned char  *end;

    end = memchr(s.data, '\n', LQ_CODED_WHOLE);
    if (end != NULL) {
        return (size_t) (end + 1 - s.data);
    }

    /* a soft line end will be put here: no blank may stand before it */
    for (n = LQ_CODED_HEAD; n < s.len && lq_blank(s.data[n - 1]); n++) {
        /* void */
    }

    return n;
}


int
lq_coded_make(lq_parser_t *p, lq_node_t *node)
{
    int         rc;
    size_t      cut;
    gw_buf_t    b;
    lq_coded_t *c;

    if (!p->opt->coded || node->text.len <= LQ_CODED_WHOLE) {
        return GW_OK;
    }

    cut = lq_coded_cut(node->text);
    if (cut == node->text.len) {
        return GW_OK;
    }

    c = gw_liquid_alloc(&p->program->arena, sizeof(lq_coded_t));
    if (c == NULL) {
        return GW_ENOMEM;
    }

    memset(c, 0, sizeof(lq_coded_t));
    c->head = cut;
    gw_buf_init(&b, 4 * node->text.len + 16);
    gw_qp_encode(&c->after, &b, gw_str_make(node->text.data + cut,
                                            node->text.len - cut));

    rc = b.failed ? GW_ENOMEM : GW_OK;
    if (rc == GW_OK && b.len > 0) {
        c->tail = gw_str_make(gw_liquid_alloc(&p->program->arena, b.len),
                              b.len);
        rc = c->tail.data != NULL ? GW_OK : GW_ENOMEM;
    }
    if (rc == GW_OK && b.len > 0) {
        memcpy(c->tail.data, b.data, b.len);
    }

    gw_buf_free(&b);
    node->coded = c;
    return rc;
}


void
lq_coded_text(gw_liquid_run_t *run, const lq_node_t *node)
{
    gw_qp_t           *qp;
    const lq_coded_t  *c;

    c = node->coded;
    qp = run->coded;
    if (c == NULL) {
        gw_qp_encode(qp, run->out, node->text);
        return;
    }

    gw_qp_encode(qp, run->out, gw_str_make(node->text.data, c->head));
    if (qp->column > 0) {
        gw_buf_put(run->out, "=\r\n", 3);
    }
    gw_buf_str(run->out, c->tail);
    *qp = c->after;
}


/* Is it what it will be, on the line that is open? */
static bool
lq_coded_fits(const gw_qp_t *qp, const unsigned char *p, size_t n)
{
    size_t  i;

    if (qp->held != 0 || qp->column == 0
        || qp->column + n >= GW_QP_LINE || p[n - 1] == ' ')
    {
        return false;
    }

    for (i = 0; i < n; i++) {
        if (p[i] < 0x20 || p[i] > 0x7e || p[i] == '=') {
            return false;
        }
    }

    return true;
}


void
lq_coded_tail(gw_liquid_run_t *run, size_t from)
{
    size_t     n;
    gw_buf_t  *b;

    n = run->out->len - from;
    if (n == 0 || run->out->failed) {
        return;
    }

    if (lq_coded_fits(run->coded, run->out->data + from, n)) {
        run->coded->column += (unsigned) n;
        return;
    }

    b = lq_scratch(run);
    gw_buf_put(b, run->out->data + from, n);
    run->arena.full |= b->failed;
    run->out->len = from;
    gw_qp_encode(run->coded, run->out, gw_buf_view(b));
}
