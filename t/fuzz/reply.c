/*
 * SMTP replies: what is taken is within the bytes and a code, its text is
 * short and UTF-8, and less than all of its bytes is no reply yet.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "worker/mail/reply.h"


static void
each(void *arg, gw_str_t line)
{
    gw_str_t  *all = arg;

    must(line.data >= all->data
         && line.data + line.len <= all->data + all->len);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int       rc;
    size_t    used, less;
    reply_t   r, part;
    gw_str_t  in;

    in = gw_str_make(data, n);

    while (in.len > 0) {
        rc = reply_take(in, &used, &r, each, &in);
        must(rc == GW_OK || rc == GW_EAGAIN || rc == GW_ECORRUPT);
        if (rc != GW_OK) {
            return 0;
        }

        must(used > 0 && used <= in.len && r.code >= 100 && r.code <= 999);
        must(r.len <= REPLY_TEXT_MAX && r.text[r.len] == '\0');
        must(gw_utf8_valid(gw_str_make(r.text, r.len)));
        must(reply_take(gw_str_make(in.data, used - 1), &less, &part, NULL,
                        NULL) == GW_EAGAIN);

        in = gw_str_make(in.data + used, in.len - used);
    }

    return 0;
}
