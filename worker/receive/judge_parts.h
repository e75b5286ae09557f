/* The judge from within: for its two files. */
#ifndef JUDGE_PARTS_H
#define JUDGE_PARTS_H

#include "worker/receive/judge.h"
#include "worker/receive/judge_kind.h"

#define JUDGE_TEXT    (64 * 1024)       /* of a part that is read             */
#define JUDGE_TEXTS   (256 * 1024)      /* of all parts                       */

struct judge_s {
    const rules_t  *rules;
    parse_t        *parse;
    decode_t        decode;
    kind_t          kind;
    evidence_t      evidence;
    gw_str_t        text;               /* before what is returned            */
    gw_buf_t        texts, fields, a, b, plain, mta;
    judged_t        out;
};

/*
 * Fill in what is known of v->recipient: by the record d of a report (or one
 * without fields) and by the text; only: nobody else is named in it.
 */
void judge_verdict(judge_t *j, verdict_t *v, const evidence_dsn_t *d,
    bool only);

#endif
