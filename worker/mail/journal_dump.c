/* The command `journal dump`: the send journal as JSON lines. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/mail/journal.h"
#include "worker/worker.h"


static int
journal_dump_line(const gw_buf_t *b)
{
    return fwrite(b->data, 1, b->len, stdout) == b->len ? GW_OK : GW_ESYS;
}


static int
journal_dump_record(void *arg, const journal_record_t *r)
{
    char       at[GW_RFC3339_LEN + 1];
    gw_buf_t  *b = arg;

    gw_clock_print(r->at_us, at);
    gw_buf_reset(b);
    if (r->kind == JOURNAL_B) {
        gw_buf_fmt(b, "{\"kind\":\"B\",\"at\":\"%s\",\"boot\":", at);
        gw_buf_json(b, gw_str_make(r->reply, r->reply_len));
        gw_buf_cstr(b, "}\n");
        return journal_dump_line(b);
    }

    gw_buf_fmt(b, "{\"kind\":\"%c\",\"tenant\":%u,\"campaign\":\"cmp_%u\","
               "\"contact\":\"ct_%llu\",\"attempt\":%u,\"at\":\"%s\"",
               r->kind, r->key.tenant, r->key.campaign,
               (unsigned long long) r->key.contact, r->attempt, at);

    if (r->kind == JOURNAL_A) {
        gw_buf_fmt(b, ",\"code\":%u,\"reply\":", r->code);
        gw_buf_json(b, gw_str_make(r->reply, r->reply_len));
    }

    gw_buf_cstr(b, "}\n");
    return journal_dump_line(b);
}


int
journal_command(worker_t *w)
{
    int       rc;
    gw_buf_t  line;

    if (w->argc != 1 || strcmp(w->argv[0], "dump") != 0) {
        fprintf(stderr, "usage: godwit journal dump\n");
        return 2;
    }

    gw_buf_init(&line, 4096);
    rc = journal_replay(&w->conf, UINT32_MAX, journal_dump_record, &line);
    gw_buf_free(&line);

    if (rc != GW_OK) {
        fprintf(stderr, "godwit: the journal in the state folder cannot be "
                "read: %s\n", rc == GW_ESYS ? strerror(errno)
                                              : gw_strerror(rc));
    }

    return rc == GW_OK ? 0 : 1;
}
