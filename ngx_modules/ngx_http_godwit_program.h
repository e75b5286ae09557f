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

/* The policy (CSP) of a page that shows a mail. */
extern ngx_str_t  ngx_http_godwit_mail_policy;

#endif
