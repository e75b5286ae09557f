/* A preview: three parts rendered, a wrong one named. */
#include "shm/gw_preview.h"
#include "t/unit/tap.h"


static int
preview(const char *answer, gw_buf_t *out, const char **field, gw_buf_t *err)
{
    gw_buf_reset(out);
    gw_buf_reset(err);
    return gw_preview(gw_str_of(answer), 0, out, field, err);
}


int
main(void)
{
    char         small[20], why[300];
    unsigned     i;
    gw_buf_t     src;
    gw_buf_t     out, err, tight;
    const char  *field = "";

    static const char *const  greedy[] = {
        "{% for i in (1..9000) %}{% for j in (1..9000) %}{% endfor %}"
        "{% endfor %}",
        "{% for i in (1..9000) %}0123456789012345678901234567890123456789"
        "{% endfor %}",
        "{% for i in (1..99999) %}{{ 123456789.123456789 | times: 1.00000001 }}"
        "{% endfor %}", NULL
    };

    gw_buf_init(&out, GW_PREVIEW_ANSWER);
    gw_buf_fixed(&err, why, sizeof(why));

    is_int(preview("{\"subject\":\"Hi {{ contact.name }}\",\"html\":\"<p>"
           "{{ contact.name }}\",\"text\":\"{{ contact.name | upcase }}\","
           "\"data\":{\"contact\":{\"name\":\"A&B\"}}}", &out, &field, &err),
           GW_OK, "a preview");
    is_str(gw_buf_view(&out), "{\"subject\":\"Hi A&B\",\"html\":\"<p>A&amp;B\""
           ",\"text\":\"A&B\"}", "html alone is escaped");

    is_int(preview("{\"subject\":\"s\",\"html\":\"{{ 1 | divided_by: 0 }}\","
           "\"text\":\"\",\"data\":{}}", &out, &field, &err), GW_EINVAL,
           "one that fails with this data");
    ok(strcmp(field, "html") == 0 && err.len > 0, "is named: %s",
       gw_buf_c(&err));
    is_int(preview("{\"subject\":\"s\",\"html\":\"a\\n {{ x | no }}\","
           "\"text\":\"\",\"data\":{}}", &out, &field, &err), GW_EINVAL,
           "one that is wrong");
    ok(strstr(gw_buf_c(&err), ", line 2, column ") != NULL, "by its place: %s",
       gw_buf_c(&err));

    is_int(preview("{\"subject\":\"s\",\"html\":\"<p>Hi</p>{{ a }}\",\"text\":"
           "null,\"data\":{\"a\":1}}", &out, &field, &err), GW_OK, "no text");
    is_str(gw_buf_view(&out), "{\"subject\":\"s\",\"html\":\"<p>Hi</p>1\","
           "\"text\":\"Hi\\n\\n1\\n\"}", "is made from html");

    is_int(preview("{\"subject\":\"{% include 'a' %}\",\"html\":\"{% render "
           "'a', n: 1234.5 %}\",\"text\":\"\",\"data\":{},\"locale\":\"de\","
           "\"snippets\":{\"a\":{\"html\":\"<b>{{ n | number }}</b>\",\"text\":"
           "\"T\"}}}", &out, &field, &err), GW_OK, "snippets and a language");
    is_str(gw_buf_view(&out), "{\"subject\":\"T\",\"html\":\"<b>1.234,5</b>\","
           "\"text\":\"\"}", "of each part its own");
    is_int(preview("{\"subject\":\"s\",\"html\":\"<p>{% render 'b' %}\","
           "\"text\":\"\",\"data\":{},\"snippets\":{}}", &out, &field, &err),
           GW_EINVAL, "one that is not there");
    ok(strcmp(field, "html") == 0
       && strstr(gw_buf_c(&err), "\"b\", line 1, column 4") != NULL,
       "says so: %s", gw_buf_c(&err));

    gw_buf_init(&src, 1 << 20);
    for (i = 0; greedy[i] != NULL; i++) {
        gw_buf_reset(&src);
        gw_buf_cstr(&src, "{\"subject\":\"s\",\"text\":\"\",\"data\":{},"
                    "\"html\":");
        gw_buf_json(&src, gw_str_of(greedy[i]));
        gw_buf_char(&src, '}');
        is_int(preview(gw_buf_c(&src), &out, &field, &err), GW_EINVAL,
               "a budget");
        ok(strstr(gw_buf_c(&err), ", line 1, column ") != NULL, "says so: %s",
           gw_buf_c(&err));
    }

    gw_buf_reset(&src);
    gw_buf_cstr(&src, "{\"subject\":\"s\",\"text\":null,\"data\":{},"
                "\"html\":\"");
    for (i = 0; i < GW_PREVIEW_SOURCE / 2; i++) {
        gw_buf_cstr(&src, "\\u00e4");
    }
    gw_buf_cstr(&src, "\"}");
    is_int(preview(gw_buf_c(&src), &out, &field, &err), GW_EINVAL,
           "a long one");
    ok(strcmp(field, "text") == 0 && strstr(gw_buf_c(&err), "128 KiB"),
       "html just fits, the line end behind its text does not");
    gw_buf_free(&src);

    is_int(preview("{\"subject\":\"s\",\"data\":{}}", &out, &field, &err),
           GW_ECORRUPT, "a part is missing");
    is_int(preview("{\"subject\":\"s\"}", &out, &field, &err), GW_ECORRUPT,
           "the data is missing");
    is_int(preview("[", &out, &field, &err), GW_ECORRUPT, "no JSON");

    gw_buf_fixed(&tight, small, sizeof(small));
    is_int(preview("{\"subject\":\"a long subject\",\"html\":\"\",\"text\":"
           "\"\",\"data\":{}}", &tight, &field, &err), GW_EFULL, "no room");
    gw_buf_free(&out);
    return done();
}
