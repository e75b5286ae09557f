/* The reading of one directive's value, by the configuration table. */
#include "shm/gw_conf.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "shm/gw_near.h"

typedef struct {
    const char  *suffix;
    int64_t      factor;
} gw_conf_unit_t;

static const gw_conf_unit_t  gw_conf_times[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 },
    { "d", GW_CONF_DAY }, { NULL, 0 }
};
static const gw_conf_unit_t  gw_conf_sizes[] = {
    { "k", 1 << 10 }, { "m", 1 << 20 }, { "g", 1 << 30 }, { "", 1 },
    { NULL, 0 }
};


/* A number with one of the units behind it, within the bounds of the row. */
static int
gw_conf_number(const gw_conf_row_t *row, const gw_conf_unit_t *unit,
    gw_str_t v, int64_t *out)
{
    size_t     digits;
    long long  n;

    for (digits = 0; digits < v.len && v.data[digits] >= '0'
                     && v.data[digits] <= '9'; digits++)
    {
        /* void */
    }

    for ( /* void */ ; unit->suffix != NULL; unit++) {
        if (strlen(unit->suffix) == v.len - digits
            && strncasecmp(unit->suffix, (char *) v.data + digits,
                           v.len - digits) == 0)
        {
            break;
        }
    }

    if (unit->suffix == NULL
        || gw_str_int(gw_str_make(v.data, digits), 0,
                      LLONG_MAX / unit->factor, &n) != GW_OK)
    {
        return GW_EINVAL;
    }

    *out = n * unit->factor;
    return *out >= row->min && *out <= row->max ? GW_OK : GW_EFULL;
}


static int
gw_conf_word(const char **words, gw_str_t v, int64_t *out)
{
    int  i;

    for (i = 0; words[i] != NULL; i++) {
        if (gw_str_is(v, words[i])) {
            *out = i;
            return GW_OK;
        }
    }

    return GW_EINVAL;
}


/*
 * No quote, backslash or control character: nginx and our tokenizer would not
 * read the same, and what is printed could not be read again.
 */
static bool
gw_conf_plain(gw_str_t v)
{
    size_t  i;

    for (i = 0; i < v.len; i++) {
        if (v.data[i] < 0x20 || v.data[i] == 0x7f || v.data[i] == '"'
            || v.data[i] == '\\')
        {
            return false;
        }
    }

    return true;
}


static int
gw_conf_text(const gw_conf_row_t *row, gw_str_t v, gw_str_t *out)
{
    unsigned char  *copy;

    if ((int64_t) v.len < row->min || (int64_t) v.len > row->max) {
        return GW_EFULL;
    }

    if (!gw_conf_plain(v)
        || (row->type == GW_CONF_PATH && v.len > 0 && v.data[0] != '/'))
    {
        return GW_EINVAL;
    }

    copy = malloc(v.len + 1);
    if (copy == NULL) {
        return GW_ENOMEM;
    }

    if (v.len > 0) {
        memcpy(copy, v.data, v.len);
    }
    copy[v.len] = '\0';
    free(out->data);
    *out = gw_str_make(copy, v.len);
    return GW_OK;
}


/* The n-th network; none for an empty text alone. */
static int
gw_conf_net(gw_str_t v, unsigned n, gw_nets_t *nets)
{
    if (n == 0 && v.len == 0) {
        nets->n = 0;
        return GW_OK;
    }

    nets->n = n + 1;
    return gw_net_parse(v, &nets->v[n]);
}


/* The n-th of a list, such as a server, behind those before it. */
static int
gw_conf_append(gw_str_t v, bool (*is)(gw_str_t), unsigned n, gw_str_t *out)
{
    size_t          len;
    unsigned char  *copy;

    if ((n > 0 || v.len > 0) && !is(v)) {
        return GW_EINVAL;
    }

    len = n > 0 ? out->len + 1 : 0;
    copy = malloc(len + v.len + 1);
    if (copy == NULL) {
        return GW_ENOMEM;
    }

    if (len > 0) {
        memcpy(copy, out->data, len - 1);
        copy[len - 1] = ',';
    }
    if (v.len > 0) {
        memcpy(copy + len, v.data, v.len);
    }
    copy[len + v.len] = '\0';
    free(out->data);
    *out = gw_str_make(copy, len + v.len);
    return GW_OK;
}


/* Store one value (the n-th argument) at the field of row. */
static int
gw_conf_value(gw_conf_t *conf, const gw_conf_row_t *row, gw_str_t v,
    unsigned n)
{
    int              rc;
    void            *field;
    int64_t          number;
    gw_conf_list_t  *list;

    field = (char *) conf + row->offset;
    number = 0;

    switch (row->type) {
    case GW_CONF_STR:
    case GW_CONF_PATH:
        return gw_conf_text(row, v, field);
    case GW_CONF_NETS:
        return gw_conf_net(v, n, field);
    case GW_CONF_SERVERS:
        return gw_conf_append(v, gw_net_is_server, n, field);
    case GW_CONF_HOSTS:
        return gw_conf_append(v, gw_net_is_host, n, field);
    case GW_CONF_PLACES:
        return gw_conf_append(v, gw_net_is_place, n, field);
    case GW_CONF_INT:
        rc = gw_conf_number(row, gw_conf_sizes + 3, v, &number);
        break;
    case GW_CONF_SIZE:
        rc = gw_conf_number(row, gw_conf_sizes, v, &number);
        break;
    case GW_CONF_FLAG:
        rc = gw_conf_word((const char *[]) { "off", "on", NULL }, v, &number);
        break;
    case GW_CONF_ENUM:
        rc = gw_conf_word(row->words, v, &number);
        break;
    default:
        rc = gw_conf_number(row, gw_conf_times, v, &number);
        break;
    }

    if (rc != GW_OK) {
        return rc;
    }

    if (row->type == GW_CONF_MS_LIST) {
        list = field;
        list->v[n] = number;
        list->n = n + 1;
        return GW_OK;
    }

    *(int64_t *) field = number;
    return GW_OK;
}


/* What a value of this type looks like, for the message. */
static void
gw_conf_expect(const gw_conf_row_t *row, gw_buf_t *err)
{
    int  i;

    switch (row->type) {
    case GW_CONF_STR:
        gw_buf_fmt(err, "a text of %lld to %lld bytes without \\ and \"",
                   (long long) row->min, (long long) row->max);
        break;
    case GW_CONF_PATH:
        gw_buf_fmt(err, "an absolute path of at most %lld bytes without \\ and "
                   "\"", (long long) row->max);
        break;
    case GW_CONF_FLAG:
        gw_buf_cstr(err, "on or off");
        break;
    case GW_CONF_ENUM:
        for (i = 0; row->words[i] != NULL; i++) {
            gw_buf_fmt(err, "%s%s", i == 0 ? "one of " : ", ", row->words[i]);
        }
        break;
    case GW_CONF_INT:
        gw_buf_fmt(err, "a number from %lld to %lld", (long long) row->min,
                   (long long) row->max);
        break;
    case GW_CONF_NETS:
        gw_buf_cstr(err, "an address or a network such as 192.0.2.0/24 or "
                    "2001:db8::/32");
        break;
    case GW_CONF_SERVERS:
        gw_buf_cstr(err, "an address with or without port, such as "
                    "192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53");
        break;
    case GW_CONF_HOSTS:
        gw_buf_cstr(err, "a host with its port, such as "
                    "mail.example.com:587 or [2001:db8::1]:25");
        break;
    case GW_CONF_PLACES:
        gw_buf_cstr(err, "an address or a domain in lower case, such as "
                    "shop@example.com or example.com");
        break;
    case GW_CONF_SIZE:
        gw_buf_fmt(err, "a size such as 512k, 64m, 1g, from %lld to %lld "
                   "bytes", (long long) row->min, (long long) row->max);
        break;
    default:
        gw_buf_fmt(err, "a time such as 50ms, 5s, 10m, 3d, from %lldms to "
                   "%lldms", (long long) row->min, (long long) row->max);
        break;
    }
}


int
gw_conf_init(gw_conf_t *conf)
{
    char                  name[256], mem[256];
    gw_buf_t              err;
    gw_str_t              args[GW_CONF_LIST_MAX + 1];
    unsigned              n;
    const char           *p, *end;
    gw_conf_seen_t        seen;
    const gw_conf_row_t  *row;

    memset(conf, 0, sizeof(gw_conf_t));
    memset(&seen, 0, sizeof(seen));
    gw_buf_fixed(&err, mem, sizeof(mem));

    for (row = gw_conf_rows; row->name != NULL; row++) {
        if (row->value == NULL) {
            continue;
        }

        args[0] = gw_str_of(row->name);
        n = 1;
        for (p = row->value; n == 1 || *p; p = *end ? end + 1 : end) {
            end = row->type == GW_CONF_MS_LIST ? strchrnul(p, ' ')
                                               : strchrnul(p, '\0');
            args[n++] = gw_str_make(p, end - p);
        }

        if (gw_conf_set(conf, &seen, args, n, &err) != GW_OK) {
            return GW_ENOMEM;
        }
    }

    if (gethostname(name, sizeof(name)) == 0) {
        name[sizeof(name) - 1] = '\0';
        args[0] = gw_str_of("helo_name");
        args[1] = gw_str_of(name);
        gw_buf_reset(&err);
        memset(&seen, 0, sizeof(seen));
        return gw_conf_set(conf, &seen, args, 2, &err);
    }

    return GW_OK;
}


/* A word for a message: not all of a long one, nothing of a secret. */
static void
gw_conf_quote(gw_str_t s, bool secret, gw_buf_t *err)
{
    gw_buf_fmt(err, "\"%.*s%s\"",
               secret ? 0 : (int) (s.len > 240 ? 60 : s.len), s.data,
               !secret && s.len > 240 ? "..." : "");
}


static int
gw_conf_unknown(gw_str_t name, gw_buf_t *err)
{
    gw_near_t             near;
    const gw_conf_row_t  *row;

    gw_near_init(&near, name);
    for (row = gw_conf_rows; row->name != NULL; row++) {
        gw_near_add(&near, gw_str_of(row->name));
    }

    gw_buf_cstr(err, "unknown directive ");
    gw_conf_quote(name, 0, err);
    if (near.n > 0) {
        gw_buf_fmt(err, "; did you mean \"%.*s\"?", (int) near.names[0].len,
                   near.names[0].data);
    }

    return GW_EINVAL;
}


int
gw_conf_set(gw_conf_t *conf, gw_conf_seen_t *seen, const gw_str_t *args,
    unsigned n, gw_buf_t *err)
{
    int                   rc;
    unsigned              i, max;
    const gw_conf_row_t  *row;

    for (row = gw_conf_rows; row->name != NULL; row++) {
        if (gw_str_is(args[0], row->name)) {
            break;
        }
    }

    if (row->name == NULL) {
        return gw_conf_unknown(args[0], err);
    }

    if (gw_conf_is_seen(seen, row - gw_conf_rows)) {
        gw_buf_fmt(err, "directive \"%s\" stands twice", row->name);
        return GW_EINVAL;
    }

    max = row->type == GW_CONF_MS_LIST || row->type == GW_CONF_NETS
          || row->type == GW_CONF_SERVERS || row->type == GW_CONF_PLACES
          || row->type == GW_CONF_HOSTS ? GW_CONF_LIST_MAX : 1;
    if (n < 2 || n > max + 1) {
        gw_buf_fmt(err, "directive \"%s\" takes %s, not %u", row->name,
                   max == 1 ? "one value" : "1 to 16 values", n - 1);
        return GW_EINVAL;
    }

    for (i = 1; i < n; i++) {
        rc = gw_conf_value(conf, row, args[i], i - 1);
        if (rc != GW_OK) {
            gw_buf_fmt(err, "directive \"%s\": ", row->name);
            gw_conf_quote(args[i], row->secret, err);
            gw_buf_cstr(err, " is not ");
            gw_conf_expect(row, err);
            return rc == GW_ENOMEM ? rc : GW_EINVAL;
        }
    }

    gw_conf_see(seen, row - gw_conf_rows);
    return GW_OK;
}
