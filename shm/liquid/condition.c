/* Conditions: comparisons joined by `and` and `or`. */
#include "shm/liquid/parse.h"

/* Longest first, so that <= is not taken for <; by lq_op_t. */
static const char *const  lq_operators[] = {
    "==", "!=", "<>", "<=", ">=", "<", ">", "contains", NULL
};


/* A side of a comparison, where `empty` and `blank` mean what they say. */
int
lq_parse_operand(lq_parser_t *p, gw_str_t *m, lq_expr_t **out)
{
    p->literals = true;
    return lq_parse_value(p, m, out);
}


static int
lq_parse_compare(lq_parser_t *p, gw_str_t *m, lq_expr_t **out)
{
    int         rc, op;
    lq_expr_t  *e, *left;

    rc = lq_parse_operand(p, m, &left);
    if (rc != GW_OK) {
        return rc;
    }

    *out = left;
    for (op = 0; lq_operators[op] != NULL; op++) {
        if (lq_take(m, lq_operators[op])) {
            break;
        }
    }

    if (lq_operators[op] == NULL) {
        return GW_OK;
    }

    e = lq_expr(p, LQ_COMPARE);
    if (e == NULL) {
        return GW_ENOMEM;
    }

    e->left = left;
    e->op = op;
    *out = e;
    return lq_parse_operand(p, m, &e->right);
}


/* `and` and `or` have one rank and are taken from the right. */
int
lq_parse_condition(lq_parser_t *p, gw_str_t *m, lq_expr_t **out)
{
    int         rc, kind;
    lq_expr_t  *e;

    for ( ;; ) {
        rc = lq_parse_compare(p, m, out);
        if (rc != GW_OK) {
            return rc;
        }

        kind = lq_take(m, "and") ? LQ_AND : lq_take(m, "or") ? LQ_OR : -1;
        if (kind == -1) {
            return GW_OK;
        }

        e = lq_expr(p, kind);
        if (e == NULL) {
            return GW_ENOMEM;
        }

        e->left = *out;
        *out = e;
        out = &e->right;
    }
}
