/* Whose mail a person answers, told to the database. */
#include <stdio.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/receive/receive.h"


void
answer_of_token(const gw_token_t *t, letter_answer_t *a)
{
    memset(a, 0, sizeof(letter_answer_t));
    a->tenant = t->tenant;
    a->contact = t->id;
    a->campaign = t->kind == GW_TOKEN_CAMPAIGN ? t->id2 : 0;
}


/* GW_EAGAIN: nobody can say it now. */
static int
answer_whose(receive_t *r, const letter_answer_t *a, bool *known)
{
    int        rc;
    char       tenant[24], campaign[24], contact[24];
    PGresult  *res;

    if (receive_database(r) != GW_OK) {
        return GW_EAGAIN;
    }

    (void) snprintf(tenant, sizeof(tenant), "%llu", a->tenant);
    (void) snprintf(campaign, sizeof(campaign), "%llu", a->campaign);
    (void) snprintf(contact, sizeof(contact), "%llu", a->contact);
    rc = db_run(r->db, &Q_RECEIVE_WHOSE, &(db_args_t) {
                { tenant, campaign, contact,
                  a->id[0] != '\0' ? a->id : NULL }, 4 }, &res);
    *known = rc == GW_OK && *PQgetvalue(res, 0, 0) == 't';
    PQclear(res);
    return rc == GW_OK ? GW_OK : GW_EAGAIN;
}


bool
answer_is(receive_t *r, const judged_t *m, const gw_token_t *t)
{
    return m->kind == JUDGE_REPLY
           || (m->kind == JUDGE_OTHER && t != NULL
               && t->what == GW_TOKEN_REPLY && judge_is_letter(r->judge));
}


bool
answer_may(receive_t *r, gw_str_t to, const judged_t *m)
{
    bool              known, ours;
    unsigned          i, n;
    gw_token_t        t;
    letter_answer_t   a[LETTER_ANSWERS];

    ours = receive_is_ours(r, to, &t);
    if (m == NULL || (ours && t.what == GW_TOKEN_UNSUBSCRIBE)) {
        return true;
    }

    if (!answer_is(r, m, ours ? &t : NULL)) {
        return ours || m->kind != JUDGE_OTHER;
    }

    n = 1;
    if (ours) {
        answer_of_token(&t, &a[0]);
    } else {
        n = letter_answers(judge_parsed(r->judge), a);
    }

    for (i = 0; i < n; i++) {
        if (answer_whose(r, &a[i], &known) != GW_OK || known) {
            return true;        /* or it is found out when it is told */
        }
    }

    return false;
}


/* One mail of ours that it may answer. */
static int
answer_ask(receive_t *r, const char *name, gw_str_t to,
    const letter_answer_t *a, char answer[16])
{
    int        rc;
    char       tenant[24], campaign[24], contact[24], address[400],
               now[GW_RFC3339_LEN + 1];
    letter_t  *l;
    PGresult  *res;

    rc = receive_database(r);
    if (rc != GW_OK) {
        return rc;
    }

    l = &r->letter;
    (void) snprintf(tenant, sizeof(tenant), "%llu", a->tenant);
    (void) snprintf(campaign, sizeof(campaign), "%llu", a->campaign);
    (void) snprintf(contact, sizeof(contact), "%llu", a->contact);
    (void) snprintf(address, sizeof(address), "%.*s", (int) to.len,
                    (char *) to.data);
    gw_clock_print(gw_clock_us(), now);
    rc = db_run(r->db, &Q_RECEIVE_REPLY, &(db_args_t) {
                { name, tenant, campaign, contact,
                  a->id[0] != '\0' ? a->id : NULL, address,
                  gw_buf_c(&l->from), gw_buf_c(&l->subject),
                  gw_buf_c(&l->text), l->cut ? "t" : "f", gw_buf_c(&l->files),
                  gw_buf_c(&l->id), now },
                13 }, &res);
    return keep_told(r, name, "receive_reply", rc, res, answer);
}


int
answer_tell(receive_t *r, const char *name, gw_str_t to, const gw_token_t *t,
    char answer[16])
{
    int               rc;
    unsigned          i, n;
    letter_answer_t   a[LETTER_ANSWERS];

    rc = receive_database(r);
    rc = rc == GW_OK ? beside_read(r, name) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    n = 1;
    if (t != NULL) {
        answer_of_token(t, &a[0]);
    } else {
        n = letter_answers(judge_parsed(r->judge), a);
    }

    (void) snprintf(answer, 16, "nobody");
    for (i = 0; i < n && rc == GW_OK
                && strcmp(answer, "nobody") == 0; i++)
    {
        rc = answer_ask(r, name, to, &a[i], answer);
    }

    return rc;
}
