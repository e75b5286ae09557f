/* Liquid: no allocation after the first render, bounds, hostile input. */
#include "shm/gw_clock.h"
#include "shm/gw_liquid.h"

#include <time.h>

#include "t/unit/alloc.h"
#include "t/unit/tap.h"

#define HOSTILE_SECONDS  10     /* five times what a slow machine takes */

size_t __sanitizer_get_current_allocated_bytes(void);

static gw_liquid_run_t    *run;
static gw_liquid_error_t   err;
static gw_buf_t            out;
static json_t             *data;


static int
find_partial(void *arg, gw_str_t name, gw_str_t *src)
{
    *src = gw_str_of("{{ x | upcase }}{% assign x = 1 %}{{ x }}");
    return gw_str_is(name, "p") ? GW_OK : GW_ENOTFOUND;
}


static int
write_link(void *arg, unsigned index, gw_str_t url, bool fixed, gw_buf_t *to)
{
    gw_buf_fmt(to, "%u%c", index, fixed ? 'f' : 'v');
    gw_buf_str(to, url);
    return GW_OK;
}


static gw_liquid_t *
compile(const char *src)
{
    gw_liquid_t          *p;
    gw_liquid_options_t   opt = { 0 };

    opt.links = true;
    opt.escape = GW_LIQUID_HTML;
    opt.partial = find_partial;
    if (gw_liquid_compile(&p, gw_str_of(src), &opt, &err) != GW_OK) {
        printf("# %s\n", err.message);
        return NULL;
    }

    return p;
}


static int
render(const gw_liquid_t *p, uint64_t steps, size_t bytes)
{
    gw_liquid_context_t  ctx = { 0 };

    ctx.link = write_link;
    ctx.max_steps = steps;
    ctx.max_output = bytes;
    gw_buf_reset(&out);
    return gw_liquid_render(p, run, data, &ctx, &out, &err);
}


/* Render twice; the second time nothing may be allocated. */
static void
no_allocation(const char *src, const char *want)
{
    gw_liquid_t    *p;
    unsigned long   before;

    p = compile(src);
    if (!ok(p != NULL && render(p, 0, 0) == GW_OK, "%.50s", src)) {
        return;
    }

    is_str(gw_buf_view(&out), want, "its text");
    before = alloc_count;
    (void) !render(p, 0, 0);
    is_int(alloc_count - before, 0, "no allocation the second time");
    gw_liquid_free(p);
}


static void
allocations(void)
{
    no_allocation("<p>{{ name }} {{ nums[1] }} {{ d }}</p>",
                  "<p>A&amp;B 2 2.5</p>");
    no_allocation("{% for x in nums %}{% if x > 1 %}{{ x }}{% else %}-"
                  "{% endif %}{% cycle '<', name %}{% endfor %}",
                  "-<2A&amp;B3<");
    no_allocation("{{ name | upcase | append: 'x' | replace: 'B', 'c' }}"
                  "{{ nums | reverse | sort | join: '-' | truncate: 4 }}",
                  "A&amp;cx1...");
    no_allocation("{% capture c %}{{ name }}{% endcapture %}{% assign d = c | "
                  "size %}{{ d }}{% increment n %}", "70");
    no_allocation("<a href='{% link 0 %}https://x/{% endlink %}'>"
                  "<a href='{% link 1 %}http://{{ d }}{% endlink %}'>",
                  "<a href='0fhttps://x/'><a href='1vhttp://2.5'>");
    no_allocation("{% render 'p', x: 'b' %}{% include 'p', x: 'a' %}"
                  "{% tablerow i in (1..1) %}{{ i }}{% endtablerow %}",
                  "B1Aa<tr class=\"row1\">\n<td class=\"col1\">1</td></tr>\n");
    no_allocation("{{ 0 | date: '%d. %B %H:%M %Z', zone: 'Europe/Berlin', "
                  "locale: 'de' }}|{{ 1234.5 | money: 'EUR', locale: 'de' }}|"
                  "{{ nums.size | pluralize: one: 'a', other: 'b' }}|"
                  "{{ 1234567 | number: 1, locale: 'fr' }}",
                  "01. Januar 01:00 CET|1.234,50\u00a0€|b|"
                  "1\u202f234\u202f567,0");
    no_allocation("{{ 0 | date: '%Y' }}{% for p in h %}{{ p[0] }}{% endfor %}"
                  "{% ifchanged %}x{% endifchanged %}", "1970kx");
}


static void
budgets(void)
{
    gw_liquid_t  *p;

    p = compile("\n{% for i in (1..100) %}{{ i }}{% endfor %}");
    is_int(render(p, 100, 0), GW_EINVAL, "a budget of steps");
    ok(strstr(err.message, "more than 100 steps") && err.line == 2,
       "says so: %s, line %u", err.message, err.line);
    is_int(render(p, 0, 150), GW_EINVAL, "a budget of output");
    ok(strstr(err.message, "more than 150 bytes") && err.line == 2,
       "says so: %s, line %u", err.message, err.line);
    is_int(render(p, 0, 193), GW_OK, "what it needs is enough");
    gw_liquid_free(p);

    p = compile("{% if nums == nums %}y{% endif %}");
    is_int(render(p, 8, 0), GW_EINVAL, "each element compared is a step");
    is_int(render(p, 9, 0), GW_OK, "and nothing more");
    gw_liquid_free(p);
}


/* Time is a budget too, which is looked at now and then. */
static void
time_budget(void)
{
    gw_liquid_t          *p;
    gw_liquid_context_t   ctx = { 0 };

    p = compile("a\n{% for i in nums %}{{ i }}{% endfor %}");
    ctx.cpu_until = gw_clock_cpu_us() + 60000000;
    gw_buf_reset(&out);
    is_int(gw_liquid_render(p, run, data, &ctx, &out, &err), GW_OK,
           "there is time");
    ctx.cpu_until = 1;
    gw_buf_reset(&out);
    is_int(gw_liquid_render(p, run, data, &ctx, &out, &err), GW_EINVAL,
           "there is none");
    ok(strcmp(err.message, "the template takes too long") == 0
       && err.line == 1, "says so: %s", err.message);
    gw_liquid_free(p);
}


/* What a greedy render took is given back by the next one. */
static void
memory(void)
{
    size_t        before;
    gw_liquid_t  *greedy, *modest;

    before = __sanitizer_get_current_allocated_bytes();
    greedy = compile("{% capture x %}{% for i in (1..10000) %}0123456789"
                     "{% endfor %}{% endcapture %}{% for i in (1..500) %}"
                     "{% if x == n %}{% endif %}{{ x | upcase | slice: 0,0 }}"
                     "{% endfor %}");
    modest = compile("{{ name }}");
    is_int(render(greedy, 0, 0), GW_EINVAL, "memory has a bound");
    ok(strstr(err.message, "take more than 16 MiB") != NULL, "says so: %s",
       err.message);
    is_int(render(modest, 0, 0), GW_OK, "the machine is as good as new");
    ok(__sanitizer_get_current_allocated_bytes() - before < 4 * 1024 * 1024,
       "and small again");
    gw_liquid_free(greedy);
    gw_liquid_free(modest);
}


/* n times the text `part` between head and tail: compiled within the time. */
static void
hostile(const char *head, const char *part, size_t n, const char *tail,
    int want)
{
    int                   rc;
    size_t                i;
    gw_buf_t              src;
    gw_liquid_t          *p;
    struct timespec       from, to;
    gw_liquid_options_t   opt = { 0 };

    gw_buf_init(&src, 64 * 1024 * 1024);
    gw_buf_cstr(&src, head);
    for (i = 0; i < n; i++) {
        gw_buf_cstr(&src, part);
    }
    gw_buf_cstr(&src, tail);

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    rc = gw_liquid_compile(&p, gw_buf_view(&src), &opt, &err);
    if (rc == GW_OK) {
        rc = render(p, 0, 0);
        rc = rc == GW_EINVAL && err.message[0] != '\0' ? GW_OK : rc;
        gw_liquid_free(p);
    }
    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);

    ok(rc == want && to.tv_sec - from.tv_sec < HOSTILE_SECONDS,
       "%zu times \"%s\": %s", n, part, rc == GW_OK ? "" : err.message);
    gw_buf_free(&src);
}


static void
hostility(void)
{
    hostile("", "{{", 500000, "", GW_EINVAL);
    hostile("", "{%", 500000, "", GW_EINVAL);
    hostile("", "{ ", 500000, "", GW_OK);
    hostile("{% comment %}", "{%", 500000, "", GW_EINVAL);
    hostile("{% comment %}", "{%", 500000, "%}{% endcomment %}", GW_OK);
    hostile("{% raw %}", "%}", 500000, "{% endraw %}", GW_OK);
    hostile("{% raw %}", "{% endra %}", 500000, "", GW_EINVAL);
    hostile("{% doc %}", "{% x %}", 200000, "", GW_EINVAL);
    hostile("", "0123456789", 1000000, "", GW_OK);
    hostile("", "0123456789", 2000000, "", GW_EINVAL);
    hostile("", "{% if x %}", 100000, "", GW_EINVAL);
    hostile("{% if x %}", "{% elsif x %}", 100000, "{% endif %}", GW_OK);
    hostile("{% if x", " or x", 200000, " %}{% endif %}", GW_OK);
    hostile("{% case x %}", "{% when 1 %}", 100000, "{% endcase %}", GW_OK);
    hostile("{{ name", " | upcase", 100000, " }}", GW_OK);
    hostile("{{ name", ".a", 200000, " }}", GW_OK);
    hostile("{{ ", "a[", 200000, " }}", GW_EINVAL);
    hostile("{{ ", "(", 200000, " }}", GW_EINVAL);
    hostile("{% liquid", " liquid", 200000, " %}", GW_EINVAL);
    hostile("{% liquid\n", "# x\n", 200000, " %}", GW_OK);
    hostile("{% cycle 1", ",2", 200000, " %}", GW_OK);
    hostile("", "{{a}}", 400000, "", GW_EINVAL);
    hostile("{% assign x = '", "<script>", 100000,
            "' %}{{ x | strip_html | size }}", GW_OK);
    hostile("{% assign x = '", "a,", 100000,
            "' | split: ',' | uniq | size %}", GW_OK);
}


int
main(void)
{
    gw_buf_init(&out, 2 * 1024 * 1024);
    data = json_loads("{\"name\":\"A&B\",\"nums\":[1,2,3],\"d\":2.5,"
                      "\"h\":{\"k\":1}}", 0, NULL);
    if (data == NULL || gw_liquid_run_create(&run) != GW_OK) {
        return 1;
    }

    allocations();
    budgets();
    time_budget();
    memory();
    hostility();

    gw_liquid_run_free(run);
    gw_buf_free(&out);
    json_decref(data);
    return done();
}
