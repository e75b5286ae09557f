/* Reading the embedded contracts: which operation, by which handler. */
#include "worker/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "worker/sql_files.h"

#define CONTRACT_NEAR      3
#define CONTRACT_FAR       1000

typedef struct {
    const char     *wanted;
    contract_op_t  *op;
    bool            found;
    int             far[CONTRACT_NEAR];
    char            near[CONTRACT_NEAR][CONTRACT_NAME_MAX + 1];
} contract_search_t;


/* the value of a key of a mapping, or NULL */
static yaml_node_t *
contract_value(yaml_document_t *doc, yaml_node_t *map, const char *key)
{
    yaml_node_t       *k;
    yaml_node_pair_t  *pair;

    if (map == NULL || map->type != YAML_MAPPING_NODE) {
        return NULL;
    }

    for (pair = map->data.mapping.pairs.start;
         pair < map->data.mapping.pairs.top;
         pair++)
    {
        k = yaml_document_get_node(doc, pair->key);

        if (k != NULL && k->type == YAML_SCALAR_NODE
            && strcmp((char *) k->data.scalar.value, key) == 0)
        {
            return yaml_document_get_node(doc, pair->value);
        }
    }

    return NULL;
}


static void
contract_text(yaml_node_t *node, char out[CONTRACT_NAME_MAX + 1])
{
    out[0] = '\0';

    if (node != NULL && node->type == YAML_SCALAR_NODE) {
        snprintf(out, CONTRACT_NAME_MAX + 1, "%s",
                 (char *) node->data.scalar.value);
    }
}


/* Levenshtein's distance of two short names */
static int
contract_distance(const char *a, const char *b)
{
    int     row[CONTRACT_NAME_MAX + 2], diagonal, above, best;
    size_t  i, k, n;

    n = strnlen(b, CONTRACT_NAME_MAX);

    for (k = 0; k <= n; k++) {
        row[k] = (int) k;
    }

    for (i = 0; i < CONTRACT_NAME_MAX && a[i] != '\0'; i++) {
        diagonal = row[0];
        row[0] = (int) i + 1;

        for (k = 1; k <= n; k++) {
            above = row[k];
            best = diagonal + (a[i] != b[k - 1]);

            if (above + 1 < best) {
                best = above + 1;
            }

            if (row[k - 1] + 1 < best) {
                best = row[k - 1] + 1;
            }

            row[k] = best;
            diagonal = above;
        }
    }

    return row[n];
}


static void
contract_remember(contract_search_t *s, const char *name)
{
    int  i, k, d;

    d = contract_distance(s->wanted, name);

    for (i = 0; i < CONTRACT_NEAR && s->far[i] <= d; i++) {
        /* to its place among the nearest */
    }

    if (i == CONTRACT_NEAR || (size_t) d * 2 > strlen(name)) {
        return;
    }

    for (k = CONTRACT_NEAR - 1; k > i; k--) {
        s->far[k] = s->far[k - 1];
        memcpy(s->near[k], s->near[k - 1], sizeof(s->near[k]));
    }

    s->far[i] = d;
    snprintf(s->near[i], sizeof(s->near[i]), "%s", name);
}


static void
contract_operation(contract_search_t *s, yaml_document_t *doc,
    yaml_node_t *node)
{
    char  name[CONTRACT_NAME_MAX + 1];

    contract_text(contract_value(doc, node, "operationId"), name);

    if (name[0] == '\0') {
        return;
    }

    if (strcmp(name, s->wanted) == 0) {
        s->found = true;
        memcpy(s->op->operation, name, sizeof(name));
        contract_text(contract_value(doc, node, "x-handler"), s->op->handler);
        return;
    }

    contract_remember(s, name);
}


/* paths: PATH: METHOD: operation */
static void
contract_document(contract_search_t *s, yaml_document_t *doc)
{
    yaml_node_t       *paths, *path;
    yaml_node_pair_t  *p, *m;

    paths = contract_value(doc, yaml_document_get_root_node(doc), "paths");

    if (paths == NULL || paths->type != YAML_MAPPING_NODE) {
        return;
    }

    for (p = paths->data.mapping.pairs.start;
         p < paths->data.mapping.pairs.top;
         p++)
    {
        path = yaml_document_get_node(doc, p->value);

        if (path == NULL || path->type != YAML_MAPPING_NODE) {
            continue;
        }

        for (m = path->data.mapping.pairs.start;
             m < path->data.mapping.pairs.top;
             m++)
        {
            contract_operation(s, doc, yaml_document_get_node(doc, m->value));
        }
    }
}


static int
contract_file(contract_search_t *s, const sql_file_t *f, gw_buf_t *err)
{
    int              rc;
    yaml_parser_t    parser;
    yaml_document_t  doc;

    if (!yaml_parser_initialize(&parser)) {
        return GW_ENOMEM;
    }

    yaml_parser_set_input_string(&parser, (const unsigned char *) f->text,
                                 f->len);

    if (yaml_parser_load(&parser, &doc)) {
        contract_document(s, &doc);
        yaml_document_delete(&doc);
        rc = GW_OK;

    } else {
        gw_buf_fmt(err, "sql/api/%s line %d: %s", f->name,
                   (int) parser.problem_mark.line + 1,
                   parser.problem ? parser.problem : "not YAML");
        rc = GW_ECORRUPT;
    }

    yaml_parser_delete(&parser);

    return rc;
}


int
contract_find(const char *name, contract_op_t *op, gw_buf_t *near,
    gw_buf_t *err)
{
    int                 i, rc;
    const sql_file_t   *f;
    contract_search_t   s;

    memset(&s, 0, sizeof(s));
    s.wanted = name;
    s.op = op;

    for (i = 0; i < CONTRACT_NEAR; i++) {
        s.far[i] = CONTRACT_FAR;
    }

    for (f = sql_contracts; f->name != NULL && !s.found; f++) {
        rc = contract_file(&s, f, err);

        if (rc != GW_OK) {
            return rc;
        }
    }

    if (s.found) {
        return GW_OK;
    }

    for (i = 0; i < CONTRACT_NEAR && s.far[i] < CONTRACT_FAR; i++) {
        gw_buf_fmt(near, "%s%s", i ? ", " : "", s.near[i]);
    }

    return GW_ENOTFOUND;
}
