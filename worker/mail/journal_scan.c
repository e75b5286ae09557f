/*
 * Reading a file of the send journal. Where no record stands it goes on byte
 * by byte to the next that does: what lies between is a hole, unless it is the
 * torn end that a kill or a power cut leaves.
 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "worker/mail/journal_file.h"

#define JOURNAL_RECORD_MAX  (JOURNAL_FIXED + JOURNAL_REPLY_MAX)

typedef struct {
    int            fd;
    bool           failed;
    uint64_t       offset;              /* of the byte `at` in the file     */
    size_t         at, len;             /* of p: what is not looked at yet  */
    uint64_t       start, last;         /* of the hole; its last byte other */
    bool           hole, used;          /* than 0, when there is one        */
    unsigned char  head[JOURNAL_RECORD_MAX];    /* its first bytes, then 0  */
    unsigned char  p[65536];
} journal_scan_t;


/* How many bytes there are to look at, at most a record's. */
static size_t
journal_scan_fill(journal_scan_t *s)
{
    ssize_t  n;

    while (s->len - s->at < JOURNAL_RECORD_MAX) {
        memmove(s->p, s->p + s->at, s->len - s->at);
        s->len -= s->at;
        s->at = 0;
        n = read(s->fd, s->p + s->len, sizeof(s->p) - s->len);
        if (n <= 0) {
            s->failed = n < 0;
            return s->len;
        }
        s->len += (size_t) n;
    }

    return JOURNAL_RECORD_MAX;
}


static bool
journal_is_kind(unsigned char kind)
{
    return kind == JOURNAL_B || kind == JOURNAL_D || kind == JOURNAL_T
           || kind == JOURNAL_A;
}


/* The record at p; the bytes it has, 0: there is none. */
static size_t
journal_parse(const unsigned char *p, size_t n, journal_record_t *r)
{
    uint32_t                    crc;
    static const unsigned char  zeros[4];

    if (n < JOURNAL_FIXED || !journal_is_kind(p[4])
        || p[10] > JOURNAL_STAGE_MAX || p[11] != 0
        || memcmp(p + 20, zeros, 4) != 0)
    {
        return 0;
    }

    memset(r, 0, sizeof(journal_record_t));
    memcpy(&crc, p, 4);
    r->kind = p[4];
    r->attempt = p[5];
    memcpy(&r->code, p + 6, 2);
    memcpy(&r->reply_len, p + 8, 2);
    r->stage = p[10];
    memcpy(&r->key.tenant, p + 12, 4);
    memcpy(&r->key.campaign, p + 16, 4);
    memcpy(&r->key.contact, p + 24, 8);
    memcpy(&r->at_us, p + 32, 8);

    if (r->reply_len > JOURNAL_REPLY_MAX
        || n < JOURNAL_FIXED + (size_t) r->reply_len
        || gw_crc32c(0, p + 4, JOURNAL_FIXED - 4 + r->reply_len) != crc)
    {
        return 0;
    }

    memcpy(r->reply, p + JOURNAL_FIXED, r->reply_len);
    return JOURNAL_FIXED + r->reply_len;
}


static void
journal_scan_skip(journal_scan_t *s)
{
    uint64_t  into;

    if (!s->hole) {
        s->hole = true;
        s->used = false;
        s->start = s->offset;
        memset(s->head, 0, sizeof(s->head));
    }

    into = s->offset - s->start;
    if (into < sizeof(s->head)) {
        s->head[into] = s->p[s->at];
    }
    if (s->p[s->at] != 0) {
        s->used = true;
        s->last = into;
    }

    s->at++;
    s->offset++;
}


/*
 * Is the hole at the end of the file the beginning of a record whose end is
 * missing? A whole one ends in a byte other than 0: that of its text, or the
 * last but one of its time.
 */
static bool
journal_scan_is_torn(const journal_scan_t *s)
{
    uint16_t  reply;

    memcpy(&reply, s->head + 8, 2);
    if (!s->used || s->last < 4) {
        return true;
    }

    return journal_is_kind(s->head[4]) && reply <= JOURNAL_REPLY_MAX
           && s->last + 1 < (uint64_t) (reply > 0 ? JOURNAL_FIXED + reply
                                                  : JOURNAL_FIXED - 1);
}


/*
 * The end of the file. A file that another of its life follows was full and on
 * disk before: only zeros stand behind its last record.
 */
static int
journal_scan_end(const journal_scan_t *s, uint32_t n, bool followed,
    const journal_reader_t *reader)
{
    uint64_t  end;

    end = s->hole ? s->start : s->offset;
    if (followed ? !(s->hole && s->used) && end >= JOURNAL_FILE_MAX
                 : !s->hole || journal_scan_is_torn(s))
    {
        return GW_OK;
    }

    return reader->hole(reader->arg, n, end, s->offset - end);
}


/*
 * Is it the head of a file of this boot? What was written to that is there
 * whole, though it was not synced: the machine has not gone down since.
 */
static bool
journal_is_here(const journal_record_t *r, const char *boot)
{
    return r->kind == JOURNAL_B && r->reply_len == JOURNAL_BOOT
           && memcmp(r->reply, boot, JOURNAL_BOOT) == 0;
}


static int
journal_scan_run(journal_scan_t *s, uint32_t n, bool followed,
    const char *boot, const journal_reader_t *reader)
{
    int               rc;
    bool              here;
    size_t            left, len;
    journal_record_t  r;

    rc = GW_OK;
    here = false;
    while (rc == GW_OK && (left = journal_scan_fill(s)) > 0 && !s->failed) {
        len = journal_parse(s->p + s->at, left, &r);
        if (len == 0) {
            journal_scan_skip(s);
            continue;
        }

        if (s->hole) {
            s->hole = false;
            rc = reader->hole(reader->arg, n, s->start, s->offset - s->start);
        }

        here = here || journal_is_here(&r, boot);
        r.here = here;
        rc = rc == GW_OK ? reader->record(reader->arg, &r) : rc;
        s->at += len;
        s->offset += len;
    }

    /* what cannot be read is not the end: who was sent to is not known */
    if (rc != GW_OK || s->failed) {
        return rc != GW_OK ? rc : GW_ESYS;
    }

    return journal_scan_end(s, n, followed, reader);
}


int
journal_scan(const char *path, uint32_t n, bool followed, const char *boot,
    const journal_reader_t *reader)
{
    int             rc;
    journal_scan_t  s;

    memset(&s, 0, offsetof(journal_scan_t, p));
    s.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s.fd < 0) {
        return GW_ESYS;
    }

    rc = journal_scan_run(&s, n, followed, boot, reader);
    (void) close(s.fd);
    return rc;
}


uint64_t
journal_life(const char *path)
{
    int               fd;
    ssize_t           n;
    journal_record_t  r;
    unsigned char     p[JOURNAL_RECORD_MAX];

    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd >= 0 ? read(fd, p, sizeof(p)) : -1;
    if (fd >= 0) {
        (void) close(fd);
    }

    return n > 0 && journal_parse(p, (size_t) n, &r) > 0
           && r.kind == JOURNAL_B ? r.key.contact : 0;
}
