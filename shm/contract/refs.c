/* Every $ref of the document leads somewhere. */
#include "shm/contract/parts.h"

/* under these keys stand values, not parts of the document */
static const char *const  refs_data[] = {
    "example", "examples", "enum", "const", "default", NULL
};


static bool
refs_is_data(const char *key)
{
    const char *const  *k;

    for (k = refs_data; *k != NULL; k++) {
        if (strcmp(*k, key) == 0) {
            return true;
        }
    }

    return false;
}


/* `names`: the keys of this object are names of somebody, not keywords */
static int
refs_walk(gw_contract_load_t *l, json_t *node, bool names)
{
    int          rc;
    size_t       i;
    json_t      *value, *to;
    const char  *key;

    if (gw_marks_get(&l->marks, node) != NULL) {
        l->around = node;
    }

    if (!names && json_is_string(json_object_get(node, "$ref"))) {
        rc = gw_contract_deref(l, node, &to, NULL);
        if (rc != GW_OK) {
            return rc;
        }
    }

    json_array_foreach(node, i, value) {
        rc = refs_walk(l, value, false);
        if (rc != GW_OK) {
            return rc;
        }
    }

    json_object_foreach(node, key, value) {

        if (names || !refs_is_data(key)) {
            rc = refs_walk(l, value, !names && (strcmp(key, "properties") == 0
                                                || strcmp(key, "$defs") == 0));
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    return GW_OK;
}


int
gw_contract_refs(gw_contract_load_t *l)
{
    return refs_walk(l, l->c->doc, false);
}
