/*
 * `godwit roles [--workspace ID]`: which role may do which operation, by the
 * contract and the roles of a workspace. A JSON line an operation.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "queries.gen.h"
#include "shm/gw_apikey.h"
#include "worker/contract.h"
#include "worker/desk.h"


/* What no scope is asked for is open to every role. */
static int
roles_line(const gw_contract_op_t *op, const PGresult *roles)
{
    int      i;
    json_t  *line;

    line = json_pack("{s:s,s:s?}", "operation", op->id.data, "scope",
                     op->tenantless ? NULL : (const char *) op->scope.data);

    if (line != NULL && op->tenantless) {
        (void) json_object_set_new(line, "for", json_string(
            op->is_public ? "everybody" : "the user himself"));
    }

    for (i = 0; i < PQntuples(roles); i++) {
        (void) json_object_set_new(line, PQgetvalue(roles, i, 0), json_boolean(
            gw_apikey_covers(gw_str_of(PQgetvalue(roles, i, 1)), op->scope)));
    }

    i = line ? json_dumpf(line, stdout, JSON_COMPACT) : -1;
    putchar('\n');
    json_decref(line);

    return i;
}


static int
roles_print(desk_t *d, const char *workspace)
{
    int             code;
    char            mem[1000];
    gw_buf_t        why;
    unsigned        i;
    PGresult       *roles;
    db_args_t       a = { { workspace }, 1 };
    gw_contract_t  *c;

    gw_buf_fixed(&why, mem, sizeof(mem));
    c = contract_load(&why);

    if (c == NULL) {
        return desk_say(d, DESK_INPUT, gw_buf_c(&why));
    }

    code = desk_run(d, &Q_ROLE_LIST, &a, &roles);

    if (code == 0) {
        for (i = 0; i < gw_contract_count(c) && code == 0; i++) {
            code = roles_line(gw_contract_op(c, i), roles) == 0
                   ? 0 : desk_say(d, DESK_INPUT, "can not print the matrix");
        }
        PQclear(roles);
    }

    gw_contract_free(c);

    return code;
}


int
roles_command(worker_t *w)
{
    int          code;
    desk_t       d = { .w = w, .word = "roles" };
    long long    id;
    const char  *workspace = "1";

    if (w->argc == 2 && strcmp(w->argv[0], "--workspace") == 0) {
        workspace = w->argv[1];
    }

    if ((w->argc != 0 && w->argc != 2)
        || (w->argc == 2 && workspace != w->argv[1])
        || gw_str_int(gw_str_of(workspace), 1, INT32_MAX, &id) != GW_OK)
    {
        fputs("usage: godwit roles [--workspace ID]\n", stderr);
        return DESK_USAGE;
    }

    code = desk_open(&d);

    if (code == 0) {
        code = roles_print(&d, workspace);
    }

    db_close(d.db);

    return code;
}
