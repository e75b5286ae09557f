/*
 * Examples and defaults pass the schema they stand with. A set of schemas of
 * its own, since nobody needs these once they are judged.
 */
#include <stdio.h>

#include "shm/contract/parts.h"

#define EXAMPLES_POINTER_MAX  4096

typedef struct {
    gw_contract_load_t  *l;
    gw_schema_set_t     *set;
    gw_buf_t             pointer;       /* of the node that is looked at */
} examples_t;

/* under these keys of an object stand names of somebody, not keywords */
static const char *const  examples_names[] = {
    "properties", "patternProperties", "$defs", "dependentSchemas", "schemas",
    "parameters", "requestBodies", "responses", "headers", "content", NULL
};

/* under these, values */
static const char *const  examples_values[] = {
    "example", "examples", "default", "enum", "const", NULL
};


static bool
examples_has(const char *const *list, const char *key)
{
    for ( /* void */ ; *list != NULL; list++) {
        if (strcmp(*list, key) == 0) {
            return true;
        }
    }

    return false;
}


/* `value` stands in `holder`; the pointer leads to its schema */
static int
examples_judge(examples_t *x, const json_t *holder, const json_t *value,
    const char *what)
{
    int                 rc;
    char                mem[1024];
    size_t              n;
    gw_buf_t            why;
    const gw_schema_t  *schema;
    gw_schema_error_t   e;

    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = x->pointer.failed
         ? GW_EINVAL : gw_schema_compile(x->set, gw_buf_c(&x->pointer),
                                         &schema, &why);

    if (rc == GW_EINVAL) {
        return gw_contract_fault(x->l, holder, "the schema of this %s can not "
                                 "be read: %s", what, gw_buf_c(&why));
    }

    if (rc == GW_OK) {
        rc = gw_schema_check(schema, value, &e, 1, &n);
    }

    if (rc != GW_EINVAL) {
        return rc;
    }

    if (gw_marks_get(&x->l->marks, value) != NULL) {
        holder = value;
    }

    return gw_contract_fault(x->l, holder, "the %s does not pass its schema: "
                             "%s %s", what, e.pointer[0] ? e.pointer : "it",
                             e.message);
}


/* all that the node has; in a schema `examples` is a list, else by name */
static int
examples_of(examples_t *x, json_t *node)
{
    int          rc;
    size_t       i, len;
    json_t      *value, *list;
    const char  *name;

    len = x->pointer.len;

    if (json_is_object(json_object_get(node, "schema"))) {
        gw_contract_pointer(&x->pointer, "schema");
    }

    rc = GW_OK;
    value = json_object_get(node, "example");

    if (value != NULL) {
        rc = examples_judge(x, node, value, "example");
    }

    value = json_object_get(node, "default");

    if (value != NULL && rc == GW_OK) {
        rc = examples_judge(x, node, value, "default");
    }

    list = json_object_get(node, "examples");

    json_array_foreach(list, i, value) {
        rc = rc == GW_OK ? examples_judge(x, list, value, "example") : rc;
    }

    json_object_foreach(list, name, value) {
        value = json_object_get(value, "value");

        if (value != NULL && rc == GW_OK) {
            rc = examples_judge(x, list, value, "example");
        }
    }

    x->pointer.len = len;

    return rc;
}


/* `names`: the keys of this object are names of somebody, not keywords */
static int
examples_walk(examples_t *x, json_t *node, bool names)
{
    int          rc;
    char         index[24];
    size_t       i, len;
    json_t      *value;
    const char  *key;

    len = x->pointer.len;
    rc = GW_OK;

    if (json_is_object(node) && !names) {
        rc = examples_of(x, node);
    }

    json_array_foreach(node, i, value) {
        (void) snprintf(index, sizeof(index), "%zu", i);
        gw_contract_pointer(&x->pointer, index);
        rc = rc == GW_OK ? examples_walk(x, value, false) : rc;
        x->pointer.len = len;
    }

    json_object_foreach(node, key, value) {

        if (names || !examples_has(examples_values, key)) {
            gw_contract_pointer(&x->pointer, key);
            rc = rc == GW_OK ? examples_walk(x, value, !names
                                   && examples_has(examples_names, key)) : rc;
            x->pointer.len = len;
        }
    }

    return rc;
}


int
gw_contract_examples(gw_contract_load_t *l)
{
    int         rc;
    char        mem[EXAMPLES_POINTER_MAX];
    json_t     *part;
    unsigned    i;
    examples_t  x;

    static const char *const  parts[] = { "components", "paths" };

    x.l = l;
    x.set = gw_schema_set_create(l->c->doc, GW_SCHEMA_FORMAT);
    rc = x.set ? GW_OK : GW_ENOMEM;

    for (i = 0; i < 2 && rc == GW_OK; i++) {
        part = json_object_get(l->c->doc, parts[i]);
        gw_buf_fixed(&x.pointer, mem, sizeof(mem));
        gw_contract_pointer(&x.pointer, parts[i]);
        rc = examples_walk(&x, part, false);
    }

    gw_schema_set_free(x.set);

    return rc;
}
