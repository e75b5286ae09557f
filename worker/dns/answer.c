/*
 * An answer's records. Every byte of it may be a liar's: the C library checks
 * the frame, here the content is checked and bounded.
 */
#include "worker/dns/answer.h"

#include <ares.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DNS_RECORDS_MAX   256
#define DNS_TTL_MIN_MS    1000
#define DNS_TTL_MAX_MS    3600000
#define DNS_NEGATIVE_MS   60000         /* when no SOA says how long     */
#define DNS_FAILED_MS     5000          /* a storm asks once             */
#define DNS_ALIASES       16            /* one behind the other          */

static const char  dns_nonsense[] = "what its name servers say makes no sense";

/* What c-ares says and what it means; anything else is DNS_FAILED. */
static const struct {
    int          status;
    dns_state_t  state;
    const char  *why;
} dns_states[] = {
    { ARES_SUCCESS, DNS_OK, "" },
    { ARES_ENOTFOUND, DNS_NONE, "there is no such domain" },
    { ARES_ENODATA, DNS_EMPTY, "it has no such record" },
    { ARES_ETIMEOUT, DNS_SILENT, "no name server answers" },
    /* c-ares has tried them all, and says this of SERVFAIL as well */
    { ARES_ECONNREFUSED, DNS_FAILED, "its name servers fail, or the resolver "
      "cannot be reached" },
};


/* A name at p in lower case; the root is "". */
static bool
dns_reply_name(ns_msg *msg, const unsigned char *p, dns_reply_t *r,
    dns_record_t *record)
{
    char    name[NS_MAXDNAME];
    size_t  i, n;

    if (ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg), p, name,
                           sizeof(name)) < 0)
    {
        return false;
    }

    n = strcmp(name, ".") == 0 ? 0 : strlen(name);
    for (i = 0; i < n; i++) {
        if (name[i] <= 0x20 || name[i] >= 0x7f || name[i] == '\\') {
            return false;       /* no name of a host */
        }
        name[i] = (char) tolower((unsigned char) name[i]);
    }

    name[n] = '\0';
    record->text.len = n;
    gw_buf_put(&r->text, name, n + 1);
    return true;
}


static bool
dns_reply_text(const ns_rr *rr, dns_reply_t *r, dns_record_t *record)
{
    size_t                n;
    const unsigned char  *p, *end;

    p = ns_rr_rdata(*rr);
    end = p + ns_rr_rdlen(*rr);
    for (record->text.len = 0; p < end; p += n) {
        n = *p++;
        if (n > (size_t) (end - p)) {
            return false;
        }
        gw_buf_put(&r->text, p, n);
        record->text.len += n;
    }

    gw_buf_char(&r->text, '\0');
    return true;
}


static bool
dns_reply_record(ns_msg *msg, const ns_rr *rr, dns_reply_t *r,
    dns_record_t *record)
{
    size_t                n;
    const unsigned char  *p;

    p = ns_rr_rdata(*rr);
    switch (ns_rr_type(*rr)) {
    case ns_t_a:
    case ns_t_aaaa:
        n = ns_rr_type(*rr) == ns_t_a ? 4 : 16;
        record->family = n == 4 ? AF_INET : AF_INET6;
        if (ns_rr_rdlen(*rr) == n) {
            memcpy(record->address, p, n);
        }
        return ns_rr_rdlen(*rr) == n;
    case ns_t_mx:
        record->preference = ns_rr_rdlen(*rr) > 2 ? ns_get16(p) : 0;
        return ns_rr_rdlen(*rr) > 2 && dns_reply_name(msg, p + 2, r, record);
    case ns_t_txt:
        return dns_reply_text(rr, r, record);
    default:
        return dns_reply_name(msg, p, r, record);
    }
}


static void
dns_reply_fail(dns_reply_t *r, dns_state_t state, const char *why, int64_t ms)
{
    r->answer.state = state;
    r->answer.why = why;
    r->answer.ttl_ms = ms;
    r->answer.n = 0;
}


static void
dns_reply_ttl(dns_reply_t *r, uint32_t seconds)
{
    int64_t  ms;

    ms = (int64_t) seconds * 1000;
    ms = ms > DNS_TTL_MIN_MS ? ms : DNS_TTL_MIN_MS;
    r->answer.ttl_ms = ms < r->answer.ttl_ms ? ms : r->answer.ttl_ms;
}


/* The name behind all aliases of the one that was asked for. */
static bool
dns_reply_owner(int type, ns_msg *msg, char name[NS_MAXDNAME])
{
    int    i, hop;
    ns_rr  rr;

    if (ns_parserr(msg, ns_s_qd, 0, &rr) != 0) {
        return false;
    }

    (void) snprintf(name, NS_MAXDNAME, "%s", ns_rr_name(rr));
    for (hop = 0, i = 0; type != ns_t_cname && hop < DNS_ALIASES
                         && i < ns_msg_count(*msg, ns_s_an); i++)
    {
        if (ns_parserr(msg, ns_s_an, i, &rr) != 0) {
            return false;
        }
        if (ns_rr_type(rr) == ns_t_cname
            && strcasecmp(ns_rr_name(rr), name) == 0)
        {
            if (ns_name_uncompress(ns_msg_base(*msg), ns_msg_end(*msg),
                                   ns_rr_rdata(rr), name, NS_MAXDNAME) < 0)
            {
                return false;
            }
            hop++;
            i = -1;             /* they need not stand in their order */
        }
    }

    return true;
}


/*
 * The records of that name of the type that was asked for, into a list that has
 * room for n; how many there are, or -1 when they make no sense.
 */
static int
dns_reply_take(dns_reply_t *r, int type, ns_msg *msg, dns_record_t *record,
    int n)
{
    int     i, seen;
    char    owner[NS_MAXDNAME];
    ns_rr   rr;
    size_t  len;

    if (!dns_reply_owner(type, msg, owner)) {
        return -1;
    }

    for (i = 0, seen = 0; i < n; i++) {
        if (ns_parserr(msg, ns_s_an, i, &rr) != 0) {
            return -1;
        }

        dns_reply_ttl(r, ns_rr_ttl(rr));
        if ((int) ns_rr_type(rr) != type || ns_rr_class(rr) != ns_c_in
            || strcasecmp(ns_rr_name(rr), owner) != 0)
        {
            continue;
        }

        seen++;
        len = r->text.len;
        if (dns_reply_record(msg, &rr, r, &record[r->answer.n])) {
            r->answer.n++;
        } else {
            r->text.len = len;
        }
    }

    return seen > 0 && r->answer.n == 0 ? -1 : (int) r->answer.n;
}


static void
dns_reply_records(dns_reply_t *r, int type, ns_msg *msg)
{
    int            i, n;
    size_t         at;
    dns_record_t  *record;

    n = ns_msg_count(*msg, ns_s_an);
    n = n < DNS_RECORDS_MAX ? n : DNS_RECORDS_MAX;
    record = calloc((size_t) n + 1, sizeof(dns_record_t));
    r->answer.record = record;
    r->answer.ttl_ms = DNS_TTL_MAX_MS;
    n = record != NULL ? dns_reply_take(r, type, msg, record, n) : 0;

    if (record == NULL || r->text.failed) {
        dns_reply_fail(r, DNS_FAILED, "no memory", 0);
        return;
    }

    if (n < 0) {
        dns_reply_fail(r, DNS_FAILED, dns_nonsense, DNS_FAILED_MS);
        return;
    }

    for (i = 0, at = 0; r->text.len > 0 && i < n; i++) {
        record[i].text.data = r->text.data + at;
        at += record[i].text.len + 1;
    }

    if (n == 0) {
        dns_reply_fail(r, DNS_EMPTY, "it has no such record",
                       r->answer.ttl_ms < DNS_NEGATIVE_MS ? r->answer.ttl_ms
                                                          : DNS_NEGATIVE_MS);
    }
}


/* How long it is true that there is nothing (RFC 2308). */
static int64_t
dns_reply_negative(ns_msg *msg)
{
    int       i;
    ns_rr     rr;
    int64_t   ms;
    uint32_t  minimum;

    for (i = 0; i < ns_msg_count(*msg, ns_s_ns); i++) {
        if (ns_parserr(msg, ns_s_ns, i, &rr) == 0
            && ns_rr_type(rr) == ns_t_soa && ns_rr_rdlen(rr) >= 22)
        {
            minimum = ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4);
            minimum = ns_rr_ttl(rr) < minimum ? ns_rr_ttl(rr) : minimum;
            ms = (int64_t) minimum * 1000;
            return ms < DNS_TTL_MIN_MS ? DNS_TTL_MIN_MS
                   : ms < DNS_TTL_MAX_MS ? ms : DNS_TTL_MAX_MS;
        }
    }

    return DNS_NEGATIVE_MS;
}


static int
dns_reply_order(const void *a, const void *b)
{
    const dns_record_t  *x = a, *y = b;

    return x->preference != y->preference
           ? (x->preference < y->preference ? -1 : 1)
           : x->text.data != NULL && y->text.data != NULL
             ? strcmp((char *) x->text.data, (char *) y->text.data) : 0;
}


dns_reply_t *
dns_reply_read(int type, int status, const unsigned char *data, int len)
{
    bool          framed;
    size_t        i;
    ns_msg        msg;
    dns_reply_t  *r;

    r = calloc(1, sizeof(dns_reply_t));
    if (r == NULL) {
        return NULL;
    }

    r->held = 1;
    gw_buf_init(&r->text, NS_MAXMSG * 2);
    framed = data != NULL && ns_initparse(data, len, &msg) == 0;

    for (i = 0; i < sizeof(dns_states) / sizeof(dns_states[0]); i++) {
        if (dns_states[i].status == status) {
            break;
        }
    }

    if (i == sizeof(dns_states) / sizeof(dns_states[0])
        || (status == ARES_SUCCESS && !framed))
    {
        dns_reply_fail(r, DNS_FAILED, dns_nonsense, DNS_FAILED_MS);
    } else if (status == ARES_SUCCESS) {
        r->answer.why = "";
        dns_reply_records(r, type, &msg);
        if (type == ns_t_mx && r->answer.n > 1) {
            qsort((void *) r->answer.record, r->answer.n,
                  sizeof(dns_record_t), dns_reply_order);
        }
    } else {
        dns_reply_fail(r, dns_states[i].state, dns_states[i].why,
                       dns_states[i].state == DNS_FAILED
                       || dns_states[i].state == DNS_SILENT ? DNS_FAILED_MS
                       : framed ? dns_reply_negative(&msg) : DNS_NEGATIVE_MS);
    }

    return r;
}


void
dns_reply_release(dns_reply_t *r)
{
    if (r != NULL && --r->held == 0) {
        gw_buf_free(&r->text);
        free((void *) r->answer.record);
        free(r);
    }
}
