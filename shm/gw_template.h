/* x-handler `template`: content is checked and compiled before it is stored. */
#ifndef GW_TEMPLATE_H
#define GW_TEMPLATE_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"
#include "shm/gw_net.h"

/*
 * Compile subject, html and text of body, of each of its variants ({LOCALE:
 * {"subject","html","text"}}) and of each of experiment.variants ([{"name", the
 * same}]) as strict Liquid, wrap the links of html and add `_compiled`:
 * {"html_tracked","text_derived","variants": {LOCALE: the same two},"arms":
 * [the same two],"links","calls","lint","names"}. links are numbered through
 * all of them; calls are those of snippets, [{"name","field","locale","arm"?,
 * "line","column"}]: which snippets there are is known to the operation alone;
 * lint and names are those of gw_lint.h. A member "content" of any of them is
 * that of gw_content.h, and beside it comes {"content": {"channel","sms"}}; sms
 * is its count without what Liquid adds, or null; webhooks go where allow lets
 * them. What is missing or no text is left to the operation to refuse.
 * GW_EINVAL: *field names the member (static text) and err one sentence with
 * line and column.
 */
int gw_template_compile(json_t *body, const gw_nets_t *allow,
    const char **field, gw_buf_t *err) GW_MUSTCHECK;

#endif
