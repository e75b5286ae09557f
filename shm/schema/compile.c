/* From a document's schema to rules that hold all they need. */
#include "shm/schema/node.h"

#include <stdarg.h>
#include <stdio.h>

#include "shm/gw_utf8.h"

#define COMPILE_CHAIN  512      /* schemas that judge one value in a row */


int
schema_wrong_at(schema_compile_t *c, const char *pointer, const char *keyword,
    const char *fmt, ...)
{
    char     words[500];
    va_list  args;

    va_start(args, fmt);
    (void) vsnprintf(words, sizeof(words), fmt, args);
    va_end(args);

    if (keyword != NULL) {
        gw_buf_fmt(c->why, "the schema's %.300s/%.100s %s", pointer, keyword,
                   words);

    } else {
        gw_buf_fmt(c->why, "the schema%s%.400s %s",
                   pointer[0] != '\0' ? " at " : "", pointer, words);
    }

    gw_utf8_mend(c->why->data, c->why->len);

    return GW_EINVAL;
}


const gw_schema_t *
schema_want(gw_schema_t *node)
{
    if (node->state == NODE_INDEXED) {
        node->state = NODE_WANTED;
        node->next = node->set->wanted;
        node->set->wanted = node;
    }

    return node;
}


static int
compile_known(schema_compile_t *c)
{
    void        *it;
    const char  *name;

    for (it = json_object_iter((json_t *) c->node->json); it != NULL;
         it = json_object_iter_next((json_t *) c->node->json, it))
    {
        name = json_object_iter_key(it);
        if (!schema_keyword_known(name)) {
            return schema_wrong_at(c, c->node->pointer, name, "is no keyword "
                                   "of JSON Schema 2020-12 or OpenAPI 3.1; "
                                   "an extension begins with x-");
        }
    }

    return GW_OK;
}


static int
compile_node(schema_compile_t *c, gw_schema_t *node)
{
    int                      rc;
    size_t                   n;
    const json_t            *value;
    schema_rule_t           *rule;
    const schema_keyword_t  *kw;

    c->node = node;

    if (c->set->flags & GW_SCHEMA_CLOSED) {
        rc = compile_known(c);
        if (rc != GW_OK) {
            return rc;
        }
    }

    for (n = 0, kw = schema_keywords; kw->name != NULL; kw++) {
        n += kw->compile && json_object_get(node->json, kw->name) != NULL;
    }

    node->rules = schema_alloc(c->set, n * sizeof(node->rules[0]));
    if (node->rules == NULL) {
        return GW_ENOMEM;
    }

    for (kw = schema_keywords; kw->name != NULL; kw++) {
        value = kw->compile ? json_object_get(node->json, kw->name) : NULL;
        if (value == NULL) {
            continue;
        }

        rule = &node->rules[node->n];
        memset(rule, 0, sizeof(*rule));
        rule->kw = kw;
        rule->value = value;

        rc = kw->compile(c, rule);
        if (rc == GW_OK && kw->check != NULL) {
            node->n++;

        } else if (rc != GW_OK && rc != GW_ENOTFOUND) {
            return rc;
        }
    }

    node->state = NODE_RULES;
    return GW_OK;
}


/* a schema that comes back to itself for the same value would never end */
static int
compile_loops(schema_compile_t *c, gw_schema_t *node, unsigned depth)
{
    int                   rc;
    size_t                i, k;
    const schema_rule_t  *rule;

    if (node->walk == NODE_DONE || node->n == 0) {
        return GW_OK;
    }

    if (node->walk == NODE_OPEN) {
        return schema_wrong_at(c, node->pointer, NULL,
                               "refers to itself for the same value");
    }

    if (depth > COMPILE_CHAIN) {
        return schema_wrong_at(c, node->pointer, NULL, "is more than %d "
                               "references away", COMPILE_CHAIN);
    }

    node->walk = NODE_OPEN;

    for (i = 0; i < node->n; i++) {
        rule = &node->rules[i];

        for (k = 0; k < rule->n && (rule->kw->flags & KEYWORD_HERE); k++) {

            if (rule->members[k].node != NULL) {
                rc = compile_loops(c, (gw_schema_t *) rule->members[k].node,
                                   depth + 1);
                if (rc != GW_OK) {
                    return rc;
                }
            }
        }
    }

    node->walk = NODE_DONE;
    return GW_OK;
}


/* all that is wanted, and what a $dynamicRef may come to want */
static int
compile_wanted(schema_compile_t *c)
{
    int               rc;
    gw_schema_t      *node, *done;
    schema_anchor_t  *a;

    done = NULL;

    do {
        while ((node = c->set->wanted) != NULL) {
            c->set->wanted = node->next;
            node->next = done;
            done = node;

            rc = compile_node(c, node);
            if (rc != GW_OK) {
                return rc;
            }
        }

        for (a = c->set->anchors; a != NULL && c->set->dynamic; a = a->next) {
            if (a->dynamic) {
                (void) schema_want(a->node);
            }
        }

    } while (c->set->wanted != NULL);

    for (node = done; node != NULL; node = node->next) {
        rc = compile_loops(c, node, 0);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return GW_OK;
}


/* the schemas of an OpenAPI document that an $id or $anchor may name */
static int
compile_components(schema_compile_t *c)
{
    int                 rc;
    void               *it;
    char               *pointer;
    json_t             *list;
    gw_schema_t        *node;

    list = json_object_get(json_object_get(c->set->document, "components"),
                           "schemas");
    rc = GW_OK;

    for (it = json_object_iter(list); it != NULL && rc == GW_OK;
         it = json_object_iter_next(list, it))
    {
        pointer = schema_pointer(c->set, "/components/schemas",
                                 json_object_iter_key(it));
        rc = pointer == NULL ? GW_ENOMEM
             : schema_index(c, json_object_iter_value(it),
                            c->set->yes.resource, pointer, &node);
    }

    return rc;
}


int
gw_schema_compile(gw_schema_set_t *set, const char *pointer,
    const gw_schema_t **out, gw_buf_t *why)
{
    int               rc;
    gw_schema_t      *node;
    schema_compile_t  c = { set, NULL, why };

    rc = GW_OK;
    if (set->used == 0 && pointer[0] != '\0') {
        rc = compile_components(&c);
    }

    if (rc == GW_OK) {
        rc = schema_at(&c, set->yes.resource, pointer, &node);
    }

    if (rc == GW_ENOTFOUND) {
        gw_buf_fmt(why, "the document has nothing at \"%.400s\"", pointer);
        gw_utf8_mend(why->data, why->len);
        return GW_EINVAL;
    }

    if (rc != GW_OK) {
        return rc;
    }

    *out = schema_want(node);
    return compile_wanted(&c);
}
