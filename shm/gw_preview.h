/* x-handler `preview`: what a recipient would see of a template. */
#ifndef GW_PREVIEW_H
#define GW_PREVIEW_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_PREVIEW_SOURCE  (128 * 1024)     /* bytes of a part's template    */
#define GW_PREVIEW_OUTPUT  (256 * 1024)     /* and of what it makes          */
#define GW_PREVIEW_STEPS   65536            /* of a part                     */
#define GW_PREVIEW_CPU     12000            /* us of all parts together      */

/* Room for every answer: a byte takes six at most when it is escaped. */
#define GW_PREVIEW_ANSWER  (3 * 6 * GW_PREVIEW_OUTPUT + 0x80000)

/*
 * Render what the operation answered, {"subject","html","text","data",
 * "locale"?,"snippets"?} (Liquid, its data, its language and what it calls, see
 * gw_snippets.h; text null: it is made from html), to {"subject","html","text"}
 * in out, compact JSON. Links are not tracked. It is for an event loop: none
 * takes more than about one and a half times GW_PREVIEW_CPU.
 *
 * Of content that is no mail (gw_content.h, in the place of subject, html and
 * text) it is {"channel","content","sms","problem"}: sms is the count of its
 * text, or null; problem is what the channel would refuse of it, or null.
 *
 * GW_EINVAL: a part fails with this data or costs more than is given; *field
 * names it (static text) and err is one sentence with line and column.
 * GW_ECORRUPT: the answer is not of that form; GW_ENOMEM; GW_EFULL: out has no
 * room.
 */
int gw_preview(gw_str_t answer, int64_t now_us, gw_buf_t *out,
    const char **field, gw_buf_t *err) GW_MUSTCHECK;

#endif
