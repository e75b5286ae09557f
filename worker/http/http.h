/* Requests to others over libcurl: one in, a result out, all of it bounded. */
#ifndef HTTP_H
#define HTTP_H

#include "shm/gw_conf.h"
#include "shm/gw_net.h"
#include "worker/loop.h"

#define HTTP_KEPT     4096              /* bytes of headers, and of the body */
#define HTTP_ANSWER   65536             /* of each read; more is cut off     */

typedef struct http_s  http_t;

typedef struct {
    const char         *url;
    const char         *method;         /* NULL: POST, or GET without a body */
    const char *const  *headers;        /* `Name: value`, ended by NULL      */
    gw_str_t            body;           /* data NULL: none                   */
    const char         *resolve;        /* `+HOST:PORT:ADDRESS,...` of the host;
                                           NULL: the system looks it up      */
    size_t              keep;           /* of the answer's body; 0: HTTP_KEPT,
                                           at most HTTP_ANSWER               */
    int64_t             timeout_ms;     /* from the look-up to the last byte */
} http_request_t;

/* Texts live as long as the call. */
typedef struct {
    int          status;                /* 0: no whole answer came: why      */
    const char  *why;
    int64_t      ms;                    /* that it took                      */
    int64_t      retry_after;           /* seconds; 0: not said              */
    const char  *address;               /* that was connected to, or ""      */
    gw_str_t     headers;               /* of the answer, as they came       */
    gw_str_t     body;
} http_result_t;

typedef void (*http_pt)(void *arg, const http_result_t *result);

/*
 * Requests in a loop. Addresses are judged when they are connected to, by
 * gw_net_may and as none of this machine's own; a redirect is an answer like
 * any other, and nothing goes through a proxy. Certificates are checked as
 * webhook_ca_file says, unless http_guard says otherwise. The caller frees it,
 * without further calls.
 */
int http_create(http_t **h, loop_t *loop, const gw_conf_t *conf) GW_MUSTCHECK;
void http_free(http_t *h);

/* Other addresses that may be connected to, and other certificates; copied. */
int http_guard(http_t *h, const gw_nets_t *allow, const char *ca_file)
    GW_MUSTCHECK;

/* Begin a request, which is copied; `call` comes once, from the loop. */
int http_send(http_t *h, const http_request_t *request, http_pt call,
    void *arg) GW_MUSTCHECK;

/* Requests that have no result yet. */
unsigned http_active(const http_t *h);

#endif
