/* `godwit top`: what goes on in a house, drawn anew each second. */
#ifndef TOP_H
#define TOP_H

#include "worker/worker.h"

#define TOP_VALUES  512
#define TOP_ROLES   16
#define TOP_WORD    48

/* A number that a role has told; word "" without a label. */
typedef struct {
    char    name[64], word[TOP_WORD];
    double  value;
} top_value_t;

/* A process of the worker. */
typedef struct {
    const char  *name;
    int          pid;               /* 0: it does not run                   */
    int64_t      cpu_ms;            /* since its start                      */
    int64_t      memory;            /* bytes                                */
    int64_t      told_s;            /* since when it has told; -1: nothing  */
} top_role_t;

/* What is seen at one time. */
typedef struct {
    int64_t      at_ms;
    unsigned     values, roles;
    top_value_t  value[TOP_VALUES];
    top_role_t   role[TOP_ROLES];
} top_look_t;

/* Look at the files of the roles and at their processes. */
void top_look(const worker_t *w, top_look_t *look);

/* What of that name was told, or NULL. */
const top_value_t *top_value(const top_look_t *look, const char *name,
    const char *word);

#endif
