/*
 * The links of a template: found at save time by the HTML tokenizer, wrapped
 * for tracking; and the text alternative of its HTML.
 */
#ifndef GW_LINKS_H
#define GW_LINKS_H

#include "shm/gw_liquid.h"

#define GW_LINKS_MAX  1000
#define GW_LINKS_URL  2048

/* Views. url: as the author wrote it, character references undone. */
typedef struct {
    unsigned  index;
    gw_str_t  url;
    gw_str_t  name;             /* data-godwit-name, or empty */
    bool      fixed;            /* no Liquid in it            */
    bool      bare;             /* data-godwit-utm="off"      */
} gw_link_t;

typedef int (*gw_links_found_pt)(void *arg, const gw_link_t *link);

/*
 * Compile html as strict Liquid in HTML and copy it to out with each http(s)
 * href of <a>, <area> and <v:...> (and each that begins with Liquid) as
 * `{% link N %}href{% endlink %}`, N from `first`; fixed URLs of equal text
 * and name share one. data-godwit-track="off" on the tag opts out,
 * data-godwit-utm="off" makes it `{% link N bare %}`; these and
 * data-godwit-name are left out of the copy. `{% pixel %}` comes before the
 * last </body>, or to the end. mailto:, tel:, `#`, empty ones and the URLs
 * that are made for each recipient stay.
 *
 * GW_EINVAL with err filled when the template is wrong or its links come to
 * more than GW_LINKS_MAX, GW_EFULL without room in out, or what found() gave.
 */
int gw_links_rewrite(gw_str_t html, unsigned first, gw_buf_t *out,
    gw_links_found_pt found, void *arg, gw_liquid_error_t *err) GW_MUSTCHECK;

/*
 * The text alternative of an HTML body, Liquid as well: blocks end lines,
 * links are followed by their URL in angle brackets, items of lists have a
 * mark, cells a bar between them, images their alt. The codes of
 * gw_links_rewrite.
 */
int gw_links_text(gw_str_t html, gw_buf_t *out, gw_liquid_error_t *err)
    GW_MUSTCHECK;

/* Compile html as gw_links_rewrite does, to hear what it is made of. */
int gw_links_compile(gw_str_t html, gw_liquid_html_t *sink,
    gw_liquid_error_t *err) GW_MUSTCHECK;

/*
 * Append a piece of a template with the references outside Liquid undone.
 * again: what comes out is a template too, so that no brace of the text may
 * begin Liquid.
 */
void gw_links_decode(gw_str_t source, bool again, gw_buf_t *out);
void gw_links_literal(gw_str_t text, bool attribute, bool again,
    gw_buf_t *out);

/*
 * Behind the Liquid output or tag that begins at p; NULL: there is none. *none
 * is 0 at first and keeps what does not end any more, so that p going up to end
 * looks at each byte a few times only.
 */
const unsigned char *gw_links_liquid(const unsigned char *p,
    const unsigned char *end, unsigned *none);

#endif
