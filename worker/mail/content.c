/* The content of a campaign: its templates, variants by locale, arms. */
#include "worker/mail/content.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_snippets.h"
#include "worker/campaign/channel.h"


int
content_sender(campaign_t *c, gw_buf_t *why)
{
    size_t       i;
    gw_str_t     domain;
    const char  *what;

    what = "it has no address";
    if (mime_split(c->from, &c->from_name, &c->from_address) != GW_OK
        || mime_check(c->from_address, &c->utf8, &what) != GW_OK)
    {
        gw_buf_fmt(why, "its sender \"%.200s\": %s", (char *) c->from.data,
                   what);
        return GW_EINVAL;
    }

    (void) snprintf(c->address, sizeof(c->address), "%.*s",
                    (int) c->from_address.len, c->from_address.data);
    domain = mime_domain(c->from_address);
    for (i = 0; i < domain.len && i + 1 < sizeof(c->domain); i++) {
        c->domain[i] = (char) tolower(domain.data[i]);
    }

    return GW_OK;
}


static int
content_compile(gw_liquid_t **out, const content_t *content, const char *part,
    const char *source, int escape, const json_t *snippets, gw_buf_t *why)
{
    int                  rc;
    gw_snippets_t        s;
    gw_liquid_error_t    err;
    gw_liquid_options_t  opt = { 0 };

    s.snippets = snippets;
    s.part = escape == GW_LIQUID_HTML ? "html" : "text";
    opt.strict = true;
    opt.escape = escape;
    opt.links = true;
    opt.coded = true;
    opt.partial = gw_snippets_partial;
    opt.partial_arg = &s;

    rc = source == NULL ? GW_ECORRUPT
         : gw_liquid_compile(out, gw_str_of(source), &opt, &err);
    if (rc != GW_OK) {
        gw_buf_fmt(why, "the template's %s%s%s, line %u: %s", part,
                   *content->locale ? " of " : "", content->locale,
                   rc == GW_EINVAL ? err.line : 0,
                   rc == GW_EINVAL ? err.message : gw_strerror(rc));
    }

    return rc;
}


static int
content_make(content_t *c, const char *subject, const char *html,
    const char *text, const json_t *snippets, gw_buf_t *why)
{
    int  rc;

    rc = content_compile(&c->subject, c, "subject", subject, GW_LIQUID_PLAIN,
                         snippets, why);
    rc = rc == GW_OK ? content_compile(&c->html, c, "html", html,
                                       GW_LIQUID_HTML, snippets, why) : rc;
    return rc == GW_OK ? content_compile(&c->text, c, "text", text,
                                         GW_LIQUID_PLAIN, snippets, why) : rc;
}


static const char *
content_member(const json_t *variant, const char *name)
{
    return json_string_value(json_object_get(variant, name));
}


/* The variants behind the content of c. */
static int
content_variants(campaign_t *c, json_t *variants, const json_t *snippets,
    gw_buf_t *why)
{
    int          rc;
    json_t      *j;
    content_t   *v;
    const char  *locale, *text;

    rc = GW_OK;
    json_object_foreach(variants, locale, j) {
        v = calloc(1, sizeof(content_t));
        if (v == NULL) {
            return GW_ENOMEM;
        }

        v->next = c->content.next;
        c->content.next = v;
        (void) snprintf(v->locale, sizeof(v->locale), "%s", locale);
        text = content_member(j, "text");
        rc = content_make(v, content_member(j, "subject"),
                          content_member(j, "html_tracked"), text != NULL
                          ? text : content_member(j, "text_derived"),
                          snippets, why);
        if (rc != GW_OK) {
            break;
        }
    }

    return rc;
}


static const char *
content_or(const char *own, const char *other)
{
    return own != NULL ? own : other;
}


/*
 * The arms of its experiment behind the content of c, whose words stand in res;
 * the first is that itself.
 */
static int
content_arms(campaign_t *c, const PGresult *res, const json_t *arms,
    const json_t *snippets, gw_buf_t *why)
{
    int          rc;
    size_t       i;
    json_t      *j;
    content_t   *v;
    const char  *text, *name;

    rc = GW_OK;
    for (i = 1; rc == GW_OK && i < json_array_size(arms); i++) {
        v = calloc(1, sizeof(content_t));
        if (v == NULL) {
            return GW_ENOMEM;
        }

        v->next = c->content.next;
        c->content.next = v;
        v->arm = (int) i;
        (void) snprintf(v->locale, sizeof(v->locale), "%s",
                        PQgetvalue(res, 0, LOAD_LOCALE));

        j = json_array_get(arms, i);
        name = content_member(j, "from_name");
        if (name != NULL && (v->from_name = strdup(name)) == NULL) {
            return GW_ENOMEM;
        }

        text = content_member(j, "html_tracked") == NULL
               ? PQgetvalue(res, 0, LOAD_TEXT)
               : content_or(content_member(j, "text"),
                            content_member(j, "text_derived"));
        rc = content_make(v, content_or(content_member(j, "subject"),
                                        PQgetvalue(res, 0, LOAD_SUBJECT)),
                          content_or(content_member(j, "html_tracked"),
                                     PQgetvalue(res, 0, LOAD_HTML)),
                          text, snippets, why);
    }

    return rc;
}


int
content_load(campaign_t *c, const PGresult *res, gw_buf_t *why)
{
    int      rc;
    json_t  *variants, *snippets, *arms;

    variants = json_loads(PQgetvalue(res, 0, LOAD_VARIANTS), 0, NULL);
    arms = json_loads(PQgetvalue(res, 0, LOAD_ARMS), 0, NULL);
    snippets = json_loads(PQgetvalue(res, 0, LOAD_SNIPPETS), 0, NULL);
    rc = GW_ENOMEM;

    if (variants != NULL && snippets != NULL && arms != NULL) {
        rc = content_make(&c->content, PQgetvalue(res, 0, LOAD_SUBJECT),
                          PQgetvalue(res, 0, LOAD_HTML),
                          PQgetvalue(res, 0, LOAD_TEXT), snippets, why);
        rc = rc == GW_OK ? content_variants(c, variants, snippets, why) : rc;
        rc = rc == GW_OK ? content_arms(c, res, arms, snippets, why) : rc;
        (void) snprintf(c->content.locale, sizeof(c->content.locale), "%s",
                        PQgetvalue(res, 0, LOAD_LOCALE));
    }

    json_decref(variants);
    json_decref(snippets);
    json_decref(arms);
    return rc;
}
