/* Lanes of ready items at a gate, and whose turn it is. */
#include "worker/mail/lane.h"

#include <stdlib.h>

#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"


/* A new one is served as if its workspace had been: nobody catches up. */
static lane_t *
lane_make(gate_t *g, campaign_t *c)
{
    lane_t        *l;
    const lane_t  *other;

    l = calloc(1, sizeof(lane_t));
    if (l == NULL) {
        return NULL;
    }

    l->gate = g;
    l->campaign = c;
    l->last = &l->first;
    l->turn = l->tenant_turn = g->turn;
    for (other = g->lanes; other != NULL; other = other->next) {
        if (other->campaign->tenant == c->tenant) {
            l->tenant_turn = other->tenant_turn;
            break;
        }
    }

    l->next = g->lanes;
    l->at = &g->lanes;
    if (l->next != NULL) {
        l->next->at = &l->next;
    }
    g->lanes = l;
    return l;
}


static void
lane_count(mail_t *m, lane_t *l, int n)
{
    l->gate->n += (unsigned) n;
    l->campaign->n_ready += (unsigned) n;
    m->n_ready += (unsigned) n;
}


static void
lane_insert(mail_t *m, lane_t *l, item_t *i, item_t **at)
{
    i->next = *at;
    i->at = at;
    if (i->next != NULL) {
        i->next->at = &i->next;
    } else {
        l->last = &i->next;
    }
    *at = i;
    lane_count(m, l, 1);
}


int
lane_add(mail_t *m, gate_t *g, item_t *i)
{
    lane_t  *l;

    for (l = g->lanes; l != NULL && l->campaign != i->campaign; l = l->next) {
        /* void */
    }

    if (l == NULL) {
        l = lane_make(g, i->campaign);
        if (l == NULL) {
            return GW_ENOMEM;
        }
    }

    if (g->held++ == 0) {
        g->since_ms = gw_clock_ms();
    }

    l->held++;
    i->lane = l;
    lane_insert(m, l, i, l->last);
    return GW_OK;
}


void
lane_take(mail_t *m, item_t *i)
{
    lane_t  *l;

    l = i->lane;
    *i->at = i->next;
    if (i->next != NULL) {
        i->next->at = i->at;
    } else {
        l->last = i->at;
    }

    i->next = NULL;
    i->at = NULL;
    lane_count(m, l, -1);
}


void
lane_return(mail_t *m, item_t *i)
{
    lane_insert(m, i->lane, i, &i->lane->first);
}


void
lane_leave(mail_t *m, item_t *i)
{
    lane_t  *l;

    l = i->lane;
    if (l == NULL) {
        return;
    }

    if (i->at != NULL) {
        lane_take(m, i);
    }

    i->lane = NULL;
    l->gate->held--;
    if (--l->held > 0) {
        return;
    }

    *l->at = l->next;
    if (l->next != NULL) {
        l->next->at = l->at;
    }
    free(l);
}


static bool
lane_before(const lane_t *a, const lane_t *b)
{
    return a->tenant_turn != b->tenant_turn ? a->tenant_turn < b->tenant_turn
                                            : a->turn < b->turn;
}


static void
lane_served(gate_t *g, lane_t *l)
{
    lane_t  *other;

    l->turn = ++g->turn;
    for (other = g->lanes; other != NULL; other = other->next) {
        if (other->campaign->tenant == l->campaign->tenant) {
            other->tenant_turn = g->turn;
        }
    }
}


lane_t *
lane_turn(mail_t *m, gate_t *g, bool alone,
    bool (*may)(const mail_t *m, const lane_t *l, bool alone),
    bool (*token)(campaign_t *c))
{
    lane_t  *l, *best;

    g->round++;
    for ( ;; ) {
        best = NULL;
        for (l = g->lanes; l != NULL; l = l->next) {
            if (l->first != NULL && l->round != g->round
                && (best == NULL || lane_before(l, best)) && may(m, l, alone))
            {
                best = l;
            }
        }

        if (best == NULL) {
            return NULL;
        }

        if (token(best->campaign)) {
            lane_served(g, best);
            return best;
        }

        best->round = g->round; /* the others need not wait with it */
    }
}


item_t *
lane_empty(mail_t *m, gate_t *g)
{
    lane_t  *l;
    item_t  *i, *out, **last;

    out = NULL;
    last = &out;
    while (g->n > 0) {
        for (l = g->lanes; l->first == NULL; l = l->next) {
            /* void */
        }
        i = l->first;
        lane_leave(m, i);
        *last = i;
        last = &i->next;
    }

    return out;
}


void
lane_free(gate_t *g)
{
    lane_t  *l;

    while ((l = g->lanes) != NULL) {
        g->lanes = l->next;
        free(l);
    }
}
