/*
 * Messages rendered and composed as the role mail does it, without SMTP: HTML
 * with 30 variables and 15 tracked links, its text, the headers. render N
 * prints the CPU microseconds that one took, and its bytes.
 *
 * render - reads lines of JSON, {"subject","html","from_name","email",
 * "first_name","attributes"}, and writes for each a line with the bytes of its
 * mail and the mail, or 0 and why there is none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "shm/gw_template.h"
#include "worker/mail/content.h"

static worker_t    w;
static mail_t      m;
static campaign_t  c;
static window_t    window;


/* One row as mail_take returns it. */
static void
rows(const char *const values[ROW_ARM + 1])
{
    int           n;
    static char   name[] = "x";
    PGresAttDesc  column[ROW_ARM + 1];

    memset(column, 0, sizeof(column));
    for (n = 0; n <= ROW_ARM; n++) {
        column[n].name = name;
    }

    PQclear(window.rows);
    window.rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    (void) PQsetResultAttrs(window.rows, ROW_ARM + 1, column);
    for (n = 0; n <= ROW_ARM; n++) {
        (void) PQsetvalue(window.rows, 0, n, (char *) (uintptr_t) values[n],
                          values[n] != NULL ? (int) strlen(values[n]) : -1);
    }
}


/* Fifteen blocks of two variables and a link, about 9 KB. */
static void
source(gw_buf_t *out)
{
    int                       i;
    static const char *const  variable[] = {
        "contact.first_name", "contact.last_name", "contact.external_id",
        "contact.locale", "campaign.name"
    };

    gw_buf_cstr(out, "<!DOCTYPE html>\n<html><head><title>News</title></head>"
                "<body style=\"margin:0\">\n<table width=\"600\">\n");
    for (i = 0; i < 15; i++) {
        gw_buf_fmt(out, "<tr><td style=\"padding: 12px 24px; font-family: "
                   "Helvetica, Arial, sans-serif; font-size: 15px; color: "
                   "#333333\">\n<p class=\"lead\" style=\"margin: 0 0 8px "
                   "0\">Dear {{ %s }}, this paragraph says what a paragraph "
                   "of a newsletter says, in a few lines of plain text that "
                   "nobody has to read to the end, with &eacute; and &mdash; "
                   "in it.</p>\n<p>For {{ %s }} we have this: <a href=\"https:"
                   "//shop.example.com/products/%d?source=mail&amp;block=%d\" "
                   "style=\"color: #0055aa; text-decoration: underline\">have "
                   "a look</a></p>\n</td></tr>\n",
                   variable[2 * i % 5], variable[(2 * i + 1) % 5], 1000 + i,
                   i);
    }
    gw_buf_cstr(out, "</table>\n</body></html>\n");
}


static int
compile(gw_liquid_t **p, const json_t *text, int escape)
{
    gw_liquid_error_t    err;
    gw_liquid_options_t  opt = { .strict = true, .links = true,
                                 .coded = true };

    opt.escape = escape;
    return gw_liquid_compile(p, gw_str_of(json_string_value(text)), &opt,
                             &err);
}


/* The programs of {"subject","html"}, as saving and loading make them. */
static void
template(const char *subject, const char *html)
{
    char         mem[400];
    json_t      *body, *made;
    gw_buf_t     why;
    const char  *field;

    gw_buf_fixed(&why, mem, sizeof(mem));
    body = json_pack("{s:s,s:s}", "subject", subject, "html", html);
    if (body == NULL
        || gw_template_compile(body, &(gw_nets_t) { 0 }, &field, &why)
           != GW_OK)
    {
        (void) fprintf(stderr, "%s\n", gw_buf_c(&why));
        exit(1);
    }

    gw_liquid_free(c.content.subject);
    gw_liquid_free(c.content.html);
    gw_liquid_free(c.content.text);
    made = json_object_get(body, "_compiled");
    if (compile(&c.content.subject, json_object_get(body, "subject"),
                GW_LIQUID_PLAIN) != GW_OK
        || compile(&c.content.html, json_object_get(made, "html_tracked"),
                   GW_LIQUID_HTML) != GW_OK
        || compile(&c.content.text, json_object_get(made, "text_derived"),
                   GW_LIQUID_PLAIN) != GW_OK)
    {
        exit(1);
    }

    json_decref(body);
}


static void
house(void)
{
    int       i, fd;
    char      path[] = "/tmp/godwit-render-XXXXXX", hex[129];
    gw_buf_t  err;

    fd = mkstemp(path);
    (void) close(fd);
    (void) unlink(path);
    memset(hex, 'a', 128);
    hex[128] = '\0';
    gw_buf_init(&err, 1000);

    m.w = &w;
    w.conf.base_url = gw_str_of("https://mail.example.com");
    m.data = json_object();
    gw_buf_init(&m.text, 1 << 20);
    gw_buf_init(&m.html, 1 << 20);
    gw_buf_init(&m.subject, 1 << 20);
    for (i = 0; i < PERSON_URLS; i++) {
        gw_buf_init(&m.urls[i], 8192);
    }

    c.tenant = 1;
    c.id = 7;
    c.name = (char *) (uintptr_t) "May";
    (void) snprintf(c.word, sizeof(c.word), "cmp_7");
    c.from_name = gw_str_of("The Shop");
    c.tracking = true;
    c.query = (char *) (uintptr_t) "";
    c.from_address = gw_str_of("shop@example.com");
    if (gw_token_keys_create(path) != GW_OK
        || gw_token_keys_load(&m.keys, path, &err) != GW_OK
        || tenant_key_load(&c.key, hex, hex) != GW_OK
        || gw_liquid_run_create(&m.liquid) != GW_OK)
    {
        exit(1);
    }
    (void) unlink(path);
}


static const char *
member(const json_t *line, const char *name)
{
    return json_string_value(json_object_get(line, name));
}


/* The mail of one line; the template is kept while it is the same. */
static void
one(const json_t *line, item_t *item, gw_buf_t *out)
{
    char         *attributes;
    const char   *values[ROW_ARM + 1] = { NULL };
    static char  *html, *subject;

    if (html == NULL || strcmp(html, member(line, "html")) != 0
        || strcmp(subject, member(line, "subject")) != 0)
    {
        free(html);
        free(subject);
        html = strdup(member(line, "html"));
        subject = strdup(member(line, "subject"));
        template(subject, html);
    }

    attributes = json_dumps(json_object_get(line, "attributes"), 0);
    values[ROW_EMAIL] = member(line, "email");
    values[ROW_FIRST_NAME] = member(line, "first_name");
    values[ROW_ATTRIBUTES] = attributes;
    rows(values);
    free(attributes);

    c.from_name = gw_str_of(member(line, "from_name"));
    item->address = gw_str_of(values[ROW_EMAIL]);
    item->contact++;
    item->reason[0] = '\0';
    gw_buf_reset(out);
    if (content_render(&m, item, out) == GW_OK) {
        printf("%zu\n", out->len);
        (void) fwrite(out->data, 1, out->len, stdout);
    } else {
        printf("0 %s\n", item->reason);
    }
    (void) fflush(stdout);
}


static int
lines(gw_buf_t *out)
{
    char         *text = NULL;
    size_t        size = 0;
    item_t        item = { .campaign = &c, .window = &window };
    json_t       *line;
    json_error_t  err;

    while (getline(&text, &size, stdin) > 0) {
        line = json_loads(text, JSON_ALLOW_NUL, &err);
        if (line == NULL) {
            (void) fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        one(line, &item, out);
        json_decref(line);
    }

    free(text);
    return 0;
}


static int
measure(long n, gw_buf_t *out)
{
    long         i;
    int64_t      from;
    item_t       item = { .campaign = &c, .window = &window };
    gw_buf_t     html;
    const char  *values[ROW_ARM + 1] = {
        [ROW_EMAIL] = "ann@example.com", [ROW_FIRST_NAME] = "Ann & Bob",
        [ROW_LAST_NAME] = "M\xc3\xbcller", [ROW_LOCALE] = "de",
        [ROW_EXTERNAL_ID] = "customer-8471", [ROW_ATTRIBUTES] = "{}"
    };

    gw_buf_init(&html, 1 << 20);
    source(&html);
    template("News for {{ contact.first_name }}", gw_buf_c(&html));
    rows(values);
    item.address = gw_str_of("ann@example.com");

    from = 0;
    for (i = -1000; i < n; i++) {
        from = i == 0 ? gw_clock_cpu_us() : from;
        item.contact = item.person = (uint64_t) (2000 + i);
        gw_buf_reset(out);
        if (content_render(&m, &item, out) != GW_OK) {
            (void) fprintf(stderr, "%s\n", item.reason);
            return 1;
        }
    }

    printf("%.3f %zu\n", (double) (gw_clock_cpu_us() - from) / (double) n,
           out->len);
    return 0;
}


int
main(int argc, char **argv)
{
    gw_buf_t  out;

    gw_buf_init(&out, 1 << 22);
    house();
    return argc > 1 && strcmp(argv[1], "-") == 0 ? lines(&out)
           : measure(argc > 1 ? strtol(argv[1], NULL, 10) : 20000, &out);
}
