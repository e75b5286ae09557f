/* Link rewriting and the text alternative, on ordinary and hostile HTML. */
#include "shm/gw_links.h"
#include "t/unit/tap.h"

static gw_buf_t  seen;


static int
found(void *arg, const gw_link_t *l)
{
    gw_buf_fmt(&seen, "%u%s%s%.*s:%.*s ", l->index, l->fixed ? "" : "~",
               l->bare ? "-" : "", (int) l->name.len, l->name.data,
               (int) l->url.len, l->url.data);
    return GW_OK;
}


static void
rewrite(const char *html, const char *want, const char *links,
    const char *name)
{
    gw_buf_t           out;
    gw_liquid_error_t  err;

    gw_buf_init(&out, 1 << 22);
    gw_buf_reset(&seen);
    if (gw_links_rewrite(gw_str_of(html), 0, &out, found, NULL, &err)
        != GW_OK)
    {
        gw_buf_reset(&out);
        gw_buf_fmt(&out, "%u:%u %s", err.line, err.column, err.message);
    }
    is_str(gw_buf_view(&out), want, name);
    is_str(gw_buf_view(&seen), links, "its links");
    gw_buf_free(&out);
}


static void
text(const char *html, const char *want, const char *name)
{
    gw_buf_t           out;
    gw_liquid_error_t  err;

    gw_buf_init(&out, 1 << 20);
    ok(gw_links_text(gw_str_of(html), &out, &err) == GW_OK, "text");
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


static void
test_links(void)
{
    rewrite("<p>x</p>", "<p>x</p>\n{% pixel %}", "", "nothing to do");
    rewrite("<body><p>x</p></BODY ></html>",
            "<body><p>x</p>\n{% pixel %}</BODY ></html>", "",
            "the pixel lies before the end of the body");
    rewrite("<body><!-- </body> --><b title='</body>'>x",
            "<body><!-- </body> --><b title='</body>'>x\n{% pixel %}", "",
            "what only looks like that end is none");
    rewrite("<a href=\"https://a.b/?x=1&amp;y=2&copy=3\">z</a>",
            "<a href=\"{% link 0 %}https://a.b/?x=1&amp;y=2&copy=3"
            "{% endlink %}\">z</a>\n{% pixel %}",
            "0:https://a.b/?x=1&y=2&copy=3 ", "a link, its entities undone");
    rewrite("<A class=q HREF='http://a/b'>1</A><a href=http://a/b>2</a>",
            "<A class=q HREF='{% link 0 %}http://a/b{% endlink %}'>1</A>"
            "<a href={% link 0 %}http://a/b{% endlink %}>2</a>\n{% pixel %}",
            "0:http://a/b ", "equal ones share an index");
    rewrite("<a href=\"mailto:a@b\"><a href=\"#x\"><a href=\"\"><a>"
            "<a href='{{ unsubscribe_url }}'><a href=\"{{- view_url -}}\">",
            "<a href=\"mailto:a@b\"><a href=\"#x\"><a href=\"\"><a>"
            "<a href='{{ unsubscribe_url }}'><a href=\"{{- view_url -}}\">"
            "\n{% pixel %}", "", "what is not tracked");
    rewrite("<a href='http://a/{'><a href=http://a/{ b>",
            "<a href='http://a/{'><a href=http://a/{ b>\n{% pixel %}", "",
            "nor what a brace ends");
    rewrite("<a data-godwit-track=\"off\" href=\"http://a/b\">",
            "<a  href=\"http://a/b\">\n{% pixel %}", "", "opted out");
    rewrite("<a href=\"http://a/b\" data-godwit-name='top' id=x>"
            "<a href=\"http://a/b\">",
            "<a href=\"{% link 0 %}http://a/b{% endlink %}\"  id=x>"
            "<a href=\"{% link 1 %}http://a/b{% endlink %}\">\n{% pixel %}",
            "0top:http://a/b 1:http://a/b ", "a link with a name");
    rewrite("<a href=\"http://a/b\" data-godwit-utm='off'>1</a>"
            "<a href=\"http://a/b\">2</a>",
            "<a href=\"{% link 0 bare %}http://a/b{% endlink %}\" >1</a>"
            "<a href=\"{% link 1 %}http://a/b{% endlink %}\">2</a>"
            "\n{% pixel %}", "0-:http://a/b 1:http://a/b ", "without utm");
    rewrite("<a href=\"{{ u | default: \"x>y\" }}\">"
            "<a href=\"http://a/{{ c }}?&amp;{{ '&amp;' }}\">",
            "<a href=\"{% link 0 %}{{ u | default: \"x>y\" }}{% endlink %}\">"
            "<a href=\"{% link 1 %}http://a/{{ c }}?&amp;{{ '&amp;' }}"
            "{% endlink %}\">\n{% pixel %}",
            "0~:{{ u | default: \"x>y\" }} 1~:http://a/{{ c }}?&{{ '&amp;' }} ",
            "Liquid with quotes inside");
    rewrite("<!-- <a href=\"http://a/b\"> --><script>'<a href=\"http://c/d\">'"
            "<!--<script></script><a href='http://e'>--></script>"
            "<!--[if mso]><v:rect href='http://f/g'><![endif]-->",
            "<!-- <a href=\"http://a/b\"> --><script>'<a href=\"http://c/d\">'"
            "<!--<script></script><a href='http://e'>--></script>"
            "<!--[if mso]><v:rect href='{% link 0 %}http://f/g{% endlink %}'>"
            "<![endif]-->\n{% pixel %}", "0:http://f/g ",
            "comments and scripts stay, conditional ones do not");
    rewrite("<abbr href=\"http://a/b\"><textarea><a href='http://c'>"
            "</textarea><title></titles><a href='http://d'></title>",
            "<abbr href=\"http://a/b\"><textarea><a href='http://c'>"
            "</textarea><title></titles><a href='http://d'></title>"
            "\n{% pixel %}", "", "not every tag, and no text");
    rewrite("<a {% if x %}href='http://a'{% else %}href='http://b'"
            "{% endif %}>{% if x %}<a href='http://a'>{% endif %}",
            "<a {% if x %}href='{% link 0 %}http://a{% endlink %}'{% else %}"
            "href='{% link 1 %}http://b{% endlink %}'{% endif %}>{% if x %}"
            "<a href='{% link 0 %}http://a{% endlink %}'>{% endif %}"
            "\n{% pixel %}", "0:http://a 1:http://b ", "in branches");
}


static void
test_wrong(void)
{
    rewrite("<p>\n<a href=\"http://a/b\"", "2:1 a tag is not ended by \">\"",
            "", "an open tag is refused by its place");
    rewrite("<a href=\"{% if x %}http://a\">{% else %}http://b\">{% endif %}",
            "1:10 a link's URL, and a data-godwit attribute, must end in the "
            "branch in which it begins", "", "so is half a link in a branch");
    rewrite("<a data-godwit-name='{{ x }}'>", "1:22 the attributes "
            "data-godwit-* are fixed texts; an output can not stand in them",
            "", "and a name that is not fixed");
}


/* Whatever it is, it ends soon. */
static void
test_large(char c)
{
    size_t             i;
    gw_buf_t           big, out;
    gw_liquid_error_t  err;

    gw_buf_init(&big, 1 << 21);
    gw_buf_init(&out, 1 << 22);
    for (i = 0; i < 1 << 20; i++) {
        gw_buf_char(&big, (unsigned char) c);
    }

    (void) !gw_links_rewrite(gw_buf_view(&big), 0, &out, found, NULL, &err);
    gw_buf_reset(&out);
    (void) !gw_links_text(gw_buf_view(&big), &out, &err);
    ok(true, "a megabyte of %c", c);
    gw_buf_free(&big);
    gw_buf_free(&out);
}


static void
test_text(void)
{
    text("<h1>Hi</h1><p>one  two</p><a href=\"http://a/?x&amp;y\">go</a> on",
         "Hi\n\none two\n\ngo <http://a/?x&y> on\n", "the text alternative");
    text("<head><title>t</title></head><style>p{}</style>a&nbsp;&lt;b "
         "{{ x | raw }}<br>c {{ y | escape }} &mdash; &#8364;&#150;&zz;",
         "a\xc2\xa0<b {{ x | raw }}\nc {{ y }} \xe2\x80\x94 \xe2\x82\xac"
         "\xe2\x80\x93&zz;\n", "styles go, Liquid stays");
    text("<ul><li>a<li>b</ul><ol><li>c</li><li>d</li></ol>e",
         "- a\n- b\n\n1. c\n2. d\n\ne\n", "lists");
    text("<table><tr><th>n</th><th>p</th></tr><tr><td>a</td>\n<td>1</td></tr>"
         "</table>", "n | p\na | 1\n", "tables");
    text("<a href='http://a/'>http://a/</a> <a href='{{ u }}'><img alt='Logo'>"
         "</a><a href='#x'>y</a>", "http://a/ Logo <{{ u }}>y\n",
         "links and images");
    text("<b>{</b>{ x }} {% raw %}{{ y }}{% endraw %}<a href='&#123;{'>z</a>",
         "{% raw %}{{% endraw %}{% raw %}{{% endraw %} x }} {% raw %}{{{% "
         "endraw %} y }}z "
         "<{% raw %}{{{% endraw %}>\n",
         "what is no Liquid does not become it");
    text("<p {% if x %}title='{{ y }}'{% endif %}>{% for i in l %}<b>{{ i }}"
         "</b>{% endfor %}",
         "{% if x %}{% endif %}\n\n{% for i in l %}{{ i }}"
         "{% endfor %}\n", "Liquid in tags prints nothing");
}


int
main(void)
{
    gw_buf_init(&seen, 1 << 20);
    test_links();
    test_wrong();
    test_text();
    test_large('<');
    test_large('{');
    test_large('&');
    gw_buf_free(&seen);
    return done();
}
