/*
 * What can go wrong with an operation: one table of codes with their HTTP
 * status, one of SQLSTATEs, and the writer of RFC 9457 documents.
 */
#ifndef GW_PROBLEM_H
#define GW_PROBLEM_H

#include <stdbool.h>

#include "shm/gw_buf.h"

#define GW_PROBLEM_TYPE    "application/problem+json"
#define GW_PROBLEM_ERRORS  20           /* of one document, at most */

typedef enum {
    GW_PROBLEM_BAD_REQUEST,
    GW_PROBLEM_UNAUTHORIZED,
    GW_PROBLEM_FORBIDDEN,
    GW_PROBLEM_NOT_FOUND,
    GW_PROBLEM_METHOD_NOT_ALLOWED,
    GW_PROBLEM_NOT_ACCEPTABLE,
    GW_PROBLEM_REQUEST_TIMEOUT,
    GW_PROBLEM_CONFLICT,
    GW_PROBLEM_PRECONDITION_FAILED,
    GW_PROBLEM_TOO_LARGE,
    GW_PROBLEM_URI_TOO_LONG,
    GW_PROBLEM_UNSUPPORTED_TYPE,
    GW_PROBLEM_RANGE,
    GW_PROBLEM_INVALID,
    GW_PROBLEM_IDEMPOTENCY_MISMATCH,
    GW_PROBLEM_QUOTA,
    GW_PROBLEM_RATE_LIMITED,
    GW_PROBLEM_HEADERS_TOO_LARGE,
    GW_PROBLEM_INTERNAL,
    GW_PROBLEM_NOT_IMPLEMENTED,
    GW_PROBLEM_AWAY,
    GW_PROBLEM_BUSY,
    GW_PROBLEM_NOT_MIGRATED,
    GW_PROBLEM_TIMEOUT,
    GW_PROBLEM_HTTP_VERSION,
    GW_PROBLEM_NO_ROOM,
    GW_PROBLEMS
} gw_problem_e;

typedef struct {
    const char  *code;                  /* "/docs/problems#CODE"         */
    unsigned     status;                /* of HTTP                       */
    const char  *title;
    const char  *detail;                /* said when nothing better is   */
} gw_problem_t;

/* One wrong field; the pointer is RFC 6901's into the operation's input. */
typedef struct {
    gw_str_t  pointer;
    gw_str_t  rule;                     /* of the schema, or "" */
    gw_str_t  message;
} gw_problem_error_t;

/* The row of p; static. */
const gw_problem_t *gw_problem(gw_problem_e p);

/* Is state one of our own, whose text is written for the caller? */
bool gw_problem_own(const char *state);

/* What a SQLSTATE (five characters; NULL or "" too) is to the caller. */
gw_problem_e gw_problem_of(const char *state);

/*
 * Append the document of p. An empty detail is that of the table; an empty
 * request_id, and errors when n is 0, are left out.
 */
void gw_problem_write(gw_buf_t *out, gw_problem_e p, gw_str_t detail,
    gw_str_t request_id, const gw_problem_error_t *errors, unsigned n);

/* Append the RFC 6901 pointer of one member of the input: /name, escaped. */
void gw_problem_pointer(gw_buf_t *out, gw_str_t name);

#endif
