/* JSON Schema: verdicts, sentences, references, bounds of the work. */
#include "shm/schema/schema.h"

#include <time.h>

#include "shm/gw_json.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

#define HOSTILE_SECONDS  10     /* five times what a slow machine takes */

static gw_schema_error_t   errors[GW_SCHEMA_ERRORS_MAX];
static size_t              error_n;
static char                why_mem[1024];
static gw_buf_t            why;
static gw_schema_set_t    *set;
static const gw_schema_t  *schema;
static json_t             *document;


/* JSON with ' for " */
static json_t *
json(const char *text)
{
    char             *copy, *p;
    json_t           *j = NULL;
    gw_json_error_t   err;

    copy = strdup(text);
    for (p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    if (gw_json_parse(gw_str_of(copy), 0, &j, &err) != GW_OK) {
        printf("# %s: %s\n", err.message, text);
    }

    free(copy);
    return j;
}


static void
forget(void)
{
    gw_schema_set_free(set);
    json_decref(document);
    set = NULL;
    document = NULL;
}


static int
compile_at(const char *text, const char *pointer, unsigned flags)
{
    forget();
    document = json(text);
    set = gw_schema_set_create(document, flags);
    gw_buf_fixed(&why, why_mem, sizeof(why_mem));
    return gw_schema_compile(set, pointer, &schema, &why);
}


static bool
valid(const char *data)
{
    int      rc;
    json_t  *value;

    value = json(data);
    rc = gw_schema_check(schema, value, errors, GW_SCHEMA_ERRORS_MAX,
                         &error_n);
    json_decref(value);
    return rc == GW_OK;
}


/* all errors as "pointer rule: message", one a line */
static gw_str_t
sentences(const char *data)
{
    size_t           i;
    static char      mem[8192];
    static gw_buf_t  b;

    gw_buf_fixed(&b, mem, sizeof(mem));

    if (!valid(data)) {
        for (i = 0; i < error_n; i++) {
            gw_buf_fmt(&b, "%s%s %s: %s", i > 0 ? "\n" : "",
                       errors[i].pointer, errors[i].rule, errors[i].message);
        }
    }

    return gw_buf_view(&b);
}


static void
test_sentences(void)
{
    size_t  i;
    static const struct {
        const char  *schema, *data, *want;
    } cases[] = {
        { "{'type':['string','null']}", "1",
          " type: must be a string or null, is an integer" },
        { "{'type':['integer','string','boolean']}", "1.5",
          " type: must be an integer, a string or true or false, "
          "is a number" },
        { "{'properties':{'name':{'maxLength':3}}}", "{'name':'\xc3\xa4xyz'}",
          "/name maxLength: must be at most 3 characters, has 4" },
        { "{'minLength':1}", "''", " minLength: must not be empty" },
        { "{'items':{'minimum':3}}", "[3,2.5,1]",
          "/1 minimum: must be at least 3, is 2.5\n"
          "/2 minimum: must be at least 3, is 1" },
        { "{'required':['a','b']}", "{}",
          " required: \"a\" is missing\n required: \"b\" is missing" },
        { "{'dependentRequired':{'a':['b']}}", "{'a':1}",
          " dependentRequired: \"b\" is missing; \"a\" needs it" },
        { "{'properties':{'a':{}},'additionalProperties':false}",
          "{'a':1,'b/~':2}", "/b~1~0 additionalProperties: is not a member "
          "that is known here" },
        { "{'propertyNames':{'maxLength':2}}", "{'abc':1}",
          "/abc propertyNames: has a name that must be at most 2 characters, "
          "has 3" },
        { "{'enum':['a',1]}", "'b'", " enum: must be one of [\"a\",1]" },
        { "{'const':0.1}", "1", " const: must be 0.1" },
        { "{'format':'date'}", "'2023-02-29'",
          " format: must be a date as 2026-01-31" },
        { "{'pattern':'^a$'}", "'b'",
          " pattern: must match the pattern ^a$" },
        { "{'multipleOf':0.01}", "0.005",
          " multipleOf: must be a multiple of 0.01, is 0.005" },
        { "{'uniqueItems':true}", "[1,2,1.0]", " uniqueItems: must not have "
          "an item twice; items 0 and 2 are equal" },
        { "{'items':false}", "[1]", "/0 items: is not allowed" },
        { "{'not':{'type':'null'}}", "null",
          " not: has a form that is not allowed here" },
        { "{'anyOf':[{'type':'string'},{'type':'number'}]}", "null",
          " anyOf: must have one of the 2 forms that are allowed here" },
        { "{'oneOf':[true,{'type':'null'}]}", "null", " oneOf: must have only "
          "one of the forms that are allowed here, has those of 0 and 1" },
        { "{'contains':{'type':'null'},'minContains':2}", "[null]",
          " minContains: must have at least 2 items of the form that is asked "
          "for, has 1" },
        { "{'if':{'type':'string'},'then':{'minLength':2}}", "'a'",
          " minLength: must be at least 2 characters, has 1" },

        /* when only one form can be meant, what is wrong with that one */
        { "{'anyOf':[{'type':'null'},{'type':'string','maxLength':1}]}",
          "'ab'", " maxLength: must be at most 1 characters, has 2" },
        { "{'oneOf':[{'$ref':'#/$defs/a'},{'$ref':'#/$defs/b'}],'$defs':{"
          "'a':{'properties':{'op':{'const':'a'}},'required':['x']},"
          "'b':{'properties':{'op':{'const':'b'}},'required':['y']}}}",
          "{'op':'b'}", " required: \"y\" is missing" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (ok(compile_at(cases[i].schema, "", GW_SCHEMA_FORMAT) == GW_OK,
               "%s", cases[i].schema))
        {
            is_str(sentences(cases[i].data), cases[i].want, cases[i].data);
        } else {
            printf("# %s\n", gw_buf_c(&why));
        }
    }
}


int
main(void)
{
    test_sentences();
    forget();
    return done();
}
