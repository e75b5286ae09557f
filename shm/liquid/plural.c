/* Plural categories as CLDR has them, a rule a family of languages. */
#include "shm/liquid/locale.h"

/* What the rules speak of: the operands of CLDR. */
typedef struct {
    uint64_t  i;            /* whole part, by its last digits                */
    bool      large;        /* it has more than those                        */
    uint64_t  f;            /* fraction as it is shown                       */
    uint64_t  t;            /* the same without zeros at its end             */
    unsigned  v;            /* digits of f                                   */
} lq_operands_t;


static uint64_t
lq_last_digits(const char *p, unsigned n)
{
    uint64_t  x;
    unsigned  i;

    x = 0;
    for (i = n > 18 ? n - 18 : 0; i < n; i++) {
        x = x * 10 + (uint64_t) (p[i] - '0');
    }

    return x;
}


static lq_operands_t
lq_operands(const lq_exact_t *d)
{
    unsigned       i;
    lq_operands_t  o;

    o.i = lq_last_digits(d->digit, d->whole);
    o.large = false;
    for (i = 0; i + 18 < d->whole; i++) {
        o.large |= d->digit[i] != '0';
    }

    o.v = d->fraction;
    o.f = lq_last_digits(d->digit + d->whole, d->fraction);
    for (o.t = o.f; o.t > 0 && o.t % 10 == 0; o.t /= 10) {
        /* without its zeros */
    }

    return o;
}


static bool
lq_in(uint64_t x, uint64_t from, uint64_t to)
{
    return x >= from && x <= to;
}


/* Exactly i, whatever zeros its fraction has. */
static bool
lq_n_is(const lq_operands_t *o, uint64_t i)
{
    return o->i == i && !o->large && o->f == 0;
}


static bool
lq_i_is(const lq_operands_t *o, uint64_t i)
{
    return o->i == i && !o->large;
}


/* Whole millions, which Romance languages treat alike. */
static bool
lq_millions(const lq_operands_t *o)
{
    return (o->i != 0 || o->large) && o->i % 1000000 == 0 && o->v == 0;
}


lq_plural_t
lq_plural_none(const lq_exact_t *d)
{
    return LQ_OTHER;
}


lq_plural_t
lq_plural_one(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_i_is(&o, 1) && o.v == 0 ? LQ_ONE : LQ_OTHER;
}


lq_plural_t
lq_plural_n_one(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_n_is(&o, 1) ? LQ_ONE : LQ_OTHER;
}


lq_plural_t
lq_plural_one_many(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_i_is(&o, 1) && o.v == 0 ? LQ_ONE
           : lq_millions(&o) ? LQ_MANY : LQ_OTHER;
}


lq_plural_t
lq_plural_n_one_many(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_n_is(&o, 1) ? LQ_ONE : lq_millions(&o) ? LQ_MANY : LQ_OTHER;
}


lq_plural_t
lq_plural_french(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_i_is(&o, 0) || lq_i_is(&o, 1) ? LQ_ONE
           : lq_millions(&o) ? LQ_MANY : LQ_OTHER;
}


lq_plural_t
lq_plural_danish(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_n_is(&o, 1)
           || (o.t != 0 && (lq_i_is(&o, 0) || lq_i_is(&o, 1)))
           ? LQ_ONE : LQ_OTHER;
}


lq_plural_t
lq_plural_hindi(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    return lq_i_is(&o, 0) || lq_n_is(&o, 1) ? LQ_ONE : LQ_OTHER;
}


lq_plural_t
lq_plural_russian(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.v != 0) {
        return LQ_OTHER;
    }

    if (o.i % 10 == 1 && o.i % 100 != 11) {
        return LQ_ONE;
    }

    return lq_in(o.i % 10, 2, 4) && !lq_in(o.i % 100, 12, 14) ? LQ_FEW
                                                              : LQ_MANY;
}


lq_plural_t
lq_plural_polish(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.v != 0) {
        return LQ_OTHER;
    }

    if (lq_i_is(&o, 1)) {
        return LQ_ONE;
    }

    return lq_in(o.i % 10, 2, 4) && !lq_in(o.i % 100, 12, 14) ? LQ_FEW
                                                              : LQ_MANY;
}


lq_plural_t
lq_plural_czech(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.v != 0) {
        return LQ_MANY;
    }

    return lq_i_is(&o, 1) ? LQ_ONE
           : !o.large && lq_in(o.i, 2, 4) ? LQ_FEW : LQ_OTHER;
}


lq_plural_t
lq_plural_croatian(const lq_exact_t *d)
{
    uint64_t       x;
    lq_operands_t  o = lq_operands(d);

    x = o.v == 0 ? o.i : o.f;           /* what stands at its end decides */
    if (x % 10 == 1 && x % 100 != 11) {
        return LQ_ONE;
    }

    return lq_in(x % 10, 2, 4) && !lq_in(x % 100, 12, 14) ? LQ_FEW : LQ_OTHER;
}


lq_plural_t
lq_plural_slovene(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.v != 0) {
        return LQ_FEW;
    }

    return o.i % 100 == 1 ? LQ_ONE : o.i % 100 == 2 ? LQ_TWO
           : lq_in(o.i % 100, 3, 4) ? LQ_FEW : LQ_OTHER;
}


lq_plural_t
lq_plural_romanian(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (lq_i_is(&o, 1) && o.v == 0) {
        return LQ_ONE;
    }

    return o.v != 0 || lq_n_is(&o, 0) || lq_in(o.i % 100, 1, 19) ? LQ_FEW
                                                                 : LQ_OTHER;
}


lq_plural_t
lq_plural_lithuanian(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.f != 0) {
        return LQ_MANY;
    }

    if (lq_in(o.i % 100, 11, 19)) {
        return LQ_OTHER;
    }

    return o.i % 10 == 1 ? LQ_ONE : o.i % 10 >= 2 ? LQ_FEW : LQ_OTHER;
}


lq_plural_t
lq_plural_latvian(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if ((o.f == 0 && (o.i % 10 == 0 || lq_in(o.i % 100, 11, 19)))
        || (o.v == 2 && lq_in(o.f % 100, 11, 19)))
    {
        return LQ_ZERO;
    }

    return (o.f == 0 && o.i % 10 == 1) || o.f % 10 == 1 ? LQ_ONE : LQ_OTHER;
}


lq_plural_t
lq_plural_arabic(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.f != 0) {
        return LQ_OTHER;
    }

    if (!o.large && o.i <= 2) {
        return o.i == 0 ? LQ_ZERO : o.i == 1 ? LQ_ONE : LQ_TWO;
    }

    return lq_in(o.i % 100, 3, 10) ? LQ_FEW
           : o.i % 100 >= 11 ? LQ_MANY : LQ_OTHER;
}


lq_plural_t
lq_plural_hebrew(const lq_exact_t *d)
{
    lq_operands_t  o = lq_operands(d);

    if (o.v == 0) {
        return lq_i_is(&o, 1) ? LQ_ONE : lq_i_is(&o, 2) ? LQ_TWO : LQ_OTHER;
    }

    return lq_i_is(&o, 0) ? LQ_ONE : LQ_OTHER;
}
