/* Signing a message: hashes, the headers that are signed, folding. */
#include "worker/mail/dkim.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "worker/mail/dkim_canon.h"
#include "worker/mail/dkim_key.h"

#define DKIM_WIDTH      76
#define DKIM_CANON_MAX  (64 * 1024 * 1024)

/* What is signed, present or not. */
static const gw_str_t  dkim_names[] = {
    gw_string("From"), gw_string("To"), gw_string("Cc"), gw_string("Subject"),
    gw_string("Date"), gw_string("Reply-To"), gw_string("Message-ID"),
    gw_string("In-Reply-To"), gw_string("References"),
    gw_string("MIME-Version"), gw_string("Content-Type"),
    gw_string("Content-Transfer-Encoding"), gw_string("List-Unsubscribe"),
    gw_string("List-Unsubscribe-Post"), gw_string("List-Id"),
    gw_string("Feedback-ID"), gw_string("Auto-Submitted")
};

struct dkim_s {
    unsigned         slot;
    EVP_MD          *sha256;
    EVP_MD_CTX      *hash, *sign;
    dkim_message_t   message;
    gw_buf_t         body;      /* in relaxed form                      */
    gw_buf_t         header;    /* the same of what is signed           */
    gw_buf_t         names;     /* h=                                   */
    gw_buf_t         field;     /* the one that is made                 */
    unsigned         column;    /* of its open line                     */
};


int
dkim_create(dkim_t **out, unsigned slot)
{
    dkim_t  *d;

    d = calloc(1, sizeof(dkim_t));
    if (d == NULL) {
        return GW_ENOMEM;
    }

    d->slot = slot;
    d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    d->hash = EVP_MD_CTX_new();
    d->sign = EVP_MD_CTX_new();
    gw_buf_init(&d->body, DKIM_CANON_MAX);
    gw_buf_init(&d->header, DKIM_CANON_MAX);
    gw_buf_init(&d->names, DKIM_CANON_MAX);
    gw_buf_init(&d->field, DKIM_TEXT_MAX);

    if (d->sha256 == NULL || d->hash == NULL || d->sign == NULL) {
        dkim_free(d);
        return GW_ENOMEM;
    }

    *out = d;
    return GW_OK;
}


void
dkim_free(dkim_t *d)
{
    if (d == NULL) {
        return;
    }

    gw_buf_free(&d->body);
    gw_buf_free(&d->header);
    gw_buf_free(&d->names);
    gw_buf_free(&d->field);
    EVP_MD_CTX_free(d->hash);
    EVP_MD_CTX_free(d->sign);
    EVP_MD_free(d->sha256);
    free(d);
}


static int
dkim_hash(dkim_t *d, gw_str_t text, unsigned char hash[DKIM_HASH])
{
    return EVP_DigestInit_ex2(d->hash, d->sha256, NULL) == 1
           && EVP_DigestUpdate(d->hash, text.data, text.len) == 1
           && EVP_DigestFinal_ex(d->hash, hash, NULL) == 1
           ? GW_OK : GW_ERROR;
}


/* The headers that are signed, in relaxed form, and their names for h=. */
static void
dkim_choose(dkim_t *d)
{
    int       at;
    unsigned  i;

    gw_buf_reset(&d->header);
    gw_buf_reset(&d->names);

    for (i = 0; i < sizeof(dkim_names) / sizeof(dkim_names[0]); i++) {
        at = (int) d->message.n;
        do {
            gw_buf_str(&d->names, dkim_names[i]);
            gw_buf_char(&d->names, ':');
            at = dkim_message_find(&d->message, dkim_names[i], at);
            if (at >= 0) {
                dkim_canon_field(&d->message.field[at], &d->header);
                gw_buf_cstr(&d->header, "\r\n");
            }
        } while (at >= 0);
    }

    if (d->names.len > 0) {
        d->names.data[d->names.len - 1] = ';';
    }
}


static void
dkim_fold(dkim_t *d)
{
    gw_buf_cstr(&d->field, "\r\n ");
    d->column = 1;
}


/* A piece that is not broken; the line before it when it does not fit. */
static void
dkim_piece(dkim_t *d, gw_str_t piece)
{
    if (d->column + piece.len > DKIM_WIDTH) {
        dkim_fold(d);
        if (*piece.data == ' ') {       /* that blank is the fold's */
            piece.data++;
            piece.len--;
        }
    }

    gw_buf_str(&d->field, piece);
    d->column += (unsigned) piece.len;
}


static void
dkim_tag(dkim_t *d, const char *name, const char *value)
{
    int   n;
    char  mem[320];

    n = snprintf(mem, sizeof(mem), " %s=%s;", name, value);
    dkim_piece(d, gw_str_make(mem, (size_t) n));
}


/* Each ends in a colon, the last in the semicolon; broken behind them. */
static void
dkim_tag_names(dkim_t *d)
{
    size_t    n;
    gw_str_t  rest;

    dkim_piece(d, (gw_str_t) gw_string(" h="));
    for (rest = gw_buf_view(&d->names); rest.len > 0; rest.len -= n) {
        n = strcspn((char *) rest.data, ":;") + 1;
        dkim_piece(d, gw_str_make(rest.data, n));
        rest.data += n;
    }
}


/* Base64 that may be broken anywhere. */
static void
dkim_base64(dkim_t *d, const unsigned char *bytes, size_t n)
{
    size_t         at, len, room;
    unsigned char  mem[(DKIM_SIGNATURE_MAX + 2) / 3 * 4 + 1];

    len = (size_t) EVP_EncodeBlock(mem, bytes, (int) n);
    for (at = 0; at < len; at += room) {
        if (d->column >= DKIM_WIDTH) {
            dkim_fold(d);
        }
        room = DKIM_WIDTH - d->column;
        room = room < len - at ? room : len - at;
        gw_buf_put(&d->field, mem + at, room);
        d->column += (unsigned) room;
    }
}


/* The header up to its empty b=. */
static void
dkim_begin(dkim_t *d, const dkim_key_t *key, int64_t seconds,
    const unsigned char *body)
{
    char  when[24];

    (void) snprintf(when, sizeof(when), "%lld", (long long) seconds);
    gw_buf_reset(&d->field);
    gw_buf_cstr(&d->field, "DKIM-Signature:");
    d->column = (unsigned) d->field.len;

    dkim_tag(d, "v", "1");
    dkim_tag(d, "a", key->algorithm->name);
    dkim_tag(d, "c", "relaxed/relaxed");
    dkim_tag(d, "d", key->domain);
    dkim_tag(d, "s", key->selector);
    dkim_tag(d, "t", when);
    dkim_tag_names(d);
    dkim_piece(d, (gw_str_t) gw_string(" bh="));
    dkim_base64(d, body, DKIM_HASH);
    dkim_piece(d, (gw_str_t) gw_string("; b="));
}


static int
dkim_one(dkim_t *d, dkim_key_t *key, const unsigned char *body,
    int64_t seconds, gw_buf_t *out)
{
    int            rc;
    size_t         n, headers;
    dkim_field_t   f;
    unsigned char  hash[DKIM_HASH], signature[DKIM_SIGNATURE_MAX];

    dkim_begin(d, key, seconds, body);
    f.name = gw_str_make(d->field.data, sizeof("DKIM-Signature") - 1);
    f.all = gw_buf_view(&d->field);

    headers = d->header.len;
    dkim_canon_field(&f, &d->header);
    rc = dkim_hash(d, gw_buf_view(&d->header), hash);
    d->header.len = headers;

    n = sizeof(signature);
    rc = rc == GW_OK ? dkim_key_sign(key, d->slot, d->sign, hash, signature,
                                     &n) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    dkim_base64(d, signature, n);
    gw_buf_cstr(&d->field, "\r\n");
    gw_buf_str(out, gw_buf_view(&d->field));
    return d->field.failed || d->header.failed || out->failed ? GW_EFULL
                                                              : GW_OK;
}


static int
dkim_add(dkim_t *d, gw_str_t text)
{
    return EVP_DigestUpdate(d->hash, text.data, text.len) == 1 ? GW_OK
                                                               : GW_ERROR;
}


/* Own lines of a body. */
static int
dkim_own(dkim_t *d, const unsigned char *from, const unsigned char *to,
    size_t *empty)
{
    gw_buf_reset(&d->body);
    dkim_canon_body(gw_str_make(from, (size_t) (to - from)), empty, &d->body);
    return d->body.failed ? GW_EFULL : dkim_add(d, gw_buf_view(&d->body));
}


/* Those that many messages have: their form was made once. */
static int
dkim_shared(dkim_t *d, const shared_t *s, size_t *empty)
{
    int       rc;
    gw_str_t  text;

    text = shared_relaxed(s);
    for (rc = GW_OK; rc == GW_OK && text.len > 0 && *empty > 0; (*empty)--) {
        rc = dkim_add(d, (gw_str_t) gw_string("\r\n"));
    }

    *empty += s->empty;
    return rc == GW_OK ? dkim_add(d, text) : rc;
}


static int
dkim_body(dkim_t *d, gw_str_t message, const pieces_t *shared,
    unsigned char hash[DKIM_HASH])
{
    int                   rc;
    size_t                empty;
    unsigned              i;
    const piece_t        *p;
    const unsigned char  *from;

    empty = 0;
    from = d->message.body.data;
    rc = EVP_DigestInit_ex2(d->hash, d->sha256, NULL) == 1 ? GW_OK : GW_ERROR;

    for (i = 0; rc == GW_OK && shared != NULL && i < shared->n; i++) {
        p = &shared->piece[i];
        rc = dkim_own(d, from, message.data + p->at, &empty);
        rc = rc == GW_OK ? dkim_shared(d, p->what, &empty) : rc;
        from = message.data + p->at;
    }

    rc = rc == GW_OK ? dkim_own(d, from, message.data + message.len, &empty)
                     : rc;
    return rc != GW_OK ? rc
           : EVP_DigestFinal_ex(d->hash, hash, NULL) == 1 ? GW_OK : GW_ERROR;
}


int
dkim_sign(dkim_t *d, dkim_key_t *const *key, unsigned n, gw_str_t message,
    const pieces_t *shared, int64_t seconds, gw_buf_t *out)
{
    int            rc;
    unsigned       i;
    unsigned char  body[DKIM_HASH];

    rc = dkim_message_read(&d->message, message);
    if (rc != GW_OK) {
        return rc;
    }

    dkim_choose(d);
    rc = d->names.failed ? GW_EFULL : dkim_body(d, message, shared, body);

    for (i = 0; rc == GW_OK && i < n; i++) {
        rc = dkim_one(d, key[i], body, seconds, out);
    }

    return rc;
}
