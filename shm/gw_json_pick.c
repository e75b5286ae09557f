/* Members of a JSON object as they stand in its text. */
#include "shm/gw_json_pick.h"

#include "shm/gw_json_scan.h"

typedef struct {
    gw_str_t            s;
    size_t              i;
    const char         *rule;
    const char         *what;           /* NULL as long as nothing is wrong */
    const gw_str_t     *names;
    gw_str_t           *values;
    unsigned            n;
} pick_t;

static void pick_value(pick_t *c);


static void
pick_refuse(pick_t *c, const char *rule, const char *what)
{
    if (c->what == NULL) {
        c->rule = rule;
        c->what = what;
    }
}


/* The next byte that is no blank; 0: there is none. */
static unsigned char
pick_next(pick_t *c)
{
    unsigned char  ch;

    for ( /* void */ ; c->i < c->s.len; c->i++) {
        ch = c->s.data[c->i];
        if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n') {
            return ch;
        }
    }

    return 0;
}


static bool
pick_is(pick_t *c, unsigned char want)
{
    if (pick_next(c) != want) {
        return false;
    }

    c->i++;
    return true;
}


static bool
pick_hex(unsigned char ch)
{
    return (ch >= '0' && ch <= '9') || ((ch | 0x20) >= 'a'
                                        && (ch | 0x20) <= 'f');
}


/* c->i is behind the backslash */
static void
pick_escape(pick_t *c)
{
    unsigned  k;

    if (c->s.data[c->i] != 'u') {
        if (strchr("\"\\/bfnrt", c->s.data[c->i]) == NULL) {
            pick_refuse(c, "syntax", "has an escape that there is none of");
        }
        c->i++;
        return;
    }

    for (c->i++, k = 0; k < 4; c->i++, k++) {
        if (c->i == c->s.len || !pick_hex(c->s.data[c->i])) {
            pick_refuse(c, "syntax", "has an escape that there is none of");
            return;
        }
    }
}


/* The string that begins here, with its quotes. */
static gw_str_t
pick_string(pick_t *c)
{
    size_t         start;
    unsigned char  ch;

    start = c->i;
    if (!pick_is(c, '"')) {
        pick_refuse(c, "syntax", "has something else where a string must be");
        return gw_str_of(NULL);
    }

    while (c->i < c->s.len && c->what == NULL) {
        ch = c->s.data[c->i++];

        if (ch == '"') {
            return gw_str_make(c->s.data + start, c->i - start);
        }

        if (ch < 0x20) {
            pick_refuse(c, "syntax", "has a control character in a string");

        } else if (ch == '\\' && c->i < c->s.len) {
            pick_escape(c);
        }
    }

    pick_refuse(c, "syntax", "ends in a string");
    return gw_str_of(NULL);
}


static size_t
pick_digits(pick_t *c)
{
    size_t  start;

    for (start = c->i; c->i < c->s.len && c->s.data[c->i] >= '0'
         && c->s.data[c->i] <= '9'; c->i++)
    {
        /* void */
    }

    return c->i - start;
}


static bool
pick_at(const pick_t *c, const char *any)
{
    return c->i < c->s.len && strchr(any, c->s.data[c->i]) != NULL;
}


static void
pick_number(pick_t *c)
{
    size_t  n, start;

    c->i += pick_at(c, "-");
    start = c->i;
    n = pick_digits(c);
    if (n == 0 || (n > 1 && c->s.data[start] == '0')) {
        pick_refuse(c, "syntax", "has a number that is none of JSON");
        return;
    }

    if (pick_at(c, ".")) {
        c->i++;
        n = pick_digits(c);
    }

    if (n > 0 && pick_at(c, "eE")) {
        c->i++;
        c->i += pick_at(c, "+-");
        n = pick_digits(c);
    }

    if (n == 0) {
        pick_refuse(c, "syntax", "has a number that is none of JSON");
    }
}


static void
pick_word(pick_t *c)
{
    size_t                    k, n;
    static const char *const  words[] = { "true", "false", "null" };

    for (k = 0; k < sizeof(words) / sizeof(words[0]); k++) {
        n = strlen(words[k]);
        if (c->s.len - c->i >= n
            && memcmp(c->s.data + c->i, words[k], n) == 0)
        {
            c->i += n;
            return;
        }
    }

    pick_refuse(c, "syntax", "has something that is no value of JSON");
}


/* Keep what a member of the first level says. */
static void
pick_keep(pick_t *c, gw_str_t name, gw_str_t value)
{
    unsigned  k;

    for (k = 0; k < c->n; k++) {
        if (gw_str_eq(name, c->names[k])) {
            if (c->values[k].data != NULL) {
                pick_refuse(c, "duplicate_key", "has a name twice");
            }
            c->values[k] = value;
            return;
        }
    }
}


/* The members of an object, whose brace is behind c->i. */
static void
pick_members(pick_t *c, bool keep)
{
    size_t    start;
    gw_str_t  name;

    if (pick_is(c, '}')) {
        return;
    }

    do {
        (void) pick_next(c);
        name = pick_string(c);
        if (c->what == NULL && !pick_is(c, ':')) {
            pick_refuse(c, "syntax", "has a name without a value");
        }

        /* Postgres takes an escaped name for the one that it stands for */
        if (keep && name.len > 2
            && memchr(name.data, '\\', name.len) != NULL)
        {
            pick_refuse(c, "syntax", "has an escape in the name of a member");
        }

        (void) pick_next(c);
        start = c->i;
        pick_value(c);

        if (keep && c->what == NULL) {
            pick_keep(c, gw_str_make(name.data + 1, name.len - 2),
                      gw_str_make(c->s.data + start, c->i - start));
        }

    } while (c->what == NULL && pick_is(c, ','));

    if (!pick_is(c, '}')) {
        pick_refuse(c, "syntax", "has an object that does not end");
    }
}


static void
pick_items(pick_t *c)
{
    if (pick_is(c, ']')) {
        return;
    }

    do {
        pick_value(c);
    } while (c->what == NULL && pick_is(c, ','));

    if (!pick_is(c, ']')) {
        pick_refuse(c, "syntax", "has an array that does not end");
    }
}


/* Any value; not deeper than gw_json_scan lets through. */
static void
pick_value(pick_t *c)
{
    unsigned char  ch;

    if (c->what != NULL) {
        return;
    }

    ch = pick_next(c);

    if (ch == '"') {
        (void) pick_string(c);

    } else if (ch == '{' || ch == '[') {
        c->i++;
        if (ch == '{') {
            pick_members(c, false);
        } else {
            pick_items(c);
        }

    } else if (ch == '-' || (ch >= '0' && ch <= '9')) {
        pick_number(c);

    } else {
        pick_word(c);
    }
}


int
gw_json_pick_again(gw_str_t text, const gw_str_t *names, unsigned n,
    gw_str_t *values, gw_json_error_t *err)
{
    pick_t    c = { text, 0, NULL, NULL, names, values, n };

    memset(values, 0, n * sizeof(gw_str_t));

    if (pick_next(&c) == 0) {
        pick_refuse(&c, "empty", "is empty");

    } else if (!pick_is(&c, '{')) {
        pick_refuse(&c, "object", "is no object");

    } else {
        pick_members(&c, true);
        if (pick_next(&c) != 0) {
            pick_refuse(&c, "syntax", "goes on behind its end");
        }
    }

    return c.what == NULL ? GW_OK
                          : gw_json_refuse_at(err, text, c.i, c.rule, c.what);
}


int
gw_json_pick(gw_str_t text, const gw_str_t *names, unsigned n,
    gw_str_t *values, gw_json_error_t *err)
{
    size_t       at;
    const char  *rule, *what;

    if (gw_json_scan(text, 0, &rule, &what, &at) != GW_OK) {
        return gw_json_refuse_at(err, text, at, rule, what);
    }

    return gw_json_pick_again(text, names, n, values, err);
}


bool
gw_json_item(gw_str_t array, size_t *at, gw_str_t *item)
{
    size_t  start;
    pick_t  c = { array, *at, NULL, NULL, NULL, NULL, 0 };

    c.i += *at == 0;                            /* its bracket */
    if (pick_is(&c, ']')) {
        return false;
    }

    c.i += *at > 0;                             /* a comma */
    (void) pick_next(&c);
    start = c.i;
    pick_value(&c);
    *item = gw_str_make(array.data + start, c.i - start);
    *at = c.i;
    return true;
}


int
gw_json_plain(gw_str_t value, gw_str_t *text)
{
    if (value.len < 2 || value.data[0] != '"'
        || memchr(value.data, '\\', value.len) != NULL)
    {
        return GW_EINVAL;
    }

    *text = gw_str_make(value.data + 1, value.len - 2);
    return GW_OK;
}
