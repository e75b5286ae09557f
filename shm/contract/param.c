/* The parameters of an operation: those of its path, then its query's. */
#include <stdio.h>
#include <stdlib.h>

#include "shm/contract/parts.h"

#define PARAM_SENTENCE_MAX  2048

static const gw_contract_key_t  param_keys[] = {
    { "name", JSON_STRING, "a text" },
    { "in", JSON_STRING, "path or query" },
    { "required", JSON_TRUE, "true or false" },
    { "description", JSON_STRING, "a text" },
    { "deprecated", JSON_TRUE, "true or false" },
    { "schema", JSON_OBJECT, "an object" },
    { "style", JSON_STRING, "a text" },
    { "explode", JSON_TRUE, "true or false" },
    { "example", JSON_NULL, NULL },
    { "examples", JSON_OBJECT, "an object" },
    { NULL, JSON_NULL, NULL }
};

static const char *const  param_types[] = {
    "string", "integer", "number", "boolean", NULL
};


static bool
param_is_scalar(const json_t *schema)
{
    const char         *type;
    const char *const  *t;

    type = json_string_value(json_object_get(schema, "type"));

    for (t = param_types; type != NULL && *t != NULL; t++) {
        if (strcmp(*t, type) == 0) {
            return true;
        }
    }

    return false;
}


static int
param_schema(gw_contract_load_t *l, gw_contract_op_t *op,
    gw_contract_param_t *p, json_t *node, gw_buf_t *pointer)
{
    int          rc;
    json_t      *schema, *full;
    const char  *type;

    schema = json_object_get(node, "schema");

    if (schema == NULL) {
        return gw_contract_fault(l, node, "the parameter %s needs a schema",
                                 p->name.data);
    }

    rc = gw_contract_deref(l, schema, &full, NULL);
    if (rc != GW_OK) {
        return rc;
    }

    type = json_string_value(json_object_get(full, "type"));
    p->array = type != NULL && strcmp(type, "array") == 0;

    if (p->array) {

        if (json_object_get(full, "items") == NULL) {
            return gw_contract_fault(l, full, "the schema of the parameter %s "
                                     "is an array and needs items",
                                     p->name.data);
        }

        rc = gw_contract_deref(l, json_object_get(full, "items"), &full, NULL);
        if (rc != GW_OK) {
            return rc;
        }
    }

    if (!param_is_scalar(full)) {
        return gw_contract_fault(l, full, "the parameter %s must have the type "
                                 "string, integer, number, boolean, or array "
                                 "of one of them", p->name.data);
    }

    rc = gw_contract_input_member(l, (const char *) p->name.data, schema,
                                  p->required);
    if (rc != GW_OK) {
        return rc;
    }

    gw_contract_pointer(pointer, "schema");

    return gw_contract_schema(l, pointer, schema, &p->schema);
}


/*
 * The slot of the parameter: by its capture, or the next of the query. Those
 * of the path are there from the start, and required once they are filled.
 */
static int
param_slot(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node,
    gw_str_t name, int in, gw_contract_param_t **slot)
{
    unsigned              i;
    gw_contract_param_t  *p;

    for (i = 0; i < op->n_params; i++) {
        p = &op->params[i];

        if (!gw_str_eq(p->name, name)) {
            continue;
        }

        if (p->in == GW_IN_QUERY || p->required) {
            return gw_contract_fault(l, node, "the parameter %s stands here "
                                     "twice", name.data);
        }

        if (in == GW_IN_QUERY) {
            return gw_contract_fault(l, node, "the parameter %s is part of the "
                                     "path: write in: path", name.data);
        }

        *slot = p;
        return GW_OK;
    }

    if (in == GW_IN_PATH) {
        return gw_contract_fault(l, node, "the path %s has no {%s}; add it, or "
                                 "write in: query", op->path.data, name.data);
    }

    *slot = &op->params[op->n_params++];

    return GW_OK;
}


static int
param_read(gw_contract_load_t *l, gw_contract_op_t *op, json_t *node,
    gw_buf_t *pointer)
{
    int                   rc, in;
    gw_str_t              name, where;
    const json_t         *v;
    gw_contract_param_t  *p = NULL;

    rc = gw_contract_keys(l, node, param_keys, "a parameter");
    if (rc != GW_OK) {
        return rc;
    }

    v = json_object_get(node, "name");
    name = gw_str_make(json_string_value(v), json_string_length(v));
    where = gw_str_of(json_string_value(json_object_get(node, "in")));

    if (name.len == 0 || name.data[0] == '_') {
        return gw_contract_fault(l, gw_contract_at(node, "name"), "a parameter "
                                 "needs a name that does not begin with \"_\"");
    }

    if (!gw_str_is(where, "path") && !gw_str_is(where, "query")) {
        return gw_contract_fault(l, gw_contract_at(node, "in"), "the parameter "
                                 "%s must be in: path or in: query",
                                 name.data);
    }

    in = gw_str_is(where, "path") ? GW_IN_PATH : GW_IN_QUERY;
    rc = param_slot(l, op, node, name, in, &p);
    if (rc != GW_OK) {
        return rc;
    }

    p->name = name;
    p->in = in;
    p->required = json_is_true(json_object_get(node, "required"));

    if (in == GW_IN_PATH && !p->required) {
        return gw_contract_fault(l, node, "the parameter %s is part of the "
                                 "path: write required: true", name.data);
    }

    return param_schema(l, op, p, node, pointer);
}


static int
param_list(gw_contract_load_t *l, gw_contract_op_t *op, json_t *list)
{
    int        rc;
    char       mem[CONTRACT_POINTER_MAX], index[24];
    size_t     i;
    json_t    *node;
    gw_buf_t   pointer;

    json_array_foreach(list, i, node) {
        gw_buf_fixed(&pointer, mem, sizeof(mem));
        gw_contract_op_pointer(op, &pointer);
        (void) snprintf(index, sizeof(index), "%zu", i);
        gw_contract_pointer(&pointer, "parameters");
        gw_contract_pointer(&pointer, index);

        rc = gw_contract_deref(l, node, &node, &pointer);

        if (rc == GW_OK) {
            rc = param_read(l, op, node, &pointer);
        }

        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


int
gw_contract_params(gw_contract_load_t *l, gw_contract_op_t *op, json_t *node)
{
    int        rc;
    size_t     pos, n;
    json_t    *list;
    gw_str_t   name;
    unsigned   i;

    list = json_object_get(node, "parameters");

    for (n = 0, pos = 0; gw_contract_capture(op->path, &pos, &name); n++) {
        /* counted */
    }

    op->params = calloc(n + json_array_size(list) + 1,
                        sizeof(gw_contract_param_t));
    if (op->params == NULL) {
        return GW_ENOMEM;
    }

    for (pos = 0; gw_contract_capture(op->path, &pos, &name); ) {
        op->params[op->n_params].in = GW_IN_PATH;
        op->params[op->n_params++].name = name;
    }

    op->n_captures = op->n_params;
    rc = param_list(l, op, list);

    for (i = 0; i < op->n_captures && rc == GW_OK; i++) {

        if (!op->params[i].required) {
            name = op->params[i].name;

            return gw_contract_fault(l, node, "%s needs an entry of parameters "
                                     "for {%.*s} of its path", op->id.data,
                                     (int) name.len, name.data);
        }
    }

    return rc;
}


/* x-any-of: at least one of these parameters, and how to say so */
int
gw_contract_any(gw_contract_load_t *l, gw_contract_op_t *op,
    const json_t *names)
{
    int            rc;
    size_t         i;
    gw_buf_t       text;
    unsigned       k;
    const char    *name, *missing;
    const json_t  *v;

    if (names == NULL) {
        return GW_OK;
    }

    gw_buf_init(&text, PARAM_SENTENCE_MAX);
    rc = GW_OK;

    json_array_foreach(names, i, v) {
        name = json_string_value(v);

        for (k = op->n_captures; k < op->n_params; k++) {
            if (name != NULL && gw_str_is(op->params[k].name, name)) {
                break;
            }
        }

        if (name == NULL || k >= op->n_params || op->params[k].any) {
            gw_buf_free(&text);
            return gw_contract_fault(l, names, "x-any-of names parameters in: "
                                     "query, each once; \"%.60s\" is not "
                                     "one", name ? name : "?");
        }

        if (text.len + strlen(name) + sizeof(" or \"\" is missing")
            > PARAM_SENTENCE_MAX)
        {
            gw_buf_free(&text);
            return gw_contract_fault(l, names, "x-any-of is too long; the "
                                     "sentence that names all has at most %d "
                                     "bytes", PARAM_SENTENCE_MAX);
        }

        op->params[k].any = true;
        op->any = op->any ? op->any : &op->params[k];
        gw_buf_fmt(&text, "%s\"%s\"", i > 0 ? " or " : "", name);
        rc = rc == GW_OK ? gw_contract_input_any(l, name) : rc;
    }

    gw_buf_cstr(&text, " is missing");
    missing = gw_buf_c(&text);

    if (text.failed) {
        gw_buf_free(&text);
        return rc == GW_OK ? GW_ENOMEM : rc;
    }

    op->any_missing = missing;          /* the buffer is the operation's now */

    return rc;
}
