/*
 * Typed fields: a cell becomes what its field may be, or is refused. The rules
 * are those of godwit.field_read (sql/functions/fields.sql).
 */
#include "worker/import/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
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
        if (s.len == strlen(words[i])
            && strncasecmp((char *) s.data, words[i], s.len) == 0)
        {
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


const char *
field_put(const import_map_t *m, unsigned i, gw_str_t s, gw_buf_t *out)
{
    return field_types[m->type[i]].put(m->options[i] != NULL ? m->options[i]
                                       : "", m->type[i] == 0
                                       ? s : import_trim(s), out);
}


/* A field that the file has a column for. */
static int
field_take(import_t *i, const PGresult *res, int row)
{
    unsigned       n, t;
    import_map_t  *m;

    m = &i->columns;
    for (n = 0; n < m->n; n++) {
        if (m->field[n] == IMPORT_ATTRIBUTE
            && strcmp(m->name[n], PQgetvalue(res, row, 0)) == 0)
        {
            break;
        }
    }

    for (t = 0; n < m->n && t < sizeof(field_types) / sizeof(field_types[0]);
         t++)
    {
        if (strcmp(field_types[t].name, PQgetvalue(res, row, 1)) == 0) {
            m->type[n] = (unsigned char) t;
            free(m->options[n]);
            m->options[n] = strdup(PQgetvalue(res, row, 2));
            return m->options[n] != NULL ? IMPORT_OK
                   : import_fail(i, IMPORT_INPUT, "%s", "there is no memory "
                                 "left");
        }
    }

    return IMPORT_OK;
}


int
import_fields(import_t *i)
{
    int        rc, row;
    PGresult  *res;

    rc = import_run(i, &Q_IMPORT_FIELDS_VERSION, &(db_args_t) {
                    { i->tenant }, 1 }, &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    (void) snprintf(i->fields, sizeof(i->fields), "%s",
                    PQgetvalue(res, 0, 0));
    PQclear(res);
    rc = import_run(i, &Q_IMPORT_FIELDS, &(db_args_t) { { i->tenant }, 1 },
                    &res);
    if (rc != IMPORT_OK) {
        return rc;
    }

    for (row = 0; rc == IMPORT_OK && row < PQntuples(res); row++) {
        rc = field_take(i, res, row);
    }

    PQclear(res);
    return rc;
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
