/* The schemas of the contract, compiled once the document is complete. */
#include <stdlib.h>

#include "shm/contract/parts.h"


int
gw_contract_schema(gw_contract_load_t *l, gw_buf_t *pointer,
    const json_t *node, const gw_schema_t **out)
{
    unsigned            cap;
    gw_contract_t      *c = l->c;
    gw_contract_job_t  *more;

    if (pointer->failed) {
        return gw_contract_fault(l, node, "the path to this schema is too "
                                 "long");
    }

    if (c->n_jobs == c->cap_jobs) {
        cap = c->cap_jobs ? c->cap_jobs * 2 : 64;

        more = realloc(c->jobs, cap * sizeof(gw_contract_job_t));
        if (more == NULL) {
            return GW_ENOMEM;
        }

        c->jobs = more;
        c->cap_jobs = cap;
    }

    more = &c->jobs[c->n_jobs];
    more->pointer = strdup(gw_buf_c(pointer));
    if (more->pointer == NULL) {
        return GW_ENOMEM;
    }

    more->node = node;
    more->out = out;
    c->n_jobs++;

    return GW_OK;
}


int
gw_contract_compile(gw_contract_load_t *l)
{
    unsigned  i;

    for (i = 0; i < l->c->n_jobs; i++) {
        if (l->c->jobs[i].out != NULL) {
            *l->c->jobs[i].out = NULL;
        }
    }

    return GW_OK;
}
