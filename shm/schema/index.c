/* Where a document has schemas, and what $id, $anchor name there. */
#include "shm/schema/node.h"

#include <stdio.h>

#define INDEX_DEPTH  256

static int index_schema(schema_compile_t *c, const json_t *json,
    const schema_resource_t *resource, const char *pointer, unsigned depth);


static int
index_id(schema_compile_t *c, const json_t *json, const char *pointer,
    const schema_resource_t **resource)
{
    gw_str_t            id;
    gw_buf_t            uri;
    const json_t       *value;
    const char         *text, *cut;
    schema_resource_t  *r, *other;

    value = json_object_get(json, "$id");
    if (value == NULL) {
        return GW_OK;
    }

    text = json_string_value(value);
    if (text == NULL) {
        return schema_wrong_at(c, pointer, "$id", "must be a string");
    }

    id = gw_str_of(text);
    cut = strchr(text, '#');
    if (cut != NULL && cut[1] != '\0') {
        return schema_wrong_at(c, pointer, "$id",
                               "must have no fragment; use $anchor");
    }

    id.len = cut != NULL ? (size_t) (cut - text) : id.len;
    gw_buf_init(&uri, (*resource)->uri.len + id.len + 2);
    schema_uri(&uri, (*resource)->uri, id);

    r = schema_alloc(c->set, sizeof(*r));
    if (uri.failed || r == NULL) {
        gw_buf_free(&uri);
        return GW_ENOMEM;
    }

    r->uri.len = uri.len;
    r->uri.data = (unsigned char *) schema_print(c->set, "%.*s",
                                        (int) uri.len, gw_buf_c(&uri));
    gw_buf_free(&uri);
    if (r->uri.data == NULL) {
        return GW_ENOMEM;
    }

    for (other = c->set->resources; other != NULL; other = other->next) {
        if (r->uri.len > 0 && gw_str_eq(other->uri, r->uri)) {
            return schema_wrong_at(c, pointer, "$id",
                                   "is that of %s as well",
                                   other->pointer[0] != '\0' ? other->pointer
                                   : "the whole document");
        }
    }

    r->root = json;
    r->pointer = pointer;
    r->next = c->set->resources;
    c->set->resources = r;
    *resource = r;
    return GW_OK;
}


static int
index_anchor(schema_compile_t *c, gw_schema_t *node, const char *keyword,
    bool dynamic)
{
    const json_t     *value;
    schema_anchor_t  *a;

    value = json_object_get(node->json, keyword);
    if (value == NULL) {
        return GW_OK;
    }

    if (!json_is_string(value)) {
        return schema_wrong_at(c, node->pointer, keyword, "must be a string");
    }

    for (a = c->set->anchors; a != NULL; a = a->next) {
        if (a->resource == node->resource && a->node != node
            && strcmp(a->name, json_string_value(value)) == 0)
        {
            return schema_wrong_at(c, node->pointer, keyword,
                                   "is that of %s as well", a->node->pointer);
        }
    }

    a = schema_alloc(c->set, sizeof(*a));
    if (a == NULL) {
        return GW_ENOMEM;
    }

    a->resource = node->resource;
    a->name = json_string_value(value);
    a->node = node;
    a->dynamic = dynamic;
    a->next = c->set->anchors;
    c->set->anchors = a;
    return GW_OK;
}


/* the schemas of one keyword, whose value lies at pointer */
static int
index_keyword(schema_compile_t *c, const schema_keyword_t *kw,
    const json_t *value, const gw_schema_t *node, unsigned depth)
{
    int         rc;
    char        number[24];
    char       *pointer, *at;
    void       *it;
    size_t      i;

    pointer = schema_pointer(c->set, node->pointer, kw->name);
    if (pointer == NULL) {
        return GW_ENOMEM;
    }

    if (kw->shape == SHAPE_SCHEMA) {
        return index_schema(c, value, node->resource, pointer, depth);
    }

    rc = GW_OK;

    if (kw->shape == SHAPE_LIST) {

        for (i = 0; i < json_array_size(value) && rc == GW_OK; i++) {
            (void) snprintf(number, sizeof(number), "%zu", i);
            at = schema_pointer(c->set, pointer, number);
            rc = at == NULL ? GW_ENOMEM
                            : index_schema(c, json_array_get(value, i),
                                           node->resource, at, depth);
        }

        return rc;
    }

    for (it = json_object_iter((json_t *) value); it != NULL && rc == GW_OK;
         it = json_object_iter_next((json_t *) value, it))
    {
        at = schema_pointer(c->set, pointer, json_object_iter_key(it));
        rc = at == NULL ? GW_ENOMEM
                        : index_schema(c, json_object_iter_value(it),
                                       node->resource, at, depth);
    }

    return rc;
}


/* what is no schema at all is told when it is compiled */
static int
index_schema(schema_compile_t *c, const json_t *json,
    const schema_resource_t *resource, const char *pointer, unsigned depth)
{
    int                      rc;
    gw_schema_t             *node;
    const json_t            *value;
    const schema_keyword_t  *kw;

    if (!json_is_object(json) || schema_find(c->set, json) != NULL) {
        return GW_OK;
    }

    if (depth > INDEX_DEPTH) {
        return schema_wrong_at(c, pointer, NULL, "is nested deeper than %d",
                               INDEX_DEPTH);
    }

    rc = index_id(c, json, pointer, &resource);
    if (rc != GW_OK) {
        return rc;
    }

    node = schema_add(c->set, json, resource, pointer);
    if (node == NULL) {
        return GW_ENOMEM;
    }

    rc = index_anchor(c, node, "$anchor", false);
    if (rc == GW_OK) {
        rc = index_anchor(c, node, "$dynamicAnchor", true);
    }

    for (kw = schema_keywords; kw->name != NULL && rc == GW_OK; kw++) {
        value = kw->shape != SHAPE_NONE ? json_object_get(json, kw->name)
                                        : NULL;
        if (value != NULL) {
            rc = index_keyword(c, kw, value, node, depth + 1);
        }
    }

    return rc;
}


int
schema_index(schema_compile_t *c, const json_t *json,
    const schema_resource_t *resource, const char *pointer,
    gw_schema_t **out)
{
    int  rc;

    if (json_is_boolean(json)) {
        *out = json_is_true(json) ? &c->set->yes : &c->set->no;
        return GW_OK;
    }

    if (!json_is_object(json)) {
        return schema_wrong_at(c, pointer, NULL,
                               "must be a schema: an object, true or false");
    }

    rc = index_schema(c, json, resource, pointer, 0);
    *out = rc == GW_OK ? schema_find(c->set, json) : NULL;
    return rc;
}
