/* Members: of a hash, a loop, an array, a text. */
#include "shm/liquid/liquid.h"


/* The counts of a loop, those of a table among them. */
static lq_val_t
lq_loop_member(const lq_loop_t *l, gw_str_t name)
{
    unsigned  i;
    lq_val_t  v = { .type = LQ_NIL };

    const struct {
        const char  *name;
        int64_t      n;
        bool         table;
    } counts[] = {
        { "index", l->index0 + 1, false },
        { "index0", l->index0, false },
        { "rindex", l->length - l->index0, false },
        { "rindex0", l->length - l->index0 - 1, false },
        { "length", l->length, false },
        { "col", l->column, true },
        { "col0", l->column - 1, true },
        { "row", l->row, true }
    };

    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (gw_str_is(name, counts[i].name)
            && (!counts[i].table || l->row > 0))
        {
            return lq_int(counts[i].n);
        }
    }

    v.type = LQ_BOOL;
    if (gw_str_is(name, "first")) {
        v.b = l->index0 == 0;
    } else if (gw_str_is(name, "last")) {
        v.b = l->index0 == l->length - 1;
    } else if (gw_str_is(name, "col_first") && l->row > 0) {
        v.b = l->column == 1;
    } else if (gw_str_is(name, "col_last") && l->row > 0) {
        v.b = l->column == l->columns;
    } else if (gw_str_is(name, "name") && l->row == 0) {
        return lq_str(l->name);
    } else if (gw_str_is(name, "parentloop") && l->parent != NULL) {
        v.type = LQ_LOOP;
        v.loop = l->parent;
    } else {
        v.type = LQ_NIL;
    }

    return v;
}


/* .size, .first and .last of what has them. */
static int
lq_command(gw_liquid_run_t *run, lq_val_t v, gw_str_t name, lq_val_t *out)
{
    size_t  n;
    void   *it;
    bool    object;

    object = v.type == LQ_JSON && json_is_object(v.j);
    if (v.type == LQ_STR) {
        if (gw_str_is(name, "size")) {
            *out = lq_int(lq_characters(v.s));
        }
        return lq_charge(run, v.s.len >> 6);
    }

    if (!object && !lq_is_array(v)) {
        return GW_OK;
    }

    n = object ? json_object_size(v.j) : lq_length(v);
    if (gw_str_is(name, "size")) {
        *out = lq_int((int64_t) n);

    } else if (gw_str_is(name, "first") && n > 0) {
        if (object) {
            it = json_object_iter((json_t *) v.j);
            return lq_pair(run, it, out);
        }
        *out = lq_at(v, 0);

    } else if (gw_str_is(name, "last") && n > 0 && !object) {
        *out = lq_at(v, n - 1);
    }

    return GW_OK;
}


int
lq_member(gw_liquid_run_t *run, lq_val_t v, gw_str_t name, lq_val_t *out)
{
    json_t  *j;

    if (v.type == LQ_JSON && json_is_object(v.j)) {
        j = json_object_getn(v.j, (char *) name.data, name.len);
        if (j != NULL) {
            *out = lq_from_json(j);
            return GW_OK;
        }
    }

    memset(out, 0, sizeof(lq_val_t));
    if (v.type == LQ_LOOP) {
        *out = lq_loop_member(v.loop, name);
        return GW_OK;
    }

    return lq_command(run, v, name, out);
}


lq_val_t
lq_index(lq_val_t v, lq_val_t i)
{
    int64_t   at;
    lq_val_t  nil = { .type = LQ_NIL };

    if (i.type == LQ_STR) {
        return v.type == LQ_LOOP ? lq_loop_member(v.loop, i.s)
               : v.type == LQ_JSON && json_is_object(v.j)
               ? lq_from_json(json_object_getn(v.j, (char *) i.s.data,
                                               i.s.len)) : nil;
    }

    if (i.type != LQ_INT) {
        return nil;
    }

    at = i.i < 0 ? i.i + (int64_t) lq_length(v) : i.i;
    return at < 0 ? nil : lq_at(v, (size_t) at);
}
