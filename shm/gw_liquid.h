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
#include "shm/html/html.h"

typedef struct gw_liquid_s      gw_liquid_t;        /* a program         */
typedef struct gw_liquid_run_s  gw_liquid_run_t;    /* a reusable machine */

typedef struct {
    unsigned  line;             /* from 1; 0 = not known */
    unsigned  column;           /* from 1, in characters */
    char      message[256];     /* one sentence          */
} gw_liquid_error_t;

enum { GW_LIQUID_PLAIN, GW_LIQUID_HTML };

#define GW_LIQUID_CPU  50000    /* us that a part of a message may take       */

/*
 * Find the source of a partial: GW_OK and a view that lives until compile
 * returns, or GW_ENOTFOUND.
 */
typedef int (*gw_liquid_partial_pt)(void *arg, gw_str_t name, gw_str_t *src);

/* The i-th name of the partials there are, or GW_ENOTFOUND past the last. */
typedef int (*gw_liquid_name_pt)(void *arg, unsigned i, gw_str_t *name);

/*
 * Write the tracked form of a link at render time: `index` is that of the
 * `{% link N %}url{% endlink %}` block, fixed whether the body had no variable
 * part; else url is its rendered body (http or https), with what it has not of
 * ctx.query unless it is `{% link N bare %}`.
 */
typedef int (*gw_liquid_link_pt)(void *arg, unsigned index, gw_str_t url,
    bool fixed, gw_buf_t *out);

/* Write what counts an opening, at `{% pixel %}`. */
typedef int (*gw_liquid_pixel_pt)(void *arg, gw_buf_t *out);

/*
 * A value that is not in the data: `root`, or its member `name` when that is
 * not empty. GW_OK with a view of its text (data == NULL: nil) that lives as
 * long as the render, or GW_ENOTFOUND: the data has it, which this may fill.
 */
typedef int (*gw_liquid_find_pt)(void *arg, gw_str_t root, gw_str_t name,
    gw_str_t *text);

/*
 * Who wants to know what HTML a template is made of, in the order of its
 * source. Partials are left out.
 */
typedef struct {
    gw_html_event_pt      event;
    void                 *arg;
    gw_str_t              source;   /* set: events point into it             */
    unsigned              block;    /* set: the branch or body it is in      */
    const char           *why;      /* by the event, static text: a refusal, */
    const unsigned char  *at;       /* and its place                         */
} gw_liquid_html_t;

typedef struct {
    bool                  strict;   /* refuse what lax Liquid lets pass       */
    int                   escape;   /* HTML: outputs are written as the place
                                       where they stand wants it             */
    gw_liquid_html_t     *html;     /* or NULL                                */
    gw_liquid_partial_pt  partial;  /* NULL: no partials                      */
    gw_liquid_name_pt     partial_name;     /* NULL: an `include` writes its
                                               name out                       */
    void                 *partial_arg;      /* of both                        */
    bool                  links;    /* know the tags `link` and `pixel`       */
    bool                  coded;    /* be ready for ctx.coded                 */
} gw_liquid_options_t;

typedef struct {
    int64_t            now_us;      /* "now" and "today"                      */
    int32_t            zone;        /* offset of local time, seconds          */
    gw_str_t           locale;      /* whose way numbers, money, plurals and
                                       dates are written; empty: English      */
    gw_liquid_link_pt  link;        /* NULL: links stay what they are         */
    gw_liquid_pixel_pt pixel;       /* NULL: none                             */
    void              *link_arg;    /* of both                                */
    gw_str_t           query;       /* `a=b&c=d`: parameters that links get   */
    gw_liquid_find_pt  find;        /* NULL: all is in the data               */
    void              *find_arg;
    bool               strict;      /* an unknown variable is one */
    bool               coded;       /* the text comes as quoted-printable,
                                       its last line ended                    */
    uint64_t           max_steps;   /* 0 = 2 million                          */
    int64_t            cpu_until;   /* of gw_clock_cpu_us(); 0 = for ever     */
    int64_t            max_cpu;     /* us from the first few hundred steps on,
                                       so that a short one asks no clock;
                                       0 = any                                */
    size_t             max_output;  /* length of out in bytes; 0 = 1 MiB      */
} gw_liquid_context_t;

/*
 * Is a locale that one, or a part of it: de-AT of de, in any case and with `_`
 * for `-`?
 */
bool gw_liquid_locale_is(gw_str_t locale, const char *of);

/*
 * Compile src with all the partials it calls; the caller owns *out. GW_EINVAL
 * with err filled, GW_ENOMEM, or what the callback gave.
 */
int gw_liquid_compile(gw_liquid_t **out, gw_str_t src,
    const gw_liquid_options_t *opt, gw_liquid_error_t *err) GW_MUSTCHECK;
void gw_liquid_free(gw_liquid_t *p);

/*
 * Tell each partial that p calls, those called by partials among them, with
 * the place of its first call; GW_OK or what `called` gave, which ends it.
 */
typedef int (*gw_liquid_called_pt)(void *arg, gw_str_t name, unsigned line,
    unsigned column);
int gw_liquid_calls(const gw_liquid_t *p, gw_liquid_called_pt called,
    void *arg) GW_MUSTCHECK;

#define GW_LIQUID_NAME_PARTS  4

/* Views: a variable as it is written, root.member.member, or its beginning. */
typedef struct {
    gw_str_t  part[GW_LIQUID_NAME_PARTS];
    unsigned  parts;
    bool      safe;             /* with `default` behind it                  */
    size_t    at;               /* bytes from the start of the source        */
} gw_liquid_name_t;

/*
 * Tell each variable that p reads, wherever it reads it, but for those that it
 * makes itself; partials are left out. GW_OK or what `named` gave, which ends
 * it.
 */
typedef int (*gw_liquid_named_pt)(void *arg, const gw_liquid_name_t *name);
int gw_liquid_names(const gw_liquid_t *p, gw_liquid_named_pt named, void *arg)
    GW_MUSTCHECK;

/*
 * A machine for any number of programs, one render at a time. It keeps up to
 * 1 MiB of memory between renders and takes up to 16 MiB during one.
 */
int gw_liquid_run_create(gw_liquid_run_t **run) GW_MUSTCHECK;
void gw_liquid_run_free(gw_liquid_run_t *run);

/*
 * Append the text of p with data (an object, borrowed) to out. GW_EINVAL with
 * err filled for an error at run time or an exhausted budget; out then holds
 * a part that nobody may use. Any other code is what the callback gave.
 */
int gw_liquid_render(const gw_liquid_t *p, gw_liquid_run_t *run,
    const json_t *data, const gw_liquid_context_t *ctx, gw_buf_t *out,
    gw_liquid_error_t *err) GW_MUSTCHECK;

#endif
