/*
 * What x-handler of an operation may name: work in C that its SQL cannot do.
 * One table for the edge and the command line.
 */
#ifndef GW_HANDLERS_H
#define GW_HANDLERS_H

#include <jansson.h>

#include "shm/gw_conf.h"

typedef enum {
    GW_ANSWER_JSON,                     /* what the operation answers       */
    GW_ANSWER_FILE,                     /* a file, whole or by ranges       */
    GW_ANSWER_PAGES                     /* page after page, of any length  */
} gw_answer_e;

typedef struct {
    const char   *name;
    gw_answer_e   answer;

    /*
     * Check the body and bring it into its final form, before Postgres.
     * GW_EINVAL: *field names the member (static text), err is one sentence.
     * NULL: the work is not with the body, and the edge's alone.
     */
    int         (*body)(json_t *body, const gw_conf_t *conf,
                        const char **field, gw_buf_t *err);
} gw_handler_t;

extern const gw_handler_t  gw_handlers[];       /* ended by a NULL name */

/* The handler of that name, or NULL. */
const gw_handler_t *gw_handler(gw_str_t name);

#endif
