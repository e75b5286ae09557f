/* Who writes to the address of List-Unsubscribe is one who has clicked it. */
#include "worker/receive/receive.h"

#include "shm/gw_event.h"


/* The writer of this process, with a segment that has room. */
static int
wish_spool(receive_t *r)
{
    int              rc;
    char             dir[4096];
    gw_spool_seg_t  *seg;

    rc = GW_OK;
    if (r->spool == NULL) {
        rc = gw_conf_path(&r->w->conf, "spool", dir, sizeof(dir));
        rc = rc == GW_OK ? gw_spool_open(&r->spool, dir, GW_SPOOL_DURABLE,
                               (size_t) r->w->conf.spool_segment) : rc;
    }

    if (rc == GW_OK && gw_spool_wants(r->spool)) {
        rc = gw_spool_prepare(r->spool, &seg);
        if (rc == GW_OK) {
            gw_spool_supply(r->spool, seg);
        }
    }

    return rc;
}


int
keep_wish(receive_t *r, const gw_token_t *t, int64_t us)
{
    int                rc;
    gw_event_t         e;
    unsigned char      body[GW_EVENT_MAX];
    gw_spool_batch_t  *batch;

    memset(&e, 0, sizeof(e));
    gw_token_pack(t, e.token);
    e.ua = gw_str_of("mail to List-Unsubscribe");

    rc = wish_spool(r);
    rc = rc == GW_OK ? gw_spool_batch_add(r->spool, GW_EVENT_UNSUBSCRIBE, 0,
                           (uint64_t) us, gw_str_make(body,
                           gw_event_encode(body, &e))) : rc;
    if (rc == GW_OK) {
        batch = gw_spool_batch_take(r->spool);
        rc = batch != NULL ? gw_spool_batch_write(batch) : GW_ERROR;
        if (batch != NULL) {
            gw_spool_batch_done(r->spool, batch);
        }
    }

    if (rc != GW_OK) {
        log_error("an unsubscribe can not be kept: %s", gw_strerror(rc));
    }

    return rc;
}
