/* Compiling a predicate: its groups, and which kind a condition is of. */
#include "shm/predicate/read.h"

#include <stdlib.h>

/* A kind is known by its first member; it may have the others. */
static const struct {
    predicate_kind_t  kind;
    const char       *members[8];
} compile_kinds[] = {
    { PREDICATE_ALL, { "all" } },
    { PREDICATE_ANY, { "any" } },
    { PREDICATE_NOT, { "not" } },
    { PREDICATE_FIELD, { "field", "op", "value" } },
    { PREDICATE_ATTRIBUTE, { "attribute", "op", "value" } },
    { PREDICATE_TAG, { "tag" } },
    { PREDICATE_LIST, { "list" } },
    { PREDICATE_CONSENT, { "consent", "is" } },
    { PREDICATE_EVENT, { "event", "op", "times", "within", "since", "before",
                         "where" } },
    { PREDICATE_CAMPAIGN, { "campaign", "did" } },
    { PREDICATE_NEAR, { "near" } },
    { PREDICATE_BUCKET, { "bucket" } },
    { PREDICATE_COMPANY, { "company", "op", "value" } },
    { PREDICATE_COMPANY_ATTRIBUTE, { "company_attribute", "op", "value" } }
};

static const char *const  compile_property[] = {
    "property", "op", "value", NULL
};

#define COMPILE_KINDS  (sizeof(compile_kinds) / sizeof(compile_kinds[0]))

static int compile_node(predicate_read_t *r, json_t *doc,
    unsigned parent, unsigned place);


/* Of which kind is the object, and has it members that this kind has not? */
static int
compile_kind(predicate_read_t *r, json_t *doc, predicate_kind_t *kind)
{
    size_t  i;

    if (!json_is_object(doc)) {
        return predicate_wrong(r, NULL, "a condition is an object");
    }

    for (i = 0; i < COMPILE_KINDS
         && json_object_get(doc, compile_kinds[i].members[0]) == NULL; i++)
    {
        /* void */
    }

    if (i == COMPILE_KINDS) {
        return predicate_wrong(r, NULL, "a condition has one of the members "
            "all, any, not, field, attribute, tag, list, consent, event, "
            "campaign, near, bucket, company, company_attribute");
    }

    *kind = compile_kinds[i].kind;

    return predicate_read_members(r, doc, compile_kinds[i].members);
}


/* The next node, or NULL: no memory, or too many (err says so). */
static int
compile_new(predicate_read_t *r, unsigned parent, unsigned place, unsigned *at)
{
    unsigned           cap;
    gw_predicate_t    *p;
    predicate_node_t  *node;

    p = r->p;
    if (p->n == GW_PREDICATE_NODES) {
        return predicate_wrong(r, NULL, "there are more than %d conditions and "
                               "groups", GW_PREDICATE_NODES);
    }

    if (r->depth > GW_PREDICATE_DEPTH) {
        return predicate_wrong(r, NULL, "there are more than %d levels",
                               GW_PREDICATE_DEPTH);
    }

    if (p->n == p->cap) {
        cap = p->cap > 0 ? p->cap * 2 : 8;
        node = realloc(p->node, cap * sizeof(predicate_node_t));
        if (node == NULL) {
            return GW_ENOMEM;
        }
        p->node = node;
        p->cap = cap;
    }

    *at = p->n++;
    memset(&p->node[*at], 0, sizeof(predicate_node_t));
    p->node[*at].parent = parent;
    p->node[*at].place = place;

    return GW_OK;
}


/* A condition on a property of an event. */
static int
compile_where(predicate_read_t *r, json_t *doc, unsigned parent,
    unsigned place)
{
    int               rc;
    unsigned          at;
    predicate_node_t  n;

    at = parent;
    rc = compile_new(r, parent, place, &at);
    if (rc != GW_OK) {
        return rc;
    }

    if (!json_is_object(doc)) {
        return predicate_wrong(r, NULL, "a condition is an object");
    }

    n = r->p->node[at];
    n.kind = PREDICATE_PROPERTY;
    rc = predicate_read_members(r, doc, compile_property);
    rc = rc == GW_OK ? predicate_read_leaf(r, doc, &n) : rc;
    n.end = r->p->n;
    r->p->node[at] = n;

    return rc;
}


/* The children that stand in the array `key` of the object. */
static int
compile_children(predicate_read_t *r, json_t *doc, const char *key,
    unsigned parent, size_t max,
    int (*child)(predicate_read_t *, json_t *, unsigned, unsigned))
{
    int            rc;
    size_t         i, len;
    const json_t  *array;

    array = json_object_get(doc, key);
    if (!json_is_array(array) || json_array_size(array) > max) {
        return predicate_wrong(r, key, "\"%s\" is not an array of at most %zu "
                               "conditions", key, max);
    }

    len = r->path.len;
    rc = GW_OK;

    for (i = 0; rc == GW_OK && i < json_array_size(array); i++) {
        gw_buf_fmt(&r->path, "/%s/%zu", key, i);
        rc = child(r, json_array_get(array, i), parent, (unsigned) i);
        r->path.len = len;
    }

    return rc;
}


static int
compile_inside(predicate_read_t *r, json_t *doc, unsigned at)
{
    int                rc;
    predicate_node_t   n;

    switch (r->p->node[at].kind) {
    case PREDICATE_ALL:
        return compile_children(r, doc, "all", at, GW_PREDICATE_NODES,
                                compile_node);
    case PREDICATE_ANY:
        return compile_children(r, doc, "any", at, GW_PREDICATE_NODES,
                                compile_node);
    case PREDICATE_NOT:
        gw_buf_cstr(&r->path, "/not");
        return compile_node(r, json_object_get(doc, "not"), at, 0);
    default:
        break;
    }

    n = r->p->node[at];
    rc = predicate_read_leaf(r, doc, &n);
    r->p->node[at] = n;                 /* children may move the nodes */

    if (rc == GW_OK && json_object_get(doc, "where") != NULL) {
        rc = compile_children(r, doc, "where", at, 20, compile_where);
    }

    return rc;
}


static int
compile_node(predicate_read_t *r, json_t *doc, unsigned parent,
    unsigned place)
{
    int               rc;
    size_t            len;
    unsigned          at;
    predicate_kind_t  kind;

    at = parent;
    kind = PREDICATE_ALL;
    r->depth++;
    rc = compile_new(r, parent, place, &at);
    if (rc == GW_OK) {
        rc = compile_kind(r, doc, &kind);
    }

    if (rc == GW_OK) {
        len = r->path.len;
        r->p->node[at].kind = kind;
        r->depth += kind == PREDICATE_EVENT;    /* of `where` */
        rc = compile_inside(r, doc, at);
        r->depth -= kind == PREDICATE_EVENT;
        r->path.len = len;
        r->p->node[at].end = r->p->n;
    }

    r->depth--;
    return rc;
}


int
gw_predicate_compile(json_t *doc, gw_predicate_t **out,
    gw_predicate_error_t *err)
{
    int               rc;
    char              path[200];
    size_t            size;
    predicate_read_t  r;

    memset(err, 0, sizeof(*err));
    memset(&r, 0, sizeof(r));
    r.err = err;
    gw_buf_fixed(&r.path, path, sizeof(path));

    size = json_dumpb(doc, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    if (size > GW_PREDICATE_SIZE) {
        return predicate_wrong(&r, NULL, "the predicate has %zu bytes; %d are "
                               "allowed", size, GW_PREDICATE_SIZE);
    }

    r.p = calloc(1, sizeof(gw_predicate_t));
    if (r.p == NULL) {
        return GW_ENOMEM;
    }

    r.p->doc = json_incref(doc);
    rc = compile_node(&r, doc, 0, 0);

    if (rc != GW_OK) {
        gw_predicate_free(r.p);
        return rc;
    }

    *out = r.p;
    return GW_OK;
}


bool
gw_predicate_is_said(const gw_predicate_t *p)
{
    unsigned  i;

    for (i = 0; i < p->n; i++) {
        switch (p->node[i].kind) {
        case PREDICATE_ALL:
        case PREDICATE_ANY:
        case PREDICATE_NOT:
        case PREDICATE_ATTRIBUTE:
        case PREDICATE_NEAR:
        case PREDICATE_BUCKET:
            break;
        default:
            return false;
        }
    }

    return true;
}


void
gw_predicate_free(gw_predicate_t *p)
{
    if (p != NULL) {
        json_decref(p->doc);
        free(p->node);
        free(p);
    }
}
