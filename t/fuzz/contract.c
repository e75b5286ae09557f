/*
 * A contract of any bytes: refused with a sentence that names file and line,
 * or a table whose own paths lead to its operations.
 */
#include "t/fuzz/fuzz.h"

#include "shm/contract/contract.h"


static void
routes(gw_contract_t *c)
{
    char                     mem[1000];
    gw_buf_t                 why;
    unsigned                 i, methods;
    gw_str_t                 captures[GW_CONTRACT_CAPTURES];
    const gw_contract_op_t  *op;

    for (i = 0; i < gw_contract_count(c); i++) {
        op = gw_contract_op(c, i);
        must(op->index == i && gw_contract_find(c, op->id) == op);
        must(op->n_captures <= op->n_params);

        /* a template fits itself: {id} is a text like any other */

        must(gw_contract_route(c, op->method, op->path, captures, &methods)
             == op);
        must(methods & op->method);

        gw_buf_fixed(&why, mem, sizeof(mem));
        must(gw_contract_input(c, op, &why) != NULL);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    char                 mem[1000];
    json_t              *doc;
    gw_buf_t             why;
    gw_str_t             text;
    gw_contract_t       *c;
    gw_contract_text_t   t[2];

    /* two files, apart by a NUL, which no contract may have */

    const uint8_t  *nul = n ? memchr(data, '\0', n) : NULL;

    t[0].name = "a.yaml";
    t[0].text = gw_str_make(data, nul ? (size_t) (nul - data) : n);
    t[1].name = "b.yaml";
    t[1].text = nul ? gw_str_make(nul + 1, n - t[0].text.len - 1) : t[0].text;

    gw_buf_fixed(&why, mem, sizeof(mem));
    c = gw_contract_load_texts(t, nul ? 2 : 1, &why);

    if (c == NULL) {
        must(memcmp(gw_buf_c(&why) + 1, ".yaml:", 6) == 0);
        return 0;
    }

    routes(c);
    text = gw_contract_openapi(c);
    doc = json_loadb((char *) text.data, text.len, 0, NULL);
    must(doc != NULL);
    json_decref(doc);
    gw_contract_free(c);

    return 0;
}
