/* A whole message: what is in it, and no allocation for the next one. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "t/unit/alloc.h"
#include "t/unit/tap.h"
#include "worker/mail/content.h"

static worker_t    w;
static mail_t      m;
static campaign_t  c;
static window_t    window;


/* Rows as mail_take returns them: 0 has all, 1 only what must be. */
static void
rows(void)
{
    int                n, row;
    char               text[50];
    static char        name[] = "x";
    PGresAttDesc       column[ROW_ARM + 1];
    static const struct {
        int          column;
        const char  *value;
    } fields[] = {
        { ROW_EMAIL, "ann@example.com" }, { ROW_FIRST_NAME, "Ann & Bob" },
        { ROW_LOCALE, "de" },
        { ROW_ATTRIBUTES, "{\"plan\": \"gold\", \"n\": 3}" }
    };

    memset(column, 0, sizeof(column));
    for (n = 0; n <= ROW_ARM; n++) {
        column[n].name = name;
    }

    window.rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    (void) PQsetResultAttrs(window.rows, ROW_ARM + 1, column);

    for (row = 0; row < 2; row++) {
        for (n = 0; n < 4; n++) {
            /* the second has no first name */
            (void) snprintf(text, sizeof(text), "%s", fields[n].value);
            (void) PQsetvalue(window.rows, row, fields[n].column, text,
                              row == 1 && n == 1 ? -1 : (int) strlen(text));
        }
    }
}


static void
templates(const char *subject, const char *html)
{
    gw_liquid_error_t    err;
    gw_liquid_options_t  opt = { 0 };

    gw_liquid_free(c.content.subject);
    gw_liquid_free(c.content.html);
    gw_liquid_free(c.content.text);
    opt.links = true;
    ok(gw_liquid_compile(&c.content.subject, gw_str_of(subject), &opt, &err)
       == GW_OK
       && gw_liquid_compile(&c.content.text, gw_str_of("Text"), &opt, &err)
          == GW_OK, "a subject and a text");
    opt.escape = GW_LIQUID_HTML;
    ok(gw_liquid_compile(&c.content.html, gw_str_of(html), &opt, &err) == GW_OK,
       "a body");
}


static void
message(int row, gw_buf_t *out)
{
    item_t  i = { .campaign = &c, .window = &window, .contact = 42,
                  .person = 42 };

    i.row = row;
    i.address = gw_str_of("ann@example.com");
    gw_buf_reset(out);
    ok(content_render(&m, &i, out) == GW_OK, "a message: %s", i.reason);
}


static bool
has(gw_buf_t *out, const char *text)
{
    return memmem(out->data, out->len, text, strlen(text)) != NULL;
}


static void
test_fields(gw_buf_t *out)
{
    templates("Hi {{ contact.first_name }}",
              "<p>{{ contact.id }} {{ contact.first_name }} {{ contact.phone }}"
              " {{ contact['locale'] }} {{ campaign.name }}"
              " <a href='{% link 0 %}https://a.example/{% endlink %}'>"
              " {{ unsubscribe_url }}</p>");
    message(0, out);
    ok(has(out, "Subject: Hi Ann & Bob\r\n"), "the subject");
    ok(has(out, "<p>ct_42 Ann &amp; Bob  de May <a href=3D'https://m.exampl"),
       "fields, escaped; null is nothing");
    message(1, out);
    ok(has(out, "<p>ct_42   de May"), "another one has no name");
}


static void
test_data(gw_buf_t *out)
{
    templates("{{ contact.attributes.plan }}",
              "{{ contact.plan }} {{ contact.attributes.n | plus: 1 }} "
              "{{ campaign.id }} {{ view_url.size }} {{ ['contact'].email }}"
              "{% assign contact = 'mine' %} {{ contact }}");
    message(0, out);
    ok(has(out, "Subject: gold\r\n"), "an attribute");
    ok(has(out, "gold 4 cmp_7 74 ann@example.com mine"),
       "attributes, objects, and a name of the template's own");
}


static void
test_allocations(gw_buf_t *out)
{
    unsigned long  before;

    templates("Hi {{ contact.first_name }}",
              "<p>{{ contact.first_name | upcase }} {{ campaign.name }} "
              "{% if contact.locale == 'de' %}Hallo{% endif %} "
              "<a href='{% link 0 %}https://a.example/{% endlink %}'>"
              "{{ view_url }}{% pixel %}</p>");
    message(0, out);
    before = alloc_count;
    message(0, out);
    is_int(alloc_count - before, 0, "no allocation for the second");
}


int
main(void)
{
    int       i, fd;
    char      path[] = "/tmp/godwit-message-XXXXXX", hex[129];
    gw_buf_t  out, err;

    fd = mkstemp(path);
    (void) close(fd);
    (void) unlink(path);
    memset(hex, 'a', 128);
    hex[128] = '\0';
    gw_buf_init(&err, 1000);
    gw_buf_init(&out, 1 << 20);

    m.w = &w;
    w.conf.base_url = gw_str_of("https://m.example");
    m.data = json_object();
    gw_buf_init(&m.text, 1 << 20);
    gw_buf_init(&m.html, 1 << 20);
    gw_buf_init(&m.subject, 1 << 20);
    for (i = 0; i < PERSON_URLS; i++) {
        gw_buf_init(&m.urls[i], 1 << 20);
    }

    c.tenant = 1;
    c.id = 7;
    c.name = (char *) (uintptr_t) "May";
    (void) snprintf(c.word, sizeof(c.word), "cmp_7");
    c.tracking = true;
    c.query = (char *) (uintptr_t) "";
    c.from_address = gw_str_of("shop@example.com");
    ok(gw_token_keys_create(path) == GW_OK
       && gw_token_keys_load(&m.keys, path, &err) == GW_OK
       && tenant_key_load(&c.key, hex, hex) == GW_OK
       && gw_liquid_run_create(&m.liquid) == GW_OK, "keys and a machine");

    rows();
    test_fields(&out);
    test_data(&out);
    test_allocations(&out);

    (void) unlink(path);
    gw_liquid_free(c.content.subject);
    gw_liquid_free(c.content.html);
    gw_liquid_free(c.content.text);
    gw_liquid_run_free(m.liquid);
    gw_token_keys_free(m.keys);
    json_decref(m.data);
    gw_buf_free(&m.text);
    gw_buf_free(&m.html);
    gw_buf_free(&m.subject);
    for (i = 0; i < PERSON_URLS; i++) {
        gw_buf_free(&m.urls[i]);
    }
    gw_buf_free(&out);
    gw_buf_free(&err);
    PQclear(window.rows);
    return done();
}
