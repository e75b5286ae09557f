/* Answers of name servers taken apart and kept; for the dns sources only. */
#ifndef DNS_ANSWER_H
#define DNS_ANSWER_H

#include "worker/dns/dns.h"

#define DNS_SETS  1024
#define DNS_WAYS  4

/* An answer with its memory; held by the cache and by who reads it. */
typedef struct {
    dns_answer_t  answer;
    unsigned      held;
    gw_buf_t      text;         /* what the records view into            */
} dns_reply_t;

/*
 * What a server said, by the status of c-ares; held once, NULL: no memory.
 */
dns_reply_t *dns_reply_read(int type, int status, const unsigned char *data,
    int len);
void dns_reply_release(dns_reply_t *r);

typedef struct {
    dns_reply_t  *reply;        /* NULL: free                            */
    int64_t       until_ms;
    int           type;
    char          name[DNS_NAME_MAX + 1];
} dns_kept_t;

/* Zeroed is empty. Its sets are bounded: who comes last takes the oldest. */
typedef struct {
    dns_kept_t  *kept[DNS_SETS];        /* DNS_WAYS each                 */
} dns_cache_t;

/* NULL: not known. Else held, to be released. */
dns_reply_t *dns_cache_get(const dns_cache_t *c, int type, const char *name);

/* Takes the hold over. */
void dns_cache_put(dns_cache_t *c, int type, const char *name, dns_reply_t *r);
void dns_cache_free(dns_cache_t *c);

#endif
