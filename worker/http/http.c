/* libcurl's multi interface in our loop. */
#include "worker/http/http.h"

#include <stdlib.h>
#include <string.h>

#include "worker/http/transfer.h"
#include "worker/log.h"

#define HTTP_IDLE_MAX  256              /* connections kept for another use */

/* A socket of libcurl's, as the loop knows it. */
typedef struct {
    loop_fd_t  fd;
    http_t    *h;
} http_socket_t;


/* Tell the owners of those that are over; they may send more. */
static void
http_reap(http_t *h)
{
    int          left;
    CURLMsg     *m;
    CURLcode     code;
    transfer_t  *t;

    while ((m = curl_multi_info_read(h->multi, &left)) != NULL) {
        if (m->msg != CURLMSG_DONE) {
            continue;
        }

        code = m->data.result;
        t = NULL;
        (void) curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        (void) curl_multi_remove_handle(h->multi, m->easy_handle);
        h->active--;
        transfer_end(t, code);
    }
}


static void
http_act(http_t *h, curl_socket_t fd, int what)
{
    int  running;

    (void) curl_multi_socket_action(h->multi, fd, what, &running);
    http_reap(h);
}


static void
http_ready(void *arg, uint32_t events)
{
    int             what = 0;
    http_socket_t  *s = arg;

    what |= events & EPOLLIN ? CURL_CSELECT_IN : 0;
    what |= events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
    what |= events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;

    http_act(s->h, s->fd.fd, what);     /* s may be gone by now */
}


static void
http_due(void *arg)
{
    http_act(arg, CURL_SOCKET_TIMEOUT, 0);
}


static int
http_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *of)
{
    int             rc;
    http_t         *h = arg;
    uint32_t        events;
    http_socket_t  *s = of;

    if (what == CURL_POLL_REMOVE) {
        if (s != NULL) {
            loop_fd_del(h->loop, &s->fd);
            free(s);
            (void) curl_multi_assign(h->multi, fd, NULL);
        }
        return 0;
    }

    if (s == NULL) {
        s = calloc(1, sizeof(http_socket_t));
        if (s == NULL) {
            return -1;
        }
        s->h = h;
        s->fd.fd = fd;
        s->fd.call = http_ready;
        s->fd.arg = s;
        (void) curl_multi_assign(h->multi, fd, s);
    }

    events = (what & CURL_POLL_IN ? EPOLLIN : 0)
             | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
    rc = loop_fd_set(h->loop, &s->fd, events);

    return rc == GW_OK ? 0 : -1;
}


static int
http_timer(CURLM *multi, long ms, void *arg)
{
    http_t  *h = arg;

    if (ms < 0) {
        loop_timer_del(h->loop, &h->timer);
        return 0;
    }

    return loop_timer_set(h->loop, &h->timer, ms) == GW_OK ? 0 : -1;
}


int
http_create(http_t **h, loop_t *loop, const gw_conf_t *conf)
{
    http_t  *n;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return GW_ERROR;
    }

    n = calloc(1, sizeof(http_t));
    if (n == NULL) {
        return GW_ENOMEM;
    }

    n->loop = loop;
    n->timer.call = http_due;
    n->timer.arg = n;
    n->multi = curl_multi_init();

    if (http_guard(n, &conf->webhook_allow,
                   (char *) conf->webhook_ca_file.data) != GW_OK
        || n->multi == NULL
        || curl_multi_setopt(n->multi, CURLMOPT_SOCKETFUNCTION, http_watch)
           != CURLM_OK
        || curl_multi_setopt(n->multi, CURLMOPT_SOCKETDATA, n) != CURLM_OK
        || curl_multi_setopt(n->multi, CURLMOPT_TIMERFUNCTION, http_timer)
           != CURLM_OK
        || curl_multi_setopt(n->multi, CURLMOPT_TIMERDATA, n) != CURLM_OK
        || curl_multi_setopt(n->multi, CURLMOPT_MAXCONNECTS,
                             (long) HTTP_IDLE_MAX) != CURLM_OK)
    {
        http_free(n);
        return GW_ERROR;
    }

    *h = n;
    return GW_OK;
}


void
http_free(http_t *h)
{
    transfer_t  *t;

    if (h == NULL) {
        return;
    }

    while ((t = h->all) != NULL) {
        h->all = t->next;
        transfer_free(t);
    }

    (void) curl_multi_cleanup(h->multi);
    loop_timer_del(h->loop, &h->timer);
    free(h->ca_file);
    free(h);
}


int
http_guard(http_t *h, const gw_nets_t *allow, const char *ca_file)
{
    char  *copy;

    copy = strdup(ca_file);
    if (copy == NULL) {
        return GW_ENOMEM;
    }

    free(h->ca_file);
    h->ca_file = copy;
    h->allow = *allow;
    return GW_OK;
}


int
http_send(http_t *h, const http_request_t *request, http_pt call, void *arg)
{
    int          rc;
    transfer_t  *t;

    rc = transfer_new(&t, h);
    if (rc != GW_OK) {
        return rc;
    }

    rc = transfer_begin(t, request, call, arg);
    if (rc == GW_OK && curl_multi_add_handle(h->multi, t->easy) != CURLM_OK) {
        rc = GW_ERROR;
    }

    if (rc != GW_OK) {
        transfer_idle(t);
        return rc;
    }

    h->active++;
    return GW_OK;
}


unsigned
http_active(const http_t *h)
{
    return h->active;
}
