/*
 * What an operation says fits the rest of the document: its tags and scope are
 * named there, what it makes is found. Readers need its summary, and tests the
 * example of its body; a contract without tags is for no reader.
 */
#include "shm/contract/parts.h"


static bool
whole_has(const json_t *list, const char *member, const json_t *value)
{
    size_t         i;
    const json_t  *item;

    json_array_foreach(list, i, item) {
        if (json_equal(member ? json_object_get(item, member) : item, value)) {
            return true;
        }
    }

    return false;
}


static int
whole_words(gw_contract_load_t *l, const gw_contract_op_t *op,
    const json_t *node)
{
    size_t         i;
    const json_t  *tags, *tag;

    tags = json_object_get(l->c->doc, "tags");

    if (json_array_size(tags) == 0) {
        return GW_OK;
    }

    json_array_foreach(json_object_get(node, "tags"), i, tag) {
        if (!whole_has(tags, "name", tag)) {
            return gw_contract_fault(l, gw_contract_at(node, "tags"), "%s has "
                                     "the tag \"%.60s\", which stands under "
                                     "\"tags\" of no file", op->id.data,
                                     json_string_value(tag));
        }
    }

    return json_object_get(node, "summary") != NULL ? GW_OK
           : gw_contract_fault(l, node, "%s needs a summary: what it does, in "
                               "a few words", op->id.data);
}


/* the scopes that a key may have, when a file lists them */
static int
whole_scope(gw_contract_load_t *l, const gw_contract_op_t *op,
    const json_t *node)
{
    const json_t  *scopes;

    scopes = json_object_get(json_object_get(json_object_get(l->c->doc,
                                                             "components"),
                                             "schemas"), "Scope");
    scopes = json_object_get(scopes, "enum");

    if (op->tenantless || scopes == NULL
        || whole_has(scopes, NULL, json_object_get(node, "x-scope")))
    {
        return GW_OK;
    }

    return gw_contract_fault(l, gw_contract_at(node, "x-scope"), "%s asks for "
                             "the scope \"%.60s\", which no key can have: add "
                             "it to the enum of Scope, or take one of it",
                             op->id.data, op->scope.data);
}


static int
whole_example(gw_contract_load_t *l, const gw_contract_op_t *op, json_t *node)
{
    int      rc;
    json_t  *body;

    body = json_object_get(node, "requestBody");

    if (body == NULL || json_array_size(json_object_get(l->c->doc, "tags"))
                        == 0)
    {
        return GW_OK;
    }

    rc = gw_contract_deref(l, body, &body, NULL);
    if (rc != GW_OK) {
        return rc;
    }

    node = json_object_get(json_object_get(body, "content"),
                           "application/json");

    return node == NULL || json_object_get(node, "example") != NULL ? GW_OK
           : gw_contract_fault(l, node, "the body of %s needs an example: "
                               "tests ask by it, and readers see it",
                               op->id.data);
}


/* a 201 has a Location: the path and the id of what was made */
static int
whole_made(gw_contract_load_t *l, const gw_contract_op_t *op,
    const json_t *node)
{
    char      mem[CONTRACT_POINTER_MAX];
    gw_buf_t  made;
    gw_str_t  captures[GW_CONTRACT_CAPTURES];
    unsigned  methods;

    if (op->status != 201) {
        return GW_OK;
    }

    gw_buf_fixed(&made, mem, sizeof(mem));
    gw_buf_str(&made, op->path);
    gw_buf_cstr(&made, "/x");
    (void) gw_contract_route(l->c, GW_GET, gw_buf_view(&made), captures,
                             &methods);

    return methods != 0 ? GW_OK
           : gw_contract_fault(l, gw_contract_at(node, "responses"), "%s "
                               "answers 201, and the Location of that, "
                               "%s/{id}, is no path: answer 200, or add it",
                               op->id.data, op->path.data);
}


int
gw_contract_whole(gw_contract_load_t *l)
{
    int                      rc;
    json_t                  *node;
    unsigned                 i;
    const char              *at;
    char                     mem[CONTRACT_POINTER_MAX];
    gw_buf_t                 pointer;
    const gw_contract_op_t  *op;

    for (i = 0, rc = GW_OK; i < l->c->n_ops && rc == GW_OK; i++) {
        op = &l->c->ops[i];
        gw_buf_fixed(&pointer, mem, sizeof(mem));
        gw_contract_op_pointer(op, &pointer);
        at = gw_buf_c(&pointer);

        for (node = l->c->doc; *at == '/'; ) {
            node = gw_contract_member(node, &at);
        }

        l->around = node;
        rc = whole_words(l, op, node);
        rc = rc == GW_OK ? whole_scope(l, op, node) : rc;
        rc = rc == GW_OK ? whole_example(l, op, node) : rc;
        rc = rc == GW_OK ? whole_made(l, op, node) : rc;
    }

    return rc;
}
