/* Finding a snippet's source. */
#include "shm/gw_snippets.h"


int
gw_snippets_partial(void *arg, gw_str_t name, gw_str_t *src)
{
    const json_t         *text;
    const gw_snippets_t  *s = arg;

    text = json_object_get(json_object_getn(s->snippets, (char *) name.data,
                                            name.len), s->part);
    if (!json_is_string(text)) {
        return GW_ENOTFOUND;
    }

    *src = gw_str_make(json_string_value(text), json_string_length(text));
    return GW_OK;
}


int
gw_snippets_any(void *arg, gw_str_t name, gw_str_t *src)
{
    *src = gw_str_of("");
    return GW_OK;
}


size_t
gw_snippets_size(const gw_snippets_t *s)
{
    size_t       size;
    json_t      *snippet;
    const char  *name;

    size = 0;
    json_object_foreach((json_t *) s->snippets, name, snippet) {
        size += json_string_length(json_object_get(snippet, s->part));
    }

    return size;
}
