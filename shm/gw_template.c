/* Compiling a template at save time: strict Liquid, tracked links, text. */
#include "shm/gw_template.h"

#include "shm/gw_links.h"
#include "shm/gw_liquid.h"

#define TEMPLATE_MAX  (4 * 1024 * 1024)


static int
template_fault(gw_buf_t *err, const gw_liquid_error_t *e)
{
    gw_buf_cstr(err, e->message);

    if (e->line > 0) {
        gw_buf_fmt(err, ", line %u, column %u", e->line, e->column);
    }

    return GW_EINVAL;
}


static int
template_said(gw_buf_t *err, const char *message)
{
    gw_buf_cstr(err, message);
    return GW_EINVAL;
}


static int
template_liquid(gw_str_t src, int escape, bool links, gw_buf_t *err)
{
    int                   rc;
    gw_liquid_t          *p;
    gw_liquid_error_t     e;
    gw_liquid_options_t   opt;

    memset(&e, 0, sizeof(e));
    memset(&opt, 0, sizeof(opt));
    opt.strict = true;
    opt.escape = escape;
    opt.links = links;

    rc = gw_liquid_compile(&p, src, &opt, &e);

    if (rc == GW_OK) {
        gw_liquid_free(p);
    }

    return rc == GW_EINVAL ? template_fault(err, &e) : rc;
}


/* [{"index","url","fixed","utm","name"?}] */
static int
template_link(void *arg, const gw_link_t *link)
{
    json_t  *j;

    j = json_pack("{s:i, s:s%, s:b, s:b}", "index", (int) link->index, "url",
                  (const char *) link->url.data, link->url.len, "fixed",
                  (int) link->fixed, "utm", (int) !link->bare);

    if (j != NULL && link->name.len > 0
        && json_object_set_new(j, "name",
                               json_stringn((char *) link->name.data,
                                            link->name.len)) != 0)
    {
        json_decref(j);
        return GW_ENOMEM;
    }

    return j != NULL && json_array_append_new(arg, j) == 0 ? GW_OK
                                                           : GW_ENOMEM;
}


/* html_tracked and links; the result is compiled once more, with links on */
static int
template_html(gw_str_t html, json_t *compiled, gw_buf_t *out, gw_buf_t *err)
{
    int                 rc;
    json_t             *links;
    gw_liquid_error_t   e;

    links = json_array();
    if (links == NULL
        || json_object_set_new(compiled, "links", links) != 0)
    {
        return GW_ENOMEM;
    }

    rc = gw_links_rewrite(html, out, template_link, links, &e);

    if (rc == GW_EINVAL) {
        return template_fault(err, &e);
    }

    if (rc == GW_EFULL) {
        return template_said(err, "the template is too long");
    }

    if (rc != GW_OK) {
        return rc;
    }

    rc = template_liquid(gw_buf_view(out), GW_LIQUID_HTML, true, err);

    if (rc == GW_EINVAL) {
        /* what the author wrote is right, and this place is not his */
        gw_buf_reset(err);
        return template_said(err, "an href ends inside a Liquid tag, so that "
                             "its link can not be tracked");
    }

    if (rc == GW_OK
        && json_object_set_new(compiled, "html_tracked",
                               json_stringn((char *) out->data, out->len))
           != 0)
    {
        rc = GW_ENOMEM;
    }

    return rc;
}


/* the member as text; false when it is missing or of another type */
static bool
template_member(const json_t *body, const char *name, gw_str_t *s)
{
    json_t  *j;

    j = json_object_get(body, name);

    if (!json_is_string(j)) {
        return false;
    }

    *s = gw_str_make(json_string_value(j), json_string_length(j));

    return true;
}


static int
template_fields(json_t *body, json_t *compiled, gw_buf_t *out,
    const char **field, gw_buf_t *err)
{
    int                rc;
    gw_str_t           s, html;
    gw_liquid_error_t  e;

    *field = "subject";

    if (template_member(body, "subject", &s)) {
        rc = template_liquid(s, GW_LIQUID_PLAIN, false, err);
        if (rc != GW_OK) {
            return rc;
        }
    }

    *field = "text";

    if (template_member(body, "text", &s)) {
        rc = template_liquid(s, GW_LIQUID_PLAIN, false, err);
        if (rc != GW_OK) {
            return rc;
        }
    }

    *field = "html";

    if (!template_member(body, "html", &html)) {
        return GW_OK;
    }

    rc = template_html(html, compiled, out, err);
    if (rc != GW_OK) {
        return rc;
    }

    /* also beside a text: it may be taken away later */

    gw_buf_reset(out);
    rc = gw_links_text(html, out, &e);

    if (rc == GW_OK
        && template_liquid(gw_buf_view(out), GW_LIQUID_PLAIN, false, err)
           == GW_EINVAL)
    {
        gw_buf_reset(err);
        return template_said(err, "no text can be made of it: a Liquid tag "
                             "ends in an attribute");
    }

    if (rc == GW_OK
        && (out->failed
            || json_object_set_new(compiled, "text_derived",
                                   json_stringn((char *) out->data, out->len))
               != 0))
    {
        rc = GW_ENOMEM;
    }

    return rc;
}


int
gw_template_compile(json_t *body, const char **field, gw_buf_t *err)
{
    int        rc;
    json_t    *compiled;
    gw_buf_t   out;

    if (json_object_get(body, "_compiled") != NULL) {
        *field = "_compiled";
        return template_said(err, "_compiled is made by the server; leave it "
                             "out");
    }

    compiled = json_object();
    if (compiled == NULL) {
        return GW_ENOMEM;
    }

    gw_buf_init(&out, TEMPLATE_MAX);

    rc = template_fields(body, compiled, &out, field, err);

    if (rc == GW_OK && json_object_set(body, "_compiled", compiled) != 0) {
        rc = GW_ENOMEM;
    }

    gw_buf_free(&out);
    json_decref(compiled);

    return rc;
}
