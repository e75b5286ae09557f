/* The connections to a site as a whole: how many, when, where. */
#include "worker/mail/smtp_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/mail/lane.h"
#include "worker/mail/routes.h"



/* The first line of the password file. */
static int
smtp_password(smtp_t *s, const gw_conf_t *conf, gw_buf_t *err)
{
    int      fd;
    ssize_t  n;

    if (conf->smtp_user.len == 0) {
        return GW_OK;
    }

    (void) snprintf(s->user, sizeof(s->user), "%.*s",
                    (int) conf->smtp_user.len, conf->smtp_user.data);
    fd = open((char *) conf->smtp_password_file.data, O_RDONLY | O_CLOEXEC);
    n = fd >= 0 ? read(fd, s->password, sizeof(s->password) - 1) : -1;
    if (fd >= 0) {
        (void) close(fd);
    }

    if (n <= 0) {
        gw_buf_fmt(err, "the password file %s cannot be read: %s",
                   (char *) conf->smtp_password_file.data, strerror(errno));
        return GW_ESYS;
    }

    s->password[n] = '\0';
    s->password[strcspn(s->password, "\r\n")] = '\0';
    return GW_OK;
}


static int
smtp_tls(smtp_t *s, const gw_conf_t *conf, gw_buf_t *err)
{
    s->tls = SSL_CTX_new(TLS_client_method());
    if (s->tls == NULL) {
        return GW_ENOMEM;
    }

    SSL_CTX_set_mode(s->tls, SSL_MODE_ENABLE_PARTIAL_WRITE
                             | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    (void) SSL_CTX_set_min_proto_version(s->tls, TLS1_2_VERSION);

    if ((conf->smart_host.len == 0
         || conf->smtp_tls == GW_TLS_REQUIRED
         || conf->smtp_tls == GW_TLS_IMPLICIT
         || (conf->smtp_tls == GW_TLS_OPPORTUNISTIC && s->user[0] != '\0'))
        && SSL_CTX_load_verify_locations(s->tls,
               (char *) conf->smtp_ca_file.data, NULL) != 1)
    {
        gw_buf_fmt(err, "smtp_ca_file %s cannot be read",
                   (char *) conf->smtp_ca_file.data);
        return GW_EINVAL;
    }

    return GW_OK;
}


smtp_t *
smtp_new(mail_t *m, unsigned conns)
{
    smtp_t  *s;

    s = calloc(1, sizeof(smtp_t));
    if (s != NULL) {
        s->mail = m;
        s->conns = conns;
        s->gate.site = s;
        s->deliveries = (unsigned) m->w->conf.smtp_deliveries;
        s->tls_policy = m->w->conf.smtp_tls;
        s->reins = m->smart;
    }

    return s;
}


int
smtp_create(smtp_t **out, mail_t *m, gw_buf_t *err)
{
    int      rc;
    smtp_t  *s;

    route_set(m, m->smart);
    s = smtp_new(m, m->w->conf.smart_host.len > 0
                    ? (unsigned) m->w->conf.smtp_connections : 0);
    if (s == NULL) {
        return GW_ENOMEM;
    }

    rc = smtp_password(s, &m->w->conf, err);
    rc = rc == GW_OK ? smtp_tls(s, &m->w->conf, err) : rc;
    if (rc != GW_OK) {
        smtp_free(s);
        return rc;
    }

    if (s->conns > 0) {
        smtp_name_start(s);
    }
    *out = s;
    return GW_OK;
}


/* Memory for its connections, when the first one is due. */
static int
smtp_conns(smtp_t *s)
{
    unsigned  i;

    if (s->conn != NULL) {
        return GW_OK;
    }

    s->conn = calloc(s->conns, sizeof(smtp_conn_t));
    for (i = 0; s->conn != NULL && i < s->conns; i++) {
        s->conn[i].smtp = s;
        gw_buf_init(&s->conn[i].in, 2 * REPLY_BYTES_MAX);
        gw_buf_init(&s->conn[i].out, SMTP_BUFFER_MAX);
        gw_buf_init(&s->conn[i].job[0].content, SMTP_BUFFER_MAX);
        gw_buf_init(&s->conn[i].job[1].content, SMTP_BUFFER_MAX);
    }

    return s->conn != NULL ? GW_OK : GW_ENOMEM;
}


gate_t *
smtp_gate(smtp_t *s)
{
    return &s->gate;
}


/* Whom connections have announced goes back to his lane. */
static void
smtp_leave_ahead(smtp_t *s)
{
    unsigned  i;

    for (i = 0; s->conn != NULL && i < s->conns; i++) {
        smtp_talk_leave(&s->conn[i]);
    }
}


/* Those that carry nothing are closed; what waits at its gate, its chain. */
static item_t *
smtp_leave(smtp_t *s)
{
    unsigned      i;
    smtp_conn_t  *c;

    smtp_leave_ahead(s);        /* into the lane that is emptied */
    s->draining = true;
    for (i = 0; s->conn != NULL && i < s->conns; i++) {
        c = &s->conn[i];
        if (c->job[0].item == NULL && c->job[1].item == NULL) {
            smtp_conn_close(c, NULL);
        }
    }

    return lane_empty(s->mail, &s->gate);
}


int
smtp_renew(smtp_t **s, mail_t *m, gw_buf_t *err)
{
    int      rc;
    item_t  *i, *next;
    smtp_t  *new, *old;

    rc = smtp_create(&new, m, err);
    if (rc != GW_OK) {
        return rc;
    }

    new->next = *s;
    *s = new;
    if (m->routes != NULL) {
        routes_renew(m);
    }

    for (old = new->next; old != NULL; old = old->next) {
        for (i = smtp_leave(old); i != NULL; i = next) {
            next = i->next;
            i->next = NULL;
            mail_ready(m, i);
        }
    }

    return GW_OK;
}


/*
 * Those that have nothing under way any more, nor anybody who comes back to
 * their gate; of sites those that nobody has used for long.
 */
static void
smtp_reap(smtp_t *s)
{
    smtp_t  *old, **at;

    for (at = &s->next; (old = *at) != NULL; ) {
        if (old->busy > 0 || old->gate.held > 0
            || !(old->draining || routes_forget(old))
            || (old->asking && gai_error(&old->asked) == EAI_INPROGRESS))
        {
            at = &old->next;
            continue;
        }

        *at = old->next;
        old->next = NULL;
        smtp_free(old);
    }
}


void
smtp_free(smtp_t *s)
{
    unsigned  i;

    if (s == NULL) {
        return;
    }

    smtp_free(s->next);

    for (i = 0; s->conn != NULL && i < s->conns; i++) {
        smtp_conn_close(&s->conn[i], NULL);
        gw_buf_free(&s->conn[i].in);
        gw_buf_free(&s->conn[i].out);
        gw_buf_free(&s->conn[i].job[0].content);
        gw_buf_free(&s->conn[i].job[1].content);
    }

    lane_free(&s->gate);
    smtp_name_free(s);
    OPENSSL_cleanse(s->password, sizeof(s->password));
    SSL_CTX_free(s->tls);
    free(s->conn);
    free(s);
}


/* How many connections a site should have now. */
static unsigned
smtp_wanted(const smtp_t *s)
{
    unsigned  n, most;

    /* after a failure one connection probes; else as many as have work */
    n = s->said ? 1 : s->gate.n + s->open;
    most = s->route == NULL ? (unsigned) s->reins->limits.connections
                            : site_connections(s);
    most = most < s->conns ? most : s->conns;
    return n < most ? n : most;
}


/* Nobody waits behind the dot of another while a connection is idle. */
static void
smtp_feed_idle(smtp_t *s)
{
    bool          left;
    unsigned      i;
    smtp_conn_t  *c;

    left = false;
    for (i = 0; s->open > 0 && i < s->conns; i++) {
        c = &s->conn[i];
        if (!c->used || !c->ready || c->n > 0) {
            continue;
        }

        smtp_talk_next(c);
        if (c->n == 0 && !left) {
            left = true;
            smtp_leave_ahead(s);
            smtp_talk_next(c);
        }
    }
}


static void
smtp_feed_site(smtp_t *s)
{
    unsigned  i, wanted;

    smtp_feed_idle(s);

    if (s->gate.n == 0 || gw_clock_ms() < s->again_ms || s->reins->paused) {
        return;
    }

    smtp_name_prefer(s);
    if (!smtp_name_known(s)) {
        smtp_name_next(s);
        return;
    }

    wanted = smtp_wanted(s);
    if (s->open >= wanted || smtp_conns(s) != GW_OK) {
        return;
    }

    for (i = 0; i < s->conns && s->open < wanted; i++) {
        if (!s->conn[i].used
            && (!site_may_open(s) || smtp_conn_open(&s->conn[i]) != GW_OK))
        {
            return;
        }
    }
}


void
smtp_feed(smtp_t *s)
{
    smtp_reap(s);
    for ( /* void */ ; s != NULL; s = s->next) {
        if (!s->draining && s->conns > 0) {
            smtp_feed_site(s);
        }
    }
}


void
smtp_synced(smtp_t *s)
{
    unsigned  i;

    for ( /* void */ ; s != NULL; s = s->next) {
        for (i = 0; s->open > 0 && i < s->conns; i++) {
            if (s->conn[i].used) {
                smtp_talk_synced(&s->conn[i]);
            }
            if (s->mail->dots >= MAIL_DOTS) {
                mail_leave(s->mail);
            }
        }
    }
}


unsigned
smtp_busy(const smtp_t *s)
{
    unsigned  n;

    for (n = 0; s != NULL; s = s->next) {
        n += s->busy;
    }

    return n;
}


void
smtp_drain(smtp_t *s)
{
    for ( /* void */ ; s != NULL; s = s->next) {
        s->draining = true;
        smtp_leave_ahead(s);
    }
}
