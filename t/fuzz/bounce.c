/*
 * Mails that come in: whatever the bytes are, there is a verdict within its
 * bounds, it is the same with CR LF for LF, and no class without a name.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_codec.h"
#include "worker/receive/judge.h"

static rules_t  *rules;
static judge_t  *judge, *other;


static void
start(void)
{
    char      mem[300];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem));
    must(rules_load(&rules, NULL, &err) == GW_OK);
    judge = judge_create(rules);
    other = judge_create(rules);
    must(judge != NULL && other != NULL);
}


static void
look(const judged_t *m)
{
    unsigned  i;

    must(m->n >= 1 && m->n <= EVIDENCE_RECIPIENTS);
    for (i = 0; i < m->n; i++) {
        must(m->kind != JUDGE_BOUNCE || m->v[i].class != NULL);
        must(strlen(m->v[i].recipient) <= EVIDENCE_ADDRESS);
        must(gw_utf8_valid(gw_str_of(m->v[i].recipient)));
        must(gw_utf8_valid(gw_str_of(m->v[i].reason)));
        must(m->v[i].code <= 599 && strlen(m->v[i].status) < 12);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t           i;
    unsigned         k;
    uint8_t         *crlf;
    const judged_t  *m, *same;

    if (rules == NULL) {
        start();
    }

    must(judge_mail(judge, gw_str_make(data, n), &m) == GW_OK);
    look(m);

    /* a CR of its own may stand before an LF in data: only then they differ */
    crlf = malloc(2 * n + 1);
    must(crlf != NULL);
    for (i = 0, k = 0; i < n; i++) {
        if (data[i] == '\r') {
            free(crlf);
            return 0;
        }
        if (data[i] == '\n') {
            crlf[k++] = '\r';
        }
        crlf[k++] = data[i];
    }

    must(judge_mail(other, gw_str_make(crlf, k), &same) == GW_OK);
    must(m->kind == same->kind && m->n == same->n);
    for (k = 0; k < m->n; k++) {
        must(m->v[k].class == same->v[k].class
             && strcmp(m->v[k].recipient, same->v[k].recipient) == 0);
    }

    free(crlf);
    return 0;
}
