/* What the parts of the contract share; nobody else includes it. */
#ifndef GW_CONTRACT_PARTS_H
#define GW_CONTRACT_PARTS_H

#include "shm/contract/contract.h"
#include "shm/contract/yaml.h"

#define CONTRACT_OPS_MAX   1000
#define CONTRACT_PATH_MAX  16           /* segments */
#define CONTRACT_METHODS   5
#define CONTRACT_POINTER_MAX  1024
#define CONTRACT_INPUTS    "x-inputs"   /* in the document, for us alone */

/* one segment of the paths; index 0 is the root, so 0 is also "none" */
typedef struct {
    gw_str_t   literal;
    unsigned   next;                    /* its sibling                       */
    unsigned   child;                   /* first of the literal ones         */
    unsigned   capture;                 /* the child that takes any text     */
    unsigned   methods;
    unsigned   ops[CONTRACT_METHODS];   /* by the method's bit; an index */
} gw_route_node_t;

/* a schema to compile, once the document stays as it is */
typedef struct {
    char                 *pointer;
    const json_t         *node;
    const gw_schema_t   **out;          /* NULL: it need only be right */
} gw_contract_job_t;

struct gw_contract_s {
    json_t            *doc;             /* merged; views point into it   */
    gw_contract_op_t  *ops;
    unsigned           n_ops;
    gw_route_node_t   *nodes;
    unsigned           n_nodes;
    json_t            *fields;          /* array of the ops' names */
    gw_schema_set_t   *schemas;
    char              *openapi;         /* NULL: not asked for yet */
};

/* what is only there while a contract is read */
typedef struct {
    gw_contract_t             *c;
    const gw_contract_text_t  *texts;
    unsigned                   n_texts;
    json_t                    *roots;   /* keeps the addresses of marks taken */
    gw_marks_t                 marks;
    gw_contract_job_t         *jobs;
    unsigned                   n_jobs;
    unsigned                   cap_jobs;
    json_t                    *input;   /* of the operation being read */
    const json_t              *around;  /* named when a node has no mark */
    gw_buf_t                  *why;
} gw_contract_load_t;

/* A key that an object may have, and what its value must be. */
typedef struct {
    const char  *name;
    json_type    type;
    const char  *must;                  /* "an object"; NULL: of any type */
} gw_contract_key_t;

/* fault.c: "FILE:LINE: sentence" in why; GW_EINVAL. */
int gw_contract_fault(gw_contract_load_t *l, const json_t *node,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The node to name for the value of a key: it, or the object around it. */
const json_t *gw_contract_at(const json_t *object, const char *key);

/*
 * All keys of the object are rows of the table (ended by a NULL name) and have
 * their types; x-... keys are held to the table as well. `what` is "an
 * operation".
 */
int gw_contract_keys(gw_contract_load_t *l, const json_t *object,
    const gw_contract_key_t *keys, const char *what) GW_MUSTCHECK;

/* The member that the first token of an RFC 6901 pointer names; it moves on. */
json_t *gw_contract_member(const json_t *node, const char **pointer);

/*
 * Follow $ref of node inside the document; GW_OK: *out is an object, and
 * `pointer` (or NULL), which led to node, leads to it.
 */
int gw_contract_deref(gw_contract_load_t *l, json_t *node, json_t **out,
    gw_buf_t *pointer) GW_MUSTCHECK;

/* Append "/" and the key by RFC 6901; all three tokens of an operation. */
void gw_contract_pointer(gw_buf_t *out, const char *key);
void gw_contract_op_pointer(const gw_contract_op_t *op, gw_buf_t *out);

/* merge.c: texts into the one document. */
int gw_contract_merge(gw_contract_load_t *l) GW_MUSTCHECK;

/*
 * gateway.c: components of what the gateway does, unless a file describes
 * them; then, in the document for readers, which operation has which.
 */
int gw_contract_gateway(gw_contract_load_t *l) GW_MUSTCHECK;
int gw_contract_gateway_op(const gw_contract_t *c, json_t *doc,
    const gw_contract_op_t *op, json_t *node) GW_MUSTCHECK;

/* compile.c: note a schema for later, then compile all. */
int gw_contract_schema(gw_contract_load_t *l, gw_buf_t *pointer,
    const json_t *node, const gw_schema_t **out) GW_MUSTCHECK;
int gw_contract_compile(gw_contract_load_t *l) GW_MUSTCHECK;
void gw_contract_compiled(gw_contract_load_t *l);

/* examples.c: what stands as an example or a default is right by its schema. */
int gw_contract_examples(gw_contract_load_t *l) GW_MUSTCHECK;

/*
 * input.c: an operation's input is begun, gets its parameters one by one and
 * the members of its JSON body, their references followed.
 */
int gw_contract_input_begin(gw_contract_load_t *l, const gw_contract_op_t *op)
    GW_MUSTCHECK;
int gw_contract_input_member(gw_contract_load_t *l, const char *name,
    json_t *schema, bool required) GW_MUSTCHECK;
int gw_contract_input_body(gw_contract_load_t *l, json_t *schema,
    bool required) GW_MUSTCHECK;
int gw_contract_input_any(gw_contract_load_t *l, const char *name)
    GW_MUSTCHECK;

/*
 * secret.c: a property of a JSON body that may be x-secret; x-make-secret of an
 * operation; then, that x-secret stands nowhere else.
 */
int gw_contract_secret(gw_contract_load_t *l, gw_contract_op_t *op,
    const char *name, json_t *value, const json_t *at) GW_MUSTCHECK;
int gw_contract_made(gw_contract_load_t *l, gw_contract_op_t *op,
    const json_t *node) GW_MUSTCHECK;
int gw_contract_secrets(gw_contract_load_t *l) GW_MUSTCHECK;

/* refs.c: every $ref leads somewhere. */
int gw_contract_refs(gw_contract_load_t *l) GW_MUSTCHECK;

/* op.c: the table of operations; param.c, body.c, answer.c: its columns. */
int gw_contract_ops(gw_contract_load_t *l) GW_MUSTCHECK;
int gw_contract_params(gw_contract_load_t *l, gw_contract_op_t *op,
    json_t *node) GW_MUSTCHECK;
int gw_contract_any(gw_contract_load_t *l, gw_contract_op_t *op,
    const json_t *names) GW_MUSTCHECK;
int gw_contract_bodies(gw_contract_load_t *l, gw_contract_op_t *op,
    json_t *node) GW_MUSTCHECK;
int gw_contract_responses(gw_contract_load_t *l, gw_contract_op_t *op,
    json_t *node) GW_MUSTCHECK;

/* route.c: the paths, checked and as a trie. */
int gw_contract_path(gw_contract_load_t *l, gw_str_t path, const json_t *node)
    GW_MUSTCHECK;
int gw_contract_routes(gw_contract_load_t *l) GW_MUSTCHECK;

/* The next capture of a template behind *pos: true and its name. */
bool gw_contract_capture(gw_str_t path, size_t *pos, gw_str_t *name);

/* whole.c: each operation fits the rest of the document. */
int gw_contract_whole(gw_contract_load_t *l) GW_MUSTCHECK;

#endif
