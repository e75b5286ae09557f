/* The input of `godwit call`: strict JSON, right by the contract. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/gw_json.h"
#include "worker/call.h"


static int
call_stdin(call_t *c, gw_str_t *text)
{
    ssize_t         n;
    unsigned char  *p;

    do {
        p = gw_buf_room(&c->stdin_text, 65536);

        if (p == NULL) {
            return call_fail(c, CALL_INPUT, "invalid",
                             "the input is larger than 32 MiB", NULL);
        }

        n = read(STDIN_FILENO, p, 65536);

        if (n == -1) {
            gw_buf_fmt(&c->why, "can not read the input: %s", strerror(errno));
            return call_why(c, CALL_INPUT, "invalid", NULL);
        }

        c->stdin_text.len += (size_t) n;

    } while (n > 0);

    *text = gw_buf_view(&c->stdin_text);

    return CALL_OK;
}


/* By the schema of the contract. One error is told. */
static int
call_check(call_t *c)
{
    int                 rc;
    char                mem[1100], *p;
    size_t              n;
    gw_buf_t            pointer;
    const gw_schema_t  *schema;
    gw_schema_error_t   errors[GW_SCHEMA_ERRORS_MAX];

    schema = gw_contract_input(c->contract, c->op, &c->why);
    if (schema == NULL) {
        return call_why(c, CALL_USAGE, "usage", NULL);
    }

    rc = gw_schema_check(schema, c->body, errors, GW_SCHEMA_ERRORS_MAX, &n);
    if (rc == GW_OK) {
        return CALL_OK;
    }

    if (rc != GW_EINVAL) {
        return call_fail(c, CALL_INPUT, "invalid", gw_strerror(rc), NULL);
    }

    gw_buf_fixed(&pointer, mem, sizeof(mem));
    gw_contract_explain(c->contract, c->op, GW_PART_INPUT,
                        &errors[gw_contract_first(errors, n)], &pointer,
                        &c->why);
    p = (char *) gw_buf_c(&pointer);

    if (*p == '\0') {
        return call_why(c, CALL_INPUT, "invalid", NULL);
    }

    /* its first token, RFC 6901 undone in place */

    for (n = 0, p++; *p != '\0' && *p != '/'; n++) {
        mem[n] = *p == '~' ? "~/"[*++p == '1'] : *p;
        p++;
    }

    mem[n] = '\0';

    return call_why(c, CALL_INPUT, "invalid", mem);
}


/* Each name of `fields` must be one of the answer's. */
static int
call_fields(call_t *c)
{
    size_t       n;
    const char  *p;

    c->fields = c->op->fields
                ? json_string_value(json_object_get(c->body, "fields")) : NULL;

    for (p = c->fields; p != NULL; p = p[n] == ',' ? p + n + 1 : NULL) {
        n = strcspn(p, ",");

        if (json_object_getn(c->op->fields, p, n) == NULL) {
            gw_buf_cstr(&c->why, "\"fields\" ");
            gw_contract_no_field(c->op, gw_str_make(p, n), &c->why);
            return call_why(c, CALL_INPUT, "invalid", "fields");
        }
    }

    return CALL_OK;
}


/* What is secret is sealed, before Postgres sees it. */
static int
call_seal(call_t *c)
{
    int      rc;
    json_t  *sealed;

    rc = gw_contract_seal(c->op, &c->w->conf, c->body, &c->why);

    if (rc == GW_OK && c->op->made_form != NULL) {
        rc = gw_contract_make(c->op, &c->w->conf, &sealed, &c->made, &c->why);

        if (rc == GW_OK) {
            rc = json_object_set_new(c->body, (char *) c->op->made.data,
                                     sealed) == 0 ? GW_OK : GW_ENOMEM;
        }
    }

    return rc == GW_OK ? CALL_OK : call_why(c, CALL_INPUT, "internal", NULL);
}


/* the body, checked, and by the operation's handler in its final form */
int
call_input(call_t *c)
{
    int               code, rc;
    gw_str_t          text = gw_string("{}");
    const char       *field = NULL;
    gw_json_error_t   wrong;

    if (c->input.data != NULL) {
        text = c->input;

        if (!c->lines && gw_str_is(text, "-")) {
            code = call_stdin(c, &text);
            if (code != CALL_OK) {
                return code;
            }
        }
    }

    if (gw_json_parse(text, GW_JSON_OBJECT, &c->body, &wrong) != GW_OK) {
        gw_buf_cstr(&c->why, wrong.message);
        return call_why(c, CALL_INPUT, "invalid", NULL);
    }

    code = call_check(c);

    if (code == CALL_OK) {
        code = call_fields(c);
    }

    if (code != CALL_OK) {
        return code;
    }

    rc = c->handler ? c->handler->body(c->body, &c->w->conf, &field,
                                       &c->why) : GW_OK;

    if (rc != GW_OK) {

        if (c->why.len == 0) {
            gw_buf_cstr(&c->why, gw_strerror(rc));
        }

        return call_why(c, CALL_INPUT, "invalid", field);
    }

    if (call_seal(c) != CALL_OK) {
        return CALL_INPUT;
    }

    c->sent = c->handler || c->op->secrets || c->op->made_form
              ? json_dumps(c->body, JSON_COMPACT | JSON_ENCODE_ANY)
              : strndup((char *) text.data, text.len);

    return c->sent ? CALL_OK
                   : call_fail(c, CALL_INPUT, "invalid", "out of memory", NULL);
}
