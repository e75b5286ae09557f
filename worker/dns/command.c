/*
 * `godwit dns TYPE NAME...`: what the name servers say, one JSON line a name,
 * asked as mail does. For operators who look into a route, and for tests.
 */
#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/dns/dns.h"
#include "worker/worker.h"

static const char  *dns_command_states[] = {
    "ok", "none", "empty", "null", "failed", "silent"
};

/* mx is asked by its rules; PTR takes an address. */
static const struct {
    const char  *word;
    int          type;
} dns_command_types[] = {
    { "a", ns_t_a }, { "aaaa", ns_t_aaaa }, { "cname", ns_t_cname },
    { "mx", ns_t_mx }, { "ptr", ns_t_ptr }, { "txt", ns_t_txt }
};


static json_t *
dns_command_record(const dns_record_t *r)
{
    char    text[INET6_ADDRSTRLEN];
    json_t  *value;

    if (r->family != 0) {
        return json_string(inet_ntop(r->family, r->address, text,
                                     sizeof(text)));
    }

    value = json_stringn((char *) r->text.data, r->text.len);
    return value != NULL ? value : json_string("(no UTF-8)");
}


static void
dns_command_print(void *arg, const dns_answer_t *a)
{
    json_t    *line, *records;
    unsigned   i;

    records = json_array();
    for (i = 0; i < a->n; i++) {
        (void) json_array_append_new(records,
                                     dns_command_record(&a->record[i]));
    }

    line = json_pack("{s:s, s:s, s:s, s:I, s:o}", "name", (char *) arg,
                     "state", dns_command_states[a->state], "why", a->why,
                     "ttl_ms", (json_int_t) a->ttl_ms, "records", records);
    (void) json_dumpf(line, stdout, JSON_COMPACT);
    (void) putchar('\n');
    json_decref(line);
}


static int
dns_command_ask(dns_t *d, int type, char *name)
{
    struct sockaddr_in   in = { .sin_family = AF_INET };
    struct sockaddr_in6  in6 = { .sin6_family = AF_INET6 };

    if (type == ns_t_mx) {
        return dns_ask_mx(d, name, dns_command_print, name);
    }

    if (type != ns_t_ptr) {
        return dns_ask(d, type, name, dns_command_print, name);
    }

    return inet_pton(AF_INET, name, &in.sin_addr) == 1
           ? dns_ask_ptr(d, (struct sockaddr *) &in, dns_command_print, name)
           : inet_pton(AF_INET6, name, &in6.sin6_addr) == 1
           ? dns_ask_ptr(d, (struct sockaddr *) &in6, dns_command_print, name)
           : GW_EINVAL;
}


int
dns_command(worker_t *w)
{
    int       rc, i, type;
    char      mem[300];
    dns_t    *d;
    size_t    n;
    gw_buf_t  err;

    type = 0;
    for (n = 0; n < sizeof(dns_command_types) / sizeof(dns_command_types[0])
                && w->argc > 1; n++)
    {
        if (strcmp(w->argv[0], dns_command_types[n].word) == 0) {
            type = dns_command_types[n].type;
        }
    }

    if (type == 0) {
        fputs("usage: godwit dns a|aaaa|cname|mx|ptr|txt NAME...\n", stderr);
        return 2;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = dns_create(&d, NULL, &w->conf, &err);
    if (rc != GW_OK) {
        fprintf(stderr, "%s\n", err.len > 0 ? gw_buf_c(&err)
                                            : gw_strerror(rc));
        return 1;
    }

    for (i = 1; rc == GW_OK && i < w->argc; i++) {
        rc = dns_command_ask(d, type, w->argv[i]);
        if (rc == GW_EINVAL) {
            fprintf(stderr, "\"%s\" is no %s\n", w->argv[i],
                    type == ns_t_ptr ? "address" : "name of a host");
        }
    }

    rc = dns_wait(d) == GW_OK ? rc : GW_ERROR;
    dns_free(d);
    return rc == GW_OK ? 0 : 1;
}
