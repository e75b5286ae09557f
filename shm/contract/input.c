/*
 * The whole input of an operation as one schema: the body's members and the
 * parameters in one object. It stands in the document under x-inputs, where
 * no reader of the text sees it.
 */
#include "shm/contract/parts.h"

/* of a body's schema: what does not hold for the object with parameters */
static const char *const  input_alone[] = {
    "properties", "required", "minProperties", "maxProperties",
    "propertyNames", NULL
};


int
gw_contract_input_begin(gw_contract_load_t *l, const gw_contract_op_t *op)
{
    json_t  *all;

    all = json_object_get(l->c->doc, CONTRACT_INPUTS);

    if (all == NULL) {
        all = json_object();

        if (json_object_set_new(l->c->doc, CONTRACT_INPUTS, all) != 0) {
            return GW_ENOMEM;
        }
    }

    l->input = json_pack("{s:s, s:b, s:{}, s:[]}", "type", "object",
                         "additionalProperties", 0, "properties", "required");

    return json_object_set_new(all, (const char *) op->id.data, l->input) == 0
           ? GW_OK : GW_ENOMEM;
}


int
gw_contract_input_member(gw_contract_load_t *l, const char *name,
    json_t *schema, bool required)
{
    if (json_object_set(json_object_get(l->input, "properties"), name, schema)
        != 0)
    {
        return GW_ENOMEM;
    }

    if (required
        && json_array_append_new(json_object_get(l->input, "required"),
                                 json_string(name)) != 0)
    {
        return GW_ENOMEM;
    }

    return GW_OK;
}


/* one more of the members of which one must be there */
int
gw_contract_input_any(gw_contract_load_t *l, const char *name)
{
    json_t  *all;

    all = json_object_get(l->input, "anyOf");

    if (all == NULL) {
        all = json_array();

        if (json_object_set_new(l->input, "anyOf", all) != 0) {
            return GW_ENOMEM;
        }
    }

    return json_array_append_new(all, json_pack("{s:[s]}", "required", name))
           == 0 ? GW_OK : GW_ENOMEM;
}


static bool
input_is_alone(const char *key)
{
    const char *const  *k;

    for (k = input_alone; *k != NULL; k++) {
        if (strcmp(*k, key) == 0) {
            return true;
        }
    }

    return key[0] == '$';
}


int
gw_contract_input_body(gw_contract_load_t *l, json_t *schema, bool required)
{
    int          rc;
    json_t      *value, *names;
    const char  *key;

    names = json_object_get(schema, "required");

    if (required && json_is_array(names)
        && json_array_extend(json_object_get(l->input, "required"), names) != 0)
    {
        return GW_ENOMEM;
    }

    json_object_foreach(json_object_get(schema, "properties"), key, value) {
        rc = gw_contract_input_member(l, key, value, false);
        if (rc != GW_OK) {
            return rc;
        }
    }

    json_object_foreach(schema, key, value) {
        if (!input_is_alone(key)
            && json_object_set(l->input, key, value) != 0)
        {
            return GW_ENOMEM;
        }
    }

    return GW_OK;
}
