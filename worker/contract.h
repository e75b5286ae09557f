/* The operations of the embedded contracts (sql/api/<noun>.yaml). */
#ifndef CONTRACT_H
#define CONTRACT_H

#include <stdbool.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define CONTRACT_NAME_MAX  63           /* a name of Postgres */

typedef struct {
    char  operation[CONTRACT_NAME_MAX + 1];
    char  handler[CONTRACT_NAME_MAX + 1];       /* x-handler, or "" */
} contract_op_t;

/*
 * Find the operation by its operationId. GW_ENOTFOUND: `near` got up to three
 * names that look like it, joined by ", ". GW_ECORRUPT: a contract is not
 * YAML; err says which and where.
 */
int contract_find(const char *name, contract_op_t *op, gw_buf_t *near,
    gw_buf_t *err) GW_MUSTCHECK;

#endif
