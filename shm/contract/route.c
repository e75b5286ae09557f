/* Paths: what a template may be, and the trie that finds an operation. */
#include <stdlib.h>

#include "shm/contract/parts.h"

#define ROUTE_PREFIX  "/api/v1/"        /* all that the gateway is asked for */


/* the segment that begins at *pos, which is a slash; false at the end */
static bool
route_segment(gw_str_t path, size_t *pos, gw_str_t *segment)
{
    size_t                begin;
    const unsigned char  *end;

    if (*pos >= path.len || path.data[*pos] != '/') {
        return false;
    }

    begin = *pos + 1;
    end = memchr(path.data + begin, '/', path.len - begin);
    *pos = end ? (size_t) (end - path.data) : path.len;
    *segment = gw_str_make(path.data + begin, *pos - begin);

    return true;
}


static bool
route_is_capture(gw_str_t segment)
{
    return segment.len > 0 && segment.data[0] == '{';
}


bool
gw_contract_capture(gw_str_t path, size_t *pos, gw_str_t *name)
{
    gw_str_t  segment;

    while (route_segment(path, pos, &segment)) {
        if (route_is_capture(segment)) {
            *name = gw_str_make(segment.data + 1, segment.len - 2);
            return true;
        }
    }

    return false;
}


static bool
route_is_word(gw_str_t s, const char *more)
{
    size_t  i;

    for (i = 0; i < s.len; i++) {

        if (!((s.data[i] >= 'a' && s.data[i] <= 'z')
              || (s.data[i] >= '0' && s.data[i] <= '9')
              || strchr(more, s.data[i]) != NULL))
        {
            return false;
        }
    }

    return s.len > 0;
}


int
gw_contract_path(gw_contract_load_t *l, gw_str_t path, const json_t *node)
{
    size_t    pos, other;
    gw_str_t  segment, name, first;
    unsigned  n, captures;

    if (path.len < sizeof(ROUTE_PREFIX)
        || memcmp(path.data, ROUTE_PREFIX, sizeof(ROUTE_PREFIX) - 1) != 0)
    {
        return gw_contract_fault(l, node, "a path begins with " ROUTE_PREFIX
                                 ", like " ROUTE_PREFIX "lists/{id}");
    }

    n = 0;
    captures = 0;

    for (pos = 0; route_segment(path, &pos, &segment); n++) {

        if (!route_is_capture(segment)) {

            if (!route_is_word(segment, "_-.")) {
                return gw_contract_fault(l, node, "a segment of the path is a "
                                         "word of a-z, 0-9, _, - and ., or "
                                         "{name}, not \"%.*s\"",
                                         (int) segment.len, segment.data);
            }

            continue;
        }

        name = gw_str_make(segment.data + 1, segment.len - 1);

        if (name.len > 0) {
            name.len--;
        }

        if (segment.data[segment.len - 1] != '}' || !route_is_word(name, "_")
            || name.data[0] == '_')
        {
            return gw_contract_fault(l, node, "{name} must be a whole segment "
                                     "of the path, of a-z, 0-9 and _, not "
                                     "\"%.*s\"", (int) segment.len,
                                     segment.data);
        }

        for (other = 0; gw_contract_capture(path, &other, &first)
                        && other < pos; )
        {
            if (gw_str_eq(first, name)) {
                return gw_contract_fault(l, node, "the path has {%.*s} twice",
                                         (int) name.len, name.data);
            }
        }

        captures++;
    }

    if (n > CONTRACT_PATH_MAX || captures > GW_CONTRACT_CAPTURES) {
        return gw_contract_fault(l, node, "a path has at most %d segments and "
                                 "%d {name}", CONTRACT_PATH_MAX,
                                 GW_CONTRACT_CAPTURES);
    }

    return GW_OK;
}


/* two templates may fit one request when one of them is nearer throughout */
static int
route_compare(gw_contract_load_t *l, gw_str_t a, gw_str_t b)
{
    bool      nearer, farther, more;
    size_t    i, k;
    gw_str_t  x, y;

    nearer = false;
    farther = false;

    for (i = 0, k = 0; ; ) {
        more = route_segment(a, &i, &x);

        if (more != route_segment(b, &k, &y)) {
            return GW_OK;
        }

        if (!more) {
            break;
        }

        if (!route_is_capture(x) && !route_is_capture(y)) {

            if (!gw_str_eq(x, y)) {
                return GW_OK;
            }

            continue;
        }

        nearer = nearer || !route_is_capture(x);
        farther = farther || !route_is_capture(y);
    }

    if (nearer != farther) {
        return GW_OK;
    }

    return gw_contract_fault(l, json_object_get(json_object_get(l->c->doc,
                                 "paths"), (char *) b.data), "%s and %s fit "
                             "the same requests; %s", b.data, a.data,
                             nearer ? "one must be nearer in every segment"
                                    : "name their {name} alike");
}


static unsigned
route_node(gw_contract_t *c, unsigned parent, gw_str_t segment)
{
    unsigned  i, *link;

    if (route_is_capture(segment)) {
        link = &c->nodes[parent].capture;

    } else {

        for (i = c->nodes[parent].child; i != 0; i = c->nodes[i].next) {
            if (gw_str_eq(c->nodes[i].literal, segment)) {
                return i;
            }
        }

        link = &c->nodes[parent].child;
    }

    if (*link != 0 && link == &c->nodes[parent].capture) {
        return *link;
    }

    i = c->n_nodes++;
    c->nodes[i].literal = segment;
    c->nodes[i].next = *link;
    *link = i;

    return i;
}


static void
route_add(gw_contract_t *c, const gw_contract_op_t *op)
{
    size_t    pos;
    gw_str_t  segment;
    unsigned  node, bit;

    node = 0;

    for (pos = 0; route_segment(op->path, &pos, &segment); ) {
        node = route_node(c, node, segment);
    }

    for (bit = 0; op->method != 1u << bit; bit++) {
        /* its place */
    }

    c->nodes[node].methods |= op->method;
    c->nodes[node].ops[bit] = op->index;
}


int
gw_contract_routes(gw_contract_load_t *l)
{
    int             rc;
    size_t          n, pos;
    gw_str_t        segment;
    unsigned        i, k;
    gw_contract_t  *c = l->c;

    for (i = 0, n = 1; i < c->n_ops; i++) {

        for (pos = 0; route_segment(c->ops[i].path, &pos, &segment); n++) {
            /* counted */
        }

        for (k = 0; k < i; k++) {

            if (c->ops[k].path.data == c->ops[i].path.data) {
                continue;
            }

            rc = route_compare(l, c->ops[k].path, c->ops[i].path);
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    c->nodes = calloc(n, sizeof(gw_route_node_t));
    if (c->nodes == NULL) {
        return GW_ENOMEM;
    }

    c->n_nodes = 1;

    for (i = 0; i < c->n_ops; i++) {
        route_add(c, &c->ops[i]);
    }

    return GW_OK;
}


/* the node at which the rest of the path ends; a literal goes first */
static unsigned
route_walk(const gw_contract_t *c, unsigned node, gw_str_t path, size_t pos,
    gw_str_t *captures)
{
    unsigned  i, found;
    gw_str_t  segment;

    if (pos == path.len) {
        return c->nodes[node].methods ? node : 0;
    }

    if (!route_segment(path, &pos, &segment) || segment.len == 0) {
        return 0;
    }

    for (i = c->nodes[node].child; i != 0; i = c->nodes[i].next) {

        if (gw_str_eq(c->nodes[i].literal, segment)) {
            found = route_walk(c, i, path, pos, captures);
            if (found != 0) {
                return found;
            }

            break;
        }
    }

    if (c->nodes[node].capture == 0) {
        return 0;
    }

    captures[0] = segment;

    return route_walk(c, c->nodes[node].capture, path, pos, captures + 1);
}


const gw_contract_op_t *
gw_contract_route(const gw_contract_t *c, unsigned method, gw_str_t path,
    gw_str_t captures[GW_CONTRACT_CAPTURES], unsigned *methods)
{
    unsigned  node, bit;

    node = route_walk(c, 0, path, 0, captures);
    *methods = c->nodes[node].methods;

    for (bit = 0; bit < CONTRACT_METHODS; bit++) {
        if (method == 1u << bit && (*methods & method)) {
            return &c->ops[c->nodes[node].ops[bit]];
        }
    }

    return NULL;
}
