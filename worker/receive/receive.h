/* The role `receive` from within: listeners, sessions, what they took. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include <openssl/ssl.h>
#include <sys/socket.h>

#include "shm/gw_spool.h"
#include "shm/gw_token.h"
#include "worker/db.h"
#include "worker/loop.h"
#include "worker/receive/judge.h"
#include "worker/receive/letter.h"

#define RECEIVE_BYTES     (10 * 1024 * 1024)    /* of a mail               */
#define RECEIVE_SESSIONS  64
#define RECEIVE_EACH      24                    /* of one host             */
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
    letter_t          letter;
    SSL_CTX          *tls;              /* NULL: none is offered           */
    listener_t        listener[2];
    session_t        *sessions;
    unsigned          n;
    int               folder;           /* its descriptor                  */
    int               host;             /* its row; 0: not asked yet       */
    gw_spool_t       *spool;            /* NULL until somebody unsubscribes */
    loop_timer_t      timer;            /* looks for what is to be taken   */
    bool              failed;
};

/* Take over an accepted descriptor; greet, or say that there are too many. */
void session_open(listener_t *l, int fd, const struct sockaddr_storage *peer);
void session_close(session_t *s);

/* Is it one of our return paths, or of our addresses for answers? */
bool receive_is_ours(receive_t *r, gw_str_t address, gw_token_t *t);

/* Is mail to it taken: a return path, or one of `receive_addresses`? */
bool receive_takes(receive_t *r, gw_str_t address);

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
 * What the database has said of the mail of that name: its word is in answer,
 * "" without one. GW_EAGAIN: it is told again; GW_ERROR: refused, the mail is
 * set aside. Takes res.
 */
int keep_told(receive_t *r, const char *name, const char *what, int rc,
    PGresult *res, char answer[16]) GW_MUSTCHECK;

/*
 * May the mail that was judged last be for us at this address (m NULL: it could
 * not be judged now): what comes back, what a program says to an address of
 * receive_addresses, or an answer to a mail that is known? Nothing else is
 * acknowledged.
 */
bool answer_may(receive_t *r, gw_str_t to, const judged_t *m);

/*
 * Read the mail that was judged last into r->letter, its files brought to the
 * disk: what the database needs of each is in their JSON. r->db is connected.
 * GW_EAGAIN, logged.
 */
int beside_read(receive_t *r, const char *name) GW_MUSTCHECK;

/*
 * Is the mail that was judged last, and came to whom t names (or NULL), an
 * answer? Where nothing but answers go a person's letter is one, too, which
 * names no mail of ours.
 */
bool answer_is(receive_t *r, const judged_t *m, const gw_token_t *t);

/* The mail that a token is of. */
void answer_of_token(const gw_token_t *t, letter_answer_t *a);

/*
 * The mail that was judged last is an answer, to whom t names (NULL: to the
 * mail that it names itself). The codes of keep_told, and GW_EDB.
 */
int answer_tell(receive_t *r, const char *name, gw_str_t to,
    const gw_token_t *t, char answer[16]) GW_MUSTCHECK;

/*
 * Judge what is kept and tell the database; what it has taken is removed.
 * GW_EDB: it is away, all stays.
 */
int keep_take(receive_t *r) GW_MUSTCHECK;

#endif
