/* The text that people read in HTML. */
#include "worker/receive/plain.h"

#include "shm/html/html.h"

#define PLAIN_TEXT  (256 * 1024)        /* between two tags */

typedef struct {
    gw_buf_t  *out;
    bool       head;                    /* in <head>                         */
    bool       failed;
} plain_t;

/* Tags that end a line; those with an empty one behind it. */
static const char  *plain_lines[] = {
    "br", "div", "tr", "li", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4",
    "p", "blockquote", "pre", NULL
};
#define PLAIN_BLOCKS  8                 /* from "h1" on */


void
plain_break(gw_buf_t *out, unsigned empty)
{
    size_t  i, n;

    while (out->len > 0 && out->data[out->len - 1] == ' ') {
        out->len--;
    }

    for (n = 0; n < out->len && out->data[out->len - 1 - n] == '\n'; n++) {
        /* void */
    }

    for (i = n; out->len > 0 && i < empty + 1; i++) {
        gw_buf_char(out, '\n');
    }
}


/* Text between tags: blanks of any number are one. */
static void
plain_words(gw_buf_t *out, gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (s.data[i] > ' ') {
            gw_buf_char(out, s.data[i]);
        } else if (out->len > 0 && out->data[out->len - 1] != ' '
                   && out->data[out->len - 1] != '\n')
        {
            gw_buf_char(out, ' ');
        }
    }
}


static void
plain_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    unsigned   i;
    plain_t   *p = arg;
    gw_buf_t   text;

    if (e == GW_HTML_ON_TEXT && h->state != GW_HTML_RAW && !p->head) {
        gw_buf_init(&text, PLAIN_TEXT);
        gw_html_decode(gw_str_make(from, (size_t) (to - from)), false, &text);
        p->failed |= text.failed;
        plain_words(p->out, gw_buf_view(&text));
        gw_buf_free(&text);

    } else if (e == GW_HTML_ON_TAG) {
        if (gw_html_tag_is(h, "head")) {
            p->head = !h->end_tag;
        } else if (gw_html_tag_is(h, "body")) {
            p->head = false;
        }

        if (gw_html_tag_is(h, "td") || gw_html_tag_is(h, "th")) {
            plain_words(p->out, gw_str_of(" "));
        }

        for (i = 0; plain_lines[i] != NULL; i++) {
            if (gw_html_tag_is(h, plain_lines[i])) {
                plain_break(p->out, i >= PLAIN_BLOCKS);
                break;
            }
        }
    }
}


bool
plain_html(gw_str_t html, gw_buf_t *out)
{
    gw_html_t             h;
    const char           *why;
    plain_t               p = { out, false, false };
    const unsigned char  *at;

    memset(&h, 0, sizeof(h));
    p.failed = gw_html_feed(&h, html, plain_event, &p, &at, &why) != GW_OK
               || p.failed;
    plain_break(out, 0);
    return !p.failed && !out->failed;
}
