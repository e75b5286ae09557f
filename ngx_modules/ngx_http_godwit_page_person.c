/* Whose page it is: asked of Postgres, and done without where it is away. */
#include "ngx_http_godwit_page.h"


ngx_uint_t
ngx_http_godwit_page_speaks(ngx_http_request_t *r, const json_t *person)
{
    ngx_str_t    locale;
    const char  *s;

    s = json_string_value(json_object_get(person, "locale"));
    locale.data = (u_char *) (s != NULL ? s : "");
    locale.len = ngx_strlen(locale.data);

    return ngx_http_godwit_page_language(r, &locale);
}


static void
ngx_http_godwit_page_asked(ngx_http_request_t *r,
    ngx_http_godwit_answer_t *answer)
{
    json_t                  *person;
    ngx_int_t                rc;
    ngx_str_t                value;
    ngx_http_godwit_form_t  *form;

    form = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    value = ngx_http_godwit_pool_value(answer);
    person = answer->rc != NGX_OK ? NULL
             : value.data == NULL ? json_null()
             : json_loadb((char *) value.data, value.len, 0, NULL);

    rc = form->shown(r, person);
    json_decref(person);
    ngx_http_finalize_request(r, rc);
}


ngx_int_t
ngx_http_godwit_page_ask(ngx_http_request_t *r,
    ngx_http_godwit_shown_pt shown)
{
    int64_t                  numbers[3];
    ngx_int_t                rc;
    ngx_uint_t               asks;
    ngx_http_godwit_form_t  *form;

    static const ngx_http_godwit_statement_t  statement = {
        ngx_string("track_person"),
        ngx_string("select auth.track_person($1::int, $2::bigint, $3::bigint)")
    };

    form = ngx_http_get_module_ctx(r, ngx_http_godwit_track_module);
    form->shown = shown;
    asks = form->token.kind == GW_TOKEN_MESSAGE;
    numbers[0] = form->token.tenant;
    numbers[1] = asks ? 0 : (int64_t) form->token.id;
    numbers[2] = asks ? (int64_t) form->token.id
                 : form->token.what == GW_TOKEN_CONFIRM
                   ? -(int64_t) form->token.id2 : 0;

    rc = ngx_http_godwit_pool_numbers(r, NGX_GODWIT_POOL_QUICK,
                                      form->token.tenant, &statement, 3,
                                      numbers, ngx_http_godwit_page_asked);

    return rc == NGX_DONE ? rc : shown(r, NULL);
}
