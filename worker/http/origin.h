/* Where requests of campaigns go: a gate for each scheme, host and port. */
#ifndef ORIGIN_H
#define ORIGIN_H

#include "worker/mail/mail.h"

#define ORIGIN_WINDOW  2                /* requests at once, at first        */

typedef struct origin_s  origin_t;

struct origin_s {
    origin_t   *next;
    char       *name;                   /* as godwit.url_origin has it       */
    gate_t      gate;
    unsigned    refs;                   /* campaigns                         */
    unsigned    active;                 /* requests                          */
    unsigned    window;                 /* at most; grows with success       */
    int64_t     pause_ms;               /* it asked for                      */
};

/* The name of that of a URL, to be freed; NULL: no memory, or it has none. */
char *origin_name(const char *url);

/* The one of that name, held; NULL: no memory. Held by none it is gone. */
origin_t *origin_hold(origin_t **all, const char *name);
void origin_drop(origin_t **all, origin_t *o);

#endif
