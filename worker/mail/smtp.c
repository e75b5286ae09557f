/* The connections to the smart host as a whole: how many, when, where. */
#include "worker/mail/smtp_conn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_clock.h"

#define SMTP_BUFFER_MAX  (64 * 1024 * 1024)


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

    if ((conf->smtp_tls == GW_TLS_REQUIRED
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


int
smtp_create(smtp_t **out, mail_t *m, gw_buf_t *err)
{
    int       rc;
    smtp_t   *s;
    unsigned  i;

    s = calloc(1, sizeof(smtp_t));
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->mail = m;
    s->conns = (unsigned) m->w->conf.smtp_connections;
    s->conn = calloc(s->conns, sizeof(smtp_conn_t));

    rc = s->conn != NULL ? smtp_password(s, &m->w->conf, err) : GW_ENOMEM;
    rc = rc == GW_OK ? smtp_tls(s, &m->w->conf, err) : rc;
    if (rc != GW_OK) {
        smtp_free(s);
        return rc;
    }

    for (i = 0; i < s->conns; i++) {
        s->conn[i].smtp = s;
        gw_buf_init(&s->conn[i].in, 2 * REPLY_BYTES_MAX);
        gw_buf_init(&s->conn[i].out, SMTP_BUFFER_MAX);
        gw_buf_init(&s->conn[i].job[0].content, SMTP_BUFFER_MAX);
        gw_buf_init(&s->conn[i].job[1].content, SMTP_BUFFER_MAX);
    }

    smtp_name_start(s, &m->w->conf);
    *out = s;
    return GW_OK;
}


int
smtp_renew(smtp_t **s, mail_t *m, gw_buf_t *err)
{
    int           rc;
    smtp_t       *new;
    unsigned      i;
    smtp_conn_t  *c;

    rc = smtp_create(&new, m, err);
    if (rc != GW_OK) {
        return rc;
    }

    new->next = *s;
    *s = new;
    smtp_drain(new->next);
    for (i = 0; i < new->next->conns; i++) {
        c = &new->next->conn[i];
        if (c->job[0].item == NULL && c->job[1].item == NULL) {
            smtp_conn_close(c, NULL);
        }
    }

    return GW_OK;
}


/* Those before it that have nothing under way any more. */
static void
smtp_reap(smtp_t *s)
{
    smtp_t  *old, **at;

    for (at = &s->next; (old = *at) != NULL; ) {
        if (old->busy > 0 || (old->asking && gai_error(&old->asked)
                                             == EAI_INPROGRESS))
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

    smtp_name_free(s);
    OPENSSL_cleanse(s->password, sizeof(s->password));
    SSL_CTX_free(s->tls);
    free(s->conn);
    free(s);
}


void
smtp_feed(smtp_t *s)
{
    unsigned  i, wanted;

    smtp_reap(s);
    if (s->draining) {
        return;
    }

    for (i = 0; i < s->conns; i++) {
        if (s->conn[i].used && s->conn[i].ready && s->conn[i].n == 0) {
            smtp_talk_next(&s->conn[i]);
        }
    }

    if (s->mail->n_ready[MAIL_SMART_HOST] == 0 || gw_clock_ms() < s->again_ms) {
        return;
    }

    if (!smtp_name_known(s)) {
        smtp_name_next(s);
        return;
    }

    /* after a failure one connection probes; else as many as have work */
    wanted = s->said ? 1 : s->mail->n_ready[MAIL_SMART_HOST] + s->open;
    wanted = wanted < s->conns ? wanted : s->conns;

    for (i = 0; i < s->conns && s->open < wanted; i++) {
        if (!s->conn[i].used && smtp_conn_open(&s->conn[i]) != GW_OK) {
            return;
        }
    }
}


void
smtp_synced(smtp_t *s)
{
    unsigned  i;

    for ( /* void */ ; s != NULL; s = s->next) {
        for (i = 0; i < s->conns; i++) {
            if (s->conn[i].used) {
                smtp_talk_synced(&s->conn[i]);
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
    }
}
