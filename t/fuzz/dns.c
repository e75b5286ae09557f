/*
 * Answers of name servers: the first byte is the type that was asked for. What
 * is taken of them are records of that type, names without blanks, texts that
 * end with NUL.
 */
#include "t/fuzz/fuzz.h"

#include <ares.h>

#include "worker/dns/answer.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    unsigned             i;
    dns_reply_t         *r;
    const dns_answer_t  *a;

    if (n == 0) {
        return 0;
    }

    r = dns_reply_read(data[0], ARES_SUCCESS, data + 1, (int) n - 1);
    must(r != NULL);
    a = &r->answer;
    must(a->ttl_ms >= 0 && (a->state == DNS_OK) == (a->n > 0));

    for (i = 0; i < a->n; i++) {
        if (data[0] == ns_t_a || data[0] == ns_t_aaaa) {
            must(a->record[i].family != 0);
            continue;
        }

        must(a->record[i].text.data[a->record[i].text.len] == '\0');
        must(data[0] == ns_t_txt
             || (strlen((char *) a->record[i].text.data)
                 == a->record[i].text.len
                 && strpbrk((char *) a->record[i].text.data, " \t\r\n<>")
                    == NULL));
    }

    dns_reply_release(r);
    return 0;
}
