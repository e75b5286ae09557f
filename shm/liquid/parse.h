/* The two halves of the parser: scanning (scan.c) and tags (tags.c). */
#ifndef GW_LIQUID_PARSE_H
#define GW_LIQUID_PARSE_H

#include "shm/liquid/liquid.h"

/* Parse a tag's markup m (and its body, if it has one) into node. */
typedef int (*lq_tag_pt)(lq_parser_t *p, gw_str_t m, lq_node_t *node);

typedef struct {
    const char  *name;
    int          kind;
    lq_tag_pt    parse;
} lq_tag_row_t;

/* By name, ended by a NULL one. */
extern const lq_tag_row_t  lq_tags[];

/* A tag as the scanner finds it. */
typedef struct {
    gw_str_t              name, markup;
    const unsigned char  *at;
} lq_tag_t;

/*
 * Nodes up to one of the tags `until` (in *end), or to the end of the source
 * when until is empty. A missing last one of them is an error.
 */
int lq_block(lq_parser_t *p, lq_node_t **out, const char *const *until,
    lq_tag_t *end);

/* Skip to {% NAME %}; the text before it is in *body. */
int lq_skip_to(lq_parser_t *p, const char *name, gw_str_t *body,
    const unsigned char *at);

lq_node_t *lq_node(lq_parser_t *p, int kind, const unsigned char *at);

/* The markup of {{ }}. */
int lq_output(lq_parser_t *p, gw_str_t m, lq_node_t *node);

#endif
