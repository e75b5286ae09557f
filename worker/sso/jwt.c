/* See jwt.h. OpenSSL does the arithmetic; here stands what is believed. */
#include "worker/sso/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "shm/gw_codec.h"
#include "shm/gw_json.h"

#define JWT_POINT     32        /* bytes of a coordinate on either curve */
#define JWT_RSA_MIN   2048      /* bits */
#define JWT_RSA_MAX   1024      /* bytes of n */

typedef struct {
    const char    *name, *kty;
    const char    *crv;         /* NULL: the kind has none */
    EVP_PKEY    *(*key)(const json_t *jwk);
    const char    *digest;      /* NULL: it is part of the algorithm */
} jwt_alg_t;

typedef struct {
    gw_str_t          signed_part, payload, signature;
    json_t           *header;
    const jwt_alg_t  *alg;
} jwt_t;


/* The bytes of a member in base64url; their number, 0 when it is none. */
static size_t
jwt_bytes(const json_t *jwk, const char *name, unsigned char *out, size_t room)
{
    size_t       n;
    const char  *text;

    n = room;
    text = json_string_value(json_object_get(jwk, name));
    if (text == NULL || gw_b64url_decode(out, &n, gw_str_of(text)) != GW_OK) {
        return 0;
    }

    return n;
}


/* A public key of a kind by name; the builder is given back. */
static EVP_PKEY *
jwt_key(const char *kind, OSSL_PARAM_BLD *bld)
{
    EVP_PKEY      *key;
    OSSL_PARAM    *params;
    EVP_PKEY_CTX  *ctx;

    key = NULL;
    params = OSSL_PARAM_BLD_to_param(bld);
    ctx = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
    {
        key = NULL;
    }

    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    return key;
}


static EVP_PKEY *
jwt_rsa(const json_t *jwk)
{
    size_t           n_len, e_len;
    BIGNUM          *n, *e;
    EVP_PKEY        *key;
    unsigned char    n_mem[JWT_RSA_MAX], e_mem[8];
    OSSL_PARAM_BLD  *bld;

    n_len = jwt_bytes(jwk, "n", n_mem, sizeof(n_mem));
    e_len = jwt_bytes(jwk, "e", e_mem, sizeof(e_mem));
    n = BN_bin2bn(n_mem, (int) n_len, NULL);
    e = BN_bin2bn(e_mem, (int) e_len, NULL);
    bld = OSSL_PARAM_BLD_new();

    key = NULL;
    if (n != NULL && e != NULL && bld != NULL && BN_num_bits(n) >= JWT_RSA_MIN
        && BN_is_odd(e) && !BN_is_one(e)
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, e) == 1)
    {
        key = jwt_key("RSA", bld);
        bld = NULL;
    }

    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    BN_free(e);
    return key;
}


static EVP_PKEY *
jwt_p256(const json_t *jwk)
{
    EVP_PKEY        *key;
    unsigned char    point[1 + 2 * JWT_POINT];
    OSSL_PARAM_BLD  *bld;

    point[0] = POINT_CONVERSION_UNCOMPRESSED;
    if (jwt_bytes(jwk, "x", point + 1, JWT_POINT) != JWT_POINT
        || jwt_bytes(jwk, "y", point + 1 + JWT_POINT, JWT_POINT) != JWT_POINT)
    {
        return NULL;
    }

    key = NULL;
    bld = OSSL_PARAM_BLD_new();
    if (bld != NULL
        && OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME,
                                           "prime256v1", 0) == 1
        && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
                                            point, sizeof(point)) == 1)
    {
        key = jwt_key("EC", bld);
        bld = NULL;
    }

    OSSL_PARAM_BLD_free(bld);
    return key;
}


static EVP_PKEY *
jwt_ed25519(const json_t *jwk)
{
    unsigned char  x[JWT_POINT];

    if (jwt_bytes(jwk, "x", x, sizeof(x)) != sizeof(x)) {
        return NULL;
    }

    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, sizeof(x));
}


static const jwt_alg_t  jwt_algs[] = {
    { "RS256", "RSA", NULL,      jwt_rsa,     "SHA256" },
    { "ES256", "EC",  "P-256",   jwt_p256,    "SHA256" },
    { "EdDSA", "OKP", "Ed25519", jwt_ed25519, NULL },
    { "Ed25519", "OKP", "Ed25519", jwt_ed25519, NULL },     /* RFC 9864 */
    { NULL, NULL, NULL, NULL, NULL }
};


static bool
jwt_is(const json_t *object, const char *name, const char *value)
{
    const char  *s;

    s = json_string_value(json_object_get(object, name));
    return s != NULL && value != NULL && strcmp(s, value) == 0;
}


/* A part of the token as the JSON object that it must be. */
static json_t *
jwt_part(gw_str_t part)
{
    size_t           n;
    json_t          *doc;
    unsigned char   *mem;
    gw_json_error_t  err;

    n = part.len;
    mem = malloc(n + 1);
    doc = NULL;
    if (mem == NULL || gw_b64url_decode(mem, &n, part) != GW_OK
        || gw_json_parse(gw_str_make(mem, n), GW_JSON_OBJECT, &doc, &err)
           != GW_OK)
    {
        doc = NULL;
    }

    free(mem);
    return doc;
}


/* Its three parts and what its header says; the caller owns t->header. */
static int
jwt_split(gw_str_t token, jwt_t *t, gw_buf_t *why)
{
    const unsigned char  *dot, *end, *last;

    end = token.data + token.len;
    dot = memchr(token.data, '.', token.len);
    last = dot ? memchr(dot + 1, '.', (size_t) (end - dot - 1)) : NULL;
    if (last == NULL || token.len > JWT_MAX) {
        gw_buf_cstr(why, "it is not a signed token of three parts");
        return GW_EINVAL;
    }

    t->signed_part = gw_str_make(token.data, (size_t) (last - token.data));
    t->payload = gw_str_make(dot + 1, (size_t) (last - dot - 1));
    t->signature = gw_str_make(last + 1, (size_t) (end - last - 1));
    t->header = jwt_part(gw_str_make(token.data, (size_t) (dot - token.data)));
    if (t->header == NULL) {
        gw_buf_cstr(why, "its header is not a JSON object");
        return GW_EINVAL;
    }

    /* what must be understood (RFC 7515 section 4.1.11): nothing here is */
    if (json_object_get(t->header, "crit") != NULL) {
        gw_buf_cstr(why, "its header has critical members");
        return GW_EINVAL;
    }

    for (t->alg = jwt_algs; t->alg->name != NULL; t->alg++) {
        if (jwt_is(t->header, "alg", t->alg->name)) {
            return GW_OK;
        }
    }

    gw_buf_cstr(why, "its algorithm is none of RS256, ES256 and EdDSA");
    return GW_EINVAL;
}


/*
 * The key that the token names; without a name, the only one of its kind. A
 * key whose own words say that it is for something else is not looked at.
 */
static const json_t *
jwt_find(const jwt_t *t, const json_t *set)
{
    size_t         i;
    json_t        *keys, *jwk, *kid;
    const json_t  *found;

    found = NULL;
    keys = json_object_get(set, "keys");
    kid = json_object_get(t->header, "kid");

    json_array_foreach(keys, i, jwk) {
        if (!jwt_is(jwk, "kty", t->alg->kty)
            || (t->alg->crv != NULL && !jwt_is(jwk, "crv", t->alg->crv))
            || (json_object_get(jwk, "use") && !jwt_is(jwk, "use", "sig"))
            || (json_object_get(jwk, "alg")
                && !jwt_is(jwk, "alg", t->alg->name)))
        {
            continue;
        }

        if (kid != NULL && json_equal(json_object_get(jwk, "kid"), kid)) {
            return jwk;
        }

        if (kid == NULL) {
            if (found != NULL) {
                return NULL;
            }
            found = jwk;
        }
    }

    return found;
}


/* r || s of RFC 7518 section 3.4 as the DER that OpenSSL wants; its length. */
static size_t
jwt_der(const unsigned char *raw, unsigned char *der)
{
    int             n;
    BIGNUM         *r, *s;
    ECDSA_SIG      *sig;
    unsigned char  *p;

    n = 0;
    p = der;
    sig = ECDSA_SIG_new();
    r = BN_bin2bn(raw, JWT_POINT, NULL);
    s = BN_bin2bn(raw + JWT_POINT, JWT_POINT, NULL);
    if (sig != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(sig, r, s)) {
        r = s = NULL;
        n = i2d_ECDSA_SIG(sig, &p);
    }

    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return n > 0 ? (size_t) n : 0;
}


static bool
jwt_signed(const jwt_t *t, EVP_PKEY *key)
{
    int             rc;
    size_t          n;
    EVP_MD_CTX     *md;
    unsigned char   mem[JWT_RSA_MAX], der[2 * JWT_POINT + 16], *sig;

    n = sizeof(mem);
    if (gw_b64url_decode(mem, &n, t->signature) != GW_OK) {
        return false;
    }

    sig = mem;
    if (t->alg->key == jwt_p256) {
        if (n != 2 * JWT_POINT) {
            return false;
        }
        n = jwt_der(mem, der);
        sig = der;
    }

    md = EVP_MD_CTX_new();
    rc = md != NULL && n > 0
         && EVP_DigestVerifyInit_ex(md, NULL, t->alg->digest, NULL, NULL, key,
                                    NULL) == 1
         && EVP_DigestVerify(md, sig, n, t->signed_part.data,
                             t->signed_part.len) == 1;

    EVP_MD_CTX_free(md);
    return rc;
}


static int
jwt_check(const jwt_t *t, const json_t *set, gw_buf_t *why)
{
    bool           good;
    EVP_PKEY      *key;
    const json_t  *jwk;

    jwk = jwt_find(t, set);
    if (jwk == NULL) {
        gw_buf_cstr(why, "no key of its provider is the one that it names");
        return GW_ENOTFOUND;
    }

    key = t->alg->key(jwk);
    good = key != NULL && jwt_signed(t, key);
    EVP_PKEY_free(key);
    if (!good) {
        gw_buf_cstr(why, key == NULL ? "the key that it names is not one"
                                     : "its signature is not of that key");
        return GW_EINVAL;
    }

    return GW_OK;
}


int
jwt_verify(gw_str_t token, const json_t *set, json_t **claims, gw_buf_t *why)
{
    int    rc;
    jwt_t  t;

    t.header = NULL;
    rc = jwt_split(token, &t, why);
    rc = rc == GW_OK ? jwt_check(&t, set, why) : rc;

    if (rc == GW_OK) {
        *claims = jwt_part(t.payload);
        if (*claims == NULL) {
            gw_buf_cstr(why, "its payload is not a JSON object");
            rc = GW_EINVAL;
        }
    }

    json_decref(t.header);
    return rc;
}


/* `aud` is a name or a list of names; of several, `azp` says who asked. */
static bool
jwt_means(const json_t *claims, const char *client)
{
    bool     named;
    size_t   i;
    json_t  *aud, *one;

    aud = json_object_get(claims, "aud");
    named = jwt_is(claims, "aud", client);
    json_array_foreach(aud, i, one) {
        named |= json_is_string(one)
                 && strcmp(json_string_value(one), client) == 0;
    }

    return named && (json_object_get(claims, "azp") != NULL
                     ? jwt_is(claims, "azp", client)
                     : json_array_size(aud) <= 1);
}


int
jwt_judge(const json_t *claims, const jwt_expect_t *e, gw_buf_t *why)
{
    size_t  i;
    double  exp, iat, now;

    now = (double) e->now;
    exp = json_number_value(json_object_get(claims, "exp"));
    iat = json_number_value(json_object_get(claims, "iat"));

    struct {
        bool         good;
        const char  *why;
    } rules[] = {
        { jwt_is(claims, "iss", e->issuer), "its issuer is another" },
        { jwt_means(claims, e->client), "it is meant for another client" },
        { exp > now - JWT_SKEW, "it has expired" },
        { iat > 0 && iat < now + JWT_SKEW, "it is from the future" },
        { e->nonce ? jwt_is(claims, "nonce", e->nonce)
                   : json_object_get(claims, "nonce") == NULL,
          "its nonce is not that of this login" },
        { json_string_length(json_object_get(claims, "sub")) <= 255,
          "its subject has over 255 bytes" },
    };

    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rules[i].good) {
            gw_buf_cstr(why, rules[i].why);
            return GW_EINVAL;
        }
    }

    return GW_OK;
}
