/* The operation domains_verify, from its keys to what is kept of the look. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/domains/domains.h"

/* The columns of domain_keys. */
enum { KEY_ID, KEY_ALGORITHM, KEY_SELECTOR, KEY_PUBLIC, KEY_RECORD };

/* A record that was looked for; value NULL: that is not ours to say. */
typedef struct {
    const char  *key, *purpose, *type, *name, *value;
} record_t;

static const char *const  record_words[] = {
    "ok", "missing", "wrong", "unknown"
};

static const record_verdict_t  record_silent = {
    RECORD_UNKNOWN, "unknown",
    "no name server has answered, so nothing has changed; verify again later"
};


/* Keep what was found, whose reference is taken. */
static void
domain_note(domain_t *d, const record_t *r, json_t *found, record_verdict_t v)
{
    json_t  *check;

    check = json_pack("{s:s?, s:s, s:s, s:s, s:s, s:s?, s:s, s:o*, s:s}",
                      "key", r->key, "code", v.code, "purpose", r->purpose,
                      "type", r->type, "name", r->name, "value", r->value,
                      "state", record_words[v.state],
                      "found", found != NULL ? found : json_array(),
                      "message", v.message);
    (void) json_array_append_new(d->checks, check);
}


static job_end_e
domain_look_keys(domain_t *d)
{
    int          row;
    char         name[DNS_NAME_MAX + 64];
    json_t      *found;
    record_t     r = { .purpose = "dkim", .type = "TXT", .name = name };
    PGresult    *res;
    job_end_e    end;
    dns_state_t  state;

    end = job_ask(d->job, &Q_DOMAIN_KEYS, &(db_args_t) { { d->job->tenant,
                  d->id }, 2 }, &res);

    for (row = 0; end == JOB_GO && row < PQntuples(res); row++) {
        (void) snprintf(name, sizeof(name), "%s._domainkey.%s",
                        PQgetvalue(res, row, KEY_SELECTOR), d->domain);
        r.key = PQgetvalue(res, row, KEY_ID);
        r.value = PQgetvalue(res, row, KEY_RECORD);
        state = domain_ask(d, ns_t_txt, name, &found);
        domain_note(d, &r, found, domain_is_unknown(state) ? record_silent
                    : record_dkim(found,
                                  PQgetvalue(res, row, KEY_ALGORITHM),
                                  PQgetvalue(res, row, KEY_PUBLIC)));
    }

    PQclear(res);
    return end;
}


/* The policy of the domain, or of the nearest one above that has one. */
static void
domain_look_dmarc(domain_t *d)
{
    char           name[DNS_NAME_MAX + 16], first[DNS_NAME_MAX + 16];
    json_t        *found;
    unsigned       n;
    const char    *at;
    dns_state_t    state;

    (void) snprintf(first, sizeof(first), "_dmarc.%s", d->domain);
    for (at = d->domain; ; at = strchr(at, '.') + 1) {
        (void) snprintf(name, sizeof(name), "_dmarc.%s", at);
        state = domain_ask(d, ns_t_txt, name, &found);
        (void) record_version(found, "v=DMARC1", " \t;", &n);
        if (domain_is_unknown(state) || n > 0
            || strchr(strchr(at, '.') + 1, '.') == NULL)
        {
            break;
        }
        json_decref(found);
    }

    domain_note(d, &(record_t) { NULL, "dmarc", "TXT", first,
                "v=DMARC1; p=none" }, found, domain_is_unknown(state)
                ? record_silent : record_dmarc(found));
}


/* One address without its bits, a network with them. */
static void
domain_address(const gw_net_t *net, gw_buf_t *out)
{
    gw_net_print(net, out);
    if (net->bits == (net->v4 ? 32 : 128)) {
        out->len = (size_t) ((unsigned char *) memrchr(out->data, '/',
                                                       out->len)
                             - out->data);
    }
}


/* The record against all our addresses: the worst of them. */
static record_verdict_t
domain_judge_spf(domain_t *d, const gw_nets_t *nets, char *mem, size_t size)
{
    spf_t     rc;
    unsigned  i;
    gw_buf_t  address;

    for (i = 0; i < nets->n; i++) {
        rc = spf_check(d, &nets->v[i]);
        if (rc == SPF_TEMPERROR) {
            return record_silent;
        }
        if (rc == SPF_MACRO) {
            return (record_verdict_t) { RECORD_UNKNOWN, "spf_macro",
                "the record decides by more than addresses (macros, ptr or "
                "exists), which is not looked at" };
        }
        if (rc != SPF_PASS) {
            gw_buf_fixed(&address, mem, size);
            gw_buf_cstr(&address, "mail leaves from ");
            domain_address(&nets->v[i], &address);
            gw_buf_fmt(&address, ", for which the record says %s; add it",
                       spf_word(rc));
            return (record_verdict_t) { RECORD_WRONG, "spf_wrong",
                                        gw_buf_c(&address) };
        }
    }

    return nets->n > 0
           ? (record_verdict_t) { RECORD_OK, "spf_ok", "the record lets "
                                  "every address send that mail leaves from" }
           : (record_verdict_t) { RECORD_UNKNOWN, "spf_unknown", "there is "
                 "one; whether it fits is not known: the operator has not "
                 "said from which addresses mail leaves (sending_addresses)" };
}


static void
domain_look_spf(domain_t *d)
{
    char               mem[256], value[2048];
    json_t            *found, *text;
    size_t             i;
    gw_buf_t           out;
    unsigned           n;
    const char        *is;
    dns_state_t        state;
    const gw_nets_t   *nets;
    record_verdict_t   v;

    nets = &d->job->w->conf.sending_addresses;
    state = domain_ask(d, ns_t_txt, d->domain, &found);
    for (i = json_array_size(found); i-- > 0; ) {
        text = json_array_get(found, i);        /* others are not of this */
        if (strncasecmp(json_string_value(text), "v=spf1", 6) != 0) {
            (void) json_array_remove(found, i);
        }
    }

    is = record_version(found, "v=spf1", " ", &n);
    v = domain_is_unknown(state) ? record_silent
        : n == 0 && json_array_size(found) > 0
          ? (record_verdict_t) { RECORD_WRONG, "spf_wrong", "the record does "
              "not begin with v=spf1 and a blank, so receivers see none; "
              "mend it" }
        : n == 0 ? (record_verdict_t) { RECORD_MISSING, "spf_missing",
              "there is no SPF record; publish one that names every server "
              "which sends mail of this domain" }
        : n > 1 ? (record_verdict_t) { RECORD_WRONG, "spf_wrong",
              "there is more than one SPF record, so receivers heed none; "
              "make one of them" }
        : domain_judge_spf(d, nets, mem, sizeof(mem));

    gw_buf_fixed(&out, value, sizeof(value));
    gw_buf_cstr(&out, "v=spf1");
    for (i = 0; i < nets->n; i++) {
        gw_buf_cstr(&out, nets->v[i].v4 ? " ip4:" : " ip6:");
        domain_address(&nets->v[i], &out);
    }
    gw_buf_cstr(&out, n == 1 ? is + strlen("v=spf1") : " ~all");
    domain_note(d, &(record_t) { NULL, "spf", "TXT", d->domain,
                v.state == RECORD_OK ? is
                : nets->n > 0 && n < 2 && !out.failed ? gw_buf_c(&out) : NULL },
                found, v);
}


/* The names of what mail leaves from; a network has none of its own. */
static void
domain_look_ptr(domain_t *d)
{
    char              name[PTR_NAME_MAX];
    json_t           *found;
    unsigned          i;
    const gw_nets_t  *nets;
    record_verdict_t  v;

    /* others wait for this slot, and nothing is asked after these */
    d->hasty = true;
    nets = &d->job->w->conf.sending_addresses;
    for (i = 0; i < nets->n; i++) {
        if (nets->v[i].bits == (nets->v[i].v4 ? 32 : 128)) {
            ptr_name(&nets->v[i], name);
            v = ptr_check(d, &nets->v[i], &found);
            domain_note(d, &(record_t) { NULL, "ptr", "PTR", name, NULL },
                        found, v);
        }
    }
}


/* Where mail to it goes; a domain without MX is its own (RFC 5321). */
static dns_state_t
domain_ask_mx(domain_t *d, const char *name, json_t **found)
{
    size_t        i;
    dns_state_t   state;

    static const int  types[] = { ns_t_mx, ns_t_a, ns_t_aaaa };

    for (i = 0, state = DNS_EMPTY; state == DNS_EMPTY
         && i < sizeof(types) / sizeof(types[0]); i++)
    {
        state = domain_ask(d, types[i], name, found);
    }

    return state == DNS_OK && i == 1 && json_array_size(*found) == 1
           && *json_string_value(json_array_get(*found, 0)) == '\0'
           ? DNS_NULL : state;
}


/* What is said of a domain that is to take mail; by the state of its MX. */
typedef struct {
    const char        *purpose;
    record_verdict_t   ok, none, empty, null;
} domain_takes_t;

static const domain_takes_t  domain_replies = { "mx",
    { RECORD_OK, "mx_ok", "replies have a place to go" },
    { RECORD_MISSING, "no_domain", "the domain is not in the DNS, so receivers "
      "refuse mail from it; register it, or publish its records" },
    { RECORD_MISSING, "mx_missing", "the domain takes no mail, so replies are "
      "lost; publish an MX record" },
    { RECORD_WRONG, "mx_null", "the domain says that it takes no mail (MX 0 "
      ".), so many receivers refuse mail from it; publish another MX record" }
};

static const domain_takes_t  domain_returns = { "bounce",
    { RECORD_OK, "bounce_ok", "what is returned has a place to go" },
    { RECORD_MISSING, "bounce_missing", "bounce_domain is not in the DNS, so "
      "receivers refuse all mail; publish an MX record that leads here" },
    { RECORD_MISSING, "bounce_missing", "bounce_domain takes no mail, so "
      "nobody hears of dead addresses; publish an MX record that leads here" },
    { RECORD_WRONG, "bounce_null", "bounce_domain says that it takes no mail "
      "(MX 0 .), so many receivers refuse all mail; publish an MX record that "
      "leads here" }
};

static const domain_takes_t  domain_answers = { "reply",
    { RECORD_OK, "reply_ok", "answers have a place to go" },
    { RECORD_MISSING, "reply_missing", "reply_domain is not in the DNS, so "
      "answers are lost; publish an MX record that leads here" },
    { RECORD_MISSING, "reply_missing", "reply_domain takes no mail, so answers "
      "are lost; publish an MX record that leads here" },
    { RECORD_WRONG, "reply_null", "reply_domain says that it takes no mail (MX "
      "0 .), so answers are lost; publish an MX record that leads here" }
};


static void
domain_look_mx(domain_t *d, const domain_takes_t *t, gw_str_t domain)
{
    char               name[DNS_NAME_MAX];
    json_t            *found;
    dns_state_t        state;
    record_verdict_t   v;

    if (domain.len == 0) {
        return;                 /* it is not set */
    }

    (void) snprintf(name, sizeof(name), "%.*s", (int) domain.len,
                    (char *) domain.data);
    state = domain_ask_mx(d, name, &found);
    v = state == DNS_OK ? t->ok : state == DNS_NONE ? t->none
        : state == DNS_EMPTY ? t->empty : state == DNS_NULL ? t->null
        : record_silent;
    domain_note(d, &(record_t) { NULL, t->purpose, "MX", name, NULL }, found,
                v);
}


static job_end_e
domain_gone(job_t *job)
{
    job->code = "gone";
    gw_buf_cstr(&job->why, "the domain was deleted meanwhile");
    return JOB_FAILED;
}


/* What was found is kept, and new keys sign whose records are there. */
static job_end_e
domain_keep(domain_t *d)
{
    char       now[GW_RFC3339_LEN + 1], *checks;
    job_t     *job = d->job;
    PGresult  *res;
    job_end_e  end;

    gw_clock_print(gw_clock_us(), now);
    checks = json_dumps(d->checks, JSON_COMPACT);
    if (checks == NULL) {
        gw_buf_cstr(&job->why, gw_strerror(GW_ENOMEM));
        return JOB_AGAIN;
    }

    worker_crash_point("domains_before_checked");
    end = job_ask(job, &Q_DOMAIN_CHECKED, &(db_args_t) { { job->tenant, d->id,
                  checks, now, job->id, job->epoch }, 6 }, &res);
    if (end == JOB_GO && *PQgetvalue(res, 0, 0) != 't') {
        end = JOB_LOST;
    } else if (end == JOB_GO && PQgetisnull(res, 0, 1)) {
        end = domain_gone(job);
    } else if (end == JOB_GO) {
        job->result = json_loads(PQgetvalue(res, 0, 1), 0, NULL);
        end = JOB_DONE;
    }

    PQclear(res);
    free(checks);
    return end;
}


static job_end_e
domain_open(domain_t *d, job_t *job)
{
    char       mem[256];
    gw_buf_t   err;
    PGresult  *res;
    job_end_e  end;

    memset(d, 0, sizeof(*d));
    d->job = job;
    (void) snprintf(d->id, sizeof(d->id), "%lld", (long long)
                    json_integer_value(json_object_get(job->input,
                                                       "domain")));

    end = job_ask(job, &Q_DOMAIN_GET, &(db_args_t) { { job->tenant, d->id },
                  2 }, &res);
    if (end == JOB_GO && PQntuples(res) == 0) {
        end = domain_gone(job);
    } else if (end == JOB_GO) {
        (void) snprintf(d->domain, sizeof(d->domain), "%s",
                        PQgetvalue(res, 0, 0));
        (void) snprintf(d->returns, sizeof(d->returns), "%s",
                        PQgetvalue(res, 0, 1));
    }
    PQclear(res);

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (end == JOB_GO
        && dns_create(&d->dns, NULL, &job->w->conf, &err) != GW_OK)
    {
        log_error("domains: %s", gw_buf_c(&err));
        d->silent = true;
    }

    d->checks = json_array();
    return end == JOB_GO && d->checks == NULL ? JOB_AGAIN : end;
}


job_end_e
domains_job(job_t *job)
{
    domain_t   d;
    job_end_e  end;

    end = domain_open(&d, job);
    if (end == JOB_GO && json_is_true(json_object_get(job->input, "make"))) {
        end = domain_make_keys(&d);
    }

    end = end == JOB_GO ? domain_look_keys(&d) : end;
    if (end == JOB_GO) {
        domain_look_spf(&d);
        domain_look_dmarc(&d);
        domain_look_mx(&d, &domain_replies, gw_str_of(d.domain));
        domain_look_mx(&d, &domain_returns, d.returns[0] != '\0'
                       ? gw_str_of(d.returns) : job->w->conf.bounce_domain);
        domain_look_mx(&d, &domain_answers, job->w->conf.reply_domain);
        domain_look_ptr(&d);
        end = domain_keep(&d);
    }

    dns_free(d.dns);
    json_decref(d.checks);
    return end;
}
