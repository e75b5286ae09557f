/* Tables that an operator edits: YAML of conf.d, or the program's own copy. */
#include "worker/yaml_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "worker/sql_files.h"

#define YAML_TABLE_MAX  (1024 * 1024)


/* The bytes of the file. */
static int
yaml_table_file(yaml_table_t *t, gw_buf_t *text)
{
    FILE           *f;
    size_t          n;
    unsigned char  *to;

    f = fopen(t->path, "re");
    if (f == NULL) {
        gw_buf_fmt(t->err, "%s can not be read: %s", t->path, strerror(errno));
        return GW_EINVAL;
    }

    do {
        to = gw_buf_room(text, 65536);
        n = to != NULL ? fread(to, 1, 65536, f) : 0;
        text->len += n;
    } while (n > 0);

    n = (size_t) ferror(f);
    (void) fclose(f);
    if (text->failed || n != 0) {
        gw_buf_fmt(t->err, n != 0 ? "%s can not be read"
                                  : "%s is larger than a table may be",
                   t->path);
        return GW_EINVAL;
    }

    return GW_OK;
}


static gw_str_t
yaml_table_own(const char *name)
{
    const sql_file_t  *f;

    for (f = sql_rules; f->name != NULL; f++) {
        if (strcmp(f->name, name) == 0) {
            break;
        }
    }

    return gw_str_make(f->text, f->len);
}


int
yaml_table_open(yaml_table_t *t, const char *path, const char *name,
    gw_buf_t *err)
{
    int       rc;
    bool      own;
    char      mem[200];
    gw_buf_t  text, why;
    unsigned  line;

    memset(t, 0, sizeof(yaml_table_t));
    own = path == NULL || *path == '\0';
    t->path = own ? name : path;
    t->err = err;
    gw_buf_init(&text, YAML_TABLE_MAX);
    gw_buf_fixed(&why, mem, sizeof(mem));

    rc = own ? GW_OK : yaml_table_file(t, &text);
    if (rc == GW_OK) {
        rc = gw_yaml_load(own ? yaml_table_own(name) : gw_buf_view(&text), 0,
                          &t->marks, &t->doc, &line, &why);
        if (rc == GW_EINVAL) {
            gw_buf_fmt(err, "%s:%u: %s", t->path, line, gw_buf_c(&why));
        }
    }

    if (rc == GW_OK && !json_is_object(t->doc)) {
        rc = yaml_table_refuse(t, t->doc, "the table is a mapping");
    }

    gw_buf_free(&text);
    if (rc != GW_OK) {
        yaml_table_close(t);
    }

    return rc;
}


void
yaml_table_close(yaml_table_t *t)
{
    gw_marks_free(&t->marks);
    json_decref(t->doc);
    t->doc = NULL;
}


int
yaml_table_refuse(yaml_table_t *t, const json_t *node, const char *fmt, ...)
{
    char              text[256];
    va_list           args;
    const gw_mark_t  *mark;

    mark = gw_marks_get(&t->marks, node);
    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gw_buf_fmt(t->err, "%s:%u: %s", t->path, mark != NULL ? mark->line : 1,
               text);
    return GW_EINVAL;
}
