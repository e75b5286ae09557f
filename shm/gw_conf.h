/*
 * The configuration table: every directive of `godwit { }` once, for nginx's
 * block handler and the worker alike.
 */
#ifndef GW_CONF_H
#define GW_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"
#include "shm/gw_net.h"

#define GW_CONF_PATH_MAX  200   /* of `state`; all below stay short */
#define GW_CONF_DAY       86400000LL    /* ms */
#define GW_CONF_ROWS_MAX  256   /* of the table                     */
#define GW_CONF_SOCKET    107   /* of a unix socket, by the kernel  */
#define GW_CONF_SOCKETS   8     /* of live_publish                  */

enum {
    GW_CONF_STR,                /* gw_str_t, owned by the gw_conf_t   */
    GW_CONF_INT,                /* int64_t                            */
    GW_CONF_SIZE,               /* int64_t bytes: 64m, 512k           */
    GW_CONF_MS,                 /* int64_t milliseconds: 5s, 50ms, 3d */
    GW_CONF_FLAG,               /* int64_t 0 or 1: on, off            */
    GW_CONF_ENUM,               /* int64_t by a table of words        */
    GW_CONF_PATH,               /* gw_str_t, absolute                 */
    GW_CONF_MS_LIST,            /* gw_conf_list_t, ascending not asked */
    GW_CONF_NETS,               /* gw_nets_t                          */
    GW_CONF_SERVERS,            /* gw_str_t: ADDRESS:PORT with commas */
    GW_CONF_PLACES,             /* gw_str_t: LOCAL@DOMAIN, DOMAIN too */
    GW_CONF_HOSTS               /* gw_str_t: HOST:PORT with commas    */
};

#define GW_CONF_LIST_MAX  16

typedef struct {
    int64_t   v[GW_CONF_LIST_MAX];
    unsigned  n;
} gw_conf_list_t;

enum { GW_TLS_OFF, GW_TLS_OPPORTUNISTIC, GW_TLS_REQUIRED, GW_TLS_IMPLICIT };

/* The values; field names are the directives'. */
typedef struct {
    int64_t         api_rate_address;   /* edge: requests a second, 0 = any; */
    int64_t         api_rate_key;       /* twice as many at once             */
    int64_t         api_rate_tenant;
    gw_str_t        base_url;           /* https://host, no slash at the end */
    gw_str_t        bounce_domain;      /* of the return path; empty: none   */
    gw_str_t        bounce_rules;       /* file; empty = that of the program */
    int64_t         cache_map_size;
    gw_str_t        class_rules;        /* file; empty = that of the program */
    gw_str_t        contract;           /* edge: folder of the API's YAML    */
    gw_str_t        database;           /* libpq conninfo without user       */
    int64_t         database_pool;      /* edge: connections a worker        */
    int64_t         database_queue;     /* edge: requests that may wait      */
    int64_t         database_slow_pool; /* edge: connections a worker        */
    int64_t         database_slow_timeout;
    int64_t         database_timeout;
    int64_t         drain_batch;
    int64_t         drain_interval;
    int64_t         drain_timeout;      /* of a role that is told to end     */
    int64_t         files_quota;        /* edge: bytes a workspace, 0 = any  */
    gw_str_t        helo_name;
    int64_t         log_form;           /* of the worker                     */
    int64_t         log_level;
    int64_t         live_backlog;       /* edge: bytes that one may owe      */
    int64_t         live_connections;   /* edge: a workspace, each worker    */
    int64_t         live_lifetime;      /* edge: then it is made anew        */
    int64_t         live_ping;          /* edge: between signs of life       */
    gw_str_t        live_publish;       /* sockets of the edge, apart by
                                           blanks; empty: nothing is told    */
    int64_t         live_ring;          /* edge: bytes of last events        */
    int64_t         journal_sync;
    gw_nets_t       mail_allow;         /* where mail exchangers may stand
                                           beside the internet               */
    gw_str_t        mail_from;          /* of what we write; empty: see conf */
    int64_t         mail_lease;         /* of a cursor                       */
    gw_str_t        mail_shaping;       /* file; empty = that of the program */
    int64_t         mail_window;        /* recipients a cursor window        */
    int64_t         mail_window_age;
    int64_t         message_lifetime;   /* as retry_lifetime, of messages   */
    int64_t         mta_sts_port;       /* of policies; 0: none is asked for */
    gw_str_t        resolver;           /* name servers; empty: the system's */
    gw_str_t        receive_addresses;  /* taken beside return paths         */
    gw_str_t        receive_certificate;    /* PEM; empty: no TLS            */
    gw_str_t        receive_key;        /* PEM; empty: it is in there too    */
    gw_str_t        receive_lmtp;       /* HOST:PORT or unix:PATH; empty: off */
    gw_str_t        receive_smtp;
    int64_t         receive_timeout;    /* without a byte; 10 times: in all  */
    gw_str_t        reply_domain;       /* of Reply-To; empty: none          */
    gw_conf_list_t  retry_schedule;
    int64_t         retry_lifetime;
    gw_str_t        secret_keys;        /* file; empty = <state>/keys/secret */
    gw_str_t        smart_host;         /* the first that works; empty: by MX */
    int64_t         smtp_connections;
    int64_t         smtp_deliveries;    /* per connection                    */
    int64_t         smtp_idle;
    gw_str_t        smtp_ca_file;
    gw_str_t        smtp_password_file;
    int64_t         smtp_port;          /* of mail exchangers                */
    int64_t         smtp_tls;
    gw_str_t        smtp_user;
    int64_t         smtp_timeout_connect;
    int64_t         smtp_timeout_greeting;
    int64_t         smtp_timeout_mail;  /* EHLO, MAIL, RCPT                  */
    int64_t         smtp_timeout_data;
    int64_t         smtp_timeout_dot;
    int64_t         spool_keep;
    int64_t         spool_segment;
    int64_t         spool_sync;
    gw_str_t        state;
    gw_str_t        token_keys;         /* file; empty = <state>/keys/token  */
    gw_nets_t       sending_addresses;  /* that mail leaves from            */
    gw_nets_t       webhook_allow;      /* reached by any scheme and port    */
    gw_str_t        webhook_ca_file;    /* that certificates are held against */
    gw_conf_list_t  webhook_retry_schedule;     /* of campaigns that are no  */
    int64_t         webhook_retry_lifetime;     /* mail                      */
} gw_conf_t;

typedef struct {
    const char    *name;                /* the directive                     */
    int            type;
    size_t         offset;              /* into gw_conf_t                    */
    const char    *value;               /* default as text; NULL = required  */
    int64_t        min, max;            /* bounds of numbers, bytes of texts */
    const char   **words;               /* GW_CONF_ENUM, NULL-terminated     */
    unsigned       reload:1;            /* may change on reload              */
    unsigned       secret:1;            /* never printed                     */
} gw_conf_row_t;

/* Alphabetical, ended by a row whose name is NULL. */
extern const gw_conf_row_t  gw_conf_rows[];

/* The rows that a block has named, a bit each; all zero: none yet. */
typedef struct {
    uint64_t  word[GW_CONF_ROWS_MAX / 64];
} gw_conf_seen_t;


static inline bool
gw_conf_is_seen(const gw_conf_seen_t *seen, size_t row)
{
    return seen->word[row / 64] >> row % 64 & 1;
}


static inline void
gw_conf_see(gw_conf_seen_t *seen, size_t row)
{
    seen->word[row / 64] |= (uint64_t) 1 << row % 64;
}


/* Fill conf with the defaults; gw_conf_free gives its texts back. */
int gw_conf_init(gw_conf_t *conf) GW_MUSTCHECK;
void gw_conf_free(gw_conf_t *conf);

/*
 * One directive with its arguments (args[0] is the name); one that was seen is
 * refused. On GW_EINVAL one sentence without file and line is in err: both
 * programs print the same words after theirs.
 */
int gw_conf_set(gw_conf_t *conf, gw_conf_seen_t *seen, const gw_str_t *args,
    unsigned n, gw_buf_t *err) GW_MUSTCHECK;

/* After the last directive: what is required is there, texts fit together. */
int gw_conf_check(const gw_conf_t *conf, const gw_conf_seen_t *seen,
    gw_buf_t *err) GW_MUSTCHECK;

/*
 * The worker's way: read a file that holds one `godwit { }` in nginx syntax
 * (`#` comments, quotes, `;`). err gets `... in PATH:LINE`.
 */
int gw_conf_read(gw_conf_t *conf, const char *path, gw_buf_t *err)
    GW_MUSTCHECK;

/* Does b differ from a in nothing but what may change on reload? */
bool gw_conf_reloads(const gw_conf_t *a, const gw_conf_t *b);

/* Print the effective configuration as the file would say it, no secrets. */
void gw_conf_print(const gw_conf_t *conf, gw_buf_t *out);

/* `<state>/<tail>` as a C string into out (size bytes). */
int gw_conf_path(const gw_conf_t *conf, const char *tail, char *out,
    size_t size) GW_MUSTCHECK;

#endif
