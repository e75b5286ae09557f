/* What the schema units share: JSON with ' for ", one set at a time. */
#ifndef UNIT_SCHEMA_H
#define UNIT_SCHEMA_H

#include "shm/gw_json.h"
#include "shm/schema/schema.h"
#include "t/unit/tap.h"

static gw_schema_error_t   errors[GW_SCHEMA_ERRORS_MAX];
static size_t              error_n;
static char                why_mem[1024];
static gw_buf_t            why;
static gw_schema_set_t    *set;
static const gw_schema_t  *schema;
static json_t             *document;


static inline json_t *
json(const char *text)
{
    char             *copy, *p;
    json_t           *j = NULL;
    gw_json_error_t   err;

    copy = strdup(text);
    for (p = copy; *p != '\0'; p++) {
        *p = *p == '\'' ? '"' : *p;
    }

    if (gw_json_parse(gw_str_of(copy), GW_JSON_NUL_ESCAPE, &j, &err) != GW_OK)
    {
        printf("# %s: %s\n", err.message, text);
    }

    free(copy);
    return j;
}


static inline void
forget(void)
{
    gw_schema_set_free(set);
    json_decref(document);
    set = NULL;
    document = NULL;
}


/* the schema at that pointer of the text; formats are asserted */
static inline bool
compiles_at(const char *text, const char *pointer, unsigned flags)
{
    forget();
    document = json(text);
    set = gw_schema_set_create(document, GW_SCHEMA_FORMAT | flags);
    gw_buf_fixed(&why, why_mem, sizeof(why_mem));
    return gw_schema_compile(set, pointer, &schema, &why) == GW_OK;
}


static inline bool
compiles(const char *text)
{
    return compiles_at(text, "", 0);
}


static inline bool
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


/* the schema takes the first value and not the second (either may be NULL) */
static inline void
judges(const char *text, const char *right, const char *wrong)
{
    if (!ok(compiles(text), "%s", text)) {
        printf("# %s\n", gw_buf_c(&why));
        return;
    }

    if (right != NULL) {
        ok(valid(right), "takes %s", right);
    }

    if (wrong != NULL) {
        ok(!valid(wrong), "not %s", wrong);
    }
}

#endif
