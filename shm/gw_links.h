/*
 * Link rewriting at save time: an own, bounded HTML tokenizer finds what a
 * recipient can click and wraps it for tracking.
 */
#ifndef GW_LINKS_H
#define GW_LINKS_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_LINKS_MAX  1000

/* A link found: its index and its URL as the author wrote it (entities
   decoded); fixed = no Liquid in it. */
typedef int (*gw_links_found_pt)(void *arg, unsigned index, gw_str_t url,
    bool fixed);

/*
 * Copy html to out with each http(s) href of <a> and <area> (and each that
 * starts with Liquid) replaced by `{% link N %}url{% endlink %}`, N from 0;
 * equal fixed URLs share an index. `data-godwit-track="off"` on the tag opts
 * out. mailto:, tel:, `#` and empty ones stay. GW_EINVAL with line and column
 * when the tokenizer refuses the text, GW_EFULL for more than GW_LINKS_MAX.
 */
int gw_links_rewrite(gw_str_t html, gw_buf_t *out, gw_links_found_pt found,
    void *arg, unsigned *line, unsigned *column, gw_buf_t *err) GW_MUSTCHECK;

/*
 * The text alternative of an HTML body: block elements end lines, links are
 * followed by their URL in angle brackets, Liquid is kept as it is.
 */
int gw_links_text(gw_str_t html, gw_buf_t *out) GW_MUSTCHECK;

#endif
