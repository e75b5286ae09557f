/*
 * Typed fields: a cell becomes what its field may be, or is refused. The rules
 * are those of godwit.field_read (sql/functions/fields.sql).
 */
#include "worker/import/fields.h"

#include <stdio.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/import/run.h"

#define FIELD_DATE       10             /* 2026-01-31 */
#define FIELD_WHOLE      20             /* digits of a number before */
#define FIELD_BROKEN     18             /* and behind the point */
#define FIELD_OPTIONS   200

typedef const char *(*field_put_pt)(const char *options, gw_str_t s,
    gw_buf_t *out);


static const char *
field_text(const char *options, gw_str_t s, gw_buf_t *out)
{
    (void) options;
    gw_buf_json(out, s);
    return NULL;
}


/* How many digits s begins with. */
static size_t
field_digits(gw_str_t s)
{
    size_t  n;

    for (n = 0; n < s.len && s.data[n] >= '0' && s.data[n] <= '9'; n++) {
        /* counted */
    }

    return n;
}


static void
field_skip(gw_str_t *s, size_t n)
{
    s->data += n;
    s->len -= n;
}


static const char *
field_number(const char *options, gw_str_t s, gw_buf_t *out)
{
    bool               minus;
    size_t             n;
    gw_str_t           whole, rest;
    static const char  why[] = "this is not a number like 42 or -0.5";

    (void) options;
    minus = s.len > 0 && s.data[0] == '-';
    field_skip(&s, minus);
    n = field_digits(s);
    if (n == 0 || n > FIELD_WHOLE) {
        return why;
    }

    whole = gw_str_make(s.data, n);
    while (whole.len > 1 && whole.data[0] == '0') {
        field_skip(&whole, 1);          /* JSON has none before others */
    }

    field_skip(&s, n);
    rest = s;
    if (s.len > 0) {
        field_skip(&s, 1);
        n = field_digits(s);
        if (rest.data[0] != '.' || n == 0 || n != s.len || n > FIELD_BROKEN) {
            return why;
        }
    }

    gw_buf_cstr(out, minus ? "-" : "");
    gw_buf_str(out, whole);
    gw_buf_str(out, rest);
    return NULL;
}


static const char *
field_boolean(const char *options, gw_str_t s, gw_buf_t *out)
{
    int                       i;
    static const char *const  words[] = { "true", "false", "yes", "no", "1",
                                          "0" };

    (void) options;
    for (i = 0; i < 6; i++) {
        if (gw_str_same(s, words[i])) {
            gw_buf_cstr(out, i % 2 == 0 ? "true" : "false");
            return NULL;
        }
    }

    return "this is not true or false";
}


/* Is it an instant of a year that Postgres has? */
static bool
field_is_instant(gw_str_t s)
{
    int64_t  us;

    return gw_clock_parse(s, &us) == GW_OK
           && memcmp(s.data, "0000", 4) != 0;
}


static const char *
field_date(const char *options, gw_str_t s, gw_buf_t *out)
{
    char  at[] = "2026-01-31T00:00:00Z";

    (void) options;
    if (s.len != FIELD_DATE) {
        return "this is not a date like 2026-01-31";
    }

    memcpy(at, s.data, FIELD_DATE);
    if (!field_is_instant(gw_str_of(at))) {
        return "this is not a date like 2026-01-31";
    }

    gw_buf_json(out, s);
    return NULL;
}


static const char *
field_datetime(const char *options, gw_str_t s, gw_buf_t *out)
{
    (void) options;
    if (!field_is_instant(s)) {
        return "this is not an instant like 2026-01-31T12:00:00Z";
    }

    gw_buf_json(out, s);
    return NULL;
}


/* Which of the options, one a line, s is; -1: none. */
static int
field_option(const char *options, gw_str_t s)
{
    int     i;
    size_t  n;

    for (i = 0; i < FIELD_OPTIONS; i++) {
        n = strcspn(options, "\n");
        if (n == s.len && memcmp(options, s.data, n) == 0) {
            return i;
        }
        if (options[n] == '\0') {
            break;
        }
        options += n + 1;
    }

    return -1;
}


static const char *
field_enum(const char *options, gw_str_t s, gw_buf_t *out)
{
    if (field_option(options, s) < 0) {
        return "this is none of the options of the field";
    }

    gw_buf_json(out, s);
    return NULL;
}


static const char *
field_set(const char *options, gw_str_t s, gw_buf_t *out)
{
    int       i;
    bool      first, had[FIELD_OPTIONS] = { false };
    gw_str_t  one;

    first = true;
    gw_buf_char(out, '[');

    while (s.len > 0) {
        one = s;
        for (one.len = 0; one.len < s.len && s.data[one.len] != ';';
             one.len++)
        {
            /* up to the next */
        }

        field_skip(&s, one.len < s.len ? one.len + 1 : one.len);
        one = import_trim(one);
        if (one.len == 0) {
            continue;
        }

        i = field_option(options, one);
        if (i < 0 || had[i]) {
            return i < 0 ? "this is none of the options of the field"
                         : "an option stands there twice";
        }

        had[i] = true;
        gw_buf_cstr(out, first ? "" : ",");
        gw_buf_json(out, one);
        first = false;
    }

    gw_buf_char(out, ']');
    return NULL;
}


static const struct {
    const char    *name;
    field_put_pt   put;
} field_types[] = {
    { "text", field_text },
    { "number", field_number },
    { "boolean", field_boolean },
    { "date", field_date },
    { "datetime", field_datetime },
    { "enum", field_enum },
    { "set", field_set }
};


int
import_find(const PGresult *table, gw_str_t key)
{
    int          c, from, to, middle;
    size_t       len;
    const char  *name;

    from = 0;
    to = table != NULL ? PQntuples(table) : 0;

    while (from < to) {
        middle = from + (to - from) / 2;
        name = PQgetvalue(table, middle, 0);
        len = (size_t) PQgetlength(table, middle, 0);
        c = memcmp(key.data, name, key.len < len ? key.len : len);
        c = c != 0 ? c : key.len < len ? -1 : key.len > len;
        if (c == 0) {
            return middle;
        }

        from = c > 0 ? middle + 1 : from;
        to = c > 0 ? to : middle;
    }

    return -1;
}


unsigned
field_type(const import_map_t *m, int row)
{
    unsigned  t;

    for (t = 0; row >= 0 && t < sizeof(field_types) / sizeof(field_types[0]);
         t++)
    {
        if (strcmp(field_types[t].name, PQgetvalue(m->fields, row, 1)) == 0) {
            return t;
        }
    }

    return 0;
}


const char *
field_put_row(const import_map_t *m, int row, gw_str_t s, gw_buf_t *out)
{
    unsigned  t;

    t = field_type(m, row);
    return field_types[t].put(row >= 0 ? PQgetvalue(m->fields, row, 2) : "",
                              t == 0 ? s : import_trim(s), out);
}


const char *
field_put(const import_map_t *m, gw_str_t key, gw_str_t s, gw_buf_t *out)
{
    return field_put_row(m, import_find(m->fields, key), s, out);
}


/* The rows of a query about the workspace; an exit code. */
static int
field_load(import_t *i, const db_query_t *q, PGresult **table)
{
    PQclear(*table);
    *table = NULL;
    return import_run(i, q, &(db_args_t) { { i->tenant }, 1 }, table);
}


int
import_fields(import_t *i)
{
    int        rc;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_FIELDS_VERSION, &(db_args_t) {
                    { i->tenant }, 1 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    (void) snprintf(i->fields, sizeof(i->fields), "%s",
                    PQgetvalue(res, 0, 0));
    PQclear(res);
    rc = field_load(i, &Q_IMPORT_FIELDS, &i->columns.fields);
    return rc == IMPORT_OK && import_tells(i, IMPORT_OWNER, IMPORT_OWNER)
           ? field_load(i, &Q_IMPORT_MEMBERS, &i->columns.members) : rc;
}


int
import_fields_same(import_t *i)
{
    int        rc;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_FIELDS_VERSION, &(db_args_t) {
                    { i->tenant }, 1 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    if (strcmp(i->fields, PQgetvalue(res, 0, 0)) != 0) {
        i->passes = true;
        rc = import_fail(i, IMPORT_INPUT, "a field of the workspace has "
                         "changed meanwhile%s", i->job != NULL ? ""
                         : "; run the same command again to go on");
    }

    PQclear(res);
    return rc;
}
