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


typedef struct {
    gw_buf_t  line;
    bool      damaged;
} journal_dump_t;


static int
journal_dump_record(void *arg, const journal_record_t *r)
{
    char             at[GW_RFC3339_LEN + 1];
    gw_buf_t        *b;
    journal_dump_t  *d = arg;

    b = &d->line;

    gw_clock_print(r->at_us, at);
    gw_buf_reset(b);
    if (r->kind == JOURNAL_B) {
        gw_buf_fmt(b, "{\"kind\":\"B\",\"at\":\"%s\",\"boot\":", at);
        gw_buf_json(b, gw_str_make(r->reply, r->reply_len));
        gw_buf_cstr(b, "}\n");
        return journal_dump_line(b);
    }

    gw_buf_fmt(b, "{\"kind\":\"%c\",\"tenant\":%u,", r->kind, r->key.tenant);
    if (r->key.campaign == JOURNAL_MESSAGE) {
        gw_buf_cstr(b, "\"message\":\"msg_");
    } else {
        gw_buf_fmt(b, "\"campaign\":\"cmp_%u\",\"contact\":\"ct_",
                   r->key.campaign);
    }
    gw_buf_fmt(b, "%llu\",\"attempt\":%u,\"at\":\"%s\"",
               (unsigned long long) r->key.contact, r->attempt, at);

    if (r->kind == JOURNAL_A) {
        gw_buf_fmt(b, ",\"code\":%u,\"reply\":", r->code);
        gw_buf_json(b, gw_str_make(r->reply, r->reply_len));
    }

    gw_buf_cstr(b, "}\n");
    return journal_dump_line(b);
}


static int
journal_dump_hole(void *arg, uint32_t file, uint64_t offset, uint64_t bytes)
{
    journal_dump_t  *d = arg;

    d->damaged = true;
    fprintf(stderr, "godwit: journal/%08x.log is damaged: %llu bytes from "
            "byte %llu on hold no record\n", file,
            (unsigned long long) bytes, (unsigned long long) offset);
    gw_buf_reset(&d->line);
    gw_buf_fmt(&d->line, "{\"kind\":\"hole\",\"file\":\"%08x.log\","
               "\"offset\":%llu,\"bytes\":%llu}\n", file,
               (unsigned long long) offset, (unsigned long long) bytes);
    return journal_dump_line(&d->line);
}


int
journal_command(worker_t *w)
{
    int               rc;
    char              what[32];
    journal_dump_t    d;
    journal_reader_t  reader = { journal_dump_record, journal_dump_hole, &d,
                                 0 };

    if (w->argc != 1 || strcmp(w->argv[0], "dump") != 0) {
        fprintf(stderr, "usage: godwit journal dump\n");
        return 2;
    }

    d.damaged = false;
    gw_buf_init(&d.line, 4096);
    rc = journal_replay(&w->conf, UINT32_MAX, &reader);
    gw_buf_free(&d.line);

    if (rc != GW_OK) {
        (void) snprintf(what, sizeof(what), reader.failed != 0
                        ? "journal/%08x.log" : "the journal", reader.failed);
        fprintf(stderr, "godwit: %s in the state folder cannot be read: %s\n",
                what, rc == GW_ESYS ? strerror(errno) : gw_strerror(rc));
    }

    return rc == GW_OK && !d.damaged ? 0 : 1;
}
