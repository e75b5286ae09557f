/* `godwit spool dump FILE`: the records of a segment as JSON lines. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"
#include "shm/gw_tracked.h"
#include "worker/worker.h"

static const char *const  spool_types[] = { "?", "open", "click",
                                            "unsubscribe", "preferences",
                                            "view", "calls", "confirm",
                                            "tracked" };

#define SPOOL_TYPES  (sizeof(spool_types) / sizeof(spool_types[0]))


/* A body that is none of ours as it lies there. */
static void
spool_raw(gw_buf_t *out, gw_str_t body)
{
    unsigned char  *to;

    gw_buf_cstr(out, ",\"body\":\"");
    to = gw_buf_room(out, 2 * body.len);
    if (to != NULL) {
        gw_hex_encode(to, body.data, body.len);
        out->len += 2 * body.len;
    }
    gw_buf_cstr(out, "\"");
}


static void
spool_event(gw_buf_t *out, const gw_event_t *e)
{
    bool        v4;
    char        ip[INET6_ADDRSTRLEN];
    gw_token_t  t;

    gw_token_unpack(&t, e->token);
    v4 = memcmp(e->ip, "\0\0\0\0\0\0\0\0\0\0\377\377", 12) == 0;
    if (inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? e->ip + 12 : e->ip, ip,
                  sizeof(ip)) == NULL)
    {
        ip[0] = '\0';
    }

    gw_buf_fmt(out, ",\"tenant\":%u,\"campaign\":%u,\"contact\":%llu,"
               "\"link\":%u,\"ip\":\"%s\",\"user_agent\":", t.tenant, t.id2,
               (unsigned long long) t.id, t.link, ip);
    gw_buf_json(out, e->ua);
    gw_buf_cstr(out, ",\"referer\":");
    gw_buf_json(out, e->referer);
}


static void
spool_line(gw_buf_t *out, uint64_t pos, const gw_spool_rec_t *rec,
    gw_str_t body)
{
    char          at[GW_RFC3339_LEN + 1];
    gw_event_t    e;
    gw_tracked_t  t;

    gw_clock_print((int64_t) rec->ts_us, at);
    gw_buf_reset(out);
    gw_buf_fmt(out, "{\"pos\":%llu,\"seq\":%llu,\"at\":\"%s\",\"type\":\"%s\","
               "\"flags\":%u", (unsigned long long) pos,
               (unsigned long long) rec->seq, at,
               rec->type < SPOOL_TYPES ? spool_types[rec->type] : "?",
               rec->flags);

    if (rec->type == GW_EVENT_TRACKED) {
        if (gw_tracked_decode(&t, body) == GW_OK) {
            gw_buf_fmt(out, ",\"tenant\":%u,\"source\":%llu,\"kind\":%u,"
                       "\"body\":", t.tenant, (unsigned long long) t.source,
                       t.kind);
            gw_buf_str(out, t.text);
        } else {
            spool_raw(out, body);
        }

    } else if (gw_event_decode(&e, body) == GW_OK) {
        spool_event(out, &e);
    } else {
        spool_raw(out, body);
    }

    gw_buf_cstr(out, "}\n");
}


static int
spool_dump(gw_spool_reader_t *r, const char *path)
{
    int                    rc;
    uint64_t               pos;
    gw_buf_t               out;
    gw_str_t               body;
    const gw_spool_rec_t  *rec;

    gw_buf_init(&out, 8 * GW_SPOOL_REC_MAX);

    for ( ;; ) {
        pos = gw_spool_reader_pos(r);
        rc = gw_spool_reader_next(r, &rec, &body);
        if (rc != GW_OK) {
            break;
        }

        spool_line(&out, pos, rec, body);
        (void) fwrite(gw_buf_c(&out), 1, out.len, stdout);
    }

    gw_buf_free(&out);
    if (rc == GW_ECORRUPT) {
        (void) fflush(stdout);
        fprintf(stderr, "spool: %s holds no record at byte %llu; all before "
                "it is printed\n", path, (unsigned long long) pos);
        return 1;
    }

    return 0;
}


int
spool_command(worker_t *w)
{
    int                 rc;
    const char         *path;
    gw_spool_reader_t  *r;

    if (w->argc != 2 || strcmp(w->argv[0], "dump") != 0) {
        fputs("spool: expected `spool dump FILE`\n", stderr);
        return 2;
    }

    path = w->argv[1];
    rc = gw_spool_reader_peek(&r, path);
    if (rc != GW_OK) {
        fprintf(stderr, "spool: %s %s%s\n", path,
                rc == GW_ESYS ? "cannot be read: " : "",
                rc == GW_ECORRUPT ? "is no spool segment"
                : rc == GW_EVERSION ? "is a segment of another version"
                : rc == GW_ESYS ? strerror(errno) : gw_strerror(rc));
        return 1;
    }

    rc = spool_dump(r, path);
    gw_spool_reader_close(r);
    return rc;
}
