/* API keys: their text and checksum, scopes, what the cache holds of them. */
#include "shm/gw_apikey.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "shm/gw_codec.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"


static void
text(void)
{
    int            wrong;
    char           mem[] = "gw_live_1234_0123456789abcdefABCDEFxyzXYZ0000"
                           "0R76wy";
    char           hex[65];
    size_t         i;
    int64_t        id;
    gw_str_t       s;
    unsigned char  hash[GW_APIKEY_HASH];

    s = gw_str_of(mem);
    is_int(gw_apikey_parse(s, &id), GW_OK, "a key");
    is_int(id, 1234, "with its id");

    wrong = 0;
    for (i = 0; i < s.len; i++) {
        mem[i] ^= 1;
        wrong += gw_apikey_parse(s, &id) == GW_EINVAL;
        mem[i] ^= 1;
    }
    is_int(wrong, s.len, "every wrong character is found");

    wrong = 0;
    for (i = 0; i < s.len; i++) {
        wrong += gw_apikey_parse(gw_str_make(mem, i), &id) == GW_EINVAL;
    }
    is_int(wrong, s.len, "every cut");

    is_int(gw_apikey_parse(gw_str_of(""), &id), GW_EINVAL, "nothing is none");
    is_int(gw_apikey_session(s, &id), GW_EINVAL, "a key is no session");
    s = gw_str_of("gw_sess_12_0123456789abcdefABCDEFxyzXYZ00001Y0Ykb");
    is_int(gw_apikey_session(s, &id), GW_OK, "a session");
    is_int(id, 12, "with its id");
    is_int(gw_apikey_parse(s, &id), GW_EINVAL, "which is no key");
    is_int(gw_apikey_parse(gw_str_of("gw_live_9223372036854775807_0123456789"
                                     "abcdefABCDEFxyzXYZ00002H07Ca"), &id),
           GW_OK, "the largest id");

    gw_apikey_hash(gw_str_of("abc"), hash);
    gw_hex_encode((unsigned char *) hex, hash, 32);
    is_str(gw_str_make(hex, 64), "ba7816bf8f01cfea414140de5dae2223"
           "b00361a396177a9cb410ff61f20015ad", "SHA-256 of abc");
}


/* A text with the checksum that fits it: is it a key? */
static int
sealed(const char *text)
{
    int       i;
    char      key[GW_APIKEY_MAX + 1];
    size_t    n;
    int64_t   id;
    uint32_t  crc, tenant;

    static const char  digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz";

    n = strlen(text);
    crc = gw_crc32c(0, text, n);
    memcpy(key, text, n);

    for (i = 5; i >= 0; i--) {
        key[n + (size_t) i] = digits[crc % 62];
        crc /= 62;
    }

    if (strncmp(text, "gw_write_", 9) == 0) {
        return gw_apikey_write(gw_str_make(key, n + 6), &tenant, &id) == GW_OK
               && tenant == 7 && id == 12 ? GW_OK : GW_EINVAL;
    }

    return gw_apikey_parse(gw_str_make(key, n + 6), &id);
}


static void
form(void)
{
    is_int(sealed("gw_live_1_abcdefghijklmnopqrstuvwxyz012345"), GW_OK,
           "a key by its form");
    is_int(sealed("gw_test_1_abcdefghijklmnopqrstuvwxyz012345"), GW_OK,
           "one for tests");
    is_int(sealed("gw_text_1_abcdefghijklmnopqrstuvwxyz012345"), GW_EINVAL,
           "another prefix");
    is_int(sealed("gw_live_1_abcdefghijklmnopqrstuvwxyz01234-"), GW_EINVAL,
           "a wrong character under a right checksum");
    is_int(sealed("gw_live_01_abcdefghijklmnopqrstuvwxyz012345"), GW_EINVAL,
           "a zero before its id: one id has one text");
    is_int(sealed("gw_live_0_abcdefghijklmnopqrstuvwxyz012345"), GW_EINVAL,
           "the id 0");
    is_int(sealed("gw_live_1_abcdefghijklmnopqrstuvwxyz01234"), GW_EINVAL,
           "too short");
    is_int(sealed("gw_write_7_12_abcdefghijklmnopqrstuvwxyz012345"), GW_OK,
           "a write key");
    is_int(sealed("gw_write_07_12_abcdefghijklmnopqrstuvwxyz012345"),
           GW_EINVAL, "a zero before its workspace");
    is_int(sealed("gw_write_7_abcdefghijklmnopqrstuvwxyz012345"), GW_EINVAL,
           "one without a source");
}


static void
scopes(void)
{
    unsigned  i;

    static const struct {
        const char  *have, *want;
        bool         covers;
    } t[] = {
        { "*", "contacts:write", true },
        { "contacts:read", "contacts:read", true },
        { "contacts:read", "contacts:write", false },
        { "events:*", "audits:read", false },
        { "events:write", "audits:read", false },
        { "contacts:write", "contacts:read", true },
        { "contacts:*", "contacts:write", true },
        { "contacts:*", "contact:write", false },
        { "contact:*", "contacts:write", false },
        { "lists:read contacts:read", "contacts:read", true },
        { "lists:write", "contacts:read", false },
        { "contacts:writer", "contacts:read", false },
        { "contacts", "contacts:read", false },
        { "", "contacts:read", false },
        { "", "", true }
    };

    for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
        ok(gw_apikey_covers(gw_str_of(t[i].have), gw_str_of(t[i].want))
           == t[i].covers, "\"%s\" %s \"%s\"", t[i].have,
           t[i].covers ? "covers" : "does not cover", t[i].want);
    }
}


static bool
lets(const gw_apikey_record_t *r, const char *address)
{
    struct sockaddr_in  sa = { .sin_family = AF_INET };

    (void) inet_pton(AF_INET, address, &sa.sin_addr);
    return gw_apikey_lets(r, (struct sockaddr *) &sa);
}


/* A key for certain networks, in the cache and out of it. */
static void
networks(gw_apikey_record_t *r, unsigned char *out)
{
    gw_apikey_record_t  d;

    ok(lets(r, "192.0.2.1"), "one that is not bound is good from anywhere");
    r->bound = true;
    ok(!lets(r, "192.0.2.1"), "one whose networks are not known from nowhere");
    r->nets = gw_str_of("192.0.2.0/24 2001:db8::/32 198.51.100.7/32");
    is_int(gw_apikey_unpack(&d, gw_str_make(out, gw_apikey_pack(out, r))),
           GW_OK, "one that is");
    is_str(d.scopes, "lists:write sends:read", "keeps its scopes");
    ok(d.bound && lets(&d, "192.0.2.255") && lets(&d, "198.51.100.7")
       && !lets(&d, "198.51.100.8") && !lets(&d, "192.0.3.0"),
       "and is good from there alone");
    r->nets.len = 0;
    r->bound = false;
}


static void
record(void)
{
    size_t              n;
    int64_t             id;
    gw_str_t            read = gw_string("lists:read"), key;
    unsigned char       out[GW_APIKEY_RECORD_MAX + 1], hash[GW_APIKEY_HASH];
    gw_apikey_record_t  r, d;

    static char  many[GW_APIKEY_SCOPES_MAX + 1];

    memset(&r, 0, sizeof(r));
    memset(hash, 7, sizeof(hash));
    memcpy(r.hash, hash, sizeof(hash));
    r.tenant = 4000000000u;
    r.expires = 1000000;
    r.scopes = gw_str_of("lists:write sends:read");

    n = gw_apikey_pack(out, &r);
    is_int(gw_apikey_unpack(&d, gw_str_make(out, n)), GW_OK, "a record");
    ok(d.tenant == r.tenant && d.expires == 1000000 && !d.revoked
       && memcmp(d.hash, hash, 32) == 0, "is what it was");
    is_str(d.scopes, "lists:write sends:read", "with its scopes");
    is_int(gw_apikey_unpack(&d, gw_str_make(out, 44)), GW_ECORRUPT, "cut");
    is_int(gw_apikey_unpack(&d, gw_str_make(out, sizeof(out))), GW_ECORRUPT,
           "longer than any");

    is_int(gw_apikey_refuse(&r, hash, read, 999999), GW_OK, "a right key");
    is_int(gw_apikey_refuse(&r, hash, read, 1000000), GW_EINVAL, "expired");
    is_int(gw_apikey_refuse(&r, hash, (gw_str_t) gw_string("events:read"), 1),
           GW_EFULL, "without that scope");
    hash[31] ^= 1;
    is_int(gw_apikey_refuse(&r, hash, read, 1), GW_EINVAL, "another text");
    hash[31] ^= 1;
    r.expires = 0;
    is_int(gw_apikey_refuse(&r, hash, read, INT64_MAX), GW_OK, "for ever");
    r.revoked = true;
    n = gw_apikey_pack(out, &r);
    is_int(gw_apikey_unpack(&d, gw_str_make(out, n)), GW_OK, "one revoked");
    is_int(gw_apikey_refuse(&d, hash, read, 1), GW_EINVAL, "is refused");

    networks(&r, out);
    r.scopes = gw_str_make(many, sizeof(many));
    is_int(gw_apikey_pack(out, &r), 0, "too many scopes");

    key = gw_str_of("gw_live_1_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    alloc_count = 0;
    is_int(gw_apikey_parse(key, &id), GW_EINVAL, "a wrong checksum");
    gw_apikey_hash(key, hash);
    is_int(gw_apikey_refuse(&d, hash, read, 1), GW_EINVAL, "a wrong hash");
    is_int(alloc_count, 0, "a check allocates nothing");
}


int
main(void)
{
    text();
    form();
    scopes();
    record();
    return done();
}
