/* What a person wrote: the text of a mail, and what came beside it. */
#ifndef LETTER_H
#define LETTER_H

#include "worker/receive/decode.h"

#define LETTER_TEXT     (64 * 1024)     /* bytes that are kept               */
#define LETTER_LINE     1000            /* of a subject or a name            */
#define LETTER_FILES    50
#define LETTER_ANSWERS  8               /* of our mails that it may name     */

/*
 * The n-th file beside the text, from 0 on; members of its JSON object may be
 * appended, each behind a comma.
 */
typedef void (*letter_keep_pt)(void *arg, unsigned n, gw_str_t bytes,
    gw_buf_t *json);

/* All UTF-8 without control characters; the text has LF and TAB. */
typedef struct {
    gw_buf_t  text;                     /* what was quoted is in it          */
    bool      cut;                      /* it was longer                     */
    gw_buf_t  subject, from, id;        /* an address; its Message-ID or ""  */
    gw_buf_t  files;                    /* JSON: [{"name","type","bytes"}]   */
    gw_buf_t  raw, words, bytes;
    decode_t  decode;
    letter_keep_pt  keep;               /* NULL: the bytes are let go        */
    void     *arg;
} letter_t;

/*
 * A mail of ours that a mail names. Without an id a token has vouched for it;
 * else it is what its Message-ID claims, and the database knows whether that
 * is right. Campaign 0: a message, contact is its id or 0.
 */
typedef struct {
    unsigned long long  tenant, campaign, contact;
    char                id[128];        /* left of the @                     */
} letter_answer_t;

void letter_init(letter_t *l);
void letter_free(letter_t *l);

/*
 * Read a mail: its plain texts, or the text of its HTML when it has none.
 * Nothing fails: what is past a bound is left out.
 */
void letter_read(letter_t *l, const parse_t *p);

/* The first mail of ours in a field such as Message-ID: false without one. */
bool letter_named(gw_str_t field, letter_answer_t *a);

/* The mails of ours in In-Reply-To and References, in this order; how many. */
unsigned letter_answers(const parse_t *p, letter_answer_t a[LETTER_ANSWERS]);

#endif
