/*
 * Content of templates that are no mail: an SMS, a template of WhatsApp, a call
 * of a webhook. Which of them an object is its members say; sql/api/templates
 * has them in words.
 */
#ifndef GW_CONTENT_H
#define GW_CONTENT_H

#include <jansson.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"
#include "shm/gw_net.h"

#define GW_CONTENT_TEXTS  200           /* of Liquid in one content */

/* The channel by its members: sms, whatsapp, webhook; NULL: none of them. */
const char *gw_content_channel(const json_t *content);

/*
 * Has it the members of its channel, each as it must be? allow: where webhooks
 * may go besides the internet. GW_EINVAL with a sentence in err that begins
 * with the place, as a JSON pointer.
 */
int gw_content_check(const json_t *content, const gw_nets_t *allow,
    gw_buf_t *err) GW_MUSTCHECK;

/*
 * Each text of it that is Liquid, with its pointer; what it sets the text to
 * (json_string_setn) stands in its place. It stops at the first that is not
 * GW_OK and returns that.
 */
typedef int (*gw_content_text_pt)(void *arg, json_t *text,
    const char *pointer);
int gw_content_texts(json_t *content, gw_content_text_pt text, void *arg)
    GW_MUSTCHECK;

/*
 * Can it go out as its texts are now, no Liquid any more? GW_EINVAL with a
 * sentence in err that begins with the place of what its channel refuses.
 */
int gw_content_made(json_t *content, gw_buf_t *err) GW_MUSTCHECK;

/* What is seen of it beside Liquid: tags of the text are left out. */
void gw_content_literal(gw_str_t text, const char *instead, gw_buf_t *out);

#endif
