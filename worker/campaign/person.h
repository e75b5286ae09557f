/* What templates see of a recipient. */
#ifndef PERSON_H
#define PERSON_H

#include "worker/campaign/campaign.h"

typedef struct {
    mail_t        *mail;
    const item_t  *item;
    json_t        *data;        /* m->data: filled when a name needs it     */
    bool           filled;
    bool           asked;       /* so is what a message was asked for with  */
    bool           known[PERSON_URLS];          /* m->urls[n] is this one's */
    char           id[24];
} person_t;

enum {
    PERSON_UNSUBSCRIBE, PERSON_VIEW, PERSON_PREFERENCES, PERSON_CONFIRM
};

/*
 * The arm of its campaign's experiment whose content an item gets, 0 where
 * there is none: who is not in the test that of his row. GW_ASSIGN_HELD: he
 * gets nothing.
 */
int person_arm(const item_t *i);

void person_init(person_t *p, mail_t *m, const item_t *i);

/* One of his URLs, made at first use; it lives until the next person_init. */
int person_url(person_t *p, unsigned which, gw_str_t *url) GW_MUSTCHECK;

/* His locale; empty: none. */
gw_str_t person_locale(const person_t *p);

/*
 * What a recipient of that locale gets: de-AT, else de, else that of none; who
 * has an arm of an experiment (above 0) gets that.
 */
const content_t *content_for(const campaign_t *c, gw_str_t locale, int arm);

/* All that a campaign may send, of whatever channel. */
void content_free(campaign_t *c);

/*
 * What makes the id of its message hard to guess and the same at each attempt,
 * 16 hex digits, as godwit.message_id has it.
 */
void person_mac(const item_t *i, char out[17]);

/* gw_liquid_find_pt: contact, campaign, brand and the URLs of a person_t. */
int person_find(void *arg, gw_str_t root, gw_str_t name, gw_str_t *text);

/* base_url/LETTER/token appended (render.c). */
int render_token(mail_t *m, const item_t *i, unsigned what, char letter,
    unsigned link, gw_str_t url, gw_buf_t *out) GW_MUSTCHECK;

#endif
