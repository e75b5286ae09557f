/* Errors of a schema as sentences about the input of an operation. */
#include "shm/contract/parts.h"
#include "shm/gw_near.h"

#define EXPLAIN_ALL_MAX   12            /* more names tell nobody anything */
#define EXPLAIN_HOPS_MAX  16            /* of $ref */
#define EXPLAIN_NAME_MAX  64            /* bytes of a name that is told */


static bool
explain_is(const char *rule, const char *a, const char *b)
{
    return strcmp(rule, a) == 0 || strcmp(rule, b) == 0;
}


/* the name between the first quotes of a sentence; empty when there is none */
static gw_str_t
explain_quoted(const char *sentence)
{
    const char  *begin, *end;

    begin = strchr(sentence, '"');
    end = begin ? strchr(begin + 1, '"') : NULL;

    return end ? gw_str_make(begin + 1, (size_t) (end - begin - 1))
               : gw_str_of("");
}


/* what a part of the request is called, and what its members are */
static const char *const  explain_part[] = { "input", "body", "query" };
static const char *const  explain_kind[] = { "field", "field", "parameter" };


/* the part of a request that has the member */
static gw_part_e
explain_home(const gw_contract_op_t *op, const char *name)
{
    unsigned  i;

    for (i = 0; i < op->n_params; i++) {
        if (gw_str_is(op->params[i].name, name)) {
            return op->params[i].in == GW_IN_PATH ? GW_PART_INPUT
                                                  : GW_PART_QUERY;
        }
    }

    return GW_PART_BODY;
}


static bool
explain_counts(const gw_contract_op_t *op, gw_part_e part, const char *name)
{
    return part == GW_PART_INPUT || explain_home(op, name) == part;
}


/* "; near it: name", or the few names that there are */
static void
explain_names(const gw_contract_op_t *op, gw_part_e part, json_t *properties,
    const char *name, gw_buf_t *out)
{
    size_t       n;
    json_t      *value;
    gw_near_t    near;
    const char  *key;

    n = 0;
    gw_near_init(&near, gw_str_of(name));

    json_object_foreach(properties, key, value) {
        if (explain_counts(op, part, key)) {
            gw_near_add(&near, gw_str_of(key));
            n++;
        }
    }

    if (near.n > 0) {
        gw_buf_cstr(out, "; near it: ");
        gw_near_print(&near, out);

    } else if (n == 0) {
        gw_buf_cstr(out, "; it takes none");

    } else if (n <= EXPLAIN_ALL_MAX) {
        gw_buf_fmt(out, n == 1 ? "; the only %s is" : "; the %ss are",
                   explain_kind[part]);
        n = 0;

        json_object_foreach(properties, key, value) {
            if (explain_counts(op, part, key)) {
                gw_buf_fmt(out, "%s %s", n++ ? "," : "", key);
            }
        }
    }
}


/* a reference token of RFC 6901 as the name that it stands for */
static const char *
explain_name(const char *token, gw_buf_t *out)
{
    const char  *p;

    for (p = token; *p != '\0'; p++) {
        if (*p == '~' && p[1] != '\0') {
            gw_buf_char(out, *++p == '1' ? '/' : '~');
        } else {
            gw_buf_char(out, *p);
        }
    }

    return gw_buf_c(out);
}


/* a member that nobody knows, or that stands in the wrong part of a request */
static void
explain_unknown(const gw_contract_op_t *op, gw_part_e part,
    json_t *properties, const char *name, gw_buf_t *out)
{
    gw_part_e  home;

    gw_buf_fmt(out, "there is no %s \"%s\"", explain_kind[part], name);

    if (json_object_get(properties, name) == NULL) {
        explain_names(op, part, properties, name, out);
        return;
    }

    home = explain_home(op, name);
    gw_buf_fmt(out, " in the %s; it belongs into the %s", explain_part[part],
               home == GW_PART_INPUT ? "path" : explain_part[home]);
}


/* the schema of a member of the input, its references followed */
static const json_t *
explain_member(const gw_contract_t *c, const json_t *input, const char *name)
{
    int            hops;
    const char    *ref;
    const json_t  *schema;

    schema = json_object_get(json_object_get(input, "properties"), name);

    for (hops = 0; hops < EXPLAIN_HOPS_MAX; hops++) {

        ref = json_string_value(json_object_get(schema, "$ref"));
        if (ref == NULL) {
            return schema;
        }

        for (schema = c->doc, ref++; schema != NULL && *ref == '/'; ) {
            schema = gw_contract_member(schema, &ref);
        }
    }

    return NULL;
}


/* the pattern of our ids as words; false: it is another */
static bool
explain_id(const char *sentence, gw_buf_t *out)
{
    size_t       n;
    const char  *prefix;

    static const char  begin[] = "must match the pattern ^";
    static const char  end[] = "_[1-9][0-9]{0,17}$";

    if (strncmp(sentence, begin, sizeof(begin) - 1) != 0) {
        return false;
    }

    prefix = sentence + sizeof(begin) - 1;
    n = strspn(prefix, "abcdefghijklmnopqrstuvwxyz");

    if (n == 0 || strcmp(prefix + n, end) != 0) {
        return false;
    }

    gw_buf_fmt(out, "must be an id like %.*s_1", (int) n, prefix);

    return true;
}


void
gw_contract_explain(const gw_contract_t *c, const gw_contract_op_t *op,
    gw_part_e part, const gw_schema_error_t *e, gw_buf_t *pointer,
    gw_buf_t *message)
{
    char           key[256];
    gw_str_t       name;
    gw_buf_t       b;
    const char    *p = e->pointer;
    const json_t  *input, *like;

    gw_buf_cstr(pointer, e->pointer);

    if (explain_is(e->rule, "required", "dependentRequired")) {

        name = explain_quoted(e->message);
        gw_buf_fixed(&b, key, sizeof(key));
        gw_buf_str(&b, name);
        gw_contract_pointer(pointer, gw_buf_c(&b));
        gw_buf_cstr(message, e->message);

        return;
    }

    if (op->any != NULL && strcmp(e->rule, "anyOf") == 0 && p[0] == '\0') {
        gw_contract_pointer(pointer, (const char *) op->any->name.data);
        gw_buf_cstr(message, op->any_missing);
        return;
    }

    input = json_object_get(json_object_get(c->doc, CONTRACT_INPUTS),
                            (const char *) op->id.data);

    if (explain_is(e->rule, "additionalProperties", "unevaluatedProperties")
        && p[0] == '/' && strchr(p + 1, '/') == NULL)
    {
        gw_buf_fixed(&b, key, sizeof(key));
        explain_unknown(op, part, json_object_get(input, "properties"),
                        explain_name(p + 1, &b), message);

        return;
    }

    if (p[0] == '\0') {
        gw_buf_fmt(message, "the %s %s", explain_part[part], e->message);
        return;
    }

    gw_buf_fmt(message, "\"%s\" ", p + 1);

    if (strcmp(e->rule, "pattern") == 0 && explain_id(e->message, message)) {
        return;
    }

    gw_buf_cstr(message, e->message);

    if (explain_is(e->rule, "pattern", "format")) {
        input = explain_member(c, input, p + 1);
        like = json_array_get(json_object_get(input, "examples"), 0);

        if (json_is_string(like)) {
            gw_buf_fmt(message, ", like %s", json_string_value(like));
        }
    }
}


size_t
gw_contract_first(const gw_schema_error_t *errors, size_t n)
{
    size_t  i;

    for (i = n - 1; i > 0
         && strcmp(errors[i].rule, "additionalProperties") != 0; i--)
    {
        /* the first when there is none */
    }

    return i;
}


void
gw_contract_no_field(const gw_contract_op_t *op, gw_str_t name, gw_buf_t *out)
{
    json_t       *value;
    gw_near_t     near;
    const char   *key;

    name.len = name.len < EXPLAIN_NAME_MAX ? name.len : EXPLAIN_NAME_MAX;
    gw_near_init(&near, name);

    json_object_foreach((json_t *) op->fields, key, value) {
        gw_near_add(&near, gw_str_of(key));
    }

    gw_buf_fmt(out, "names \"%.*s\", which the answer does not have",
               (int) name.len, name.data);

    if (near.n > 0) {
        gw_buf_cstr(out, "; near it: ");
        gw_near_print(&near, out);
    }
}
