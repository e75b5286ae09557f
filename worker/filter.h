/* Commands that are filters of JSON lines: one in, one out. */
#ifndef FILTER_H
#define FILTER_H

#include <jansson.h>

#include "shm/gw_str.h"

/*
 * The answer to a line (without its end), whose reference is the caller's;
 * NULL: no memory.
 */
typedef json_t *(*filter_pt)(void *arg, gw_str_t line);

/*
 * Answer each line of standard input on standard output, at once. What no JSON
 * can hold, or no memory, becomes an error document.
 */
void filter_run(filter_pt call, void *arg);

#endif
