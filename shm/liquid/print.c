/* Values as Liquid prints them. */
#include "shm/liquid/liquid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>


static void
lq_print_int(int64_t i, gw_buf_t *out)
{
    char      text[24], *p;
    uint64_t  n;

    n = i < 0 ? 0 - (uint64_t) i : (uint64_t) i;
    p = text + sizeof(text);
    do {
        *--p = (char) ('0' + n % 10);
        n /= 10;
    } while (n > 0);

    if (i < 0) {
        *--p = '-';
    }

    gw_buf_put(out, p, (size_t) (text + sizeof(text) - p));
}


void
lq_shortest(double d, char text[32])
{
    int  precision;

    for (precision = 14; precision < 17; precision++) {
        (void) snprintf(text, 32, "%.*e", precision, d);
        if (strtod(text, NULL) == d) {
            return;
        }
    }
}


/* A decimal as Ruby prints it: 1.0, 0.3, 1.0e+16; always with a point. */
static void
lq_print_float(double d, gw_buf_t *out)
{
    int     exponent, i, n;
    char    text[32], digits[24] = "0", *e;

    if (!isfinite(d)) {
        gw_buf_cstr(out, isnan(d) ? "NaN" : d < 0 ? "-Infinity" : "Infinity");
        return;
    }

    lq_shortest(d, text);
    e = strchr(text, 'e');
    exponent = (int) strtol(e + 1, NULL, 10);
    n = 0;
    for (i = text[0] == '-'; text + i < e; i++) {
        if (text[i] != '.') {
            digits[n++] = text[i];
        }
    }
    while (n > 1 && digits[n - 1] == '0') {
        n--;
    }

    gw_buf_cstr(out, text[0] == '-' ? "-" : "");
    if (exponent < -4 || exponent >= 16) {
        gw_buf_fmt(out, "%c.%.*s%s", digits[0], n > 1 ? n - 1 : 1,
                   n > 1 ? digits + 1 : "0", e);
        return;
    }

    if (exponent < 0) {
        gw_buf_put(out, "0.000", (size_t) (1 - exponent));
    }

    for (i = 0; i < n || i <= exponent + 1; i++) {
        if (i == exponent + 1) {
            gw_buf_cstr(out, exponent < 0 ? "" : ".");
        }
        if (i < n || i <= exponent || i == exponent + 1) {
            gw_buf_char(out, i < n ? (unsigned char) digits[i] : '0');
        }
    }
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
        lq_print_int(v.i, out);
        return;
    case LQ_FLOAT:
        lq_print_float(v.d, out);
        return;
    case LQ_STR:
        gw_buf_str(out, v.s);
        return;
    case LQ_RANGE:
        lq_print_int(v.r.from, out);
        gw_buf_cstr(out, "..");
        lq_print_int(v.r.to, out);
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
