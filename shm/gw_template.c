/* Compiling a template at save time: strict Liquid, tracked links, text. */
#include "shm/gw_template.h"

#include "shm/gw_content.h"
#include "shm/gw_links.h"
#include "shm/gw_lint.h"
#include "shm/gw_liquid.h"
#include "shm/gw_sms.h"
#include "shm/gw_snippets.h"

#define TEMPLATE_MAX  (4 * 1024 * 1024)

/* A body that is compiled: its own content, that of its variants, and that of
   the variants of its experiment, which are called arms here. */
typedef struct {
    json_t      *links;         /* of all contents: [{"index","url",...}]    */
    json_t      *calls;         /* of snippets                               */
    const char  *locale;        /* of the content at hand; NULL: the default */
    const char  *arm;           /* whose it is; NULL: of none                */
    const char  *part;          /* of it                                     */
    const char  *at;            /* the text in a part that has several; NULL */
    const gw_nets_t  *allow;
    gw_lint_t   *lint;          /* looks at what the author wrote            */
    gw_buf_t     out;
    gw_buf_t    *err;
} template_t;


/* A sentence about the part at hand. */
static int
template_said(template_t *t, const char *message)
{
    const char  *of;

    of = t->locale != NULL ? t->locale : t->arm;
    gw_buf_reset(t->err);
    if (of != NULL) {
        gw_buf_fmt(t->err, "%s of \"%.40s\": ", t->part, of);
    }

    if (t->at != NULL) {
        gw_buf_fmt(t->err, "at %s: ", t->at);
    }

    gw_buf_cstr(t->err, message);
    return GW_EINVAL;
}


static int
template_fault(template_t *t, const gw_liquid_error_t *e)
{
    (void) template_said(t, e->message);

    if (e->line > 0) {
        gw_buf_fmt(t->err, ", line %u, column %u", e->line, e->column);
    }

    return GW_EINVAL;
}


static int
template_called(void *arg, gw_str_t name, unsigned line, unsigned column)
{
    json_t      *call;
    template_t  *t = arg;

    call = json_pack("{s:s%, s:s, s:s?, s:s*, s:i, s:i}", "name",
                     (const char *) name.data, name.len, "field", t->part,
                     "locale", t->locale, "arm", t->arm, "line", (int) line,
                     "column", (int) column);

    return call != NULL && json_array_append_new(t->calls, call) == 0
           ? GW_OK : GW_ENOMEM;
}


/* own: what the author wrote: it is looked at, and its calls are noted */
static int
template_liquid(template_t *t, gw_str_t src, int escape, bool links, bool own)
{
    int                   rc;
    gw_liquid_t          *p;
    gw_liquid_error_t     e;
    gw_liquid_options_t   opt;
    gw_lint_place_t       place = { t->part, t->locale, t->arm };

    memset(&e, 0, sizeof(e));
    memset(&opt, 0, sizeof(opt));
    opt.strict = true;
    opt.escape = escape;
    opt.links = links;
    opt.partial = gw_snippets_any;
    opt.html = own ? gw_lint_begin(t->lint, &place, src) : NULL;

    rc = gw_liquid_compile(&p, src, &opt, &e);

    if (rc == GW_OK) {
        rc = own ? gw_liquid_calls(p, template_called, t) : GW_OK;
        rc = own && rc == GW_OK ? gw_lint_end(t->lint, p) : rc;
        gw_liquid_free(p);
    }

    return rc == GW_EINVAL ? template_fault(t, &e) : rc;
}


/* [{"index","url","fixed","utm","locale","name"?}] */
static int
template_link(void *arg, const gw_link_t *link)
{
    json_t      *j;
    template_t  *t = arg;

    j = json_pack("{s:i, s:s%, s:b, s:b, s:s?}", "index", (int) link->index,
                  "url", (const char *) link->url.data, link->url.len,
                  "fixed", (int) link->fixed, "utm", (int) !link->bare,
                  "locale", t->locale);

    if (j != NULL && link->name.len > 0
        && json_object_set_new(j, "name",
                               json_stringn((char *) link->name.data,
                                            link->name.len)) != 0)
    {
        json_decref(j);
        return GW_ENOMEM;
    }

    return j != NULL && json_array_append_new(t->links, j) == 0 ? GW_OK
                                                                : GW_ENOMEM;
}


/* What out holds as a member of compiled. */
static int
template_keep(template_t *t, json_t *compiled, const char *name)
{
    return t->out.failed
           || json_object_set_new(compiled, name,
                                  json_stringn((char *) t->out.data,
                                               t->out.len)) != 0
           ? GW_ENOMEM : GW_OK;
}


/* html_tracked and links; the result is compiled once more, with links on */
static int
template_tracked(template_t *t, gw_str_t html, json_t *compiled)
{
    int                 rc;
    gw_liquid_error_t   e;

    gw_buf_reset(&t->out);
    rc = gw_links_rewrite(html, (unsigned) json_array_size(t->links), &t->out,
                          template_link, t, &e);

    if (rc == GW_EINVAL) {
        return template_fault(t, &e);
    }

    if (rc == GW_EFULL) {
        return template_said(t, "the template is too long");
    }

    if (rc != GW_OK) {
        return rc;
    }

    rc = template_liquid(t, gw_buf_view(&t->out), GW_LIQUID_HTML, true,
                         false);

    if (rc == GW_EINVAL) {
        /* what the author wrote is right, and this place is not his */
        return template_said(t, "an href ends inside a Liquid tag, so that "
                             "its link can not be tracked");
    }

    return rc == GW_OK ? template_keep(t, compiled, "html_tracked") : rc;
}


/* text_derived, also beside a text: it may be taken away later */
static int
template_derived(template_t *t, gw_str_t html, json_t *compiled)
{
    int                rc;
    gw_liquid_error_t  e;

    gw_buf_reset(&t->out);
    rc = gw_links_text(html, &t->out, &e);

    if (rc == GW_OK
        && template_liquid(t, gw_buf_view(&t->out), GW_LIQUID_PLAIN, false,
                           false) == GW_EINVAL)
    {
        return template_said(t, "no text can be made of it: a Liquid tag "
                             "ends in an attribute");
    }

    return rc == GW_OK ? template_keep(t, compiled, "text_derived") : rc;
}


/* the member as text; false when it is missing or of another type */
static bool
template_member(const json_t *content, const char *name, gw_str_t *s)
{
    json_t  *j;

    j = json_object_get(content, name);

    if (!json_is_string(j)) {
        return false;
    }

    *s = gw_str_make(json_string_value(j), json_string_length(j));

    return true;
}


static int
template_plain(template_t *t, const json_t *content, const char *name)
{
    gw_str_t  s;

    t->part = name;

    return template_member(content, name, &s)
           ? template_liquid(t, s, GW_LIQUID_PLAIN, false, true) : GW_OK;
}


static int
template_text(void *arg, json_t *text, const char *pointer)
{
    int          rc;
    template_t  *t = arg;

    t->at = pointer;
    rc = template_liquid(t, gw_str_make(json_string_value(text),
                                        json_string_length(text)),
                         GW_LIQUID_PLAIN, false, true);
    t->at = NULL;

    return rc;
}


/* The count of an SMS as far as it is known; null of another channel. */
static json_t *
template_sms(template_t *t, const json_t *content)
{
    json_t    *sms;
    gw_str_t   text;

    if (!template_member(content, "text", &text)) {
        return json_null();
    }

    gw_buf_reset(&t->out);
    gw_content_literal(text, "", &t->out);
    sms = gw_sms_json(gw_buf_view(&t->out));

    if (json_object_set_new(sms, "exact", json_boolean(t->out.len == text.len))
        != 0)
    {
        json_decref(sms);
        return NULL;
    }

    return sms;
}


/* What is no mail: its channel and count into compiled. */
static int
template_other(template_t *t, json_t *content, json_t *compiled)
{
    int      rc;
    json_t  *made;

    t->part = "content";
    rc = gw_content_check(content, t->allow, t->err);
    rc = rc == GW_OK ? gw_content_texts(content, template_text, t) : rc;

    if (rc == GW_EFULL) {
        return template_said(t, "it has more than 200 texts, or they lie too "
                             "deep");
    }

    if (rc != GW_OK) {
        return rc;
    }

    made = json_pack("{s:s, s:o}", "channel", gw_content_channel(content),
                     "sms", template_sms(t, content));

    return made != NULL && json_object_set_new(compiled, "content", made) == 0
           ? GW_OK : GW_ENOMEM;
}


/* {"subject","html","text"}: html_tracked and text_derived into compiled */
static int
template_content(template_t *t, const json_t *content, json_t *compiled)
{
    int       rc;
    json_t   *other;
    gw_str_t  html;

    other = json_object_get(content, "content");
    if (other != NULL && !json_is_null(other)) {
        return template_other(t, other, compiled);
    }

    rc = template_plain(t, content, "subject");
    rc = rc == GW_OK ? template_plain(t, content, "text") : rc;

    t->part = rc == GW_OK ? "html" : t->part;

    if (rc != GW_OK || !template_member(content, "html", &html)) {
        return rc;
    }

    rc = template_liquid(t, html, GW_LIQUID_HTML, false, true);
    rc = rc == GW_OK ? template_tracked(t, html, compiled) : rc;

    return rc == GW_OK ? template_derived(t, html, compiled) : rc;
}


/* {LOCALE: content}: {LOCALE: what is made of it} */
static int
template_variants(template_t *t, json_t *variants, json_t *compiled)
{
    int      rc;
    json_t  *content, *made;

    rc = GW_OK;

    json_object_foreach(variants, t->locale, content) {
        made = json_object();

        if (made == NULL
            || json_object_set_new(compiled, t->locale, made) != 0)
        {
            return GW_ENOMEM;
        }

        rc = template_content(t, content, made);
        if (rc != GW_OK) {
            break;
        }
    }

    return rc;
}


/* [{"name",content}]: [what is made of it] */
static int
template_arms(template_t *t, json_t *arms, json_t *compiled)
{
    int      rc;
    size_t   i;
    json_t  *arm, *made;

    rc = GW_OK;
    t->locale = NULL;

    json_array_foreach(arms, i, arm) {
        made = json_object();
        t->arm = json_string_value(json_object_get(arm, "name"));

        if (made == NULL || json_array_append_new(compiled, made) != 0) {
            return GW_ENOMEM;
        }

        rc = template_content(t, arm, made);
        if (rc != GW_OK) {
            break;
        }
    }

    return rc;
}


static int
template_body(template_t *t, json_t *body, json_t *compiled,
    const char **field)
{
    int      rc;
    json_t  *arms;

    rc = template_content(t, body, compiled);
    *field = t->part;

    if (rc == GW_OK) {
        *field = "variants";
        rc = template_variants(t, json_object_get(body, "variants"),
                               json_object_get(compiled, "variants"));
    }

    if (rc == GW_OK) {
        *field = "experiment";
        arms = json_object_get(json_object_get(body, *field), "variants");
        rc = template_arms(t, arms, json_object_get(compiled, "arms"));
    }

    return rc;
}


int
gw_template_compile(json_t *body, const gw_nets_t *allow, const char **field,
    gw_buf_t *err)
{
    int          rc;
    json_t      *compiled;
    template_t   t;

    if (json_object_get(body, "_compiled") != NULL) {
        *field = "_compiled";
        gw_buf_cstr(err, "_compiled is made by the server; leave it out");
        return GW_EINVAL;
    }

    compiled = json_pack("{s:[], s:[], s:{}, s:[], s:[], s:[]}", "links",
                         "calls", "variants", "arms", "lint", "names");
    if (compiled == NULL) {
        return GW_ENOMEM;
    }

    memset(&t, 0, sizeof(t));
    t.links = json_object_get(compiled, "links");
    t.calls = json_object_get(compiled, "calls");
    t.err = err;
    t.allow = allow;
    gw_buf_init(&t.out, TEMPLATE_MAX);

    rc = gw_lint_create(&t.lint, json_object_get(compiled, "lint"),
                        json_object_get(compiled, "names"));
    rc = rc == GW_OK ? template_body(&t, body, compiled, field) : rc;

    if (rc == GW_OK && json_object_set(body, "_compiled", compiled) != 0) {
        rc = GW_ENOMEM;
    }

    gw_lint_free(t.lint);
    gw_buf_free(&t.out);
    json_decref(compiled);

    return rc;
}
