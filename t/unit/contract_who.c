/* The contract: who may call an operation, and what the edge hashes for it. */
#include "shm/contract/contract.h"
#include "t/unit/tap.h"

#define POST  "openapi: 3.1.0\npaths:\n  /api/v1/a:\n    post:\n" \
              "      operationId: a_make\n"
#define BODY  "      requestBody:\n        content:\n          " \
              "application/json:\n            schema:\n              type: " \
              "object\n              additionalProperties: false\n" \
              "              properties: "
#define DONE  "\n      responses: { 200: { description: Done. } }\n"
#define WORD  "x-password must be check or new, each once, of a type: string " \
              "with a maxLength, in an operation with x-public or " \
              "x-workspace: none"

typedef struct {
    const char  *text;
    const char  *why;
} who_t;

static const who_t  bad[] = {
    { "      x-scope: a:read\n      x-workspace: none\n",
      "a.yaml:6: a_make has x-scope and x-workspace; leave out one" },
    { "      x-scope: a:read\n      x-public: true\n",
      "a.yaml:6: a_make has x-scope and x-public; leave out one" },
    { "      x-workspace: all\n", "a.yaml:6: x-workspace must be none: an "
      "operation of the user himself; any other is of the workspace that the "
      "request names" },
    { "      x-scope: a:read\n      x-session: start\n", "a.yaml:7: x-session "
      "must be start, verify or end, of an operation with x-public or "
      "x-workspace: none" },
    { "      x-public: true\n      x-session: stop\n", "a.yaml:7: x-session "
      "must be start, verify or end, of an operation with x-public or "
      "x-workspace: none" },
    { "      x-public: true\n" BODY "\n                a: { type: string, "
      "maxLength: 9, x-password: old }", "a.yaml:14: " WORD },
    { "      x-public: true\n" BODY "\n                a: { type: string, "
      "x-password: new }", "a.yaml:14: " WORD },
    { "      x-scope: a:read\n" BODY "\n                a: { type: string, "
      "maxLength: 9, x-password: new }", "a.yaml:14: " WORD },
    { "      x-public: true\n" BODY "\n                a: { type: string, "
      "maxLength: 9, x-password: new }\n                b: { type: string, "
      "maxLength: 9, x-password: new }", "a.yaml:15: " WORD },
    { NULL, NULL }
};


static gw_contract_t *
load(const char *words, char why[1000])
{
    char                text[2000];
    gw_buf_t            err;
    gw_contract_t      *c;
    gw_contract_text_t  t = { "a.yaml", { 0 } };

    (void) snprintf(text, sizeof(text), POST "%s" DONE, words);
    t.text = gw_str_of(text);
    gw_buf_fixed(&err, why, 1000);

    c = gw_contract_load_texts(&t, 1, &err);
    (void) gw_buf_c(&err);

    return c;
}


static void
good(void)
{
    char                     why[1000];
    gw_contract_t           *c;
    const gw_contract_op_t  *op;

    c = load("      x-workspace: none\n      x-session: end\n" BODY
             "\n                a: { type: string, maxLength: 9, x-password: "
             "check }\n                b: { type: string, maxLength: 9, "
             "x-password: new }", why);
    ok(c != NULL, "what is a user's own");
    op = gw_contract_op(c, 0);
    ok(op->tenantless && !op->is_public && op->session == GW_SESSION_END,
       "it is of no workspace, and ends a session");
    ok(gw_str_is(op->password_check, "a") && gw_str_is(op->password_new, "b"),
       "passwords to check and to set");
    ok(strstr((char *) gw_contract_openapi(c).data, "Idempotency-Key\"}")
       == NULL, "it takes no Idempotency-Key");
    gw_contract_free(c);

    c = load("      x-public: true\n      x-workspace: none", why);
    op = gw_contract_op(c, 0);
    ok(op->is_public && op->personal && op->tenantless,
       "with a session or not");
    gw_contract_free(c);

    c = load("      x-scope: a:write", why);
    op = gw_contract_op(c, 0);
    ok(!op->tenantless && op->password_new.len == 0, "another");
    ok(strstr((char *) gw_contract_openapi(c).data, "Idempotency-Key\"}")
       != NULL, "it does");
    gw_contract_free(c);
}


int
main(void)
{
    char          why[1000];
    const who_t  *b;

    for (b = bad; b->text != NULL; b++) {
        ok(load(b->text, why) == NULL, "it is refused");
        is_str(gw_str_of(why), b->why, b->why);
    }

    good();

    return done();
}
