/* Errors of a schema as sentences about the input of an operation. */
#include "shm/contract/parts.h"
#include "shm/gw_near.h"

#define EXPLAIN_ALL_MAX   12            /* more names tell nobody anything */
#define EXPLAIN_HOPS_MAX  16            /* of $ref */


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


/* "; near it: name", or the few names that there are */
static void
explain_names(json_t *properties, const char *name, gw_buf_t *out)
{
    json_t      *value;
    gw_near_t    near;
    const char  *key, *apart;

    gw_near_init(&near, gw_str_of(name));

    json_object_foreach(properties, key, value) {
        gw_near_add(&near, gw_str_of(key));
    }

    if (near.n > 0) {
        gw_buf_cstr(out, "; near it: ");
        gw_near_print(&near, out);

    } else if (json_object_size(properties) == 0) {
        gw_buf_cstr(out, "; it takes none");

    } else if (json_object_size(properties) <= EXPLAIN_ALL_MAX) {
        apart = "; the fields are ";

        json_object_foreach(properties, key, value) {
            gw_buf_fmt(out, "%s%s", apart, key);
            apart = ", ";
        }
    }
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


void
gw_contract_explain(const gw_contract_t *c, const gw_contract_op_t *op,
    const gw_schema_error_t *e, gw_buf_t *pointer, gw_buf_t *message)
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

    input = json_object_get(json_object_get(c->doc, CONTRACT_INPUTS),
                            (const char *) op->id.data);

    if (explain_is(e->rule, "additionalProperties", "unevaluatedProperties")
        && p[0] == '/' && strchr(p + 1, '/') == NULL)
    {
        gw_buf_fmt(message, "there is no field \"%s\"", p + 1);
        explain_names(json_object_get(input, "properties"), p + 1, message);

        return;
    }

    if (p[0] == '\0') {
        gw_buf_fmt(message, "the input %s", e->message);
        return;
    }

    gw_buf_fmt(message, "\"%s\" %s", p + 1, e->message);

    if (explain_is(e->rule, "pattern", "format")) {
        input = explain_member(c, input, p + 1);
        like = json_array_get(json_object_get(input, "examples"), 0);

        if (json_is_string(like)) {
            gw_buf_fmt(message, ", like %s", json_string_value(like));
        }
    }
}
