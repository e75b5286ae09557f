/* Cells that hold several texts: `a; b`, or the JSON array ["a", "b"]. */
#include "worker/import/list.h"

#include "shm/gw_json.h"
#include "worker/import/import.h"


void
list_init(list_t *l)
{
    gw_buf_init(&l->text, LIST_BYTES);
    l->n = 0;
}


void
list_free(list_t *l)
{
    gw_buf_free(&l->text);
}


gw_str_t
list_item(const list_t *l, unsigned i)
{
    size_t  from;

    from = i > 0 ? l->end[i - 1] : 0;
    return gw_str_make(l->text.data + from, l->end[i] - from);
}


void
list_append(gw_buf_t *array, gw_str_t s)
{
    gw_buf_char(array, array->len > 0 ? ',' : '[');
    gw_buf_json(array, s);
}


static const char *
list_add(list_t *l, gw_str_t s)
{
    s = import_trim(s);
    if (s.len == 0) {
        return NULL;
    }

    if (l->n == LIST_MAX) {
        return "the cell has more than 100 texts";
    }

    gw_buf_str(&l->text, s);
    l->end[l->n++] = l->text.len;
    return l->text.failed ? "the cell is longer than 32 KiB" : NULL;
}


static const char *
list_array(list_t *l, gw_str_t cell)
{
    size_t           n;
    json_t          *array, *one;
    const char      *why;
    gw_json_error_t  err;

    if (gw_json_parse(cell, 0, &array, &err) != GW_OK) {
        return "the cell begins with [ and is no JSON array";
    }

    why = NULL;
    for (n = 0; why == NULL && n < json_array_size(array); n++) {
        one = json_array_get(array, n);
        why = !json_is_string(one) ? "the array has what is no text"
              : list_add(l, gw_str_make(json_string_value(one),
                                        json_string_length(one)));
    }

    json_decref(array);
    return why;
}


const char *
list_read(list_t *l, gw_str_t cell)
{
    const char  *why;

    gw_buf_reset(&l->text);
    l->n = 0;
    cell = import_trim(cell);
    if (cell.len > 0 && cell.data[0] == '[') {
        return list_array(l, cell);
    }

    why = NULL;
    while (why == NULL && cell.len > 0) {
        why = list_add(l, gw_str_cut(&cell, ';'));
    }

    return why;
}
