/* Liquid's values: truth, equality, printing, numbers; and the arena. */
#include "shm/liquid/liquid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define GW_LIQUID_BLOCK  (64 * 1024)

struct gw_liquid_block_s {
    gw_liquid_block_t  *next;
    size_t              size, used;
    uint64_t            data[];
};


void *
gw_liquid_alloc(gw_liquid_arena_t *a, size_t n)
{
    void               *p;
    size_t              size;
    gw_liquid_block_t  *b;

    n = (n + 7) & ~(size_t) 7;

    for (b = a->current; b != NULL && b->size - b->used < n; b = b->next) {
        /* the rest of a block is given up */
    }

    if (b == NULL) {
        size = n > GW_LIQUID_BLOCK ? n : GW_LIQUID_BLOCK;
        if (a->total + size > GW_LIQUID_ARENA) {
            return NULL;
        }

        b = malloc(sizeof(gw_liquid_block_t) + size);
        if (b == NULL) {
            return NULL;
        }

        b->size = size;
        b->used = 0;
        a->total += size;
        if (a->current == NULL) {
            b->next = a->first;
            a->first = b;
        } else {
            b->next = a->current->next;
            a->current->next = b;
        }
    }

    a->current = b;
    p = (unsigned char *) b->data + b->used;
    b->used += n;
    return p;
}


void
gw_liquid_arena_reset(gw_liquid_arena_t *a)
{
    gw_liquid_block_t  *b;

    for (b = a->first; b != NULL; b = b->next) {
        b->used = 0;
    }

    a->current = a->first;
}


void
gw_liquid_arena_free(gw_liquid_arena_t *a)
{
    gw_liquid_block_t  *b;

    while ((b = a->first) != NULL) {
        a->first = b->next;
        free(b);
    }

    a->current = NULL;
}


lq_val_t
lq_str(gw_str_t s)
{
    lq_val_t  v = { .type = LQ_STR };

    v.s = s;
    return v;
}


lq_val_t
lq_int(int64_t i)
{
    lq_val_t  v = { .type = LQ_INT };

    v.i = i;
    return v;
}


lq_val_t
lq_float(double d)
{
    lq_val_t  v = { .type = LQ_FLOAT };

    v.d = d;
    return v;
}


lq_val_t
lq_from_json(const json_t *j)
{
    lq_val_t  v = { .type = LQ_NIL };

    switch (j == NULL ? JSON_NULL : json_typeof(j)) {
    case JSON_TRUE:
    case JSON_FALSE:
        v.type = LQ_BOOL;
        v.b = json_is_true(j);
        return v;
    case JSON_INTEGER:
        return lq_int(json_integer_value(j));
    case JSON_REAL:
        return lq_float(json_real_value(j));
    case JSON_STRING:
        return lq_str(gw_str_make(json_string_value(j),
                                  json_string_length(j)));
    case JSON_ARRAY:
    case JSON_OBJECT:
        v.type = LQ_JSON;
        v.j = j;
        return v;
    default:
        return v;
    }
}


bool
lq_truthy(lq_val_t v)
{
    return v.type != LQ_NIL && !(v.type == LQ_BOOL && !v.b);
}


size_t
lq_length(lq_val_t v)
{
    switch (v.type) {
    case LQ_ARRAY:
        return v.a.n;
    case LQ_RANGE:
        return v.r.to >= v.r.from ? (size_t) (v.r.to - v.r.from + 1) : 0;
    case LQ_JSON:
        return json_is_array(v.j) ? json_array_size(v.j) : 0;
    default:
        return 0;
    }
}


lq_val_t
lq_at(lq_val_t v, size_t i)
{
    static const lq_val_t  nil = { .type = LQ_NIL };

    if (i >= lq_length(v)) {
        return nil;
    }

    switch (v.type) {
    case LQ_ARRAY:
        return v.a.v[i];
    case LQ_RANGE:
        return lq_int(v.r.from + (int64_t) i);
    default:
        return lq_from_json(json_array_get(v.j, i));
    }
}


/* Is v what `empty` or `blank` stands for? */
static bool
lq_is_empty(lq_val_t v, bool blank)
{
    size_t  i;

    switch (v.type) {
    case LQ_STR:
        for (i = 0; blank && i < v.s.len && memchr(" \t\r\n", v.s.data[i], 4);
             i++)
        {
            /* blanks only */
        }
        return i == v.s.len;
    case LQ_JSON:
        return json_is_array(v.j) ? json_array_size(v.j) == 0
                                  : json_object_size(v.j) == 0;
    case LQ_ARRAY:
        return v.a.n == 0;
    case LQ_EMPTY:
    case LQ_BLANK:
        return true;
    default:
        return blank && !lq_truthy(v);
    }
}


bool
lq_equal(lq_val_t a, lq_val_t b)
{
    size_t  i, n;

    if (a.type == LQ_EMPTY || a.type == LQ_BLANK) {
        return lq_is_empty(b, a.type == LQ_BLANK);
    }

    if (b.type == LQ_EMPTY || b.type == LQ_BLANK) {
        return lq_is_empty(a, b.type == LQ_BLANK);
    }

    if ((a.type == LQ_INT || a.type == LQ_FLOAT)
        && (b.type == LQ_INT || b.type == LQ_FLOAT))
    {
        return a.type == LQ_INT && b.type == LQ_INT
               ? a.i == b.i : lq_double(a) == lq_double(b);
    }

    if (a.type == LQ_JSON && b.type == LQ_JSON) {
        return json_equal(a.j, b.j);
    }

    n = lq_length(a);
    if ((a.type == LQ_ARRAY || a.type == LQ_JSON)
        && (b.type == LQ_ARRAY || b.type == LQ_JSON))
    {
        if (n != lq_length(b)) {
            return false;
        }
        for (i = 0; i < n && lq_equal(lq_at(a, i), lq_at(b, i)); i++) {
            /* void */
        }
        return i == n;
    }

    if (a.type != b.type) {
        return false;
    }

    switch (a.type) {
    case LQ_NIL:
        return true;
    case LQ_BOOL:
        return a.b == b.b;
    case LQ_STR:
        return gw_str_eq(a.s, b.s);
    case LQ_RANGE:
        return a.r.from == b.r.from && a.r.to == b.r.to;
    default:
        return false;
    }
}


/* A decimal as Ruby prints it: 1.0, 0.3, 1.0e+16. */
static void
lq_print_float(double d, gw_buf_t *out)
{
    int    precision;
    char   text[64], *e;

    if (isnan(d) || isinf(d)) {
        gw_buf_cstr(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }

    /* fifteen digits hide what binary adds to a decimal sum */
    precision = 15;
    (void) snprintf(text, sizeof(text), "%.*g", precision, d);
    e = strchr(text, 'e');

    if (e == NULL && fabs(d) >= 1e16) {
        (void) snprintf(text, sizeof(text), "%.*e", 0, d);
        e = strchr(text, 'e');
    }

    if (e == NULL) {
        gw_buf_fmt(out, "%s%s", text, strchr(text, '.') ? "" : ".0");
        return;
    }

    if (fabs(d) < 1e16 && fabs(d) >= 1e-4) {
        (void) snprintf(text, sizeof(text), "%.1f", d);
        gw_buf_cstr(out, text);
        return;
    }

    gw_buf_put(out, text, e - text);
    gw_buf_fmt(out, "%s%s", memchr(text, '.', e - text) ? "" : ".0", e);
}


/* Inside a hash Ruby inspects: text in quotes, nil by name. */
static void
lq_inspect(lq_val_t v, gw_buf_t *out)
{
    void        *it;
    size_t       i, n;
    bool         first;

    if (v.type == LQ_STR) {
        gw_buf_json(out, v.s);
        return;
    }

    if (v.type == LQ_NIL) {
        gw_buf_cstr(out, "nil");
        return;
    }

    if (v.type == LQ_JSON && json_is_object(v.j)) {
        first = true;
        gw_buf_char(out, '{');
        for (it = json_object_iter((json_t *) v.j); it != NULL;
             it = json_object_iter_next((json_t *) v.j, it))
        {
            gw_buf_cstr(out, first ? "" : ", ");
            first = false;
            gw_buf_json(out, gw_str_of(json_object_iter_key(it)));
            gw_buf_cstr(out, "=>");
            lq_inspect(lq_from_json(json_object_iter_value(it)), out);
        }
        gw_buf_char(out, '}');
        return;
    }

    if (v.type == LQ_ARRAY || v.type == LQ_JSON) {
        n = lq_length(v);
        gw_buf_char(out, '[');
        for (i = 0; i < n; i++) {
            gw_buf_cstr(out, i == 0 ? "" : ", ");
            lq_inspect(lq_at(v, i), out);
        }
        gw_buf_char(out, ']');
        return;
    }

    lq_print(v, out);
}


void
lq_print(lq_val_t v, gw_buf_t *out)
{
    size_t  i, n;

    switch (v.type) {
    case LQ_BOOL:
        gw_buf_cstr(out, v.b ? "true" : "false");
        return;
    case LQ_INT:
        gw_buf_fmt(out, "%lld", (long long) v.i);
        return;
    case LQ_FLOAT:
        lq_print_float(v.d, out);
        return;
    case LQ_STR:
        gw_buf_str(out, v.s);
        return;
    case LQ_RANGE:
        gw_buf_fmt(out, "%lld..%lld", (long long) v.r.from,
                   (long long) v.r.to);
        return;
    case LQ_JSON:
        if (json_is_object(v.j)) {
            lq_inspect(v, out);
            return;
        }
        /* fall through */
    case LQ_ARRAY:
        n = lq_length(v);
        for (i = 0; i < n; i++) {
            lq_print(lq_at(v, i), out);
        }
        return;
    case LQ_LOOP:
        gw_buf_cstr(out, "Liquid::ForloopDrop");
        return;
    default:
        return;
    }
}


bool
lq_number(lq_val_t v, lq_val_t *out)
{
    char       text[64], *end;
    size_t     i;
    long long  n;

    if (v.type == LQ_INT || v.type == LQ_FLOAT) {
        *out = v;
        return true;
    }

    *out = lq_int(0);
    if (v.type != LQ_STR) {
        return false;
    }

    for (i = 0; i < v.s.len && memchr(" \t\r\n", v.s.data[i], 4); i++) {
        /* blanks before a number are none of it */
    }
    v.s.data += i;
    v.s.len -= i;

    if (gw_str_int(v.s, INT64_MIN, INT64_MAX, &n) == GW_OK) {
        *out = lq_int(n);
        return true;
    }

    if (v.s.len == 0 || v.s.len >= sizeof(text)
        || !memchr("-0123456789", v.s.data[0], 11))
    {
        return false;
    }

    memcpy(text, v.s.data, v.s.len);
    text[v.s.len] = '\0';
    if (strpbrk(text, "xXnNpP") != NULL) {
        return false;
    }

    *out = lq_float(strtod(text, &end));
    if (end == text + strcspn(text, ".") || !memchr(text, '.', end - text)) {
        *out = lq_int((int64_t) out->d);        /* "3 apples" counts as 3 */
    }

    return end != text;
}


double
lq_double(lq_val_t v)
{
    lq_val_t  n;

    (void) lq_number(v, &n);
    return n.type == LQ_INT ? (double) n.i : n.d;
}


int64_t
lq_integer(lq_val_t v)
{
    lq_val_t  n;

    (void) lq_number(v, &n);
    if (n.type == LQ_INT) {
        return n.i;
    }

    return n.d > 9e18 || n.d < -9e18 || isnan(n.d) ? 0 : (int64_t) n.d;
}
