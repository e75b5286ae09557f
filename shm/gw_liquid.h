/*
 * Liquid with Shopify's semantics: compiled once to a program, rendered many
 * times without allocation after the first.
 */
#ifndef GW_LIQUID_H
#define GW_LIQUID_H

#include <jansson.h>
#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

typedef struct gw_liquid_s      gw_liquid_t;        /* a program         */
typedef struct gw_liquid_run_s  gw_liquid_run_t;    /* a reusable machine */

typedef struct {
    unsigned  line;             /* from 1; 0 = not known */
    unsigned  column;           /* from 1, in characters */
    char      message[256];     /* one sentence          */
} gw_liquid_error_t;

enum { GW_LIQUID_PLAIN, GW_LIQUID_HTML };

/*
 * Find the source of a partial: GW_OK and a view that lives until compile
 * returns, or GW_ENOTFOUND.
 */
typedef int (*gw_liquid_partial_pt)(void *arg, gw_str_t name, gw_str_t *src);

/*
 * Write the tracked form of a link at render time: `index` is that of the
 * `{% link N %}url{% endlink %}` block, url its rendered body, fixed whether
 * the body had no variable part.
 */
typedef int (*gw_liquid_link_pt)(void *arg, unsigned index, gw_str_t url,
    bool fixed, gw_buf_t *out);

typedef struct {
    bool                  strict;   /* refuse what lax Liquid lets pass       */
    int                   escape;   /* HTML: outputs are escaped unless
                                       the last filter is `raw` or `escape`  */
    gw_liquid_partial_pt  partial;  /* NULL: no partials                      */
    void                 *partial_arg;
    bool                  links;    /* know the tag `link`                    */
} gw_liquid_options_t;

typedef struct {
    int64_t            now_us;      /* "now" and "today"                      */
    int32_t            zone;        /* offset of local time, seconds          */
    gw_liquid_link_pt  link;
    void              *link_arg;
    bool               strict;      /* an unknown variable is one */
    uint64_t           max_steps;   /* 0 = the built-in budget                */
} gw_liquid_context_t;

/* Compile src; the caller owns *out. GW_EINVAL with err filled, GW_ENOMEM. */
int gw_liquid_compile(gw_liquid_t **out, gw_str_t src,
    const gw_liquid_options_t *opt, gw_liquid_error_t *err) GW_MUSTCHECK;
void gw_liquid_free(gw_liquid_t *p);

/* A machine for any number of programs, one render at a time. */
int gw_liquid_run_create(gw_liquid_run_t **run) GW_MUSTCHECK;
void gw_liquid_run_free(gw_liquid_run_t *run);

/*
 * Append the text of p with data (an object, borrowed) to out. GW_EINVAL with
 * err filled for an error at run time, GW_EFULL when a budget or out is
 * exhausted; out then holds a part that nobody may use.
 */
int gw_liquid_render(const gw_liquid_t *p, gw_liquid_run_t *run,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err) GW_MUSTCHECK;

#endif
