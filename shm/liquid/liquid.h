/* The inside of Liquid: values, the compiled tree, the machine. */
#ifndef GW_LIQUID_INTERNAL_H
#define GW_LIQUID_INTERNAL_H

#include "shm/gw_codec.h"
#include "shm/gw_liquid.h"
#include "shm/gw_zone.h"

#define GW_LIQUID_DEPTH    100      /* blocks inside blocks, brackets        */
#define GW_LIQUID_NESTED   200      /* bodies in bodies of a render          */
#define GW_LIQUID_ARGS     8        /* of a filter                           */
#define GW_LIQUID_NAMED    7        /* and those that are given by name      */
#define GW_LIQUID_VARS     256      /* names that a render may assign        */
#define GW_LIQUID_STEPS    2000000  /* nodes of a render, unless told        */
#define GW_LIQUID_LOOK     512      /* steps from look to look at the clock  */
#define GW_LIQUID_OUTPUT   (1024 * 1024)        /* bytes, unless told        */
#define GW_LIQUID_KEPT     (4 * 1024 * 1024)    /* assigned and captured     */
#define GW_LIQUID_MEMORY   (16 * 1024 * 1024)   /* of a render               */
#define GW_LIQUID_REST     (1024 * 1024)        /* kept between renders      */
#define GW_LIQUID_PROGRAM  (64 * 1024 * 1024)   /* of a compiled template    */
#define GW_LIQUID_SOURCE   (16 * 1024 * 1024)   /* of a template's text      */
#define GW_LIQUID_PARTIALS 1000     /* of one template                       */
#define GW_LIQUID_RANGE    1000000  /* elements that a range may have        */

/* ---- memory: a chain of blocks, emptied as a whole and kept ---- */

typedef struct gw_liquid_block_s  gw_liquid_block_t;

typedef struct {
    gw_liquid_block_t  *first, *current;
    size_t              total, max;
    bool                full;           /* the bound was met */
} gw_liquid_arena_t;

/* n bytes aligned to 8, or NULL past the arena's bound. */
void *gw_liquid_alloc(gw_liquid_arena_t *a, size_t n);

/* Empty it; blocks past the first `keep` bytes are given back. */
void gw_liquid_arena_reset(gw_liquid_arena_t *a, size_t keep);
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
    bool       html;                                /* STR: is escaped */
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

/* What `forloop` and `tablerowloop` show. */
struct lq_loop_s {
    int64_t    index0, length;
    int64_t    columns, row, column;    /* of a table, else 0 */
    gw_str_t   name;
    lq_loop_t  *parent;
};

lq_val_t lq_str(gw_str_t s);
lq_val_t lq_int(int64_t i);
lq_val_t lq_float(double d);
lq_val_t lq_from_json(const json_t *j);
bool lq_truthy(lq_val_t v);

/* Elements of an array, a range or a JSON array; 0 for all else. */
size_t lq_length(lq_val_t v);
lq_val_t lq_at(lq_val_t v, size_t i);

/* Steps that going over all of it counts as. */
size_t lq_weight(lq_val_t v);

/* Text appended as Liquid prints it. */
void lq_print(lq_val_t v, gw_buf_t *out);

/* As a number: a text by the digits it begins with, all else is 0. */
lq_val_t lq_number(lq_val_t v);
double lq_double(lq_val_t v);

/* The decimal that a float is printed as, nearer than a double holds it. */
long double lq_decimal(lq_val_t v);

/* Digits (up to 17) that make a finite double again, "d.dde+XX". */
void lq_shortest(double d, char text[32]);
int64_t lq_integer(lq_val_t v);

/* A whole number as it is or as text; all else, a decimal too, is none. */
bool lq_whole(lq_val_t v, int64_t *out);

/* A decimal without its fraction; one past int64 stays a decimal. */
lq_val_t lq_from_double(double d);

/* Order of two texts or two numbers: < 0, 0, > 0. */
int lq_sign(lq_val_t a, lq_val_t b);

/* Characters of a UTF-8 text; bytes of its first n characters. */
int64_t lq_characters(gw_str_t s);
size_t lq_prefix(gw_str_t s, int64_t n);

/* ---- the compiled tree ---- */

typedef struct lq_expr_s     lq_expr_t;
typedef struct lq_filter_s   lq_filter_t;
typedef struct lq_node_s     lq_node_t;
typedef struct lq_partial_s  lq_partial_t;

typedef struct {
    gw_str_t  name;
    lq_val_t  v;
} lq_var_t;

/* What a name counts: the tags, the groups of cycle, the ends of loops. */
typedef enum { LQ_COUNT_TAG, LQ_COUNT_CYCLE, LQ_COUNT_NAMED,
               LQ_COUNT_LOOP } lq_count_t;

struct gw_liquid_run_s {
    gw_liquid_arena_t           arena;
    const json_t               *data;           /* NULL inside `render` */
    const gw_liquid_context_t  *ctx;
    gw_liquid_error_t          *err;
    gw_buf_t                   *out;
    gw_qp_t                    *coded;          /* out is encoded so;
                                                   NULL: as it is       */
    gw_buf_t                    text;           /* scratch              */
    uint64_t                    steps, max_steps;
    uint64_t                    look;           /* then at the clock    */
    int64_t                     cpu_until;      /* 0: not yet, or never */
    gw_zones_t                 *zones;          /* made at first use    */
    size_t                      max_out;        /* length of out        */
    size_t                      kept;           /* bytes assigned       */
    unsigned                    depth;          /* bodies in bodies     */
    bool                        isolated;       /* inside `render`      */
    lq_loop_t                  *loop;           /* innermost            */
    gw_str_t                    changed;        /* of ifchanged         */
    lq_var_t                    var[GW_LIQUID_VARS],    /* assigned     */
                                local[GW_LIQUID_VARS];  /* of loops     */
    struct {
        lq_count_t  kind;
        gw_str_t    name;
        int64_t     n;
    }                           counter[GW_LIQUID_VARS];
    /* what is seen begins at the first_ ones: `render` hides the rest */
    unsigned                    vars, locals, counters;
    unsigned                    first_var, first_local, first_counter;
    enum { LQ_GO, LQ_BREAK, LQ_CONTINUE } jump;
    const gw_liquid_t          *program;
};

/*
 * A filter: in and args to out; GW_EINVAL with run->err filled. Those given by
 * name lie behind the others, from arg[GW_LIQUID_ARGS] on.
 */
typedef int (*lq_filter_pt)(gw_liquid_run_t *run, lq_val_t in,
    const lq_val_t *arg, unsigned n, lq_val_t *out);

/* How what comes out of a filter stands to HTML. */
typedef enum {
    LQ_SAFE_NOT, LQ_SAFE_ESCAPED, LQ_SAFE_RAW,
    LQ_SAFE_KEPT                /* as what went in */
} lq_safe_t;

typedef struct {
    const char    *name;
    lq_filter_pt   call;
    unsigned       min, max;    /* arguments */
    lq_safe_t      safe;
} lq_filter_row_t;

extern const lq_filter_row_t  lq_filters_string[];
extern const lq_filter_row_t  lq_filters_replace[];
extern const lq_filter_row_t  lq_filters_array[];
extern const lq_filter_row_t  lq_filters_select[];
extern const lq_filter_row_t  lq_filters_sort[];
extern const lq_filter_row_t  lq_filters_markup[];
extern const lq_filter_row_t  lq_filters_encode[];
extern const lq_filter_row_t  lq_filters_math[];
extern const lq_filter_row_t  lq_filters_locale[];

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

typedef enum { LQ_EQ, LQ_NE, LQ_NE2, LQ_LE, LQ_GE, LQ_LT, LQ_GT,
               LQ_CONTAINS } lq_op_t;

struct lq_expr_s {
    enum { LQ_LITERAL, LQ_PATH, LQ_RANGE_EXPR, LQ_COMPARE, LQ_AND,
           LQ_OR } kind;
    int            op;          /* of LQ_COMPARE             */
    lq_val_t       literal;
    gw_str_t       root;        /* empty: begins with [expr] */
    lq_segment_t  *path;
    lq_expr_t     *left, *right;
    lq_filter_t   *filters;
    lq_expr_t     *next;        /* of a list                 */
};

struct lq_filter_s {
    lq_filter_t            *next;
    const lq_filter_row_t  *row;
    lq_expr_t              *arg[GW_LIQUID_ARGS];
    unsigned                n;
    const char *const      *names;              /* or NULL: it has none */
    lq_expr_t              *named[GW_LIQUID_NAMED];
    const unsigned char    *at;
};

/* How a value is written where it stands: see lq_html. */
typedef enum {
    LQ_PUT_PLAIN,
    LQ_PUT_TEXT,                /* between tags: HTML stays what it is      */
    LQ_PUT_HTML, LQ_PUT_COMMENT, LQ_PUT_JSON, LQ_PUT_JSON_STRING,
    LQ_PUT_URL,                 /* at the start of a URL: its scheme counts */
    LQ_PUT_URL_PART, LQ_PUT_URL_QUERY
} lq_put_t;

/* A partial, compiled with the template that calls it. */
struct lq_partial_s {
    lq_partial_t         *next;
    gw_str_t              name, source;
    const unsigned char  *at;           /* where it is called first */
    lq_node_t            *first;
};

typedef struct lq_named_s  lq_named_t;

struct lq_named_s {
    lq_named_t  *next;
    gw_str_t     name;
    lq_expr_t   *expr;
};

/* What `for` and `tablerow` go over, besides the node's expr. */
typedef struct {
    gw_str_t    name;                   /* variable-collection */
    lq_expr_t  *limit, *offset, *columns;
    bool        reversed, resume;       /* offset: continue    */
} lq_spec_t;

/* A call of a partial. */
typedef struct {
    const lq_partial_t  *partial;       /* NULL: named by the node's expr */
    gw_str_t             alias;         /* empty: the partial's own name  */
    lq_expr_t           *with;
    bool                 each;          /* `for`, not `with`              */
    lq_named_t          *args;
} lq_call_t;

/* A text as quoted-printable, but for its first bytes. */
typedef struct {
    size_t    head;             /* so many are encoded when they are printed */
    gw_str_t  tail;             /* the rest, from the start of a line on     */
    gw_qp_t   after;
} lq_coded_t;

struct lq_node_s {
    lq_node_t            *next;
    enum { LQ_TEXT, LQ_OUTPUT, LQ_IF, LQ_CASE, LQ_FOR, LQ_ASSIGN, LQ_CAPTURE,
           LQ_CYCLE, LQ_INCREMENT, LQ_DECREMENT, LQ_DO_BREAK, LQ_DO_CONTINUE,
           LQ_LINK, LQ_PIXEL, LQ_TABLEROW, LQ_IFCHANGED, LQ_RENDER, LQ_INCLUDE,
           LQ_NOTHING } kind;
    bool                  negate;       /* unless; a link without ctx.query  */
    bool                  fixed;        /* a link without a variable part, a
                                           capture of HTML                   */
    lq_put_t              put;          /* how an output is written          */
    bool                  blank;        /* prints blanks at most             */
    const unsigned char  *at;           /* in the source, for errors         */
    gw_str_t              text;         /* LQ_TEXT; a name elsewhere         */
    lq_expr_t            *expr;
    lq_expr_t            *args;         /* when, cycle                       */
    lq_node_t            *body, *other; /* other: else, the next branch      */
    union {
        lq_spec_t        *spec;
        lq_call_t        *call;
        lq_coded_t       *coded;        /* of LQ_TEXT                        */
    };
};

struct gw_liquid_s {
    gw_liquid_arena_t  arena;
    gw_str_t           source;          /* our copy                          */
    lq_node_t         *first;
    lq_partial_t      *partials;
    unsigned           n_partials;
    bool               resumes;         /* some loop has offset: continue    */
};

/* Fill err for the place `at` of the program's sources: GW_EINVAL. */
int lq_fail(const gw_liquid_t *p, gw_liquid_error_t *err,
    const unsigned char *at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- running ---- */

int lq_eval(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out);
int lq_compare(gw_liquid_run_t *run, const lq_expr_t *e, lq_val_t *out);

/* v.name into *out, nil when there is none; v[i], which knows no .size. */
int lq_member(gw_liquid_run_t *run, lq_val_t v, gw_str_t name, lq_val_t *out);
lq_val_t lq_index(lq_val_t v, lq_val_t i);

/* Counted as work; past the budget false, and the next lq_charge says so. */
bool lq_equal(gw_liquid_run_t *run, lq_val_t a, lq_val_t b);

/* The variable of that name; false (and nil) when there is none. */
bool lq_lookup(gw_liquid_run_t *run, gw_str_t name, lq_val_t *out);

/* An error at run time: GW_EINVAL with the sentence in run->err. */
int lq_wrong(gw_liquid_run_t *run, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Past run->look: an error when a budget is at its end. */
int lq_tired(gw_liquid_run_t *run);

/* Count n steps of work: GW_OK, or an error past the budget. */
static inline int
lq_charge(gw_liquid_run_t *run, uint64_t n)
{
    run->steps += n;
    return run->steps <= run->look ? GW_OK : lq_tired(run);
}

gw_str_t lq_text(gw_liquid_run_t *run, lq_val_t v);
void lq_escape(gw_buf_t *out, gw_str_t s);
bool lq_blank(unsigned char c);
void lq_skip(gw_str_t *m);
void lq_rstrip(gw_str_t *s);

/* The scratch buffer, empty; and its text as a result in the arena. */
gw_buf_t *lq_scratch(gw_liquid_run_t *run);
int lq_finish(gw_liquid_run_t *run, gw_buf_t *b, lq_val_t *out);

/* A text elsewhere becomes its copy in the arena. */
int lq_copy_text(gw_liquid_run_t *run, lq_val_t *v);

/*
 * The input as a flat array: nil is none, arrays inside it are opened,
 * anything else is one element.
 */
int lq_as_array(gw_liquid_run_t *run, lq_val_t in, lq_val_t *out);
int lq_new_array(gw_liquid_run_t *run, size_t n, lq_val_t *out);
bool lq_is_array(lq_val_t v);

/*
 * element[name] into *out; *has false: the element has no members at all. An
 * error when it has, but none by such a name.
 */
int lq_item(gw_liquid_run_t *run, lq_val_t e, lq_val_t name, lq_val_t *out,
    bool *has);

/* The pair of a hash at `it` as an array of two. */
int lq_pair(gw_liquid_run_t *run, void *it, lq_val_t *out);

/* A hash in *v becomes the array of its pairs. */
int lq_pairs(gw_liquid_run_t *run, lq_val_t *v);

/* A text to an encoded output; what it got as it is since `from`, encoded. */
void lq_coded_text(gw_liquid_run_t *run, const lq_node_t *node);
void lq_coded_tail(gw_liquid_run_t *run, size_t from);

/* A URL with those parameters of query that it has not; in the arena. */
int lq_link_query(gw_liquid_run_t *run, gw_str_t query, gw_str_t *url);

/* Append a value to the output, written as its place wants it. */
int lq_put(gw_liquid_run_t *run, lq_val_t v, lq_put_t put);

/* What a URL begins with, when that is a scheme: `http` of http://a. */
gw_str_t lq_scheme(gw_str_t url);

/* Run nodes in order; a body into a text of the arena. */
int lq_run(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_into(gw_liquid_run_t *run, const lq_node_t *body, gw_str_t *out);

int lq_run_for(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_tablerow(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_cycle(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_counter(gw_liquid_run_t *run, const lq_node_t *node);
int lq_run_partial(gw_liquid_run_t *run, const lq_node_t *node);

/* The number that a name counts; made at first use. NULL: too many. */
int64_t *lq_counter(gw_liquid_run_t *run, lq_count_t kind, gw_str_t name);

/* Set a variable; put a name on the locals, which the caller takes off. */
int lq_set(gw_liquid_run_t *run, gw_str_t name, lq_val_t v);
int lq_push(gw_liquid_run_t *run, gw_str_t name, lq_val_t v);

/* strftime of Liquid's `date` (date.c). */
int lq_date(gw_liquid_run_t *run, lq_val_t in, const lq_val_t *arg,
    unsigned n, lq_val_t *out);

#endif
