/*
 * Lanes: the ready items of one campaign that leave through one gate, in their
 * order. Workspaces take turns at a gate, and the campaigns of a workspace
 * among themselves. A lane lives as long as an item holds it: from lane_add
 * until lane_leave.
 */
#ifndef LANE_H
#define LANE_H

#include "worker/mail/mail.h"

struct lane_s {
    lane_t      *next, **at;    /* of the gate                           */
    gate_t      *gate;
    campaign_t  *campaign;
    item_t      *first, **last;
    unsigned     held;
    uint64_t     turn;          /* of the gate when it was served last   */
    uint64_t     tenant_turn;   /* when its workspace was                */
    uint64_t     round;         /* of the gate in which it has to wait   */
};

/* Append an item that holds no lane. */
int lane_add(mail_t *m, gate_t *g, item_t *i) GW_MUSTCHECK;

/* Take an item out, holding its lane; put it back to the head. */
void lane_take(mail_t *m, item_t *i);
void lane_return(mail_t *m, item_t *i);

/* It comes back no more; right for one in a lane and one without. */
void lane_leave(mail_t *m, item_t *i);

/* Whose turn it is among lanes for which may() is true and token() too. */
lane_t *lane_turn(mail_t *m, gate_t *g, bool alone,
    bool (*may)(const mail_t *m, const lane_t *l, bool alone),
    bool (*token)(campaign_t *c));

/* All items out of all its lanes: their chain. */
item_t *lane_empty(mail_t *m, gate_t *g);

/* At the end of the process. */
void lane_free(gate_t *g);

#endif
