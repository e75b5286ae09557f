/* Lint: what is noted, where it stands, and the rules of whole parts. */
#include "shm/lint/lint.h"

#include <stdlib.h>

#include "shm/gw_links.h"

#define LINT_LINK_BYTES  60     /* that tracking adds to a link, about       */


int
gw_lint_create(gw_lint_t **lint, json_t *found, json_t *names)
{
    gw_lint_t  *l;

    l = calloc(1, sizeof(gw_lint_t));
    if (l == NULL) {
        return GW_ENOMEM;
    }

    l->found = found;
    l->names = names;
    l->html.event = lint_event;
    l->html.arg = l;
    *lint = l;
    return GW_OK;
}


void
gw_lint_free(gw_lint_t *lint)
{
    if (lint != NULL) {
        json_decref(lint->seen);
        free(lint);
    }
}


gw_liquid_html_t *
gw_lint_begin(gw_lint_t *lint, const gw_lint_place_t *place, gw_str_t source)
{
    json_decref(lint->seen);
    lint->seen = json_object();
    lint->failed |= lint->seen == NULL;
    lint->place = *place;
    lint->source = source;
    lint->n_found = lint->n_names = 0;
    lint->at = 0;
    lint->line = lint->column = 1;

    lint->leaves = lint->alt = false;
    lint->links = lint->depth = lint->pairs = 0;
    lint->name = lint->value = NULL;
    lint->href.data = lint->src.data = lint->style.data = NULL;
    lint->bgcolor.data = lint->color.data = NULL;

    return &lint->html;
}


/* Places come in order but for a few, so that each byte is counted once. */
static void
lint_find(gw_lint_t *l, size_t at)
{
    if (at < l->at) {
        l->at = 0;
        l->line = l->column = 1;
    }

    for ( /* void */ ; l->at < at && l->at < l->source.len; l->at++) {
        if (l->source.data[l->at] == '\n') {
            l->line++;
            l->column = 1;
        } else if ((l->source.data[l->at] & 0xc0) != 0x80) {
            l->column++;
        }
    }
}


/* what (stolen) with its place to an array */
static void
lint_add(gw_lint_t *l, json_t *to, json_t *what, size_t at)
{
    json_t  *place;

    lint_find(l, at);
    place = json_pack("{s:s, s:s*, s:s*, s:i, s:i}", "field", l->place.field,
                      "locale", l->place.locale, "arm", l->place.arm,
                      "line", (int) l->line, "column", (int) l->column);

    l->failed |= place == NULL || what == NULL
                 || json_object_update(what, place) != 0
                 || json_array_append(to, what) != 0;
    json_decref(place);
    json_decref(what);
}


void
lint_note(gw_lint_t *l, const char *rule, const char *severity, size_t at,
    const char *message)
{
    if (l->n_found++ < GW_LINT_MOST) {
        lint_add(l, l->found, json_pack("{s:s, s:s, s:s}", "rule", rule,
                                        "severity", severity, "message",
                                        message), at);
    }
}


/* Each variable once, where it stands first. */
static int
lint_named(void *arg, const gw_liquid_name_t *name)
{
    char        key[256];
    json_t     *parts, *part;
    unsigned    i;
    gw_buf_t    b;
    gw_lint_t  *l = arg;

    l->leaves |= gw_str_is(name->part[0], "unsubscribe_url")
                 || gw_str_is(name->part[0], "preferences_url");

    parts = json_array();
    gw_buf_fixed(&b, key, sizeof(key) - 1);
    gw_buf_char(&b, name->safe ? '+' : '-');

    for (i = 0; i < name->parts; i++) {
        part = json_stringn((char *) name->part[i].data, name->part[i].len);
        l->failed |= json_array_append_new(parts, part) != 0;
        gw_buf_char(&b, '.');
        gw_buf_str(&b, name->part[i]);
    }

    /* one whose name is that long is told each time */
    if (!b.failed) {
        if (json_object_getn(l->seen, (char *) b.data, b.len) != NULL) {
            json_decref(parts);
            return GW_OK;
        }
        l->failed |= json_object_setn_new(l->seen, (char *) b.data, b.len,
                                          json_true()) != 0;
    }

    if (l->n_names++ < GW_LINT_MOST) {
        lint_add(l, l->names, json_pack("{s:O, s:b}", "name", parts, "safe",
                                        (int) name->safe), name->at);
    }

    json_decref(parts);
    return l->failed ? GW_ENOMEM : GW_OK;
}


/* A subject: what of it is no Liquid. */
static void
lint_subject(gw_lint_t *l)
{
    size_t                n;
    unsigned              none;
    const unsigned char  *p, *end, *behind;

    n = none = 0;
    end = l->source.data + l->source.len;

    for (p = l->source.data; p < end; p = behind != NULL ? behind : p + 1) {
        behind = gw_links_liquid(p, end, &none);
        n += behind == NULL && (*p & 0xc0) != 0x80;
    }

    if (n > LINT_SUBJECT) {
        lint_note(l, "subject_long", "warning", 0, "it has more than 70 "
                  "characters beside its variables, and most lists of mail "
                  "show no more than these; shorten it");
    }
}


static void
lint_page(gw_lint_t *l)
{
    json_t      *weight;
    json_int_t   bytes;

    if (!l->leaves) {
        lint_note(l, "unsubscribe_missing", "error", 0, "no link leads out of "
                  "it; add <a href=\"{{ unsubscribe_url }}\"> or one to {{ "
                  "preferences_url }}");
    }

    if (l->links > LINT_LINKS) {
        lint_note(l, "links_many", "warning", 0, "it has more than 100 links, "
                  "which filters take for spam; leave out what few would "
                  "follow");
    }

    bytes = (json_int_t) l->source.len;
    bytes += (json_int_t) l->links * LINT_LINK_BYTES;
    weight = json_pack("{s:s, s:I}", "rule", "weight", "bytes", bytes);
    lint_add(l, l->found, weight, 0);
}


int
gw_lint_end(gw_lint_t *lint, const gw_liquid_t *program)
{
    int  rc;

    rc = gw_liquid_names(program, lint_named, lint);

    if (rc == GW_OK && strcmp(lint->place.field, "subject") == 0) {
        lint_subject(lint);
    } else if (rc == GW_OK && strcmp(lint->place.field, "html") == 0) {
        lint_page(lint);
    }

    return rc == GW_OK && lint->failed ? GW_ENOMEM : rc;
}
