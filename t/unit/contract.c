/* The contract: what is refused and in which words, its routes, its memory. */
#include "shm/contract/contract.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

#define TOP  "openapi: 3.1.0\n"
#define GET  TOP "paths:\n  /api/v1/a/{id}:\n    get:\n"
#define ID   "      parameters:\n" \
             "        - { name: id, in: path, required: true, " \
             "schema: { type: string } }\n"
#define OP   GET "      operationId: a_get\n      x-scope: a:read\n"
#define POST TOP "paths:\n  /api/v1/a:\n    post:\n" \
             "      operationId: a_make\n      x-scope: a:write\n"
#define DONE "      responses: { 200: {} }\n"
#define JSON POST "      requestBody:\n        content:\n" \
             "          application/json:\n            schema: "

typedef struct {
    const char  *text;
    const char  *why;
} bad_t;

static const bad_t  bad[] = {

    /* what is no contract */

    { "a: [",
      "a.yaml:2: this is not YAML: did not find expected node content" },
    { "", "a.yaml:1: a value is missing here" },
    { "[]", "a.yaml:1: a contract begins with \"openapi: 3.1.0\"" },
    { "true", "a.yaml:1: a contract begins with \"openapi: 3.1.0\"" },
    { "openapi: 3.0.3\n",
      "a.yaml:1: a contract begins with \"openapi: 3.1.0\"" },
    { "openapi: 3.1.0\npath: {}\n",
      "a.yaml:2: a contract has no key \"path\"; near it: paths" },
    { TOP "paths: []\n",
      "a.yaml:2: \"paths\" of a contract must be an object" },
    { TOP "x: 1\n---\n", "a.yaml:3: a second document begins here; a file "
      "holds one" },

    /* YAML that two readers take differently */

    { "a: &x 1\n", "a.yaml:1: anchors are not read; make it a component and "
      "refer to it by $ref" },
    { "a: 1\nb: *x\n", "a.yaml:2: aliases are not read; refer to a component "
      "by $ref" },
    { "a: !!str 1\n", "a.yaml:1: tags are not read; leave it out" },
    { "a:\n  <<: {}\n", "a.yaml:2: merge keys are not read; write the members "
      "out, or refer to a component by $ref" },
    { "a: 1\na: 2\n", "a.yaml:2: the key \"a\" stands here twice" },
    { "a:\nb: 1\n", "a.yaml:1: a value is missing here; write \"\" for an "
      "empty text, or null" },
    { "a: \"x\\0\"\n", "a.yaml:1: the text holds a NUL" },
    { "a: 99999999999999999999\n", "a.yaml:1: the number is too large; quote "
      "it when it is a text" },
    { "? [a]\n: 1\n", "a.yaml:1: a key must be a text" },

    /* operations */

    { TOP "paths:\n  /api/v1/a:\n    fetch: {}\n", "a.yaml:4: \"fetch\" is no "
      "method; a path has get, post, put, patch and delete" },
    { GET "      x-scope: a:read\n", "a.yaml:4: the operation needs an "
      "operationId: the name of its function in the schema api" },
    { GET "      operationId: A\n", "a.yaml:5: operationId must be a name like "
      "contacts_list, of a-z, 0-9 and _, at most 63 characters" },
    { GET "      operationId: a_get\n", "a.yaml:4: a_get needs x-scope "
      "(noun:read or noun:write), x-workspace: none or x-public: true" },
    { GET "      operationId: a_get\n      x-scope: a:all\n", "a.yaml:6: "
      "x-scope must be noun:read or noun:write, not \"a:all\"" },
    { OP "      x-public: true\n", "a.yaml:6: a_get has x-scope and x-public; "
      "leave out one" },
    { OP "      x-scop: a:read\n",
      "a.yaml:7: an operation has no key \"x-scop\"; near it: x-scope, "
      "x-pool" },
    { OP "      x-pool: big\n", "a.yaml:7: x-pool must be quick or slow, not "
      "\"big\"" },
    { OP "      x-handler: magic\n", "a.yaml:7: there is no handler \"magic\"; "
      "there is address, template, predicate, flag, upload, download, "
      "preview, export, live_ticket, webhook, sso_login, "
      "sso_callback, sso_logout" },
    { OP "      x-worker: yes\n", "a.yaml:7: \"x-worker\" of an operation must "
      "be true or false" },
    { OP ID "      x-any-of: [id]\n", "a.yaml:9: x-any-of names parameters "
      "in: query, each once; \"id\" is not one" },
    { OP ID "        - { name: q, in: query, schema: { type: string } }\n"
      "      x-any-of: [q, q]\n", "a.yaml:10: x-any-of names parameters in: "
      "query, each once; \"q\" is not one" },
    { OP ID "      x-max-body: 1m\n", "a.yaml:9: a_get has x-max-body but no "
      "requestBody" },
    { JSON "{ type: object, additionalProperties: false }\n"
      "      x-max-body: 5\n", "a.yaml:11: \"x-max-body\" of an operation must "
      "be a size like 64k, 1m or 1g" },
    { JSON "{ type: object, additionalProperties: false }\n"
      "      x-max-body: 5t\n", "a.yaml:11: x-max-body must be a size like "
      "64k, 1m or 1g, not \"5t\"" },
    { POST DONE "    put:\n      operationId: a_make\n",
      "a.yaml:9: operationId a_make is that of POST /api/v1/a already" },

    /* parameters */

    { OP, "a.yaml:4: a_get needs an entry of parameters for {id} of its "
      "path" },
    { POST ID, "a.yaml:8: the path /api/v1/a has no {id}; add it, or write "
      "in: query" },
    { OP "      parameters: [{ name: id, in: query, schema: {} }]\n",
      "a.yaml:7: the parameter id is part of the path: write in: path" },
    { OP "      parameters: [{ name: id, in: path, schema: {} }]\n",
      "a.yaml:7: the parameter id is part of the path: write required: true" },
    { OP "      parameters: [{ name: id, in: head, schema: {} }]\n",
      "a.yaml:7: the parameter id must be in: path or in: query" },
    { OP "      parameters: [{ name: _x, in: query, schema: {} }]\n",
      "a.yaml:7: a parameter needs a name that does not begin with \"_\"" },
    { OP ID "        - { name: q, in: query }\n",
      "a.yaml:9: the parameter q needs a schema" },
    { OP ID "        - { name: q, in: query, schema: { type: object } }\n",
      "a.yaml:9: the parameter q must have the type string, integer, number, "
      "boolean, or array of one of them" },
    { OP ID "        - { name: q, in: query, schema: { type: string } }\n"
      "        - { name: q, in: query, schema: { type: string } }\n",
      "a.yaml:10: the parameter q stands here twice" },
    { OP "      parameters:\n        - { $ref: \"#/components/parameters/X\" }",
      "a.yaml:8: $ref \"#/components/parameters/X\" leads nowhere; no file has "
      "it" },
    { OP "      parameters: [ 1 ]\n", "a.yaml:7: this must be an object" },
    { OP "      parameters: [ true ]\n",
      "a.yaml:4: this must be an object" },

    { TOP "components:\n  parameters:\n    X:\n      schema:\n"
      "        $ref: \"#/components/schemas/No\"\n",
      "a.yaml:5: $ref \"#/components/schemas/No\" leads nowhere; no file has "
      "it" },

    /* bodies and answers */

    { OP ID "      requestBody: {}\n", "a.yaml:9: GET has no body; make its "
      "fields parameters in: query" },
    { POST "      requestBody: {}\n", "a.yaml:7: a requestBody needs content "
      "by media type, like application/json" },
    { JSON "{ type: object }\n", "a.yaml:10: the body of a_make must be type: "
      "object with additionalProperties: false" },
    { JSON "{ $ref: \"b.yaml#/x\" }\n", "a.yaml:10: $ref \"b.yaml#/x\" must "
      "begin with \"#/\": the files become one document" },
    { JSON "{ type: object, additionalProperties: false,\n"
      "              properties: { _x: {} } }\n", "a.yaml:11: a property of a "
      "body may not begin with \"_\", as _x does" },
    { JSON "{ type: object, additionalProperties: false,\n"
      "              properties: { q: {} } }\n"
      "      parameters: [{ name: q, in: query, schema: { type: string } }]\n",
      "a.yaml:11: q is a parameter and a property of the body; both are "
      "members of one object" },
    { OP ID "      responses: { ok: {} }\n", "a.yaml:9: a response is named by "
      "its status, 200 to 599, not \"ok\"" },
    { OP ID "      responses: { 200: {}, 201: {} }\n",
      "a.yaml:9: a_get has two answers of success, 200 and 201; leave out "
      "one" },
    { OP ID "      x-worker: true\n      responses: { 200: {} }\n",
      "a.yaml:10: a_get is x-worker: its answer of success is 202, not 200" },
    { OP ID, "a.yaml:4: a_get needs an answer of success: a response named 200 "
      "to 299" },
    { OP ID "      responses:\n        404: {}\n", "a.yaml:9: a_get needs an "
      "answer of success: a response named 200 to 299" },

    /* examples */

    { JSON "{ type: object, additionalProperties: false,\n"
      "              properties: { q: { type: [integer, \"null\"] } } }\n"
      "            example:\n              q: x\n" DONE,
      "a.yaml:12: the example does not pass its schema: /q must be an "
      "integer or null, is a string" },
    { OP ID "        - name: q\n          in: query\n"
      "          schema: { type: string, maxLength: 1 }\n"
      "          examples: { one: { value: x }, two: { value: xx } }\n" DONE,
      "a.yaml:12: the example does not pass its schema: it must be at most 1 "
      "characters, has 2" },
    { TOP "components:\n  schemas:\n    A:\n      properties:\n"
      "        example: { enum: [1], example: 2 }\n", "a.yaml:6: the example "
      "does not pass its schema: it must be one of [1]" },
    { TOP "components:\n  schemas:\n    A:\n      maximum: 3\n"
      "      examples: [3, 4]\n", "a.yaml:6: the example does not pass its "
      "schema: it must be at most 3, is 4" },
    { TOP "components:\n  schemas:\n    A:\n      type: string\n"
      "      default: 4\n", "a.yaml:6: the default does not pass its schema: "
      "it must be a string, is an integer" },
    { OP ID "      responses:\n        200:\n          content:\n"
      "            application/json:\n              schema: { type: string }\n"
      "              example: true\n", "a.yaml:12: the example does not pass "
      "its schema: it must be a string, is true" },

    { TOP "components: { schemas: { A: { allOf: [\n"
      "  { $ref: \"#/components/schemas/A\" } ] } } }\n"
      "paths:\n  /api/v1/a:\n"
      "    get: { operationId: a, x-public: true, responses: { 200: { content:"
      "\n      { application/json: { schema:\n"
      "      { $ref: \"#/components/schemas/A\" } } } } } }\n",
      "a.yaml:2: the answer is made of more than 100 schemas by allOf" },

    /* schemas */

    { TOP "components:\n  schemas:\n    A:\n      typ: object\n",
      "a.yaml:5: the schema's /components/schemas/A/typ is no keyword of JSON "
      "Schema 2020-12 or OpenAPI 3.1; an extension begins with x-" },
    { JSON "{ type: object, additionalProperties: false,\n"
      "              properties: { q: { allOf: [ {},\n"
      "                { pattern: \"(\" } ] } } }\n" DONE,
      "a.yaml:12: the schema's /paths/~1api~1v1~1a/post/requestBody/"
      "content/application~1json/schema/properties/q/allOf/1/pattern is no "
      "pattern: missing closing parenthesis" },

    /* paths */

    { TOP "paths: { /a: {} }\n",
      "a.yaml:2: a path begins with /api/v1/, like /api/v1/lists/{id}" },
    { TOP "paths: { /api/v1/: {} }\n",
      "a.yaml:2: a path begins with /api/v1/, like /api/v1/lists/{id}" },
    { TOP "paths: { /api/v1/a/: {} }\n", "a.yaml:2: a segment of the path is a "
      "word of a-z, 0-9, _, - and ., or {name}, not \"\"" },
    { TOP "paths: { \"/api/v1/a/x{b}\": {} }\n", "a.yaml:2: a segment of the "
      "path is a word of a-z, 0-9, _, - and ., or {name}, not \"x{b}\"" },
    { TOP "paths: { \"/api/v1/{b}x\": {} }\n", "a.yaml:2: {name} must be a "
      "whole segment of the path, of a-z, 0-9 and _, not \"{b}x\"" },
    { TOP "paths: { \"/api/v1/{b}/{b}\": {} }\n",
      "a.yaml:2: the path has {b} twice" },
    { TOP "paths: { /api/v1/a: 1 }\n",
      "a.yaml:2: the path must be an object of methods" },
    { TOP "paths: { /api/v1/a: { get: true } }\n",
      "a.yaml:2: the operation must be an object" }
};

static const char  two[] =
    TOP "paths:\n"
    "  /api/v1/a/{id}:\n    get: { operationId: a, x-public: true,\n"
    "      responses: { 200: {} }, parameters: [\n"
    "      { name: id, in: path, required: true, schema: { type: string } }] }"
    "\n  %s:\n    get: { operationId: b, x-public: true,\n"
    "      responses: { 200: {} }, parameters: [\n"
    "      { name: %s, in: path, required: true, schema: { type: string } }] }"
    "\n";


static gw_contract_t *
load(const char *text, char why[1000])
{
    gw_buf_t             err;
    gw_contract_t       *c;
    gw_contract_text_t   t[1] = { { "a.yaml", gw_str_of(text) } };

    gw_buf_fixed(&err, why, 1000);
    c = gw_contract_load_texts(t, 1, &err);
    (void) gw_buf_c(&err);

    return c;
}


static void
refused(const char *text, const char *want)
{
    char            why[1000];
    gw_contract_t  *c;

    c = load(text, why);
    is_str(gw_str_of(c ? "read" : why), want, want);
    gw_contract_free(c);
}


static void
texts(void)
{
    char                 why[1000], text[1000];
    gw_buf_t             err;
    gw_contract_text_t   t[2] = { { "a.yaml", gw_str_of(POST) },
                                  { "b.yaml", gw_str_of("\n" POST) } };

    gw_buf_fixed(&err, why, sizeof(why));
    ok(gw_contract_load_texts(t, 2, &err) == NULL, "one operation twice");
    is_str(gw_buf_view(&err), "b.yaml:5: /api/v1/a \"post\" stands in "
           "a.yaml:4 already", "both places are named");

    (void) snprintf(text, sizeof(text), two, "/api/v1/a/{x}", "x");
    refused(text, "a.yaml:7: /api/v1/a/{x} and /api/v1/a/{id} fit the same "
            "requests; name their {name} alike");
    (void) snprintf(text, sizeof(text), two, "/api/v1/{x}/b", "x");
    refused(text, "a.yaml:7: /api/v1/{x}/b and /api/v1/a/{id} fit the same "
            "requests; one must be nearer in every segment");
}


static void
deep(void)
{
    char    text[500];
    size_t  i;

    memset(text, '[', 70);
    memset(text + 70, ']', 70);
    text[140] = '\0';
    refused(text, "a.yaml:1: this is nested deeper than 64");

    for (i = 0; i < 70; i++) {
        memcpy(text + i * 4, "{a: ", 4);
    }

    text[280] = '\0';
    refused(text, "a.yaml:1: this is nested deeper than 64");
}


static const char  routes[] =
    TOP
    "components:\n"
    "  parameters:\n"
    "    Id: { name: id, in: path, required: true, schema: { type: string } }\n"
    "    Tags: { name: tags, in: query, schema: { type: array, items:\n"
    "      { type: string } } }\n"
    "  schemas:\n"
    "    A: { type: object, properties: { id: {}, name: {} } }\n"
    "    More: { allOf: [ { $ref: \"#/components/schemas/A\" },\n"
    "      { properties: { size: {} } } ] }\n"
    "paths:\n"
    "  /api/v1/a:\n"
    "    get:\n      operationId: a_list\n      x-scope: a:read\n"
    "      parameters: [ { $ref: \"#/components/parameters/Tags\" } ]\n"
    "      responses: { 200: { content: { application/json: { schema:\n"
    "        { properties: { next: {}, items: { type: array, items:\n"
    "          { $ref: \"#/components/schemas/A\" } } } } } } } }\n"
    "    post:\n      operationId: a_create\n      x-scope: a:write\n"
    "      x-handler: template\n      x-max-body: 64k\n"
    "      requestBody: { required: true, content: { application/json:\n"
    "        { schema: { type: object, additionalProperties: false } },\n"
    "        text/csv: {} } }\n"
    "      responses: { 201: { description: x } }\n"
    "  /api/v1/a/{id}:\n"
    "    get:\n      operationId: a_get\n      x-public: true\n"
    "      parameters: [ { $ref: \"#/components/parameters/Tags\" },\n"
    "        { $ref: \"#/components/parameters/Id\" } ]\n"
    "      responses: { 200: { content: { application/json: { schema:\n"
    "        { $ref: \"#/components/schemas/More\" } } } } }\n"
    "  /api/v1/a/search:\n"
    "    post: { operationId: a_search, x-scope: a:read, x-pool: quick,\n"
    "      responses: { 200: {} } }\n"
    "  /api/v1/a/{id}/c:\n"
    "    delete: { operationId: c_delete, x-scope: a:write, x-worker: true,\n"
    "      parameters: [ { $ref: \"#/components/parameters/Id\" } ],\n"
    "      responses: { 202: {} } }\n";


/* "a_get id" for GET /api/v1/a/id; the methods when there is no operation */
static void
route(gw_contract_t *c, unsigned method, const char *path, const char *want)
{
    char                     got[200];
    unsigned                 i, methods;
    gw_buf_t                 b;
    gw_str_t                 captures[GW_CONTRACT_CAPTURES];
    unsigned long            before;
    const gw_contract_op_t  *op;

    before = alloc_count;
    op = gw_contract_route(c, method, gw_str_of(path), captures, &methods);
    ok(alloc_count == before, "no allocation");

    gw_buf_fixed(&b, got, sizeof(got));
    gw_buf_fmt(&b, "%s", op ? (char *) op->id.data : "");

    for (i = 0; op != NULL && i < op->n_captures; i++) {
        gw_buf_char(&b, ' ');
        gw_buf_str(&b, captures[i]);
    }

    for (i = 1; op == NULL && i <= GW_DELETE; i <<= 1) {
        gw_buf_cstr(&b, methods & i ? gw_contract_method(i) : "");
    }

    is_str(gw_buf_view(&b), want, path);
}


static void
found(gw_contract_t *c)
{
    route(c, GW_GET, "/api/v1/a", "a_list");
    route(c, GW_POST, "/api/v1/a", "a_create");
    route(c, GW_PUT, "/api/v1/a", "GETPOST");
    route(c, GW_GET, "/api/v1/a/x%2Fy", "a_get x%2Fy");
    route(c, GW_POST, "/api/v1/a/search", "a_search");
    route(c, GW_GET, "/api/v1/a/search", "POST");
    route(c, GW_DELETE, "/api/v1/a/7/c", "c_delete 7");
    route(c, GW_DELETE, "/api/v1/a/search/c", "c_delete search");
    route(c, GW_GET, "/api/v1", "");
    route(c, GW_GET, "/api/v1/a/", "");
    route(c, GW_GET, "//api/v1/a", "");
    route(c, GW_GET, "/api/v1/a//c", "");
    route(c, GW_GET, "/api/v1/a/x/c/d", "");
    route(c, GW_GET, "", "");
    route(c, GW_GET, "api/v1/a", "");
    route(c, 0, "/api/v1/a", "GETPOST");
}


static void
table(gw_contract_t *c)
{
    const gw_contract_op_t  *op;

    is_int(gw_contract_count(c), 5, "operations");
    op = gw_contract_find(c, gw_str_of("a_create"));
    ok(op != NULL && gw_contract_op(c, op->index) == op, "by its name");
    is_int(op->status, 201, "its status");
    is_int(op->max_body, 65536, "its largest body");
    is_str(op->handler, "template", "its handler");
    is_str(op->scope, "a:write", "its scope");
    ok(op->slow && op->body_required && !op->is_public, "its flags");
    is_int(op->n_bodies, 2, "its bodies");
    is_str(op->bodies[1].type, "text/csv", "one is no JSON");
    ok(op->bodies[0].schema && !op->bodies[1].schema, "the other has a schema");

    op = gw_contract_find(c, gw_str_of("a_get"));
    is_int(op->n_captures, 1, "a capture");
    is_str(op->params[0].name, "id", "the path's parameters come first");
    ok(op->params[0].schema && op->params[1].schema, "with schemas");
    ok(op->params[1].array && !op->params[0].array, "and the query's behind");
    ok(op->is_public && !op->slow && op->max_body == 1 << 20, "defaults");
    ok(json_object_get(op->fields, "size") && json_object_get(op->fields, "id")
       && json_object_size(op->fields) == 3, "fields through $ref and allOf");

    op = gw_contract_find(c, gw_str_of("a_list"));
    ok(json_object_get(op->fields, "name") && !json_object_get(op->fields,
       "next"), "of a list those of its items");

    op = gw_contract_find(c, gw_str_of("c_delete"));
    ok(op->status == 202 && op->worker && op->fields == NULL, "a worker's");
    ok(!gw_contract_find(c, gw_str_of("a_search"))->slow, "a quick one");
    ok(gw_contract_find(c, gw_str_of("none")) == NULL, "none");
    ok(gw_contract_op(c, 5) == NULL, "past the last");
}


static void
document(gw_contract_t *c)
{
    json_t    *doc, *op;
    gw_str_t   text;

    text = gw_contract_openapi(c);
    doc = json_loadb((char *) text.data, text.len, 0, NULL);
    op = json_object_get(json_object_get(json_object_get(doc, "paths"),
                                         "/api/v1/a"), "post");
    ok(op != NULL, "the document is JSON");
    ok(!json_object_get(op, "x-handler") && json_object_get(op, "x-max-body"),
       "our own keys are left out");
    ok(json_array_size(json_object_get(op, "security")) == 2,
       "bearer or session");
    op = json_object_get(op, "responses");
    ok(json_object_get(op, "422") && json_object_get(op, "503")
       && json_object_get(op, "201") && !json_object_get(op, "404"),
       "the answers that every operation has");
    op = json_object_get(json_object_get(op, "201"), "headers");
    ok(json_object_get(op, "Location") && json_object_get(op, "X-Request-Id")
       && !json_object_get(op, "ETag"), "and their headers");
    ok(json_object_get(json_object_get(json_object_get(doc, "components"),
                                       "schemas"), "Problem"), "a problem");
    json_decref(doc);
}


int
main(void)
{
    char            why[1000];
    size_t          i;
    gw_contract_t  *c;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused(bad[i].text, bad[i].why);
    }

    texts();
    deep();

    c = load(routes, why);
    if (!ok(c != NULL, "a contract")) {
        printf("# %s\n", why);
        return done();
    }

    found(c);
    table(c);
    document(c);
    gw_contract_free(c);

    for (i = 0; i < 1000; i++) {
        gw_contract_free(load(routes, why));
        gw_contract_free(load(bad[i % (sizeof(bad) / sizeof(bad[0]))].text,
                              why));
    }

    ok(i == 1000, "read and freed a thousand times");
    return done();
}
