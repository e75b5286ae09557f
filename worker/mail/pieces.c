/* What many messages have in common, encoded once. */
#include "worker/mail/pieces.h"

#include <stdlib.h>

#include "worker/mail/dkim_canon.h"


shared_t *
shared_create(size_t max)
{
    shared_t  *s;

    s = calloc(1, sizeof(shared_t));
    if (s == NULL) {
        return NULL;
    }

    s->refs = 1;
    gw_buf_init(&s->text, max);
    gw_buf_init(&s->relaxed, max);
    return s;
}


int
shared_ready(shared_t *s)
{
    gw_str_t  text;

    text = gw_buf_view(&s->text);
    s->empty = 0;
    dkim_canon_body(text, &s->empty, &s->relaxed);
    if (s->text.failed || s->relaxed.failed) {
        return GW_ENOMEM;
    }

    s->same = gw_str_eq(text, gw_buf_view(&s->relaxed));
    if (s->same) {
        gw_buf_trim(&s->relaxed, 0);        /* mostly: base64 */
    }

    return GW_OK;
}


gw_str_t
shared_relaxed(const shared_t *s)
{
    return gw_buf_view(s->same ? &s->text : &s->relaxed);
}


shared_t *
shared_hold(shared_t *s)
{
    s->refs++;
    return s;
}


void
shared_drop(shared_t *s)
{
    if (s == NULL || --s->refs > 0) {
        return;
    }

    gw_buf_free(&s->text);
    gw_buf_free(&s->relaxed);
    free(s);
}


void
pieces_add(pieces_t *p, size_t at, shared_t *what)
{
    p->piece[p->n].at = at;
    p->piece[p->n].what = shared_hold(what);
    p->n++;
}


void
pieces_drop(pieces_t *p)
{
    while (p->n > 0) {
        shared_drop(p->piece[--p->n].what);
    }
}


size_t
pieces_len(const pieces_t *p)
{
    size_t    len;
    unsigned  i;

    for (i = 0, len = 0; i < p->n; i++) {
        len += p->piece[i].what->text.len;
    }

    return len;
}
