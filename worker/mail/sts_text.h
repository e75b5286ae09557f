/* MTA-STS (RFC 8461): its record and its policy as texts of strangers. */
#ifndef STS_TEXT_H
#define STS_TEXT_H

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define STS_ID_MAX  32
#define STS_MX_MAX  4096

typedef enum {
    STS_NONE,
    STS_TESTING,
    STS_ENFORCE                 /* TLS with a known certificate, to those of
                                   mx only                               */
} sts_mode_t;

typedef struct {
    sts_mode_t  mode;
    int64_t     max_age;        /* seconds                               */
    char        mx[STS_MX_MAX]; /* names and *.names in lower case, a blank
                                   between them                          */
} sts_text_t;

/* As the contract of a policy names the mode. */
const char *sts_mode_word(sts_mode_t mode);
int sts_mode_of(gw_str_t word, sts_mode_t *mode) GW_MUSTCHECK;

/*
 * The id of a record `v=STSv1; id=...`. GW_ENOTFOUND: it is of another kind;
 * GW_EINVAL: of this kind, and wrong.
 */
int sts_text_id(gw_str_t record, char id[STS_ID_MAX + 1]) GW_MUSTCHECK;

/* A policy. GW_EINVAL: it is none, and no word of it counts. */
int sts_text_read(gw_str_t text, sts_text_t *out) GW_MUSTCHECK;

/* Is a host, in lower case, one of mx? */
bool sts_text_has(const char *mx, const char *host);

#endif
