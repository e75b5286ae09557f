/* SQL, contracts and tables that the program carries; the build makes them. */
#ifndef SQL_FILES_H
#define SQL_FILES_H

#include <stddef.h>

typedef struct {
    const char  *name;          /* of the file; of YAML with its folder      */
    const char  *text;          /* NUL-terminated                             */
    size_t       len;
} sql_file_t;

/* In the order of their names, ended by a NULL name. */
extern const sql_file_t  sql_roles[];
extern const sql_file_t  sql_migrations[];
extern const sql_file_t  sql_functions[];
extern const sql_file_t  sql_api[];
extern const sql_file_t  sql_contracts[];
extern const sql_file_t  sql_rules[];     /* conf.d/x.yaml: yaml_table.h */

#endif
