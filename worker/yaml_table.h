/* Tables that an operator edits: YAML of conf.d, or the program's own copy. */
#ifndef YAML_TABLE_H
#define YAML_TABLE_H

#include <jansson.h>

#include "shm/contract/yaml.h"
#include "shm/gw_buf.h"
#include "shm/gw_err.h"

typedef struct {
    json_t      *doc;
    const char  *path;                  /* as messages name it */
    gw_marks_t   marks;
    gw_buf_t    *err;
} yaml_table_t;

/*
 * Read the file at path; NULL or empty: what the program carries of `name`,
 * such as "conf.d/classes.yaml". GW_EINVAL and one sentence with file and line
 * in err; both strings and err must outlive the table.
 */
int yaml_table_open(yaml_table_t *t, const char *path, const char *name,
    gw_buf_t *err) GW_MUSTCHECK;
void yaml_table_close(yaml_table_t *t);

/* Say into err what is wrong at the node's place; returns GW_EINVAL. */
int yaml_table_refuse(yaml_table_t *t, const json_t *node, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
