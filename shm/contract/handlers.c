/* The table of handlers. */
#include "shm/contract/handlers.h"

#include "shm/gw_template.h"


static int
gw_handler_template(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    return gw_template_compile(body, field, err);
}


/* A webhook that could never be sent is refused when it is made. */
static int
gw_handler_webhook(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    const json_t  *url;

    url = json_object_get(body, "url");
    if (url == NULL) {
        return GW_OK;
    }

    *field = "url";
    gw_buf_cstr(err, "\"url\" ");
    return gw_net_url(gw_str_make(json_string_value(url),
                                  json_string_length(url)),
                      &conf->webhook_allow, err);
}


const gw_handler_t  gw_handlers[] = {
    { "template", GW_ANSWER_JSON, gw_handler_template },
    { "upload", GW_ANSWER_JSON, NULL },
    { "download", GW_ANSWER_FILE, NULL },
    { "preview", GW_ANSWER_JSON, NULL },
    { "export", GW_ANSWER_PAGES, NULL },
    { "webhook", GW_ANSWER_JSON, gw_handler_webhook },
    { "sso_login", GW_ANSWER_JSON, NULL },
    { "sso_callback", GW_ANSWER_JSON, NULL },
    { "sso_logout", GW_ANSWER_JSON, NULL },
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
