/* DKIM: the vectors of RFC 8463, what is signed, folding, no allocations. */
#include "worker/mail/dkim.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "t/unit/alloc.h"
#include "t/unit/tap.h"
#include "worker/mail/dkim_canon.h"
#include "worker/mail/dkim_key.h"

#define BODY                                                                  \
    "Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
#define HEAD                                                                  \
    "From: Joe SixPack <joe@football.example.com>\r\n"                        \
    "To: Suzie Q <suzie@shopping.example.net>\r\n"                            \
    "Subject: Is dinner ready?\r\n"                                           \
    "Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                         \
    "Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
#define BODY_HASH  "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="

/* RFC 8463, appendix A: what is signed, the public key, the signature. */
static const struct {
    const char  *field, *public, *signature;
    int          type;
} vectors[] = {
    { "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
      " d=football.example.com; i=@football.example.com;\r\n"
      " q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
      " subject : date : message-id : from : subject : date;\r\n"
      " bh=" BODY_HASH ";\r\n b=",
      "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
      "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus"
      "Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==", EVP_PKEY_ED25519 },
    { "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"
      " d=football.example.com; i=@football.example.com;\r\n"
      " q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"
      " date : message-id : from : subject : date;\r\n"
      " bh=" BODY_HASH ";\r\n b=",
      "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08"
      "a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR"
      "+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l"
      "/K4w3QIDAQAB",
      "F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3"
      "DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz"
      "dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=",
      EVP_PKEY_RSA }
};

static unsigned char  mem[1024];


static size_t
bytes_of(const char *base64, unsigned char *out)
{
    size_t  n = strlen(base64);
    int     len = EVP_DecodeBlock(out, (const unsigned char *) base64,
                                  (int) n);

    return len < 0 ? 0 : (size_t) len - (base64[n - 1] == '=')
                         - (base64[n - 2] == '=');
}


static void
sha256(gw_str_t text, unsigned char hash[DKIM_HASH])
{
    (void) EVP_Digest(text.data, text.len, hash, NULL, EVP_sha256(), NULL);
}


/* Does the public key say yes to the signature of the hash? */
static bool
says_yes(unsigned v, const unsigned char *hash, const char *signature)
{
    int                   rc;
    size_t                n;
    EVP_PKEY             *pkey;
    EVP_MD_CTX           *md = EVP_MD_CTX_new();
    EVP_PKEY_CTX         *ctx;
    unsigned char         sig[512];
    const unsigned char  *p = mem;

    n = bytes_of(vectors[v].public, mem);
    pkey = vectors[v].type == EVP_PKEY_RSA
           ? d2i_PUBKEY(NULL, &p, (long) n)
           : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, mem, n);
    n = bytes_of(signature, sig);
    ctx = EVP_PKEY_CTX_new(pkey, NULL);

    if (vectors[v].type == EVP_PKEY_RSA) {
        rc = EVP_PKEY_verify_init(ctx) == 1
             && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1
             ? EVP_PKEY_verify(ctx, sig, n, hash, DKIM_HASH) : 0;
    } else {
        rc = EVP_DigestVerifyInit(md, NULL, NULL, NULL, pkey) == 1
             ? EVP_DigestVerify(md, sig, n, hash, DKIM_HASH) : 0;
    }

    EVP_PKEY_CTX_free(ctx);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(pkey);
    return rc == 1;
}


static void
test_vectors(void)
{
    int                    at;
    char                   text[64];
    size_t                 i, empty;
    unsigned               v;
    gw_buf_t               b;
    dkim_field_t           f;
    dkim_message_t         m;
    unsigned char          hash[DKIM_HASH];

    static const char *const  names[] = { "from", "to", "subject", "date",
        "message-id" };

    gw_buf_init(&b, 65536);
    is_int(dkim_message_read(&m, gw_str_of(HEAD "\r\n" BODY)), GW_OK, "read");
    is_int(m.n, 5, "five fields");
    empty = 0;
    dkim_canon_body(m.body, &empty, &b);
    sha256(gw_buf_view(&b), hash);
    (void) EVP_EncodeBlock((unsigned char *) text, hash, DKIM_HASH);
    is_str(gw_str_of(text), BODY_HASH, "the hash of the body");

    for (v = 0; v < 2; v++) {
        gw_buf_reset(&b);
        for (i = 0; i < 5; i++) {
            at = dkim_message_find(&m, gw_str_of(names[i]), (int) m.n);
            is_int(at, i, "is found");
            dkim_canon_field(&m.field[at], &b);
            gw_buf_cstr(&b, "\r\n");
        }

        f.name = gw_str_make(vectors[v].field, 14);
        f.all = gw_str_of(vectors[v].field);
        dkim_canon_field(&f, &b);
        sha256(gw_buf_view(&b), hash);
        ok(says_yes(v, hash, vectors[v].signature), "signature %u is good", v);
        hash[31] ^= 1;
        ok(!says_yes(v, hash, vectors[v].signature), "no other is");
    }

    gw_buf_free(&b);
}


static void
test_canon(void)
{
    size_t        i, empty;
    gw_buf_t      b;
    dkim_field_t  f;

    static const char *const  body[][2] = {
        { "", "" }, { "\r\n", "" }, { " \t\r\n\r\n", "" }, { "a", "a\r\n" },
        { " C \r\nD \t E\r\n\r\n\r\n", " C\r\nD E\r\n" },
        { "a\tb\r\n \r\n\r\n  c", "a b\r\n\r\n\r\n c\r\n" },
        { "a  b   c\r\n", "a b c\r\n" }
    };
    static const char *const  field[][3] = {
        { "SUBject", "SUBject: AbC\r\n  \t d \t", "subject:AbC d" },
        { "B", "B \t:\t Z\t\r\n\tQ  ", "b:Z Q" }, { "x", "x:", "x:" }
    };

    gw_buf_init(&b, 4096);
    for (i = 0; i < sizeof(body) / sizeof(body[0]); i++) {
        gw_buf_reset(&b);
        empty = 0;
        dkim_canon_body(gw_str_of(body[i][0]), &empty, &b);
        is_str(gw_buf_view(&b), body[i][1], "a body");
    }
    for (i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
        gw_buf_reset(&b);
        f.all = gw_str_of(field[i][1]);
        f.name = gw_str_make(f.all.data, strlen(field[i][0]));
        dkim_canon_field(&f, &b);
        is_str(gw_buf_view(&b), field[i][2], "a field");
    }
    gw_buf_free(&b);
}


static void
test_wrong(void)
{
    size_t          i;
    gw_buf_t        err;
    dkim_key_t     *key = NULL;
    dkim_message_t  m;

    static const char *const  bad[] = {
        "", "\r\n", "a", "a: b", "a: b\r\n", "a: b\n\n", " a: b\r\n\r\n",
        "a b\r\n\r\n", ": b\r\n\r\n", "a: b\r\nno colon\r\n\r\n"
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        is_int(dkim_message_read(&m, gw_str_of(bad[i])), GW_EINVAL,
               "is no message");
    }

    gw_buf_init(&err, 1000);
    is_int(dkim_key_create(&key, "a", "b", gw_str_of("x"), &err), GW_EINVAL,
           "is no key");
    ok(err.len > 0 && key == NULL, "and it is said");
    gw_buf_free(&err);
}


/* The longest line but its CRLF. */
static size_t
widest(gw_str_t s)
{
    size_t  i, from, most;

    for (i = 0, from = 0, most = 0; i < s.len; i++) {
        if (s.data[i] == '\n') {
            most = i - 1 - from > most ? i - 1 - from : most;
            from = i + 1;
        }
    }

    return most;
}


/* A message that shares lines has the signature of one that has them. */
static void
test_shared(dkim_t *d, dkim_key_t **key)
{
    size_t     i;
    gw_buf_t   whole, own, one, two;
    pieces_t   pieces = { .n = 0 };
    shared_t  *s;

    static const char *const  text[][3] = {
        { "a \r\n", "--b\r\nx:  y\r\n", "--b--\r\n" },
        { "a\r\n\r\n \r\n", "--b\r\n\r\nYQ==\r\n", "\r\n\r\n" },
        { "a\r\n", "--b\r\n\r\n\r\n \r\n", "\r\n--b--\r\n\r\n" },
        { "", "b\r\n\r\n", "" }, { "\r\n", "\r\n", "\r\nc\r\n" }
    };

    gw_buf_init(&whole, 4096);
    gw_buf_init(&own, 4096);
    gw_buf_init(&one, 4096);
    gw_buf_init(&two, 4096);
    for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
        gw_buf_reset(&whole);
        gw_buf_reset(&own);
        gw_buf_reset(&one);
        gw_buf_reset(&two);
        gw_buf_fmt(&whole, HEAD "\r\n%s%s%s", text[i][0], text[i][1],
                   text[i][2]);
        gw_buf_fmt(&own, HEAD "\r\n%s", text[i][0]);
        s = shared_create(4096);
        gw_buf_cstr(&s->text, text[i][1]);
        is_int(shared_ready(s), GW_OK, "ready");
        pieces_add(&pieces, own.len, s);
        shared_drop(s);
        gw_buf_cstr(&own, text[i][2]);

        ok(own.len + pieces_len(&pieces) == whole.len
           && dkim_sign(d, key, 2, gw_buf_view(&whole), NULL, 9, &one) == GW_OK
           && dkim_sign(d, key, 2, gw_buf_view(&own), &pieces, 9, &two)
              == GW_OK, "both are signed");
        is_str(gw_buf_view(&two), gw_buf_c(&one), "alike");
        pieces_drop(&pieces);
    }

    gw_buf_free(&whole);
    gw_buf_free(&own);
    gw_buf_free(&one);
    gw_buf_free(&two);
}


static void
test_sign(void)
{
    int            i, rc;
    dkim_t        *d;
    gw_buf_t       private, public, out, err;
    gw_str_t       message = gw_string(HEAD "\r\n" BODY);
    dkim_key_t    *key[2];
    unsigned long  before;

    static const char *const  algorithm[] = { "rsa-sha256", "ed25519-sha256" };

    gw_buf_init(&private, 8192);
    gw_buf_init(&public, 8192);
    gw_buf_init(&out, 8192);
    gw_buf_init(&err, 8192);
    is_int(dkim_create(&d, 0), GW_OK, "a signer");

    for (i = 0; i < 2; i++) {
        gw_buf_reset(&private);
        is_int(dkim_key_make(algorithm[i], &private, &public), GW_OK, "made");
        is_int(dkim_key_create(&key[i], "a-rather-long-name-of-a-domain."
                               "football.example.com", "gw123456789",
                               gw_buf_view(&private), &err), GW_OK, "loaded");
    }
    is_int(dkim_key_make("rsa-sha1", &private, &public), GW_ERROR, "no other");

    rc = dkim_sign(d, key, 2, message, NULL, 1528637909, &out);
    is_int(rc, GW_OK, "signs");
    ok(widest(gw_buf_view(&out)) <= 78, "no line is wider than 78");
    ok(strstr(gw_buf_c(&out), "\r\nDKIM-Signature: v=1; a=ed25519-sha256;")
       != NULL, "one for each key");
    ok(strstr(gw_buf_c(&out), "h=From:From:To:To:Cc:Subject:Subject:Date:")
       != NULL, "once more than it is there");
    ok(strstr(gw_buf_c(&out), BODY_HASH) != NULL, "the hash of the body");

    before = alloc_count;
    for (i = 0; i < 3; i++) {
        gw_buf_reset(&out);
        rc |= dkim_sign(d, key, 2, message, NULL, 1528637909, &out);
    }
    ok(rc == GW_OK && alloc_count == before, "nothing is allocated");
    is_int(dkim_sign(d, key, 2, gw_str_of("x"), NULL, 0, &out), GW_EINVAL,
           "none");
    test_shared(d, key);

    dkim_key_free(key[0]);
    dkim_key_free(key[1]);
    dkim_free(d);
    gw_buf_free(&private);
    gw_buf_free(&public);
    gw_buf_free(&out);
    gw_buf_free(&err);
}


int
main(void)
{
    test_vectors();
    test_canon();
    test_wrong();
    test_sign();
    return done();
}
