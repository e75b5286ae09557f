/* Frames of WebSocket: read piece by piece, judged as early as they can be. */
#include "shm/gw_ws.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "shm/gw_codec.h"

#define GW_WS_GUID  "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define GW_WS_KEY   24          /* characters: 16 bytes in base64 */

#define GW_WS_FIN       0x80
#define GW_WS_RESERVED  0x70
#define GW_WS_MASKED    0x80
#define GW_WS_IS_CONTROL(opcode)  ((opcode) & 8)


int
gw_ws_accept(gw_str_t key, unsigned char out[GW_WS_ACCEPT])
{
    size_t         i;
    unsigned char  text[GW_WS_KEY + sizeof(GW_WS_GUID) - 1];
    unsigned char  hash[SHA_DIGEST_LENGTH], base64[GW_WS_ACCEPT + 1];

    static const char  alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "abcdefghijklmnopqrstuvwxyz0123456789+/";

    if (key.len != GW_WS_KEY || memcmp(key.data + GW_WS_KEY - 2, "==", 2) != 0)
    {
        return GW_EINVAL;
    }

    for (i = 0; i < GW_WS_KEY - 2; i++) {
        if (memchr(alphabet, key.data[i], sizeof(alphabet) - 1) == NULL) {
            return GW_EINVAL;
        }
    }

    memcpy(text, key.data, GW_WS_KEY);
    memcpy(text + GW_WS_KEY, GW_WS_GUID, sizeof(GW_WS_GUID) - 1);
    (void) SHA1(text, sizeof(text), hash);
    (void) EVP_EncodeBlock(base64, hash, sizeof(hash));
    memcpy(out, base64, GW_WS_ACCEPT);
    return GW_OK;
}


void
gw_ws_init(gw_ws_t *ws, uint64_t max)
{
    memset(ws, 0, sizeof(gw_ws_t));
    ws->max = max;
}


/* Nothing that comes is looked at any more. */
static int
gw_ws_fail(gw_ws_t *ws, gw_ws_event_t *ev, unsigned code)
{
    ws->over = true;
    ws->code = code;
    ev->code = code;
    return GW_EINVAL;
}


/* What the first two bytes say, before any of the rest is waited for. */
static bool
gw_ws_begins_well(const gw_ws_t *ws)
{
    unsigned  opcode = ws->head[0] & 0x0f, n = ws->head[1] & 0x7f;

    if ((ws->head[0] & GW_WS_RESERVED) || !(ws->head[1] & GW_WS_MASKED)) {
        return false;
    }

    switch (opcode) {
    case 0:
        return ws->message != 0;
    case GW_WS_TEXT:
    case GW_WS_BINARY:
        return ws->message == 0;
    case GW_WS_CLOSE:
    case GW_WS_PING:
    case GW_WS_PONG:
        return n <= GW_WS_CONTROL && (ws->head[0] & GW_WS_FIN);
    default:
        return false;
    }
}


/* Bytes of the head, of which the first two are there. */
static unsigned
gw_ws_head_size(const gw_ws_t *ws)
{
    unsigned  n = ws->head[1] & 0x7f;

    return 2 + (n == 126 ? 2 : n == 127 ? 8 : 0) + 4;
}


/* The length that a whole head says; UINT64_MAX: not in its shortest form. */
static uint64_t
gw_ws_length(const gw_ws_t *ws)
{
    unsigned  i, bytes;
    uint64_t  n;

    n = ws->head[1] & 0x7f;
    if (n < 126) {
        return n;
    }

    bytes = n == 126 ? 2 : 8;
    for (i = 0, n = 0; i < bytes; i++) {
        n = n << 8 | ws->head[2 + i];
    }

    return n < (bytes == 2 ? 126 : 65536) || n >> 63 ? UINT64_MAX : n;
}


/* A whole head is there. */
static int
gw_ws_frame(gw_ws_t *ws, gw_ws_event_t *ev)
{
    uint64_t  n;

    n = gw_ws_length(ws);
    if (n == UINT64_MAX) {
        return gw_ws_fail(ws, ev, GW_WS_PROTOCOL);
    }

    ws->opcode = ws->head[0] & 0x0f;
    ws->fin = ws->head[0] & GW_WS_FIN;
    ws->left = n;
    ws->turn = 0;
    ws->payload = true;
    memcpy(ws->head, ws->head + ws->n - 4, 4);      /* the mask */
    ws->n = 0;

    if (GW_WS_IS_CONTROL(ws->opcode)) {
        return GW_OK;
    }

    if (ws->opcode != 0) {
        ws->message = ws->opcode;
        ws->size = 0;
    }

    if (n > ws->max - ws->size) {
        return gw_ws_fail(ws, ev, GW_WS_LARGE);
    }

    ws->size += n;
    return GW_OK;
}


/* Take bytes of the head; GW_EAGAIN: it is not whole. */
static int
gw_ws_take_head(gw_ws_t *ws, gw_str_t *in, gw_ws_event_t *ev)
{
    while (in->len > 0) {
        ws->head[ws->n++] = *in->data++;
        in->len--;

        if (ws->n == 2 && !gw_ws_begins_well(ws)) {
            return gw_ws_fail(ws, ev, GW_WS_PROTOCOL);
        }

        if (ws->n >= 2 && ws->n == gw_ws_head_size(ws)) {
            return gw_ws_frame(ws, ev);
        }
    }

    return GW_EAGAIN;
}


/* The next piece of the payload, which may be empty, unmasked. */
static gw_str_t
gw_ws_piece(gw_ws_t *ws, gw_str_t *in)
{
    size_t    i;
    gw_str_t  piece;

    piece = gw_str_make(in->data, ws->left < in->len ? (size_t) ws->left
                                                     : in->len);
    for (i = 0; i < piece.len; i++) {
        piece.data[i] ^= ws->head[ws->turn++ & 3];
    }

    if (piece.len > 0) {
        in->data += piece.len;
        in->len -= piece.len;
        ws->left -= piece.len;
    }

    return piece;
}


/* Text goes on: a character may be cut at any place. */
static bool
gw_ws_utf8(gw_ws_t *ws, gw_str_t s)
{
    size_t         i;
    unsigned char  c;

    for (i = 0; i < s.len; i++) {
        c = s.data[i];

        if (ws->more > 0) {
            if (c < ws->low || c > ws->high) {
                return false;
            }
            ws->more--;
            ws->low = 0x80;
            ws->high = 0xbf;

        } else if (c >= 0x80) {
            if (c < 0xc2 || c > 0xf4) {
                return false;
            }
            ws->more = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
            ws->low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
            ws->high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
        }
    }

    return true;
}


/* Codes that one end may tell the other. */
static bool
gw_ws_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014)
           || (code >= 3000 && code <= 4999);
}


/* A control frame is whole. */
static int
gw_ws_control(gw_ws_t *ws, gw_ws_event_t *ev)
{
    ev->opcode = ws->opcode;
    ev->last = true;
    ev->data = gw_str_make(ws->control, ws->n);
    ev->code = GW_WS_NO_CODE;
    ws->n = 0;
    ws->payload = false;

    if (ws->opcode != GW_WS_CLOSE) {
        return GW_OK;
    }

    if (ev->data.len > 0) {
        ev->code = ev->data.len == 1 ? 0
                   : (unsigned) ws->control[0] << 8 | ws->control[1];
        if (!gw_ws_code(ev->code)) {
            return gw_ws_fail(ws, ev, GW_WS_PROTOCOL);
        }

        ev->data = gw_str_make(ws->control + 2, ev->data.len - 2);
        if (!gw_utf8_valid(ev->data)) {
            return gw_ws_fail(ws, ev, GW_WS_NOT_UTF8);
        }
    }

    ws->over = true;
    return GW_OK;
}


/* A piece of a message; GW_EAGAIN: nothing to tell. */
static int
gw_ws_data(gw_ws_t *ws, gw_str_t piece, gw_ws_event_t *ev)
{
    ev->opcode = ws->message;
    ev->last = ws->fin && ws->left == 0;
    ev->data = piece;
    ev->code = 0;

    if (ws->message == GW_WS_TEXT
        && (!gw_ws_utf8(ws, piece) || (ev->last && ws->more > 0)))
    {
        return gw_ws_fail(ws, ev, GW_WS_NOT_UTF8);
    }

    if (ws->left == 0) {
        ws->payload = false;
    }

    if (ev->last) {
        ws->message = 0;
    }

    return piece.len > 0 || ev->last ? GW_OK : GW_EAGAIN;
}


int
gw_ws_read(gw_ws_t *ws, gw_str_t *in, gw_ws_event_t *ev)
{
    int       rc;
    gw_str_t  piece;

    for ( ;; ) {
        if (ws->over) {
            in->len = 0;
            ev->code = ws->code;
            return ws->code != 0 ? GW_EINVAL : GW_EAGAIN;
        }

        if (!ws->payload) {
            rc = gw_ws_take_head(ws, in, ev);
            if (rc != GW_OK) {
                return rc;
            }
        }

        if (ws->left > 0 && in->len == 0) {
            return GW_EAGAIN;
        }

        piece = gw_ws_piece(ws, in);

        if (!GW_WS_IS_CONTROL(ws->opcode)) {
            rc = gw_ws_data(ws, piece, ev);
            if (rc != GW_EAGAIN) {
                return rc;
            }
            continue;
        }

        if (piece.len > 0) {
            memcpy(ws->control + ws->n, piece.data, piece.len);
            ws->n += (uint8_t) piece.len;
        }

        if (ws->left == 0) {
            return gw_ws_control(ws, ev);
        }
    }
}


size_t
gw_ws_head(unsigned char out[GW_WS_HEAD], unsigned opcode, size_t n)
{
    unsigned  i, bytes;

    bytes = n < 126 ? 0 : n < 65536 ? 2 : 8;
    out[0] = (unsigned char) (GW_WS_FIN | opcode);
    out[1] = (unsigned char) (bytes == 0 ? n : bytes == 2 ? 126 : 127);

    for (i = 0; i < bytes; i++) {
        out[2 + i] = (unsigned char) ((uint64_t) n >> (8 * (bytes - 1 - i)));
    }

    return 2 + bytes;
}


size_t
gw_ws_close(unsigned char out[2 + GW_WS_CONTROL], unsigned code,
    const char *reason)
{
    size_t  n;

    n = strnlen(reason, GW_WS_CONTROL - 2);
    (void) gw_ws_head(out, GW_WS_CLOSE, 2 + n);
    out[2] = (unsigned char) (code >> 8);
    out[3] = (unsigned char) code;
    memcpy(out + 4, reason, n);
    return 4 + n;
}
