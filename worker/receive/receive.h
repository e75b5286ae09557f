/* The role `receive` from within: listeners, sessions, what they took. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "shm/gw_spool.h"
#include "shm/gw_token.h"
#include "worker/db.h"
#include "worker/loop.h"
#include "worker/receive/judge.h"

#define RECEIVE_BYTES     (10 * 1024 * 1024)    /* of a mail               */
#define RECEIVE_SESSIONS  64
#define RECEIVE_RCPTS     20                    /* of a mail               */
#define RECEIVE_FOLDER    "receive"             /* below the state         */

typedef struct receive_s  receive_t;
typedef struct session_s  session_t;

typedef struct {
    receive_t  *r;
    loop_fd_t   fd;
    bool        lmtp;
} listener_t;

struct receive_s {
    worker_t         *w;
    loop_t           *loop;
    db_t             *db;               /* NULL until something is to tell */
    gw_token_keys_t  *keys;
    rules_t          *rules;
    judge_t          *judge;
    listener_t        listener[2];
    session_t        *sessions;
    unsigned          n;
    int               folder;           /* its descriptor                  */
    gw_spool_t       *spool;            /* NULL until somebody unsubscribes */
    loop_timer_t      timer;            /* looks for what is to be taken   */
    bool              failed;
};

/* Take over an accepted descriptor; greet. */
void session_open(listener_t *l, int fd);
void session_close(session_t *s);

/* Is it the left side of one of our return paths? */
bool receive_is_ours(receive_t *r, gw_str_t address, gw_token_t *t);

/* Connect, unless there is a connection: GW_EDB, logged. */
int receive_database(receive_t *r) GW_MUSTCHECK;

/*
 * Keep a mail to one address: on the disk when this returns GW_OK, under a
 * name that the same mail has again. GW_ESYS, logged.
 */
int keep_mail(receive_t *r, gw_str_t to, gw_str_t mail) GW_MUSTCHECK;

/*
 * Somebody wants no more mail: the event that a click would have been, on the
 * disk when this returns GW_OK.
 */
int keep_wish(receive_t *r, const gw_token_t *t, int64_t us) GW_MUSTCHECK;

/*
 * Judge what is kept and tell the database; what it has taken is removed.
 * GW_EDB: it is away, all stays.
 */
int keep_take(receive_t *r) GW_MUSTCHECK;

#endif
