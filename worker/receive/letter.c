/* What a person wrote: the text of a mail, and what came beside it. */
#include "worker/receive/letter.h"

#include "shm/gw_utf8.h"
#include "worker/receive/evidence.h"
#include "worker/receive/plain.h"

#define LETTER_RAW  (4 * LETTER_TEXT)   /* of a part before it is a text     */
#define LETTER_ID   400                 /* of a Message-ID                   */


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
    gw_buf_init(&l->bytes, PARSE_BYTES);
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
    gw_buf_free(&l->bytes);
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


/* The text of the HTML in raw. */
static void
letter_html(letter_t *l)
{
    gw_buf_reset(&l->words);
    l->cut |= !plain_html(gw_buf_view(&l->raw), &l->words)
              || !letter_put(&l->text, gw_buf_view(&l->words), LETTER_TEXT,
                             true);
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
letter_file(letter_t *l, const part_t *p, gw_str_t disposition,
    unsigned number)
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
    gw_buf_reset(&l->bytes);
    decode_bytes(p, &l->bytes);
    gw_buf_fmt(&l->files, "\"bytes\":%zu", l->bytes.len);
    if (l->keep != NULL) {
        l->keep(l->arg, number, gw_buf_view(&l->bytes), &l->files);
    }
    gw_buf_char(&l->files, '}');
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
        plain_break(&l->text, 0);
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
            if (files < LETTER_FILES) {
                letter_file(l, part, disposition, files++);
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
    gw_buf_trim(&l->bytes, LETTER_RAW);
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
