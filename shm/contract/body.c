/* What an operation takes as a body and what it answers. */
#include <stdio.h>
#include <stdlib.h>

#include "shm/contract/parts.h"

#define BODY_ALL_OF_MAX  8

static const gw_contract_key_t  body_keys[] = {
    { "required", JSON_TRUE, "true or false" },
    { "description", JSON_STRING, "a text" },
    { "content", JSON_OBJECT, "an object of media types" },
    { NULL, JSON_NULL, NULL }
};

static const gw_contract_key_t  body_response_keys[] = {
    { "description", JSON_STRING, "a text" },
    { "headers", JSON_OBJECT, "an object" },
    { "content", JSON_OBJECT, "an object of media types" },
    { NULL, JSON_NULL, NULL }
};


/* application/json and application/NAME+json */
static bool
body_is_json(gw_str_t type)
{
    static const char  suffix[] = "+json";

    return gw_str_is(type, "application/json")
           || (type.len > sizeof(suffix) - 1
               && memcmp(type.data + type.len - (sizeof(suffix) - 1), suffix,
                         sizeof(suffix) - 1) == 0);
}


static bool
body_is_type(gw_str_t s)
{
    size_t  i, slashes;

    for (i = 0, slashes = 0; i < s.len; i++) {

        if (s.data[i] == '/') {
            slashes++;

        } else if (strchr("abcdefghijklmnopqrstuvwxyz0123456789.+-*",
                          s.data[i]) == NULL)
        {
            return false;
        }
    }

    return slashes == 1 && s.data[0] != '/' && s.data[s.len - 1] != '/';
}


/* a JSON body is an object whose members are all known, none a parameter */
static int
body_object(gw_contract_load_t *l, const gw_contract_op_t *op, json_t *schema)
{
    int          rc;
    json_t      *value;
    unsigned     i;
    const char  *name, *type;

    rc = gw_contract_deref(l, schema, &schema, NULL);
    if (rc != GW_OK) {
        return rc;
    }

    type = json_string_value(json_object_get(schema, "type"));

    if (type == NULL || strcmp(type, "object") != 0
        || !json_is_false(json_object_get(schema, "additionalProperties")))
    {
        return gw_contract_fault(l, schema, "the body of %s must be "
                                 "type: object with additionalProperties: "
                                 "false", op->id.data);
    }

    json_object_foreach(json_object_get(schema, "properties"), name, value) {

        if (name[0] == '_') {
            return gw_contract_fault(l, value, "a property of a body may not "
                                     "begin with \"_\", as %.60s does", name);
        }

        for (i = 0; i < op->n_params; i++) {

            if (gw_str_is(op->params[i].name, name)) {
                return gw_contract_fault(l, value, "%.60s is a parameter and "
                                         "a property of the body; both are "
                                         "members of one object", name);
            }
        }
    }

    return GW_OK;
}


static int
body_type(gw_contract_load_t *l, gw_contract_op_t *op, const char *name,
    json_t *media, gw_buf_t *pointer)
{
    int                  rc;
    json_t              *schema;
    gw_contract_body_t  *body;

    body = &op->bodies[op->n_bodies++];
    body->type = gw_str_of(name);

    if (!body_is_type(body->type) || !json_is_object(media)) {
        return gw_contract_fault(l, media, "content must be an object of media "
                                 "types in lower case, like application/json");
    }

    if (!body_is_json(body->type)) {
        return GW_OK;
    }

    schema = json_object_get(media, "schema");

    if (schema == NULL) {
        return gw_contract_fault(l, media, "the JSON body of %s needs a schema",
                                 op->id.data);
    }

    rc = body_object(l, op, schema);
    if (rc != GW_OK) {
        return rc;
    }

    gw_contract_pointer(pointer, "content");
    gw_contract_pointer(pointer, name);
    gw_contract_pointer(pointer, "schema");

    return gw_contract_schema(l, pointer, schema, &body->schema);
}


int
gw_contract_bodies(gw_contract_load_t *l, gw_contract_op_t *op, json_t *node)
{
    int          rc;
    char         mem[CONTRACT_POINTER_MAX];
    size_t       len;
    json_t      *request, *content, *media;
    gw_buf_t     pointer;
    const char  *name;

    request = json_object_get(node, "requestBody");

    if (request == NULL) {
        return GW_OK;
    }

    if (op->method == GW_GET || op->method == GW_DELETE) {
        return gw_contract_fault(l, request, "%s has no body; make its fields "
                                 "parameters in: query",
                                 gw_contract_method(op->method));
    }

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_contract_op_pointer(op, &pointer);
    gw_contract_pointer(&pointer, "requestBody");

    rc = gw_contract_deref(l, request, &request, &pointer);

    if (rc == GW_OK) {
        rc = gw_contract_keys(l, request, body_keys, "a requestBody");
    }

    if (rc != GW_OK) {
        return rc;
    }

    content = json_object_get(request, "content");

    if (json_object_size(content) == 0) {
        return gw_contract_fault(l, request, "a requestBody needs content by "
                                 "media type, like application/json");
    }

    op->body_required = json_is_true(json_object_get(request, "required"));
    op->bodies = calloc(json_object_size(content), sizeof(gw_contract_body_t));
    if (op->bodies == NULL) {
        return GW_ENOMEM;
    }

    len = pointer.len;

    json_object_foreach(content, name, media) {
        pointer.len = len;
        rc = body_type(l, op, name, media, &pointer);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* the properties of a schema and of what it is made of, by $ref and allOf */
static int
body_properties(gw_contract_load_t *l, json_t *schema, unsigned depth,
    json_t *into)
{
    int          rc;
    size_t       i;
    json_t      *part, *items;
    const char  *name;

    rc = gw_contract_deref(l, schema, &schema, NULL);

    if (rc != GW_OK || depth == BODY_ALL_OF_MAX) {
        return rc;
    }

    json_object_foreach(json_object_get(schema, "properties"), name, part) {
        if (json_object_set(into, name, part) != 0) {
            return GW_ENOMEM;
        }
    }

    json_array_foreach(json_object_get(schema, "allOf"), i, items) {
        rc = body_properties(l, items, depth + 1, into);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* of a list the names of its items' members, else of the object itself */
static int
body_fields(gw_contract_load_t *l, gw_contract_op_t *op, json_t *schema)
{
    int      rc;
    json_t  *fields, *items;

    fields = json_object();
    if (fields == NULL || json_array_append_new(l->c->fields, fields) != 0) {
        return GW_ENOMEM;
    }

    rc = body_properties(l, schema, 0, fields);
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

        rc = body_properties(l, items, 0, fields);
    }

    op->fields = json_object_size(fields) > 0 ? fields : NULL;

    return rc;
}


static int
body_response(gw_contract_load_t *l, gw_contract_op_t *op, const char *status,
    json_t *node, gw_buf_t *pointer)
{
    int      rc;
    json_t  *schema;

    rc = gw_contract_deref(l, node, &node, pointer);

    if (rc == GW_OK) {
        rc = gw_contract_keys(l, node, body_response_keys, "a response");
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
        rc = body_fields(l, op, schema);
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
body_status(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node,
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

        rc = body_status(l, op, gw_contract_at(responses, status), status);

        if (rc == GW_OK) {
            rc = body_response(l, op, status, response, &pointer);
        }

        if (rc != GW_OK) {
            return rc;
        }
    }

    if (op->status == 0) {
        op->status = op->worker ? 202 : 200;
    }

    return GW_OK;
}
