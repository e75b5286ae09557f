/*
 * /v/TOKEN?image=N: an image inside a mail, for the page of that mail. It is
 * one of those that the campaign sends along, of a type that runs nothing, and
 * of the host that has it.
 */
#include "ngx_http_godwit_track_image.h"
#include "ngx_http_godwit_api_store.h"

#include <ctype.h>

#define NGX_HTTP_GODWIT_IMAGE_NAME  100         /* as read_files has it */


/* ---- where the page names it ---- */


/* Bytes of the name at p; 0: it is none of the images. */
static size_t
ngx_http_godwit_image_named(u_char *p, u_char *last, const json_t *images,
    json_int_t *number)
{
    char           name[NGX_HTTP_GODWIT_IMAGE_NAME + 1];
    size_t         n;
    const json_t  *value;

    for (n = 0; p + n < last && n < NGX_HTTP_GODWIT_IMAGE_NAME
                && (isalnum(p[n]) || ngx_strchr("._@+-", p[n]) != NULL)
                && p[n] != '\0'; n++)
    {
        name[n] = (char) p[n];
    }

    name[n] = '\0';
    value = json_object_get(images, name);
    *number = json_integer_value(value);

    return value != NULL ? n : 0;
}


void
ngx_http_godwit_image_urls(gw_str_t html, const json_t *images, gw_str_t base,
    gw_buf_t *out)
{
    size_t       n;
    u_char      *p, *from, *last;
    json_int_t   number;

    from = html.data;
    last = html.data + html.len;

    for (p = from; (p = memmem(p, last - p, "cid:", 4)) != NULL; p += 4) {
        n = p > html.data && ngx_strchr("\"'=", p[-1]) != NULL && p[-1] != '\0'
            ? ngx_http_godwit_image_named(p + 4, last, images, &number) : 0;
        if (n > 0) {
            gw_buf_put(out, from, p - from);
            gw_buf_str(out, base);
            gw_buf_fmt(out, "?image=%d", (int) number);
            from = p + 4 + n;
        }
    }

    gw_buf_put(out, from, last - from);
}


/* ---- the image ---- */


static ngx_int_t
ngx_http_godwit_image_send(ngx_http_request_t *r,
    ngx_http_godwit_stored_t *image)
{
    ngx_uint_t  i;

    static ngx_str_t  headers[][2] = {
        { ngx_string("Content-Security-Policy"),
          ngx_string("default-src 'none'; sandbox; frame-ancestors 'none'") },
        { ngx_string("X-Content-Type-Options"), ngx_string("nosniff") },
        { ngx_string("Referrer-Policy"), ngx_string("no-referrer") },
        { ngx_string("X-Robots-Tag"), ngx_string("noindex") },
        { ngx_string("Cache-Control"), ngx_string("private, max-age=600") }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (ngx_http_godwit_header(r, &headers[i][0], &headers[i][1])
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = image->bytes;
    r->headers_out.content_type = image->type;
    r->headers_out.content_type_len = image->type.len;

    return ngx_http_godwit_store_send(r, ngx_http_send_header(r), image);
}


static ngx_int_t
ngx_http_godwit_image_answer(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_int_t                  rc;
    ngx_str_t                  value;
    ngx_http_godwit_stored_t  *image;

    if (answer->rc != NGX_OK) {
        return ngx_http_godwit_refuse(r, answer->rc);
    }

    value = ngx_http_godwit_pool_value(answer);
    if (value.data == NULL) {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    image = ngx_pcalloc(r->pool, sizeof(ngx_http_godwit_stored_t));
    if (image == NULL
        || ngx_http_godwit_store_told(r, &value, image) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_godwit_store_read(r, image);
    if (rc != NGX_OK) {
        return rc == NGX_ERROR ? NGX_HTTP_INTERNAL_SERVER_ERROR
                               : ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    return ngx_http_godwit_image_send(r, image);
}


static void
ngx_http_godwit_image_found(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    ngx_http_finalize_request(r, ngx_http_godwit_image_answer(r, answer));
}


ngx_int_t
ngx_http_godwit_image(ngx_http_request_t *r, const gw_token_t *t,
    ngx_str_t *number)
{
    int64_t    numbers[4];
    ngx_int_t  rc;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_image"),
        ngx_string("select auth.track_image($1::int, $2::bigint, $3::bigint, "
                   "$4::int)")
    };

    rc = ngx_atoi(number->data, number->len);
    if (rc == NGX_ERROR || rc > 99) {
        return ngx_http_godwit_refuse(r, NGX_HTTP_NOT_FOUND);
    }

    numbers[0] = t->tenant;
    numbers[1] = t->id2;
    numbers[2] = (int64_t) t->id;
    numbers[3] = rc;

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_QUICK, t->tenant,
                                      &statement, 4, numbers,
                                      ngx_http_godwit_image_found);

    return rc == NGX_DONE ? rc : ngx_http_godwit_refuse(r, rc);
}
