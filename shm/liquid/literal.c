/* Arguments that are written out, judged when the template is compiled. */
#include "shm/liquid/locale.h"
#include "shm/liquid/parse.h"

/* The zone of `date` is the first of its named arguments. */
static const struct {
    const char  *filter;
    bool         named;
    bool       (*known)(gw_str_t s);
    const char  *wrong;         /* with the text itself */
} lq_literals[] = {
    { "date", true, gw_zone_is, "there is no time zone \"%.*s\"" },
    { "money", false, lq_is_code, "\"money\" takes a currency like EUR, not "
      "\"%.*s\"" }
};


int
lq_check_literals(lq_parser_t *p, const lq_filter_t *f)
{
    size_t            i;
    gw_str_t          s;
    const lq_expr_t  *e;

    if (strcmp(f->row->name, "pluralize") == 0 && f->n != 2
        && f->named[LQ_OTHER] == NULL)
    {
        return lq_fail(p->program, p->err, f->at, "\"pluralize\" takes two "
                       "texts, or one for \"other:\"");
    }

    for (i = 0; i < sizeof(lq_literals) / sizeof(lq_literals[0]); i++) {
        if (strcmp(f->row->name, lq_literals[i].filter) != 0) {
            continue;
        }

        e = lq_literals[i].named ? f->named[0] : f->arg[0];
        if (e == NULL || e->kind != LQ_LITERAL || e->literal.type != LQ_STR
            || e->literal.s.len == 0)
        {
            continue;
        }

        s = e->literal.s;
        if (!lq_literals[i].known(s)) {
            return lq_fail(p->program, p->err, f->at, lq_literals[i].wrong,
                           s.len > 60 ? 60 : (int) s.len, s.data);
        }
    }

    return GW_OK;
}
