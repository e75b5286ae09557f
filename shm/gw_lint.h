/*
 * What speaks against a content, as far as the content alone tells it: found
 * while it is compiled, kept with it, shown by templates_lint and by preflight.
 */
#ifndef GW_LINT_H
#define GW_LINT_H

#include <jansson.h>

#include "shm/gw_liquid.h"

typedef struct gw_lint_s  gw_lint_t;

/* Whose part it is; static or living as long as the part is compiled. */
typedef struct {
    const char  *field;         /* subject, html, text                       */
    const char  *locale, *arm;  /* NULL: of none                             */
} gw_lint_place_t;

/*
 * To found (borrowed, an array) it adds {"rule","severity","field","locale"?,
 * "arm"?,"line","column","message"}, of each html {"rule": "weight","bytes"} as
 * well; to names {"name": [ROOT, member, ...],"safe", and the place}. At most
 * GW_LINT_MOST of either for each part. The caller owns *lint.
 */
#define GW_LINT_MOST  200

int gw_lint_create(gw_lint_t **lint, json_t *found, json_t *names)
    GW_MUSTCHECK;
void gw_lint_free(gw_lint_t *lint);

/* A part begins; who is to be told of its HTML when it is some. */
gw_liquid_html_t *gw_lint_begin(gw_lint_t *lint, const gw_lint_place_t *place,
    gw_str_t source);

/* It has been compiled. GW_ENOMEM. */
int gw_lint_end(gw_lint_t *lint, const gw_liquid_t *program) GW_MUSTCHECK;

#endif
