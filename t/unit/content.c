/* Content of other channels: what is refused, however it was made. */
#include "shm/gw_content.h"

#include "t/unit/tap.h"

static const char *const  contents[] = {
    "{\"text\":\"Hi {{ contact.first_name }}\"}",
    "{\"name\":\"n_1\",\"language\":\"en_US\",\"category\":\"utility\","
    "\"components\":[{\"type\":\"header\",\"format\":\"text\",\"text\":"
    "\"To {{name}}\"},{\"type\":\"body\",\"text\":\"{{1}} and {{2}}\"},"
    "{\"type\":\"footer\",\"text\":\"f\"},{\"type\":\"buttons\",\"buttons\":["
    "{\"type\":\"url\",\"text\":\"u\",\"url\":\"https://a.example/{{1}}\"},"
    "{\"type\":\"phone_number\",\"text\":\"p\",\"phone_number\":\"+4930123456\""
    "},{\"type\":\"copy_code\"}]}],\"parameters\":{\"header\":"
    "{\"name\":\"x\"},"
    "\"body\":[\"a\",\"b\"],\"buttons\":{\"0\":\"c\",\"2\":\"d\"}}}",
    "{\"name\":\"n\",\"language\":\"fil\",\"category\":\"marketing\","
    "\"components\":[{\"type\":\"header\",\"format\":\"image\"},{\"type\":"
    "\"body\",\"text\":\"x\"}],\"parameters\":{\"header\":[\"https://a/\"]}}",
    "{\"method\":\"PUT\",\"url\":\"https://a.example/{{ contact.id }}\","
    "\"headers\":{\"X-A\":\"{{ a }}\"},\"body\":{\"a\":[1,\"{{ b }}\"]}}"
};

static const char *const  values[] = {
    "null", "[]", "{}", "7", "\"\"", "\"{{\"", "\"{{1}}\"", "[{}]", "[null]",
    "{\"type\":\"body\"}", "[\"\\u0001\"]"
};

static unsigned  cases, wrong;


static int
text(void *arg, json_t *v, const char *pointer)
{
    ++*(unsigned *) arg;
    return *pointer == '/' && json_is_string(v) ? GW_OK : GW_EINVAL;
}


/* It is right, with texts that can be asked for, or there is a sentence. */
static int
ask(json_t *doc)
{
    int        rc;
    char       mem[600];
    unsigned   n;
    gw_buf_t   err;

    n = 0;
    gw_buf_fixed(&err, mem, sizeof(mem) - 1);
    rc = gw_content_check(doc, &(gw_nets_t) { 0 }, &err);
    cases++;
    wrong += rc != GW_OK && (rc != GW_EINVAL || err.len == 0 || err.failed);
    wrong += rc == GW_OK && gw_content_texts(doc, text, &n) != GW_OK;

    return rc;
}


/* Each place of at, which lies in doc, with each value and without. */
static void
change(json_t *doc, json_t *at)
{
    size_t       i, v;
    json_t      *was, *kept;
    const char  *name;

    was = json_is_object(at) ? json_copy(at) : NULL;
    json_object_foreach(was, name, kept) {
        for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            (void) json_object_set_new(at, name, json_loads(values[v],
                                       JSON_DECODE_ANY, NULL));
            (void) ask(doc);
        }
        (void) json_object_del(at, name);
        (void) ask(doc);
        (void) json_object_set(at, name, kept);
        change(doc, kept);
    }
    json_decref(was);

    for (i = 0; i < json_array_size(at); i++) {
        kept = json_incref(json_array_get(at, i));
        for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            (void) json_array_set_new(at, i, json_loads(values[v],
                                      JSON_DECODE_ANY, NULL));
            (void) ask(doc);
        }
        (void) json_array_set_new(at, i, kept);
        change(doc, kept);
    }
}


/* Deeper than is looked at, or of more texts. */
static void
great(void)
{
    unsigned  n;
    json_t   *doc, *at;

    doc = json_pack("{s:s, s:[]}", "url", "https://a.example/", "body");
    for (n = 0, at = json_object_get(doc, "body"); n < 40; n++) {
        (void) json_array_append_new(at, json_array());
        at = json_array_get(at, 0);
    }
    is_int(gw_content_texts(doc, text, &n), GW_EFULL, "too deep");
    json_decref(doc);

    doc = json_pack("{s:s, s:[]}", "url", "https://a.example/", "body");
    for (n = 0; n < GW_CONTENT_TEXTS; n++) {
        (void) json_array_append_new(json_object_get(doc, "body"),
                                     json_string("x"));
    }
    is_int(gw_content_texts(doc, text, &n), GW_EFULL, "too many texts");
    json_decref(doc);
}


int
main(void)
{
    size_t   i;
    json_t  *doc;

    for (i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        doc = json_loads(contents[i], 0, NULL);
        ok(doc != NULL && ask(doc) == GW_OK, "%s", contents[i]);
        change(doc, doc);
        ok(ask(doc) == GW_OK, "and is as it was");
        json_decref(doc);
    }

    ok(cases > 400 && wrong == 0, "%u others are right or have a sentence",
       cases);
    great();

    return done();
}
