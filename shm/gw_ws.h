/* WebSocket (RFC 6455) as a server speaks it: handshake, frames both ways. */
#ifndef GW_WS_H
#define GW_WS_H

#include <stdbool.h>
#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_WS_ACCEPT   28       /* characters of Sec-WebSocket-Accept      */
#define GW_WS_HEAD     10       /* bytes before a payload of ours, at most */
#define GW_WS_CONTROL  125      /* bytes in a control frame, at most       */

enum {
    GW_WS_TEXT = 1,
    GW_WS_BINARY = 2,
    GW_WS_CLOSE = 8,
    GW_WS_PING = 9,
    GW_WS_PONG = 10
};

/* Why a connection ends (section 7.4); those above 4000 are ours. */
enum {
    GW_WS_DONE = 1000,
    GW_WS_AWAY = 1001,          /* the server goes; come again             */
    GW_WS_PROTOCOL = 1002,
    GW_WS_UNWANTED = 1003,      /* a kind of message that is not taken     */
    GW_WS_NO_CODE = 1005,       /* a close without one; never sent         */
    GW_WS_NOT_UTF8 = 1007,
    GW_WS_LARGE = 1009
};

/* What was read. */
typedef struct {
    unsigned  opcode;           /* a message's is that of its first frame  */
    bool      last;             /* the message ends with this piece        */
    gw_str_t  data;             /* until the next read                     */
    unsigned  code;             /* of a close, or what to close with       */
} gw_ws_event_t;

/* A reader; its fields are its own. */
typedef struct {
    uint64_t       max;         /* of a message                            */
    uint64_t       left;        /* bytes of this frame that are to come    */
    uint64_t       size;        /* of the message, as far as it is known   */
    unsigned char  head[14];
    unsigned char  control[GW_WS_CONTROL];
    uint8_t        n;           /* bytes in head; in control, of its frame */
    uint8_t        opcode;      /* of the frame                            */
    uint8_t        message;     /* opcode of the one that is open, or 0    */
    uint8_t        turn;        /* of the mask                             */
    uint8_t        more, low, high;     /* of a character that is cut      */
    bool           fin, payload, over;
    unsigned       code;        /* why it is over, when that is our word   */
} gw_ws_t;

/* Sec-WebSocket-Accept for a key; GW_EINVAL: it is not base64 of 16 bytes. */
int gw_ws_accept(gw_str_t key, unsigned char out[GW_WS_ACCEPT]) GW_MUSTCHECK;

/* Read from the start; no message may be larger than max bytes. */
void gw_ws_init(gw_ws_t *ws, uint64_t max);

/*
 * Read on in what a client has sent, up to the next event; *in is what is left
 * of it, and its bytes are unmasked where they lie. A message comes in pieces
 * as it arrives, a control frame whole. GW_EAGAIN: all is read. GW_EINVAL: the
 * client breaks the protocol or says what is not taken: close with ev->code;
 * nothing behind that or behind a close is looked at.
 */
int gw_ws_read(gw_ws_t *ws, gw_str_t *in, gw_ws_event_t *ev) GW_MUSTCHECK;

/* The head of a whole frame with n bytes of payload; how long it is. */
size_t gw_ws_head(unsigned char out[GW_WS_HEAD], unsigned opcode, size_t n);

/* A close frame with its reason (at most 123 bytes); how long it is. */
size_t gw_ws_close(unsigned char out[2 + GW_WS_CONTROL], unsigned code,
    const char *reason);

#endif
