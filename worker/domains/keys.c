/* Keys for a domain: made here, sealed, and kept by one statement. */
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_seal.h"
#include "worker/domains/domains.h"
#include "worker/mail/dkim.h"
#include "worker/secret.h"

#define KEY_MAX  8192

static const char *const  key_algorithms[] = {
    "rsa-sha256", "ed25519-sha256"
};


/* {"algorithm","public","id","sealed"}, a new reference, or NULL. */
static json_t *
key_make(const char *algorithm, const gw_seal_public_t *seal)
{
    json_t    *key;
    gw_buf_t   private, public;

    gw_buf_init(&private, KEY_MAX);
    gw_buf_init(&public, KEY_MAX);

    key = dkim_key_make(algorithm, &private, &public) == GW_OK
          ? gw_seal_json(seal, gw_buf_view(&private)) : NULL;

    if (key != NULL
        && (json_object_set_new(key, "algorithm", json_string(algorithm)) != 0
            || json_object_set_new(key, "public",
                                   json_string(gw_buf_c(&public))) != 0))
    {
        json_decref(key);
        key = NULL;
    }

    secret_wipe(&private);
    gw_buf_free(&public);
    return key;
}


/* All of them as text, which the caller frees; NULL: why is said. */
static char *
key_make_all(domain_t *d)
{
    char              path[512], *text;
    size_t            i;
    json_t           *keys;
    gw_seal_public_t  seal;

    if (gw_seal_public_path(&d->job->w->conf, path, sizeof(path)) != GW_OK
        || gw_seal_public_load(&seal, path, &d->job->why) != GW_OK)
    {
        return NULL;
    }

    keys = json_array();
    for (i = 0; keys != NULL
         && i < sizeof(key_algorithms) / sizeof(key_algorithms[0]); i++)
    {
        if (json_array_append_new(keys, key_make(key_algorithms[i], &seal))
            != 0)
        {
            json_decref(keys);
            keys = NULL;
        }
    }

    text = keys != NULL ? json_dumps(keys, JSON_COMPACT) : NULL;
    json_decref(keys);
    if (text == NULL) {
        gw_buf_cstr(&d->job->why, "no key can be made");
    }
    return text;
}


job_end_e
domain_make_keys(domain_t *d)
{
    char       now[GW_RFC3339_LEN + 1], *keys;
    PGresult  *res;
    job_end_e  end;

    keys = key_make_all(d);
    if (keys == NULL) {
        return JOB_AGAIN;
    }

    gw_clock_print(gw_clock_us(), now);
    end = job_ask(d->job, &Q_DOMAIN_KEYS_ADD, &(db_args_t) { {
                  d->job->tenant, d->id, keys, now, d->job->id,
                  d->job->epoch }, 6 }, &res);
    if (end == JOB_GO && *PQgetvalue(res, 0, 0) != 't') {
        end = JOB_LOST;
    }
    PQclear(res);
    free(keys);
    return end;
}
