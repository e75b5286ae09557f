/* What of a row names others, or is several texts: owner, tags, identities. */
#include "worker/import/row.h"

#include <stdlib.h>
#include <string.h>

#include "worker/import/copy.h"

#define ROW_OTHERS  20                  /* further addresses, or numbers */
#define ROW_TAG     64                  /* characters of a tag */
#define ROW_TEXT    25                  /* the oid of Postgres's text */


/* The member who is to look after him. */
static const char *
row_owner(const row_t *r, gw_buf_t *out)
{
    int        found;
    size_t     n;
    char       name[256];
    gw_str_t   s;
    long long  id;

    s = r->value[IMPORT_OWNER];
    if (s.len == 0) {
        copy_null(out);
        return NULL;
    }

    for (n = 0; n < s.len; n++) {       /* 254 bytes at most */
        name[n] = (char) (s.data[n] >= 'A' && s.data[n] <= 'Z'
                          ? s.data[n] | 0x20 : s.data[n]);
    }

    found = import_find(r->m->members, gw_str_make(name, s.len));
    if (found < 0
        || gw_str_int(gw_str_of(PQgetvalue(r->m->members, found, 1)), 1,
                      INT64_MAX, &id) != GW_OK)
    {
        return "no member of the workspace has this address";
    }

    copy_put_int(out, id, 8);
    return NULL;
}


static int
row_tag_cmp(const void *a, const void *b)
{
    int              c;
    const gw_str_t  *x = a, *y = b;

    c = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return c != 0 ? c : x->len < y->len ? -1 : x->len > y->len;
}


/* As godwit.tag_kept has it. */
static const char *
row_tag(gw_str_t *tag)
{
    size_t  n, characters;

    characters = 0;
    for (n = 0; n < tag->len; n++) {
        characters += (tag->data[n] & 0xc0) != 0x80;
        if (tag->data[n] >= 'A' && tag->data[n] <= 'Z') {
            tag->data[n] |= 0x20;
        }
    }

    return characters > ROW_TAG ? "a tag has more than 64 characters"
           : value_control(*tag) ? "a tag is no single line" : NULL;
}


/* The tags as text[], in order, each once. */
static const char *
row_tags(row_t *r, gw_buf_t *out)
{
    size_t       at;
    uint32_t     head[5], len;
    unsigned     i, n;
    gw_str_t     tag[LIST_MAX];
    const char  *why;

    why = list_read(&r->list, r->value[IMPORT_TAGS]);
    for (i = 0; why == NULL && i < r->list.n; i++) {
        tag[i] = list_item(&r->list, i);
        why = row_tag(&tag[i]);
    }

    if (why != NULL || r->list.n == 0) {
        copy_null(out);
        return why;
    }

    qsort(tag, r->list.n, sizeof(gw_str_t), row_tag_cmp);
    at = out->len;
    memset(head, 0, sizeof(head));
    gw_buf_put(out, "\0\0\0\0", 4);
    gw_buf_put(out, head, sizeof(head));

    n = 0;
    for (i = 0; i < r->list.n; i++) {
        if (i == 0 || !gw_str_eq(tag[i - 1], tag[i])) {
            copy_put(out, tag[i].data, tag[i].len);
            n++;
        }
    }

    if (!out->failed) {
        len = htonl((uint32_t) (out->len - at - 4));
        memcpy(out->data + at, &len, 4);
        head[0] = htonl(1);             /* dimensions */
        head[2] = htonl(ROW_TEXT);
        head[3] = htonl(n);
        head[4] = htonl(1);             /* where it begins */
        memcpy(out->data + at + 4, head, sizeof(head));
    }

    return NULL;
}


static void
row_json(gw_buf_t *out, const char *name, gw_str_t s)
{
    gw_buf_fmt(out, "\"%s\":", name);
    if (s.len > 0) {
        gw_buf_json(out, s);
    } else {
        gw_buf_cstr(out, "null");
    }
}


/* Further addresses or numbers of the cell, each an identity of his. */
static const char *
row_others(row_t *r, import_field_t field, gw_buf_t *out)
{
    char             room[VALUE_PHONE];
    unsigned         i;
    gw_str_t         s;
    const char      *why;
    import_field_t   as;

    as = field == IMPORT_EMAILS ? IMPORT_EMAIL : IMPORT_PHONE;
    why = list_read(&r->list, r->value[field]);
    if (why == NULL && r->list.n > ROW_OTHERS) {
        why = "the cell has more than 20 texts";
    }

    for (i = 0; why == NULL && i < r->list.n; i++) {
        s = list_item(&r->list, i);
        why = s.len > row_limits[as] ? "the text is too long"
              : value_wrong(r->m, as, s);
        if (why == NULL && as == IMPORT_PHONE && !value_phone(s, room, &s)) {
            why = "one of these is no telephone number with its country code, "
                  "such as +491701234567";
        }

        gw_buf_char(out, out->len > 0 ? ',' : '[');
        gw_buf_fmt(out, "{\"kind\":\"%s\",", import_word(as));
        row_json(out, "value", s);
        gw_buf_char(out, ',');
        row_json(out, "email", r->value[IMPORT_EMAIL]);
        gw_buf_char(out, ',');
        row_json(out, "external_id", r->value[IMPORT_EXTERNAL_ID]);
        gw_buf_char(out, '}');
    }

    return why;
}


const char *
row_several(row_t *r, import_batch_t *batch, unsigned *column)
{
    const char  *why;

    *column = r->column[IMPORT_OWNER];
    why = row_owner(r, &batch->copy);
    if (why == NULL) {
        *column = r->column[IMPORT_TAGS];
        why = row_tags(r, &batch->copy);
    }
    if (why == NULL) {
        *column = r->column[IMPORT_EMAILS];
        why = row_others(r, IMPORT_EMAILS, &batch->others);
    }
    if (why == NULL) {
        *column = r->column[IMPORT_PHONES];
        why = row_others(r, IMPORT_PHONES, &batch->others);
    }

    return why;
}
