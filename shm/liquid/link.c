/* Parameters that links get. */
#include "shm/liquid/liquid.h"


/* Is there a parameter of that name in a query? */
static bool
lq_link_has(gw_str_t query, gw_str_t name)
{
    gw_str_t  one;

    while (query.len > 0) {
        one = gw_str_cut(&query, '&');
        if (one.len >= name.len && memcmp(one.data, name.data, name.len) == 0)
        {
            return true;
        }
    }

    return false;
}


/* godwit.url_with is the same in SQL, for links that are fixed. */
int
lq_link_query(gw_liquid_run_t *run, gw_str_t query, gw_str_t *url)
{
    gw_str_t        has, one, name;
    unsigned char  *to, *p, *end, *mark;

    to = gw_liquid_alloc(&run->arena, url->len + query.len + 1);
    if (to == NULL) {
        return GW_EFULL;
    }

    end = memchr(url->data, '#', url->len);
    end = end != NULL ? end : url->data + url->len;
    mark = memchr(url->data, '?', end - url->data);
    has = mark != NULL ? gw_str_make(mark + 1, end - mark - 1)
                       : gw_str_make("", 0);
    memcpy(to, url->data, end - url->data);
    p = to + (end - url->data);

    while (query.len > 0) {
        one = gw_str_cut(&query, '&');
        name = one;
        name.len = (unsigned char *) memchr(one.data, '=', one.len) + 1
                   - one.data;
        if (lq_link_has(has, name)) {
            continue;
        }

        if (mark == NULL || (p[-1] != '?' && p[-1] != '&')) {
            *p++ = mark == NULL ? '?' : '&';
        }
        mark = p;
        memcpy(p, one.data, one.len);
        p += one.len;
    }

    memcpy(p, end, url->data + url->len - end);
    p += url->data + url->len - end;
    *url = gw_str_make(to, p - to);
    return GW_OK;
}
