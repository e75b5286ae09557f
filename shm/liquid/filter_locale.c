/* Filters that write for a language: money, number, pluralize. */
#include "shm/liquid/locale.h"

#include <ctype.h>

#define LQ_PLACES  20           /* of a fraction, at most */

/* Digits behind the point, 2 where it is not here; how it is written. */
typedef struct {
    const char  *code;
    unsigned     digits;
    const char  *symbol;        /* NULL: its code                            */
    const char  *home, *own;    /* there it is written so: language, region  */
} lq_currency_t;

static const lq_currency_t  lq_currencies[] = {
    { "AUD", 2, "A$", "AU", "$" },
    { "BHD", 3, NULL, NULL, NULL },
    { "BIF", 0, NULL, NULL, NULL },
    { "BRL", 2, "R$", NULL, NULL },
    { "CAD", 2, "CA$", "CA", "$" },
    { "CLF", 4, NULL, NULL, NULL },
    { "CLP", 0, NULL, "CL", "$" },
    { "CNY", 2, "CN\xc2\xa5", "zh", "\xc2\xa5" },
    { "CZK", 2, NULL, "cs", "K\xc4\x8d" },
    { "DJF", 0, NULL, NULL, NULL },
    { "DKK", 2, NULL, "da", "kr." },
    { "EUR", 2, "\xe2\x82\xac", NULL, NULL },
    { "GBP", 2, "\xc2\xa3", NULL, NULL },
    { "GNF", 0, NULL, NULL, NULL },
    { "HKD", 2, "HK$", "HK", "$" },
    { "HUF", 2, NULL, "hu", "Ft" },
    { "ILS", 2, "\xe2\x82\xaa", NULL, NULL },
    { "INR", 2, "\xe2\x82\xb9", NULL, NULL },
    { "IQD", 3, NULL, NULL, NULL },
    { "ISK", 0, NULL, NULL, NULL },
    { "JOD", 3, NULL, NULL, NULL },
    { "JPY", 0, "\xc2\xa5", NULL, NULL },
    { "KMF", 0, NULL, NULL, NULL },
    { "KRW", 0, "\xe2\x82\xa9", NULL, NULL },
    { "KWD", 3, NULL, NULL, NULL },
    { "LYD", 3, NULL, NULL, NULL },
    { "MXN", 2, "MX$", "MX", "$" },
    { "NOK", 2, NULL, "nb", "kr" },
    { "NZD", 2, "NZ$", "NZ", "$" },
    { "OMR", 3, NULL, NULL, NULL },
    { "PLN", 2, NULL, "pl", "z\xc5\x82" },
    { "PYG", 0, NULL, NULL, NULL },
    { "RON", 2, NULL, "ro", "lei" },
    { "RUB", 2, NULL, "ru", "\xe2\x82\xbd" },
    { "RWF", 0, NULL, NULL, NULL },
    { "SEK", 2, NULL, "sv", "kr" },
    { "TND", 3, NULL, NULL, NULL },
    { "TRY", 2, NULL, "tr", "\xe2\x82\xba" },
    { "TWD", 2, "NT$", "TW", "$" },
    { "UAH", 2, NULL, "uk", "\xe2\x82\xb4" },
    { "UGX", 0, NULL, NULL, NULL },
    { "USD", 2, "$", NULL, NULL },
    { "VND", 0, "\xe2\x82\xab", NULL, NULL },
    { "VUV", 0, NULL, NULL, NULL },
    { "XAF", 0, NULL, NULL, NULL },
    { "XOF", 0, NULL, NULL, NULL },
    { "XPF", 0, NULL, NULL, NULL },
    { NULL, 2, NULL, NULL, NULL }       /* any other */
};


gw_str_t
lq_language(gw_liquid_run_t *run, lq_val_t named)
{
    gw_str_t  s;

    s = named.type == LQ_NIL ? run->ctx->locale : lq_text(run, named);
    return s.len > 0 ? s : run->ctx->locale;
}


/* A number that a filter is about; *none: nothing is printed. */
static int
lq_amount(gw_liquid_run_t *run, const char *filter, lq_val_t in,
    lq_exact_t *d, bool *none)
{
    int       rc;
    gw_str_t  s;

    *none = in.type == LQ_NIL || (in.type == LQ_STR && in.s.len == 0);
    rc = *none ? GW_OK : lq_exact(in, d);
    if (rc == GW_OK) {
        return GW_OK;
    }

    s = lq_text(run, in);
    return lq_wrong(run, rc == GW_EFULL
                    ? "\"%s\": \"%.*s\" has too many digits"
                    : "\"%s\": \"%.*s\" is no number", filter,
                    s.len > 60 ? 60 : (int) s.len, s.data);
}


static const lq_currency_t *
lq_currency(gw_str_t code)
{
    const lq_currency_t  *c;

    for (c = lq_currencies; c->code != NULL && !gw_str_is(code, c->code);
         c++)
    {
        /* void */
    }

    return c;
}


bool
lq_is_code(gw_str_t s)
{
    return s.len == 3 && isupper(s.data[0]) && isupper(s.data[1])
           && isupper(s.data[2]);
}


/* The pattern with its currency and amount; a word keeps its distance. */
static void
lq_money_put(const lq_locale_t *l, const lq_exact_t *d, gw_str_t symbol,
    gw_buf_t *out)
{
    const char  *p;

    for (p = d->negative ? l->debt : l->money; *p != '\0'; p++) {
        if (*p == '#') {
            lq_locale_number(l, d, true, out);
        } else if (*p == '-') {
            gw_buf_cstr(out, l->minus);
        } else if (*p != '$') {
            gw_buf_char(out, (unsigned char) *p);
        } else {
            gw_buf_str(out, symbol);
            if (p[1] == '#' && isalpha(symbol.data[symbol.len - 1])) {
                gw_buf_cstr(out, "\xc2\xa0");
            }
        }
    }
}


/* money: CURRENCY, minor: true (cents, not euros), locale: TAG */
LQ_FILTER(lq_money)
{
    int                   rc;
    bool                  none, home;
    gw_str_t              code, tag;
    gw_buf_t             *b;
    lq_exact_t            d;
    const lq_currency_t  *c;

    code = lq_text(run, arg[0]);
    if (!lq_is_code(code)) {
        return lq_wrong(run, "\"money\" takes a currency like EUR, not "
                        "\"%.*s\"", code.len > 60 ? 60 : (int) code.len,
                        code.data);
    }

    rc = lq_amount(run, "money", in, &d, &none);
    if (rc != GW_OK || none) {
        return rc;
    }

    c = lq_currency(code);
    rc = lq_truthy(arg[GW_LIQUID_ARGS]) ? lq_exact_shift(&d, c->digits)
                                        : GW_OK;
    rc = rc == GW_OK ? lq_exact_round(&d, c->digits) : rc;
    if (rc != GW_OK) {
        return lq_wrong(run, "an amount has too many digits");
    }

    tag = lq_language(run, arg[GW_LIQUID_ARGS + 1]);
    home = c->home != NULL && lq_locale_has(tag, c->home);
    b = lq_scratch(run);
    lq_money_put(lq_locale(tag), &d, home ? gw_str_of(c->own)
                 : c->symbol != NULL ? gw_str_of(c->symbol) : code, b);
    return lq_finish(run, b, out);
}


/* number: PLACES, locale: TAG */
LQ_FILTER(lq_number_filter)
{
    int                 rc;
    bool                none;
    int64_t             places;
    gw_buf_t           *b;
    lq_exact_t          d;
    const lq_locale_t  *l;

    rc = lq_amount(run, "number", in, &d, &none);
    if (rc != GW_OK || none) {
        return rc;
    }

    if (n > 0) {
        if (!lq_whole(arg[0], &places) || places < 0 || places > LQ_PLACES) {
            return lq_wrong(run, "\"number\" takes 0 to %d places", LQ_PLACES);
        }
        if (lq_exact_round(&d, (unsigned) places) != GW_OK) {
            return lq_wrong(run, "a number has too many digits");
        }
    }

    l = lq_locale(lq_language(run, arg[GW_LIQUID_ARGS]));
    b = lq_scratch(run);
    gw_buf_cstr(b, d.negative ? l->minus : "");
    lq_locale_number(l, &d, false, b);
    return lq_finish(run, b, out);
}


/* pluralize: ONE, OTHER or by the names of CLDR's categories; locale: TAG */
LQ_FILTER(lq_pluralize)
{
    int              rc;
    bool             none;
    lq_exact_t       d;
    lq_plural_t      p;
    const lq_val_t  *named;

    rc = lq_amount(run, "pluralize", in, &d, &none);
    if (rc != GW_OK || none) {
        return rc;
    }

    named = arg + GW_LIQUID_ARGS;
    p = lq_locale(lq_language(run, named[LQ_PLURALS]))->plural(&d);
    if (n == 2) {
        *out = arg[p != LQ_ONE];
        return GW_OK;
    }

    *out = named[p].type != LQ_NIL ? named[p] : named[LQ_OTHER];
    return GW_OK;
}


const lq_filter_row_t  lq_filters_locale[] = {
    { "money", lq_money, 1, 1, LQ_SAFE_NOT },
    { "number", lq_number_filter, 0, 1, LQ_SAFE_NOT },
    { "pluralize", lq_pluralize, 0, 2, LQ_SAFE_NOT },
    { NULL, NULL, 0, 0, LQ_SAFE_NOT }
};
