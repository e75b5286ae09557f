/* Content that is no mail: which channel it is of, and the Liquid in it. */
#include "shm/content/content.h"

#include <stdarg.h>
#include <stdio.h>

#include "shm/gw_links.h"
#include "shm/gw_utf8.h"

#define CONTENT_SMS    5000             /* characters of Liquid      */
#define CONTENT_BYTES  (64 * 1024)
#define CONTENT_DEPTH  32               /* of a webhook's body       */
#define CONTENT_PLACE  200              /* bytes of a pointer, about */

/* A channel is known by its first member; these hold Liquid. */
static const struct {
    const char  *channel;
    const char  *members[3];
    const char  *liquid[4];
} content_channels[] = {
    { "sms", { "text" }, { "text" } },
    { "whatsapp", { "components", "language" }, { "parameters" } },
    { "webhook", { "url", "method" }, { "url", "headers", "body" } }
};

#define CONTENT_CHANNELS                                                      \
    (sizeof(content_channels) / sizeof(content_channels[0]))

typedef struct {
    gw_content_text_pt   text;
    void                *arg;
    char                 pointer[CONTENT_PLACE];
    unsigned             n;
} content_walk_t;


int
content_wrong(content_t *c, const char *place, const char *fmt, ...)
{
    int      n;
    char     text[300];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (n > 0) {                        /* a name may have been cut */
        gw_utf8_mend(text, strlen(text));
    }

    gw_buf_reset(c->err);
    gw_buf_fmt(c->err, "\"content\"%s%s: %s", *place != '\0' ? " at " : "",
               place, text);
    return GW_EINVAL;
}


static bool
content_is_one(const char *const *words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0) {
        words++;
    }

    return *words != NULL;
}


int
content_members(content_t *c, const json_t *object, const char *place,
    const char *const *members)
{
    json_t      *v;
    const char  *name;

    if (!json_is_object(object)) {
        return content_wrong(c, place, "it is not an object");
    }

    json_object_foreach((json_t *) object, name, v) {
        if (!content_is_one(members, name)) {
            return content_wrong(c, place, "there is no member \"%.40s\" here",
                                 name);
        }
    }

    return GW_OK;
}


int
content_text(content_t *c, const json_t *object, const char *place,
    const char *name, unsigned max, bool needed, gw_str_t *out)
{
    size_t         i, n;
    const json_t  *v;

    *out = gw_str_of(NULL);
    v = json_object_get(object, name);
    if (v == NULL || json_is_null(v)) {
        return needed ? content_wrong(c, place, "\"%s\" is missing", name)
                      : GW_OK;
    }

    if (!json_is_string(v)) {
        return content_wrong(c, place, "\"%s\" is not a text", name);
    }

    *out = gw_str_make(json_string_value(v), json_string_length(v));
    for (n = 0, i = 0; i < out->len; i++) {
        n += (out->data[i] & 0xc0) != 0x80;
    }

    return n >= 1 && n <= max ? GW_OK
           : content_wrong(c, place, "\"%s\" has %zu characters; 1 to %u are "
                           "allowed", name, n, max);
}


int
content_word(content_t *c, const json_t *object, const char *place,
    const char *name, const char *const *words, int *out)
{
    int       rc;
    char      mem[200];
    gw_buf_t  list;
    gw_str_t  s;

    rc = content_text(c, object, place, name, 40, true, &s);
    if (rc != GW_OK) {
        return rc;
    }

    gw_buf_fixed(&list, mem, sizeof(mem) - 1);
    for (*out = 0; words[*out] != NULL; ++*out) {
        if (gw_str_is(s, words[*out])) {
            return GW_OK;
        }
        gw_buf_fmt(&list, "%s%s", *out > 0 ? ", " : "", words[*out]);
    }

    return content_wrong(c, place, "\"%s\" is not one of %s", name,
                         gw_buf_c(&list));
}


/* The row of its channel, or CONTENT_CHANNELS. */
static size_t
content_row(const json_t *content)
{
    size_t              i;
    const char *const  *m;

    for (i = 0; i < CONTENT_CHANNELS; i++) {
        for (m = content_channels[i].members; *m != NULL; m++) {
            if (json_object_get(content, *m) != NULL) {
                return i;
            }
        }
    }

    return i;
}


const char *
gw_content_channel(const json_t *content)
{
    size_t  i;

    i = content_row(content);
    return i < CONTENT_CHANNELS ? content_channels[i].channel : NULL;
}


static int
content_sms(content_t *c, const json_t *content)
{
    int                       rc;
    gw_str_t                  text;
    static const char *const  members[] = { "text", NULL };

    rc = content_members(c, content, "", members);
    return rc == GW_OK ? content_text(c, content, "", "text", CONTENT_SMS,
                                      true, &text) : rc;
}


int
gw_content_check(const json_t *content, const gw_nets_t *allow, gw_buf_t *err)
{
    content_t  c = { err, allow };

    static int (*const  checks[])(content_t *, const json_t *) = {
        content_sms, content_whatsapp, content_webhook
    };

    if (json_dumpb(content, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY)
        > CONTENT_BYTES)
    {
        return content_wrong(&c, "", "it has more than 64 KiB");
    }

    if (!json_is_object(content) || content_row(content) == CONTENT_CHANNELS) {
        return content_wrong(&c, "", "it is not an object with the members of "
                             "an SMS (text), of WhatsApp (components) or of a "
                             "webhook (url)");
    }

    return checks[content_row(content)](&c, content);
}


static int
content_walk(content_walk_t *w, json_t *v, unsigned depth)
{
    int          rc;
    size_t       i, len;
    json_t      *item;
    const char  *name;

    len = strlen(w->pointer);
    if (json_is_string(v)) {
        return ++w->n > GW_CONTENT_TEXTS ? GW_EFULL
                                         : w->text(w->arg, v, w->pointer);
    }

    if (depth > CONTENT_DEPTH) {
        return GW_EFULL;
    }

    json_object_foreach(v, name, item) {
        (void) snprintf(w->pointer + len, sizeof(w->pointer) - len, "/%.40s",
                        name);
        gw_utf8_mend(w->pointer + len, strlen(w->pointer + len));
        rc = content_walk(w, item, depth + 1);
        if (rc != GW_OK) {
            return rc;
        }
    }

    json_array_foreach(v, i, item) {
        (void) snprintf(w->pointer + len, sizeof(w->pointer) - len, "/%zu", i);
        rc = content_walk(w, item, depth + 1);
        if (rc != GW_OK) {
            return rc;
        }
    }

    w->pointer[len] = '\0';
    return GW_OK;
}


int
gw_content_texts(json_t *content, gw_content_text_pt text, void *arg)
{
    int                 rc;
    size_t              row;
    json_t             *v;
    content_walk_t      w;
    const char *const  *m;

    row = content_row(content);
    if (row == CONTENT_CHANNELS) {
        return GW_EINVAL;
    }

    memset(&w, 0, sizeof(w));
    w.text = text;
    w.arg = arg;
    rc = GW_OK;

    for (m = content_channels[row].liquid; rc == GW_OK && *m != NULL; m++) {
        v = json_object_get(content, *m);
        (void) snprintf(w.pointer, sizeof(w.pointer), "/%s", *m);
        rc = v != NULL ? content_walk(&w, v, 0) : GW_OK;
    }

    return rc;
}


void
gw_content_literal(gw_str_t text, const char *instead, gw_buf_t *out)
{
    unsigned              none;
    const unsigned char  *p, *end, *behind;

    none = 0;
    end = text.data + text.len;

    for (p = text.data; p < end; p = behind != NULL ? behind : p + 1) {
        behind = gw_links_liquid(p, end, &none);
        if (behind != NULL) {
            gw_buf_cstr(out, instead);
        } else {
            gw_buf_char(out, *p);
        }
    }
}
