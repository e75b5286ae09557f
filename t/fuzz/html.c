/*
 * Contextual escaping: whatever the value, the HTML has the same tags with the
 * same attributes. Templates with tags of Liquid may choose by the value, and
 * `raw` means what it says, so that neither is compared.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_liquid.h"

#define OUTPUT  (1024 * 1024)

static const char  evil[] = "\"'><script x=y>--></style></title></script>`= "
                            "on=<!--&quot;{{";

typedef struct {
    gw_buf_t  text;
} shape_t;


static void
event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to)
{
    shape_t  *s = arg;

    if (e == GW_HTML_ON_TAG) {
        gw_buf_put(&s->text, h->end_tag ? "/" : "<", 1);
        gw_buf_put(&s->text, h->tag, h->n_tag);
    } else if (e == GW_HTML_ON_VALUE_END) {
        gw_buf_put(&s->text, "=", 1);
    }
}


static int
shape(const gw_liquid_t *p, gw_liquid_run_t *run, const char *value,
    shape_t *s)
{
    int                    rc;
    json_t                *data;
    gw_buf_t               out;
    gw_html_t              h;
    const char            *why;
    gw_liquid_error_t      err;
    gw_liquid_context_t    ctx = { .max_steps = 20000 };
    const unsigned char   *at;

    data = json_pack("{s:s,s:s}", "s", value, "a", value);
    must(data != NULL);
    gw_buf_init(&out, OUTPUT);
    gw_buf_init(&s->text, OUTPUT);
    rc = gw_liquid_render(p, run, data, &ctx, &out, &err);
    if (rc == GW_OK) {
        memset(&h, 0, sizeof(h));
        must(gw_html_feed(&h, gw_buf_view(&out), event, s, &at, &why)
             == GW_OK);
        gw_buf_fmt(&s->text, "%u", h.state);
    }

    gw_buf_free(&out);
    json_decref(data);
    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    shape_t                  one, other;
    gw_liquid_t             *p;
    gw_liquid_error_t        err;
    gw_liquid_options_t      opt = { .escape = GW_LIQUID_HTML };
    static gw_liquid_run_t  *run;

    if (run == NULL) {
        must(gw_liquid_run_create(&run) == GW_OK);
    }

    if (gw_liquid_compile(&p, gw_str_make(data, n), &opt, &err) != GW_OK) {
        must(err.line > 0 && err.message[0] != '\0');
        return 0;
    }

    if (shape(p, run, "x", &one) == GW_OK) {
        if (shape(p, run, evil, &other) == GW_OK
            && memmem(data, n, "{%", 2) == NULL
            && memmem(data, n, "raw", 3) == NULL)
        {
            must(gw_str_eq(gw_buf_view(&one.text), gw_buf_view(&other.text)));
        }
        gw_buf_free(&other.text);
    }

    gw_buf_free(&one.text);
    gw_liquid_free(p);
    return 0;
}
