/* The schemas of the contract, compiled once the document is complete. */
#include <stdio.h>
#include <stdlib.h>

#include "shm/contract/parts.h"


int
gw_contract_schema(gw_contract_load_t *l, gw_buf_t *pointer,
    const json_t *node, const gw_schema_t **out)
{
    unsigned            cap;
    gw_contract_job_t  *more;

    if (pointer->failed) {
        return gw_contract_fault(l, node, "the path to this schema is too "
                                 "long");
    }

    if (l->n_jobs == l->cap_jobs) {
        cap = l->cap_jobs ? l->cap_jobs * 2 : 64;

        more = realloc(l->jobs, cap * sizeof(gw_contract_job_t));
        if (more == NULL) {
            return GW_ENOMEM;
        }

        l->jobs = more;
        l->cap_jobs = cap;
    }

    more = &l->jobs[l->n_jobs];
    more->pointer = strdup(gw_buf_c(pointer));
    if (more->pointer == NULL) {
        return GW_ENOMEM;
    }

    more->node = node;
    more->out = out;
    l->n_jobs++;

    return GW_OK;
}


/* those that no operation refers to are to be right as well */
static int
compile_components(gw_contract_load_t *l)
{
    int          rc;
    char         mem[CONTRACT_POINTER_MAX];
    json_t      *schemas, *schema;
    gw_buf_t     pointer;
    const char  *name;

    schemas = json_object_get(json_object_get(l->c->doc, "components"),
                              "schemas");

    json_object_foreach(schemas, name, schema) {
        gw_buf_fixed(&pointer, mem, sizeof(mem));
        gw_contract_pointer(&pointer, "components");
        gw_contract_pointer(&pointer, "schemas");
        gw_contract_pointer(&pointer, name);

        rc = gw_contract_schema(l, &pointer, schema, NULL);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* the sentence has the pointer of what is wrong: its line is the better one */
static int
compile_wrong(gw_contract_load_t *l, const json_t *node, const char *why)
{
    char           mem[CONTRACT_POINTER_MAX];
    const char    *p;
    const json_t  *at;

    p = strchr(why, '/');
    (void) snprintf(mem, sizeof(mem), "%.*s", p ? (int) strcspn(p, " ") : 0,
                    p ? p : "");

    for (at = l->c->doc, p = mem; at != NULL && *p == '/'; ) {
        at = gw_contract_member(at, &p);

        if (gw_marks_get(&l->marks, at) != NULL) {
            node = at;
        }
    }

    return gw_contract_fault(l, node, "%s", why);
}


static int
compile_job(gw_contract_load_t *l, const gw_contract_job_t *job)
{
    int                 rc;
    char                mem[2048];
    gw_buf_t            why;
    const gw_schema_t  *schema;

    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = gw_schema_compile(l->c->schemas, job->pointer, &schema, &why);

    if (rc == GW_EINVAL) {
        rc = compile_wrong(l, job->node, gw_buf_c(&why));
    }

    if (rc == GW_OK && job->out != NULL) {
        *job->out = schema;
    }

    return rc;
}


int
gw_contract_compile(gw_contract_load_t *l)
{
    int       rc;
    unsigned  i;

    l->c->schemas = gw_schema_set_create(l->c->doc, GW_SCHEMA_FORMAT
                                                    | GW_SCHEMA_CLOSED);
    rc = l->c->schemas ? compile_components(l) : GW_ENOMEM;

    for (i = 0; i < l->n_jobs && rc == GW_OK; i++) {
        rc = compile_job(l, &l->jobs[i]);
    }

    return rc;
}


void
gw_contract_compiled(gw_contract_load_t *l)
{
    unsigned  i;

    for (i = 0; i < l->n_jobs; i++) {
        free(l->jobs[i].pointer);
    }

    free(l->jobs);
}


const gw_schema_t *
gw_contract_input(gw_contract_t *c, const gw_contract_op_t *op, gw_buf_t *why)
{
    int                 rc;
    char                mem[CONTRACT_POINTER_MAX];
    gw_buf_t            pointer;
    const gw_schema_t  *schema;

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_contract_pointer(&pointer, CONTRACT_INPUTS);
    gw_contract_pointer(&pointer, (const char *) op->id.data);

    rc = gw_schema_compile(c->schemas, gw_buf_c(&pointer), &schema, why);

    if (rc == GW_ENOMEM) {
        gw_buf_cstr(why, gw_strerror(rc));
    }

    return rc == GW_OK ? schema : NULL;
}
