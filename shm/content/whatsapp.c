/*
 * A message template as WhatsApp approves them: its name, language, category,
 * its components, and for each placeholder {{1}} or {{name}} of theirs a
 * parameter in Liquid. What is approved can not be sent otherwise, so that all
 * of it is judged when it is saved.
 */
#include "shm/content/content.h"

#include <stdio.h>

#define WHATSAPP_PLACES   20            /* placeholders of a text           */
#define WHATSAPP_BUTTONS  10
#define WHATSAPP_NAME     40            /* bytes of a placeholder's name    */

/* The placeholders of a text: {{1}} to {{n}}, or names. */
typedef struct {
    unsigned  n;
    bool      named;
    char      name[WHATSAPP_PLACES][WHATSAPP_NAME];
} whatsapp_places_t;

static const char *const  whatsapp_categories[] = {
    "marketing", "utility", "authentication", NULL
};

static const char *const  whatsapp_types[] = {
    "header", "body", "footer", "buttons", NULL
};

static const char *const  whatsapp_formats[] = {
    "text", "image", "video", "document", NULL
};

static const char *const  whatsapp_buttons[] = {
    "quick_reply", "url", "phone_number", "copy_code", NULL
};


/* 1 to max bytes of a-z, 0-9 and _. */
static bool
whatsapp_is_name(gw_str_t s, size_t max)
{
    size_t  i;

    for (i = 0; i < s.len && ((s.data[i] >= 'a' && s.data[i] <= 'z')
                              || (s.data[i] >= '0' && s.data[i] <= '9')
                              || s.data[i] == '_'); i++)
    {
        /* void */
    }

    return s.len > 0 && i == s.len && s.len <= max;
}


/* en, en_US, fil */
static bool
whatsapp_is_language(gw_str_t s)
{
    size_t  n, i;

    for (n = 0; n < s.len && s.data[n] >= 'a' && s.data[n] <= 'z'; n++) {
        /* void */
    }

    if (n < 2 || n > 3) {
        return false;
    }

    for (i = n + 1; i < s.len && s.data[i] >= 'A' && s.data[i] <= 'Z'; i++) {
        /* void */
    }

    return s.len == n
           || (s.data[n] == '_' && i == s.len && s.len - n >= 3
               && s.len - n <= 4);
}


/* The next {{name}} from *at on; its name without blanks; false: none. */
static bool
whatsapp_next(gw_str_t s, size_t *at, gw_str_t *name)
{
    size_t  from, to;

    for (from = *at; from + 1 < s.len; from++) {
        if (s.data[from] == '{' && s.data[from + 1] == '{') {
            break;
        }
    }

    for (to = from + 2; to + 1 < s.len; to++) {
        if (s.data[to] == '}' && s.data[to + 1] == '}') {
            *at = to + 2;
            *name = gw_str_trim(gw_str_make(s.data + from + 2, to - from - 2),
                                " ");
            return true;
        }
    }

    return false;
}


static int
whatsapp_places(content_t *c, const char *place, gw_str_t text,
    whatsapp_places_t *p)
{
    bool        named;
    size_t      at;
    unsigned    i;
    gw_str_t    name;
    long long   number;

    memset(p, 0, sizeof(*p));
    for (at = 0; whatsapp_next(text, &at, &name); ) {
        if (!whatsapp_is_name(name, WHATSAPP_NAME - 1)) {
            return content_wrong(c, place, "\"%.*s\" is no placeholder like "
                                 "{{1}} or {{first_name}}; Liquid stands in "
                                 "\"parameters\"", (int) (name.len < 40
                                 ? name.len : 40), name.data);
        }

        for (i = 0; i < p->n && !gw_str_is(name, p->name[i]); i++) {
            /* void */
        }
        if (i < p->n) {
            continue;
        }

        if (p->n == WHATSAPP_PLACES) {
            return content_wrong(c, place, "it has more than %d placeholders",
                                 WHATSAPP_PLACES);
        }

        named = gw_str_int(name, 1, WHATSAPP_PLACES, &number) != GW_OK;
        if (p->n > 0 && p->named != named) {
            return content_wrong(c, place, "its placeholders are numbers or "
                                 "names, not both");
        }
        if (!named && number != (long long) p->n + 1) {
            return content_wrong(c, place, "its placeholders are not {{1}}, "
                                 "{{2}} and so on in their order");
        }
        p->named = named;
        (void) snprintf(p->name[p->n++], WHATSAPP_NAME, "%.*s",
                        (int) name.len, name.data);
    }

    return GW_OK;
}


/* A parameter for each: an array of texts, or an object of them by name. */
static int
whatsapp_given(content_t *c, const json_t *content, const char *part,
    const whatsapp_places_t *p)
{
    char           place[40];
    size_t         n;
    unsigned       i;
    const json_t  *given, *v;

    (void) snprintf(place, sizeof(place), "/parameters/%s", part);
    given = json_object_get(json_object_get(content, "parameters"), part);
    n = json_is_object(given) ? json_object_size(given)
                              : json_array_size(given);

    if (n != p->n || (n > 0 && p->named != json_is_object(given))) {
        return content_wrong(c, place, "%u parameters are needed, as %s, one "
                             "for each placeholder of its %s", p->n,
                             p->named ? "an object by their names"
                                      : "a list of texts", part);
    }

    for (i = 0; i < p->n; i++) {
        v = p->named ? json_object_get(given, p->name[i])
                     : json_array_get(given, i);
        if (!json_is_string(v) || json_string_length(v) == 0) {
            return content_wrong(c, place, "there is no text for {{%s}}",
                                 p->name[i]);
        }
    }

    return GW_OK;
}


/* A header of a picture or the like: its link is the one parameter. */
static int
whatsapp_media(content_t *c, const json_t *content, const json_t *component,
    const char *place)
{
    whatsapp_places_t  one = { .n = 1, .name = { "1" } };

    return json_object_get(component, "text") != NULL
           ? content_wrong(c, place, "a header that is no text has no "
                           "\"text\"; its link is the parameter")
           : whatsapp_given(c, content, "header", &one);
}


static int
whatsapp_header(content_t *c, const json_t *content, const json_t *component,
    const char *place)
{
    int                rc, format;
    gw_str_t           text;
    whatsapp_places_t  p;

    static const char *const  members[] = { "type", "format", "text", NULL };

    format = 0;
    rc = content_members(c, component, place, members);
    if (rc == GW_OK && json_object_get(component, "format") != NULL) {
        rc = content_word(c, component, place, "format", whatsapp_formats,
                          &format);
    }

    if (rc != GW_OK || format > 0) {
        return rc != GW_OK ? rc : whatsapp_media(c, content, component, place);
    }

    rc = content_text(c, component, place, "text", 60, true, &text);
    rc = rc == GW_OK ? whatsapp_places(c, place, text, &p) : rc;
    if (rc == GW_OK && p.n > 1) {
        return content_wrong(c, place, "a header has one placeholder at most");
    }

    return rc == GW_OK ? whatsapp_given(c, content, "header", &p) : rc;
}


static int
whatsapp_body(content_t *c, const json_t *content, const json_t *component,
    const char *place)
{
    int                rc;
    gw_str_t           text;
    whatsapp_places_t  p;

    static const char *const  members[] = { "type", "text", NULL };

    rc = content_members(c, component, place, members);
    rc = rc == GW_OK ? content_text(c, component, place, "text", 1024, true,
                                    &text) : rc;
    rc = rc == GW_OK ? whatsapp_places(c, place, text, &p) : rc;

    return rc == GW_OK ? whatsapp_given(c, content, "body", &p) : rc;
}


static int
whatsapp_footer(content_t *c, const json_t *content, const json_t *component,
    const char *place)
{
    int                rc;
    gw_str_t           text;
    whatsapp_places_t  p;

    static const char *const  members[] = { "type", "text", NULL };

    rc = content_members(c, component, place, members);
    rc = rc == GW_OK ? content_text(c, component, place, "text", 60, true,
                                    &text) : rc;
    rc = rc == GW_OK ? whatsapp_places(c, place, text, &p) : rc;

    return rc == GW_OK && p.n > 0
           ? content_wrong(c, place, "a footer has no placeholders") : rc;
}


/* One button; *places: of its URL or code, as it needs a parameter. */
static int
whatsapp_button(content_t *c, const json_t *button, const char *place,
    unsigned *places)
{
    int                rc, type;
    gw_str_t           text, value;
    whatsapp_places_t  p;

    static const char *const  members[] = {
        "type", "text", "url", "phone_number", NULL
    };

    memset(&p, 0, sizeof(p));
    rc = content_members(c, button, place, members);
    rc = rc == GW_OK ? content_word(c, button, place, "type", whatsapp_buttons,
                                    &type) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    *places = type == 3;                /* the code itself */
    rc = content_text(c, button, place, "text", 25, type != 3, &text);

    if (rc == GW_OK && type == 1) {
        rc = content_text(c, button, place, "url", 2000, true, &value);
        rc = rc == GW_OK ? whatsapp_places(c, place, value, &p) : rc;
        *places = p.n;
        if (rc == GW_OK
            && (value.len < 9 || memcmp(value.data, "https://", 8) != 0
                || p.n > 1
                || (p.n == 1 && value.data[value.len - 1] != '}')))
        {
            return content_wrong(c, place, "its url is not one of https with "
                                 "at most one placeholder, at its end");
        }
    }

    if (rc == GW_OK && type == 2) {
        rc = content_text(c, button, place, "phone_number", 20, true, &value);
        if (rc == GW_OK && (value.data[0] != '+' || value.len < 8)) {
            return content_wrong(c, place, "its phone_number is not one like "
                                 "+4930123456");
        }
    }

    return rc;
}


static int
whatsapp_buttons_all(content_t *c, const json_t *content,
    const json_t *component, const char *place)
{
    int                rc;
    char               at[60];
    size_t             i;
    unsigned           places;
    json_t            *button, *list;
    whatsapp_places_t  p;

    static const char *const  members[] = { "type", "buttons", NULL };

    memset(&p, 0, sizeof(p));
    list = json_object_get(component, "buttons");
    rc = content_members(c, component, place, members);
    if (rc == GW_OK && (json_array_size(list) == 0
                        || json_array_size(list) > WHATSAPP_BUTTONS))
    {
        return content_wrong(c, place, "\"buttons\" is not a list of 1 to %d",
                             WHATSAPP_BUTTONS);
    }

    json_array_foreach(list, i, button) {
        places = 0;
        (void) snprintf(at, sizeof(at), "%s/buttons/%zu", place, i);
        rc = rc == GW_OK ? whatsapp_button(c, button, at, &places) : rc;
        if (places > 0) {               /* told by its number among them */
            p.named = true;
            (void) snprintf(p.name[p.n++], WHATSAPP_NAME, "%zu", i);
        }
    }

    return rc == GW_OK ? whatsapp_given(c, content, "buttons", &p) : rc;
}


/* Components in their order, each once, with what is needed for each. */
static int
whatsapp_components(content_t *c, const json_t *content)
{
    int      rc, type, least;
    char     place[40];
    size_t   i;
    bool     body;
    json_t  *list, *item;

    static int (*const  checks[])(content_t *, const json_t *, const json_t *,
                                  const char *) = {
        whatsapp_header, whatsapp_body, whatsapp_footer, whatsapp_buttons_all
    };

    list = json_object_get(content, "components");
    least = 0;
    body = false;

    json_array_foreach(list, i, item) {
        (void) snprintf(place, sizeof(place), "/components/%zu", i);
        rc = content_word(c, item, place, "type", whatsapp_types, &type);
        rc = rc == GW_OK ? checks[type](c, content, item, place) : rc;
        if (rc != GW_OK) {
            return rc;
        }
        if (type < least) {
            return content_wrong(c, place, "components are header, body, "
                                 "footer, buttons, in this order, each once");
        }
        least = type + 1;
        body |= type == 1;
    }

    return body ? GW_OK : content_wrong(c, "/components", "it is not a list "
                                        "in which there is a body");
}


/* Parameters of components that are not there. */
static int
whatsapp_left(content_t *c, const json_t *content)
{
    size_t       i;
    json_t      *item, *v;
    const char  *name;

    static const char *const  members[] = {
        "header", "body", "buttons", NULL
    };

    v = json_object_get(content, "parameters");
    if (v == NULL) {
        return GW_OK;
    }

    if (content_members(c, v, "/parameters", members) != GW_OK) {
        return GW_EINVAL;
    }

    json_object_foreach(v, name, item) {
        json_array_foreach(json_object_get(content, "components"), i, item) {
            if (strcmp(name, json_string_value(json_object_get(item, "type")))
                == 0)
            {
                break;
            }
        }
        if (i == json_array_size(json_object_get(content, "components"))) {
            return content_wrong(c, "/parameters", "there is no component %s",
                                 name);
        }
    }

    return GW_OK;
}


int
content_whatsapp(content_t *c, const json_t *content)
{
    int       rc, category;
    gw_str_t  name, language;

    static const char *const  members[] = {
        "name", "language", "category", "components", "parameters", NULL
    };

    rc = content_members(c, content, "", members);
    rc = rc == GW_OK ? content_text(c, content, "", "name", 512, true, &name)
                     : rc;
    if (rc == GW_OK && !whatsapp_is_name(name, 512)) {
        return content_wrong(c, "/name", "it is not a name of a-z, 0-9 and _");
    }

    rc = rc == GW_OK ? content_text(c, content, "", "language", 7, true,
                                    &language) : rc;
    if (rc == GW_OK && !whatsapp_is_language(language)) {
        return content_wrong(c, "/language", "it is no language like en or "
                             "en_US");
    }

    rc = rc == GW_OK ? content_word(c, content, "", "category",
                                    whatsapp_categories, &category) : rc;
    rc = rc == GW_OK ? whatsapp_components(c, content) : rc;

    return rc == GW_OK ? whatsapp_left(c, content) : rc;
}
