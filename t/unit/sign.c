/* Signatures of Standard Webhooks: the vector of two other implementations. */
#include "worker/http/sign.h"
#include "t/unit/tap.h"

#define SECRET  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


int
main(void)
{
    char        mem[256];
    size_t      i;
    gw_buf_t    b;
    gw_str_t    body = gw_string("{\"test\": 2432232314}");
    sign_key_t  key;

    static const char *const  bad[] = {
        "", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_!fKQ9r8GKYqrTwjUPD8ILP"
        "ZIo2LaLaSw", "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    };

    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        is_int(sign_key(gw_str_of(bad[i]), &key), GW_EINVAL, "no secret");
    }

    is_int(sign_key(gw_str_of(SECRET), &key), GW_OK, "a secret");
    is_int(key.len, 24, "of 24 bytes");

    gw_buf_fixed(&b, mem, sizeof(mem));
    is_int(sign_append(&b, &key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                       body), GW_OK, "signs");
    is_str(gw_buf_view(&b), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
           "as the others do");
    is_int(sign_append(&b, &key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
                       body), GW_OK, "a second one");
    is_str(gw_buf_view(&b), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
           "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
           "stands behind a blank");

    return done();
}
