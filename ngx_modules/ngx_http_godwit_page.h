/* The pages that people see: their texts, their HTML, and who sends them. */
#ifndef NGX_HTTP_GODWIT_PAGE_H
#define NGX_HTTP_GODWIT_PAGE_H

#include "ngx_http_godwit.h"

#include <jansson.h>

#define NGX_HTTP_GODWIT_LANGUAGES  3    /* the first when none is asked for */

typedef struct {
    ngx_str_t    name;                  /* as in `lang` */
    const char  *direction;
} ngx_http_godwit_language_t;

typedef struct {
    const char  *name;                  /* NULL ends the table */
    const char  *text[NGX_HTTP_GODWIT_LANGUAGES];
} ngx_http_godwit_text_t;

extern const char                        ngx_http_godwit_page_version[];
extern const ngx_http_godwit_language_t  ngx_http_godwit_languages[];
extern const ngx_http_godwit_text_t      ngx_http_godwit_texts[];

/* Liquid of what stands in <body>, the style, and what the rest is made of. */
extern const char  ngx_http_godwit_page_small[];
extern const char  ngx_http_godwit_page_preferences[];
extern const char  ngx_http_godwit_page_style[];

/*
 * What a path of forms keeps of a request: the first member of its context in
 * the track module. shown is called once Postgres was asked whose page it is,
 * and returns what it has sent: person is {"locale","brand","list",
 * "confirmed"}, null: there is nobody, or nothing is asked of him any more;
 * NULL: it is not known, since Postgres is away.
 */
typedef ngx_int_t (*ngx_http_godwit_shown_pt)(ngx_http_request_t *r,
    const json_t *person);

typedef struct {
    gw_token_t                token;
    u_char                    payload[GW_TOKEN_PAYLOAD];
    ngx_http_godwit_shown_pt  shown;
} ngx_http_godwit_form_t;

/* Ask, then call shown: what it returned, or NGX_DONE when that comes later. */
ngx_int_t ngx_http_godwit_page_ask(ngx_http_request_t *r,
    ngx_http_godwit_shown_pt shown);

/* The language of somebody's page; person as above. */
ngx_uint_t ngx_http_godwit_page_speaks(ngx_http_request_t *r,
    const json_t *person);

/*
 * The language of a page: that of `locale` (may be empty), else the best of
 * Accept-Language, else the first.
 */
ngx_uint_t ngx_http_godwit_page_language(ngx_http_request_t *r,
    ngx_str_t *locale);

/* One text; "" when there is none of this name. */
const char *ngx_http_godwit_page_text(ngx_uint_t language, const char *name,
    const char *tail);

/*
 * Send a page: `body` is Liquid; it sees `data` (borrowed, an object; `t` is
 * added to it, all texts by their names, and brand may be in it).
 */
ngx_int_t ngx_http_godwit_page_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_uint_t language, const char *title, const char *body, json_t *data);

/*
 * A small page: the texts NAME_title, NAME_text, and, when there are such,
 * NAME_button of a form that posts to the same place and NAME_link to url,
 * unless that is empty; in the brand of person (as above) and with its list.
 */
ngx_int_t ngx_http_godwit_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_uint_t language, const char *name, gw_str_t url,
    const json_t *person);

#endif
