/* A unit of the pipeline, copied with its parameters into one piece. */
#include "worker/db_unit.h"

#include <stdlib.h>
#include <string.h>


int
db_unit_new(db_unit_t **unit, const db_query_t *const *q,
    const db_args_t *a, int n)
{
    int             i, k, params;
    char           *text;
    size_t          bytes, len;
    db_unit_t  *u;

    params = 0;
    bytes = 0;

    for (i = 0; i < n && a != NULL; i++) {
        params += q[i]->params;

        for (k = 0; k < q[i]->params; k++) {
            bytes += a[i].v[k] ? strlen(a[i].v[k]) + 1 : 0;
        }
    }

    u = malloc(sizeof(db_unit_t) + (size_t) n * sizeof(db_query_t *)
               + (size_t) params * sizeof(char *) + bytes);

    if (u == NULL) {
        return GW_ENOMEM;
    }

    memset(u, 0, sizeof(db_unit_t));
    u->n = n;
    u->q = (const db_query_t **) (u + 1);
    u->v = (const char **) (u->q + n);
    text = (char *) (u->v + params);
    params = 0;

    for (i = 0; i < n; i++) {
        u->q[i] = q[i];

        for (k = 0; a != NULL && k < q[i]->params; k++, params++) {

            if (a[i].v[k] == NULL) {
                u->v[params] = NULL;
                continue;
            }

            len = strlen(a[i].v[k]) + 1;
            memcpy(text, a[i].v[k], len);
            u->v[params] = text;
            text += len;
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
