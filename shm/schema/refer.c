/* What a $ref names: by pointer, by anchor, by $id; never by the network. */
#include "shm/schema/node.h"

#include <stdlib.h>

#include "shm/gw_codec.h"


/* decode %XX in place; the length of what is left */
static size_t
refer_unescape(char *text)
{
    char           *to;
    const char     *p;
    unsigned char   byte;

    for (p = text, to = text; *p != '\0'; p++) {

        if (p[0] == '%' && p[1] != '\0' && p[2] != '\0'
            && gw_hex_decode(&byte, 1, gw_str_make(p + 1, 2)) == GW_OK
            && byte != 0)
        {
            *to++ = (char) byte;
            p += 2;

        } else {
            *to++ = *p;
        }
    }

    *to = '\0';
    return (size_t) (to - text);
}


/* the member or item that an escaped token names, or NULL */
static const json_t *
refer_step(const json_t *json, const char *token, size_t n)
{
    char     name[1024];
    char    *end;
    size_t   i, len;

    if (n >= sizeof(name)) {
        return NULL;
    }

    for (i = 0, len = 0; i < n; i++) {
        if (token[i] == '~' && i + 1 < n && (token[i + 1] | 1) == '1') {
            name[len++] = token[++i] == '0' ? '~' : '/';
        } else {
            name[len++] = token[i];
        }
    }

    name[len] = '\0';

    if (json_is_array(json)) {
        i = strtoul(name, &end, 10);
        return len > 0 && name[0] >= '0' && name[0] <= '9' && *end == '\0'
               ? json_array_get(json, i) : NULL;
    }

    return json_object_getn(json, name, len);
}


int
schema_at(schema_compile_t *c, const schema_resource_t *from,
    const char *pointer, gw_schema_t **out)
{
    char               *where;
    size_t              n;
    const char         *p;
    const json_t       *json;
    const gw_schema_t  *node;

    json = from->root;
    where = schema_print(c->set, "%s%s", from->pointer, pointer);
    if (where == NULL) {
        return GW_ENOMEM;
    }

    for (p = pointer; *p != '\0' && json != NULL; p += n) {

        if (*p != '/') {
            json = NULL;
            break;
        }

        n = strcspn(++p, "/");
        json = refer_step(json, p, n);
        node = json != NULL ? schema_find(c->set, json) : NULL;
        from = node != NULL ? node->resource : from;
    }

    if (json == NULL) {
        return GW_ENOTFOUND;
    }

    return schema_index(c, json, from, where, out);
}


static const schema_resource_t *
refer_resource(const gw_schema_set_t *set, gw_str_t uri)
{
    const schema_resource_t  *r;

    for (r = set->resources; r != NULL; r = r->next) {
        if (gw_str_eq(r->uri, uri)) {
            return r;
        }
    }

    return NULL;
}


/* the resource of an absolute URI; the metaschema is loaded when it is that */
static int
refer_uri(schema_compile_t *c, gw_str_t uri, const schema_resource_t **out)
{
    int           rc;
    gw_schema_t  *node;

    *out = refer_resource(c->set, uri);
    if (*out != NULL) {
        return GW_OK;
    }

    if (!gw_str_is(uri, SCHEMA_META_URI)) {
        return GW_ENOTFOUND;
    }

    c->set->meta = schema_meta();
    if (c->set->meta == NULL) {
        return GW_ENOMEM;
    }

    rc = schema_index(c, c->set->meta, c->set->yes.resource, "(metaschema)",
                      &node);
    if (rc == GW_OK) {
        *out = node->resource;
    }

    return rc;
}


static int
refer_anchor(schema_compile_t *c, const schema_resource_t *from,
    const char *name, gw_schema_t **out)
{
    const schema_anchor_t  *a;

    for (a = c->set->anchors; a != NULL; a = a->next) {
        if (a->resource == from && strcmp(a->name, name) == 0) {
            *out = a->node;
            return GW_OK;
        }
    }

    return GW_ENOTFOUND;
}


int
schema_refer(schema_compile_t *c, const schema_resource_t *from,
    const char *ref, gw_schema_t **out)
{
    int        rc;
    char      *fragment;
    size_t     n;
    gw_buf_t   uri;

    n = strcspn(ref, "#");
    fragment = schema_print(c->set, "%s", ref[n] == '#' ? ref + n + 1 : "");
    if (fragment == NULL) {
        return GW_ENOMEM;
    }

    if (n > 0) {
        gw_buf_init(&uri, from->uri.len + n + 1);
        schema_uri(&uri, from->uri, gw_str_make(ref, n));
        rc = uri.failed ? GW_ENOMEM : refer_uri(c, gw_buf_view(&uri), &from);
        gw_buf_free(&uri);

        if (rc != GW_OK) {
            return rc;
        }
    }

    if (refer_unescape(fragment) > 0 && fragment[0] != '/') {
        return refer_anchor(c, from, fragment, out);
    }

    return schema_at(c, from, fragment, out);
}
