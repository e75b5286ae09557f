/* Strict intake of one JSON object from outside. */
#ifndef INTAKE_H
#define INTAKE_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define INTAKE_DEPTH_MAX  64

/*
 * Parse text as one JSON object: no NUL, no duplicate key, no deeper nesting
 * than 64, UTF-8 only. GW_OK: the caller owns *body. GW_EINVAL: one sentence
 * with line and column in err.
 */
int intake_object(gw_str_t text, json_t **body, gw_buf_t *err) GW_MUSTCHECK;

#endif
