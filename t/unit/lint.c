/* Lint: what is found in a content, and where. */
#include "shm/gw_template.h"
#include "shm/lint/lint.h"
#include "t/unit/tap.h"

typedef struct {
    const char  *html, *want;           /* RULE LINE:COLUMN ...              */
} row_t;


/* What is found in a body, without the rules of the whole page. */
static void
found(json_t *body, const char *member, gw_buf_t *out)
{
    char         why[300];
    size_t       i, j;
    json_t      *one, *part, *name;
    gw_buf_t     err;
    const char  *field, *rule;

    gw_buf_reset(out);
    gw_buf_fixed(&err, why, sizeof(why));
    if (gw_template_compile(body, &(gw_nets_t) { 0 }, &field, &err) != GW_OK) {
        gw_buf_fmt(out, "! %s", gw_buf_c(&err));
        return;
    }

    json_array_foreach(json_object_get(json_object_get(body, "_compiled"),
                                       member), i, one)
    {
        rule = json_string_value(json_object_get(one, "rule"));
        if (rule != NULL && (strcmp(rule, "weight") == 0
                             || strcmp(rule, "unsubscribe_missing") == 0))
        {
            continue;
        }

        gw_buf_cstr(out, out->len > 0 ? " " : "");
        gw_buf_cstr(out, rule != NULL ? rule : "");
        name = json_object_get(one, "name");
        json_array_foreach(name, j, part) {
            gw_buf_fmt(out, "%s%s", j > 0 ? "." : "", json_string_value(part));
        }
        gw_buf_fmt(out, "%s %d:%d", json_is_true(json_object_get(one, "safe"))
                   ? "?" : "", (int) json_integer_value(json_object_get(one,
                   "line")), (int) json_integer_value(json_object_get(one,
                   "column")));
    }
}


static void
check(const row_t *row, const char *member)
{
    json_t    *body;
    gw_buf_t   out;

    gw_buf_init(&out, 1 << 20);
    for ( /* void */ ; row->html != NULL; row++) {
        body = json_pack("{s:s}", "html", row->html);
        found(body, member, &out);
        is_str(gw_buf_view(&out), row->want, row->html);
        json_decref(body);
    }
    gw_buf_free(&out);
}


static const row_t  pages[] = {
    { "<p>Hello</p>", "" },

    /* images */
    { "<p>\n <img src='https://a.example/x.png'>", "image_alt 2:2" },
    { "<img alt='' src='cid:x'><img src='cid:y' alt><img alt=x src='cid:z'>",
      "" },
    { "<img alt='{{ contact.city }}' src='{{ contact.photo }}'>", "" },
    { "<img alt='' src='x.png'>", "image_broken 1:1" },
    { "<img alt='' src=''>", "image_broken 1:1" },
    { "<img alt='' src='data:image/png;base64,x'>", "image_broken 1:1" },

    /* links */
    { "<a href='https://a.example/?a=1&amp;b={{ x }}'>", "" },
    { "<a href=''><a href=' # '><a href='#top'>", "link_empty 1:1 link_empty "
      "1:12" },
    { "<a href='{{ contact.url }}'><a href='{{ unsubscribe_url }}'>", "" },
    { "<a href='/shop'>", "link_broken 1:1" },
    { "<a href='www.a.example'>", "link_broken 1:1" },
    { "<a href='//a.example/'>", "link_broken 1:1" },
    { "<a href='https://'><a href='https:///x'><a href='http://.a'>",
      "link_broken 1:1 link_broken 1:20 link_broken 1:41" },
    { "<a href='https://a.example/a b'>", "link_broken 1:1" },
    { "<a href='https://a.example/{{ x | append: \" \" }}'>", "" },
    { "<a href='javascript:x()'>", "link_broken 1:1" },
    { "<a href='mailto:'><a href='mailto:a@a.example'><a href='tel:+491'>"
      "<a href='shop://item'>", "link_broken 1:1" },
    { "<a href='http://localhost/'>", "link_local 1:1" },
    { "<a href='http://LOCALHOST:8080/'>", "link_local 1:1" },
    { "<a href='http://127.0.0.1/'><a href='http://10.1.2.3'>"
      "<a href='https://x@192.168.0.1:1/'>",
      "link_local 1:1 link_local 1:29 link_local 1:55" },
    { "<a href='http://172.16.0.1/'><a href='http://172.32.0.1/'>",
      "link_local 1:1" },
    { "<a href='http://[::1]/'><a href='http://[2001:db8::1]/'>",
      "link_local 1:1" },
    { "<a href='http://shop.local/'><a href='http://10.example.com/'>"
      "<a href='http://local.example/'>", "link_local 1:1" },
    { "<area href='x'>", "link_broken 1:1" },
    { "{% if a %}<a href='/a'>{% else %}\n<a href='/b'>{% endif %}",
      "link_broken 1:11 link_broken 2:1" },

    /* colours */
    { "<p style='color:#777'>x", "contrast 1:1" },
    { "<p style='color:#767676'>x", "" },
    { "<p style='color: #777 !important'>{{ contact.city }}", "contrast 1:1" },
    { "<p style='color:#777'> <br></p>", "" },
    { "<h1 style='color:#777'>x", "" },
    { "<p style='color:#777;font-size:24px'>x", "" },
    { "<b style='color:#777;font-size:14pt'>x", "" },
    { "<p style='color:#fff'>x", "contrast 1:1" },
    { "<table bgcolor='#000'><tr><td style='color:#fff'>x", "" },
    { "<td style='background:#000'>x", "contrast 1:1" },
    { "<td background='x.png' style='color:#fff'>x", "" },
    { "<td style='background:url(x) #fff;color:#fff'>x", "" },
    { "<td style='background: navy none; color: WHITE'>x", "" },
    { "<td style='background:black'><a href='cid:x'>x</a></td>", "" },
    { "<font color='yellow'>x</font>", "contrast 1:1" },
    { "<p style='color:rgb(255, 255, 0)'>x", "contrast 1:1" },
    { "<p style='color:rgb(255, 255, 0, 0)'>x", "" },
    { "<p style='color:rgba(255,255,0,.1)'>x", "" },
    { "<p style='color:{{ contact.color }}'>x", "! an output can not stand in "
      "a style; choose between styles with {% if %}, line 1, column 17" },
    { "<p style='{% if a %}color{% else %}x{% endif %}:#fff'>x", "" },
    { "<div style='color:#eee'><p>x</p><p style='color:#ddd'>y</p>z</div>",
      "contrast 1:1 contrast 1:33" },
    { "<div style='color:#eee'></div>x", "" },
    { "<li style='color:#eee'><li>x", "" },
    { "<style>p { color: #eee }</style><title>x</title>", "" },
    { NULL, NULL }
};

static const row_t  names[] = {
    { "{{ contact.first_name }} {{ contact.first_name | upcase }}",
      "contact.first_name 1:4" },
    { "{{ a.b.c.d.e }}", "a.b.c.d 1:4" },
    { "{{ a | default: b }}", "a? 1:4 b 1:17" },
    { "{% assign x = y %}{{ x }}{% capture z %}{{ w }}{% endcapture %}{{ z }}",
      "y 1:15 w 1:44" },
    { "{% for i in list limit: n %}{{ i }} {{ forloop.index }} {{ j }}"
      "{% endfor %}", "list 1:13 n 1:25 j 1:60" },
    { "{% if a and b == c or d %}x{% elsif e contains f %}{% else %}{{ g }}"
      "{% endif %}", "a 1:7 b 1:13 c 1:18 d 1:23 e 1:37 f 1:48 g 1:65" },
    { "{% case a %}{% when b, 1 %}{{ c }}{% else %}{{ d }}{% endcase %}",
      "a 1:9 b 1:21 c 1:31 d 1:48" },
    { "{{ a[b.c] }} {{ [d] }}", "a 1:4 b.c 1:6 d 1:18" },
    { "{% render 'x', n: a %}{% include 'y' with b %}", "a 1:19 b 1:43" },
    { "{% increment n %}{{ n }}{% for i in (1..m) %}{% endfor %}",
      "m 1:41" },
    { "{% comment %}{{ a }}{% endcomment %}{% raw %}{{ b }}{% endraw %}", "" },
    { "{% liquid\n  echo a\n%}", "a 2:8" },
    { NULL, NULL }
};


static void
subjects(void)
{
    int        i;
    json_t    *body;
    gw_buf_t   out;

    static const row_t  rows[] = {
        { "1234567890123456789012345678901234567890123456789012345678901234567"
          "890", "" },
        { "1234567890123456789012345678901234567890123456789012345678901234567"
          "8901", "subject_long 1:1" },
        { "1234567890{{ contact.first_name | default: 'a long enough word' }}"
          "{% if x %}\xc3\xa4\xc3\xa4{% endif %}", "" },
        { NULL, NULL }
    };

    gw_buf_init(&out, 1 << 16);
    for (i = 0; rows[i].html != NULL; i++) {
        body = json_pack("{s:s}", "subject", rows[i].html);
        found(body, "lint", &out);
        is_str(gw_buf_view(&out), rows[i].want, rows[i].html);
        json_decref(body);
    }
    gw_buf_free(&out);
}


/* Each part has its own, of one that finds much not all. */
static void
many(void)
{
    int        i;
    json_t    *body;
    gw_buf_t   html, out;

    gw_buf_init(&html, 1 << 20);
    gw_buf_init(&out, 1 << 20);
    for (i = 0; i < 300; i++) {
        gw_buf_fmt(&html, "<a href='#'>{{ v%d }}</a>", i);
    }

    body = json_pack("{s:s}", "html", gw_buf_c(&html));
    found(body, "lint", &out);
    is_int(json_array_size(json_object_get(json_object_get(body, "_compiled"),
           "lint")), GW_LINT_MOST + 1, "findings end");
    is_int(json_array_size(json_object_get(json_object_get(body, "_compiled"),
           "names")), GW_LINT_MOST, "names too");
    json_decref(body);

    body = json_pack("{s:s, s:{s:{s:s, s:s}}}", "html", "<p>", "variants", "de",
                     "subject", "s", "html", "<a href='/'>");
    found(body, "lint", &out);
    is_str(gw_buf_view(&out), "link_broken 1:1", "that of a variant");
    json_decref(body);
    gw_buf_free(&html);
    gw_buf_free(&out);
}


int
main(void)
{
    check(pages, "lint");
    check(names, "names");
    subjects();
    many();

    is_int((long) (colour_contrast(0x000000, 0xffffff) * 100), 2100, "21 to 1");
    is_int((long) (colour_contrast(0x777777, 0xffffff) * 100), 447, "#777");
    is_int((long) (colour_contrast(0xff0000, 0xffffff) * 100), 399, "red");

    return done();
}
