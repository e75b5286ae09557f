/* The table of operations: one row each of paths.PATH.METHOD. */
#include <stdlib.h>

#include "shm/contract/handlers.h"
#include "shm/contract/parts.h"

#define OP_NAME_MAX  63                 /* a name of Postgres */
#define OP_BODY      (1024 * 1024)
#define OP_PRIVATE   (16 * 1024)        /* of a body with what is secret    */

static const char *const  op_methods[] = {
    "get", "post", "put", "patch", "delete"
};

static const char *const  op_method_words[] = {
    "GET", "POST", "PUT", "PATCH", "DELETE"
};

static const gw_contract_key_t  op_keys[] = {
    { "operationId", JSON_STRING, "a text" },
    { "tags", JSON_ARRAY, "a list" },
    { "summary", JSON_STRING, "a text" },
    { "description", JSON_STRING, "a text" },
    { "deprecated", JSON_TRUE, "true or false" },
    { "parameters", JSON_ARRAY, "a list" },
    { "requestBody", JSON_OBJECT, "an object" },
    { "responses", JSON_OBJECT, "an object" },
    { "x-any-of", JSON_ARRAY, "a list of parameters" },
    { "x-scope", JSON_STRING, "a text like contacts:read" },
    { "x-public", JSON_TRUE, "true or false" },
    { "x-workspace", JSON_STRING, "none" },
    { "x-session", JSON_STRING, "start or end" },
    { "x-handler", JSON_STRING, "the name of a handler" },
    { "x-make-secret", JSON_OBJECT, "an object with property and form" },
    { "x-worker", JSON_TRUE, "true or false" },
    { "x-pool", JSON_STRING, "quick or slow" },
    { "x-max-body", JSON_STRING, "a size like 64k, 1m or 1g" },
    { NULL, JSON_NULL, NULL }
};


const char *
gw_contract_method(unsigned method)
{
    unsigned  i;

    for (i = 0; i < CONTRACT_METHODS; i++) {
        if (method == 1u << i) {
            return op_method_words[i];
        }
    }

    return "";
}


void
gw_contract_op_pointer(const gw_contract_op_t *op, gw_buf_t *out)
{
    unsigned  i;

    gw_contract_pointer(out, "paths");
    gw_contract_pointer(out, (const char *) op->path.data);

    for (i = 0; i < CONTRACT_METHODS; i++) {
        if (op->method == 1u << i) {
            gw_contract_pointer(out, op_methods[i]);
        }
    }
}


static unsigned
op_method(const char *name)
{
    unsigned  i;

    for (i = 0; i < CONTRACT_METHODS; i++) {
        if (strcmp(op_methods[i], name) == 0) {
            return 1u << i;
        }
    }

    return 0;
}


static gw_str_t
op_text(const json_t *node, const char *key)
{
    const json_t  *v;

    v = json_object_get(node, key);

    return gw_str_make(json_string_value(v), json_string_length(v));
}


/* how much of s is [a-z][a-z0-9_]* */
static size_t
op_word(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (!((s.data[i] >= 'a' && s.data[i] <= 'z')
              || (i > 0 && (s.data[i] == '_'
                            || (s.data[i] >= '0' && s.data[i] <= '9')))))
        {
            break;
        }
    }

    return i;
}


static int
op_id(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    unsigned  i;

    op->id = op_text(node, "operationId");

    if (op->id.data == NULL) {
        return gw_contract_fault(l, node, "the operation needs an operationId: "
                                 "the name of its function in the schema api");
    }

    if (op->id.len == 0 || op->id.len > OP_NAME_MAX
        || op_word(op->id) != op->id.len)
    {
        return gw_contract_fault(l, gw_contract_at(node, "operationId"),
                                 "operationId must be a name like "
                                 "contacts_list, of a-z, 0-9 and _, at most "
                                 "%d characters", OP_NAME_MAX);
    }

    for (i = 0; i < op->index; i++) {
        if (gw_str_eq(l->c->ops[i].id, op->id)) {
            return gw_contract_fault(l, gw_contract_at(node, "operationId"),
                                     "operationId %s is that of %s %s already",
                                     op->id.data,
                                     gw_contract_method(l->c->ops[i].method),
                                     l->c->ops[i].path.data);
        }
    }

    return GW_OK;
}


/* who may call it: x-scope, or x-workspace: none, x-public: true or both */
static int
op_scope(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    size_t       noun;
    gw_str_t     right, workspace;

    op->is_public = json_is_true(json_object_get(node, "x-public"));
    op->scope = op_text(node, "x-scope");
    workspace = op_text(node, "x-workspace");
    op->personal = workspace.data != NULL;
    op->tenantless = op->is_public || op->personal;

    if (op->tenantless && op->scope.data != NULL) {
        return gw_contract_fault(l, gw_contract_at(node, "x-scope"),
                                 "%s has x-scope and %s; leave out one",
                                 op->id.data,
                                 op->is_public ? "x-public" : "x-workspace");
    }

    if (workspace.data != NULL && !gw_str_is(workspace, "none")) {
        return gw_contract_fault(l, gw_contract_at(node, "x-workspace"),
                                 "x-workspace must be none: an operation of "
                                 "the user himself; any other is of the "
                                 "workspace that the request names");
    }

    if (op->tenantless) {
        return GW_OK;
    }

    if (op->scope.data == NULL) {
        return gw_contract_fault(l, node, "%s needs x-scope (noun:read or "
                                 "noun:write), x-workspace: none or "
                                 "x-public: true", op->id.data);
    }

    noun = op_word(op->scope);

    if (noun > 0) {
        right = gw_str_make(op->scope.data + noun, op->scope.len - noun);

        if (gw_str_is(right, ":read") || gw_str_is(right, ":write")) {
            return GW_OK;
        }
    }

    return gw_contract_fault(l, gw_contract_at(node, "x-scope"), "x-scope must "
                             "be noun:read or noun:write, not \"%.60s\"",
                             op->scope.data);
}


/* In the order of gw_session_e. */
static const char *const  op_sessions[] = { "", "start", "verify", "end" };


static int
op_session(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    int       i;
    gw_str_t  word;

    word = op_text(node, "x-session");

    if (word.data == NULL) {
        return GW_OK;
    }

    for (i = GW_SESSION_START; i <= GW_SESSION_END; i++) {
        if (gw_str_is(word, op_sessions[i])) {
            op->session = (gw_session_e) i;
        }
    }

    if (op->session == GW_SESSION_NONE || !op->tenantless) {
        return gw_contract_fault(l, gw_contract_at(node, "x-session"),
                                 "x-session must be start, verify or end, of "
                                 "an operation with x-public or x-workspace: "
                                 "none");
    }

    return GW_OK;
}


static int
op_handler(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    char                 mem[300];
    gw_buf_t             names;
    const gw_handler_t  *h;

    op->handler = op_text(node, "x-handler");

    if (op->handler.data == NULL || gw_handler(op->handler) != NULL) {
        return GW_OK;
    }

    gw_buf_fixed(&names, mem, sizeof(mem));

    for (h = gw_handlers; h->name != NULL; h++) {
        gw_buf_fmt(&names, "%s%s", h == gw_handlers ? "" : ", ", h->name);
    }

    return gw_contract_fault(l, gw_contract_at(node, "x-handler"), "there is "
                             "no handler \"%.60s\"; there is %s",
                             op->handler.data, gw_buf_c(&names));
}


static int
op_pool(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    gw_str_t  pool;

    op->worker = json_is_true(json_object_get(node, "x-worker"));
    op->slow = op->method != GW_GET;
    pool = op_text(node, "x-pool");

    if (pool.data == NULL) {
        return GW_OK;
    }

    op->slow = gw_str_is(pool, "slow");

    if (op->slow || gw_str_is(pool, "quick")) {
        return GW_OK;
    }

    return gw_contract_fault(l, gw_contract_at(node, "x-pool"),
                             "x-pool must be quick or slow, not \"%.60s\"",
                             pool.data);
}


static int
op_max_body(gw_contract_load_t *l, gw_contract_op_t *op, const json_t *node)
{
    int         shift;
    gw_str_t    size, digits;
    long long   n;

    op->is_private = op->secrets != NULL || op->password_check.len > 0
                     || op->password_new.len > 0;
    op->max_body = op->is_private ? OP_PRIVATE : OP_BODY;
    size = op_text(node, "x-max-body");

    if (size.data == NULL) {
        return GW_OK;
    }

    if (op->n_bodies == 0) {
        return gw_contract_fault(l, gw_contract_at(node, "x-max-body"),
                                 "%s has x-max-body but no requestBody",
                                 op->id.data);
    }

    digits = gw_str_make(size.data, size.len ? size.len - 1 : 0);

    switch (size.len ? size.data[size.len - 1] : 0) {
    case 'k':
        shift = 10;
        break;
    case 'm':
        shift = 20;
        break;
    case 'g':
        shift = 30;
        break;
    default:
        shift = 0;
    }

    if (shift == 0 || gw_str_int(digits, 1, 1023, &n) != GW_OK) {
        return gw_contract_fault(l, gw_contract_at(node, "x-max-body"),
                                 "x-max-body must be a size like 64k, 1m or "
                                 "1g, not \"%.60s\"", size.data);
    }

    op->max_body = (int64_t) n << shift;

    return !op->is_private || op->max_body <= OP_PRIVATE ? GW_OK
           : gw_contract_fault(l, gw_contract_at(node, "x-max-body"),
                               "a body with an x-secret or x-password has at "
                               "most 16k");
}


static int
op_read(gw_contract_load_t *l, gw_contract_op_t *op, json_t *node)
{
    int  rc;

    rc = gw_contract_keys(l, node, op_keys, "an operation");

    if (rc == GW_OK) {
        rc = op_id(l, op, node);
    }

    if (rc == GW_OK) {
        rc = op_scope(l, op, node);
    }

    if (rc == GW_OK) {
        rc = op_session(l, op, node);
    }

    if (rc == GW_OK) {
        rc = op_handler(l, op, node);
    }

    if (rc == GW_OK) {
        rc = op_pool(l, op, node);
    }

    if (rc == GW_OK) {
        rc = gw_contract_input_begin(l, op);
    }

    if (rc == GW_OK) {
        rc = gw_contract_params(l, op, node);
    }

    if (rc == GW_OK) {
        rc = gw_contract_any(l, op, json_object_get(node, "x-any-of"));
    }

    if (rc == GW_OK) {
        rc = gw_contract_bodies(l, op, node);
    }

    if (rc == GW_OK) {
        rc = op_max_body(l, op, node);
    }

    if (rc == GW_OK) {
        rc = gw_contract_responses(l, op, node);
    }

    return rc == GW_OK ? gw_contract_made(l, op, node) : rc;
}


static int
op_add(gw_contract_load_t *l, const char *path, const char *method,
    json_t *object, json_t *node)
{
    gw_contract_t     *c = l->c;
    gw_contract_op_t  *op;

    if (op_method(method) == 0) {
        return gw_contract_fault(l, gw_contract_at(object, method),
                                 "\"%.60s\" is no method; a path has get, "
                                 "post, put, patch and delete", method);
    }

    if (!json_is_object(node)) {
        return gw_contract_fault(l, gw_contract_at(object, method),
                                 "the operation must be an object");
    }

    if (c->n_ops == CONTRACT_OPS_MAX) {
        return gw_contract_fault(l, node, "there are more than %d operations",
                                 CONTRACT_OPS_MAX);
    }

    l->around = node;
    op = &c->ops[c->n_ops];
    op->index = c->n_ops++;
    op->method = op_method(method);
    op->path = gw_str_of(path);

    return op_read(l, op, node);
}


int
gw_contract_ops(gw_contract_load_t *l)
{
    int          rc;
    size_t       n;
    json_t      *paths, *path, *node;
    const char  *name, *method;

    n = 0;
    paths = json_object_get(l->c->doc, "paths");

    json_object_foreach(paths, name, path) {
        l->around = path;
        rc = gw_contract_path(l, gw_str_of(name), path);
        if (rc != GW_OK) {
            return rc;
        }

        n += json_object_size(path);
    }

    l->c->ops = calloc(n + 1, sizeof(gw_contract_op_t));
    if (l->c->ops == NULL) {
        return GW_ENOMEM;
    }

    json_object_foreach(paths, name, path) {
        json_object_foreach(path, method, node) {
            rc = op_add(l, name, method, path, node);
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    return GW_OK;
}
