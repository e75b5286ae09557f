/* What people have said, on the page of preferences or elsewhere, as a list. */
#include "worker/ingest/said.h"

#include <arpa/inet.h>

#include "shm/gw_clock.h"
#include "worker/ingest/bulk.h"


/* A text of a request; what Postgres can not hold becomes a question mark. */
void
said_text(gw_buf_t *said, const char *name, gw_str_t text)
{
    size_t         i;
    unsigned char  mem[GW_EVENT_UA_MAX];

    text.len = text.len < sizeof(mem) ? text.len : sizeof(mem);
    for (i = 0; i < text.len; i++) {
        mem[i] = text.data[i] == '\0' ? '?' : text.data[i];
    }

    gw_buf_fmt(said, ",\"%s\":", name);
    gw_buf_json(said, gw_str_make(mem, text.len));
}


void
said_address(gw_buf_t *said, const char *name, const uint8_t ip[16])
{
    bool                  v4;
    char                  address[INET6_ADDRSTRLEN];
    static const uint8_t  mapped[12] = { [10] = 0xff, [11] = 0xff };

    v4 = memcmp(ip, mapped, sizeof(mapped)) == 0;
    (void) !inet_ntop(v4 ? AF_INET : AF_INET6, ip + (v4 ? 12 : 0), address,
                      sizeof(address));
    gw_buf_fmt(said, ",\"%s\":\"%s\"", name, address);
}


void
said_add(gw_buf_t *said, const gw_token_t *t, const gw_event_t *e, int64_t at)
{
    gw_buf_fmt(said, "%c{\"tenant\":%u,\"campaign\":%u,\"%s\":%llu,"
               "\"at\":%lld", said->len > 0 ? ',' : '[',
               t->tenant, t->id2, t->kind == GW_TOKEN_MESSAGE ? "message"
               : "contact", (unsigned long long) t->id, (long long) at);
    said_address(said, "address", e->ip);
    said_text(said, "agent", e->ua);
    said_text(said, "words", e->referer);
    if (t->what == GW_TOKEN_CONFIRM && t->kind == GW_TOKEN_CAMPAIGN) {
        gw_buf_cstr(said, ",\"asks\":true");
    }
    gw_buf_char(said, '}');
}


int
said_store(db_t *db, const db_query_t *q, gw_buf_t *said, int64_t now_us)
{
    int        rc;
    char       now[GW_RFC3339_LEN + 1];
    PGresult  *res;

    if (said->len == 0) {
        return GW_OK;
    }

    gw_buf_char(said, ']');
    if (said->failed) {
        return GW_ENOMEM;
    }

    gw_clock_print(now_us, now);
    rc = db_run(db, q, &(db_args_t) {
                { gw_buf_c(said), now }, 2 }, &res);
    said->len--;                        /* it may be stored once more */
    rc = rc == GW_ERROR ? bulk_refused(res) : rc;
    PQclear(res);
    return rc;
}
