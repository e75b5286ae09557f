/* What an operation answers: its status and the names of its members. */
#include "shm/contract/parts.h"

#define ANSWER_PARTS_MAX  100           /* schemas that make up one */

static const gw_contract_key_t  answer_keys[] = {
    { "description", JSON_STRING, "a text" },
    { "headers", JSON_OBJECT, "an object" },
    { "content", JSON_OBJECT, "an object of media types" },
    { NULL, JSON_NULL, NULL }
};


/* the properties of a schema and of what it is made of, by $ref and allOf */
static int
answer_properties(gw_contract_load_t *l, json_t *schema, unsigned *parts,
    json_t *into)
{
    int          rc;
    size_t       i;
    json_t      *part, *items;
    const char  *name;

    rc = gw_contract_deref(l, schema, &schema, NULL);

    if (rc == GW_OK && ++*parts > ANSWER_PARTS_MAX) {
        rc = gw_contract_fault(l, schema, "the answer is made of more than %d "
                               "schemas by allOf", ANSWER_PARTS_MAX);
    }

    if (rc != GW_OK) {
        return rc;
    }

    json_object_foreach(json_object_get(schema, "properties"), name, part) {
        if (json_object_set(into, name, part) != 0) {
            return GW_ENOMEM;
        }
    }

    json_array_foreach(json_object_get(schema, "allOf"), i, items) {
        rc = answer_properties(l, items, parts, into);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* of a list the names of its items' members, else of the object itself */
static int
answer_fields(gw_contract_load_t *l, gw_contract_op_t *op, json_t *schema)
{
    int        rc;
    json_t    *fields, *items;
    unsigned   parts = 0;

    fields = json_object();
    if (fields == NULL || json_array_append_new(l->c->fields, fields) != 0) {
        return GW_ENOMEM;
    }

    rc = answer_properties(l, schema, &parts, fields);
    if (rc != GW_OK) {
        return rc;
    }

    items = json_object_get(fields, "items");

    if (items != NULL) {
        rc = gw_contract_deref(l, items, &items, NULL);
        if (rc != GW_OK) {
            return rc;
        }

        items = json_object_get(items, "items");
    }

    if (items != NULL) {

        if (json_object_clear(fields) != 0) {
            return GW_ENOMEM;
        }

        rc = answer_properties(l, items, &parts, fields);
    }

    op->fields = json_object_size(fields) > 0 ? fields : NULL;

    return rc;
}


static int
answer_read(gw_contract_load_t *l, gw_contract_op_t *op, const char *status,
    json_t *node, gw_buf_t *pointer)
{
    int      rc;
    json_t  *schema;

    rc = gw_contract_deref(l, node, &node, pointer);

    if (rc == GW_OK) {
        rc = gw_contract_keys(l, node, answer_keys, "a response");
    }

    if (rc != GW_OK) {
        return rc;
    }

    schema = json_object_get(json_object_get(json_object_get(node, "content"),
                                             "application/json"), "schema");

    if (schema == NULL) {
        return GW_OK;
    }

    if (status[0] == '2') {
        rc = answer_fields(l, op, schema);
        if (rc != GW_OK) {
            return rc;
        }
    }

    gw_contract_pointer(pointer, "content");
    gw_contract_pointer(pointer, "application/json");
    gw_contract_pointer(pointer, "schema");

    return gw_contract_schema(l, pointer, schema, NULL);
}


/* the only 2xx key; one of a worker's operation says that it was taken */
static int
answer_status(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node,
    const char *status)
{
    long long  n;

    if (strlen(status) != 3
        || gw_str_int(gw_str_of(status), 200, 599, &n) != GW_OK)
    {
        return gw_contract_fault(l, node, "a response is named by its status, "
                                 "200 to 599, not \"%.60s\"", status);
    }

    if (n >= 300) {
        op->match = op->match || n == 412;
        return GW_OK;
    }

    if (op->status != 0) {
        return gw_contract_fault(l, node, "%s has two answers of success, %u "
                                 "and %lld; leave out one", op->id.data,
                                 op->status, n);
    }

    if (op->worker && n != 202) {
        return gw_contract_fault(l, node, "%s is x-worker: its answer of "
                                 "success is 202, not %lld", op->id.data, n);
    }

    op->status = (unsigned) n;

    return GW_OK;
}


int
gw_contract_responses(gw_contract_load_t *l, gw_contract_op_t *op,
    json_t *node)
{
    int          rc;
    char         mem[CONTRACT_POINTER_MAX];
    json_t      *responses, *response;
    gw_buf_t     pointer;
    const char  *status;

    responses = json_object_get(node, "responses");

    json_object_foreach(responses, status, response) {
        gw_buf_fixed(&pointer, mem, sizeof(mem));
        gw_contract_op_pointer(op, &pointer);
        gw_contract_pointer(&pointer, "responses");
        gw_contract_pointer(&pointer, status);

        rc = answer_status(l, op, gw_contract_at(responses, status), status);

        if (rc == GW_OK) {
            rc = answer_read(l, op, status, response, &pointer);
        }

        if (rc != GW_OK) {
            return rc;
        }
    }

    if (op->status == 0) {
        return gw_contract_fault(l, responses ? responses : node, "%s needs an "
                                 "answer of success: a response named 200 to "
                                 "299", op->id.data);
    }

    return GW_OK;
}
