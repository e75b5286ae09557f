/* Content of campaigns that are no mail: compiled, rendered. */
#include "worker/campaign/texts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_content.h"
#include "shm/gw_snippets.h"
#include "shm/gw_utf8.h"
#include "worker/campaign/channel.h"
#include "worker/campaign/person.h"

/* A walk through the texts of one content. */
typedef struct {
    content_t            *content;
    const json_t         *snippets;
    gw_buf_t             *why;      /* compiling                            */
    mail_t               *mail;     /* rendering                            */
    person_t             *person;
    item_t               *item;
    gw_liquid_context_t   ctx;
    unsigned              n;
} texts_walk_t;


static int
texts_compile(void *arg, json_t *text, const char *pointer)
{
    int                  rc;
    content_t           *c;
    gw_snippets_t        s;
    texts_walk_t        *w = arg;
    gw_liquid_error_t    err;
    gw_liquid_options_t  opt = { 0 };

    c = w->content;
    s.snippets = w->snippets;
    s.part = "text";
    opt.strict = true;
    opt.escape = GW_LIQUID_PLAIN;
    opt.partial = gw_snippets_partial;
    opt.partial_arg = &s;

    rc = gw_liquid_compile(&c->part[c->parts],
                           gw_str_make(json_string_value(text),
                                       json_string_length(text)), &opt, &err);
    if (rc != GW_OK) {
        gw_buf_fmt(w->why, "the template's content%s%s at %s, line %u: %s",
                   *c->locale ? " of " : "", c->locale, pointer,
                   rc == GW_EINVAL ? err.line : 0,
                   rc == GW_EINVAL ? err.message : gw_strerror(rc));
        return rc;
    }

    c->parts++;
    return GW_OK;
}


/* Takes over doc. */
static int
texts_make(content_t *c, json_t *doc, const json_t *snippets, gw_buf_t *why)
{
    texts_walk_t  w = { .content = c, .snippets = snippets, .why = why };

    c->doc = doc;
    c->part = calloc(GW_CONTENT_TEXTS, sizeof(gw_liquid_t *));
    if (doc == NULL || c->part == NULL) {
        return GW_ENOMEM;
    }

    return gw_content_texts(doc, texts_compile, &w);
}


/* Each has {"content": {"doc"}}. */
static int
texts_variants(campaign_t *c, json_t *variants, const json_t *snippets,
    gw_buf_t *why)
{
    int          rc;
    json_t      *j;
    content_t   *v;
    const char  *locale;

    rc = GW_OK;
    json_object_foreach(variants, locale, j) {
        v = calloc(1, sizeof(content_t));
        if (v == NULL) {
            return GW_ENOMEM;
        }

        v->next = c->content.next;
        c->content.next = v;
        (void) snprintf(v->locale, sizeof(v->locale), "%s", locale);
        j = json_object_get(json_object_get(j, "content"), "doc");
        rc = texts_make(v, json_incref(j), snippets, why);
        if (rc != GW_OK) {
            break;
        }
    }

    return rc;
}


int
texts_load(campaign_t *c, const PGresult *res, gw_buf_t *why)
{
    int      rc;
    json_t  *variants, *snippets;

    variants = json_loads(PQgetvalue(res, 0, LOAD_VARIANTS), 0, NULL);
    snippets = json_loads(PQgetvalue(res, 0, LOAD_SNIPPETS), 0, NULL);
    rc = GW_ENOMEM;

    if (variants != NULL && snippets != NULL) {
        (void) snprintf(c->content.locale, sizeof(c->content.locale), "%s",
                        PQgetvalue(res, 0, LOAD_LOCALE));
        rc = texts_make(&c->content, json_loads(PQgetvalue(res, 0,
                        LOAD_CONTENT), 0, NULL), snippets, why);
        rc = rc == GW_OK ? texts_variants(c, variants, snippets, why) : rc;
    }

    json_decref(variants);
    json_decref(snippets);
    return rc;
}


/* A text of the copy becomes what it makes. */
static int
texts_text(void *arg, json_t *text, const char *pointer)
{
    int                 rc;
    mail_t             *m;
    texts_walk_t       *w = arg;
    gw_liquid_error_t   err;

    m = w->mail;
    gw_buf_reset(&m->text);
    rc = gw_liquid_render(w->content->part[w->n++], m->liquid, w->person->data,
                          &w->ctx, &m->text, &err);
    if (rc != GW_OK) {
        (void) snprintf(w->item->reason, sizeof(w->item->reason),
                        "%.40s, line %u: %.70s", pointer, err.line,
                        err.message);
        return GW_EINVAL;
    }

    return json_string_setn(text, m->text.len > 0 ? (char *) m->text.data : "",
                            m->text.len) == 0 ? GW_OK : GW_EINVAL;
}


int
texts_render(mail_t *m, item_t *i, json_t **made)
{
    int              rc;
    char             mem[400];
    json_t          *doc;
    gw_buf_t         why;
    person_t         p;
    texts_walk_t     w = { .mail = m, .person = &p, .item = i };
    const content_t *c;

    person_init(&p, m, i);
    c = content_for(i->campaign, person_locale(&p), 0);
    w.content = (content_t *) c;
    w.ctx.locale = gw_str_of(c->locale);
    w.ctx.now_us = gw_clock_us();
    w.ctx.max_cpu = GW_LIQUID_CPU;
    w.ctx.find = person_find;
    w.ctx.find_arg = &p;

    doc = json_deep_copy(c->doc);
    if (doc == NULL) {
        return GW_ENOMEM;
    }

    rc = gw_content_texts(doc, texts_text, &w);
    if (rc == GW_OK) {
        gw_buf_fixed(&why, mem, sizeof(mem) - 1);
        rc = gw_content_made(doc, &why);
        if (rc != GW_OK) {
            (void) snprintf(i->reason, sizeof(i->reason), "%.120s",
                            gw_buf_c(&why));
        }
    }

    if (rc != GW_OK) {
        if (i->reason[0] == '\0') {
            (void) snprintf(i->reason, sizeof(i->reason),
                            "a text of it is not UTF-8");
        }
        gw_utf8_mend((unsigned char *) i->reason, strlen(i->reason));
        json_decref(doc);
        return GW_EINVAL;
    }

    *made = doc;
    return GW_OK;
}
