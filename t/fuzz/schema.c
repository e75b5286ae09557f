/*
 * A schema, a NUL, a value: the schema is refused in a sentence, or judges the
 * value alike with and without the search for more errors. The first byte has
 * the flags.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "shm/gw_json.h"
#include "shm/schema/schema.h"


static void
judge(const gw_schema_t *s, const json_t *value)
{
    int                rc;
    size_t             i, n, one;
    gw_schema_error_t  errors[GW_SCHEMA_ERRORS_MAX], first;

    rc = gw_schema_check(s, value, errors, GW_SCHEMA_ERRORS_MAX, &n);
    must(rc == GW_OK || rc == GW_EINVAL);
    must((rc == GW_OK) == (n == 0) && n <= GW_SCHEMA_ERRORS_MAX);

    for (i = 0; i < n; i++) {
        must(errors[i].message[0] != '\0' && errors[i].rule != NULL);
        must(gw_utf8_valid(gw_str_of(errors[i].message))
             && gw_utf8_valid(gw_str_of(errors[i].pointer)));
        must(errors[i].pointer[0] == '\0' || errors[i].pointer[0] == '/');
    }

    must(gw_schema_check(s, value, &first, 1, &one) == rc);
    must(one == (rc != GW_OK));
    must(n == 0 || strcmp(errors[n - 1].rule, "limit") == 0
         || strcmp(first.rule, errors[0].rule) == 0);
}


static void
coerce(const gw_schema_t *s, const uint8_t *data, size_t n)
{
    int                rc;
    json_t            *j;
    gw_str_t           texts[2] = { gw_str_make(data, n), gw_string("1") };
    gw_schema_error_t  err;

    rc = gw_schema_coerce(s, texts, 1 + (n & 1), &j, &err);
    if (rc == GW_OK) {
        judge(s, j);
        json_decref(j);
        return;
    }

    must(rc == GW_EINVAL && err.message[0] != '\0');
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int                 rc;
    char                mem[1024];
    json_t             *doc, *value;
    gw_buf_t            why;
    const uint8_t      *cut;
    gw_json_error_t     err;
    gw_schema_set_t    *set;
    const gw_schema_t  *s;

    cut = n > 0 ? memchr(data + 1, '\0', n - 1) : NULL;
    if (cut == NULL || gw_json_parse(gw_str_make(data + 1, cut - data - 1), 0,
                                     &doc, &err) != GW_OK)
    {
        return 0;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    set = gw_schema_set_create(doc, data[0] & 3);
    must(set != NULL);
    rc = gw_schema_compile(set, "", &s, &why);
    must(rc == GW_OK || (rc == GW_EINVAL && why.len > 0 && !why.failed));

    cut++;
    n -= (size_t) (cut - data);

    if (rc == GW_OK && gw_json_parse(gw_str_make(cut, n), GW_JSON_NUL_ESCAPE,
                                     &value, &err) == GW_OK)
    {
        judge(s, value);
        json_decref(value);
    }

    if (rc == GW_OK) {
        coerce(s, cut, n);
    }

    gw_schema_set_free(set);
    json_decref(doc);
    return 0;
}
