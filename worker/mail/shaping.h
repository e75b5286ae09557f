/* conf.d/shaping.yaml: limits of providers, and replies that are about them. */
#ifndef SHAPING_H
#define SHAPING_H

#include "shm/gw_conf.h"

#define SHAPING_SUFFIXES  8

typedef struct {
    char      name[40];         /* "": of no provider                    */
    char      suffix[SHAPING_SUFFIXES][80];
    unsigned  suffixes;
    int64_t   connections, deliveries;
    int64_t   opened, rate;     /* a minute; 0: any                      */
    int64_t   tls;              /* GW_TLS_..; -1: as smtp_tls says       */
} shaping_limits_t;

typedef struct {
    char      name[40];
    int64_t   suspend_ms, slow_ms, wait_ms;     /* one of them           */
} shaping_reply_t;

typedef struct shaping_s  shaping_t;

/* mail_shaping, or the program's own table. As yaml_table_open. */
int shaping_load(shaping_t **out, const gw_conf_t *conf, gw_buf_t *err)
    GW_MUSTCHECK;
void shaping_free(shaping_t *s);

/* The limits for an exchanger; never NULL. */
const shaping_limits_t *shaping_limits(const shaping_t *s,
    const char *exchanger);

/* What a reply of a provider ("": of none) is about; NULL: the recipient. */
const shaping_reply_t *shaping_reply(const shaping_t *s, const char *provider,
    unsigned code, const char *text);

#endif
