/* The places of nodes: a hash table by their address. */
#include <stdint.h>
#include <stdlib.h>

#include "shm/contract/yaml.h"

#define MARKS_FIRST  1024


/* the row of the node, or the free one where it belongs */
static gw_mark_t *
gw_marks_row(const gw_marks_t *m, const json_t *node)
{
    size_t  i;

    i = (size_t) (((uintptr_t) node >> 4) * 0x9e3779b97f4a7c15u >> 20);

    for (i &= m->cap - 1; m->rows[i].node != NULL; i = (i + 1) & (m->cap - 1)) {
        if (m->rows[i].node == node) {
            break;
        }
    }

    return &m->rows[i];
}


static int
gw_marks_grow(gw_marks_t *m)
{
    size_t      i;
    gw_marks_t  more;

    more.n = m->n;
    more.cap = m->cap ? m->cap * 2 : MARKS_FIRST;
    more.rows = calloc(more.cap, sizeof(gw_mark_t));
    if (more.rows == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0; i < m->cap; i++) {
        if (m->rows[i].node != NULL) {
            *gw_marks_row(&more, m->rows[i].node) = m->rows[i];
        }
    }

    free(m->rows);
    *m = more;

    return GW_OK;
}


int
gw_marks_set(gw_marks_t *m, const json_t *node, unsigned file, unsigned line)
{
    gw_mark_t  *row;

    if (json_is_boolean(node) || json_is_null(node)) {
        return GW_OK;                   /* these are one node for all */
    }

    if (m->n * 2 >= m->cap && gw_marks_grow(m) != GW_OK) {
        return GW_ENOMEM;
    }

    row = gw_marks_row(m, node);
    m->n += row->node == NULL;
    row->node = node;
    row->file = file;
    row->line = line;

    return GW_OK;
}


const gw_mark_t *
gw_marks_get(const gw_marks_t *m, const json_t *node)
{
    gw_mark_t  *row;

    if (node == NULL || m->cap == 0) {
        return NULL;
    }

    row = gw_marks_row(m, node);

    return row->node ? row : NULL;
}


void
gw_marks_free(gw_marks_t *m)
{
    free(m->rows);
    memset(m, 0, sizeof(gw_marks_t));
}
