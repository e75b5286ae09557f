/*
 * The role `receive`: takes mail that comes back to our return paths, by SMTP
 * and LMTP, keeps it on the disk and tells the database what it says.
 */
#include "worker/receive/receive.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "worker/receive/tls.h"

#define RECEIVE_OFTEN  1000             /* ms: what waits for an outcome */


bool
receive_is_ours(receive_t *r, gw_str_t address, gw_token_t *t)
{
    gw_str_t        domain;
    unsigned char  *at;

    at = address.len > 0 ? memrchr(address.data, '@', address.len) : NULL;
    if (at == NULL
        || gw_token_open_name(r->keys, gw_str_make(address.data, (size_t)
                              (at - address.data)), t) != GW_OK)
    {
        return false;
    }

    /* whoever sends may have a domain of its own for these: signed is signed */
    if (t->what == GW_TOKEN_RETURN || t->what == GW_TOKEN_UNSUBSCRIBE) {
        return true;
    }

    domain = r->w->conf.reply_domain;
    return t->what == GW_TOKEN_REPLY && domain.len > 0
           && gw_str_same(gw_str_make(at + 1, (size_t) (address.data
                                                        + address.len - at
                                                        - 1)),
                          (char *) domain.data);
}


/* Equal but for the case of ASCII. */
static bool
receive_is_same(gw_str_t a, gw_str_t b)
{
    return a.len == b.len
           && strncasecmp((char *) a.data, (char *) b.data, a.len) == 0;
}


bool
receive_takes(receive_t *r, gw_str_t address)
{
    size_t          n;
    gw_str_t        all, one, whole, domain;
    gw_token_t      t;
    unsigned char  *at;

    at = address.len > 0 ? memrchr(address.data, '@', address.len) : NULL;
    if (at == NULL || receive_is_ours(r, address, &t)) {
        return at != NULL;
    }

    whole = address;
    domain = gw_str_make(at + 1, (size_t) (address.data + address.len
                                           - at - 1));
    for (all = r->w->conf.receive_addresses; all.len > 0;
         all.data += n, all.len -= n)
    {
        at = memchr(all.data, ',', all.len);
        one = gw_str_make(all.data, at != NULL ? (size_t) (at - all.data)
                                               : all.len);
        n = one.len + (at != NULL);
        if (receive_is_same(one, memchr(one.data, '@', one.len) != NULL
                            ? whole : domain))
        {
            return true;
        }
    }

    return false;
}


static void
receive_accept(void *arg, uint32_t events)
{
    int                      fd;
    socklen_t                len;
    listener_t              *l = arg;
    struct sockaddr_storage  peer;

    len = sizeof(peer);
    memset(&peer, 0, sizeof(peer));
    fd = accept4(l->fd.fd, (struct sockaddr *) &peer, &len,
                 SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        session_open(l, fd, &peer);
    }
}


static int
receive_unix(const char *path, int *fd)
{
    struct sockaddr_un  a;

    if (strlen(path) >= sizeof(a.sun_path)) {
        errno = ENAMETOOLONG;
        return GW_EINVAL;
    }

    memset(&a, 0, sizeof(a));
    a.sun_family = AF_UNIX;
    (void) snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
    (void) unlink(path);
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return *fd >= 0 && bind(*fd, (struct sockaddr *) &a, sizeof(a)) == 0
           && chmod(path, 0660) == 0 ? GW_OK : GW_ESYS;
}


static int
receive_inet(const char *text, int *fd)
{
    int               on, rc;
    char              host[256];
    const char       *colon;
    struct addrinfo   hints, *ai;

    colon = strrchr(text, ':');
    if (colon == NULL || colon - text >= (int) sizeof(host)) {
        errno = EINVAL;
        return GW_EINVAL;
    }

    (void) snprintf(host, sizeof(host), "%.*s", (int) (colon - text), text);
    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    if (getaddrinfo(host, colon + 1, &hints, &ai) != 0) {
        errno = EINVAL;
        return GW_EINVAL;
    }

    on = 1;
    *fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    rc = *fd >= 0
         && setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0
         && bind(*fd, ai->ai_addr, ai->ai_addrlen) == 0 ? GW_OK : GW_ESYS;
    freeaddrinfo(ai);
    return rc;
}


/* One listener of its directive; an empty one is off. */
static int
receive_listen(receive_t *r, listener_t *l, const char *name, gw_str_t where)
{
    int          rc;
    const char  *text;

    text = (char *) where.data;
    l->r = r;
    l->fd.fd = -1;
    if (where.len == 0) {
        return GW_OK;
    }

    rc = strncmp(text, "unix:", 5) == 0 ? receive_unix(text + 5, &l->fd.fd)
                                        : receive_inet(text, &l->fd.fd);
    if (rc != GW_OK || listen(l->fd.fd, 128) != 0) {
        log_error("%s %s: %s; write ADDRESS:PORT or unix:/PATH", name, text,
                  strerror(errno));
        return GW_ESYS;
    }

    l->fd.call = receive_accept;
    l->fd.arg = l;
    return loop_fd_set(r->loop, &l->fd, EPOLLIN);
}


int
receive_database(receive_t *r)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    if (r->db != NULL) {
        return GW_OK;
    }

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = db_open(&r->db, r->w, "gw_worker", &err);
    if (rc != GW_OK) {
        log_warn("%.*s", (int) err.len, mem);
    }

    return rc;
}


/* Take what is kept; again when there is something new, and every second. */
static void
receive_tick(void *arg)
{
    int         rc;
    receive_t  *r = arg;

    rc = keep_take(r);
    if (rc == GW_EDB) {
        db_close(r->db);
        r->db = NULL;
    }

    r->failed |= rc != GW_OK;
    if (loop_timer_set(r->loop, &r->timer, RECEIVE_OFTEN) != GW_OK
        || r->w->once)
    {
        loop_stop(r->loop);
    }
}


static void
receive_signal(void *arg)
{
    receive_t  *r = arg;

    if (loop_terminating(r->loop)) {
        loop_stop(r->loop);
    }
}


/* Folder, keys, table, certificate. */
static int
receive_load(receive_t *r)
{
    int         rc;
    char        path[4096], mem[512];
    gw_buf_t    err;
    gw_conf_t  *conf;

    conf = &r->w->conf;
    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = gw_conf_path(conf, RECEIVE_FOLDER, path, sizeof(path));
    if (rc == GW_OK) {
        (void) mkdir(path, 0700);
        r->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (r->folder < 0) {
            gw_buf_fmt(&err, "%s: %s", path, strerror(errno));
            rc = GW_ESYS;
        }
    }

    rc = rc == GW_OK ? gw_conf_path(conf, "keys/token", path, sizeof(path))
                     : rc;
    rc = rc == GW_OK ? gw_token_keys_load(&r->keys, conf->token_keys.len > 0
                       ? (char *) conf->token_keys.data : path, &err) : rc;
    rc = rc == GW_OK ? rules_load(&r->rules, (char *) conf->bounce_rules.data,
                                  &err) : rc;
    rc = rc == GW_OK ? receive_tls_load(&r->tls, conf, &err) : rc;
    if (rc != GW_OK) {
        log_error("%s", err.len > 0 ? gw_buf_c(&err) : gw_strerror(rc));
        return rc;
    }

    r->judge = judge_create(r->rules);
    return r->judge != NULL ? GW_OK : GW_ENOMEM;
}


static int
receive_run(receive_t *r)
{
    int  rc;

    r->timer.call = receive_tick;
    r->timer.arg = r;
    r->listener[1].lmtp = true;

    rc = receive_load(r);
    rc = rc == GW_OK ? loop_signals(r->loop, receive_signal, r) : rc;
    rc = rc == GW_OK ? receive_listen(r, &r->listener[0], "receive_smtp",
                                      r->w->conf.receive_smtp) : rc;
    rc = rc == GW_OK ? receive_listen(r, &r->listener[1], "receive_lmtp",
                                      r->w->conf.receive_lmtp) : rc;
    rc = rc == GW_OK ? loop_timer_set(r->loop, &r->timer, 0) : rc;
    return rc == GW_OK ? loop_run(r->loop) : rc;
}


int
receive_role(worker_t *w)
{
    int        i, rc;
    receive_t  r;

    memset(&r, 0, sizeof(r));
    r.w = w;
    letter_init(&r.letter);
    r.folder = r.listener[0].fd.fd = r.listener[1].fd.fd = -1;
    if (loop_create(&r.loop) != GW_OK) {
        return 1;
    }

    rc = receive_run(&r);
    while (r.sessions != NULL) {
        session_close(r.sessions);
    }

    for (i = 0; i < 2; i++) {
        loop_fd_del(r.loop, &r.listener[i].fd);
        if (r.listener[i].fd.fd >= 0) {
            (void) close(r.listener[i].fd.fd);
        }
    }

    if (r.folder >= 0) {
        (void) close(r.folder);
    }

    gw_spool_close(r.spool);
    db_close(r.db);
    SSL_CTX_free(r.tls);
    letter_free(&r.letter);
    judge_free(r.judge);
    rules_free(r.rules);
    gw_token_keys_free(r.keys);
    loop_free(r.loop);
    return rc != GW_OK || (w->once && r.failed) ? 1 : 0;
}
