/* References of RFC 3986: a relative one against its base. */
#include "shm/schema/node.h"

typedef struct {
    gw_str_t  scheme;           /* with its colon; empty when missing      */
    gw_str_t  authority;        /* with its two slashes; empty likewise    */
    gw_str_t  path;
    gw_str_t  query;            /* with its question mark; empty likewise  */
} uri_t;


static gw_str_t
uri_take(gw_str_t *s, size_t n)
{
    gw_str_t  head = { n, s->data };

    s->data += n;
    s->len -= n;
    return head;
}


/* the number of characters before the first that stands in stop */
static size_t
uri_span(gw_str_t s, const char *stop)
{
    size_t  n;

    for (n = 0; n < s.len && strchr(stop, s.data[n]) == NULL; n++) {
        /* void */
    }

    return n;
}


static uri_t
uri_split(gw_str_t s)
{
    size_t  n;
    uri_t   u;

    memset(&u, 0, sizeof(u));

    n = uri_span(s, ":/?#");
    if (n > 0 && n < s.len && s.data[n] == ':') {
        u.scheme = uri_take(&s, n + 1);
    }

    if (s.len >= 2 && s.data[0] == '/' && s.data[1] == '/') {
        n = uri_span(gw_str_make(s.data + 2, s.len - 2), "/?#");
        u.authority = uri_take(&s, n + 2);
    }

    u.path = uri_take(&s, uri_span(s, "?#"));
    u.query = uri_take(&s, uri_span(s, "#"));
    return u;
}


/* drop the last segment of what was written since start, with its slash */
static void
uri_up(gw_buf_t *out, size_t start)
{
    while (out->len > start && out->data[--out->len] != '/') {
        /* void */
    }
}


/* append a path without its dot segments (RFC 3986 section 5.2.4) */
static void
uri_path(gw_buf_t *out, gw_str_t path)
{
    bool      last;
    size_t    n, start;
    gw_str_t  segment;

    start = out->len;

    while (path.len > 0 && !out->failed) {
        n = path.data[0] == '/';
        n += uri_span(gw_str_make(path.data + n, path.len - n), "/");
        segment = uri_take(&path, n);
        last = path.len == 0;

        if (gw_str_is(segment, "/.") || gw_str_is(segment, ".")) {
            if (last) {
                gw_buf_char(out, '/');
            }

        } else if (gw_str_is(segment, "/..") || gw_str_is(segment, "..")) {
            uri_up(out, start);
            if (last) {
                gw_buf_char(out, '/');
            }

        } else {
            gw_buf_str(out, segment);
        }
    }
}


void
schema_uri(gw_buf_t *out, gw_str_t base, gw_str_t ref)
{
    uri_t     b, r;
    size_t    n;
    gw_buf_t  merged;

    b = uri_split(base);
    r = uri_split(ref);

    if (r.scheme.len > 0) {
        gw_buf_str(out, ref);
        return;
    }

    gw_buf_str(out, b.scheme);
    gw_buf_str(out, r.authority.len > 0 ? r.authority : b.authority);

    if (r.authority.len > 0 || (r.path.len > 0 && r.path.data[0] == '/')) {
        uri_path(out, r.path);
        gw_buf_str(out, r.query);
        return;
    }

    if (r.path.len == 0) {
        gw_buf_str(out, b.path);
        gw_buf_str(out, r.query.len > 0 ? r.query : b.query);
        return;
    }

    gw_buf_init(&merged, base.len + ref.len + 1);
    for (n = b.path.len; n > 0 && b.path.data[n - 1] != '/'; n--) {
        /* void */
    }

    if (n == 0 && b.authority.len > 0) {
        gw_buf_char(&merged, '/');
    }

    gw_buf_put(&merged, b.path.data, n);
    gw_buf_str(&merged, r.path);
    out->failed |= merged.failed;
    uri_path(out, gw_buf_view(&merged));
    gw_buf_str(out, r.query);
    gw_buf_free(&merged);
}
