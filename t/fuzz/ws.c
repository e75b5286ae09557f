/*
 * Frames of a WebSocket client: the same is read however its bytes come, no
 * message is larger than it may be, text is UTF-8, and the end is the end.
 */
#include "t/fuzz/fuzz.h"

#include "shm/gw_buf.h"
#include "shm/gw_codec.h"
#include "shm/gw_ws.h"

#define LARGEST  512

typedef struct {
    gw_buf_t  told;             /* opcode, a mark and the bytes of each     */
    gw_buf_t  text;             /* of the message that is open              */
    size_t    size;
    int       rc;
    unsigned  code;
} reader_t;


/* Pieces of a message are told as one: where they are cut is no promise. */
static void
tell(reader_t *r, const gw_ws_event_t *ev)
{
    if (ev->opcode >= GW_WS_CLOSE) {
        must(ev->last && ev->data.len <= GW_WS_CONTROL);
        gw_buf_fmt(&r->told, "<%u %u ", ev->opcode, ev->code);
        gw_buf_str(&r->told, ev->data);
        return;
    }

    must(ev->opcode == GW_WS_TEXT || ev->opcode == GW_WS_BINARY);
    r->size += ev->data.len;
    must(r->size <= LARGEST);
    gw_buf_str(&r->text, ev->data);

    if (ev->last) {
        must(ev->opcode != GW_WS_TEXT || gw_utf8_valid(gw_buf_view(&r->text)));
        gw_buf_fmt(&r->told, "<%u %zu ", ev->opcode, r->size);
        gw_buf_str(&r->told, gw_buf_view(&r->text));
        gw_buf_reset(&r->text);
        r->size = 0;
    }
}


static void
read_all(reader_t *r, const uint8_t *data, size_t n, size_t step)
{
    size_t          at, left;
    uint8_t        *copy;
    gw_ws_t         ws;
    gw_str_t        in;
    gw_ws_event_t   ev;

    gw_buf_init(&r->told, 1 << 20);
    gw_buf_init(&r->text, 1 << 20);
    r->size = 0;
    r->rc = GW_EAGAIN;
    gw_ws_init(&ws, LARGEST);

    for (at = 0; at < n; at += left) {
        left = n - at < step ? n - at : step;
        copy = malloc(left);            /* exact: a byte too far is found */
        must(copy != NULL);
        memcpy(copy, data + at, left);
        in = gw_str_make(copy, left);

        while ((r->rc = gw_ws_read(&ws, &in, &ev)) == GW_OK) {
            tell(r, &ev);
        }

        must(in.len == 0 || r->rc == GW_EINVAL);
        r->code = r->rc == GW_EINVAL ? ev.code : 0;
        free(copy);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    reader_t  whole, parts;

    if (n < 2 || n > 4096) {
        return 0;
    }

    read_all(&whole, data + 1, n - 1, n);
    read_all(&parts, data + 1, n - 1, 1 + data[0] % 16);
    must(whole.rc == parts.rc && whole.code == parts.code);
    must(gw_str_eq(gw_buf_view(&whole.told), gw_buf_view(&parts.told)));

    gw_buf_free(&whole.told);
    gw_buf_free(&whole.text);
    gw_buf_free(&parts.told);
    gw_buf_free(&parts.text);
    return 0;
}
