/* What the roles tell of themselves, and what the kernel says of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/table.h"
#include "worker/top/top.h"


/* A line `NAME VALUE` or `NAME{LABEL="WORD"} VALUE`. */
static void
top_line(top_look_t *look, const char *line)
{
    size_t        n;
    const char   *p;
    top_value_t  *v;

    n = strcspn(line, "{ ");
    if (*line == '#' || n == 0 || n >= sizeof(v->name)
        || look->values == TOP_VALUES)
    {
        return;
    }

    v = &look->value[look->values];
    memset(v, 0, sizeof(top_value_t));
    memcpy(v->name, line, n);
    p = line + n;

    if (*p == '{') {
        p = strchr(p, '"');
        n = p != NULL ? strcspn(p + 1, "\"") : TOP_WORD;
        if (n >= TOP_WORD || p[1 + n] != '"' || p[2 + n] != '}') {
            return;
        }
        memcpy(v->word, p + 1, n);
        p += n + 3;
    }

    v->value = strtod(p, NULL);
    look->values++;
}


/* How long ago it was told, in seconds; -1: it was not. */
static int64_t
top_told(const worker_t *w, top_look_t *look, const char *role)
{
    FILE         *f;
    char          tail[64], path[512], line[256];
    struct stat   st;

    (void) snprintf(tail, sizeof(tail), "run/%s.metrics", role);
    f = gw_conf_path(&w->conf, tail, path, sizeof(path)) == GW_OK
        ? fopen(path, "re") : NULL;
    if (f == NULL) {
        return -1;
    }

    st.st_mtime = 0;
    (void) fstat(fileno(f), &st);
    while (fgets(line, sizeof(line), f) != NULL) {
        top_line(look, line);
    }

    (void) fclose(f);
    return (int64_t) (time(NULL) - st.st_mtime);
}


static bool
top_text(const char *path, char *out, size_t size)
{
    FILE    *f;
    size_t   n;

    f = fopen(path, "re");
    n = f != NULL ? fread(out, 1, size - 1, f) : 0;
    if (f != NULL) {
        (void) fclose(f);
    }

    out[n] = '\0';
    return n > 0;
}


/* CPU and memory of a process, by /proc/PID/stat; false: there is none. */
static bool
top_process(top_role_t *r)
{
    int    n;
    char   path[64], text[1024], *p;

    /* the numbers behind the name, by proc(5): 3 is the first */

    enum { TOP_USER = 14, TOP_SYSTEM = 15, TOP_PAGES = 24 };

    (void) snprintf(path, sizeof(path), "/proc/%d/stat", r->pid);
    p = top_text(path, text, sizeof(text)) ? strrchr(text, ')') : NULL;
    p = p != NULL ? strchr(p, ' ') : NULL;

    for (n = 3; p != NULL && n <= TOP_PAGES; n++, p = strchr(p + 1, ' ')) {
        if (n == TOP_USER || n == TOP_SYSTEM) {
            r->cpu_ms += strtoll(p, NULL, 10) * 1000 / sysconf(_SC_CLK_TCK);
        }

        if (n == TOP_PAGES) {
            r->memory = strtoll(p, NULL, 10) * sysconf(_SC_PAGESIZE);
        }
    }

    return p != NULL;
}


void
top_look(const worker_t *w, top_look_t *look)
{
    char                 tail[64], path[512], text[32];
    top_role_t          *r;
    const table_role_t  *row;

    memset(look, 0, sizeof(top_look_t));
    look->at_ms = gw_clock_ms();

    for (row = table_roles; row->name != NULL && look->roles < TOP_ROLES;
         row++)
    {
        r = &look->role[look->roles++];
        r->name = row->name;
        (void) snprintf(tail, sizeof(tail), "run/%s.pid", row->name);

        if (gw_conf_path(&w->conf, tail, path, sizeof(path)) == GW_OK
            && top_text(path, text, sizeof(text)))
        {
            r->pid = (int) strtol(text, NULL, 10);
        }

        if (r->pid > 0 && !top_process(r)) {
            r->pid = 0;
        }

        r->told_s = top_told(w, look, row->name);
    }
}


const top_value_t *
top_value(const top_look_t *look, const char *name, const char *word)
{
    unsigned  i;

    for (i = 0; i < look->values; i++) {
        if (strcmp(look->value[i].name, name) == 0
            && strcmp(look->value[i].word, word) == 0)
        {
            return &look->value[i];
        }
    }

    return NULL;
}
