/* The contract that the program carries. */
#ifndef CONTRACT_H
#define CONTRACT_H

#include "shm/contract/contract.h"

/* Read the embedded sql/api/<noun>.yaml; NULL with one sentence in why. */
gw_contract_t *contract_load(gw_buf_t *why);

#endif
