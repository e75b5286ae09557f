/* Snippets as Postgres gives them, for who compiles what calls them. */
#ifndef GW_SNIPPETS_H
#define GW_SNIPPETS_H

#include "shm/gw_liquid.h"

/* Borrowed. {NAME: {"html","text"}}, or NULL: there are none. */
typedef struct {
    const json_t  *snippets;
    const char    *part;        /* that is called for: html or text */
} gw_snippets_t;

/* gw_liquid_partial_pt of a gw_snippets_t. */
int gw_snippets_partial(void *arg, gw_str_t name, gw_str_t *src);

/*
 * gw_liquid_partial_pt of what is saved: any snippet is there, and empty. Each
 * is a text of its own, so that what it holds changes nothing around it; which
 * there are is known to Postgres.
 */
int gw_snippets_any(void *arg, gw_str_t name, gw_str_t *src);

/* Bytes of all their texts of that part. */
size_t gw_snippets_size(const gw_snippets_t *s);

#endif
