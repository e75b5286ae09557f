/*
 * MTA-STS of strangers: an id is short and of letters and digits, a policy that
 * is taken has exchangers unless its mode is none.
 */
#include "t/fuzz/fuzz.h"

#include <ctype.h>

#include "worker/mail/sts_text.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char        id[STS_ID_MAX + 1];
    size_t      i;
    gw_str_t    in;
    sts_text_t  t;

    in = gw_str_make(data, n);

    if (sts_text_id(in, id) == GW_OK) {
        must(id[0] != '\0' && strlen(id) <= STS_ID_MAX);
        for (i = 0; id[i] != '\0'; i++) {
            must(isalnum((unsigned char) id[i]));
        }
    }

    if (sts_text_read(in, &t) == GW_OK) {
        must(t.mode == STS_NONE || t.mx[0] != '\0');
        must(t.max_age >= 0 && t.max_age <= 31557600);
        must(strlen(t.mx) < STS_MX_MAX && strchr(t.mx, '\n') == NULL);
        must(!sts_text_has(t.mx, ""));
        (void) sts_text_has(t.mx, "mx.example.com");
    }

    return 0;
}
