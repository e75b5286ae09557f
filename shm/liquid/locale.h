/* How languages write numbers, money, plurals and the names of a calendar. */
#ifndef GW_LIQUID_LOCALE_H
#define GW_LIQUID_LOCALE_H

#include "shm/liquid/liquid.h"

/* Categories of CLDR; the arguments of `pluralize` have this order. */
typedef enum { LQ_ZERO, LQ_ONE, LQ_TWO, LQ_FEW, LQ_MANY, LQ_OTHER,
               LQ_PLURALS } lq_plural_t;

#define LQ_DIGITS  80

/*
 * An exact decimal: `whole` digits and as many of a fraction as it was given
 * with. Binary floating point has no part in it.
 */
typedef struct {
    bool      negative;
    unsigned  whole, fraction;
    char      digit[LQ_DIGITS];         /* '0' to '9', no NUL */
} lq_exact_t;

/* GW_EINVAL: it is no number; GW_EFULL: it has too many digits. */
int lq_exact(lq_val_t v, lq_exact_t *out);

/* Divide by ten to the n; round half away from zero to n places. */
int lq_exact_shift(lq_exact_t *d, unsigned n);
int lq_exact_round(lq_exact_t *d, unsigned places);

/* Zeros at the end of the fraction go. */
void lq_exact_trim(lq_exact_t *d);

typedef lq_plural_t (*lq_plural_pt)(const lq_exact_t *d);

/* A language, or what a region does otherwise: de-AT. */
typedef struct {
    const char    *tag;
    const char    *decimal, *group;
    const char    *money_group;         /* NULL: as group                    */
    const char    *minus;
    unsigned       least;       /* digits before the first group, at least   */
    bool           indian;      /* groups of two beyond the first            */
    const char    *money, *debt;        /* $ the currency, # the amount      */
    lq_plural_pt   plural;
} lq_locale_t;

/* Twelve, twelve, seven and seven names, with `|` between; Sunday is first. */
typedef struct {
    const char  *language;
    const char  *months, *months_short, *days, *days_short;
} lq_names_t;

extern const lq_names_t  lq_names[];

/* By its tag, else its language, else English (which has no names). */
const lq_locale_t *lq_locale(gw_str_t tag);
const lq_names_t *lq_locale_names(gw_str_t tag);

/* The n-th of names with `|` between. */
gw_str_t lq_name(const char *names, unsigned n);

/* The language that an argument names, else that of the template. */
gw_str_t lq_language(gw_liquid_run_t *run, lq_val_t named);

/* Has it the form of a currency's code, EUR? */
bool lq_is_code(gw_str_t s);

/* Is `tag` the language, or has it that as a part: `de`, or the AT of de-AT? */
bool lq_locale_has(gw_str_t tag, const char *part);

/* Append a number with its separators; money: with those of money. */
void lq_locale_number(const lq_locale_t *l, const lq_exact_t *d, bool money,
    gw_buf_t *out);

lq_plural_t lq_plural_none(const lq_exact_t *d);
lq_plural_t lq_plural_one(const lq_exact_t *d);
lq_plural_t lq_plural_n_one(const lq_exact_t *d);
lq_plural_t lq_plural_one_many(const lq_exact_t *d);
lq_plural_t lq_plural_n_one_many(const lq_exact_t *d);
lq_plural_t lq_plural_french(const lq_exact_t *d);
lq_plural_t lq_plural_danish(const lq_exact_t *d);
lq_plural_t lq_plural_hindi(const lq_exact_t *d);
lq_plural_t lq_plural_russian(const lq_exact_t *d);
lq_plural_t lq_plural_polish(const lq_exact_t *d);
lq_plural_t lq_plural_czech(const lq_exact_t *d);
lq_plural_t lq_plural_croatian(const lq_exact_t *d);
lq_plural_t lq_plural_slovene(const lq_exact_t *d);
lq_plural_t lq_plural_romanian(const lq_exact_t *d);
lq_plural_t lq_plural_lithuanian(const lq_exact_t *d);
lq_plural_t lq_plural_latvian(const lq_exact_t *d);
lq_plural_t lq_plural_arabic(const lq_exact_t *d);
lq_plural_t lq_plural_hebrew(const lq_exact_t *d);

#endif
