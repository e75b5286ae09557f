/*
 * The passwords of an operation, hashed as the edge does it: Postgres gets
 * NAME_hash in the place of NAME.
 */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_password.h"
#include "worker/call.h"
#include "worker/db_set.h"


static gw_str_t
call_member(const call_t *c, gw_str_t name)
{
    const json_t  *v;

    v = json_object_getn(c->body, (const char *) name.data, name.len);

    return gw_str_make(json_string_value(v), json_string_length(v));
}


/* NAME_hash (or NAME_rehash) into the body */
static int
call_put(call_t *c, gw_str_t name, const char *as, gw_buf_t *phc)
{
    char  key[64];

    (void) snprintf(key, sizeof(key), "%.*s_%s", (int) name.len, name.data, as);

    return json_object_set_new(c->body, key, json_string(gw_buf_c(phc))) == 0
           ? CALL_OK
           : call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
}


/* the parameters of the account's hash; each question is an attempt */
static int
call_salt(call_t *c, gw_password_params_t *params)
{
    int        rc;
    char       at[GW_RFC3339_LEN + 1];
    PGresult  *res;
    db_args_t  a;

    gw_clock_print(gw_clock_us(), at);
    a = (db_args_t) { { c->user ? c->user : json_string_value(
                            json_object_get(c->body, "email")), at,
                        (const char *) c->op->id.data }, 3 };
    rc = db_run(c->db, &Q_CALL_SALT, &a, &res);

    if (rc == GW_EDB) {
        return call_fail(c, CALL_DATABASE, "database",
                         "the connection to the database was lost", NULL);
    }

    if (rc == GW_ERROR) {
        rc = call_fail(c, CALL_DATABASE, "database", db_message(res), NULL);

    } else if (strcmp(PQgetvalue(res, 0, 1), "0") != 0) {
        gw_buf_fmt(&c->why, "too many attempts have failed; wait %s seconds",
                   PQgetvalue(res, 0, 1));
        rc = call_why(c, CALL_INPUT, "rate_limited", NULL);

    } else if (gw_password_parse(gw_str_of(PQgetvalue(res, 0, 0)), params)
               != GW_OK)
    {
        rc = call_fail(c, CALL_DATABASE, "database",
                       "the account's hash is none of ours", NULL);
    }

    PQclear(res);

    return rc;
}


static int
call_check_password(call_t *c)
{
    int                   rc;
    char                  mem[GW_PASSWORD_PHC];
    gw_buf_t              phc;
    gw_str_t              name, text;
    gw_password_params_t  params;

    name = c->op->password_check;
    text = call_member(c, name);

    if (text.data == NULL) {
        return CALL_OK;
    }

    rc = call_salt(c, &params);
    if (rc != CALL_OK) {
        return rc;
    }

    gw_buf_fixed(&phc, mem, sizeof(mem));

    if (gw_password_hash(&params, text, &phc) != GW_OK) {
        return call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
    }

    rc = call_put(c, name, "hash", &phc);

    if (rc == CALL_OK && gw_password_is_old(&params)) {
        gw_buf_reset(&phc);
        rc = gw_password_make(text, &phc) == GW_OK
             ? call_put(c, name, "rehash", &phc)
             : call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
    }

    (void) json_object_deln(c->body, (const char *) name.data, name.len);

    return rc;
}


static int
call_new_password(call_t *c)
{
    int       rc;
    char      mem[GW_PASSWORD_PHC];
    gw_buf_t  phc;
    gw_str_t  name, text;

    name = c->op->password_new;
    text = call_member(c, name);

    if (text.data == NULL) {
        return CALL_OK;
    }

    if (gw_password_judge(text, &c->why) != GW_OK) {
        return call_why(c, CALL_INPUT, "invalid", (const char *) name.data);
    }

    gw_buf_fixed(&phc, mem, sizeof(mem));

    if (gw_password_make(text, &phc) != GW_OK) {
        return call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
    }

    rc = call_put(c, name, "hash", &phc);
    (void) json_object_deln(c->body, (const char *) name.data, name.len);

    return rc;
}


int
call_passwords(call_t *c)
{
    int  rc;

    if (c->op->password_check.len + c->op->password_new.len == 0) {
        return CALL_OK;
    }

    rc = call_new_password(c);

    if (rc == CALL_OK) {
        rc = call_check_password(c);
    }

    if (rc == CALL_OK) {
        free(c->sent);
        c->sent = json_dumps(c->body, JSON_COMPACT);
        rc = c->sent ? CALL_OK : call_fail(c, CALL_INPUT, "invalid",
                                           "out of memory", NULL);
    }

    return rc;
}
