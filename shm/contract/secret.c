/* Secrets in the contract: x-secret of a property, x-make-secret. */
#include "shm/contract/handlers.h"
#include "shm/contract/parts.h"

static const gw_contract_key_t  secret_made_keys[] = {
    { "property", JSON_STRING, "a name" },
    { "form", JSON_STRING, "a text" },
    { NULL, JSON_NULL, NULL }
};


/* "string", or ["string", "null"] */
static bool
secret_is_text(const json_t *type)
{
    size_t       i;
    json_t      *one;
    const char  *word;

    word = json_string_value(type);
    if (word != NULL) {
        return strcmp(word, "string") == 0;
    }

    json_array_foreach(type, i, one) {
        word = json_string_value(one);

        if (word == NULL
            || (strcmp(word, "string") != 0 && strcmp(word, "null") != 0))
        {
            return false;
        }
    }

    return json_array_size(type) > 0;
}


int
gw_contract_secret(gw_contract_load_t *l, gw_contract_op_t *op,
    const char *name, json_t *value, const json_t *at)
{
    int  rc;

    rc = gw_contract_deref(l, value, &value, NULL);
    if (rc != GW_OK || json_object_get(value, "x-secret") == NULL) {
        return rc;
    }

    if (!json_is_true(json_object_get(value, "x-secret"))
        || !secret_is_text(json_object_get(value, "type"))
        || json_object_get(value, "maxLength") == NULL)
    {
        return gw_contract_fault(l, at, "x-secret must be true, of a type: "
                                 "string (or [string, \"null\"]) with a "
                                 "maxLength");
    }

    if (op->secrets == NULL) {
        op->secrets = json_object();

        if (op->secrets == NULL
            || json_array_append_new(l->c->fields, (json_t *) op->secrets)
               != 0)
        {
            return GW_ENOMEM;
        }
    }

    return json_object_set((json_t *) op->secrets, name, value) == 0
           ? GW_OK : GW_ENOMEM;
}


static int
secret_no_form(gw_contract_load_t *l, const json_t *at, const char *form)
{
    char                   mem[200];
    gw_buf_t               names;
    const gw_seal_form_t  *f;

    gw_buf_fixed(&names, mem, sizeof(mem));

    for (f = gw_seal_forms; f->name != NULL; f++) {
        gw_buf_fmt(&names, "%s%s", f == gw_seal_forms ? "" : ", ", f->name);
    }

    return gw_contract_fault(l, at, "there is no form \"%.60s\"; there is %s",
                             form, gw_buf_c(&names));
}


int
gw_contract_made(gw_contract_load_t *l, gw_contract_op_t *op,
    const json_t *node)
{
    int          rc;
    json_t      *made, *inputs;
    const char  *name, *form;

    made = json_object_get(node, "x-make-secret");
    if (made == NULL) {
        return GW_OK;
    }

    rc = gw_contract_keys(l, made, secret_made_keys, "x-make-secret");
    if (rc != GW_OK) {
        return rc;
    }

    name = json_string_value(json_object_get(made, "property"));
    form = json_string_value(json_object_get(made, "form"));

    if (name == NULL || form == NULL) {
        return gw_contract_fault(l, made, "x-make-secret needs a property and "
                                 "a form");
    }

    op->made = gw_str_of(name);
    op->made_form = gw_seal_form(gw_str_of(form));

    if (op->made_form == NULL) {
        return secret_no_form(l, made, form);
    }

    if (op->method == GW_GET || op->worker
        || (op->handler.len > 0 && (gw_handler(op->handler) == NULL
                                    || gw_handler(op->handler)->body == NULL)))
    {
        return gw_contract_fault(l, made, "x-make-secret is of an operation "
                                 "that changes something, without x-worker "
                                 "and an x-handler that does more than check "
                                 "the body");
    }

    inputs = json_object_get(json_object_get(l->input, "properties"), name);

    if (inputs != NULL || json_object_get(op->fields, name) == NULL) {
        return gw_contract_fault(l, made, "%.60s of x-make-secret must be a "
                                 "property of the answer of %s, and none of "
                                 "its input", name, op->id.data);
    }

    return GW_OK;
}


/* Is this the schema of a property that is sealed? */
static bool
secret_is_known(const gw_contract_load_t *l, const json_t *node)
{
    json_t      *value;
    unsigned     i;
    const char  *name;

    for (i = 0; i < l->c->n_ops; i++) {
        json_object_foreach((json_t *) l->c->ops[i].secrets, name, value) {
            if (value == node) {
                return true;
            }
        }
    }

    return false;
}


static int
secret_walk(gw_contract_load_t *l, const json_t *node)
{
    int          rc;
    size_t       i;
    json_t      *value;
    const char  *key;

    if (json_object_get(node, "x-secret") != NULL && !secret_is_known(l, node))
    {
        return gw_contract_fault(l, gw_contract_at(node, "x-secret"),
                                 "x-secret is of a property of a JSON body "
                                 "alone, at its top; here nothing would seal "
                                 "it");
    }

    rc = GW_OK;

    json_object_foreach((json_t *) node, key, value) {
        rc = rc == GW_OK ? secret_walk(l, value) : rc;
    }

    json_array_foreach(node, i, value) {
        rc = rc == GW_OK ? secret_walk(l, value) : rc;
    }

    return rc;
}


int
gw_contract_secrets(gw_contract_load_t *l)
{
    return secret_walk(l, l->c->doc);
}
