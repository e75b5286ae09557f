/* What an operation takes as a body. */
#include <stdlib.h>

#include "shm/contract/parts.h"

static const gw_contract_key_t  body_keys[] = {
    { "required", JSON_TRUE, "true or false" },
    { "description", JSON_STRING, "a text" },
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


/* x-password: what the edge hashes before anybody else sees it */
static int
body_password(gw_contract_load_t *l, gw_contract_op_t *op, const char *name,
    json_t *value, const json_t *at)
{
    int          rc;
    gw_str_t    *out;
    const char  *word, *type;

    rc = gw_contract_deref(l, value, &value, NULL);
    if (rc != GW_OK || json_object_get(value, "x-password") == NULL) {
        return rc;
    }

    word = json_string_value(json_object_get(value, "x-password"));
    type = json_string_value(json_object_get(value, "type"));
    out = word == NULL                  ? NULL
          : strcmp(word, "check") == 0 ? &op->password_check
          : strcmp(word, "new") == 0   ? &op->password_new
                                       : NULL;

    if (out == NULL || out->len > 0 || !op->tenantless || type == NULL
        || strcmp(type, "string") != 0
        || json_object_get(value, "maxLength") == NULL)
    {
        return gw_contract_fault(l, at, "x-password must be check or new, each "
                                 "once, of a type: string with a maxLength, in "
                                 "an operation with x-public or x-workspace: "
                                 "none");
    }

    *out = gw_str_of(name);

    return GW_OK;
}


/* its members are all known, and none is a parameter */
static int
body_members(gw_contract_load_t *l, gw_contract_op_t *op, json_t *schema)
{
    int            rc;
    json_t        *properties, *value;
    unsigned       i;
    const char    *name;
    const json_t  *at;

    properties = json_object_get(schema, "properties");

    json_object_foreach(properties, name, value) {
        at = gw_contract_at(properties, name);

        if (name[0] == '_') {
            return gw_contract_fault(l, at, "a property of a body may not "
                                     "begin with \"_\", as %.60s does", name);
        }

        for (i = 0; i < op->n_params; i++) {

            if (gw_str_is(op->params[i].name, name)) {
                return gw_contract_fault(l, at, "%.60s is a parameter and a "
                                         "property of the body; both are "
                                         "members of one object", name);
            }
        }

        rc = body_password(l, op, name, value, at);
        rc = rc == GW_OK ? gw_contract_secret(l, op, name, value, at) : rc;
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


static int
body_object(gw_contract_load_t *l, gw_contract_op_t *op, json_t *schema)
{
    int          rc;
    const char  *type;

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

    rc = body_members(l, op, schema);

    return rc == GW_OK ? gw_contract_input_body(l, schema, op->body_required)
                       : rc;
}


static int
body_type(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *content,
    const char *name, gw_buf_t *pointer)
{
    int                  rc;
    json_t              *media, *schema;
    gw_contract_body_t  *body;

    media = json_object_get(content, name);
    body = &op->bodies[op->n_bodies++];
    body->type = gw_str_of(name);

    if (!body_is_type(body->type) || !json_is_object(media)) {
        return gw_contract_fault(l, gw_contract_at(content, name), "content "
                                 "must be an object of media types in lower "
                                 "case, like application/json");
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
        rc = body_type(l, op, content, name, &pointer);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}
