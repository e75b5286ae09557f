/* `godwit bounce [--rules FILE] [FILE...]`: what mails are, as JSON lines. */
#include <stdio.h>
#include <string.h>

#include "worker/receive/judge.h"
#include "worker/worker.h"

#define BOUNCE_LINE  4096


static void
bounce_say(const char *name, const judged_t *m, const verdict_t *v)
{
    char      mem[BOUNCE_LINE], code[12];
    gw_buf_t  out;

    code[0] = '\0';
    if (v->code > 0) {
        (void) snprintf(code, sizeof(code), "%u", v->code);
    }

    gw_buf_fixed(&out, mem, sizeof(mem));
    gw_buf_cstr(&out, "{\"file\":");
    gw_buf_json(&out, gw_str_of(name));
    gw_buf_fmt(&out, ",\"kind\":\"%s\",\"class\":\"%s\",\"hard\":%s,"
               "\"recipient\":", judge_kind(m->kind),
               v->class != NULL ? v->class->name : "",
               m->kind == JUDGE_BOUNCE && verdict_is_hard(v)
               ? "true" : "false");
    gw_buf_json(&out, gw_str_of(v->recipient));
    gw_buf_fmt(&out, ",\"status\":\"%s\",\"code\":\"%s\"}", v->status, code);
    puts(gw_buf_c(&out));
}


static int
bounce_file(judge_t *j, const char *name, FILE *f, gw_buf_t *text)
{
    int              rc;
    size_t           n;
    unsigned         i;
    unsigned char   *to;
    const judged_t  *m;

    gw_buf_reset(text);
    do {
        to = gw_buf_room(text, 65536);
        n = to != NULL ? fread(to, 1, 65536, f) : 0;
        text->len += n;
    } while (n > 0);

    rc = text->failed ? GW_EFULL : judge_mail(j, gw_buf_view(text), &m);
    if (rc != GW_OK || ferror(f)) {
        fprintf(stderr, "bounce: %s: %s\n", name, ferror(f)
                ? "it can not be read" : rc == GW_EFULL
                ? "it is larger than 64 MiB" : gw_strerror(rc));
        return 1;
    }

    for (i = 0; i < m->n; i++) {
        bounce_say(name, m, &m->v[i]);
    }

    return 0;
}


static int
bounce_files(worker_t *w, judge_t *j)
{
    int        i, rc;
    FILE      *f;
    gw_buf_t   text;

    gw_buf_init(&text, PARSE_BYTES);
    rc = w->argc == 0 ? bounce_file(j, "-", stdin, &text) : 0;

    for (i = 0; i < w->argc; i++) {
        f = fopen(w->argv[i], "re");
        if (f == NULL) {
            fprintf(stderr, "bounce: %s: %m\n", w->argv[i]);
            rc = 1;
            continue;
        }
        rc |= bounce_file(j, w->argv[i], f, &text);
        (void) fclose(f);
    }

    gw_buf_free(&text);
    return rc;
}


int
bounce_command(worker_t *w)
{
    int          rc;
    char         mem[512];
    judge_t     *j;
    rules_t     *rules;
    gw_buf_t     err;
    const char  *path;

    path = NULL;
    if (w->argc > 0 && strcmp(w->argv[0], "--rules") == 0) {
        if (w->argc == 1) {
            fputs("bounce: --rules needs the path of a table\n", stderr);
            return 2;
        }
        path = w->argv[1];
        w->argc -= 2;
        w->argv += 2;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    rc = rules_load(&rules, path, &err);
    if (rc != GW_OK) {
        fprintf(stderr, "bounce: %s\n",
                rc == GW_EINVAL ? gw_buf_c(&err) : gw_strerror(rc));
        return 2;
    }

    j = judge_create(rules);
    rc = j != NULL ? bounce_files(w, j) : 1;
    judge_free(j);
    rules_free(rules);
    return rc;
}
