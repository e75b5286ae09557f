/* The policies of domains: asked for, kept, and what holds of them. */
#include "worker/mail/sts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/http/http.h"

#define STS_AGAIN_S     300             /* after a failure                   */
#define STS_TIMEOUT_MS  10000           /* mail waits for it                 */
#define STS_KNOWN       100000          /* domains in memory                 */
#define STS_ADDRESSES   1024
#define STS_HTTPS       443

typedef struct sts_look_s  sts_look_t;

struct sts_s {
    mail_t      *mail;
    dns_t       *dns;
    http_t      *http;
    sts_look_t  *looks;
    bool         loaded;
    json_t      *known;                 /* domain: {"id","mode","mx","until",
                                           "again"?}, seconds of the epoch   */
    json_t      *kept;                  /* of these, not in Postgres yet     */
};

/* One domain that is asked for. */
struct sts_look_s {
    sts_look_t  *next, **at;
    sts_t       *sts;
    sts_pt       call;
    void        *arg;
    unsigned     pending;
    gw_buf_t     where;                 /* as CURLOPT_RESOLVE wants it       */
    char         id[STS_ID_MAX + 1];
    char         domain[DNS_NAME_MAX + 1];
};


int
sts_renew(sts_t *s)
{
    const gw_conf_t  *conf;

    conf = &s->mail->w->conf;
    return http_guard(s->http, &conf->mail_allow,
                      (char *) conf->smtp_ca_file.data);
}


int
sts_create(sts_t **out, mail_t *m, dns_t *dns)
{
    int     rc;
    sts_t  *s;

    s = calloc(1, sizeof(sts_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->mail = m;
    s->dns = dns;
    s->known = json_object();
    s->kept = json_object();
    rc = s->known == NULL || s->kept == NULL ? GW_ENOMEM
         : http_create(&s->http, m->loop, &m->w->conf);
    rc = rc == GW_OK ? sts_renew(s) : rc;
    if (rc != GW_OK) {
        sts_free(s);
        return rc;
    }

    *out = s;
    return GW_OK;
}


static void
sts_drop(sts_look_t *l)
{
    *l->at = l->next;
    if (l->next != NULL) {
        l->next->at = l->at;
    }

    gw_buf_free(&l->where);
    free(l);
}


void
sts_free(sts_t *s)
{
    sts_look_t  *l;

    if (s == NULL) {
        return;
    }

    http_free(s->http);
    while ((l = s->looks) != NULL) {
        s->looks = l->next;
        gw_buf_free(&l->where);
        free(l);
    }

    json_decref(s->known);
    json_decref(s->kept);
    free(s);
}


static int64_t
sts_now(void)
{
    return gw_clock_us() / 1000000;
}


static int64_t
sts_number(const json_t *policy, const char *key)
{
    return json_integer_value(json_object_get(policy, key));
}


/* What holds of a domain now, or NULL. */
static json_t *
sts_known(const sts_t *s, const char *domain)
{
    json_t  *policy;

    policy = json_object_get(s->known, domain);
    return policy != NULL && sts_number(policy, "until") > sts_now() ? policy
                                                                     : NULL;
}


/* Say what holds; the question is over. */
static void
sts_tell(sts_look_t *l)
{
    json_t        *known;
    sts_policy_t   p = { STS_NONE, "" };

    known = sts_known(l->sts, l->domain);
    if (known != NULL
        && sts_mode_of(gw_str_of(json_string_value(json_object_get(known,
                                                                   "mode"))),
                       &p.mode) == GW_OK)
    {
        p.mx = json_string_value(json_object_get(known, "mx"));
    }

    l->call(l->arg, &p);
    sts_drop(l);
}


/* No policy came: the one before holds, or none for a while. */
static void
sts_failed(sts_look_t *l, const char *why)
{
    json_t      *known;
    json_int_t   until;

    until = sts_now() + STS_AGAIN_S;
    known = sts_known(l->sts, l->domain);
    log_warn("mail: the MTA-STS policy of %s cannot be had: %s; %s",
             l->domain, why, known != NULL ? "the one before holds"
             : "its mail leaves as if it had none");

    if (known == NULL) {
        known = json_pack("{s:s, s:s, s:s, s:I}", "id", l->id, "mode",
                          sts_mode_word(STS_NONE), "mx", "", "until", until);
        (void) json_object_set_new(l->sts->known, l->domain, known);
    } else {
        (void) json_object_set_new(known, "again", json_integer(until));
    }

    sts_tell(l);
}


static void
sts_keep(sts_look_t *l, const sts_text_t *t)
{
    sts_t       *s = l->sts;
    json_t      *policy;
    json_int_t   until;

    until = sts_now() + t->max_age;

    if (json_object_size(s->known) >= STS_KNOWN) {
        (void) json_object_clear(s->known);
        s->loaded = false;
    }

    policy = json_pack("{s:s, s:s, s:s, s:I}", "id", l->id, "mode",
                       sts_mode_word(t->mode), "mx", t->mx, "until", until);
    (void) json_object_set(s->kept, l->domain, policy);
    (void) json_object_set_new(s->known, l->domain, policy);
}


/* Its media type, which others than text/plain are errors of (section 3.3). */
static bool
sts_is_plain(gw_str_t headers)
{
    size_t          n;
    unsigned char  *nl;

    static const char  name[] = "content-type:", type[] = "text/plain";

    for ( /* void */ ; headers.len > 0; headers.data += n, headers.len -= n) {
        nl = memchr(headers.data, '\n', headers.len);
        n = nl != NULL ? (size_t) (nl + 1 - headers.data) : headers.len;
        if (n > sizeof(name)
            && strncasecmp((char *) headers.data, name, sizeof(name) - 1) == 0)
        {
            return memmem(headers.data, n, type, sizeof(type) - 1) != NULL;
        }
    }

    return false;
}


static void
sts_fetched(void *arg, const http_result_t *r)
{
    char         why[40];
    sts_look_t  *l = arg;
    sts_text_t   t;

    if (r->status != 200) {
        (void) snprintf(why, sizeof(why), "its server answers %d", r->status);
        sts_failed(l, r->status > 0 ? why : r->why);
    } else if (!sts_is_plain(r->headers) || r->body.len >= HTTP_ANSWER
               || sts_text_read(r->body, &t) != GW_OK)
    {
        sts_failed(l, "what its server answers is no policy");
    } else {
        sts_keep(l, &t);
        sts_tell(l);
    }
}


/* All its addresses are known: the policy itself. */
static void
sts_fetch(sts_look_t *l)
{
    int                rc;
    char               url[DNS_NAME_MAX + 80];
    http_request_t     q;

    static const char *const  none[] = { NULL };

    memset(&q, 0, sizeof(q));
    (void) snprintf(url, sizeof(url),
                    "https://mta-sts.%s:%lld/.well-known/mta-sts.txt",
                    l->domain,
                    (long long) l->sts->mail->w->conf.mta_sts_port);
    q.url = url;
    q.headers = none;
    q.keep = HTTP_ANSWER;
    q.timeout_ms = STS_TIMEOUT_MS;
    q.resolve = gw_buf_c(&l->where);

    rc = l->where.failed ? GW_ENOMEM
         : http_send(l->sts->http, &q, sts_fetched, l);
    if (rc != GW_OK) {
        sts_failed(l, gw_strerror(rc));
    }
}


static void
sts_located(void *arg, const dns_answer_t *a)
{
    char         mem[64];
    unsigned     i;
    sts_look_t  *l = arg;

    for (i = 0; i < a->n && l->where.len < STS_ADDRESSES / 2; i++) {
        if (inet_ntop(a->record[i].family, a->record[i].address, mem,
                      sizeof(mem)) != NULL)
        {
            gw_buf_fmt(&l->where, a->record[i].family == AF_INET6 ? "%s[%s]"
                       : "%s%s", l->where.data[l->where.len - 1] == ':' ? ""
                       : ",", mem);
        }
    }

    if (--l->pending > 0) {
        return;
    }

    if (l->where.data[l->where.len - 1] == ':') {
        sts_failed(l, "its server has no address");
    } else {
        sts_fetch(l);
    }
}


/* A new policy is announced. */
static void
sts_locate(sts_look_t *l)
{
    int       rc;
    char      name[DNS_NAME_MAX + 16];
    unsigned  i;

    static const int  types[] = { ns_t_a, ns_t_aaaa };

    (void) snprintf(name, sizeof(name), "mta-sts.%s", l->domain);
    gw_buf_init(&l->where, STS_ADDRESSES);
    gw_buf_fmt(&l->where, "+%s:%lld:", name,
               (long long) l->sts->mail->w->conf.mta_sts_port);
    if (l->where.failed) {
        sts_failed(l, gw_strerror(GW_ENOMEM));
        return;
    }

    l->pending = 3;             /* this loop too: it ends but once */
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        rc = dns_ask(l->sts->dns, types[i], name, sts_located, l);
        l->pending -= rc != GW_OK;
    }
    sts_located(l, &(dns_answer_t) { .n = 0 });
}


/* The id that the one record says; false: there is none such. */
static bool
sts_announced(const dns_answer_t *a, char id[STS_ID_MAX + 1])
{
    int       rc, first;
    unsigned  i;

    first = GW_ENOTFOUND;
    for (i = 0; i < a->n; i++) {
        rc = sts_text_id(a->record[i].text, id);
        if (rc != GW_ENOTFOUND && first != GW_ENOTFOUND) {
            return false;       /* more than one */
        }
        first = rc != GW_ENOTFOUND ? rc : first;
    }

    return first == GW_OK;
}


static void
sts_recorded(void *arg, const dns_answer_t *a)
{
    sts_look_t    *l = arg;
    const json_t  *known;

    known = sts_known(l->sts, l->domain);
    if (!sts_announced(a, l->id)
        || (known != NULL
            && (sts_number(known, "again") > sts_now()
                || strcmp(json_string_value(json_object_get(known, "id")),
                          l->id) == 0)))
    {
        sts_tell(l);            /* no record takes no policy back */
        return;
    }

    sts_locate(l);
}


int
sts_ask(sts_t *s, const char *domain, sts_pt call, void *arg)
{
    int          rc;
    char         name[DNS_NAME_MAX + 16];
    sts_look_t  *l;

    l = calloc(1, sizeof(sts_look_t));
    if (l == NULL) {
        return GW_ENOMEM;
    }

    l->sts = s;
    l->call = call;
    l->arg = arg;
    l->next = s->looks;
    l->at = &s->looks;
    if (l->next != NULL) {
        l->next->at = &l->next;
    }
    s->looks = l;
    (void) snprintf(l->domain, sizeof(l->domain), "%s", domain);
    (void) snprintf(name, sizeof(name), "_mta-sts.%s", domain);

    rc = s->mail->w->conf.mta_sts_port == 0 ? GW_EINVAL
         : dns_ask(s->dns, ns_t_txt, name, sts_recorded, l);
    if (rc == GW_EINVAL) {
        call(arg, &(sts_policy_t) { STS_NONE, "" });    /* too long a name */
    }
    if (rc != GW_OK) {
        sts_drop(l);
    }

    return rc == GW_EINVAL ? GW_OK : rc;
}


/* ---- Postgres ---- */


static int
sts_run(db_t *db, const db_query_t *q, const char *policies, PGresult **res)
{
    int   rc;
    char  now[GW_RFC3339_LEN + 1];

    gw_clock_print(gw_clock_us(), now);
    rc = db_run(db, q, &(db_args_t) { { now, policies }, policies ? 2 : 1 },
                res);
    if (rc == GW_ERROR) {
        log_error("mail: MTA-STS: %s", db_message(*res));
        PQclear(*res);
    }

    return rc;
}


int
sts_look(sts_t *s, db_t *db)
{
    int        rc;
    char      *text;
    json_t    *known;
    PGresult  *res;

    if (!s->loaded) {
        rc = sts_run(db, &Q_STS_KNOWN, NULL, &res);
        if (rc != GW_OK) {
            return rc;
        }
        known = json_loads(PQgetvalue(res, 0, 0), 0, NULL);
        s->loaded = json_object_update_missing(s->known, known) == 0;
        json_decref(known);
        PQclear(res);
    }

    if (json_object_size(s->kept) == 0) {
        return GW_OK;
    }

    text = json_dumps(s->kept, JSON_COMPACT);
    rc = text != NULL ? sts_run(db, &Q_STS_KEEP, text, &res) : GW_ENOMEM;
    free(text);
    if (rc == GW_OK) {
        PQclear(res);
        (void) json_object_clear(s->kept);
    }

    return rc == GW_ENOMEM ? GW_OK : rc;
}
