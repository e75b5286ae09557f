/* Compiling a template at save time: strict Liquid, tracked links, text. */
#include "shm/gw_template.h"

#include "shm/gw_links.h"
#include "shm/gw_liquid.h"

#define TEMPLATE_MAX  (4 * 1024 * 1024)

typedef struct {
    json_t  *links;                     /* [{"index","url","fixed"}] */
} template_links_t;


static int
template_fault(gw_buf_t *err, const char *message, unsigned line,
    unsigned column)
{
    gw_buf_cstr(err, message);

    if (line > 0) {
        gw_buf_fmt(err, ", line %u, column %u", line, column);
    }

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
        return GW_OK;
    }

    return rc == GW_EINVAL ? template_fault(err, e.message, e.line, e.column)
                           : rc;
}


static int
template_link(void *arg, unsigned index, gw_str_t url, bool fixed)
{
    json_t            *link;
    template_links_t  *l = arg;

    if (index < json_array_size(l->links)) {
        return GW_OK;                   /* an equal one, already noted */
    }

    link = json_pack("{s:i, s:s%, s:b}", "index", (int) index, "url",
                     (const char *) url.data, url.len, "fixed", (int) fixed);

    if (link == NULL || json_array_append_new(l->links, link) != 0) {
        return GW_ENOMEM;
    }

    return GW_OK;
}


/* html_tracked and links; the result is compiled once more, with links on */
static int
template_html(gw_str_t html, json_t *compiled, gw_buf_t *out, gw_buf_t *err)
{
    int               rc;
    char              mem[300];
    unsigned          line, column;
    gw_buf_t          why;
    template_links_t  l;

    l.links = json_array();
    if (l.links == NULL) {
        return GW_ENOMEM;
    }

    line = 0;
    column = 0;
    gw_buf_fixed(&why, mem, sizeof(mem) - 1);
    rc = gw_links_rewrite(html, out, template_link, &l, &line, &column, &why);

    if (json_object_set_new(compiled, "links", l.links) != 0
        || (rc == GW_OK && out->failed))
    {
        return GW_ENOMEM;
    }

    if (rc == GW_EINVAL) {
        mem[why.len] = '\0';
        return template_fault(err, mem, line, column);
    }

    if (rc == GW_EFULL) {
        return template_fault(err, out->failed ? "the template is too long"
                              : "the template has too many links", 0, 0);
    }

    if (rc != GW_OK) {
        return rc;
    }

    rc = template_liquid(gw_buf_view(out), GW_LIQUID_HTML, true, err);

    if (rc == GW_EINVAL) {
        /* what the author wrote is right, and this place is not his */
        gw_buf_reset(err);
        return template_fault(err, "an href ends inside a Liquid tag, so that "
                              "its link can not be tracked", 0, 0);
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
    int       rc;
    gw_str_t  s, html;

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

    /* the author's own text first: its lines and columns are what he knows */

    rc = template_liquid(html, GW_LIQUID_HTML, false, err);

    if (rc == GW_OK) {
        rc = template_html(html, compiled, out, err);
    }

    if (rc != GW_OK) {
        return rc;
    }

    /* also beside a text: it may be taken away later */

    gw_buf_reset(out);
    rc = gw_links_text(html, out);

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
        return template_fault(err, "_compiled is made by the server; leave it "
                              "out", 0, 0);
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
