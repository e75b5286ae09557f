/* Passwords: scrypt by the vectors of RFC 7914, PHC texts, the common ones. */
#include "shm/gw_codec.h"
#include "shm/gw_password.h"
#include "t/unit/tap.h"

typedef struct {
    const char  *password, *salt;
    unsigned     ln, r, p;
    const char  *hex;                   /* of the first 32 bytes */
} vector_t;

/* RFC 7914, section 12 */
static const vector_t  vectors[] = {
    { "", "", 4, 1, 1, "77d6576238657b203b19ca42c18a0497"
                       "f16b4844e3074ae8dfdffa3fede21442" },
    { "password", "NaCl", 10, 8, 16, "fdbabe1c9d3472007856e7190d01e9fe"
                                     "7c6ad7cbc8237830e77376634b373162" },
    { "pleaseletmein", "SodiumChloride", 14, 8, 1,
      "7023bdcb3afd7348461c06cd81fd38eb"
      "fda8fbba904f8e3ea9b543f6545da1f2" }
};


/* The hash of a PHC text, in hex. */
static gw_str_t
hash_of(gw_str_t phc, char hex[65])
{
    size_t          i, n;
    unsigned char   text[64], hash[64];

    for (i = phc.len; i > 0 && phc.data[i - 1] != '$'; i--) {
        /* void */
    }

    phc = gw_str_make(phc.data + i, phc.len - i);
    for (i = 0; i < phc.len && i < sizeof(text); i++) {
        text[i] = phc.data[i] == '+' ? '-'
                  : phc.data[i] == '/' ? '_' : phc.data[i];
    }

    n = sizeof(hash);
    if (gw_b64url_decode(hash, &n, gw_str_make(text, i)) != GW_OK || n != 32) {
        return gw_str_of("no hash");
    }

    gw_hex_encode((unsigned char *) hex, hash, 32);
    return gw_str_make(hex, 64);
}


static void
rfc7914(void)
{
    char                   mem[GW_PASSWORD_PHC], hex[65];
    size_t                 i;
    gw_buf_t               phc;
    gw_password_params_t   p;

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        p.ln = vectors[i].ln;
        p.r = vectors[i].r;
        p.p = vectors[i].p;
        p.salt_len = strlen(vectors[i].salt);
        memcpy(p.salt, vectors[i].salt, p.salt_len);

        gw_buf_fixed(&phc, mem, sizeof(mem));
        is_int(gw_password_hash(&p, gw_str_of(vectors[i].password), &phc),
               GW_OK, "a vector of RFC 7914");
        is_str(hash_of(gw_buf_view(&phc), hex), vectors[i].hex, "its hash");
    }

    p.ln = 20;                          /* the fourth wants a gibibyte */
    p.r = 8;
    p.p = 1;
    gw_buf_fixed(&phc, mem, sizeof(mem));
    is_int(gw_password_hash(&p, gw_str_of("pleaseletmein"), &phc), GW_ENOMEM,
           "more than 64 MiB are refused");
}


static void
phc(void)
{
    char                  mem[2 * GW_PASSWORD_PHC];
    size_t                i, n;
    gw_buf_t              b, again;
    gw_password_params_t  p;

    static const char *const  wrong[] = {
        "", "x", "$scrypt$", "$scrypt$ln=15,r=8,p=3", "$scrypt$ln=15,r=8,p=3$",
        "$scrypt$ln=0,r=8,p=3$c2FsdA", "$scrypt$ln=25,r=8,p=3$c2FsdA",
        "$scrypt$ln=15,r=33,p=3$c2FsdA", "$scrypt$ln=15,r=8,p=17$c2FsdA",
        "$scrypt$ln=15,p=3,r=8$c2FsdA", "$scrypt$ln=15,r=8,p=3$c2Fs!A",
        "$scrypt$ln=15,r=8,p=3$c2Fs_A", "$scrypt$ln=15,r=8,p=3$c2FsdB",
        "$scrypt$ln=,r=8,p=3$c2FsdA", "$scrypt$ln=-1,r=8,p=3$c2FsdA",
        "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA",
        "$scrypt$ln=99999999999999999999,r=8,p=3$c2FsdA",
        "$scrypt$ln=15,r=8,p=3$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    };

    n = 0;
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        n += gw_password_parse(gw_str_of(wrong[i]), &p) == GW_EINVAL;
    }
    is_int(n, sizeof(wrong) / sizeof(wrong[0]), "what is no PHC of ours");

    is_int(gw_password_parse(gw_str_of("$scrypt$ln=14,r=8,p=1$c2FsdA"), &p),
           GW_OK, "parameters without a hash");
    ok(p.ln == 14 && p.r == 8 && p.p == 1 && p.salt_len == 4
       && memcmp(p.salt, "salt", 4) == 0, "each");
    ok(gw_password_is_old(&p), "are older than ours");

    gw_buf_fixed(&b, mem, GW_PASSWORD_PHC);
    is_int(gw_password_make(gw_str_of("correct horse"), &b), GW_OK, "made");
    is_int(gw_password_parse(gw_buf_view(&b), &p), GW_OK, "and read");
    ok(!gw_password_is_old(&p) && p.salt_len == 16, "as of today");

    gw_buf_fixed(&again, mem + GW_PASSWORD_PHC, GW_PASSWORD_PHC);
    is_int(gw_password_hash(&p, gw_str_of("correct horse"), &again), GW_OK,
           "the same password");
    ok(gw_str_eq(gw_buf_view(&b), gw_buf_view(&again)), "is the same text");
    gw_buf_reset(&again);
    is_int(gw_password_hash(&p, gw_str_of("correct horsf"), &again), GW_OK,
           "another");
    ok(!gw_str_eq(gw_buf_view(&b), gw_buf_view(&again)), "is not");

    gw_buf_fixed(&again, mem + GW_PASSWORD_PHC, 40);
    is_int(gw_password_hash(&p, gw_str_of("x"), &again), GW_EFULL,
           "a buffer that is too small");
}


static void
common(void)
{
    char      mem[200], text[GW_PASSWORD_BYTES + 8];
    size_t    i;
    gw_buf_t  why;

    static const char *const  refused[] = {
        "password", "Password1", "P@ssw0rd", "PASSWORD!!", "passwordpassword",
        "12345678", "1234567890", "qwertyui", "asdfghjkl", "zxcvbnm,./",
        "1q2w3e4r", "q1w2e3r4", "1qaz2wsx", "zaq12wsx", "aaaaaaaa", "abababab",
        "abcabcabc", "abcd1234", "11112222", "19901231", "20240101", "iloveyou",
        "iloveyou2", "trustno1", "letmein1", "1princess",
        "monkey12", "dragon2024!", "football", "baseball", "superman",
        "Michael1",
        "jennifer", "starwars", "whatever", "computer", "fuckyou1", "welcome1",
        "admin123", "qwerty123", "Summer2024", "azertyuiop", "00000000",
        "87654321", "abc12345", "l3tm31n!", "!!angel!!", "hell0hell0",
        "987654321", "passw0rd", "changeme", "aa112233",
        "Godwit2026!", "newsletter", "c4mpaigns1"
    };
    static const char *const  taken[] = {
        "correct horse battery staple", "kV9#rTq2", "lamp river uncle fog",
        "password of my grandmother", "gr\xc3\xbcne W\xc3\xa4lder im Mai",
        "\xd0\xba\xd0\xbe\xd1\x80\xd0\xbe\xd0\xb2\xd0\xb0\xd1\x81\xd0\xb8"
        "\xd0\xbd\xd1\x8f\xd1\x8f", "x7Gd!m0w", "724918350617",
        "mydogatethreeshoes", "tr0ub4dor&3zz"
    };

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        gw_buf_fixed(&why, mem, sizeof(mem));
        ok(gw_password_judge(gw_str_of(refused[i]), &why) == GW_EINVAL
           && why.len > 0, refused[i]);
    }

    for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        gw_buf_fixed(&why, mem, sizeof(mem));
        is_int(gw_password_judge(gw_str_of(taken[i]), &why), GW_OK, taken[i]);
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    is_int(gw_password_judge(gw_str_of("kV9#rTq"), &why), GW_EINVAL, "seven");
    is_str(gw_buf_view(&why), "a password has 8 to 256 characters", "why");

    for (i = 0; i < sizeof(text); i++) {
        text[i] = "kV9#rTq2\xc3\xbc"[i % 10];
    }
    gw_buf_fixed(&why, mem, sizeof(mem));
    is_int(gw_password_judge(gw_str_make(text, sizeof(text)), &why), GW_EINVAL,
           "too long");
    is_int(gw_password_judge(gw_str_of("\xc3\xbc\xc3\xa4\xc3\xb6k"), &why),
           GW_EINVAL, "characters are counted, not bytes");
    is_int(gw_password_judge(gw_str_of(""), &why), GW_EINVAL, "nothing");
}


int
main(void)
{
    rfc7914();
    phc();
    common();

    return done();
}
