/*
 * Messages rendered and composed as the role mail does it, without SMTP: HTML
 * with 30 variables and 15 tracked links, its text, the headers. render N
 * prints the CPU microseconds that one took, and its bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "shm/gw_template.h"
#include "worker/campaign/campaign.h"

static worker_t    w;
static mail_t      m;
static campaign_t  c;
static window_t    window;


static void
rows(void)
{
    int                n;
    char               text[50];
    static char        name[] = "x";
    PGresAttDesc       column[ROW_ATTRIBUTES + 1];
    static const struct {
        int          column;
        const char  *value;
    } fields[] = {
        { ROW_EMAIL, "ann@example.com" }, { ROW_FIRST_NAME, "Ann & Bob" },
        { ROW_LAST_NAME, "M\xc3\xbcller" }, { ROW_LOCALE, "de" },
        { ROW_EXTERNAL_ID, "customer-8471" }, { ROW_ATTRIBUTES, "{}" }
    };

    memset(column, 0, sizeof(column));
    for (n = 0; n <= ROW_ATTRIBUTES; n++) {
        column[n].name = name;
    }

    window.rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    (void) PQsetResultAttrs(window.rows, ROW_ATTRIBUTES + 1, column);
    for (n = 0; n < 6; n++) {
        (void) snprintf(text, sizeof(text), "%s", fields[n].value);
        (void) PQsetvalue(window.rows, 0, fields[n].column, text,
                          (int) strlen(text));
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


static void
template(void)
{
    char         mem[200];
    json_t      *body, *made;
    gw_buf_t     html, why;
    const char  *field;

    gw_buf_init(&html, 1 << 20);
    gw_buf_fixed(&why, mem, sizeof(mem));
    source(&html);
    body = json_pack("{s:s,s:s}", "subject", "News for {{ contact.first_name "
                     "}}", "html", gw_buf_c(&html));
    if (body == NULL || gw_template_compile(body, &field, &why) != GW_OK) {
        exit(1);
    }

    made = json_object_get(body, "_compiled");
    if (compile(&c.subject, json_object_get(body, "subject"),
                GW_LIQUID_PLAIN) != GW_OK
        || compile(&c.html, json_object_get(made, "html_tracked"),
                   GW_LIQUID_HTML) != GW_OK
        || compile(&c.text, json_object_get(made, "text_derived"),
                   GW_LIQUID_PLAIN) != GW_OK)
    {
        exit(1);
    }

    json_decref(body);
    gw_buf_free(&html);
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


int
main(int argc, char **argv)
{
    long       n, i;
    int64_t    from;
    item_t     item = { .campaign = &c, .window = &window };
    gw_buf_t   out;

    n = argc > 1 ? strtol(argv[1], NULL, 10) : 20000;
    gw_buf_init(&out, 1 << 20);
    house();
    template();
    rows();
    item.email = gw_str_of("ann@example.com");

    from = 0;
    for (i = -1000; i < n; i++) {
        from = i == 0 ? gw_clock_cpu_us() : from;
        item.contact = (uint64_t) (2000 + i);
        gw_buf_reset(&out);
        if (campaign_render(&m, &item, &out) != GW_OK) {
            (void) fprintf(stderr, "%s\n", item.reason);
            return 1;
        }
    }

    printf("%.3f %zu\n", (double) (gw_clock_cpu_us() - from) / (double) n,
           out.len);
    return 0;
}
