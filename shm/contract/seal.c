/* Sealing what an operation takes, and telling what it has made. */
#include "shm/contract/contract.h"

#include <openssl/crypto.h>

#define SEAL_PATH  512


static int
seal_public(const gw_conf_t *conf, gw_seal_public_t *pub, gw_buf_t *err)
{
    char  path[SEAL_PATH];

    if (gw_seal_public_path(conf, path, sizeof(path)) != GW_OK) {
        gw_buf_cstr(err, "the path of the key file of secrets is too long");
        return GW_EFULL;
    }

    return gw_seal_public_load(pub, path, err);
}


int
gw_contract_seal(const gw_contract_op_t *op, const gw_conf_t *conf,
    json_t *body, gw_buf_t *err)
{
    int                rc;
    json_t            *schema, *value;
    const char        *name;
    gw_seal_public_t   pub;

    if (op->secrets == NULL) {
        return GW_OK;
    }

    rc = seal_public(conf, &pub, err);
    if (rc != GW_OK) {
        return rc;
    }

    json_object_foreach((json_t *) op->secrets, name, schema) {
        value = json_object_get(body, name);

        if (json_is_string(value)
            && json_object_set_new(body, name,
                   gw_seal_json(&pub, gw_str_make(json_string_value(value),
                                                  json_string_length(value))))
               != 0)
        {
            gw_buf_fmt(err, "\"%s\" cannot be sealed", name);
            return GW_ERROR;
        }
    }

    return GW_OK;
}


int
gw_contract_make(const gw_contract_op_t *op, const gw_conf_t *conf,
    json_t **sealed, gw_buf_t *plain, gw_buf_t *err)
{
    int               rc;
    gw_seal_public_t  pub;

    *sealed = NULL;
    rc = seal_public(conf, &pub, err);

    if (rc == GW_OK) {
        rc = op->made_form->make(plain);
        *sealed = rc == GW_OK ? gw_seal_json(&pub, gw_buf_view(plain)) : NULL;
        rc = *sealed ? GW_OK : GW_ERROR;
    }

    if (rc == GW_ERROR) {
        gw_buf_fmt(err, "\"%s\" cannot be made and sealed", op->made.data);
    }

    return rc;
}


char *
gw_contract_tell(const gw_contract_op_t *op, gw_str_t answer, gw_str_t plain)
{
    char        *text;
    json_t      *doc, *was;
    gw_buf_t     whole;

    /* the order of members and the blanks of jsonb are kept */

    doc = json_loadb((char *) answer.data, answer.len, 0, NULL);
    was = json_object_get(doc, (char *) op->made.data);

    gw_buf_init(&whole, GW_SEAL_MAX);
    (void) gw_buf_room(&whole, json_string_length(was) + plain.len);
    gw_buf_put(&whole, json_string_value(was), json_string_length(was));
    gw_buf_str(&whole, plain);

    text = !whole.failed
           && json_object_set_new(doc, (char *) op->made.data,
                                  json_stringn((char *) whole.data, whole.len))
              == 0 ? json_dumps(doc, 0) : NULL;

    json_decref(doc);
    OPENSSL_cleanse(whole.data, whole.cap);
    gw_buf_free(&whole);

    return text;
}
