/* The two tables of the program: its commands and the roles of its worker. */
#ifndef TABLE_H
#define TABLE_H

#include "worker/worker.h"

enum {
    TABLE_NO_HOUSE = 1,         /* the command reads no configuration    */
    TABLE_JSON = 2              /* its errors are JSON documents as well */
};

typedef struct {
    const char  *name;
    role_pt      call;
    int          flags;
    const char  *usage;         /* words after `godwit`, then what it does */
} table_command_t;

typedef struct {
    const char  *name;
    role_pt      call;
    bool         reloads;       /* reads its settings anew on SIGHUP; the
                                   others are started anew               */
} table_role_t;

/* Both are ended by a NULL name; roles stand in the order of their start. */
extern const table_command_t  table_commands[];
extern const table_role_t     table_roles[];

/* The row of that name, or NULL. */
const table_command_t *table_command(const char *name);
const table_role_t *table_role(const char *name);

#endif
