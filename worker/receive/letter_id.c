/* Which mails of ours a mail names, by their Message-IDs. */
#include "worker/receive/letter.h"

#include <ctype.h>

#define LETTER_INT  999999999LL         /* an id of a tenant, of a campaign  */


static bool
letter_is_hex(gw_str_t s, size_t n)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (!isdigit(s.data[i]) && (s.data[i] < 'a' || s.data[i] > 'f')) {
            return false;
        }
    }

    return s.len == n;
}


/* `gw.TENANT.CAMPAIGN.CONTACT.MAC` or `gw.m.TENANT.HEX`. */
static bool
letter_answer(gw_str_t id, letter_answer_t *a)
{
    gw_str_t   rest, word;
    long long  tenant, campaign, contact;

    rest = id;
    memset(a, 0, sizeof(letter_answer_t));
    if (id.len >= sizeof(a->id) || !gw_str_same(gw_str_cut(&rest, '.'), "gw")) {
        return false;
    }

    memcpy(a->id, id.data, id.len);
    campaign = contact = 0;
    word = gw_str_cut(&rest, '.');
    if (gw_str_same(word, "m")) {
        if (gw_str_int(gw_str_cut(&rest, '.'), 1, LETTER_INT, &tenant) != GW_OK
            || !letter_is_hex(rest, 32))
        {
            return false;
        }

    } else if (gw_str_int(word, 1, LETTER_INT, &tenant) != GW_OK
               || gw_str_int(gw_str_cut(&rest, '.'), 1, LETTER_INT, &campaign)
                  != GW_OK
               || gw_str_int(gw_str_cut(&rest, '.'), 1, LETTER_INT * LETTER_INT,
                             &contact) != GW_OK
               || !letter_is_hex(rest, 16))
    {
        return false;
    }

    a->tenant = (unsigned long long) tenant;
    a->campaign = (unsigned long long) campaign;
    a->contact = (unsigned long long) contact;
    return true;
}


/* From *at on, which goes behind it. */
static bool
letter_next(gw_str_t v, size_t *at, letter_answer_t *a)
{
    size_t  n, end;

    for (n = *at; n + 4 < v.len; n++) {
        if (memcmp(v.data + n, "<gw.", 4) != 0) {
            continue;
        }

        for (end = n + 1; end < v.len && v.data[end] > ' '
                          && strchr("@<>", v.data[end]) == NULL; end++)
        {
            /* void */
        }

        if (end < v.len && v.data[end] == '@'
            && letter_answer(gw_str_make(v.data + n + 1, end - n - 1), a))
        {
            *at = end;
            return true;
        }
    }

    return false;
}


bool
letter_named(gw_str_t field, letter_answer_t *a)
{
    size_t  at;

    at = 0;
    return letter_next(field, &at, a);
}


unsigned
letter_answers(const parse_t *p, letter_answer_t a[LETTER_ANSWERS])
{
    size_t    i, at;
    unsigned  found;
    gw_str_t  v;

    static const char  *names[] = { "in-reply-to", "references", NULL };

    for (i = 0, found = 0; names[i] != NULL; i++) {
        v = parse_find(p->part[0].head, names[i]);
        for (at = 0; found < LETTER_ANSWERS && letter_next(v, &at, &a[found]);
             found++)
        {
            /* void */
        }
    }

    return found;
}
