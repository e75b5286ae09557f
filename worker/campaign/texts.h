/* Content that is no mail: JSON whose texts are Liquid (shm/gw_content.h). */
#ifndef TEXTS_H
#define TEXTS_H

#include "worker/campaign/campaign.h"

/*
 * Compile the content of a row of mail_campaign and its variants; what is wrong
 * with it as a phrase in why. content_free also after an error.
 */
int texts_load(campaign_t *c, const PGresult *res, gw_buf_t *why) GW_MUSTCHECK;

/*
 * What an item gets, its texts rendered; the caller owns *made. GW_EINVAL: it
 * cannot be made, or its channel would refuse it: i->reason says why.
 */
int texts_render(mail_t *m, item_t *i, json_t **made) GW_MUSTCHECK;

#endif
