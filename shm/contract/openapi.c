/* The merged document as readers get it: what the gateway does is added. */
#include "shm/contract/parts.h"

/* what is for the gateway alone */
static const char *const  openapi_own[] = {
    "x-handler", "x-make-secret", "x-pool", "x-public", "x-session", NULL
};


static int
openapi_op(const gw_contract_t *c, json_t *doc, const gw_contract_op_t *op,
    json_t *node)
{
    json_t             *security;
    const char *const  *k;

    for (k = openapi_own; *k != NULL; k++) {
        (void) json_object_del(node, *k);
    }

    security = op->is_public  ? json_array()
               : op->personal ? json_pack("[{s:[]}]", "session")
                              : json_pack("[{s:[]},{s:[]}]", "bearer",
                                          "session");

    return json_object_set_new(node, "security", security) == 0
           ? gw_contract_gateway_op(c, doc, op, node) : GW_ENOMEM;
}


static int
openapi_ops(const gw_contract_t *c, json_t *doc)
{
    int          rc;
    unsigned     n;
    json_t      *path, *node;
    const char  *name, *method;

    n = 0;

    json_object_foreach(json_object_get(doc, "paths"), name, path) {

        json_object_foreach(path, method, node) {

            /* the table of operations has the order of the document */

            rc = openapi_op(c, doc, &c->ops[n++], node);
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    return GW_OK;
}


static char *
openapi_print(const gw_contract_t *c)
{
    char    *text;
    json_t  *doc;

    doc = json_deep_copy(c->doc);

    (void) json_object_del(doc, CONTRACT_INPUTS);

    if (doc == NULL
        || json_object_set_new(json_object_get(doc, "components"),
                               "securitySchemes",
                               json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s}}",
                                         "bearer", "type", "http", "scheme",
                                         "bearer", "session", "type", "apiKey",
                                         "in", "cookie", "name",
                                         "__Host-godwit"))
           != 0
        || openapi_ops(c, doc) != GW_OK)
    {
        json_decref(doc);
        return NULL;
    }

    text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);

    return text;
}


gw_str_t
gw_contract_openapi(gw_contract_t *c)
{
    if (c->openapi == NULL) {
        c->openapi = openapi_print(c);
    }

    return gw_str_of(c->openapi ? c->openapi : "");
}
