/* Hostile templates: each ends within its budgets, in one clear sentence. */
#include "shm/gw_clock.h"
#include "shm/gw_liquid.h"

#include "t/unit/tap.h"

#define SLACK  5                /* times what is promised */

static gw_liquid_run_t    *run;
static gw_liquid_error_t   err;
static gw_buf_t            out, src;
static json_t             *data;

/*
 * Templates that do much with little: `part` n times between head and tail,
 * and what is said. NULL: whatever ends it.
 */
static const struct {
    const char  *head, *part;
    size_t       n;
    const char  *tail, *said;
} greedy[] = {
    { "", "{% for i in (1..900000) %}", 50, "x", "\"endfor\" is missing" },
    { "{% for i in (1..900000) %}{% for j in (1..900000) %}{% for k in "
      "(1..900000) %}{{ k", "", 0, "}}{% endfor %}{% endfor %}{% endfor %}",
      NULL },
    { "{% for i in (1..900000) %}{{ s", ".a", 100000, "}}{% endfor %}",
      NULL },
    { "{% for i in (1..900000) %}{% cycle ''", ",''", 100000,
      " %}{% endfor %}", NULL },
    { "{% for i in (1..900000) %}{{ n", " | abs", 50000,
      "}}{% endfor %}", NULL },
    { "{% for i in (1..900000) %}{% if n", " or n", 100000,
      " %}{% endif %}{% endfor %}", NULL },
    { "{% assign x = s %}{% for i in (1..900000) %}{% capture x %}{{ x }}"
      "{{ x }}", "", 0, "{% endcapture %}{% endfor %}",
      "the output has more than" },
    { "{% assign x = s %}{% for i in (1..900000) %}{% assign x = x | append: "
      "x %}", "", 0, "{% endfor %}", "are assigned and captured" },
    { "{% assign x = s %}{% for i in (1..40) %}{{ x | replace: 'a', s | "
      "replace: 'a', s | replace: 'a', s | replace: 'a', s | size }}", "", 0,
      "{% endfor %}", NULL },
    { "{% assign x = '", "0123456789", 50000, "' %}{% for i in (1..900000) %}"
      "{% if x <= x %}{% endif %}{{ x.size }}{% if x contains y %}{% endif %}"
      "{% endfor %}", NULL },
    { "{% assign x = '", "          ", 50000, "' %}{% for i in (1..900000) %}"
      "<a href=\"{{ x }}\">{% endfor %}", NULL },
    { "{% assign x = '", "aaaaaaaaaa", 50000, "' %}{% for i in (1..900000) %}"
      "{{ 'b' | replace: x, '' }}{% endfor %}", NULL },
    { "{% assign x = '", "aaaaaaaaaa", 20000, "' %}{% assign y = x | split: "
      "'b' %}{% for i in (1..12) %}{% assign y = y | concat: y %}{% endfor %}"
      "{% assign z = y | sort %}", NULL },
    { "{% assign x = '", "a,", 200000, "' | split: ',' | uniq | size %}"
      "{{ (1..200000) | join: '' | split: '' | uniq | size }}", NULL },
    { "{% assign y = '' | split: ',' %}{% for i in (1..900000) %}"
      "{{ nested }}{{ nested | join }}{% endfor %}", "", 0, "", NULL },
    { "{% for i in (1..900000) %}{{ 0 | date: '%c', zone: 'Europe/Paris' }}"
      "{% endfor %}", "", 0, "", NULL },
    { "{% for i in (1..900000) %}{% for z in zones %}{% capture t %}{{ 0 | "
      "date: '%c', zone: z }}{% endcapture %}{% endfor %}{% endfor %}", "", 0,
      "", NULL },
    { "{{ 0 | date: '", "%1000c", 80, "' }}", "the text of a date is too" },
    { "{{ '", "9", 100000, "' | money: 'EUR' }}", "has too many digits" },
    { "{% include '", "", 0, "p' %}", "nested too deeply" },
    { "{% if n %}", "{% if n %}", 200, "", "nested too deeply" },
    { "{{ (1..", "9", 18, ") | size }}", "a range has more than" },
    { NULL, NULL, 0, NULL, NULL }
};


static int
find_partial(void *arg, gw_str_t name, gw_str_t *text)
{
    *text = gw_str_of("{% include 'p' %}{% include 'p' %}");
    return GW_OK;
}


/* Compile and render the template in src; the processor's time in us. */
static int
attempt(int64_t *us)
{
    int                   rc;
    gw_liquid_t          *p;
    gw_liquid_options_t   opt = { .escape = GW_LIQUID_HTML };
    gw_liquid_context_t   ctx = { .max_cpu = GW_LIQUID_CPU };

    *us = 0;
    opt.strict = true;
    opt.partial = find_partial;
    rc = gw_liquid_compile(&p, gw_buf_view(&src), &opt, &err);
    if (rc != GW_OK) {
        return rc;
    }

    gw_buf_reset(&out);
    *us = gw_clock_cpu_us();
    rc = gw_liquid_render(p, run, data, &ctx, &out, &err);
    *us = gw_clock_cpu_us() - *us;
    gw_liquid_free(p);
    return rc;
}


int
main(void)
{
    size_t   i, k;
    int64_t  us;

    gw_buf_init(&out, 2 * 1024 * 1024);
    gw_buf_init(&src, 4 * 1024 * 1024);
    data = json_loads("{\"s\":\"aaaaaaaaaaaaaaaa\",\"n\":null,\"nested\":[[],"
                      "[[],[],[],[\"\",\"\",[]]],[],[[[[[]]]]]],\"zones\":["
                      "\"Asia/Tokyo\",\"Africa/Cairo\",\"America/Lima\"]}", 0,
                      NULL);
    if (data == NULL || gw_liquid_run_create(&run) != GW_OK) {
        return 1;
    }

    for (i = 0; greedy[i].head != NULL; i++) {
        gw_buf_reset(&src);
        gw_buf_cstr(&src, greedy[i].head);
        for (k = 0; k < greedy[i].n; k++) {
            gw_buf_cstr(&src, greedy[i].part);
        }
        gw_buf_cstr(&src, greedy[i].tail);

        ok(attempt(&us) == GW_EINVAL, "%.60s", greedy[i].head);
        ok(err.line > 0 && err.message[0] != '\0'
           && (greedy[i].said == NULL
               || strstr(err.message, greedy[i].said) != NULL),
           "says why: %s", err.message);
        ok(us < SLACK * GW_LIQUID_CPU, "in its time: %lld us",
           (long long) us);
    }

    gw_liquid_run_free(run);
    gw_buf_free(&out);
    gw_buf_free(&src);
    json_decref(data);
    return done();
}
