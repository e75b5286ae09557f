/* Complaints by file and line, and the checks that every object gets. */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#include "shm/contract/parts.h"
#include "shm/gw_near.h"

#define FAULT_REFS_MAX  16


int
gw_contract_fault(gw_contract_load_t *l, const json_t *node, const char *fmt,
    ...)
{
    char              text[2048];
    va_list           args;
    const gw_mark_t  *mark;

    mark = gw_marks_get(&l->marks, node);

    if (mark == NULL) {
        mark = gw_marks_get(&l->marks, l->around);
    }

    if (mark != NULL) {
        gw_buf_fmt(l->why, "%s:%u: ", l->texts[mark->file].name, mark->line);
    }

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    gw_buf_cstr(l->why, text);

    return GW_EINVAL;
}


const json_t *
gw_contract_at(const json_t *object, const char *key)
{
    const json_t  *value;

    value = json_object_get(object, key);

    if (value == NULL || json_is_boolean(value) || json_is_null(value)) {
        return object;
    }

    return value;
}


static int
gw_contract_unknown(gw_contract_load_t *l, const json_t *at, const char *key,
    const gw_contract_key_t *keys, const char *what)
{
    char                      mem[200];
    gw_buf_t                  near;
    gw_near_t                 search;
    const gw_contract_key_t  *k;

    gw_near_init(&search, gw_str_of(key));

    for (k = keys; k->name != NULL; k++) {
        gw_near_add(&search, gw_str_of(k->name));
    }

    gw_buf_fixed(&near, mem, sizeof(mem));

    if (search.n == 0) {
        gw_buf_cstr(&near, "it may have ");

        for (k = keys; k->name != NULL; k++) {
            gw_buf_fmt(&near, "%s%s", k == keys ? "" : ", ", k->name);
        }

    } else {
        gw_buf_cstr(&near, "near it: ");
        gw_near_print(&search, &near);
    }

    return gw_contract_fault(l, at, "%s has no key \"%.60s\"; %s", what, key,
                             gw_buf_c(&near));
}


int
gw_contract_keys(gw_contract_load_t *l, const json_t *object,
    const gw_contract_key_t *keys, const char *what)
{
    json_t                   *value;
    const char               *name;
    const gw_contract_key_t  *k;

    json_object_foreach((json_t *) object, name, value) {

        for (k = keys; k->name != NULL && strcmp(k->name, name) != 0; k++) {
            /* its row */
        }

        if (k->name == NULL) {
            return gw_contract_unknown(l, gw_contract_at(object, name), name,
                                       keys, what);
        }

        if (k->must != NULL && json_typeof(value) != k->type
            && !(json_is_boolean(value) && k->type == JSON_TRUE))
        {
            return gw_contract_fault(l, gw_contract_at(object, name),
                                     "\"%s\" of %s must be %s", name, what,
                                     k->must);
        }
    }

    return GW_OK;
}


void
gw_contract_pointer(gw_buf_t *out, const char *key)
{
    gw_buf_char(out, '/');

    for ( /* void */ ; *key != '\0'; key++) {

        if (*key == '~' || *key == '/') {
            gw_buf_cstr(out, *key == '~' ? "~0" : "~1");

        } else {
            gw_buf_char(out, (unsigned char) *key);
        }
    }
}


json_t *
gw_contract_member(const json_t *node, const char **pointer)
{
    char         key[256];
    size_t       n;
    long long    i;
    const char  *p;

    n = 0;

    for (p = *pointer + 1; *p != '\0' && *p != '/'; p++) {

        if (n == sizeof(key) - 1) {
            return NULL;
        }

        if (p[0] == '~' && (p[1] == '0' || p[1] == '1')) {
            key[n++] = *++p == '0' ? '~' : '/';

        } else {
            key[n++] = *p;
        }
    }

    key[n] = '\0';
    *pointer = p;

    if (json_is_array(node)) {
        return gw_str_int(gw_str_of(key), 0, INT_MAX, &i) == GW_OK
               ? json_array_get(node, (size_t) i) : NULL;
    }

    return json_object_get(node, key);
}


int
gw_contract_deref(gw_contract_load_t *l, json_t *node, json_t **out,
    gw_buf_t *pointer)
{
    int          hops;
    json_t      *to;
    const char  *ref, *p;

    for (hops = 0; hops < FAULT_REFS_MAX; hops++) {

        if (!json_is_object(node)) {
            return gw_contract_fault(l, node, "this must be an object");
        }

        ref = json_string_value(json_object_get(node, "$ref"));

        if (ref == NULL) {
            *out = node;
            return GW_OK;
        }

        if (strncmp(ref, "#/", 2) != 0) {
            return gw_contract_fault(l, node, "$ref \"%.100s\" must begin with "
                                     "\"#/\": the files become one document",
                                     ref);
        }

        for (to = l->c->doc, p = ref + 1; to != NULL && *p == '/'; ) {
            to = gw_contract_member(to, &p);
        }

        if (to == NULL) {
            return gw_contract_fault(l, node, "$ref \"%.100s\" leads nowhere; "
                                     "no file has it", ref);
        }

        node = to;

        if (pointer != NULL) {
            gw_buf_reset(pointer);
            gw_buf_cstr(pointer, ref + 1);
        }
    }

    return gw_contract_fault(l, node, "$ref leads in a circle");
}
