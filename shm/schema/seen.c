/* What the keywords beside an unevaluated* one have already judged. */
#include "shm/schema/check.h"

#include <stdlib.h>


static int
seen_order(const void *a, const void *b)
{
    uintptr_t  x, y;

    x = *(const uintptr_t *) a;
    y = *(const uintptr_t *) b;
    return x < y ? -1 : x > y;
}


schema_seen_t
schema_seen(schema_run_t *run)
{
    schema_seen_t  s = { run, run->mark, run->seen_n - run->mark };

    if (s.n > 1) {
        qsort(run->seen + s.first, s.n, sizeof(run->seen[0]), seen_order);
    }

    return s;
}


bool
schema_seen_has(const schema_seen_t *s, uintptr_t what)
{
    return s->n > 0
           && bsearch(&what, s->run->seen + s->first, s->n,
                      sizeof(s->run->seen[0]), seen_order) != NULL;
}
