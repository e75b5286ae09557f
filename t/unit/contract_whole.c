/* The contract: what an operation says fits the rest of the document. */
#include "shm/contract/contract.h"
#include "t/unit/tap.h"

#define TAGS  "openapi: 3.1.0\ntags: [ { name: a } ]\n"
#define POST  "paths:\n  /api/v1/a:\n    post:\n      operationId: a_make\n" \
              "      x-scope: a:write\n"
#define DONE  "      responses: { 200: {} }\n"
#define BODY  "      requestBody:\n        content:\n          " \
              "application/json:\n            schema: { type: object, " \
              "additionalProperties: false }\n"

typedef struct {
    const char  *text;
    const char  *why;           /* NULL: it is read */
} whole_t;

static const whole_t  cases[] = {
    { TAGS POST "      summary: A\n      tags: [b]\n" DONE,
      "a.yaml:9: a_make has the tag \"b\", which stands under \"tags\" of no "
      "file" },
    { TAGS POST "      tags: [a]\n" DONE,
      "a.yaml:5: a_make needs a summary: what it does, in a few words" },
    { TAGS POST "      summary: A\n" BODY DONE,
      "a.yaml:11: the body of a_make needs an example: tests ask by it, and "
      "readers see it" },
    { "openapi: 3.1.0\n" POST DONE
      "components: { schemas: { Scope: { enum: [b:write] } } }\n",
      "a.yaml:6: a_make asks for the scope \"a:write\", which no key can have: "
      "add it to the enum of Scope, or take one of it" },
    { "openapi: 3.1.0\n" POST "      responses: { 201: {} }\n",
      "a.yaml:7: a_make answers 201, and the Location of that, "
      "/api/v1/a/{id}, is no path: answer 200, or add it" },
    { TAGS POST "      tags: [a]\n      summary: A\n" DONE, NULL },
    { "openapi: 3.1.0\n" POST DONE
      "components: { schemas: { Scope: { enum: [a:write] } } }\n", NULL },
    { "openapi: 3.1.0\n" POST BODY DONE, NULL }
};


int
main(void)
{
    char                why[1000];
    size_t              i;
    gw_buf_t            err;
    gw_contract_t      *c;
    gw_contract_text_t  t = { "a.yaml", { 0 } };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t.text = gw_str_of(cases[i].text);
        gw_buf_fixed(&err, why, sizeof(why));
        c = gw_contract_load_texts(&t, 1, &err);
        (void) gw_buf_c(&err);
        ok((c != NULL) == (cases[i].why == NULL), "read or refused");

        if (cases[i].why != NULL) {
            is_str(gw_str_of(why), cases[i].why, cases[i].why);
        }

        gw_contract_free(c);
    }

    return done();
}
