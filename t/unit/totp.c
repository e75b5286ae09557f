/* One-time passwords: the vectors of RFC 6238, and which codes are taken. */
#include "t/unit/tap.h"
#include "worker/totp.h"

/* appendix B, SHA-1; the last six of its eight digits */
static const struct {
    int64_t      time;
    const char  *code;
} vectors[] = {
    { 59, "287082" },
    { 1111111109, "081804" },
    { 1111111111, "050471" },
    { 1234567890, "005924" },
    { 2000000000, "279037" },
    { 20000000000, "353130" }
};

/* "12345678901234567890" */
#define SECRET  "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


static int
match(const char *secret, const char *code, int64_t time, int64_t last)
{
    int      rc;
    int64_t  step = 0;

    rc = totp_match(gw_str_of(secret), gw_str_of(code), time * 1000000, last,
                    &step);
    return rc == GW_OK ? (int) (step - time / TOTP_STEP) : rc;
}


int
main(void)
{
    unsigned  i, code;
    char      text[8];

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        ok(totp_code((const unsigned char *) "12345678901234567890", 20,
                     vectors[i].time / TOTP_STEP, &code) == GW_OK, "a code");
        (void) snprintf(text, sizeof(text), "%06u", code);
        is_str(gw_str_of(text), vectors[i].code, vectors[i].code);
        is_int(match(SECRET, vectors[i].code, vectors[i].time, 0), 0,
               "it is taken");
    }

    is_int(match(SECRET, "081804", 1111111109 + 30, 0), -1, "a step late");
    is_int(match(SECRET, "081804", 1111111109 - 30, 0), 1, "a step early");
    is_int(match(SECRET, "081804", 1111111109 + 60, 0), GW_ENOTFOUND,
           "two late");
    is_int(match(SECRET, "081804", 1111111109 - 60, 0), GW_ENOTFOUND,
           "two early");
    is_int(match(SECRET, "081804", 1111111109, 1111111109 / TOTP_STEP),
           GW_ENOTFOUND, "each once");
    is_int(match(SECRET, "081805", 1111111109, 0), GW_ENOTFOUND, "wrong");
    is_int(match(SECRET, "81804", 1111111109, 0), GW_ENOTFOUND, "short");
    is_int(match(SECRET, "0818040", 1111111109, 0), GW_ENOTFOUND, "long");
    is_int(match("GEZDGNBV1", "081804", 1111111109, 0), GW_ECORRUPT,
           "a secret that is none");

    return done();
}
