/* API keys: their text, what the cache holds of them, what a scope covers. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "shm/gw_apikey.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "shm/gw_codec.h"

#define GW_APIKEY_SECRET    32
#define GW_APIKEY_CHECK     6           /* 62^6 > 2^32 */
#define GW_APIKEY_BASE      62
#define GW_APIKEY_FIXED     45          /* of a record, before the scopes */
#define GW_APIKEY_REVOKED   1
#define GW_APIKEY_BOUND     2
#define GW_APIKEY_APART     '\n'        /* scopes from networks */

static const unsigned char  gw_apikey_digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";


static void
gw_apikey_check(gw_str_t text, unsigned char out[GW_APIKEY_CHECK])
{
    int       i;
    uint32_t  crc;

    crc = gw_crc32c(0, text.data, text.len);

    for (i = GW_APIKEY_CHECK - 1; i >= 0; i--) {
        out[i] = gw_apikey_digits[crc % GW_APIKEY_BASE];
        crc /= GW_APIKEY_BASE;
    }
}


static bool
gw_apikey_is_base62(gw_str_t s)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {
        if (memchr(gw_apikey_digits, s.data[i], GW_APIKEY_BASE) == NULL) {
            return false;
        }
    }

    return true;
}


/* The id of a credential that begins with this. */
static int
gw_apikey_read(const char *prefix, gw_str_t text, int64_t *id)
{
    size_t                n;
    gw_str_t              number, secret;
    long long             v;
    unsigned char         check[GW_APIKEY_CHECK];
    const unsigned char  *end;

    n = strlen(prefix);

    if (text.len > GW_APIKEY_MAX || text.len < n
        || memcmp(text.data, prefix, n) != 0)
    {
        return GW_EINVAL;
    }

    end = memchr(text.data + n, '_', text.len - n);
    if (end == NULL) {
        return GW_EINVAL;
    }

    number = gw_str_make(text.data + n, (size_t) (end - text.data) - n);
    secret = gw_str_make(end + 1, text.len - number.len - n - 1);

    if (number.len == 0 || number.data[0] == '0'
        || gw_str_int(number, 1, INT64_MAX, &v) != GW_OK
        || secret.len != GW_APIKEY_SECRET + GW_APIKEY_CHECK
        || !gw_apikey_is_base62(secret))
    {
        return GW_EINVAL;
    }

    n = text.len - GW_APIKEY_CHECK;
    gw_apikey_check(gw_str_make(text.data, n), check);

    if (memcmp(check, text.data + n, GW_APIKEY_CHECK) != 0) {
        return GW_EINVAL;
    }

    *id = v;
    return GW_OK;
}


int
gw_apikey_parse(gw_str_t text, int64_t *id)
{
    return gw_apikey_read("gw_live_", text, id) == GW_OK
           ? GW_OK : gw_apikey_read("gw_test_", text, id);
}


int
gw_apikey_session(gw_str_t text, int64_t *id)
{
    return gw_apikey_read("gw_sess_", text, id);
}


int
gw_apikey_write_says(gw_str_t text, uint32_t *tenant, int64_t *id)
{
    gw_str_t               rest;
    long long              v, n;
    static const gw_str_t  word = gw_string("gw_write_");

    if (text.len <= word.len || memcmp(text.data, word.data, word.len) != 0) {
        return GW_EINVAL;
    }

    rest = gw_str_make(text.data + word.len, text.len - word.len);
    if (gw_str_int(gw_str_cut(&rest, '_'), 1, INT32_MAX, &v) != GW_OK
        || gw_str_int(gw_str_cut(&rest, '_'), 1, INT64_MAX, &n) != GW_OK)
    {
        return GW_EINVAL;
    }

    *tenant = (uint32_t) v;
    *id = n;
    return GW_OK;
}


int
gw_apikey_write(gw_str_t text, uint32_t *tenant, int64_t *id)
{
    char  prefix[32];

    if (gw_apikey_write_says(text, tenant, id) != GW_OK) {
        return GW_EINVAL;
    }

    (void) snprintf(prefix, sizeof(prefix), "gw_write_%u_", *tenant);
    return gw_apikey_read(prefix, text, id);
}


void
gw_apikey_hash(gw_str_t text, unsigned char hash[GW_APIKEY_HASH])
{
    SHA256_CTX  ctx;

    (void) SHA256_Init(&ctx);
    (void) SHA256_Update(&ctx, text.data, text.len);
    (void) SHA256_Final(hash, &ctx);
}


/* Does one granted scope cover the wanted one? */
static bool
gw_apikey_grants(gw_str_t have, gw_str_t want)
{
    size_t                noun;
    const unsigned char  *colon;

    if (gw_str_is(have, "*") || gw_str_eq(have, want)) {
        return true;
    }

    colon = memchr(want.data, ':', want.len);
    noun = colon != NULL ? (size_t) (colon - want.data) + 1 : 0;

    if (noun == 0 || have.len < noun
        || memcmp(have.data, want.data, noun) != 0)
    {
        return false;
    }

    have = gw_str_make(have.data + noun, have.len - noun);
    want = gw_str_make(want.data + noun, want.len - noun);

    return gw_str_is(have, "*")
           || (gw_str_is(have, "write") && gw_str_is(want, "read"));
}


bool
gw_apikey_covers(gw_str_t scopes, gw_str_t scope)
{
    size_t                n;
    const unsigned char  *blank;

    if (scope.len == 0) {
        return true;
    }

    while (scopes.len > 0) {
        blank = memchr(scopes.data, ' ', scopes.len);
        n = blank != NULL ? (size_t) (blank - scopes.data) : scopes.len;

        if (gw_apikey_grants(gw_str_make(scopes.data, n), scope)) {
            return true;
        }

        n += blank != NULL;
        scopes = gw_str_make(scopes.data + n, scopes.len - n);
    }

    return false;
}


static unsigned char *
gw_apikey_put(unsigned char *p, uint64_t v, unsigned bytes)
{
    while (bytes-- > 0) {
        *p++ = (unsigned char) (v >> 8 * bytes);
    }

    return p;
}


static uint64_t
gw_apikey_get(const unsigned char *p, unsigned bytes)
{
    uint64_t  v;

    for (v = 0; bytes > 0; bytes--) {
        v = v << 8 | *p++;
    }

    return v;
}


size_t
gw_apikey_pack(unsigned char *out, const gw_apikey_record_t *r)
{
    unsigned char  *p;

    if (r->scopes.len > GW_APIKEY_SCOPES_MAX
        || r->nets.len > GW_APIKEY_NETS_MAX)
    {
        return 0;
    }

    p = gw_apikey_put(out, r->tenant, 4);
    *p++ = (r->revoked ? GW_APIKEY_REVOKED : 0)
           | (r->bound ? GW_APIKEY_BOUND : 0);
    p = gw_apikey_put(p, (uint64_t) r->expires, 8);
    memcpy(p, r->hash, GW_APIKEY_HASH);
    p += GW_APIKEY_HASH;

    if (r->scopes.len > 0) {
        memcpy(p, r->scopes.data, r->scopes.len);
        p += r->scopes.len;
    }

    if (r->nets.len > 0) {
        *p++ = GW_APIKEY_APART;
        memcpy(p, r->nets.data, r->nets.len);
        p += r->nets.len;
    }

    return (size_t) (p - out);
}


int
gw_apikey_unpack(gw_apikey_record_t *r, gw_str_t value)
{
    if (value.len < GW_APIKEY_FIXED || value.len > GW_APIKEY_RECORD_MAX) {
        return GW_ECORRUPT;
    }

    r->tenant = (uint32_t) gw_apikey_get(value.data, 4);
    r->revoked = (value.data[4] & GW_APIKEY_REVOKED) != 0;
    r->bound = (value.data[4] & GW_APIKEY_BOUND) != 0;
    r->expires = (int64_t) gw_apikey_get(value.data + 5, 8);
    memcpy(r->hash, value.data + 13, GW_APIKEY_HASH);
    r->nets = gw_str_make(value.data + GW_APIKEY_FIXED,
                          value.len - GW_APIKEY_FIXED);
    r->scopes = gw_str_cut(&r->nets, GW_APIKEY_APART);
    return GW_OK;
}


int
gw_apikey_refuse(const gw_apikey_record_t *r,
    const unsigned char hash[GW_APIKEY_HASH], gw_str_t scope, int64_t now_us)
{
    if (CRYPTO_memcmp(r->hash, hash, GW_APIKEY_HASH) != 0 || r->revoked
        || (r->expires != 0 && r->expires <= now_us))
    {
        return GW_EINVAL;
    }

    return gw_apikey_covers(r->scopes, scope) ? GW_OK : GW_EFULL;
}


bool
gw_apikey_lets(const gw_apikey_record_t *r, const struct sockaddr *from)
{
    gw_str_t   rest;
    gw_nets_t  one;

    rest = r->nets;
    one.n = 1;

    while (r->bound && rest.len > 0) {
        if (gw_net_parse(gw_str_cut(&rest, ' '), &one.v[0]) == GW_OK
            && gw_nets_have(&one, from))
        {
            return true;
        }
    }

    return !r->bound;
}
