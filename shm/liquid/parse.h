/* The parser: words (lex), values (expr), scanning (scan), tags. */
#ifndef GW_LIQUID_PARSE_H
#define GW_LIQUID_PARSE_H

#include "shm/liquid/liquid.h"

typedef struct {
    gw_liquid_t                *program;
    const gw_liquid_options_t  *opt;
    gw_liquid_error_t          *err;
    gw_str_t                    rest;   /* of the source, or of a markup  */
    const unsigned char        *opened; /* the innermost open tag         */
    unsigned                    depth;
    bool                        trim;   /* the next text loses its blanks */
    bool                        lines;  /* inside {% liquid %}: a tag a
                                           line                           */
    bool                        literals;   /* `empty` and `blank` stand
                                               for themselves             */
} lq_parser_t;

/* ---- words: blanks are skipped before each; false: *m is as before ---- */

/* A mark, or a keyword that ends there. */
bool lq_take(gw_str_t *m, const char *mark);
bool lq_word(gw_str_t *m, gw_str_t *word);
bool lq_target(gw_str_t *m, gw_str_t *name);
bool lq_label(gw_str_t *m, gw_str_t *word);

/* Nothing may be left of *m. */
int lq_ended(lq_parser_t *p, gw_str_t *m);

/* ---- expressions, from the start of *m; GW_EINVAL with err filled ---- */

lq_expr_t *lq_expr(lq_parser_t *p, int kind);
int lq_parse_value(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
int lq_parse_filtered(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
int lq_parse_operand(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
int lq_parse_condition(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);

/* ---- tags ---- */

/* Parse a tag's markup m (and its body, if it has one) into node. */
typedef int (*lq_tag_pt)(lq_parser_t *p, gw_str_t m, lq_node_t *node);

typedef struct {
    const char  *name;
    int          kind;          /* LQ_NOTHING: only its body is left */
    bool         blank;         /* prints nothing                    */
    lq_tag_pt    parse;
} lq_tag_row_t;

/* By name, ended by a NULL one. */
extern const lq_tag_row_t  lq_tags[];
extern const lq_tag_row_t  lq_tags_loop[];
extern const lq_tag_row_t  lq_tags_text[];
extern const lq_tag_row_t  lq_tags_partial[];

/* A tag as the scanner finds it; `at` NULL: there was none. */
typedef struct {
    gw_str_t              name, markup;
    const unsigned char  *at;
    bool                  output;       /* {{ }} */
} lq_tag_t;

/*
 * Nodes up to one of the tags `until` (in *end), or to the end of the source
 * when until is empty. A missing last one of them is an error.
 */
int lq_block(lq_parser_t *p, lq_node_t **out, const char *const *until,
    lq_tag_t *end);

/* Inside {% liquid %}: the next line that is not blank, taken. */
bool lq_line(lq_parser_t *p, gw_str_t *line);

/* Where `mark` and its brace come first; NULL: nowhere. */
unsigned char *lq_close(gw_str_t s, char mark);
void lq_advance(gw_str_t *s, size_t n);

lq_node_t *lq_node(lq_parser_t *p, int kind, const unsigned char *at);

/* The markup of {{ }}. */
int lq_output(lq_parser_t *p, gw_str_t m, lq_node_t *node);

/*
 * Go over the HTML of a template and give each output the way it is written.
 * GW_EINVAL for an output where none may be, for branches that leave the HTML
 * in different states, for tags that have no end.
 */
int lq_html(lq_parser_t *p);

/* Encode a text, if opt->coded asks for it; GW_ENOMEM. */
int lq_coded_make(lq_parser_t *p, lq_node_t *node);

/* Does all of it print blanks at most? Then its texts can go. */
bool lq_all_blank(const lq_node_t *node);
void lq_drop_blanks(lq_node_t **list);

/* Are arguments that are written out any that the filter knows? */
int lq_check_literals(lq_parser_t *p, const lq_filter_t *f);

/* The partial of that name, to be compiled when the template is. */
int lq_partial(lq_parser_t *p, gw_str_t name, const unsigned char *at,
    const lq_partial_t **out);

#endif
