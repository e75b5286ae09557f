/*
 * Segments: the bytes are what follows a header that is right. With the first
 * bit set their checksums are made right too, so that what is behind them is
 * reached. The reader ends, and stays within the file.
 */
#include "t/fuzz/fuzz.h"

#include <stddef.h>

#include "shm/gw_codec.h"
#include "shm/gw_event.h"
#include "shm/gw_spool.h"

#define SEGMENT_MAX  (GW_SPOOL_HEADER + 65536)


/* Each record gets the checksum and the number that it should have. */
static void
mend(unsigned char *p, size_t n)
{
    size_t           at;
    uint64_t         seq;
    gw_spool_rec_t   r;

    seq = 1;
    for (at = 0; at + sizeof(r) <= n; at += (r.len + 7) & ~(size_t) 7) {
        memcpy(&r, p + at, sizeof(r));
        if (r.len < sizeof(r) || r.len > n - at) {
            return;
        }
        r.seq = seq++;
        memcpy(p + at, &r, sizeof(r));
        r.crc = gw_crc32c(0, p + at + offsetof(gw_spool_rec_t, seq),
                          r.len - offsetof(gw_spool_rec_t, seq));
        memcpy(p + at, &r, sizeof(r));
    }
}


static void
body(gw_str_t s)
{
    gw_event_t     e;
    unsigned char  out[GW_EVENT_MAX];

    if (gw_event_decode(&e, s) == GW_OK && e.ua.len <= GW_EVENT_UA_MAX
        && e.referer.len <= GW_EVENT_REF_MAX)
    {
        must(gw_event_encode(out, &e) == s.len);
        must(memcmp(out, s.data, s.len) == 0);
    }
}


static void
read_all(const char *path, uint64_t pos)
{
    int                    rc;
    gw_str_t               s;
    uint64_t               was;
    gw_spool_reader_t     *r;
    const gw_spool_rec_t  *rec;

    rc = gw_spool_reader_open(&r, path);
    if (rc != GW_OK) {
        must(rc == GW_ECORRUPT || rc == GW_EVERSION);
        return;
    }

    if (gw_spool_reader_seek(r, pos) == GW_OK) {
        was = gw_spool_reader_pos(r);
        while ((rc = gw_spool_reader_next(r, &rec, &s)) == GW_OK) {
            must(gw_spool_reader_pos(r) > was);
            was = gw_spool_reader_pos(r);
            body(s);
        }
        must(rc == GW_EAGAIN || rc == GW_ECORRUPT);
    }

    gw_spool_reader_close(r);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    gw_spool_header_t     h;
    static unsigned char  file[SEGMENT_MAX];

    if (n < 4 || n > SEGMENT_MAX - GW_SPOOL_HEADER) {
        return 0;
    }

    /* the header alone, with its first bytes as they come */
    memset(file, 0, sizeof(file));
    memcpy(file, data, n < GW_SPOOL_HEADER ? n : GW_SPOOL_HEADER);
    read_all(fuzz_file(file, GW_SPOOL_HEADER), 0);

    memset(&h, 0, sizeof(h));
    memcpy(h.magic, GW_SPOOL_MAGIC, sizeof(GW_SPOOL_MAGIC));
    h.version = GW_SPOOL_VERSION;
    h.class = data[0] >> 1 & 1;
    h.size = GW_SPOOL_HEADER + n - 4;
    h.crc = gw_crc32c(0, &h, offsetof(gw_spool_header_t, crc));
    h.end = data[0] & 4 ? (uint64_t) data[1] * 257 * data[2] : 0;

    memset(file, 0, GW_SPOOL_HEADER);
    memcpy(file, &h, sizeof(h));
    memcpy(file + GW_SPOOL_HEADER, data + 4, n - 4);
    if (data[0] & 1) {
        mend(file + GW_SPOOL_HEADER, n - 4);
    }
    read_all(fuzz_file(file, GW_SPOOL_HEADER + n - 4),
             data[3] ? GW_SPOOL_HEADER + (uint64_t) data[3] : 0);
    return 0;
}
