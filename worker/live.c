/*
 * What this process has noted, and its way to the edge: one POST of JSON lines
 * to each socket of live_publish, written at once or not at all. No answer is
 * read.
 */
#include "worker/live.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/ingest/tally.h"

#define LIVE_MS     250
#define LIVE_LINES  256         /* of a POST; a line has 400 bytes at most */
#define LIVE_NOTES  4096        /* at once; what is more is not told       */

/* of a recipient, in the order of sends.state */
#define LIVE_STATES                                                           \
    "queued", "in_flight", "sent", "failed", "suppressed", "invalid",         \
    "not_rendered", "uncertain"

typedef struct {
    const live_kind_t  *kind;
    int64_t             tenant, id;
    int64_t             n[LIVE_NUMBERS];
} live_one_t;

const live_kind_t  live_campaign_changed = {
    "campaign.changed", "campaign:cmp_", { NULL }, false
};
const live_kind_t  live_campaign_progress = {
    "campaign.progress", "campaign:cmp_", { LIVE_STATES, NULL }, true
};
const live_kind_t  live_campaign_sent = {
    "campaign.sent", "campaign:cmp_", { LIVE_STATES, NULL }, true
};
const live_kind_t  live_campaign_engaged = {
    "campaign.engaged", "campaign:cmp_",
    { "opens", "unique_opens", "human_opens", "clicks", "unique_clicks",
      "human_clicks", "unsubscribes", NULL }, true
};
const live_kind_t  live_import_changed = {
    "import.changed", "import:imp_", { NULL }, false
};
const live_kind_t  live_import_progress = {
    "import.progress", "import:imp_", { "done", "total", NULL }, false
};
const live_kind_t  live_operation_changed = {
    "operation.changed", "operation:op_", { NULL }, false
};
const live_kind_t  live_operation_progress = {
    "operation.progress", "operation:op_", { "done", "total", NULL }, false
};

static tally_t  live_notes;         /* of live_one_t */
static int64_t  live_told_ms;


void
live_note(const live_kind_t *kind, int64_t tenant, int64_t id,
    const int64_t *numbers)
{
    int          i;
    live_one_t  *one, key = { .kind = kind, .tenant = tenant, .id = id };

    if (live_notes.size == 0) {
        tally_init(&live_notes, sizeof(live_one_t),
                   offsetof(live_one_t, n));
    }

    if (tenant <= 0 || id <= 0 || live_notes.n >= LIVE_NOTES) {
        return;
    }

    one = tally_get(&live_notes, &key);
    for (i = 0; one != NULL && kind->names[i] != NULL; i++) {
        one->n[i] = numbers[i] + (kind->sum ? one->n[i] : 0);
    }
}


static void
live_line(gw_buf_t *out, const live_one_t *one, const char *at)
{
    int  i;

    gw_buf_fmt(out, "{\"tenant\":%" PRId64 ",\"type\":\"%s\",\"topic\":\"%s%"
               PRId64 "\",\"at\":\"%s\",\"data\":{", one->tenant,
               one->kind->type, one->kind->topic, one->id, at);

    for (i = 0; one->kind->names[i] != NULL; i++) {
        gw_buf_fmt(out, "%s\"%s\":%" PRId64, i > 0 ? "," : "",
                   one->kind->names[i], one->n[i]);
    }

    gw_buf_cstr(out, "}}\n");
}


/* The socket takes it now, or it is lost. */
static void
live_write(gw_str_t path, gw_str_t head, gw_str_t body)
{
    int                 fd;
    struct iovec        v[2];
    struct msghdr       msg;
    struct sockaddr_un  to;

    memset(&to, 0, sizeof(to));
    memset(&msg, 0, sizeof(msg));
    to.sun_family = AF_UNIX;
    memcpy(to.sun_path, path.data, path.len);
    v[0] = (struct iovec) { head.data, head.len };
    v[1] = (struct iovec) { body.data, body.len };
    msg.msg_iov = v;
    msg.msg_iovlen = 2;

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }

    if (connect(fd, (struct sockaddr *) &to, sizeof(to)) != 0
        || sendmsg(fd, &msg, MSG_NOSIGNAL)
           != (ssize_t) (head.len + body.len))
    {
        log_debug("live: %.*s takes nothing: %s", (int) path.len, path.data,
                  strerror(errno));
    }

    (void) close(fd);
}


static void
live_post(const worker_t *w, const gw_buf_t *body)
{
    char      mem[128];
    gw_str_t  sockets;
    gw_buf_t  head;

    gw_buf_fixed(&head, mem, sizeof(mem));
    gw_buf_fmt(&head, "POST / HTTP/1.0\r\nContent-Length: %zu\r\n\r\n",
               body->len);
    sockets = w->conf.live_publish;

    while (sockets.len > 0 && !body->failed) {
        live_write(gw_str_cut(&sockets, ' '), gw_buf_view(&head),
                   gw_buf_view(body));
    }
}


void
live_end(const worker_t *w)
{
    char               at[GW_RFC3339_LEN + 1];
    unsigned           i, lines;
    gw_buf_t           body;
    const live_one_t  *one;

    if (live_notes.n == 0) {
        return;
    }

    gw_clock_print(gw_clock_us(), at);
    gw_buf_init(&body, LIVE_LINES * 512);
    lines = 0;

    for (i = 0; i < live_notes.n && w->conf.live_publish.len > 0; i++) {
        one = (const live_one_t *) live_notes.item + i;
        live_line(&body, one, at);

        if (++lines == LIVE_LINES || i + 1 == live_notes.n) {
            live_post(w, &body);
            gw_buf_reset(&body);
            lines = 0;
        }
    }

    gw_buf_free(&body);
    tally_free(&live_notes);
    tally_init(&live_notes, sizeof(live_one_t), offsetof(live_one_t, n));
    live_told_ms = gw_clock_ms();
}


void
live_turn(const worker_t *w)
{
    if (live_notes.n > 0 && gw_clock_ms() - live_told_ms >= LIVE_MS) {
        live_end(w);
    }
}
