/* The inside of lint: notes, links, colours. */
#ifndef LINT_H
#define LINT_H

#include "shm/gw_lint.h"

#define LINT_LINKS     100      /* more of them look like spam               */
#define LINT_SUBJECT   70       /* characters that most lists of mail show   */
#define LINT_DEPTH     64       /* elements in elements that are judged      */
#define LINT_PAIRS     32       /* of colours, each told once                */

#define COLOUR_NONE     (-1)    /* nobody has set one                        */
#define COLOUR_UNKNOWN  (-2)    /* somebody has, and it can not be told      */

/* What an element's text looks like; colours as 0xRRGGBB or one of above. */
typedef struct {
    int     text, ground;
    double  size;               /* px; 0: not set                            */
    bool    bold;
} colour_style_t;

/* A colour as CSS or an attribute has it. */
int colour_read(gw_str_t s);

/* What a style attribute changes of an element. */
void colour_style(gw_str_t css, colour_style_t *style);

/* WCAG 2: (L1 + 0.05) / (L2 + 0.05), 1 to 21. */
double colour_contrast(int a, int b);

typedef struct {
    char            tag[GW_HTML_NAME];
    uint8_t         n_tag;
    colour_style_t  style;
    size_t          at;         /* of the tag that set a colour last         */
} lint_box_t;

struct gw_lint_s {
    json_t                *found, *names;
    gw_lint_place_t        place;
    gw_str_t               source;
    bool                   failed;      /* no memory                         */
    unsigned               n_found, n_names;
    json_t                *seen;        /* names of the part                 */
    /* where the last place was */
    size_t                 at;
    unsigned               line, column;

    /* ---- of HTML ---- */
    gw_liquid_html_t       html;
    unsigned               links;
    bool                   leaves;      /* there is a way out                */
    const unsigned char   *name, *value;        /* of the attribute at hand  */
    gw_str_t               href, src, style, bgcolor, color;
    bool                   alt;
    lint_box_t             box[LINT_DEPTH];
    unsigned               depth;       /* may go beyond, unseen             */
    int                    pair[LINT_PAIRS][2];
    unsigned               pairs;
};

/* Without what HTML takes for a blank. */
static inline gw_str_t
lint_trim(gw_str_t s)
{
    return gw_str_trim(s, " \t\n\r\f");
}


/* Note a finding at a byte of the source. */
void lint_note(gw_lint_t *l, const char *rule, const char *severity, size_t at,
    const char *message);

/*
 * The URL of a link or an image, as it is written: NULL, or what is wrong with
 * it (static text), and *rule.
 */
const char *lint_url(gw_str_t url, bool image, const char **rule);

/* gw_html_event_pt of a gw_lint_t. */
void lint_event(void *arg, gw_html_event_t e, const gw_html_t *h,
    const unsigned char *from, const unsigned char *to);

#endif
