/* What the doctor looks at outside: addresses, name servers, ways for mail. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/dns/dns.h"
#include "worker/doctor/doctor.h"
#include "worker/domains/domains.h"

#define DOCTOR_WAIT_MS  5000

/* What a name server has said, kept. */
typedef struct {
    dns_state_t  state;
    char         why[128];
    char         name[DNS_NAME_MAX + 1];        /* of the first record      */
} doctor_answer_t;


void
doctor_base_url(doctor_t *d)
{
    unsigned     i;
    const char  *url = (const char *) d->w->conf.base_url.data, *host;

    static const char  *here[] = { "localhost", "127.", "[::1]", "10.",
                                   "192.168." };

    host = strstr(url, "://");
    host = host != NULL ? host + 3 : url;

    for (i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
        if (strncmp(host, here[i], strlen(here[i])) == 0) {
            doctor_say(d, DOCTOR_WARNING, "let \"base_url\" say how recipients "
                       "reach nginx", "links in mails begin with %s, which "
                       "nobody else reaches", url);
            return;
        }
    }

    if (strncmp(url, "https://", 8) != 0) {
        doctor_say(d, DOCTOR_WARNING, "serve https, and let \"base_url\" say "
                   "so", "links in mails begin with %s: without TLS", url);
    }
}


static void
doctor_heard(void *arg, const dns_answer_t *a)
{
    doctor_answer_t  *to = arg;

    to->state = a->state;
    (void) snprintf(to->why, sizeof(to->why), "%s", a->why);
    if (a->n > 0 && a->record[0].family == 0) {
        (void) snprintf(to->name, sizeof(to->name), "%.*s",
                        (int) a->record[0].text.len,
                        (const char *) a->record[0].text.data);
    }
}


/* The domain of what the house itself writes; "": none is known. */
static void
doctor_domain(const doctor_t *d, char out[DNS_NAME_MAX + 1])
{
    const char  *at;

    at = d->w->conf.mail_from.len > 0
         ? strchr((const char *) d->w->conf.mail_from.data, '@') : NULL;

    (void) snprintf(out, DNS_NAME_MAX + 1, "%s", at != NULL ? at + 1
                    : (const char *) d->w->conf.helo_name.data);
    out[strcspn(out, "> \"")] = '\0';
}


/* One question; false: it could not be asked, which was said. */
static bool
doctor_dns(doctor_t *d, int type, const char *name, doctor_answer_t *answer)
{
    int       rc;
    char      mem[300];
    dns_t    *dns;
    gw_buf_t  err;

    memset(answer, 0, sizeof(doctor_answer_t));
    answer->state = DNS_SILENT;
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    rc = dns_create(&dns, NULL, &d->w->conf, &err);
    if (rc != GW_OK) {
        doctor_say(d, DOCTOR_FAULT, "put \"resolver\" right, or "
                   "/etc/resolv.conf", "%s", err.len > 0 ? gw_buf_c(&err)
                                                         : gw_strerror(rc));
        return false;
    }

    rc = type == ns_t_mx ? dns_ask_mx(dns, name, doctor_heard, answer)
                         : dns_ask(dns, type, name, doctor_heard, answer);
    rc = rc == GW_OK ? dns_wait(dns) : rc;
    dns_free(dns);

    return rc == GW_OK;
}


void
doctor_resolver(doctor_t *d)
{
    char             name[DNS_NAME_MAX + 1];
    doctor_answer_t  a;

    doctor_domain(d, name);
    if (*name == '\0' || !doctor_dns(d, ns_t_a, name, &a)) {
        return;
    }

    if (a.state == DNS_SILENT || a.state == DNS_FAILED) {
        doctor_say(d, DOCTOR_FAULT, "name servers that answer belong into "
                   "\"resolver\" or /etc/resolv.conf",
                   "asked for %s, the name servers give no answer: %s", name,
                   a.why);
    }
}


/* Can a connection be made within five seconds? 0, or errno. */
static int
doctor_dial(const struct addrinfo *a)
{
    int            fd, error = 0;
    socklen_t      n = sizeof(error);
    struct pollfd  p;

    fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd == -1) {
        return errno;
    }

    if (connect(fd, a->ai_addr, a->ai_addrlen) == -1) {
        error = errno;
        p = (struct pollfd) { fd, POLLOUT, 0 };

        if (error == EINPROGRESS) {
            error = poll(&p, 1, DOCTOR_WAIT_MS) == 1
                    && getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0
                    ? error : ETIMEDOUT;
        }
    }

    (void) close(fd);
    return error;
}


/* Say so unless host:port takes a connection. */
static void
doctor_reach(doctor_t *d, const char *host, const char *port, const char *cure)
{
    int               rc, error;
    struct addrinfo  *all, *a, hints = { .ai_socktype = SOCK_STREAM };

    rc = getaddrinfo(host, port, &hints, &all);
    if (rc != 0) {
        doctor_say(d, DOCTOR_FAULT, cure, "the mail server %s is not found: %s",
                   host, gai_strerror(rc));
        return;
    }

    for (a = all, error = ENOENT; a != NULL && error != 0; a = a->ai_next) {
        error = doctor_dial(a);
    }

    freeaddrinfo(all);
    if (error != 0) {
        doctor_say(d, DOCTOR_FAULT, cure, "no connection to %s port %s: %s",
                   host, port, strerror(error));
    }
}


/* smart_host is HOST:PORT, several with commas; an IPv6 host has brackets. */
static void
doctor_smart_hosts(doctor_t *d)
{
    char  all[1024], *one, *save, *colon;

    (void) snprintf(all, sizeof(all), "%s",
                    (const char *) d->w->conf.smart_host.data);

    for (one = strtok_r(all, ", ", &save); one != NULL;
         one = strtok_r(NULL, ", ", &save))
    {
        colon = strrchr(one, ':');
        if (colon == NULL) {
            continue;
        }

        *colon = '\0';
        if (*one == '[' && colon[-1] == ']') {
            colon[-1] = '\0';
            one++;
        }

        doctor_reach(d, one, colon + 1, "see that the server of \"smart_host\" "
                     "runs and takes connections from here");
    }
}


void
doctor_mail(doctor_t *d)
{
    char             name[DNS_NAME_MAX + 1], port[16];
    doctor_answer_t  a;

    if (d->w->conf.smart_host.len > 0) {
        doctor_smart_hosts(d);
        return;
    }

    /* without one: is port 25 open outward, to whom we may knock at? */

    doctor_domain(d, name);
    if (!doctor_dns(d, ns_t_mx, name, &a) || a.state != DNS_OK
        || *a.name == '\0')
    {
        doctor_say(d, DOCTOR_SKIPPED, "", "%s has no mail exchanger to try the "
                   "way with", name);
        return;
    }

    (void) snprintf(port, sizeof(port), "%d", (int) d->w->conf.smtp_port);
    doctor_reach(d, a.name, port, "many networks close port 25 outward: ask "
                 "for it, or send through a \"smart_host\"");
}


void
doctor_addresses(doctor_t *d)
{
    char              name[PTR_NAME_MAX], mem[64];
    gw_buf_t          text;
    unsigned          i;
    const gw_net_t   *n;
    doctor_answer_t   a;

    for (i = 0; i < d->w->conf.sending_addresses.n; i++) {
        n = &d->w->conf.sending_addresses.v[i];
        ptr_name(n, name);
        if (!doctor_dns(d, ns_t_ptr, name, &a)) {
            return;
        }

        if (a.state == DNS_NONE || a.state == DNS_EMPTY) {
            gw_buf_fixed(&text, mem, sizeof(mem));
            gw_net_print(n, &text);
            mem[strcspn(gw_buf_c(&text), "/")] = '\0';
            doctor_say(d, DOCTOR_WARNING, "ask who owns the address for a PTR "
                       "record that leads back to it", "mail leaves from %s, "
                       "which has no name (PTR)", mem);
        }
    }
}
