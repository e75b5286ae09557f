/* Secrets in the contract: where they may stand, how they are told. */
#include "shm/contract/contract.h"
#include "t/unit/tap.h"

#define TOP     "openapi: 3.1.0\npaths:\n  /api/v1/a:\n    post:\n"            \
                "      operationId: a_make\n      x-scope: a:write\n"
#define BODY    TOP "      requestBody:\n        content:\n"                   \
                "          application/json:\n            schema:\n"           \
                "              type: object\n"                                 \
                "              additionalProperties: false\n"                  \
                "              properties:\n                p: "
#define ANSWER  "      responses:\n        \"200\":\n"                         \
                "          description: Done.\n          content:\n"           \
                "            application/json:\n              schema:\n"       \
                "                type: object\n"                               \
                "                properties:\n                  s: "
#define TEXT    "{ type: string, maxLength: 9, x-secret: true }\n"
#define ALONE   "x-secret is of a property of a JSON body alone, at its top; " \
                "here nothing would seal it"
#define WRONG   "x-secret must be true, of a type: string (or [string, "       \
                "\"null\"]) with a maxLength"

static const struct {
    const char  *text, *why;
} rows[] = {
    { BODY "{ type: string, x-secret: true }\n", "a.yaml:14: " WRONG },
    { BODY "{ type: object, maxLength: 9, x-secret: true }\n",
      "a.yaml:14: " WRONG },
    { BODY "{ type: string, maxLength: 9, x-secret: false }\n",
      "a.yaml:14: " WRONG },
    { BODY "{ type: array, items: " TEXT "                }\n" ANSWER "{}\n",
      "a.yaml:14: " ALONE },
    { TOP ANSWER TEXT, "a.yaml:15: " ALONE },
    { BODY TEXT "      x-max-body: 1m\n" ANSWER "{}\n",
      "a.yaml:15: a body with an x-secret or x-password has at most 16k" },
    { TOP "      x-make-secret: { property: s }\n" ANSWER "{}\n",
      "a.yaml:7: x-make-secret needs a property and a form" },
    { TOP "      x-make-secret: { property: s, form: magic }\n" ANSWER "{}\n",
      "a.yaml:7: there is no form \"magic\"; there is whsec, totp" },
    { TOP "      x-make-secret: { property: t, form: totp }\n" ANSWER "{}\n",
      "a.yaml:7: t of x-make-secret must be a property of the answer of "
      "a_make, and none of its input" },
    { BODY "{}\n      x-make-secret: { property: p, form: totp }\n"
      ANSWER "{}\n                  p: {}\n",
      "a.yaml:15: p of x-make-secret must be a property of the answer of "
      "a_make, and none of its input" },
    { TOP "      x-handler: preview\n"
      "      x-make-secret: { property: s, form: totp }\n" ANSWER "{}\n",
      "a.yaml:8: x-make-secret is of an operation that changes something, "
      "without x-worker and an x-handler that does more than check the body" },
    { BODY TEXT "      x-make-secret: { property: s, form: totp }\n"
      ANSWER "{ type: string }\n", "read" }
};


static gw_contract_t *
load(const char *text, char *why, size_t size)
{
    gw_buf_t            err;
    gw_contract_t      *c;
    gw_contract_text_t  t = { "a.yaml", gw_str_of(text) };

    gw_buf_fixed(&err, why, size);
    c = gw_contract_load_texts(&t, 1, &err);
    (void) gw_buf_c(&err);
    return c;
}


static void
told(const gw_contract_op_t *op, const char *answer, const char *want)
{
    char  *text;

    text = gw_contract_tell(op, gw_str_of(answer), gw_str_of("xyz"));
    is_str(gw_str_of(text), want, want ? want : "no answer");
    free(text);
}


int
main(void)
{
    char                     why[1000];
    unsigned                 i;
    gw_contract_t           *c;
    const gw_contract_op_t  *op;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        c = load(rows[i].text, why, sizeof(why));
        is_str(gw_str_of(c ? "read" : why), rows[i].why, rows[i].why);

        if (c != NULL) {
            op = gw_contract_op(c, 0);
            ok(json_object_get(op->secrets, "p") != NULL
               && json_object_size(op->secrets) == 1, "what is sealed");
            is_int(op->max_body, 16384, "of a body that stays in memory");
            ok(strstr((char *) gw_contract_openapi(c).data, "x-make") == NULL,
               "how it is made is for the gateway");
            told(op, "{\"id\": \"a_1\", \"n\": 1}",
                 "{\"id\": \"a_1\", \"n\": 1, \"s\": \"xyz\"}");
            told(op, "{\"s\": \"uri?s=\", \"n\": [1, 2]}",
                 "{\"s\": \"uri?s=xyz\", \"n\": [1, 2]}");
            told(op, "[]", NULL);
        }

        gw_contract_free(c);
    }

    return done();
}
