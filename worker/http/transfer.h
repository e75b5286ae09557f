/* One request on its way; inside http only. */
#ifndef TRANSFER_H
#define TRANSFER_H

#include <curl/curl.h>

#include "shm/gw_buf.h"
#include "worker/http/http.h"

typedef struct transfer_s  transfer_t;

struct http_s {
    loop_t        *loop;
    CURLM         *multi;
    loop_timer_t   timer;
    gw_nets_t      allow;
    char          *ca_file;
    unsigned       active;
    transfer_t    *all;
    transfer_t    *idle;                /* for the next request */
};

struct transfer_s {
    transfer_t         *next;           /* of all  */
    transfer_t         *next_idle;
    http_t             *h;
    CURL               *easy;
    struct curl_slist  *headers, *resolve;
    char               *body;           /* what is sent */
    bool                https;
    const char         *why;            /* it ends so by us, or NULL */
    bool                cut;            /* more came than is read */
    size_t              read, keep;     /* of the answer */
    gw_buf_t            head, kept;
    http_pt             call;
    void               *arg;
    char                error[CURL_ERROR_SIZE];
};

/* An idle one, or a new one. */
int transfer_new(transfer_t **out, http_t *h) GW_MUSTCHECK;

/* Set it up for a request. */
int transfer_begin(transfer_t *t, const http_request_t *q, http_pt call,
    void *arg) GW_MUSTCHECK;

/* It is over: tell, and keep it for another. */
void transfer_end(transfer_t *t, CURLcode code);
void transfer_idle(transfer_t *t);
void transfer_free(transfer_t *t);

#endif
