/*
 * `godwit call OPERATION [JSON|-] [--workspace ID] [--user EMAIL]`: one
 * operation of the API from the command line, as the edge would send it;
 * `godwit call --lines`: one for each line of its input.
 */
#include "worker/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_near.h"
#include "worker/secret.h"


int
call_say(const call_t *c, int code, const char *document)
{
    if (c->lines) {
        printf("%d ", code);
    }

    puts(document);

    return code;
}


int
call_fail(call_t *c, int code, const char *name, const char *message,
    const char *field)
{
    char    *text;
    json_t  *e;

    e = json_pack("{s:{s:s, s:s, s:s*}}", "error", "code", name, "message",
                  message, "field", field);

    if (e == NULL) {                    /* a message that is not UTF-8 */
        e = json_pack("{s:{s:s, s:s}}", "error", "code", name, "message",
                      "the error has no readable message");
    }

    text = e ? json_dumps(e, JSON_COMPACT) : NULL;
    (void) call_say(c, code, text ? text : "{\"error\":{}}");
    json_decref(e);
    free(text);

    return code;
}


int
call_why(call_t *c, int code, const char *name, const char *field)
{
    return call_fail(c, code, name, gw_buf_c(&c->why), field);
}


/* --WORD VALUE or --WORD=VALUE at *i into *value; false: it is another */
static bool
call_option(const call_t *c, const char *word, int *i, const char **value)
{
    size_t       n;
    const char  *arg;

    n = strlen(word);
    arg = c->w->argv[*i];

    if (strncmp(arg, word, n) != 0
        || (arg[n] != '=' && (arg[n] != '\0' || *i + 1 == c->w->argc)))
    {
        return false;
    }

    *value = arg[n] == '=' ? arg + n + 1 : c->w->argv[++*i];

    return true;
}


static int
call_words(call_t *c)
{
    int          i;
    const char  *arg, *value;

    for (i = 0; i < c->w->argc; i++) {
        arg = c->w->argv[i];

        if (call_option(c, "--workspace", &i, &value)) {
            value += strncmp(value, "ws_", 3) == 0 ? 3 : 0;

            if (gw_str_int(gw_str_of(value), 1, 2147483647, &c->workspace)
                != GW_OK)
            {
                return call_fail(c, CALL_USAGE, "usage",
                                 "--workspace takes a number from 1", NULL);
            }

        } else if (call_option(c, "--user", &i, &value)) {
            c->user = value;

        } else if (strncmp(arg, "--", 2) == 0) {
            gw_buf_fmt(&c->why, "there is no option \"%s\"", arg);
            return call_why(c, CALL_USAGE, "usage", NULL);

        } else if (c->operation == NULL) {
            c->operation = arg;

        } else if (c->input.data == NULL) {
            c->input = gw_str_of(arg);

        } else {
            gw_buf_fmt(&c->why, "one word too many: \"%.60s\"", arg);
            return call_why(c, CALL_USAGE, "usage", NULL);
        }
    }

    if (c->operation == NULL) {
        return call_fail(c, CALL_USAGE, "usage", "usage: godwit call OPERATION "
                         "[JSON|-] [--workspace ID] [--user EMAIL]", NULL);
    }

    return CALL_OK;
}


/* near names when there is no such operation */
static int
call_unknown(call_t *c)
{
    unsigned   i;
    gw_near_t  near;

    gw_near_init(&near, gw_str_of(c->operation));

    for (i = 0; i < gw_contract_count(c->contract); i++) {
        gw_near_add(&near, gw_contract_op(c->contract, i)->id);
    }

    gw_buf_fmt(&c->why, "there is no operation \"%.64s\"", c->operation);

    if (near.n > 0) {
        gw_buf_cstr(&c->why, "; near it: ");
        gw_near_print(&near, &c->why);
    }

    return call_why(c, CALL_USAGE, "usage", NULL);
}


static int
call_contract(call_t *c)
{
    if (c->contract == NULL) {
        c->contract = contract_load(&c->why);
    }

    if (c->contract == NULL) {
        return call_why(c, CALL_USAGE, "usage", NULL);
    }

    c->op = gw_contract_find(c->contract, gw_str_of(c->operation));
    if (c->op == NULL) {
        return call_unknown(c);
    }

    c->handler = gw_handler(c->op->handler);

    if (c->handler != NULL && c->handler->body == NULL) {
        gw_buf_fmt(&c->why, "%s goes through HTTP alone: its %s is work of the "
                   "server", c->operation, c->handler->name);
        return call_why(c, CALL_USAGE, "usage", NULL);
    }

    return CALL_OK;
}


int
call_one(call_t *c)
{
    int  code;

    c->workspace = 1;
    gw_buf_fixed(&c->why, c->why_mem, sizeof(c->why_mem));
    gw_buf_init(&c->stdin_text, CALL_INPUT_MAX + 65536);
    gw_buf_init(&c->made, 256);

    code = call_words(c);

    if (code == CALL_OK) {
        code = call_contract(c);
    }

    if (code == CALL_OK) {
        code = call_input(c);
    }

    if (code == CALL_OK) {
        code = call_database(c);
    }

    secret_wipe(&c->stdin_text);
    secret_wipe(&c->made);
    json_decref(c->body);
    free(c->sent);

    return code;
}


int
call_command(worker_t *w)
{
    int      code;
    call_t  *c;

    c = calloc(1, sizeof(call_t));
    if (c == NULL) {
        return CALL_INPUT;
    }

    c->w = w;
    c->lines = w->argc == 1 && strcmp(w->argv[0], "--lines") == 0;
    code = c->lines ? call_lines(c) : call_one(c);

    db_close(c->db);
    gw_contract_free(c->contract);
    free(c);

    return code;
}
