/* Link rewriting on ordinary and on hostile HTML. */
#include "shm/gw_links.h"
#include "t/unit/tap.h"

static gw_buf_t  seen;


static int
found(void *arg, unsigned index, gw_str_t url, bool fixed)
{
    gw_buf_fmt(&seen, "%u%s:%.*s ", index, fixed ? "" : "~", (int) url.len,
               url.data);
    return GW_OK;
}


static void
rewrite(const char *html, const char *want, const char *links,
    const char *name)
{
    gw_buf_t  out, err;
    unsigned  line, column;

    gw_buf_init(&out, 1 << 22);
    gw_buf_init(&err, 1024);
    gw_buf_reset(&seen);
    if (gw_links_rewrite(gw_str_of(html), &out, found, NULL, &line, &column,
                         &err) != GW_OK)
    {
        gw_buf_reset(&out);
        gw_buf_fmt(&out, "%u:%u %s", line, column, gw_buf_c(&err));
    }
    is_str(gw_buf_view(&out), want, name);
    is_str(gw_buf_view(&seen), links, "its links");
    gw_buf_free(&out);
    gw_buf_free(&err);
}


static void
text(const char *html, const char *want, const char *name)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    ok(gw_links_text(gw_str_of(html), &out) == GW_OK, "text");
    is_str(gw_buf_view(&out), want, name);
    gw_buf_free(&out);
}


int
main(void)
{
    size_t    i;
    gw_buf_t  big, out, err;
    unsigned  line, column;

    gw_buf_init(&seen, 1 << 20);

    rewrite("<p>x</p>", "<p>x</p>", "", "nothing to do");
    rewrite("<a href=\"https://a.b/?x=1&amp;y=2\">z</a>",
            "<a href=\"{% link 0 %}https://a.b/?x=1&y=2{% endlink %}\">z</a>",
            "0:https://a.b/?x=1&y=2 ", "a link, its entities undone");
    rewrite("<A class=q HREF='http://a/b'>1</A><a href=http://a/b>2</a>",
            "<A class=q HREF='{% link 0 %}http://a/b{% endlink %}'>1</A>"
            "<a href={% link 0 %}http://a/b{% endlink %}>2</a>",
            "0:http://a/b ", "equal ones share an index");
    rewrite("<a href=\"mailto:a@b\"><a href=\"#x\"><a href=\"\"><a>",
            "<a href=\"mailto:a@b\"><a href=\"#x\"><a href=\"\"><a>", "",
            "what is not tracked");
    rewrite("<a data-godwit-track=\"off\" href=\"http://a/b\">",
            "<a data-godwit-track=\"off\" href=\"http://a/b\">", "",
            "opted out");
    rewrite("<a href=\"{{ u | default: \"x\" }}\">"
            "<a href=\"http://a/{{ c }}\">",
            "<a href=\"{% link 0 %}{{ u | default: \"x\" }}{% endlink %}\">"
            "<a href=\"{% link 1 %}http://a/{{ c }}{% endlink %}\">",
            "0~:{{ u | default: \"x\" }} 1~:http://a/{{ c }} ",
            "Liquid with quotes inside");
    rewrite("<!-- <a href=\"http://a/b\"> --><script>'<a href=\"http://c/d\">'"
            "</script>", "<!-- <a href=\"http://a/b\"> --><script>'<a href="
            "\"http://c/d\">'</script>", "", "comments and scripts stay");
    rewrite("<p>\n<a href=\"http://a/b\"", "2:1 a tag is not ended by \">\"",
            "", "an open tag is refused by its place");
    rewrite("<abbr href=\"http://a/b\">", "<abbr href=\"http://a/b\">", "",
            "not every tag that begins so");

    gw_buf_init(&big, 1 << 21);
    gw_buf_init(&out, 1 << 22);
    gw_buf_init(&err, 1024);
    for (i = 0; i < 1 << 20; i++) {
        gw_buf_char(&big, '<');
    }
    is_int(gw_links_rewrite(gw_buf_view(&big), &out, found, NULL, &line,
                            &column, &err), GW_OK, "a megabyte of <");
    gw_buf_reset(&big);
    for (i = 0; i < 1 << 20; i++) {
        gw_buf_char(&big, '{');
    }
    gw_buf_reset(&out);
    is_int(gw_links_text(gw_buf_view(&big), &out), GW_OK, "a megabyte of {");
    gw_buf_free(&big);
    gw_buf_free(&out);
    gw_buf_free(&err);
    gw_buf_free(&seen);

    text("<h1>Hi</h1><p>one  two</p><a href=\"http://a/?x&amp;y\">go</a> on",
         "Hi\n\none two\ngo <http://a/?x&y> on\n", "the text alternative");
    text("<style>p{}</style>a&nbsp;&lt;b {{ x | raw }}<br>c",
         "a <b {{ x | raw }}\nc\n", "styles go, Liquid stays");
    return done();
}
