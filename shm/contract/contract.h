/*
 * The contract of the API: sql/api/<noun>.yaml merged into one OpenAPI 3.1
 * document, which is route table, permission table, validator and text.
 */
#ifndef GW_CONTRACT_H
#define GW_CONTRACT_H

#include <jansson.h>
#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_conf.h"
#include "shm/gw_err.h"
#include "shm/gw_seal.h"
#include "shm/schema/schema.h"

#define GW_CONTRACT_CAPTURES  8         /* of one path, at most */

/* The operation that is asked while a request waits for a worker. */
#define GW_CONTRACT_POLL  "operations_get"

enum {
    GW_GET = 1,
    GW_POST = 2,
    GW_PUT = 4,
    GW_PATCH = 8,
    GW_DELETE = 16
};

enum { GW_IN_PATH, GW_IN_QUERY };

/* What an operation does to the session of its client. */
typedef enum {
    GW_SESSION_NONE,
    GW_SESSION_START,
    GW_SESSION_VERIFY,                  /* it takes one that is not verified */
    GW_SESSION_END
} gw_session_e;


typedef struct {
    gw_str_t            name;           /* NUL-terminated           */
    int                 in;
    bool                required;
    bool                any;            /* one of those with it is required */
    bool                array;          /* of scalars; else a scalar */
    const gw_schema_t  *schema;
} gw_contract_param_t;

typedef struct {
    gw_str_t            type;           /* media type, lower case     */
    const gw_schema_t  *schema;         /* NULL: the body is not JSON */
} gw_contract_body_t;

typedef struct {
    gw_str_t              id;           /* operationId, NUL-terminated      */
    unsigned              index;        /* 0 .. count - 1, for caches       */
    unsigned              method;
    unsigned              status;       /* of success                       */
    gw_str_t              path;         /* template, "/api/v1/lists/{id}"   */
    gw_str_t              scope;        /* empty when tenantless            */
    gw_str_t              handler;      /* one of gw_handlers, or empty     */
    bool                  is_public;    /* it needs no credential           */
    bool                  personal;     /* it takes a session, of its user  */
    bool                  tenantless;   /* either or both                   */
    gw_session_e          session;
    gw_str_t              password_check;   /* members of the body that are  */
    gw_str_t              password_new;     /* hashed at the edge, or empty  */
    const json_t         *secrets;      /* object whose keys are the body's
                                           members that are sealed, or NULL */
    gw_str_t              made;         /* a member that is made by chance, */
    const gw_seal_form_t *made_form;    /* NULL: there is none              */
    bool                  is_private;   /* its body is wiped, never a file  */
    bool                  match;        /* it heeds If-Match: it has a 412  */
    bool                  worker;
    bool                  slow;
    int64_t               max_body;     /* bytes                            */
    bool                  body_required;
    unsigned              n_bodies;     /* 0: it takes no body              */
    gw_contract_body_t   *bodies;
    unsigned              n_captures;   /* the first of params: those of    */
    unsigned              n_params;     /* the path, in the path's order    */
    gw_contract_param_t  *params;
    const gw_contract_param_t  *any;    /* the first that has it, or NULL   */
    const char           *any_missing;  /* said when none of them is there   */
    const json_t         *fields;       /* object whose keys are the names of
                                           the response's (or its items')
                                           properties, or NULL              */
} gw_contract_op_t;

typedef struct {
    const char  *name;                  /* of the file, for complaints */
    gw_str_t     text;
} gw_contract_text_t;

typedef struct gw_contract_s  gw_contract_t;

/*
 * Read every *.yaml of a folder, or the given texts, merge and check them. All
 * that the contract hands out lives until its free. NULL: `why` has one
 * sentence, "sql/api/lists.yaml:12: ...", or the folder's fault.
 */
gw_contract_t *gw_contract_load_dir(const char *dir, gw_buf_t *why);
gw_contract_t *gw_contract_load_texts(const gw_contract_text_t *texts,
    unsigned n, gw_buf_t *why);
void gw_contract_free(gw_contract_t *c);

unsigned gw_contract_count(const gw_contract_t *c);
const gw_contract_op_t *gw_contract_op(const gw_contract_t *c, unsigned i);

/* The operation of that operationId, or NULL. */
const gw_contract_op_t *gw_contract_find(const gw_contract_t *c,
    gw_str_t operation_id);

/*
 * The operation of a request. The path is raw: without its query, not
 * percent-decoded; captures[i] is the raw text of params[i], i < n_captures,
 * a view into path that the caller decodes. NULL with *methods 0: there is no
 * such path; NULL with *methods: it has only these methods. Never allocates.
 */
const gw_contract_op_t *gw_contract_route(const gw_contract_t *c,
    unsigned method, gw_str_t path, gw_str_t captures[GW_CONTRACT_CAPTURES],
    unsigned *methods);

/*
 * The schema of the operation's whole input, body and parameters as one
 * object. NULL: `why` has a sentence.
 */
const gw_schema_t *gw_contract_input(gw_contract_t *c,
    const gw_contract_op_t *op, gw_buf_t *why);

/* What was checked: all of the input, or one part of a request. */
typedef enum { GW_PART_INPUT, GW_PART_BODY, GW_PART_QUERY } gw_part_e;

/*
 * One error of a check of the operation's input as readers want it: `pointer`
 * gets where it is, that of a missing member too (the validator's own is that
 * of the object which lacks it), and `message` a sentence that names the member
 * and, of an unknown one, what is near.
 */
void gw_contract_explain(const gw_contract_t *c, const gw_contract_op_t *op,
    gw_part_e part, const gw_schema_error_t *e, gw_buf_t *pointer,
    gw_buf_t *message);

/*
 * Of n errors (n >= 1) the one to tell first: a member that nobody knows goes
 * before the one that is missing for it.
 */
size_t gw_contract_first(const gw_schema_error_t *errors, size_t n);

/*
 * What is wrong with a name that the parameter `fields` has: "names \"nmae\",
 * which the answer does not have", and what is near.
 */
void gw_contract_no_field(const gw_contract_op_t *op, gw_str_t name,
    gw_buf_t *out);

/*
 * The members of a body that are x-secret, sealed: each becomes {"id","sealed"}
 * and can be read by the worker alone. Not GW_OK: err has one sentence.
 */
int gw_contract_seal(const gw_contract_op_t *op, const gw_conf_t *conf,
    json_t *body, gw_buf_t *err) GW_MUSTCHECK;

/*
 * The secret of x-make-secret, of an operation with a made_form: sealed, a new
 * reference for the member `made` of its input, and plain for its answer.
 */
int gw_contract_make(const gw_contract_op_t *op, const gw_conf_t *conf,
    json_t **sealed, gw_buf_t *plain, gw_buf_t *err) GW_MUSTCHECK;

/*
 * The answer with the plain secret as its member `made`, behind the text that
 * SQL has given there. It is the caller's, to wipe and free; NULL: no memory,
 * or the answer is no object.
 */
char *gw_contract_tell(const gw_contract_op_t *op, gw_str_t answer,
    gw_str_t plain);

/* What the functions auth.enter_... are told that an operation needs. */
static inline const char *
gw_contract_scope(const gw_contract_op_t *op)
{
    return op->session == GW_SESSION_VERIFY ? "verify"
           : op->scope.data ? (const char *) op->scope.data : "";
}

/* "GET" of GW_GET and so on, in the order of the bits; "" past the last. */
const char *gw_contract_method(unsigned method);

/*
 * The merged document as compact JSON, with what the gateway adds (bearer and
 * session, the headers and answers of its own) and without what is for it alone
 * (x-handler, x-make-secret, x-pool, x-public, x-session). Made when it is
 * first asked for, which takes as long as to load; empty: no memory.
 */
gw_str_t gw_contract_openapi(gw_contract_t *c);

#endif
