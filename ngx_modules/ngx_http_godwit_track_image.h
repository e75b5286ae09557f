/* Images inside a mail, for the page of that mail. */
#ifndef NGX_HTTP_GODWIT_TRACK_IMAGE_H
#define NGX_HTTP_GODWIT_TRACK_IMAGE_H

#include "ngx_http_godwit.h"

#include <jansson.h>

/*
 * html with each `cid:NAME` that a value begins with, and that images
 * ({NAME: number}) has, as base?image=NUMBER, appended to out.
 */
void ngx_http_godwit_image_urls(gw_str_t html, const json_t *images,
    gw_str_t base, gw_buf_t *out);

/* Answer with the image of that number; t: of the page. */
ngx_int_t ngx_http_godwit_image(ngx_http_request_t *r, const gw_token_t *t,
    ngx_str_t *number);

#endif
