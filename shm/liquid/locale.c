/* Locales: separators, places of a currency, plural rules, by tag. */
#include "shm/liquid/locale.h"

#include <ctype.h>

#define NBSP     "\xc2\xa0"
#define NARROW   "\xe2\x80\xaf"         /* a narrow blank that never breaks */
#define MINUS    "\xe2\x88\x92"
#define QUOTE    "'"

#define BEFORE   "$#", "-$#"
#define SPACED   "$" NBSP "#", "-$" NBSP "#"
#define DUTCH    "$" NBSP "#", "$" NBSP "-#"
#define SWISS    "$" NBSP "#", "$-#"
#define AFTER    "#" NBSP "$", "-#" NBSP "$"

/* English is first: what is not here is written so. */
static const lq_locale_t  lq_locales[] = {
    { "en", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_one },
    { "en-IN", ".", ",", NULL, "-", 1, true, BEFORE, lq_plural_one },
    { "en-ZA", ",", NBSP, NULL, "-", 1, false, BEFORE, lq_plural_one },
    { "ar", ".", ",", NULL, "-", 1, false, AFTER, lq_plural_arabic },
    { "bg", ",", NBSP, NULL, "-", 2, false, AFTER, lq_plural_n_one },
    { "cs", ",", NBSP, NULL, "-", 1, false, AFTER, lq_plural_czech },
    { "da", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_danish },
    { "de", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_one },
    { "de-AT", ",", NBSP, ".", "-", 1, false, SPACED, lq_plural_one },
    { "de-CH", ".", QUOTE, NULL, "-", 1, false, SWISS, lq_plural_one },
    { "de-LI", ".", QUOTE, NULL, "-", 1, false, SWISS, lq_plural_one },
    { "el", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_n_one },
    { "es", ",", ".", NULL, "-", 2, false, AFTER, lq_plural_n_one_many },
    { "es-AR", ",", ".", NULL, "-", 1, false, SPACED, lq_plural_n_one_many },
    { "es-MX", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_n_one_many },
    { "es-US", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_n_one_many },
    { "et", ",", NBSP, NULL, MINUS, 2, false, AFTER, lq_plural_one },
    { "fi", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_one },
    { "fr", ",", NARROW, NULL, "-", 1, false, AFTER, lq_plural_french },
    { "fr-CA", ",", NBSP, NULL, "-", 1, false, AFTER, lq_plural_french },
    { "he", ".", ",", NULL, "-", 1, false, AFTER, lq_plural_hebrew },
    { "hi", ".", ",", NULL, "-", 1, true, BEFORE, lq_plural_hindi },
    { "hr", ",", ".", NULL, MINUS, 1, false, AFTER, lq_plural_croatian },
    { "hu", ",", NBSP, NULL, "-", 2, false, AFTER, lq_plural_n_one },
    { "id", ",", ".", NULL, "-", 1, false, BEFORE, lq_plural_none },
    { "it", ",", ".", NULL, "-", 2, false, AFTER, lq_plural_one_many },
    { "it-CH", ".", QUOTE, NULL, "-", 2, false, SWISS, lq_plural_one_many },
    { "ja", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_none },
    { "ko", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_none },
    { "lt", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_lithuanian },
    { "lv", ",", NBSP, NULL, "-", 2, false, AFTER, lq_plural_latvian },
    { "nb", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_n_one },
    { "nl", ",", ".", NULL, "-", 1, false, DUTCH, lq_plural_one },
    { "nn", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_n_one },
    { "no", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_n_one },
    { "pl", ",", NBSP, NULL, "-", 2, false, AFTER, lq_plural_polish },
    { "pt", ",", ".", NULL, "-", 1, false, SPACED, lq_plural_french },
    { "pt-PT", ",", NBSP, NULL, "-", 2, false, AFTER, lq_plural_one_many },
    { "ro", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_romanian },
    { "ru", ",", NBSP, NULL, "-", 1, false, AFTER, lq_plural_russian },
    { "sk", ",", NBSP, NULL, "-", 1, false, AFTER, lq_plural_czech },
    { "sl", ",", ".", NULL, MINUS, 2, false, AFTER, lq_plural_slovene },
    { "sr", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_croatian },
    { "sv", ",", NBSP, NULL, MINUS, 1, false, AFTER, lq_plural_one },
    { "th", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_none },
    { "tr", ",", ".", NULL, "-", 1, false, BEFORE, lq_plural_n_one },
    { "uk", ",", NBSP, NULL, "-", 1, false, AFTER, lq_plural_russian },
    { "vi", ",", ".", NULL, "-", 1, false, AFTER, lq_plural_none },
    { "zh", ".", ",", NULL, "-", 1, false, BEFORE, lq_plural_none },
    { NULL, NULL, NULL, NULL, NULL, 0, false, NULL, NULL, NULL }
};


static int
lq_locale_char(unsigned char c)
{
    return c == '_' ? '-' : tolower(c);
}


bool
gw_liquid_locale_is(gw_str_t locale, const char *of)
{
    size_t  i;

    for (i = 0; i < locale.len && of[i] != '\0'; i++) {
        if (lq_locale_char(locale.data[i])
            != lq_locale_char((unsigned char) of[i]))
        {
            return false;
        }
    }

    return of[i] == '\0' && (i == locale.len
                             || lq_locale_char(locale.data[i]) == '-');
}


bool
lq_locale_has(gw_str_t tag, const char *part)
{
    size_t  i;

    for (i = 0; i < tag.len; i++) {
        if ((i == 0 || tag.data[i - 1] == '-' || tag.data[i - 1] == '_')
            && gw_liquid_locale_is(gw_str_make(tag.data + i, tag.len - i),
                                   part))
        {
            return true;
        }
    }

    return false;
}


const lq_locale_t *
lq_locale(gw_str_t tag)
{
    const lq_locale_t  *l, *best;

    best = NULL;
    for (l = lq_locales; l->tag != NULL; l++) {
        if (gw_liquid_locale_is(tag, l->tag)
            && (best == NULL || strlen(l->tag) > strlen(best->tag)))
        {
            best = l;
        }
    }

    return best != NULL ? best : lq_locales;
}


const lq_names_t *
lq_locale_names(gw_str_t tag)
{
    const lq_names_t  *n;

    for (n = lq_names; n->language != NULL; n++) {
        if (gw_liquid_locale_is(tag, n->language)) {
            return n;
        }
    }

    return NULL;
}


gw_str_t
lq_name(const char *names, unsigned n)
{
    size_t  len;

    for ( /* void */ ; n > 0; n--) {
        names += strcspn(names, "|");
        names += *names == '|';
    }

    len = strcspn(names, "|");
    return gw_str_make(names, len);
}


void
lq_locale_number(const lq_locale_t *l, const lq_exact_t *d, bool money,
    gw_buf_t *out)
{
    unsigned     i, left, first;
    const char  *group;

    group = money && l->money_group != NULL ? l->money_group : l->group;

    /* zeros at the front say nothing, but for the last */
    for (first = 0; first + 1 < d->whole && d->digit[first] == '0'; first++) {
        /* void */
    }

    for (i = first; i < d->whole; i++) {
        left = d->whole - i;
        if (i > first && d->whole - first >= 3 + l->least
            && (left == 3 || (left > 3 && (l->indian ? left % 2 == 1
                                                     : left % 3 == 0))))
        {
            gw_buf_cstr(out, group);
        }
        gw_buf_char(out, (unsigned char) d->digit[i]);
    }

    if (d->fraction > 0) {
        gw_buf_cstr(out, l->decimal);
        gw_buf_put(out, d->digit + d->whole, d->fraction);
    }
}
