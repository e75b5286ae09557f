/* The contract from its files to its end. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "shm/contract/parts.h"

#define LOAD_FILE_MAX  (4 * 1024 * 1024)

typedef int (*load_step_pt)(gw_contract_load_t *l);

static const load_step_pt  load_steps[] = {
    gw_contract_merge,
    gw_contract_gateway,
    gw_contract_refs,
    gw_contract_ops,
    gw_contract_secrets,
    gw_contract_routes,
    gw_contract_whole,
    gw_contract_compile,
    gw_contract_examples,
    NULL
};


gw_contract_t *
gw_contract_load_texts(const gw_contract_text_t *texts, unsigned n,
    gw_buf_t *why)
{
    int                  rc;
    gw_contract_load_t   l;
    const load_step_pt  *step;

    memset(&l, 0, sizeof(l));
    l.texts = texts;
    l.n_texts = n;
    l.why = why;
    l.roots = json_array();
    l.c = calloc(1, sizeof(gw_contract_t));
    rc = GW_ENOMEM;

    if (l.c != NULL && l.roots != NULL) {
        l.c->fields = json_array();
        rc = l.c->fields ? GW_OK : GW_ENOMEM;
    }

    for (step = load_steps; *step != NULL && rc == GW_OK; step++) {
        rc = (*step)(&l);
    }

    gw_contract_compiled(&l);
    json_decref(l.roots);
    gw_marks_free(&l.marks);

    if (rc == GW_OK) {
        return l.c;
    }

    if (rc != GW_EINVAL) {
        gw_buf_reset(why);
        gw_buf_cstr(why, gw_strerror(rc));
    }

    gw_contract_free(l.c);

    return NULL;
}


void
gw_contract_free(gw_contract_t *c)
{
    unsigned  i;

    if (c == NULL) {
        return;
    }

    for (i = 0; i < c->n_ops; i++) {
        free(c->ops[i].params);
        free(c->ops[i].bodies);
        free((char *) c->ops[i].any_missing);
    }

    free(c->ops);
    free(c->nodes);
    free(c->openapi);
    gw_schema_set_free(c->schemas);
    json_decref(c->fields);
    json_decref(c->doc);
    free(c);
}


static int
load_is_yaml(const struct dirent *e)
{
    size_t  n;

    n = strlen(e->d_name);

    return n > 5 && e->d_name[0] != '.'
           && strcmp(e->d_name + n - 5, ".yaml") == 0;
}


/* by bytes: alphasort goes by the locale */
static int
load_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}


/* the name and the bytes of a file in text; both are the caller's */
static int
load_file(const char *dir, const char *name, gw_contract_text_t *text,
    gw_buf_t *why)
{
    int           n;
    FILE         *f;
    char          path[1024];
    struct stat   st;

    n = (int) strlen(dir);

    while (n > 1 && dir[n - 1] == '/') {
        n--;
    }

    n = snprintf(path, sizeof(path), "%.*s/%s", n, dir, name);

    if (n < 0 || (size_t) n >= sizeof(path)) {
        gw_buf_cstr(why, "the path of the folder is too long");
        return GW_EINVAL;
    }

    f = fopen(path, "rb");

    if (f == NULL || fstat(fileno(f), &st) != 0) {
        gw_buf_fmt(why, "can not read %s: %s", path, strerror(errno));
        n = GW_EINVAL;

    } else if (!S_ISREG(st.st_mode) || st.st_size > LOAD_FILE_MAX) {
        gw_buf_fmt(why, "%s is no file of at most 4 MiB", path);
        n = GW_EINVAL;

    } else {
        text->name = strdup(path);
        text->text.data = malloc((size_t) st.st_size + 1);
        n = text->name && text->text.data ? GW_OK : GW_ENOMEM;
    }

    if (n == GW_OK) {
        text->text.len = fread(text->text.data, 1, (size_t) st.st_size, f);
    }

    if (f != NULL) {
        (void) fclose(f);
    }

    return n;
}


gw_contract_t *
gw_contract_load_dir(const char *dir, gw_buf_t *why)
{
    int                  i, n, rc;
    gw_contract_t       *c;
    struct dirent      **list;
    gw_contract_text_t  *texts;

    n = scandir(dir, &list, load_is_yaml, load_order);

    if (n <= 0) {
        gw_buf_fmt(why, "%s: %s", dir, n == 0 ? "the folder has no *.yaml"
                                              : strerror(errno));
        if (n == 0) {
            free(list);
        }

        return NULL;
    }

    texts = calloc((size_t) n, sizeof(gw_contract_text_t));
    rc = texts ? GW_OK : GW_ENOMEM;
    c = NULL;

    for (i = 0; i < n && rc == GW_OK; i++) {
        rc = load_file(dir, list[i]->d_name, &texts[i], why);
    }

    if (rc == GW_OK) {
        c = gw_contract_load_texts(texts, (unsigned) n, why);

    } else if (rc == GW_ENOMEM) {
        gw_buf_cstr(why, gw_strerror(rc));
    }

    for (i = 0; i < n; i++) {

        if (texts != NULL) {
            free((char *) texts[i].name);
            free(texts[i].text.data);
        }

        free(list[i]);
    }

    free(texts);
    free(list);

    return c;
}


unsigned
gw_contract_count(const gw_contract_t *c)
{
    return c->n_ops;
}


const gw_contract_op_t *
gw_contract_op(const gw_contract_t *c, unsigned i)
{
    return i < c->n_ops ? &c->ops[i] : NULL;
}


const gw_contract_op_t *
gw_contract_find(const gw_contract_t *c, gw_str_t operation_id)
{
    unsigned  i;

    for (i = 0; i < c->n_ops; i++) {
        if (gw_str_eq(c->ops[i].id, operation_id)) {
            return &c->ops[i];
        }
    }

    return NULL;
}
