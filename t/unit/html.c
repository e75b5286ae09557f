/* Outputs in HTML: written as their place wants it, or refused. */
#include "shm/gw_liquid.h"
#include "t/unit/tap.h"

static gw_liquid_run_t  *run;
static json_t           *data;

typedef struct {
    const char  *template, *want;
} row_t;


/* What a template makes of the data; or the refusal with its place. */
static void
make(const char *template, gw_buf_t *out)
{
    gw_liquid_t          *p;
    gw_liquid_error_t     err;
    gw_liquid_options_t   opt = { .strict = true, .escape = GW_LIQUID_HTML,
                                  .links = true };
    gw_liquid_context_t   ctx = { 0 };

    gw_buf_reset(out);
    if (gw_liquid_compile(&p, gw_str_of(template), &opt, &err) != GW_OK) {
        gw_buf_fmt(out, "%u:%u %s", err.line, err.column, err.message);
        return;
    }

    if (gw_liquid_render(p, run, data, &ctx, out, &err) != GW_OK) {
        gw_buf_reset(out);
        gw_buf_fmt(out, "! %s", err.message);
    }
    gw_liquid_free(p);
}


static void
check(const row_t *row)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 20);
    for ( /* void */ ; row->template != NULL; row++) {
        make(row->template, &out);
        is_str(gw_buf_view(&out), row->want, row->template);
    }
    gw_buf_free(&out);
}


/* evil is `"'><b>&--`, js is `javascript:x`, q is `a b&c=d/?#%20+`. */
static const row_t  written[] = {
    { "<p>{{ evil }}</p>", "<p>&quot;&#39;&gt;&lt;b&gt;&amp;--</p>" },
    { "<p>{{ evil | escape }}{{ evil | raw }}",
      "<p>&quot;&#39;&gt;&lt;b&gt;&amp;--\"'><b>&--" },
    { "{{ '<' | escape | append: evil }}",
      "&amp;lt;&quot;&#39;&gt;&lt;b&gt;&amp;--" },
    { "{{ two | escape | newline_to_br }}", "&lt;<br />\n2" },
    { "<p title='{{ evil }}'>", "<p title='&quot;&#39;&gt;&lt;b&gt;&amp;--'>" },
    { "<title>{{ evil }}</title>",
      "<title>&quot;&#39;&gt;&lt;b&gt;&amp;--</title>" },
    { "<!-- {{ evil }} -->",
      "<!-- &quot;&#39;&gt;&lt;b&gt;&amp;&#45;&#45; -->" },
    { "<!--[if mso]>{{ evil }}<i alt='{{ evil }}'><![endif]-->",
      "<!--[if mso]>&quot;&#39;&gt;&lt;b&gt;&amp;--"
      "<i alt='&quot;&#39;&gt;&lt;b&gt;&amp;--'><![endif]-->" },
    { "<img src='{{ q }}'><img src='http://x/{{ q }}'>"
      "<img src='http://x/?p={{ q }}&amp;{{ q | url_encode }}'>",
      "<img src='a%20b&amp;c=d/?#%20+'>"
      "<img src='http://x/a%20b&amp;c=d/?#%20+'>"
      "<img src='http://x/?p=a%20b%26c%3Dd%2F%3F%23%2520%2B&amp;"
      "a+b%26c%3Dd%2F%3F%23%2520%2B'>" },
    { "<img src='{{ js }}'>", "! a URL is none of http, https, mailto, tel or "
      "cid: javascript:x" },
    { "<img src=' {{ none }}{{ js }}'>", "! a URL is none of http, https, "
      "mailto, tel or cid: javascript:x" },
    { "<form action='{{ word }}{{ colon }}'><a href='java{{ colon }}'>"
      "<img src='{% if n %}javascript{% endif %}{{ colon }}'>",
      "<form action='javascript%3Ax'><a href='java%3Ax'>"
      "<img src='javascript%3Ax'>" },
    { "<form action='java{{ rest }}'>", "! a URL is none of http, https, "
      "mailto, tel or cid: script:x" },
    { "<img src='{{ url }}:{{ colon }}'>",
      "<img src='HTTP://x/?a=1&amp;b=2::x'>" },
    { "<img src='{{ tab }}'>", "<img src='java%0Ascript%3Ax'>" },
    { "<a href='{{ url }}'><a href='{{ url | escape }}'>",
      "<a href='HTTP://x/?a=1&amp;b=2'><a href='HTTP://x/?a=1&amp;b=2'>" },
    { "<script type='application/ld+json'>{\"a\": \"x{{ evil }}\", \"b\": "
      "{{ evil }}, \"c\": [{{ n }}, {{ none }}]}</script>{{ evil }}",
      "<script type='application/ld+json'>{\"a\": \"x\\u0022\\u0027\\u003e"
      "\\u003cb\\u003e\\u0026--\", \"b\": \"\\u0022\\u0027\\u003e\\u003cb"
      "\\u003e\\u0026--\", \"c\": [7, null]}</script>"
      "&quot;&#39;&gt;&lt;b&gt;&amp;--" },
    { "<p {% if n %}class=\"{{ evil }}\"{% endif %} id=x>{{ n }}",
      "<p class=\"&quot;&#39;&gt;&lt;b&gt;&amp;--\" id=x>7" },
    { "<td{% if n %} width=1{% else %} hidden{% endif %}>{{ evil | size }}",
      "<td width=1>9" },
    { "<p class='{% cycle '<', 'b' %}{% increment k %}{% case n %}{% when 7 %}"
      "s{% endcase %}'>", "<p class='<0s'>" },
    { "{% capture c %}<b>{{ evil }}</b>{% endcapture %}<p>{{ c | raw }}",
      "<p><b>&quot;&#39;&gt;&lt;b&gt;&amp;--</b>" },
    { "{% capture c %}<b>{{ evil }}</b>{% endcapture %}<p>{{ c }}"
      "<p title=\"{{ c }}\"><title>{{ c }}</title><i alt='{{ c | size }}'>",
      "<p><b>&quot;&#39;&gt;&lt;b&gt;&amp;--</b>"
      "<p title=\"&lt;b&gt;&quot;&#39;&gt;&lt;b&gt;&amp;--&lt;/b&gt;\">"
      "<title>&lt;b&gt;&quot;&#39;&gt;&lt;b&gt;&amp;--&lt;/b&gt;</title>"
      "<i alt='38'>" },
    { "{% capture c %}{{ q }}{% endcapture %}{% assign d = c %}"
      "<img src='http://x/?p={{ d }}'>{{ d | default: 1 }}{{ c | upcase }}",
      "<img src='http://x/?p=a%20b%26c%3Dd%2F%3F%23%2520%2B'>"
      "a b&amp;c=d/?#%20+A B&amp;AMP;C=D/?#%20+" },
    { "{% for i in (1..2) %}{% capture c %}<a title=\"{% break %}\">"
      "{% endcapture %}{% endfor %}{{ c }}", "&lt;a title=&quot;" },
    { "<meta name=x content='{{ n }}'><td to='{{ n }}'>",
      "<meta name=x content='7'><td to='7'>" },
    { "<style>a{}</style >{{ n }}<STYLE>b</sty</STYLE/>{{ n }}",
      "<style>a{}</style >7<STYLE>b</sty</STYLE/>7" },
    { "a < b{{ n }} <1 </>{{ n }}<?x?>{{ n }}<!doctype html>{{ n }}",
      "a < b7 <1 </>7<?x?>7<!doctype html>7" },
    { "<!--> {{ n }}<!---->{{ n }}<!-- a--!>{{ evil }}<plaintext><b",
      "<!--> 7<!---->7<!-- a--!>&quot;&#39;&gt;&lt;b&gt;&amp;--<plaintext><b" },
    { NULL, NULL }
};

static const row_t  refused[] = {
    { "\n <{{ n }}>", "2:3 an output can not be the name of a tag; write the "
      "tags out and choose with {% if %}" },
    { "<b{{ n }}>", "1:3 an output can not be the name of a tag; write the "
      "tags out and choose with {% if %}" },
    { "<b {{ n }}>", "1:4 an output can not be an attribute; write its name, "
      "\"=\" and quotes around the output" },
    { "<b x{{ n }}=1>", "1:5 an output can not be an attribute; write its "
      "name, \"=\" and quotes around the output" },
    { "<b x={{ n }}>", "1:6 an output stands in the value of an attribute; "
      "put quotes around the value" },
    { "<b x='1' y={{ n }}>", "1:12 an output stands in the value of an "
      "attribute; put quotes around the value" },
    { "<b x=a{{ n }}>", "1:7 an output stands in the value of an attribute; "
      "put quotes around the value" },
    { "<b onClick='{{ n }}'>", "1:13 an output can not stand in the attribute "
      "of an event; mail readers run none" },
    { "<b style='{{ n }}'>", "1:11 an output can not stand in a style; choose "
      "between styles with {% if %}" },
    { "<i srcdoc=\"{{ n }}\">", "1:12 an output can not stand in a srcdoc" },
    { "<style>{{ n }}</style>", "1:8 an output can not stand in a <style>; "
      "choose between classes with {% if %}" },
    { "<script>{{ n }}</script>", "1:9 an output can not stand in a <script>; "
      "mail readers run none" },
    { "<script><!--<script></script>{{ n }}</script>", "1:30 an output can "
      "not stand in a <script>; mail readers run none" },
    { "<script><!--<SCR{% comment %}{% endcomment %}ipt></script>{{ n }}"
      "</script>", "1:59 an output can not stand in a <script>; mail readers "
      "run none" },
    { "<!--{{ n }}>", "1:5 an output stands behind a dash of a comment; put a "
      "blank before it" },
    { "<!-- a -{{ n }}->", "1:9 an output stands behind a dash of a comment; "
      "put a blank before it" },
    { "<meta http-equiv=refresh content='0;url={{ n }}'>", "1:41 an output "
      "can not stand in the content of a tag with http-equiv, where it might "
      "be a URL" },
    { "<meta content='{{ n }}'{% if n %} http-equiv='refresh'{% endif %}>",
      "1:45 an output can not stand in the content of a tag with http-equiv, "
      "where it might be a URL" },
    { "<svg><a><animate attributeName=href to='{{ n }}'/>", "1:41 an output "
      "can not stand in an animation; mail readers play none" },
    { "<svg><a><set ATTRIBUTENAME='{{ n }}'>", "1:29 an output can not stand "
      "in an animation; mail readers play none" },
    { "<script type='text/{{ n }}json'>{{ n }}</script>", "1:33 an output can "
      "not stand in a <script>; mail readers run none" },
    { "<b x='{{ n | raw }}'>", "1:7 `raw` is for the text between tags alone; "
      "leave it out here" },
    { "<b\n{% if n %}x='1'{% else %}y='2{% endif %}>", "2:1 the branches of "
      "this tag leave the HTML in two states, one ends inside a tag, one in "
      "the value of an attribute; let each hold whole tags or whole values" },
    { "{% for i in (1..2) %}<!--{% endfor %}", "1:1 the branches of this tag "
      "leave the HTML in two states, one ends in the text, one in a "
      "declaration; let each hold whole tags or whole values" },
    { "{% for i in (1..2) %}<b x='{% break %}'>{% endfor %}", "1:28 the "
      "branches of this tag leave the HTML in two states, one ends in the "
      "text, one in the value of an attribute; let each hold whole tags or "
      "whole values" },
    { "<b{% if n %} x=1{% endif %}y=2>", "1:28 the branches before this end "
      "inside a tag: a blank, \"/\" or \">\" must follow them" },
    { "<b x='{% tablerow i in (1..2) %}1{% endtablerow %}'>", "1:7 this tag "
      "prints HTML of its own; it can only stand between tags" },
    { "{% capture x %}<b {% endcapture %}", "1:16 a tag is not ended by "
      "\">\"" },
    { "x<style>a", "1:2 an element such as <style> or <title> has no end tag" },
    { "x<!-- a", "1:2 a comment is not ended by \"-->\"" },
    { NULL, NULL }
};


/* Loops in loops that each change the state are refused, not gone over. */
static void
test_deep(void)
{
    int       i;
    gw_buf_t  src, out;

    gw_buf_init(&src, 1 << 20);
    gw_buf_init(&out, 1 << 20);
    gw_buf_cstr(&src, "<b x='");
    for (i = 0; i < 90; i++) {
        gw_buf_cstr(&src, "{% for i in nums %}?{{ i }}");
    }
    for (i = 0; i < 90; i++) {
        gw_buf_cstr(&src, "{% endfor %}");
    }
    gw_buf_cstr(&src, "'>");
    make(gw_buf_c(&src), &out);
    ok(true, "ninety loops: %.60s", gw_buf_c(&out));
    gw_buf_free(&src);
    gw_buf_free(&out);
}


int
main(void)
{
    data = json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s}", "evil",
                     "\"'><b>&--", "js", "javascript:x", "tab",
                     "java\nscript:x", "q", "a b&c=d/?#%20+", "url",
                     "HTTP://x/?a=1&b=2", "n", 7, "two", "<\n2", "word",
                     "javascript", "colon", ":x", "rest", "script:x");
    ok(data != NULL && gw_liquid_run_create(&run) == GW_OK, "a machine");
    check(written);
    check(refused);
    test_deep();
    gw_liquid_run_free(run);
    json_decref(data);
    return done();
}
