/* /o/: the pixel. A good token leaves an event; every caller gets the GIF. */
#include "ngx_http_godwit.h"

/* clang-format off */
static u_char  ngx_http_godwit_gif[] = {
    'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0xff, 0xff, 0xff,
    0, 0, 0, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0,
    2, 2, 0x44, 1, 0, 0x3b
};
/* clang-format on */


ngx_int_t
ngx_http_godwit_track_open(ngx_http_request_t *r)
{
    u_char       payload[GW_TOKEN_PAYLOAD];
    ngx_int_t    rc;
    ngx_uint_t   flags;
    gw_event_t   e;
    gw_token_t   t;

    static ngx_str_t  type = ngx_string("image/gif");
    static ngx_str_t  gif = { sizeof(ngx_http_godwit_gif),
                              ngx_http_godwit_gif };

    rc = ngx_http_godwit_enter(r, NGX_HTTP_GET|NGX_HTTP_HEAD);
    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_godwit_track_token(r, GW_TOKEN_OPEN, &t, payload, NULL)
        == NGX_OK)
    {
        /* after the record it would wait until that has left the processor */
        ngx_http_godwit_count(NGX_GODWIT_OPENS);
        flags = ngx_http_godwit_event(r, &e, payload);
        ngx_http_godwit_spool_event(GW_EVENT_OPEN, flags, &e);
    }

    return ngx_http_godwit_send(r, NGX_HTTP_OK, &type, &gif);
}
