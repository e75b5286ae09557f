/* The merged document as readers get it: what the gateway does is added. */
#include "shm/contract/parts.h"

/* what is for the gateway alone */
static const char *const  openapi_own[] = {
    "x-handler", "x-make-secret", "x-pool", "x-public", "x-session", NULL
};


static int
openapi_op(gw_contract_load_t *l, json_t *doc, const gw_contract_op_t *op,
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
           ? gw_contract_gateway_op(l, doc, op, node) : GW_ENOMEM;
}


static int
openapi_ops(gw_contract_load_t *l, json_t *doc)
{
    int          rc;
    unsigned     n;
    json_t      *path, *node;
    const char  *name, *method;

    n = 0;

    json_object_foreach(json_object_get(doc, "paths"), name, path) {

        json_object_foreach(path, method, node) {

            /* the table of operations has the order of the document */

            rc = openapi_op(l, doc, &l->c->ops[n++], node);
            if (rc != GW_OK) {
                return rc;
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

    if (doc == NULL
        || json_object_set_new(json_object_get(doc, "components"),
                               "securitySchemes",
                               json_pack("{s:{s:s, s:s}, s:{s:s, s:s, s:s}}",
                                         "bearer", "type", "http", "scheme",
                                         "bearer", "session", "type", "apiKey",
                                         "in", "cookie", "name",
                                         "__Host-godwit"))
           != 0
        || openapi_ops(l, doc) != GW_OK)
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
