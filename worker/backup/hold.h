/*
 * What the roles may remove while a backup is taken, held open: segments of the
 * spool that are not drained, and the send journal. Both are only appended to,
 * so what is held holds all that was there when it was first looked at.
 */
#ifndef BACKUP_HOLD_H
#define BACKUP_HOLD_H

#include "worker/backup/backup.h"
#include "worker/db.h"

typedef struct hold_s  hold_t;

/* The caller frees it. A sentence in err when it cannot be made. */
int hold_create(hold_t **hold, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;
void hold_free(hold_t *h);

/* Hold what is there now as well. */
int hold_look(hold_t *h, gw_buf_t *err) GW_MUSTCHECK;

/* Parts of the archive: the journal; the segments that `db` sees undrained. */
int hold_put(hold_t *h, backup_t *b, db_t *db, gw_buf_t *err) GW_MUSTCHECK;

#endif
