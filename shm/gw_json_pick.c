/* Members of a JSON object as they stand in its text. */
#include "shm/gw_json_pick.h"

#include "shm/gw_json_scan.h"

typedef struct {
    gw_json_scan_t      scan;
    unsigned            depth;          /* of the value at hand             */
    const gw_str_t     *names;
    gw_str_t           *values;
    unsigned            n;
} pick_t;

static void pick_value(pick_t *c);


static void
pick_refuse(pick_t *c, const char *what)
{
    gw_json_scan_refuse(&c->scan, "syntax", what);
}


static bool
pick_is_well(const pick_t *c)
{
    return c->scan.rule == NULL;
}


/* What stands at the place of the reader; 0: it is at the end. */
static unsigned char
pick_char(const pick_t *c)
{
    return c->scan.i < c->scan.s.len ? c->scan.s.data[c->scan.i] : 0;
}


/* The next that is no blank; the reader stays where something is wrong. */
static unsigned char
pick_next(pick_t *c)
{
    unsigned char  ch;

    while (pick_is_well(c)) {
        ch = pick_char(c);
        if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n') {
            return ch;
        }

        c->scan.i++;
    }

    return 0;
}


static bool
pick_is(pick_t *c, unsigned char want)
{
    if (pick_next(c) != want) {
        return false;
    }

    c->scan.i++;
    return true;
}


/* The text from start to the place of the reader. */
static gw_str_t
pick_since(const pick_t *c, size_t start)
{
    return gw_str_make(c->scan.s.data + start, c->scan.i - start);
}


/* The string that begins here, without its quotes. */
static gw_str_t
pick_string(pick_t *c)
{
    size_t  start;

    if (!pick_is(c, '"')) {
        pick_refuse(c, "has something else where a string must be");
        return gw_str_of(NULL);
    }

    start = c->scan.i;
    if (!gw_json_scan_string(&c->scan)) {
        pick_refuse(c, "ends in a string");
        return gw_str_of(NULL);
    }

    return gw_str_make(c->scan.s.data + start, c->scan.i - start - 1);
}


static size_t
pick_digits(gw_str_t *s)
{
    size_t  n;

    for (n = 0; n < s->len && s->data[n] >= '0' && s->data[n] <= '9'; n++) {
        /* void */
    }

    *s = gw_str_make(s->data + n, s->len - n);
    return n;
}


/* Does one of these stand next? Then s goes on behind it. */
static bool
pick_one_of(gw_str_t *s, const char *any)
{
    if (s->len == 0 || strchr(any, s->data[0]) == NULL) {
        return false;
    }

    *s = gw_str_make(s->data + 1, s->len - 1);
    return true;
}


/* Is it a number as JSON writes it? */
static bool
pick_is_number(gw_str_t s)
{
    bool    zero;
    size_t  n;

    (void) pick_one_of(&s, "-");
    zero = s.len > 0 && s.data[0] == '0';
    n = pick_digits(&s);

    if (n == 0 || (zero && n > 1)
        || (pick_one_of(&s, ".") && pick_digits(&s) == 0))
    {
        return false;
    }

    if (pick_one_of(&s, "eE")) {
        (void) pick_one_of(&s, "+-");
        if (pick_digits(&s) == 0) {
            return false;
        }
    }

    return s.len == 0;
}


static bool
pick_is_word(gw_str_t s)
{
    return gw_str_is(s, "true") || gw_str_is(s, "false")
           || gw_str_is(s, "null");
}


/* Keep what a member of the first level says. */
static void
pick_keep(pick_t *c, gw_str_t name, gw_str_t value)
{
    unsigned  k;

    for (k = 0; k < c->n; k++) {
        if (gw_str_eq(name, c->names[k])) {
            if (c->values[k].data != NULL) {
                gw_json_scan_refuse(&c->scan, "duplicate_key",
                                    "has a name twice");
            }
            c->values[k] = value;
            return;
        }
    }
}


/* The members of an object, whose brace is behind the reader. */
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
        if (!pick_is(c, ':')) {
            pick_refuse(c, "has a name without a value");
        }

        /* Postgres takes an escaped name for the one that it stands for */
        if (keep && name.len > 0
            && memchr(name.data, '\\', name.len) != NULL)
        {
            pick_refuse(c, "has an escape in the name of a member");
        }

        (void) pick_next(c);
        start = c->scan.i;
        pick_value(c);

        if (keep && pick_is_well(c)) {
            pick_keep(c, name, pick_since(c, start));
        }

    } while (pick_is(c, ','));

    if (!pick_is(c, '}')) {
        pick_refuse(c, "has an object that does not end");
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
    } while (pick_is(c, ','));

    if (!pick_is(c, ']')) {
        pick_refuse(c, "has an array that does not end");
    }
}


/* Those of an object or an array, whose bracket ch is behind the reader. */
static void
pick_inside(pick_t *c, unsigned char ch, bool keep)
{
    if (++c->depth > GW_JSON_DEPTH_MAX) {
        gw_json_scan_refuse(&c->scan, "depth", "is nested deeper than 64");

    } else if (ch == '{') {
        pick_members(c, keep);

    } else {
        pick_items(c);
    }

    c->depth--;
}


/* Any value. */
static void
pick_value(pick_t *c)
{
    size_t         start;
    unsigned char  ch;

    if (!pick_is_well(c)) {
        return;
    }

    ch = pick_next(c);
    start = c->scan.i;

    if (ch == '"') {
        (void) pick_string(c);

    } else if (ch == '{' || ch == '[') {
        c->scan.i++;
        pick_inside(c, ch, false);

    } else if (ch == '-' || (ch >= '0' && ch <= '9')) {
        gw_json_scan_number(&c->scan);
        if (!pick_is_number(pick_since(c, start))) {
            pick_refuse(c, "has a number that is none of JSON");
        }

    } else {
        gw_json_scan_word(&c->scan);
        if (!pick_is_word(pick_since(c, start))) {
            pick_refuse(c, "has something that is no value of JSON");
        }
    }
}


int
gw_json_pick(gw_str_t text, const gw_str_t *names, unsigned n,
    gw_str_t *values, gw_json_error_t *err)
{
    pick_t    c = { { text, 0, 0, NULL, NULL }, 0, names, values, n };

    memset(values, 0, n * sizeof(gw_str_t));
    (void) pick_next(&c);

    if (c.scan.i == text.len) {
        gw_json_scan_refuse(&c.scan, "empty", "is empty");

    } else if (!pick_is(&c, '{')) {
        gw_json_scan_refuse(&c.scan, "object", "is no object");

    } else {
        pick_inside(&c, '{', true);
        (void) pick_next(&c);
        if (c.scan.i < text.len) {
            pick_refuse(&c, "goes on behind its end");
        }
    }

    return pick_is_well(&c) ? GW_OK : gw_json_refuse_at(err, &c.scan);
}


bool
gw_json_item(gw_str_t array, size_t *at, gw_str_t *item)
{
    size_t  start;
    pick_t  c = { { array, *at, 0, NULL, NULL }, 0, NULL, NULL, 0 };

    c.scan.i += *at == 0;                       /* its bracket */
    if (pick_is(&c, ']')) {
        return false;
    }

    c.scan.i += *at > 0;                        /* a comma */
    (void) pick_next(&c);
    start = c.scan.i;
    pick_value(&c);
    *item = pick_since(&c, start);
    *at = c.scan.i;
    return true;
}


bool
gw_json_member(gw_str_t object, size_t *at, gw_str_t *name, gw_str_t *value)
{
    size_t  start;
    pick_t  c = { { object, *at, 0, NULL, NULL }, 0, NULL, NULL, 0 };

    if (!pick_is(&c, *at == 0 ? '{' : ',') || pick_is(&c, '}')) {
        return false;
    }

    *name = pick_string(&c);
    (void) pick_is(&c, ':');
    (void) pick_next(&c);
    start = c.scan.i;
    pick_value(&c);
    *value = pick_since(&c, start);
    *at = c.scan.i;
    return pick_is_well(&c) && value->len > 0;
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
