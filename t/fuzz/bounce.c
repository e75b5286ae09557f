/*
 * Mails that come in: whatever the bytes are, there is a verdict within its
 * bounds, it is the same with CR LF for LF, and no class without a name; what a
 * person wrote is text that a database takes.
 */
#include "t/fuzz/fuzz.h"

#include <jansson.h>

#include "shm/gw_codec.h"
#include "worker/receive/judge.h"
#include "worker/receive/letter.h"

static rules_t   *rules;
static judge_t   *judge, *other;
static letter_t   letter;


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
    letter_init(&letter);
}


static void
is_text(const gw_buf_t *b, size_t max)
{
    must(!b->failed && b->len <= max && gw_utf8_valid(gw_buf_view(b)));
    must(b->len == 0 || memchr(b->data, '\0', b->len) == NULL);
}


static void
read_letter(const parse_t *p)
{
    json_t           *files;
    unsigned          i, n;
    letter_answer_t   a[LETTER_ANSWERS];

    letter_read(&letter, p);
    is_text(&letter.text, LETTER_TEXT);
    is_text(&letter.subject, LETTER_LINE);
    is_text(&letter.from, EVIDENCE_ADDRESS);
    is_text(&letter.id, LETTER_LINE);
    files = json_loadb((char *) letter.files.data, letter.files.len, 0, NULL);
    must(json_is_array(files) && json_array_size(files) <= LETTER_FILES);
    json_decref(files);

    n = letter_answers(p, a);
    must(n <= LETTER_ANSWERS);
    for (i = 0; i < n; i++) {
        must(a[i].id[0] != '\0' && strlen(a[i].id) < sizeof(a[i].id));
    }
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
    read_letter(judge_parsed(judge));

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
