/* Equal items of an array, found by the order of their canonical texts. */
#include "shm/schema/node.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define UNIQUE_FEW   8                          /* compared each with each */
#define UNIQUE_WHOLE  9223372036854775808.0     /* 2^63                   */
#define UNIQUE_TEXT  ((size_t) 256 * 1024 * 1024)

typedef struct {
    gw_str_t  text;
    size_t    index;
} item_t;

static void unique_write(gw_buf_t *out, const json_t *value);


static int
unique_key_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}


static void
unique_write_object(gw_buf_t *out, json_t *object)
{
    void         *it;
    size_t        i, n;
    const char  **keys;

    n = 0;
    keys = malloc((json_object_size(object) + 1) * sizeof(keys[0]));
    if (keys == NULL) {
        out->failed = true;
        return;
    }

    for (it = json_object_iter(object); it != NULL;
         it = json_object_iter_next(object, it))
    {
        keys[n++] = json_object_iter_key(it);
    }

    qsort(keys, n, sizeof(keys[0]), unique_key_order);

    for (i = 0; i < n; i++) {
        gw_buf_put(out, keys[i], strlen(keys[i]) + 1);
        unique_write(out, json_object_get(object, keys[i]));
    }

    free(keys);
}


/* equal values, and only those, have equal texts; no text begins another */
static void
unique_write(gw_buf_t *out, const json_t *value)
{
    double  v;
    size_t  i;

    switch (json_typeof(value)) {

    case JSON_OBJECT:
        gw_buf_fmt(out, "{%zu:", json_object_size(value));
        unique_write_object(out, (json_t *) value);
        break;

    case JSON_ARRAY:
        gw_buf_fmt(out, "[%zu:", json_array_size(value));
        for (i = 0; i < json_array_size(value); i++) {
            unique_write(out, json_array_get(value, i));
        }
        break;

    case JSON_STRING:
        gw_buf_fmt(out, "\"%zu:", json_string_length(value));
        gw_buf_put(out, json_string_value(value), json_string_length(value));
        break;

    case JSON_INTEGER:
        gw_buf_fmt(out, "%lld,", (long long) json_integer_value(value));
        break;

    case JSON_REAL:
        v = json_real_value(value);
        if (v == floor(v) && v >= -UNIQUE_WHOLE && v < UNIQUE_WHOLE) {
            gw_buf_fmt(out, "%lld,", (long long) v);
        } else {
            gw_buf_fmt(out, "%.17g,", v);
        }
        break;

    default:
        gw_buf_char(out, json_is_true(value) ? 't'
                         : json_is_false(value) ? 'f' : 'n');
    }
}


static int
unique_order(const void *a, const void *b)
{
    int            rc;
    size_t         n;
    const item_t  *x = a, *y = b;

    n = x->text.len < y->text.len ? x->text.len : y->text.len;
    rc = memcmp(x->text.data, y->text.data, n);
    if (rc != 0 || x->text.len != y->text.len) {
        return rc != 0 ? rc : x->text.len < y->text.len ? -1 : 1;
    }

    return x->index < y->index ? -1 : 1;
}


/* the pair whose second item comes first in the array */
static int
unique_pick(const item_t *items, size_t n, size_t *a, size_t *b)
{
    int     rc;
    size_t  i;

    rc = GW_ENOTFOUND;

    for (i = 1; i < n; i++) {
        if (gw_str_eq(items[i - 1].text, items[i].text)
            && (rc == GW_ENOTFOUND || items[i].index < *b))
        {
            *a = items[i - 1].index;
            *b = items[i].index;
            rc = GW_OK;
        }
    }

    return rc;
}


static int
unique_sort(const json_t *array, size_t *a, size_t *b)
{
    int        rc;
    size_t     i, n;
    item_t    *items;
    gw_buf_t   texts;

    n = json_array_size(array);
    gw_buf_init(&texts, UNIQUE_TEXT);
    items = calloc(n, sizeof(items[0]));
    if (items == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0; i < n; i++) {
        items[i].index = i;
        items[i].text.len = texts.len;
        unique_write(&texts, json_array_get(array, i));
    }

    for (i = 0; i < n; i++) {
        size_t  end = i + 1 < n ? items[i + 1].text.len : texts.len;

        items[i].text.data = texts.data + items[i].text.len;
        items[i].text.len = end - items[i].text.len;
    }

    rc = GW_ENOMEM;
    if (!texts.failed) {
        qsort(items, n, sizeof(items[0]), unique_order);
        rc = unique_pick(items, n, a, b);
    }

    free(items);
    gw_buf_free(&texts);
    return rc;
}


int
schema_twins(const json_t *array, size_t *a, size_t *b)
{
    size_t  n;

    n = json_array_size(array);
    if (n > UNIQUE_FEW) {
        return unique_sort(array, a, b);
    }

    for (*b = 1; *b < n; ++*b) {
        for (*a = 0; *a < *b; ++*a) {
            if (schema_equal(json_array_get(array, *a),
                             json_array_get(array, *b)))
            {
                return GW_OK;
            }
        }
    }

    return GW_ENOTFOUND;
}
