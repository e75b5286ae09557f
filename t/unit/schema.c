/* JSON Schema: sentences, references, one document, bounds of the work. */
#include <time.h>

#include "t/unit/alloc.h"
#include "t/unit/schema.h"

#define HOSTILE_SECONDS  10     /* five times what a slow machine takes */


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
          " format: must be a date, like 2026-01-31" },
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
        if (ok(compiles(cases[i].schema), "%s", cases[i].schema))
        {
            is_str(sentences(cases[i].data), cases[i].want, cases[i].data);
        } else {
            printf("# %s\n", gw_buf_c(&why));
        }
    }
}


/* a schema that is wrong is refused with the pointer of its keyword */
static void
test_refused(void)
{
    size_t  i;
    static const struct {
        const char  *schema, *want;
    } cases[] = {
        { "{'properties':{'a':{'type':'strin'}}}", "the schema's "
          "/properties/a/type must be null, boolean, integer, number, string, "
          "array, object or a list of these" },
        { "{'maxLength':-1}",
          "the schema's /maxLength must be a whole number from 0" },
        { "{'pattern':'['}", "the schema's /pattern is no pattern: missing "
          "terminating ] for character class" },
        { "{'allOf':[true,1]}", "the schema at /allOf/1 must be a schema: an "
          "object, true or false" },
        { "{'$ref':'https://example.com/x'}", "the schema's /$ref is "
          "\"https://example.com/x\", which is not in this document (nothing "
          "is fetched)" },
        { "{'$ref':'#/$defs/a'}", "the schema's /$ref is \"#/$defs/a\", "
          "which is not in this document (nothing is fetched)" },
        { "{'$ref':'#'}", "the schema refers to itself for the same value" },
        { "{'anyOf':[{'$ref':'#/$defs/a'}],'$defs':{'a':{'if':{'$ref':'#'}}}}",
          "the schema at /$defs/a/if refers to itself for the same value" },
        { "{'$defs':{'a':{'$id':'x'},'b':{'$id':'x'}}}",
          "the schema's /$defs/b/$id is that of /$defs/a as well" },
        { "{'$defs':{'a':{'$anchor':'x'},'b':{'$anchor':'x'}}}",
          "the schema's /$defs/b/$anchor is that of /$defs/a as well" },
        { "{'dependentRequired':{'a':[1]}}", "the schema's /dependentRequired "
          "needs an array of names for \"a\"" },
        { "{'multipleOf':0}",
          "the schema's /multipleOf must be a number above 0" },
        { "[]", "the schema must be a schema: an object, true or false" }
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(!compiles(cases[i].schema), "%s", cases[i].schema);
        is_str(gw_buf_view(&why), cases[i].want, "says where");
    }

    ok(compiles_at("{'maxlength':1,'x-a':1,'example':1}", "", 0),
       "an unknown keyword is a note");
    ok(!compiles_at("{'maxlength':1}", "", GW_SCHEMA_CLOSED), "or refused");
    is_str(gw_buf_view(&why), "the schema's /maxlength is no keyword of JSON "
           "Schema 2020-12 or OpenAPI 3.1; an extension begins with x-",
           "by its name");
    ok(compiles_at("{'x-a':1,'example':1,'xml':{},'discriminator':{},"
                   "'format':'int64'}", "", GW_SCHEMA_CLOSED), "OpenAPI's");
    ok(!compiles_at("{'format':'e-mail'}", "", GW_SCHEMA_CLOSED),
       "a format that nobody knows");
    ok(!compiles_at("{'$defs':{'a':{'type':1}}}", "", GW_SCHEMA_CLOSED),
       "a wrong definition, used or not");
}


static void
test_references(void)
{
    judges("{'$defs':{'a b':{'x%y~/':{'type':'null'}}},"
           "'$ref':'#/$defs/a%20b/x%25y~0~1'}", "null", "1");
    judges("{'$id':'https://a.example/b/c','$ref':'../d?e#f','$defs':{'x':"
           "{'$id':'/d?e','$anchor':'g','$defs':{'y':{'$anchor':'f',"
           "'type':'null'}}}}}", "null", "1");
    judges("{'$id':'urn:example:a','$ref':'urn:example:b#/items','$defs':{"
           "'b':{'$id':'urn:example:b','items':{'type':'null'}}}}", "null",
           "1");
    judges("{'$id':'https://a.example/','$ref':'?x','$defs':{'x':{'$id':"
           "'https://a.example/?x','type':'null'}}}", "null", "1");

    /* a list whose items an extending schema decides upon */
    judges("{'$id':'https://a.example/strings','$ref':'list','$defs':{"
           "'item':{'$dynamicAnchor':'item','type':'string'},"
           "'list':{'$id':'list','items':{'$dynamicRef':'#item'},'$defs':{"
           "'any':{'$dynamicAnchor':'item'}}}}}", "['a']", "[1]");
    judges("{'$id':'https://a.example/tree','$dynamicAnchor':'node','type':"
           "'object','properties':{'kids':{'items':{'$dynamicRef':'#node'}}},"
           "'unevaluatedProperties':false}", "{'kids':[{'kids':[]}]}",
           "{'kids':[{'kid':[]}]}");

    judges("{'allOf':[{'properties':{'a':true}},{'if':{'required':['b']},"
           "'then':{'properties':{'b':true}}}],'unevaluatedProperties':false}",
           "{'a':1,'b':2}", "{'a':1,'c':2}");
    judges("{'anyOf':[{'prefixItems':[{'const':1}]},{'contains':{'const':2}}],"
           "'unevaluatedItems':false}", "[1,2]", "[1,3]");

    judges("{'$ref':'https://json-schema.org/draft/2020-12/schema'}",
           "{'properties':{'a':{'type':['null']}}}",
           "{'properties':{'a':{'items':{'type':'x'}}}}");
}


/* many schemas of one document, which refer to its components */
static void
test_document(void)
{
    const gw_schema_t  *other;

    ok(compiles_at("{'components':{'schemas':{"
                   "'Name':{'type':'string','maxLength':2},"
                   "'Who':{'$id':'https://a.example/who','type':'object',"
                   "'properties':{'n':{'$ref':'#/$defs/n'}},"
                   "'$defs':{'n':{'type':'integer'}}}}},"
                   "'paths':{'/a':{'s':{'items':{'$ref':"
                   "'#/components/schemas/Name'}},"
                   "'t':{'$ref':'https://a.example/who'}}}}",
                   "/paths/~1a/s", GW_SCHEMA_CLOSED), "the first schema");
    ok(valid("['ab']") && !valid("['abc']"), "it refers to a component");
    is_str(gw_str_of(errors[0].pointer), "/0", "the place in the data");

    other = schema;
    is_int(gw_schema_compile(set, "/paths/~1a/t", &schema, &why), GW_OK,
           "the second");
    ok(valid("{'n':1}") && !valid("{'n':'1'}"), "it refers to an $id");
    is_int(gw_schema_compile(set, "/paths/~1a/s", &schema, &why), GW_OK,
           "the first again");
    ok(schema == other, "is the same one");
    is_int(gw_schema_compile(set, "/paths/~1a/u", &schema, &why), GW_EINVAL,
           "nothing is there");
    is_str(gw_buf_view(&why), "the document has nothing at \"/paths/~1a/u\"",
           "says so");
}


static void
test_bounds(void)
{
    char             key[600];
    json_t          *value, *inner;
    size_t           n, i, same = 0;
    unsigned long    before;

    ok(compiles("{'items':{'type':'null'}}"), "many errors");
    ok(!valid("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]")
       && error_n == GW_SCHEMA_ERRORS_MAX, "at most so many");

    value = json("[1,1,1]");
    is_int(gw_schema_check(schema, value, errors, 1, &n), GW_EINVAL, "or one");
    ok(n == 1 && strcmp(errors[0].pointer, "/0") == 0, "the first");
    json_decref(value);

    ok(compiles("{'additionalProperties':{'additionalProperties':false}}"),
       "a long pointer");
    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    inner = json_pack("{s:{s:i}}", "a", key, 1);
    is_int(gw_schema_check(schema, inner, errors, 1, &n), GW_EINVAL, "wrong");
    is_str(gw_str_of(errors[0].pointer), "/a", "names the place above");
    json_decref(inner);

    ok(compiles("{'type':'object','additionalProperties':false,'required':"
                "['a'],'properties':{'a':{'type':'string','pattern':'^2',"
                "'format':'date'},'b':{'items':{'enum':[1,2]},'uniqueItems':"
                "true},'c':{'anyOf':[{'type':'null'},{'multipleOf':1}]}}}"),
       "an ordinary schema");
    value = json("{'b':[1,2],'c':3}");
    json_object_set_new(value, "a", json_string("2026-01-31"));
    before = alloc_count;
    for (i = 0; i < 100; i++) {
        same += gw_schema_check(schema, value, errors, 1, &n) == GW_OK;
    }
    ok(same == 100 && alloc_count == before, "a check allocates nothing");
    json_decref(value);
}


static void
hostile(const char *text, json_t *value, bool want, const char *rule)
{
    int      rc;
    size_t   n;
    time_t   start;

    ok(compiles(text), "hostile: %s", text);
    start = time(NULL);
    rc = gw_schema_check(schema, value, errors, GW_SCHEMA_ERRORS_MAX, &n);
    ok((rc == GW_OK) == want
       && (want || (n > 0 && strcmp(errors[n - 1].rule, rule) == 0)),
       "the verdict: %s", want ? "valid" : rule);
    ok(time(NULL) - start <= HOSTILE_SECONDS, "and soon");
    json_decref(value);
}


static json_t *
nested(size_t depth)
{
    json_t  *j, *outer;

    for (j = json_object(); depth > 0; depth--) {
        outer = json_object();
        json_object_set_new(outer, "a", j);
        j = outer;
    }

    return j;
}


static json_t *
numbers(size_t n)
{
    size_t   i;
    json_t  *j;

    for (j = json_array(), i = 0; i < n; i++) {
        json_array_append_new(j, json_pack("{s:I}", "n", (json_int_t) i));
    }

    return j;
}


static json_t *
texts(const char *text)
{
    size_t   i;
    json_t  *j;

    for (j = json_array(), i = 0; i < 20000; i++) {
        json_array_append_new(j, json_string(text));
    }

    return j;
}


static void
test_hostile(void)
{
    char    text[5000];
    json_t *name;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 2] = '!';
    text[sizeof(text) - 1] = '\0';
    hostile("{'pattern':'^(a+)+$'}", json_string(text), false, "limit");
    hostile("{'not':{'pattern':'^(a+)+$'}}", json_string(text), false,
            "limit");
    name = json_object();
    json_object_set_new(name, text, json_null());
    hostile("{'propertyNames':{'pattern':'^(a+)+$'}}", name, false, "limit");

    /* many, each of which is within the limit of a match */
    text[0] = '!';
    hostile("{'items':{'not':{'pattern':'^(a+)+$'}}}", texts(text + 5000 - 17),
            false, "limit");
    hostile("{'items':{'not':{'pattern':'^a+$'}}}", texts(text + 5000 - 17),
            true, "");

    /* one, from each of its characters */
    hostile("{'not':{'pattern':'[ab]+?[bc]'}}", json_string(text), false,
            "limit");

    /* each level asks twice */
    hostile("{'allOf':[{'properties':{'a':{'$ref':'#'}}},"
            "{'properties':{'a':{'$ref':'#'}}}]}", nested(60), false,
            "limit");
    hostile("{'properties':{'a':{'$ref':'#'}}}", nested(900), false, "limit");
    hostile("{'uniqueItems':true}", numbers(100000), true, "");
    hostile("{'unevaluatedItems':false,'prefixItems':[true],'contains':{"
            "'required':['n']}}", numbers(100000), true, "");
}


int
main(void)
{
    test_sentences();
    test_refused();
    test_references();
    test_document();
    test_bounds();
    test_hostile();
    forget();
    return done();
}
