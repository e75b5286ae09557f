/*
 * Tracking tokens: 24 payload bytes and a 16-byte tag, 54 base64url
 * characters. The tag is HMAC-SHA256 over the plain payload (and a URL behind
 * it) cut to 128 bits; all but the key id is then encrypted by AES-128-CTR
 * with the tag as its first counter block, so ids are not visible and equal
 * payloads give equal tokens.
 *
 *   byte 0       key id, in clear
 *   byte 1       what the link does (low 4 bits) and whose it is (bit 4)
 *   bytes 2-3    link index, little-endian as all numbers here
 *   bytes 4-7    tenant
 *   bytes 8-15   id: contact (campaign token) or message (message token)
 *   bytes 16-19  id2: campaign, or 0
 *   bytes 20-23  time of sending, unix seconds
 */
#ifndef GW_TOKEN_H
#define GW_TOKEN_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

#define GW_TOKEN_PAYLOAD  24
#define GW_TOKEN_TAG      16
#define GW_TOKEN_RAW      (GW_TOKEN_PAYLOAD + GW_TOKEN_TAG)
#define GW_TOKEN_TEXT     54
#define GW_TOKEN_NAME     64    /* all that the left of an @ may have */
#define GW_TOKEN_URL_MAX  2048

enum {                          /* what: a token serves one path only */
    GW_TOKEN_OPEN = 1,          /* /o/ */
    GW_TOKEN_CLICK = 2,         /* /c/ */
    GW_TOKEN_UNSUBSCRIBE = 3,   /* /u/ */
    GW_TOKEN_VIEW = 4,          /* /v/ */
    GW_TOKEN_PREFERENCES = 5,   /* /p/ */
    GW_TOKEN_RETURN = 6,        /* where a mail comes back to: an address */
    GW_TOKEN_CONFIRM = 7,       /* /s/, of a message or a campaign that asks */
    GW_TOKEN_VISIT = 8,         /* in the address of a page: whose visit */
    GW_TOKEN_LIVE = 9,          /* a ticket to /api/v1/live: id = a number of
                                   its own, id2 = what may be heard, time = its
                                   end; behind it topics and origin */
    GW_TOKEN_REPLY = 10         /* where answers to a mail go: an address */
};

enum {
    GW_TOKEN_CAMPAIGN = 0,      /* id = contact, id2 = campaign */
    GW_TOKEN_MESSAGE = 1        /* id = message                 */
};

typedef struct {
    uint8_t   key;              /* set by sign                  */
    uint8_t   what;
    uint8_t   kind;
    uint16_t  link;
    uint32_t  tenant;
    uint64_t  id;
    uint32_t  id2;
    uint32_t  time;
} gw_token_t;

typedef struct gw_token_keys_s  gw_token_keys_t;

/*
 * Write a new key file (mode 0600) with one random key. Each line is
 * `ID HEX`: an id 1..255 and 32 bytes; `#` starts a comment. The first key
 * signs, all verify: rotation is a new first line.
 * GW_EBUSY when the file is there.
 */
int gw_token_keys_create(const char *path) GW_MUSTCHECK;

/*
 * Load a key file; the caller owns *keys. On an error one sentence with file
 * and line is in err. The object is for one thread.
 */
int gw_token_keys_load(gw_token_keys_t **keys, const char *path,
    gw_buf_t *err) GW_MUSTCHECK;
void gw_token_keys_free(gw_token_keys_t *keys);

/* Append the text of t, signed by the first key, with url behind (or none). */
int gw_token_sign(gw_token_keys_t *keys, const gw_token_t *t, gw_str_t url,
    gw_buf_t *out) GW_MUSTCHECK;

/*
 * Check text and read it. payload, when not NULL, gets the 24 plain bytes,
 * url the URL behind (nothing is appended when there is none; NULL = a token
 * with a URL is refused). GW_EINVAL for anything not signed by us, whatever
 * the reason. No allocation.
 */
int gw_token_open(gw_token_keys_t *keys, gw_str_t text, gw_token_t *t,
    unsigned char payload[GW_TOKEN_PAYLOAD], gw_buf_t *url) GW_MUSTCHECK;

/*
 * The same as the left side of an address: base32 in lower case, since servers
 * may change the case of it (base64url would not survive that). Read in either
 * case.
 */
int gw_token_sign_name(gw_token_keys_t *keys, const gw_token_t *t,
    unsigned char name[GW_TOKEN_NAME]) GW_MUSTCHECK;
int gw_token_open_name(gw_token_keys_t *keys, gw_str_t name, gw_token_t *t)
    GW_MUSTCHECK;

/* The 24 plain bytes to the struct and back. */
void gw_token_unpack(gw_token_t *t, const unsigned char *payload);
void gw_token_pack(const gw_token_t *t, unsigned char *payload);

#endif
