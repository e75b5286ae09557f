/* The addresses of the smart host, asked for beside the loop. */
#include "worker/mail/smtp_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct addrinfo  smtp_name_hints = {
    .ai_socktype = SOCK_STREAM
};


static void
smtp_name_ask(smtp_t *s)
{
    struct gaicb  *list[1] = { &s->asked };

    memset(&s->asked, 0, sizeof(s->asked));
    s->asked.ar_name = s->host;
    s->asked.ar_service = s->port;
    s->asked.ar_request = &smtp_name_hints;
    s->asking = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
}


/* smart_host is checked as HOST:PORT; the host may stand in brackets. */
void
smtp_name_start(smtp_t *s, const gw_conf_t *conf)
{
    int   bracket;
    char  *port, text[300];

    (void) snprintf(text, sizeof(text), "%.*s", (int) conf->smart_host.len,
                    conf->smart_host.data);
    port = strrchr(text, ':');
    *port++ = '\0';
    bracket = text[0] == '[';
    (void) snprintf(s->host, sizeof(s->host), "%s", text + bracket);
    s->host[strcspn(s->host, "]")] = '\0';
    (void) snprintf(s->port, sizeof(s->port), "%s", port);
    smtp_name_ask(s);
}


void
smtp_name_next(smtp_t *s)
{
    s->at += s->at < s->addresses;
    if (s->at < s->addresses) {
        return;
    }

    if (s->route != NULL) {
        s->at = 0;
    } else if (!s->asking) {
        smtp_name_ask(s);
    }
}


/* The answer as a list of addresses; the one before it stays without memory. */
static void
smtp_name_take(smtp_t *s)
{
    unsigned          n;
    smtp_address_t   *list;
    struct addrinfo  *ai;

    for (ai = s->asked.ar_result, n = 0; ai != NULL; ai = ai->ai_next) {
        n++;
    }

    list = calloc(n + 1, sizeof(smtp_address_t));
    if (list != NULL) {
        for (ai = s->asked.ar_result, n = 0; ai != NULL; ai = ai->ai_next) {
            memcpy(&list[n].sa, ai->ai_addr, ai->ai_addrlen);
            list[n].len = ai->ai_addrlen;
            memcpy(list[n++].host, s->host, sizeof(s->host));
        }
        free(s->address);
        s->address = list;
        s->addresses = n;
    }

    s->at = 0;
    freeaddrinfo(s->asked.ar_result);
}


bool
smtp_name_known(smtp_t *s)
{
    int   rc;
    char  why[200];

    rc = s->asking ? gai_error(&s->asked) : EAI_INPROGRESS;
    if (rc == EAI_INPROGRESS) {
        return s->at < s->addresses;
    }

    s->asking = false;
    if (rc != 0 && s->address != NULL) {
        s->at = 0;                      /* what it was is better than none */
        return true;
    }

    if (rc != 0) {
        (void) snprintf(why, sizeof(why), "its name cannot be resolved: %s",
                        gai_strerror(rc));
        smtp_back_off(s, why);
        return false;
    }

    smtp_name_take(s);
    return s->at < s->addresses;
}


void
smtp_name_free(smtp_t *s)
{
    const struct gaicb  *list[1] = { &s->asked };

    /* it writes into s until it is over */
    if (s->asking && gai_cancel(&s->asked) == EAI_NOTCANCELED) {
        (void) gai_suspend(list, 1, NULL);
    }
    if (s->asking && gai_error(&s->asked) == 0) {
        freeaddrinfo(s->asked.ar_result);
    }
    free(s->address);
}
