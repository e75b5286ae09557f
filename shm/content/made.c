/* What a channel refuses of a content once its Liquid has become text. */
#include "shm/content/content.h"

#define MADE_BLANKS  5                  /* in a row are too many for WhatsApp */

/* Why a text can not go out so, at its pointer; NULL: it can. */
typedef const char *(*made_pt)(gw_str_t text, const char *pointer);

typedef struct {
    gw_buf_t  *err;
    made_pt    judge;
} made_t;


static bool
made_is_blank(gw_str_t s)
{
    return gw_str_trim(s, " \t\r\n").len == 0;
}


/* Is there a line break, a tab or another character that controls? */
static bool
made_controls(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len && s.data[i] >= ' ' && s.data[i] != 0x7f; i++) {
        /* void */
    }

    return i < s.len;
}


static const char *
made_sms(gw_str_t text, const char *pointer)
{
    (void) pointer;
    return made_is_blank(text) ? "it is empty, and no SMS is" : NULL;
}


static const char *
made_whatsapp(gw_str_t text, const char *pointer)
{
    size_t  i, blanks;

    (void) pointer;
    if (made_is_blank(text)) {
        return "it is empty, which WhatsApp refuses; say what stands there "
               "then by | default: \"...\"";
    }

    if (made_controls(text)) {
        return "it has a line break or a tab, which WhatsApp refuses; use "
               "| strip_newlines";
    }

    blanks = 0;
    for (i = 0; i < text.len && blanks < MADE_BLANKS; i++) {
        blanks = text.data[i] == ' ' ? blanks + 1 : 0;
    }

    return blanks == MADE_BLANKS ? "it has more than four blanks in a row, "
                                   "which WhatsApp refuses" : NULL;
}


/* Does a path lead back up, by a segment of one or two dots? */
static bool
made_climbs(gw_str_t url)
{
    size_t  i, dots;
    bool    other;

    for (i = dots = 0, other = true; i < url.len; i++) {
        if (strchr("/?#", url.data[i]) != NULL) {
            if (!other && (dots == 1 || dots == 2)) {
                return true;
            }
            dots = 0;
            other = false;
            if (url.data[i] != '/') {
                return false;
            }
        } else if (url.data[i] == '.') {
            dots++;
        } else if (i + 2 < url.len && url.data[i] == '%'
                   && url.data[i + 1] == '2' && (url.data[i + 2] | 0x20) == 'e')
        {
            dots++;
            i += 2;
        } else {
            other = true;
        }
    }

    return !other && (dots == 1 || dots == 2);
}


/* The body is written as JSON, whatever its texts hold. */
static const char *
made_webhook(gw_str_t text, const char *pointer)
{
    size_t  i;

    if (strcmp(pointer, "/url") == 0) {
        for (i = 0; i < text.len && text.data[i] > ' ' && text.data[i] < 0x7f;
             i++)
        {
            /* void */
        }
        return i < text.len ? "it has a character that no URL has; use "
                              "| url_encode"
               : made_climbs(text) ? "its path has /../ or /./, which leads "
                                     "elsewhere; use | url_encode" : NULL;
    }

    return strncmp(pointer, "/headers/", 9) == 0 && made_controls(text)
           ? "it has a line break or another character that no header has; "
             "use | strip_newlines" : NULL;
}


static const struct {
    const char  *channel;
    made_pt      judge;
} made_channels[] = {
    { "sms", made_sms },
    { "whatsapp", made_whatsapp },
    { "webhook", made_webhook }
};


static int
made_text(void *arg, json_t *text, const char *pointer)
{
    made_t      *m = arg;
    const char  *why;

    why = m->judge(gw_str_make(json_string_value(text),
                               json_string_length(text)), pointer);
    if (why == NULL) {
        return GW_OK;
    }

    gw_buf_fmt(m->err, "at %s: %s", pointer, why);
    return GW_EINVAL;
}


int
gw_content_made(json_t *content, gw_buf_t *err)
{
    size_t       i;
    made_t       m = { err, NULL };
    const char  *channel;

    channel = gw_content_channel(content);
    for (i = 0; i < sizeof(made_channels) / sizeof(made_channels[0]); i++) {
        if (channel != NULL && strcmp(channel, made_channels[i].channel) == 0)
        {
            m.judge = made_channels[i].judge;
        }
    }

    return m.judge != NULL ? gw_content_texts(content, made_text, &m)
                           : GW_EINVAL;
}
