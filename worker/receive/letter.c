/* What a person wrote: the text of a mail, and what came beside it. */
#include "worker/receive/letter.h"

#include <ctype.h>

#include "shm/gw_utf8.h"
#include "shm/html/html.h"
#include "worker/receive/evidence.h"

#define LETTER_RAW  (4 * LETTER_TEXT)   /* of a part before it is a text     */
#define LETTER_ID   400                 /* of a Message-ID                   */

typedef struct {
    letter_t  *l;
    bool       head;                    /* in <head>                         */
} letter_html_t;

/* Tags that end a line; those with an empty one behind it. */
static const char  *letter_lines[] = {
    "br", "div", "tr", "li", "ul", "ol", "table", "hr", "h1", "h2", "h3", "h4",
    "p", "blockquote", "pre", NULL
};
#define LETTER_BLOCKS  8                /* from "h1" on                      */


void
letter_init(letter_t *l)
{
    memset(l, 0, sizeof(letter_t));
    decode_init(&l->decode);
    gw_buf_init(&l->text, LETTER_TEXT + 1);
    gw_buf_init(&l->subject, LETTER_LINE + 1);
    gw_buf_init(&l->from, EVIDENCE_ADDRESS + 1);
    gw_buf_init(&l->id, LETTER_ID + 1);
    gw_buf_init(&l->files, LETTER_FILES * (8 * LETTER_LINE));
    gw_buf_init(&l->raw, LETTER_RAW);
    gw_buf_init(&l->words, LETTER_RAW);
}


void
letter_free(letter_t *l)
{
    decode_free(&l->decode);
    gw_buf_free(&l->text);
    gw_buf_free(&l->subject);
    gw_buf_free(&l->from);
    gw_buf_free(&l->id);
    gw_buf_free(&l->files);
    gw_buf_free(&l->raw);
    gw_buf_free(&l->words);
}


/* Append whole characters up to max bytes in all; false: it did not fit. */
static bool
letter_put(gw_buf_t *out, gw_str_t s, size_t max, bool lines)
{
    size_t          i, n;
    unsigned char   c;

    for (i = 0; i < s.len; i += n) {
        c = s.data[i];
        n = gw_utf8_len(s.data + i, s.len - i);
        if (out->len + (n > 0 ? n : 1) > max) {
            return false;
        }

        if (n > 1) {
            gw_buf_put(out, s.data + i, n);
            continue;
        }

        n = 1;
        if (c >= 0x80) {
            gw_buf_char(out, '?');
        } else if (c >= ' ' && c != 0x7f) {
            gw_buf_char(out, c);
        } else if (lines ? c == '\n' || c == '\t' : c == '\t') {
            gw_buf_char(out, lines ? c : ' ');
        }
    }

    return true;
}


/* End the line, with so many empty ones behind it. */
static void
letter_break(gw_buf_t *out, unsigned empty)
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
letter_words(gw_buf_t *out, gw_str_t s)
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
letter_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    unsigned        i;
    gw_buf_t        plain;
    letter_html_t  *t = arg;

    if (e == GW_HTML_ON_TEXT && h->state != GW_HTML_RAW && !t->head) {
        gw_buf_init(&plain, LETTER_RAW);
        gw_html_decode(gw_str_make(from, (size_t) (to - from)), false, &plain);
        letter_words(&t->l->words, gw_buf_view(&plain));
        gw_buf_free(&plain);

    } else if (e == GW_HTML_ON_TAG) {
        if (gw_html_tag_is(h, "head")) {
            t->head = !h->end_tag;
        } else if (gw_html_tag_is(h, "body")) {
            t->head = false;
        }

        for (i = 0; letter_lines[i] != NULL; i++) {
            if (gw_html_tag_is(h, letter_lines[i])) {
                letter_break(&t->l->words, i >= LETTER_BLOCKS);
                break;
            }
        }
    }
}


/* The text of the HTML in raw. */
static void
letter_html(letter_t *l)
{
    gw_html_t             h;
    const char           *why;
    letter_html_t         t = { l, false };
    const unsigned char  *at;

    memset(&h, 0, sizeof(h));
    gw_buf_reset(&l->words);
    if (gw_html_feed(&h, gw_buf_view(&l->raw), letter_event, &t, &at, &why)
        != GW_OK)
    {
        l->cut = true;
    }

    letter_break(&l->words, 0);
    l->cut |= l->words.failed
              || !letter_put(&l->text, gw_buf_view(&l->words), LETTER_TEXT,
                             true);
}


/* Bytes of a part when its transfer encoding is undone. */
static size_t
letter_bytes(const part_t *p)
{
    size_t         i, n;
    unsigned char  c;

    if (!parse_begins(parse_trim(p->encoding), "base64")) {
        return p->body.len;
    }

    for (i = 0, n = 0; i < p->body.len; i++) {
        c = p->body.data[i];
        n += isalnum(c) || c == '+' || c == '/';
    }

    return n * 3 / 4;
}


/* A member of a JSON object whose value is a name of the mail. */
static void
letter_member(letter_t *l, const char *name, gw_str_t value)
{
    gw_buf_reset(&l->words);
    (void) letter_put(&l->words, value, LETTER_LINE, false);
    gw_buf_fmt(&l->files, "\"%s\":", name);
    gw_buf_json(&l->files, gw_str_of(gw_buf_c(&l->words)));
    gw_buf_char(&l->files, ',');
}


static void
letter_file(letter_t *l, const part_t *p, gw_str_t disposition)
{
    size_t    n;
    gw_str_t  type;

    gw_buf_reset(&l->raw);
    if (!parse_param(disposition, "filename", &l->raw)) {
        (void) parse_param(p->type, "name", &l->raw);
    }
    gw_buf_reset(&l->words);
    decode_field(&l->decode, gw_buf_view(&l->raw), &l->words);
    gw_buf_reset(&l->raw);
    gw_buf_str(&l->raw, gw_buf_view(&l->words));

    gw_buf_cstr(&l->files, l->files.len > 1 ? ",{" : "{");
    letter_member(l, "name", gw_buf_view(&l->raw));
    type = p->type.len > 0 ? p->type : gw_str_of("text/plain");
    for (n = 0; n < type.len && type.data[n] > ' ' && type.data[n] != ';';
         n++)
    {
        /* void */
    }
    letter_member(l, "type", gw_str_make(type.data, n));
    gw_buf_fmt(&l->files, "\"bytes\":%zu}", letter_bytes(p));
}


/* Beside the text: what has a name, or is no text. */
static bool
letter_is_file(const part_t *p, gw_str_t disposition, gw_buf_t *name)
{
    gw_buf_reset(name);
    return !parse_type(p, "text/") || parse_begins(disposition, "attachment")
           || parse_param(disposition, "filename", name);
}


static void
letter_part(letter_t *l, const part_t *p)
{
    if (l->text.len > 0 && l->text.len < LETTER_TEXT) {
        letter_break(&l->text, 0);
    }

    gw_buf_reset(&l->raw);
    decode_body(&l->decode, p, LETTER_RAW, &l->raw);
    l->cut |= l->raw.len >= LETTER_RAW;
    if (parse_type(p, "text/html")) {
        letter_html(l);
    } else {
        l->cut |= !letter_put(&l->text, gw_buf_view(&l->raw), LETTER_TEXT,
                              true);
    }
}


static void
letter_parts(letter_t *l, const parse_t *p)
{
    unsigned       i, files;
    gw_str_t       disposition;
    const part_t  *part, *html;

    html = NULL;
    for (i = 0, files = 0; i < p->n; i++) {
        part = &p->part[i];
        if (part->returned || parse_type(part, "multipart/")) {
            continue;
        }

        disposition = parse_find(part->head, "content-disposition");
        if (letter_is_file(part, disposition, &l->raw)) {
            if (files++ < LETTER_FILES) {
                letter_file(l, part, disposition);
            }
        } else if (parse_type(part, "text/html")) {
            html = html == NULL ? part : html;
        } else {
            letter_part(l, part);
        }
    }

    if (l->text.len == 0 && html != NULL) {
        letter_part(l, html);
    }
}


void
letter_read(letter_t *l, const parse_t *p)
{
    gw_str_t  head;

    head = p->part[0].head;
    gw_buf_reset(&l->text);
    gw_buf_reset(&l->subject);
    gw_buf_reset(&l->from);
    gw_buf_reset(&l->id);
    gw_buf_reset(&l->files);
    l->cut = false;
    l->decode.opens = 0;

    gw_buf_char(&l->files, '[');
    letter_parts(l, p);
    gw_buf_char(&l->files, ']');
    while (l->text.len > 0 && l->text.data[l->text.len - 1] <= ' ') {
        l->text.len--;
    }

    gw_buf_reset(&l->raw);
    decode_field(&l->decode, parse_find(head, "subject"), &l->raw);
    (void) letter_put(&l->subject, gw_buf_view(&l->raw), LETTER_LINE, false);
    (void) letter_put(&l->from, evidence_address(parse_find(head, "from")),
                      EVIDENCE_ADDRESS, false);
    (void) letter_put(&l->id, parse_trim(parse_find(head, "message-id")),
                      LETTER_ID, false);
}
