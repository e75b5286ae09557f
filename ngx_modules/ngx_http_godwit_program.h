/* The compiled templates of a process; for pages of mails and the core only. */
#ifndef NGX_HTTP_GODWIT_PROGRAM_H
#define NGX_HTTP_GODWIT_PROGRAM_H

#include "ngx_http_godwit.h"

#include "shm/gw_liquid.h"

ngx_int_t ngx_http_godwit_program_init(ngx_http_godwit_process_t *p);
void ngx_http_godwit_program_exit(ngx_http_godwit_process_t *p);

/*
 * Render html, which may call snippets (gw_snippets.h; or NULL), with data, as
 * gw_liquid_render does; compiled when it is not among the programs of this
 * process.
 */
int ngx_http_godwit_program_render(gw_str_t html, json_t *snippets,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err);

/* Bytes of the template and data that Postgres gives, and of the page. */
#define NGX_HTTP_GODWIT_PROGRAM_MAX  (2 * 1024 * 1024)

/*
 * A page of what Postgres tells. render: as gw_liquid_render, out of doc, which
 * may be none of what it looks for; ctx has its bounds, the time, the locale of
 * doc. send answers with it, the body being the request's.
 */
typedef struct {
    const char   *name;                 /* in the log */
    int         (*render)(ngx_http_request_t *r, json_t *doc,
                          gw_liquid_context_t *ctx, gw_buf_t *out,
                          gw_liquid_error_t *err);
    ngx_int_t   (*send)(ngx_http_request_t *r, ngx_str_t *body);
} ngx_http_godwit_program_page_t;

/*
 * Make it of the answer and finalize the request: 404 when there is nothing,
 * 500 when it cannot be rendered, of which the log tells by id, its tenant and
 * its campaign.
 */
void ngx_http_godwit_program_answer(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer,
    const ngx_http_godwit_program_page_t *page, const int64_t *id);

/* The policy (CSP) of a page that shows a mail. */
extern ngx_str_t  ngx_http_godwit_mail_policy;

#endif
