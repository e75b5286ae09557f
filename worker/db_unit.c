/* A unit of the pipeline, copied with its parameters into one piece. */
#include "worker/db_unit.h"

#include <stdlib.h>
#include <string.h>


/* Bytes of a parameter's copy. */
static size_t
db_unit_bytes(const db_args_t *a, const int *len, int k)
{
    return a->v[k] == NULL ? 0
           : len != NULL && len[k] > 0 ? (size_t) len[k]
           : strlen(a->v[k]) + 1;
}


int
db_unit_new(db_unit_t **unit, const db_query_t *const *q,
    const db_args_t *a, const int *len, int n)
{
    int         i, k, params;
    char       *text;
    size_t      bytes, copy;
    db_unit_t  *u;

    params = 0;
    bytes = 0;

    for (i = 0; i < n && a != NULL; i++) {
        params += q[i]->params;

        for (k = 0; k < q[i]->params; k++) {
            bytes += db_unit_bytes(&a[i], i == 0 ? len : NULL, k);
        }
    }

    u = malloc(sizeof(db_unit_t) + (size_t) n * sizeof(db_query_t *)
               + (size_t) params * (sizeof(char *) + 2 * sizeof(int))
               + bytes);

    if (u == NULL) {
        return GW_ENOMEM;
    }

    memset(u, 0, sizeof(db_unit_t));
    u->n = n;
    u->q = (const db_query_t **) (u + 1);
    u->v = (const char **) (u->q + n);
    u->len = (int *) (u->v + params);
    u->binary = u->len + params;
    text = (char *) (u->binary + params);
    params = 0;

    for (i = 0; i < n; i++) {
        u->q[i] = q[i];

        for (k = 0; a != NULL && k < q[i]->params; k++, params++) {
            copy = db_unit_bytes(&a[i], i == 0 ? len : NULL, k);
            u->v[params] = copy > 0 ? text : NULL;
            u->len[params] = i == 0 && len != NULL ? len[k] : 0;
            u->binary[params] = u->len[params] > 0;

            if (copy > 0) {
                memcpy(text, a[i].v[k], copy);
                text += copy;
            }
        }
    }

    *unit = u;

    return GW_OK;
}


void
db_units_init(db_units_t *l)
{
    l->first = NULL;
    l->last = &l->first;
}


void
db_units_push(db_units_t *l, db_unit_t *u)
{
    u->next = NULL;
    *l->last = u;
    l->last = &u->next;
}


db_unit_t *
db_units_shift(db_units_t *l)
{
    db_unit_t  *u = l->first;

    if (u != NULL) {
        l->first = u->next;

        if (l->first == NULL) {
            l->last = &l->first;
        }
    }

    return u;
}
