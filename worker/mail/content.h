/* What a campaign of the channel mail sends: templates, files, its sender. */
#ifndef CONTENT_H
#define CONTENT_H

#include "worker/campaign/campaign.h"

/*
 * Take the sender of c->from apart, and the domain of its Message-IDs as
 * godwit.address_domain has it. GW_EINVAL with a phrase in why.
 */
int content_sender(campaign_t *c, gw_buf_t *why) GW_MUSTCHECK;

/*
 * Compile the content of a row of mail_campaign and its variants; what is
 * wrong with it as a phrase in why. content_free also after an error.
 */
int content_load(campaign_t *c, const PGresult *res, gw_buf_t *why)
    GW_MUSTCHECK;

/*
 * Read and encode the files of c into its parts (files.c). GW_EINVAL with a
 * phrase in why, GW_EDB, GW_ENOMEM.
 */
int content_files(mail_t *m, campaign_t *c, gw_buf_t *why) GW_MUSTCHECK;

/*
 * Render and compose the message of an item (render.c). GW_EINVAL: the item is
 * not rendered, its reason is set.
 */
int content_render(mail_t *m, item_t *i, gw_buf_t *out) GW_MUSTCHECK;

#endif
