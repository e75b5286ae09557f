/* A narrow YAML: what JSON can say, each node with its place. */
#ifndef GW_CONTRACT_YAML_H
#define GW_CONTRACT_YAML_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

typedef struct {
    const json_t  *node;
    unsigned       file;
    unsigned       line;                /* from 1; of the key in a mapping */
} gw_mark_t;

/* The places of nodes, by their address. */
typedef struct {
    gw_mark_t  *rows;
    size_t      n;
    size_t      cap;                    /* a power of two, or 0 */
} gw_marks_t;

int gw_marks_set(gw_marks_t *m, const json_t *node, unsigned file,
    unsigned line) GW_MUSTCHECK;

/* NULL for a node that no file holds, and for true, false and null. */
const gw_mark_t *gw_marks_get(const gw_marks_t *m, const json_t *node);
void gw_marks_free(gw_marks_t *m);

/*
 * Read text as one YAML document. Plain true, false, null and JSON numbers are
 * these, all else is text; anchors, aliases, tags, merge keys, empty values,
 * keys given twice and nesting past 64 are refused. The caller owns *out.
 * GW_EINVAL: *line and one sentence in why.
 */
int gw_yaml_load(gw_str_t text, unsigned file, gw_marks_t *marks,
    json_t **out, unsigned *line, gw_buf_t *why) GW_MUSTCHECK;

#endif
