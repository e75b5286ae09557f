/*
 * The addresses of the smart host, asked for beside the loop. When none of them
 * takes mail the next smart host takes over, and gives back after a while.
 */
#include "worker/mail/smtp_conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"

#define SMTP_SPARE_MS  300000           /* until the first is tried again */

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


/* smart_host is checked as HOST:PORT,...; a host may stand in brackets. */
static void
smtp_name_choose(smtp_t *s, unsigned nth)
{
    int          bracket;
    char        *port, text[300];
    const char  *p;

    p = (char *) s->mail->w->conf.smart_host.data;
    for (s->nth = 0; s->nth < nth && strchr(p, ',') != NULL; s->nth++) {
        p = strchr(p, ',') + 1;
    }
    s->nth = s->nth < nth ? 0 : nth;
    p = s->nth == 0 ? (char *) s->mail->w->conf.smart_host.data : p;

    (void) snprintf(text, sizeof(text), "%.*s", (int) strcspn(p, ","), p);
    port = strrchr(text, ':');
    *port++ = '\0';
    bracket = text[0] == '[';
    (void) snprintf(s->host, sizeof(s->host), "%s", text + bracket);
    s->host[strcspn(s->host, "]")] = '\0';
    (void) snprintf(s->port, sizeof(s->port), "%s", port);
    s->nth_ms = gw_clock_ms();
}


void
smtp_name_start(smtp_t *s)
{
    smtp_name_choose(s, 0);
    smtp_name_ask(s);
}


/* The smart host after this one, if there are others. */
static void
smtp_name_spare(smtp_t *s, unsigned nth)
{
    char      was[256];
    unsigned  before;

    before = s->nth;
    memcpy(was, s->host, sizeof(was));
    smtp_name_choose(s, nth);
    if (s->nth != before) {
        log_warn("mail: %s takes over from %s", s->host, was);
        free(s->address);
        s->address = NULL;
        s->addresses = s->at = 0;
    }
}


void
smtp_name_prefer(smtp_t *s)
{
    if (s->nth > 0 && !s->asking
        && gw_clock_ms() - s->nth_ms > SMTP_SPARE_MS)
    {
        smtp_name_spare(s, 0);
        smtp_name_ask(s);
    }
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
        smtp_name_spare(s, s->nth + 1);
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
