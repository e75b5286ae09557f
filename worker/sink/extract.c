/* What a recipient's mail program would find in a message: its links. */
#include "worker/sink/extract.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "worker/sink/store.h"


static const unsigned char *
extract_find(const unsigned char *p, const unsigned char *end,
    const char *word)
{
    size_t  n;

    n = strlen(word);
    for ( /* void */ ; p + n <= end; p++) {
        if (strncasecmp((char *) p, word, n) == 0) {
            return p;
        }
    }

    return NULL;
}


static void
extract_qp(const unsigned char *p, const unsigned char *end, gw_buf_t *out)
{
    int   hi, lo;

    for ( /* void */ ; p < end; p++) {
        if (*p != '=' || p + 2 >= end) {
            gw_buf_char(out, *p);
            continue;
        }

        if (p[1] == '\r' && p[2] == '\n') {
            p += 2;
            continue;
        }

        if (p[1] == '\n') {
            p++;
            continue;
        }

        hi = toupper(p[1]);
        lo = toupper(p[2]);
        if (isxdigit(hi) && isxdigit(lo)) {
            gw_buf_char(out, (hi <= '9' ? hi - '0' : hi - 'A' + 10) << 4
                             | (lo <= '9' ? lo - '0' : lo - 'A' + 10));
            p += 2;
        }
    }
}


static void
extract_base64(const unsigned char *p, const unsigned char *end,
    gw_buf_t *out)
{
    int              n;
    unsigned char   *to;
    EVP_ENCODE_CTX  *ctx;

    ctx = EVP_ENCODE_CTX_new();
    to = gw_buf_room(out, end - p + 64);

    if (ctx != NULL && to != NULL) {
        EVP_DecodeInit(ctx);
        if (EVP_DecodeUpdate(ctx, to, &n, p, (int) (end - p)) >= 0) {
            out->len += n;
        }
    }

    EVP_ENCODE_CTX_free(ctx);
}


/*
 * The line that ends a part, CRLF and two dashes before the boundary. A body
 * may well have other lines that begin with dashes.
 */
static void
extract_boundary(gw_str_t raw, gw_buf_t *out)
{
    gw_buf_t              type;
    const unsigned char  *p, *end;

    gw_buf_init(&type, 65536);
    store_header(raw, "content-type", false, &type);
    gw_buf_cstr(out, "\r\n--");

    end = type.data + type.len;
    p = type.len > 0 ? extract_find(type.data, end, "boundary=") : NULL;
    if (p != NULL) {
        for (p += 9; p < end && *p == '"'; p++) { /* void */ }
        for ( /* void */ ; p < end && *p != '"' && *p != ';'; p++) {
            gw_buf_char(out, *p);
        }
    }

    gw_buf_free(&type);
}


/*
 * The decoded HTML part: from the header line that says text/html to the next
 * boundary. Enough for the mail we are given; not a MIME parser.
 */
static void
extract_html(gw_str_t raw, gw_buf_t *out)
{
    char                  mem[256];
    gw_buf_t              boundary;
    const unsigned char  *p, *end, *body, *stop, *head;

    end = raw.data + raw.len;
    gw_buf_fixed(&boundary, mem, sizeof(mem));
    extract_boundary(raw, &boundary);
    p = extract_find(raw.data, end, "content-type: text/html");
    if (p == NULL) {
        return;
    }

    body = extract_find(p, end, "\r\n\r\n");
    if (body == NULL) {
        return;
    }

    for (head = p; head > raw.data + 4 && memcmp(head - 4, "\r\n--", 4) != 0
                   && memcmp(head - 4, "\r\n\r\n", 4) != 0; head--)
    {
        /* back to the start of this part's headers */
    }

    body += 4;
    stop = extract_find(body, end, gw_buf_c(&boundary));
    stop = stop ? stop : end;

    if (extract_find(head, body, "encoding: quoted-printable") != NULL) {
        extract_qp(body, stop, out);
    } else if (extract_find(head, body, "encoding: base64") != NULL) {
        extract_base64(body, stop, out);
    } else {
        gw_buf_put(out, body, stop - body);
    }
}


/* Undo &amp; in place; the new length. */
static size_t
extract_unescape(unsigned char *p, size_t n)
{
    size_t  i, to;

    for (i = 0, to = 0; i < n; i++, to++) {
        p[to] = p[i];
        if (n - i >= 5 && memcmp(p + i, "&amp;", 5) == 0) {
            i += 4;
        }
    }

    return to;
}


static void
extract_attributes(gw_buf_t *html, const char *name, extract_pt call,
    void *arg)
{
    size_t                n;
    gw_str_t              url;
    const unsigned char  *p, *end, *quote;

    n = strlen(name);
    p = html->data;
    end = html->data + html->len;

    while ((p = extract_find(p, end, name)) != NULL) {
        p += n;
        quote = p < end && (*p == '"' || *p == '\'') ? memchr(p + 1, *p,
                                                         end - p - 1) : NULL;
        if (quote == NULL) {
            continue;
        }

        url = gw_str_make(p + 1, quote - p - 1);
        p = quote;
        url.len = extract_unescape(url.data, url.len);
        call(arg, url);
    }
}


void
extract_links(gw_str_t raw, extract_pt image, extract_pt link, void *arg)
{
    gw_buf_t  html;

    gw_buf_init(&html, 64 * 1024 * 1024);
    extract_html(raw, &html);

    if (!html.failed && html.len > 0) {
        extract_attributes(&html, "src=", image, arg);
        extract_attributes(&html, "href=", link, arg);
    }

    gw_buf_free(&html);
}


void
extract_unsubscribe(gw_str_t raw, gw_buf_t *out)
{
    gw_buf_t        value;
    unsigned char  *p, *gt;

    gw_buf_init(&value, 65536);
    store_header(raw, "list-unsubscribe", false, &value);

    p = value.len > 0 ? memchr(value.data, '<', value.len) : NULL;
    gt = p ? memchr(p, '>', value.data + value.len - p) : NULL;
    if (gt != NULL) {
        gw_buf_put(out, p + 1, gt - p - 1);
    }

    gw_buf_free(&value);
}
