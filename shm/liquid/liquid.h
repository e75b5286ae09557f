/* The inside of Liquid: values, the compiled tree, the machine. */
#ifndef GW_LIQUID_INTERNAL_H
#define GW_LIQUID_INTERNAL_H

#include "shm/gw_liquid.h"

#define GW_LIQUID_DEPTH    100      /* blocks inside blocks                  */
#define GW_LIQUID_ARGS     8        /* of a filter, a cycle, a when          */
#define GW_LIQUID_VARS     256      /* names that a render may assign        */
#define GW_LIQUID_STEPS    2000000  /* nodes of a render, unless told        */
#define GW_LIQUID_ARENA    (64 * 1024 * 1024)
#define GW_LIQUID_RANGE    1000000  /* elements that a range may have        */

/* ---- memory: a chain of blocks, emptied as a whole and kept ---- */

typedef struct gw_liquid_block_s  gw_liquid_block_t;

typedef struct {
    gw_liquid_block_t  *first, *current;
    size_t              total;
} gw_liquid_arena_t;

/* n bytes aligned to 8, or NULL past the arena's bound. */
void *gw_liquid_alloc(gw_liquid_arena_t *a, size_t n);
void gw_liquid_arena_reset(gw_liquid_arena_t *a);
void gw_liquid_arena_free(gw_liquid_arena_t *a);

/* ---- values: small, passed by copy; what they point at is borrowed ---- */

typedef enum {
    LQ_NIL, LQ_BOOL, LQ_INT, LQ_FLOAT, LQ_STR, LQ_JSON, LQ_ARRAY, LQ_RANGE,
    LQ_LOOP, LQ_EMPTY, LQ_BLANK
} lq_type_t;

typedef struct lq_val_s   lq_val_t;
typedef struct lq_loop_s  lq_loop_t;

struct lq_val_s {
    lq_type_t  type;
    union {
        bool             b;
        int64_t          i;
        double           d;
        gw_str_t         s;
        const json_t    *j;                         /* array or object */
        struct { lq_val_t *v; size_t n; } a;
        struct { int64_t from, to; } r;
        lq_loop_t       *loop;
    };
};

/* What `forloop` shows. */
struct lq_loop_s {
    int64_t    index0, length;
    lq_loop_t  *parent;
};

lq_val_t lq_str(gw_str_t s);
lq_val_t lq_int(int64_t i);
lq_val_t lq_float(double d);
lq_val_t lq_from_json(const json_t *j);
bool lq_truthy(lq_val_t v);
bool lq_equal(lq_val_t a, lq_val_t b);

/* Elements of an array, a range or a JSON array; 0 for all else. */
size_t lq_length(lq_val_t v);
lq_val_t lq_at(lq_val_t v, size_t i);

/* Text appended as Liquid prints it. */
void lq_print(lq_val_t v, gw_buf_t *out);

/* As a number: text converts, all else is 0. false: text that is none. */
bool lq_number(lq_val_t v, lq_val_t *out);
double lq_double(lq_val_t v);
int64_t lq_integer(lq_val_t v);

/* ---- the compiled tree ---- */

typedef struct lq_expr_s    lq_expr_t;
typedef struct lq_filter_s  lq_filter_t;
typedef struct lq_node_s    lq_node_t;

struct gw_liquid_run_s {
    gw_liquid_arena_t           arena;
    const json_t               *data;
    const gw_liquid_context_t  *ctx;
    gw_liquid_error_t          *err;
    gw_buf_t                   *out;
    gw_buf_t                    text;           /* scratch             */
    uint64_t                    steps;
    lq_loop_t                  *loop;           /* innermost           */
    struct { gw_str_t name; lq_val_t v; }
                                var[GW_LIQUID_VARS],    /* assigned    */
                                local[GW_LIQUID_VARS];  /* of loops    */
    struct { gw_str_t name; int64_t n; } counter[GW_LIQUID_VARS];
    unsigned                    vars, locals, counters;
    enum { LQ_GO, LQ_BREAK, LQ_CONTINUE } jump;
    const gw_liquid_t          *program;
    int                         escape;
};

/* A filter: in and args to out; GW_EINVAL with run->err filled. */
typedef int (*lq_filter_pt)(gw_liquid_run_t *run, lq_val_t in,
    const lq_val_t *arg, unsigned n, lq_val_t *out);

typedef struct {
    const char    *name;
    lq_filter_pt   call;
    unsigned       min, max;    /* arguments                        */
    bool           done;        /* what comes out is escaped or raw */
} lq_filter_row_t;

extern const lq_filter_row_t  lq_filters_string[];
extern const lq_filter_row_t  lq_filters_array[];
extern const lq_filter_row_t  lq_filters_select[];
extern const lq_filter_row_t  lq_filters_markup[];
extern const lq_filter_row_t  lq_filters_math[];

#define LQ_FILTER(name)                                                       \
    static int                                                                \
    name(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg, unsigned n,  \
        lq_val_t *out)

typedef struct lq_segment_s  lq_segment_t;

struct lq_segment_s {
    lq_segment_t  *next;
    gw_str_t       name;        /* .name, or                */
    lq_expr_t     *index;       /* [expression] when set    */
};

struct lq_expr_s {
    enum { LQ_LITERAL, LQ_PATH, LQ_RANGE_EXPR, LQ_COMPARE, LQ_AND,
           LQ_OR } kind;
    lq_val_t       literal;
    gw_str_t       root;        /* empty: begins with [expr] */
    lq_segment_t  *path;
    lq_expr_t     *left, *right;
    int            op;          /* of LQ_COMPARE             */
    lq_filter_t   *filters;
};

struct lq_filter_s {
    lq_filter_t            *next;
    const lq_filter_row_t  *row;
    lq_expr_t              *arg[GW_LIQUID_ARGS];
    unsigned                n;
    bool                    allow_false;        /* of default */
    const unsigned char    *at;
};

struct lq_node_s {
    lq_node_t            *next;
    enum { LQ_TEXT, LQ_OUTPUT, LQ_IF, LQ_CASE, LQ_FOR, LQ_ASSIGN, LQ_CAPTURE,
           LQ_CYCLE, LQ_INCREMENT, LQ_DECREMENT, LQ_DO_BREAK, LQ_DO_CONTINUE,
           LQ_LINK } kind;
    const unsigned char  *at;           /* in the source, for errors         */
    gw_str_t              text;         /* LQ_TEXT; a name elsewhere         */
    lq_expr_t            *expr;
    lq_expr_t            *arg[GW_LIQUID_ARGS];  /* when, cycle; limit, offset */
    unsigned              n;
    lq_node_t            *body, *other; /* other: else, the next branch      */
    bool                  negate, reversed, resume, escaped;
};

struct gw_liquid_s {
    gw_liquid_arena_t  arena;
    gw_str_t           source;          /* our copy                          */
    lq_node_t         *first;
    int                escape;
};

/* ---- expressions: parsing (expr.c) and evaluation (eval.c) ---- */

typedef struct {
    gw_liquid_t                *program;
    const gw_liquid_options_t  *opt;
    gw_liquid_error_t          *err;
    gw_str_t                    rest;   /* of the source, or of a markup */
    unsigned                    depth;
    bool                        trim;   /* the next text loses its blanks */
} lq_parser_t;

/* Fill err for the place `at` of the program's source: GW_EINVAL. */
int lq_fail(const gw_liquid_t *p, gw_liquid_error_t *err,
    const unsigned char *at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* An expression with filters, or a condition, from the start of *m. */
int lq_parse_filtered(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
int lq_parse_value(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
int lq_parse_condition(lq_parser_t *p, gw_str_t *m, lq_expr_t **out);
void lq_skip(gw_str_t *m);
bool lq_word(gw_str_t *m, gw_str_t *word);
bool lq_take(gw_str_t *m, const char *mark);

int lq_eval(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out);

/* A filter's error; run-time helpers. */
int lq_wrong(gw_liquid_run_t *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
gw_str_t lq_text(gw_liquid_run_t *run, lq_val_t v);
void lq_escape(gw_buf_t *out, gw_str_t s);

/* The scratch buffer, empty; and its text as a result in the arena. */
gw_buf_t *lq_scratch(gw_liquid_run_t *run);
int lq_finish(gw_liquid_run_t *run, gw_buf_t *b, lq_val_t *out);

/* The input as an array: nil is none, anything else is one element. */
int lq_as_array(gw_liquid_run_t *run, lq_val_t in, lq_val_t *out);
int lq_new_array(gw_liquid_run_t *run, size_t n, lq_val_t *out);

/* Run nodes in order; a loop over its source (loop.c). */
int lq_run(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_for(gw_liquid_run_t *run, const lq_node_t *node);

/* The number that a name counts; made at first use. NULL: too many. */
int64_t *lq_counter(gw_liquid_run_t *run, gw_str_t name, int64_t first);

/* strftime of Liquid's `date` (date.c). */
int lq_date(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg,
    unsigned n, lq_val_t *out);

#endif
