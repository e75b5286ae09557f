/*
 * The policy of a recipient. Its steps are in sql/functions/policy.sql, asked
 * when a window or a claim is read; what may have changed until his turn comes
 * is asked again here, of the cache and the clock.
 */
#include "worker/campaign/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/campaign/channel.h"

#define POLICY_HOUSE  0         /* a tenant without suppressions */

/* Reasons of suppressions by their first letter, which the cache keeps. */
static const struct {
    unsigned char  letter;
    bool           messages;    /* as godwit.stops_messages has it */
    const char    *word;
} policy_words[] = {
    { 'c', true, "complaint" },
    { 'd', false, "do not call" },
    { 'e', true, "erasure" },
    { 'h', true, "hard_bounce" },
    { 'm', false, "manual" },
    { 'u', false, "unsubscribe" }
};

#define POLICY_WORDS  (sizeof(policy_words) / sizeof(policy_words[0]))


bool
policy_read(item_t *i)
{
    char            *end;
    const PGresult  *res;

    res = i->window->rows;
    if (!campaign_is_messages(i->campaign)) {
        i->policy = (int) strtol(PQgetvalue(res, i->row, ROW_POLICY), &end,
                                 10);
        i->until_us = strtoll(PQgetvalue(res, i->row, ROW_UNTIL), &end, 10);
    }

    if (PQgetisnull(res, i->row, ROW_VERDICT)) {
        return false;
    }

    i->state = (item_state_t) strtol(PQgetvalue(res, i->row, ROW_VERDICT),
                                     &end, 10);
    (void) snprintf(i->reason, sizeof(i->reason), "%s",
                    PQgetvalue(res, i->row, ROW_REASON));
    if (i->state == ITEM_QUEUED) {
        i->put_off = true;
        i->due_us = i->until_us;
    }

    return true;
}


/* Why its address is suppressed, if that stops it; NULL: nothing does. */
static const char *
policy_suppressed(mail_t *m, const item_t *i)
{
    int             rc;
    bool            messages;
    size_t          n;
    gw_cache_key_t  key;
    unsigned char   hash[32], letter[16];

    messages = i->message;
    if (messages && i->campaign->tenant == POLICY_HOUSE) {
        return NULL;
    }

    tenant_key_address(&i->campaign->key, i->address, hash);
    key = gw_cache_key_suppression(i->campaign->tenant, hash);
    n = sizeof(letter);
    rc = gw_cache_get(m->cache, &key, letter, &n);
    gw_cache_release(m->cache);
    if (rc != GW_OK) {
        return NULL;
    }

    letter[0] = n > 0 ? letter[0] : '\0';
    if (letter[0] != '\0'
        && strchr(i->campaign->channel->deaf, letter[0]) != NULL)
    {
        return NULL;
    }

    for (n = 0; n < POLICY_WORDS; n++) {
        if (policy_words[n].letter == letter[0]) {
            return !messages || policy_words[n].messages
                   ? policy_words[n].word : NULL;
        }
    }

    return messages ? NULL : "suppressed";
}


policy_t
policy_again(mail_t *m, item_t *i, const char **reason)
{
    *reason = policy_suppressed(m, i);
    if (*reason != NULL) {
        return POLICY_REFUSES;
    }

    if (i->until_us > 0 && gw_clock_us() >= i->until_us) {
        *reason = "quiet hours";
        return POLICY_PUTS_OFF;
    }

    return POLICY_MAY;
}
