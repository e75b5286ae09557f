/* The merged document as readers get it: what the gateway does is added. */
#include <stdio.h>

#include "shm/contract/parts.h"

enum {
    OPENAPI_ALWAYS = 0,
    OPENAPI_KEY = 1,                    /* when a key is needed       */
    OPENAPI_PATH = 2,                   /* when the path has captures */
    OPENAPI_INPUT = 4,                  /* when there is any input    */
    OPENAPI_BODY = 8                    /* when it takes a body       */
};

typedef struct {
    const char  *status;
    const char  *name;                  /* in components.responses */
    int          when;
    const char  *text;
} openapi_answer_t;

/* what every operation may answer; a contract may describe them otherwise */
static const openapi_answer_t  openapi_answers[] = {
    { "400", "Malformed", OPENAPI_BODY,
      "The body is not strict JSON." },
    { "401", "Unauthorized", OPENAPI_KEY,
      "The key is missing, wrong, expired or revoked." },
    { "403", "Forbidden", OPENAPI_KEY,
      "The key does not have the scope of this operation." },
    { "404", "NotFound", OPENAPI_PATH,
      "There is no such object." },
    { "413", "TooLarge", OPENAPI_BODY,
      "The body is larger than this operation takes." },
    { "415", "UnsupportedType", OPENAPI_BODY,
      "The body is of a type that this operation does not take." },
    { "422", "Invalid", OPENAPI_INPUT,
      "A field is wrong; errors name each one." },
    { "429", "TooMany", OPENAPI_ALWAYS,
      "Too many requests; Retry-After tells when to come again." },
    { "500", "Fault", OPENAPI_ALWAYS,
      "A fault of the server; its log has the request id." },
    { "503", "Away", OPENAPI_ALWAYS,
      "The database is away or busy; Retry-After tells when to come again." },
    { NULL, NULL, 0, NULL }
};

/* what is for the gateway alone */
static const char *const  openapi_own[] = {
    "x-handler", "x-pool", "x-public", NULL
};


static json_t *
openapi_content(void)
{
    return json_pack("{s:{s:{s:s}}}", "application/problem+json", "schema",
                     "$ref", "#/components/schemas/Problem");
}


/* RFC 9457 */
static json_t *
openapi_problem(void)
{
    return json_pack("{s:s, s:[s,s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s},"
        " s:{s:s}, s:{s:s, s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}}}}",
        "type", "object", "required", "type", "title", "status",
        "properties",
        "type", "type", "string",
        "title", "type", "string",
        "status", "type", "integer",
        "detail", "type", "string",
        "request_id", "type", "string",
        "errors", "type", "array", "items", "type", "object", "properties",
        "pointer", "type", "string",
        "rule", "type", "string",
        "message", "type", "string");
}


/* set unless a file of the contract has it; takes the reference of value */
static int
openapi_default(json_t *object, const char *key, json_t *value)
{
    if (value != NULL && json_object_get(object, key) != NULL) {
        json_decref(value);
        return GW_OK;
    }

    return json_object_set_new(object, key, value) == 0 ? GW_OK : GW_ENOMEM;
}


static int
openapi_components(json_t *doc)
{
    json_t                  *parts, *responses;
    const openapi_answer_t  *a;

    parts = json_object_get(doc, "components");
    responses = json_object_get(parts, "responses");

    for (a = openapi_answers; a->status != NULL; a++) {

        if (openapi_default(responses, a->name,
                            json_pack("{s:s, s:o}", "description", a->text,
                                      "content", openapi_content()))
            != GW_OK)
        {
            return GW_ENOMEM;
        }
    }

    if (openapi_default(json_object_get(parts, "schemas"), "Problem",
                        openapi_problem())
        != GW_OK)
    {
        return GW_ENOMEM;
    }

    return json_object_set_new(parts, "securitySchemes",
                               json_pack("{s:{s:s, s:s}}", "bearer", "type",
                                         "http", "scheme", "bearer"))
           == 0 ? GW_OK : GW_ENOMEM;
}


/* an answer of failure that only has a description is a problem as well */
static int
openapi_problems(json_t *responses)
{
    json_t      *response;
    const char  *status;

    json_object_foreach(responses, status, response) {

        if (status[0] >= '4' && json_object_get(response, "$ref") == NULL
            && openapi_default(response, "content", openapi_content())
               != GW_OK)
        {
            return GW_ENOMEM;
        }
    }

    return GW_OK;
}


static int
openapi_responses(const gw_contract_op_t *op, json_t *responses)
{
    int                      is;
    char                     text[80];
    const openapi_answer_t  *a;

    is = (op->is_public ? 0 : OPENAPI_KEY)
         | (op->n_captures ? OPENAPI_PATH : 0)
         | (op->n_params || op->n_bodies ? OPENAPI_INPUT : 0)
         | (op->n_bodies ? OPENAPI_BODY : 0);

    (void) snprintf(text, sizeof(text), "%u", op->status);

    if (openapi_default(responses, text,
                        json_pack("{s:s}", "description", "Done."))
        != GW_OK
        || openapi_problems(responses) != GW_OK)
    {
        return GW_ENOMEM;
    }

    for (a = openapi_answers; a->status != NULL; a++) {

        if (a->when != OPENAPI_ALWAYS && !(a->when & is)) {
            continue;
        }

        (void) snprintf(text, sizeof(text), "#/components/responses/%s",
                        a->name);

        if (openapi_default(responses, a->status,
                            json_pack("{s:s}", "$ref", text))
            != GW_OK)
        {
            return GW_ENOMEM;
        }
    }

    return GW_OK;
}


static int
openapi_op(const gw_contract_op_t *op, json_t *node)
{
    json_t             *security;
    const char *const  *k;

    for (k = openapi_own; *k != NULL; k++) {
        (void) json_object_del(node, *k);
    }

    security = op->is_public ? json_array()
                             : json_pack("[{s:[]}]", "bearer");

    if (json_object_set_new(node, "security", security) != 0
        || openapi_default(node, "responses", json_object()) != GW_OK)
    {
        return GW_ENOMEM;
    }

    return openapi_responses(op, json_object_get(node, "responses"));
}


static int
openapi_ops(const gw_contract_t *c, json_t *doc)
{
    unsigned     i, n;
    json_t      *path, *node;
    const char  *name, *method;

    n = 0;

    json_object_foreach(json_object_get(doc, "paths"), name, path) {

        json_object_foreach(path, method, node) {

            /* the table of operations has the order of the document */

            i = n++;

            if (openapi_op(&c->ops[i], node) != GW_OK) {
                return GW_ENOMEM;
            }
        }
    }

    return GW_OK;
}


int
gw_contract_print(gw_contract_load_t *l)
{
    json_t         *doc;
    gw_contract_t  *c = l->c;

    doc = json_deep_copy(c->doc);

    (void) json_object_del(doc, CONTRACT_INPUTS);

    if (doc == NULL || openapi_components(doc) != GW_OK
        || openapi_ops(c, doc) != GW_OK)
    {
        json_decref(doc);
        return GW_ENOMEM;
    }

    c->openapi = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);

    if (c->openapi == NULL) {
        return GW_ENOMEM;
    }

    c->openapi_len = strlen(c->openapi);

    return GW_OK;
}
