/* The table of handlers. */
#include "shm/contract/handlers.h"

#include "shm/gw_flags.h"
#include "shm/gw_idn.h"
#include "shm/gw_template.h"
#include "shm/gw_zone.h"
#include "shm/predicate/predicate.h"


static int
gw_handler_template(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    return gw_template_compile(body, &conf->webhook_allow, field, err);
}


static gw_str_t
gw_handler_text(const json_t *value)
{
    return gw_str_make(json_string_value(value), json_string_length(value));
}


static int
gw_handler_headers(json_t *headers, const char **field, gw_buf_t *err)
{
    int          rc;
    json_t      *value;
    const char  *name;

    rc = GW_OK;
    *field = "headers";
    gw_buf_reset(err);
    gw_buf_cstr(err, "\"headers\" ");

    json_object_foreach(headers, name, value) {
        rc = rc == GW_OK ? gw_net_header(gw_str_of(name),
                                         gw_handler_text(value), err) : rc;
    }

    return rc;
}


/* A webhook that could never be sent is refused when it is made. */
static int
gw_handler_webhook(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    int            rc;
    const json_t  *value;

    rc = GW_OK;
    value = json_object_get(body, "url");

    if (value != NULL) {
        *field = "url";
        gw_buf_cstr(err, "\"url\" ");
        rc = gw_net_url(gw_handler_text(value), &conf->webhook_allow, err);
    }

    if (rc == GW_OK) {
        rc = gw_handler_headers(json_object_get(body, "headers"), field, err);
    }

    value = json_object_get(body, "secret_headers");

    if (rc == GW_OK && json_is_string(value)) {
        *field = "secret_headers";
        gw_buf_reset(err);
        gw_buf_cstr(err, "\"secret_headers\" ");
        rc = gw_net_header_lines(gw_handler_text(value), err);
    }

    if (rc == GW_OK) {
        gw_buf_reset(err);
    }

    return rc;
}


/*
 * An address is kept, compared and sent in one form: its domain in A-labels.
 * A zone is one of those that templates know.
 */
static int
gw_handler_address(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    int            rc;
    gw_buf_t       b;
    const json_t  *value;
    unsigned char  mem[2048];

    *field = "zone";
    value = json_object_get(body, "zone");
    if (json_is_string(value) && !gw_zone_is(gw_handler_text(value))) {
        gw_buf_cstr(err, "\"zone\" is no time zone of IANA, such as "
                    "Europe/Berlin");
        return GW_EINVAL;
    }

    *field = "email";
    value = json_object_get(body, "email");
    if (!json_is_string(value)) {
        return GW_OK;
    }

    gw_buf_fixed(&b, mem, sizeof(mem));
    rc = gw_idn_email(gw_handler_text(value), &b);
    if (rc != GW_OK) {
        gw_buf_cstr(err, "\"email\" has a domain that IDNA 2008 does not "
                    "allow");
        return rc;
    }

    return b.failed                     /* its length is refused by SQL */
           || json_object_set_new(body, "email",
                                  json_stringn((char *) b.data, b.len)) == 0
           ? GW_OK : GW_ENOMEM;
}


/* A predicate that means nothing is refused; SQL gets what it says in words. */
static int
gw_handler_predicate(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    int                    rc;
    json_t                *predicate, *words;
    gw_predicate_t        *p;
    gw_predicate_error_t   wrong;

    *field = "predicate";
    predicate = json_object_get(body, "predicate");
    if (predicate == NULL) {
        return GW_OK;
    }

    rc = gw_predicate_compile(predicate, &p, &wrong);
    if (rc != GW_OK) {
        gw_buf_fmt(err, "\"predicate\"%s%s: %s", *wrong.pointer ? " at " : "",
                   wrong.pointer, wrong.message);
        return rc;
    }

    words = gw_predicate_words(p);
    gw_predicate_free(p);

    return words != NULL
           && json_object_set_new(body, "_compiled", words) == 0 ? GW_OK
                                                                 : GW_ENOMEM;
}


/* The rules of a flag, which SQL gets in words beside them. */
static int
gw_handler_flag(json_t *body, const gw_conf_t *conf, const char **field,
    gw_buf_t *err)
{
    int      rc;
    json_t  *rules, *compiled;

    *field = "rules";
    rules = json_object_get(body, "rules");
    if (rules == NULL) {
        return GW_OK;
    }

    rc = gw_flag_rules_compile(rules, &compiled, err);

    return rc != GW_OK ? rc
           : json_object_set_new(body, "_compiled", compiled) == 0 ? GW_OK
                                                                   : GW_ENOMEM;
}


const gw_handler_t  gw_handlers[] = {
    { "address", GW_ANSWER_JSON, gw_handler_address },
    { "template", GW_ANSWER_JSON, gw_handler_template },
    { "predicate", GW_ANSWER_JSON, gw_handler_predicate },
    { "flag", GW_ANSWER_JSON, gw_handler_flag },
    { "upload", GW_ANSWER_JSON, NULL },
    { "download", GW_ANSWER_FILE, NULL },
    { "preview", GW_ANSWER_JSON, NULL },
    { "export", GW_ANSWER_PAGES, NULL },
    { "live_ticket", GW_ANSWER_JSON, NULL },
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
