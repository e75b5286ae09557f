/* A mail that came in, taken apart in one pass over its lines. */
#include "worker/receive/parse.h"

#include <stdlib.h>

/* What a line is looked at against: the multiparts that are open. */
typedef struct {
    unsigned  part;
    size_t    len;
    char      text[PARSE_BOUNDARY];
} parse_open_t;

typedef struct {
    parse_t       *p;
    parse_open_t   open[PARSE_DEPTH];
    unsigned       opened;
    unsigned       dashes;              /* lines that began with --          */
    size_t         fields;              /* bytes of all heads                */
    bool           in_head;             /* of the last part                  */
    unsigned char *start;               /* of that head or body              */
    gw_str_t       boundary;            /* of the mail, when not as it says  */
} parse_run_t;


parse_t *
parse_create(void)
{
    parse_t  *p;

    p = calloc(1, sizeof(parse_t));
    if (p != NULL) {
        gw_buf_init(&p->text, PARSE_BYTES);
    }

    return p;
}


void
parse_free(parse_t *p)
{
    if (p != NULL) {
        gw_buf_free(&p->text);
        free(p);
    }
}


/* The mail with LF for each CR, LF and CRLF; and without mbox's first line. */
static int
parse_lines(gw_buf_t *out, gw_str_t in)
{
    size_t                n;
    unsigned char        *to;
    const unsigned char  *p, *end, *cr;

    gw_buf_reset(out);
    if (in.len > PARSE_BYTES - 1) {
        return GW_EFULL;
    }

    to = gw_buf_room(out, in.len + 1);
    if (to == NULL) {
        return GW_ENOMEM;
    }

    end = in.len > 0 ? in.data + in.len : in.data;
    for (p = in.data; p < end; p = cr + 1) {
        cr = memchr(p, '\r', (size_t) (end - p));
        n = (size_t) ((cr != NULL ? cr : end) - p);
        memcpy(to, p, n);
        to += n;
        if (cr == NULL) {
            break;
        }
        *to++ = '\n';
        cr += cr + 1 < end && cr[1] == '\n';
    }

    out->len = (size_t) (to - out->data);
    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        out->data[out->len++] = '\n';
    }

    return GW_OK;
}


/* A new part, whose head begins at start; false: there are enough. */
static bool
parse_begin(parse_run_t *r, unsigned char *start, unsigned depth,
    bool returned)
{
    part_t  *part;

    if (r->p->n == PARSE_PARTS) {
        return false;
    }

    part = &r->p->part[r->p->n++];
    memset(part, 0, sizeof(part_t));
    part->depth = depth;
    part->returned = returned;
    r->in_head = true;
    r->start = start;
    return true;
}


/* The last part ends before at. */
static void
parse_end(parse_run_t *r, unsigned char *at)
{
    part_t  *part;

    if (r->start == NULL) {
        return;
    }

    part = &r->p->part[r->p->n - 1];
    if (r->in_head) {
        part->head = gw_str_make(r->start, (size_t) (at - r->start));
        part->body = gw_str_make(at, 0);
    } else {
        part->body = gw_str_make(r->start, (size_t) (at - r->start));
    }
}


/* Is this a multipart? Then its boundary is waited for. */
static void
parse_open(parse_run_t *r, const part_t *part)
{
    gw_buf_t       b;
    parse_open_t  *o;

    if (!parse_type(part, "multipart/") || r->opened == PARSE_DEPTH
        || part->depth + 1 >= PARSE_DEPTH)
    {
        return;
    }

    o = &r->open[r->opened];
    gw_buf_fixed(&b, o->text, sizeof(o->text));
    if (r->boundary.len > 0 && r->p->n == 1) {
        gw_buf_str(&b, r->boundary);
    } else {
        (void) parse_param(part->type, "boundary", &b);
    }

    if (b.len > 0 && !b.failed) {
        o->len = b.len;
        o->part = r->p->n - 1;
        r->opened++;
    }
}


/* Is the body of this part a mail, or the head of one? */
static bool
parse_is_mail(const part_t *part)
{
    size_t    i, n;
    gw_str_t  t;

    static const char  *types[] = {
        "message/rfc822", "message/global", "text/rfc822-headers",
        "message/global-headers", NULL
    };

    for (n = 0; n < part->type.len && part->type.data[n] != ';'; n++) {
        /* the type alone */
    }

    t = parse_trim(gw_str_make(part->type.data, n));
    for (i = 0; types[i] != NULL; i++) {
        if (gw_str_same(t, types[i])) {
            return true;
        }
    }

    return false;
}


/* A head ends at `end`, its body begins at body. */
static void
parse_head(parse_run_t *r, unsigned char *end, unsigned char *body)
{
    part_t  *part;

    part = &r->p->part[r->p->n - 1];
    part->head = gw_str_make(r->start, (size_t) (end - r->start));
    r->fields += part->head.len;
    if (r->fields > PARSE_HEADERS) {
        part->head.len -= part->head.len < r->fields - PARSE_HEADERS
                          ? part->head.len : r->fields - PARSE_HEADERS;
        r->fields = PARSE_HEADERS;
    }

    part->type = parse_find(part->head, "content-type");
    part->encoding = parse_find(part->head, "content-transfer-encoding");
    r->in_head = false;
    r->start = body;

    if (parse_is_mail(part) && part->depth + 1 < PARSE_DEPTH) {
        part->body = gw_str_make(body, 0);
        (void) parse_begin(r, body, part->depth + 1, true);
        return;
    }

    parse_open(r, part);
}


/* May this line stand among fields: `Name:`, or the rest of one? */
static bool
parse_is_field(const unsigned char *p, const unsigned char *end)
{
    const unsigned char  *colon;

    if (*p == ' ' || *p == '\t') {
        return true;
    }

    for (colon = p; colon < end && *colon > ' ' && *colon != ':'; colon++) {
        /* the name */
    }

    while (colon < end && *colon == ' ') {
        colon++;
    }

    return colon > p && colon < end && *colon == ':';
}


/* Which open multipart has this line for its boundary: its number + 1, or 0. */
static unsigned
parse_boundary(const parse_run_t *r, const unsigned char *p,
    const unsigned char *end, bool *last)
{
    size_t               n;
    unsigned             i;
    const parse_open_t  *o;

    while (end > p && (end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }

    n = (size_t) (end - p) - 2;
    for (i = r->opened; i > 0; i--) {
        o = &r->open[i - 1];
        *last = n == o->len + 2 && end[-1] == '-' && end[-2] == '-';
        if ((n == o->len || *last) && memcmp(p + 2, o->text, o->len) == 0) {
            return i;
        }
    }

    return 0;
}


/* A line that begins with --: does it end parts, does it begin one? */
static bool
parse_dashes(parse_run_t *r, unsigned char *p, unsigned char *next)
{
    bool            last;
    unsigned        i, of;
    unsigned char  *end;

    i = parse_boundary(r, p, next, &last);
    if (i == 0) {
        return false;
    }

    /* the line end before a boundary is the boundary's */
    end = p > r->start ? p - 1 : p;
    if (r->in_head) {
        parse_head(r, end, end);
        r->opened = r->opened > i ? i : r->opened;
    }
    parse_end(r, end);

    of = r->open[i - 1].part;
    r->opened = last ? i - 1 : i;

    if (last || !parse_begin(r, next, r->p->part[of].depth + 1,
                             r->p->part[of].returned))
    {
        /* an epilogue, or too much: nobody reads it */
        r->in_head = false;
        r->start = NULL;
    }

    return true;
}


static void
parse_line(parse_run_t *r, unsigned char *p, unsigned char *next)
{
    if (*p == '-' && p[1] == '-' && r->opened > 0
        && r->dashes++ < PARSE_DASHES && parse_dashes(r, p, next))
    {
        return;
    }

    if (r->in_head && *p == '\n') {
        /* blank lines before the fields of a mail within one */
        if (p == r->start && r->p->n > 1
            && r->p->part[r->p->n - 1].returned)
        {
            r->start = next;
            return;
        }
        parse_head(r, p, next);

    } else if (r->in_head && !parse_is_field(p, next)) {
        if (p == r->start && next - p > 5 && memcmp(p, "From ", 5) == 0) {
            r->start = next;    /* an mbox has this before the fields */
        } else {
            parse_head(r, p, p);
        }
    }
}


/* All lines of the text: from the fields of the mail to its last part. */
static void
parse_run(parse_t *p, gw_str_t boundary)
{
    parse_run_t     r;
    unsigned char  *at, *end, *next;

    memset(&r, 0, sizeof(r));
    r.p = p;
    r.boundary = boundary;
    p->n = 0;
    end = p->text.data + p->text.len;
    (void) parse_begin(&r, p->text.data, 0, false);

    for (at = p->text.data; at < end; at = next) {
        next = memchr(at, '\n', (size_t) (end - at));
        next = next != NULL ? next + 1 : end;
        if (r.in_head || *at == '-') {
            parse_line(&r, at, next);
        }
    }

    if (r.in_head) {
        parse_head(&r, end, end);
    }
    parse_end(&r, end);
}


/* The line before the first fields in a body: what its boundary might be. */
static gw_str_t
parse_guess(gw_str_t body)
{
    gw_str_t        line;
    unsigned char  *p, *nl, *end;

    end = body.data + body.len;
    for (p = body.data; p < end; p = nl + 1) {
        nl = memchr(p, '\n', (size_t) (end - p));
        if (nl == NULL) {
            break;
        }
        line = parse_trim(gw_str_make(p, (size_t) (nl - p)));
        if (line.len > 2 && line.len < PARSE_BOUNDARY && p[0] == '-'
            && p[1] == '-'
            && parse_begins(gw_str_make(nl + 1, (size_t) (end - nl - 1)),
                            "content-"))
        {
            return gw_str_make(p + 2, line.len - 2);
        }
    }

    return gw_str_make(NULL, 0);
}


int
parse_mail(parse_t *p, gw_str_t mail)
{
    int       rc;
    gw_str_t  boundary;

    p->n = 0;
    rc = parse_lines(&p->text, mail);
    if (rc != GW_OK) {
        return rc;
    }

    parse_run(p, gw_str_make(NULL, 0));
    if (p->n > 1 || !parse_type(&p->part[0], "multipart/")) {
        return GW_OK;
    }

    /* the boundary it names is nowhere: there is another, or it is a text */
    boundary = parse_guess(p->part[0].body);
    if (boundary.len > 0) {
        parse_run(p, boundary);
    }
    if (p->n == 1) {
        p->part[0].type = gw_str_make(NULL, 0);
    }

    return GW_OK;
}
