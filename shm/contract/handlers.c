/* The table of handlers. */
#include "shm/contract/handlers.h"

#include "shm/gw_template.h"

const gw_handler_t  gw_handlers[] = {
    { "template", GW_ANSWER_JSON, gw_template_compile },
    { "upload", GW_ANSWER_JSON, NULL },
    { "download", GW_ANSWER_FILE, NULL },
    { "preview", GW_ANSWER_JSON, NULL },
    { "export", GW_ANSWER_PAGES, NULL },
    { NULL, GW_ANSWER_JSON, NULL }
};


const gw_handler_t *
gw_handler(gw_str_t name)
{
    const gw_handler_t  *h;

    for (h = gw_handlers; h->name != NULL; h++) {
        if (gw_str_is(name, h->name)) {
            return h;
        }
    }

    return NULL;
}
