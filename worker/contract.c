/* `godwit contract [DIR]`: the contract, checked and printed as OpenAPI. */
#include "worker/contract.h"

#include <stdio.h>
#include <stdlib.h>

#include "worker/sql_files.h"
#include "worker/worker.h"


gw_contract_t *
contract_load(gw_buf_t *why)
{
    unsigned             n;
    gw_contract_t       *c;
    const sql_file_t    *f;
    gw_contract_text_t  *texts;

    for (n = 0; sql_contracts[n].name != NULL; n++) {
        /* counted */
    }

    texts = calloc(n + 1, sizeof(gw_contract_text_t));
    if (texts == NULL) {
        gw_buf_cstr(why, gw_strerror(GW_ENOMEM));
        return NULL;
    }

    for (f = sql_contracts; f->name != NULL; f++) {
        texts[f - sql_contracts].name = f->name;
        texts[f - sql_contracts].text = gw_str_make(f->text, f->len);
    }

    c = gw_contract_load_texts(texts, n, why);
    free(texts);

    return c;
}


int
contract_command(worker_t *w)
{
    char            mem[1000];
    gw_buf_t        why;
    gw_str_t        text;
    gw_contract_t  *c;

    if (w->argc > 1) {
        fputs("usage: godwit contract [DIR]\n", stderr);
        return 2;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    c = w->argc ? gw_contract_load_dir(w->argv[0], &why) : contract_load(&why);

    if (c == NULL) {
        fprintf(stderr, "%s\n", gw_buf_c(&why));
        return 1;
    }

    text = gw_contract_openapi(c);
    (void) fwrite(text.data, 1, text.len, stdout);
    putchar('\n');
    gw_contract_free(c);

    return text.len > 0 ? 0 : 1;
}
