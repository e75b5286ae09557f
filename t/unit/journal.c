/* The send journal: rotation, removal, what a crash leaves of it. */
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "t/unit/tap.h"
#include "worker/mail/journal.h"

#define HEAD  76                /* bytes of the first record, with its boot */

static char       dir[] = "/tmp/godwit-journal-XXXXXX";
static gw_conf_t  conf;


static journal_t *
opened(void)
{
    gw_buf_t    err;
    journal_t  *j;

    gw_buf_init(&err, 1000);
    if (journal_open(&j, &conf, &err) != GW_OK) {
        printf("Bail out! %s\n", gw_buf_c(&err));
        exit(1);
    }
    gw_buf_free(&err);
    return j;
}


static journal_place_t
add(journal_t *j, int kind, uint64_t contact, const char *reply)
{
    journal_record_t  r;

    memset(&r, 0, sizeof(r));
    r.kind = (uint8_t) kind;
    r.key.tenant = 1;
    r.key.campaign = 2;
    r.key.contact = contact;
    r.code = kind == JOURNAL_A ? 250 : 0;
    r.at_us = 1767312000000000;
    r.reply_len = (uint16_t) strlen(reply);
    memcpy(r.reply, reply, r.reply_len);
    return journal_add(j, &r);
}


/* What replay sees: records by kind, D of this boot, sum of the contacts; how
   many holes, where the last is. */
typedef struct {
    unsigned  b, d, t, a, here, holes;
    uint32_t  file;
    uint64_t  sum, offset, bytes;
    char      reply[JOURNAL_REPLY_MAX + 1];
} seen_t;


static int
look(void *arg, const journal_record_t *r)
{
    seen_t  *s = arg;

    s->b += r->kind == JOURNAL_B;
    s->d += r->kind == JOURNAL_D;
    s->t += r->kind == JOURNAL_T;
    s->here += r->kind == JOURNAL_D && r->here;
    s->a += r->kind == JOURNAL_A;
    s->sum += r->kind == JOURNAL_B ? 0 : r->key.contact;
    memcpy(s->reply, r->reply, r->reply_len);
    s->reply[r->reply_len] = '\0';
    return GW_OK;
}


static int
hole(void *arg, uint32_t file, uint64_t offset, uint64_t bytes)
{
    seen_t  *s = arg;

    s->holes++;
    s->file = file;
    s->offset = offset;
    s->bytes = bytes;
    return GW_OK;
}


static seen_t
replay(void)
{
    seen_t            s;
    journal_reader_t  reader = { look, hole, &s, 0 };

    memset(&s, 0, sizeof(s));
    ok(journal_replay(&conf, UINT32_MAX, &reader) == GW_OK, "replay");
    return s;
}


/* Nothing is left of earlier lives. */
static void
forget(void)
{
    journal_t  *j;

    j = opened();
    ok(journal_forget(&conf, journal_current(j), false) == GW_OK, "forgotten");
    journal_close(j);
}


/* The n-th file by age into path; how many there are. */
static size_t
files(size_t n, char *path, size_t size)
{
    size_t  count;
    char    pattern[100];
    glob_t  g;

    (void) snprintf(pattern, sizeof(pattern), "%s/journal/*.log", dir);
    count = glob(pattern, 0, NULL, &g) == 0 ? g.gl_pathc : 0;
    if (n < count) {
        (void) snprintf(path, size, "%s", g.gl_pathv[n]);
    }
    globfree(&g);
    return count;
}


static void
test_rotation(void)
{
    char        path[200];
    uint32_t    first, n;
    unsigned    i, of_first;
    gw_buf_t    err;
    journal_t  *j, *other;

    j = opened();
    gw_buf_init(&err, 1000);
    ok(journal_open(&other, &conf, &err) == GW_EBUSY
       && strstr(gw_buf_c(&err), "in use by another") != NULL,
       "one writer only");
    gw_buf_free(&err);

    first = journal_current(j);
    of_first = 0;
    for (i = 0; journal_current(j) == first; i++) {
        n = add(j, JOURNAL_D, i, "").file;
        of_first += n == first;
        if (i % 1000 == 999 && journal_flush(j) != GW_OK) {
            break;
        }
    }

    is_int(files(0, path, sizeof(path)), 2, "a full file is followed by one");
    for (i = 0; i + 1 < of_first; i++) {
        journal_settled(j, first);
    }
    is_int(files(0, path, sizeof(path)), 2, "it stays while one is unsettled");
    journal_settled(j, first);
    is_int(files(0, path, sizeof(path)), 1, "and goes with the last");
    journal_close(j);
    is_int(files(0, path, sizeof(path)), 0, "a clean end leaves nothing");
}


static void
test_crash(void)
{
    int          fd;
    char         path[200];
    off_t        size;
    seen_t       s;
    journal_t   *j;
    struct stat  st;
    journal_reader_t  reader = { look, hole, &s, 0 };

    j = opened();
    (void) add(j, JOURNAL_D, 1, "");
    (void) add(j, JOURNAL_D, 2, "");
    ok(journal_flush(j) == GW_OK, "two are on the wire");
    (void) add(j, JOURNAL_A, 1, "250 queued as 7");
    ok(journal_flush(j) == GW_OK, "one is answered");
    journal_close(j);                   /* unsettled: as a crash leaves it */

    s = replay();
    ok(s.d == 2 && s.a == 1 && s.sum == 4, "all of it is read again");
    is_str(gw_str_of(s.reply), "250 queued as 7", "with the reply");

    (void) files(0, path, sizeof(path));
    ok(stat(path, &st) == 0 && st.st_size >= HEAD + 135, "the file is there");
    for (size = HEAD + 134; size > HEAD + 80; size--) {
        if (truncate(path, size) != 0) {
            break;
        }
        memset(&s, 0, sizeof(s));
        if (journal_replay(&conf, UINT32_MAX, &reader) != GW_OK
            || s.d != 2 || s.a != 0 || s.holes != 0)
        {
            break;
        }
    }
    is_int(size, HEAD + 80, "a torn record at the end is none");

    ok(truncate(path, HEAD + 100) == 0 && truncate(path, 9000) == 0, "zeros");
    s = replay();
    ok(s.d == 2 && s.a == 0 && s.holes == 0, "nor are zeros behind it");

    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    ok(fd >= 0 && write(fd, "garbage", 7) == 7, "garbage");
    (void) close(fd);
    s = replay();
    ok(s.d == 2 && s.holes == 1 && s.offset == HEAD + 80
       && s.bytes == 9007 - HEAD - 80, "garbage behind them is a hole");

    forget();
    is_int(files(0, path, sizeof(path)), 0, "settled files are forgotten");
}


/* The bytes of the only file there is, n of them from p instead. */
static void
rewrite(const unsigned char *p, size_t n)
{
    int   fd;
    char  path[200];

    (void) files(0, path, sizeof(path));
    fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    ok(fd >= 0 && write(fd, p, n) == (ssize_t) n, "the file is changed");
    (void) close(fd);
}


static void
test_boot(void)
{
    int            fd;
    char           path[200];
    seen_t         s;
    uint32_t       crc;
    journal_t     *j;
    unsigned char  bytes[HEAD + 120];

    j = opened();
    (void) add(j, JOURNAL_D, 1, "");
    (void) add(j, JOURNAL_T, 1, "");
    (void) add(j, JOURNAL_D, 2, "");
    ok(journal_flush(j) == GW_OK, "a dot and an envelope");
    journal_close(j);

    s = replay();
    ok(s.b == 1 && s.d == 2 && s.t == 1 && s.here == 2, "in this boot");

    (void) files(0, path, sizeof(path));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ok(fd >= 0 && read(fd, bytes, sizeof(bytes)) == sizeof(bytes), "read");
    (void) close(fd);

    rewrite(bytes + HEAD, 120);
    s = replay();
    ok(s.b == 0 && s.d == 2 && s.t == 1 && s.here == 0, "without a head: not");

    memcpy(bytes + 40, "00000000", 8);
    crc = gw_crc32c(0, bytes + 4, HEAD - 4);
    memcpy(bytes, &crc, 4);
    rewrite(bytes, sizeof(bytes));
    s = replay();
    ok(s.b == 1 && s.d == 2 && s.here == 0, "nor by that of another boot");
    forget();
}


/* Every bit of a file may flip: no record vanishes in silence. */
static void
test_flips(void)
{
    int            bit, fd;
    char           path[200], to[200];
    seen_t         s;
    glob_t         g;
    unsigned       silent;
    journal_t     *j;
    unsigned char  bytes[HEAD + 135];
    journal_reader_t  reader = { look, hole, &s, 0 };

    j = opened();
    (void) add(j, JOURNAL_D, 1, "");
    (void) add(j, JOURNAL_T, 1, "");
    (void) add(j, JOURNAL_A, 1, "250 queued as 7");
    ok(journal_flush(j) == GW_OK, "three records");
    journal_close(j);
    (void) files(0, path, sizeof(path));
    fd = open(path, O_RDWR | O_CLOEXEC);
    ok(fd >= 0 && read(fd, bytes, sizeof(bytes)) == sizeof(bytes)
       && ftruncate(fd, sizeof(bytes)) == 0, "its bytes");

    silent = 0;
    for (bit = 0; bit < 8 * (int) sizeof(bytes); bit++) {
        bytes[bit / 8] ^= (unsigned char) (1 << bit % 8);
        memset(&s, 0, sizeof(s));
        silent += pwrite(fd, bytes, sizeof(bytes), 0) != sizeof(bytes)
                  || journal_replay(&conf, UINT32_MAX, &reader) != GW_OK
                  || s.holes != 1 || s.b + s.d + s.t + s.a != 3;
        bytes[bit / 8] ^= (unsigned char) (1 << bit % 8);
    }
    /* a longer text of the last record is one that is torn off */
    is_int(silent, 3, "each flip is a hole, the others are read");

    /* a record in the middle; then two holes */
    ok(pwrite(fd, bytes, sizeof(bytes), 0) == sizeof(bytes)
       && pwrite(fd, "xyz", 3, HEAD + 50) == 3, "damage in the middle");
    s = replay();
    ok(s.holes == 1 && s.file > 0 && s.offset == HEAD + 40 && s.bytes == 40
       && s.b == 1 && s.d == 1 && s.t == 0 && s.a == 1, "is told by place");
    ok(pwrite(fd, "xyz", 3, 0) == 3, "and the head");
    s = replay();
    ok(s.holes == 2 && s.d == 1 && s.a == 1 && s.here == 0, "is told too");

    ok(pwrite(fd, "#!/bin/sh\n", 10, 0) == 10 && ftruncate(fd, 10) == 0, "a "
       "foreign file");
    (void) close(fd);
    s = replay();
    ok(s.holes == 1 && s.offset == 0 && s.bytes == 10, "is all damage");

    j = opened();
    ok(journal_forget(&conf, journal_current(j), true) == GW_OK, "aside");
    journal_close(j);
    is_int(files(0, path, sizeof(path)), 0, "it has gone");
    (void) snprintf(to, sizeof(to), "%s/journal/quarantine/*.log", dir);
    ok(glob(to, 0, NULL, &g) == 0 && g.gl_pathc == 1
       && unlink(g.gl_pathv[0]) == 0, "and lies in quarantine");
    globfree(&g);
    (void) snprintf(to, sizeof(to), "%s/journal/quarantine", dir);
    ok(rmdir(to) == 0, "alone");
}


/* Two files of one life, as a crash leaves them; the number of the first. */
static uint32_t
two_files(void)
{
    uint32_t    n;
    unsigned    i;
    journal_t  *j;

    j = opened();
    n = journal_current(j);
    for (i = 1; journal_current(j) == n; i++) {
        (void) add(j, JOURNAL_D, i, "");
        if (i % 1000 == 0 && journal_flush(j) != GW_OK) {
            break;
        }
    }
    (void) add(j, JOURNAL_D, i, "");
    ok(journal_flush(j) == GW_OK, "two files of one life");
    journal_close(j);
    return n;
}


/* Only the last file of a life may have a torn end; what cannot be read at all
   is an error. */
static void
test_lives(void)
{
    char              path[200];
    seen_t            s;
    uint32_t          n;
    journal_reader_t  reader = { look, hole, &s, 0 };

    (void) two_files();
    s = replay();
    ok(s.b == 2 && s.d > 1000 && s.holes == 0, "are read");
    (void) files(1, path, sizeof(path));
    ok(truncate(path, HEAD + 30) == 0, "the last is cut");
    s = replay();
    ok(s.holes == 0 && s.b == 2, "which a kill may do");
    ok(truncate(path, 0) == 0 && truncate(path, 5000) == 0, "or is empty");
    s = replay();
    ok(s.holes == 0 && s.b == 1, "as well");

    ok(unlink(path) == 0 && mkdir(path, 0700) == 0, "a folder in its place");
    memset(&s, 0, sizeof(s));
    ok(journal_replay(&conf, UINT32_MAX, &reader) == GW_ESYS
       && reader.failed > 1, "is an error, and says where");
    ok(rmdir(path) == 0, "removed");
    forget();

    n = two_files();
    (void) files(0, path, sizeof(path));
    ok(truncate(path, HEAD + 400) == 0, "the first is cut");
    s = replay();
    ok(s.holes == 1 && s.file == n && s.offset == HEAD + 400 && s.bytes == 0,
       "which no kill does");
    forget();
}


/* The descriptor of the only file there is. */
static int
descriptor(void)
{
    int          fd;
    char         path[200];
    struct stat  a, b;

    (void) files(0, path, sizeof(path));
    ok(stat(path, &a) == 0, "the file");
    for (fd = 0; fd < 100; fd++) {
        if (fstat(fd, &b) == 0 && b.st_ino == a.st_ino && b.st_dev == a.st_dev)
        {
            return fd;
        }
    }

    return -1;
}


static bool
ended(journal_t *j)
{
    struct pollfd  p = { journal_event(j), POLLIN, 0 };

    return poll(&p, 1, 10000) == 1;
}


static void
test_sync(void)
{
    int        pipes[2];
    uint64_t   first, second;
    journal_t *j;

    j = opened();
    first = add(j, JOURNAL_D, 1, "").record;
    ok(journal_flush(j) == GW_OK && !journal_is_safe(j, first),
       "what is only written is not safe");
    second = add(j, JOURNAL_D, 2, "").record;
    journal_kick(j);
    ok(ended(j) && journal_heard(j) == GW_OK, "a sync ends");
    ok(journal_is_safe(j, first) && !journal_is_safe(j, second),
       "one is safe, the one not written is not");

    /* a pipe cannot be synced */
    ok(journal_flush(j) == GW_OK && pipe2(pipes, O_CLOEXEC) == 0
       && dup3(pipes[1], descriptor(), O_CLOEXEC) >= 0, "a bad disk");
    journal_kick(j);
    ok(ended(j) && journal_heard(j) == GW_ESYS, "a sync fails");
    ok(!journal_is_safe(j, second) && !journal_is_safe(j, first)
       && journal_flush(j) == GW_ESYS, "and nothing is safe any more");
    (void) close(pipes[0]);
    (void) close(pipes[1]);
    journal_close(j);

    conf.journal_sync = 0;
    j = opened();
    ok(journal_forget(&conf, journal_current(j), false) == GW_OK, "forgotten");
    first = add(j, JOURNAL_D, 1, "").record;
    ok(journal_event(j) == -1 && journal_is_safe(j, first),
       "without journal_sync nothing waits");
    journal_settled(j, journal_current(j));
    journal_close(j);
}


int
main(void)
{
    char  path[200];

    if (mkdtemp(dir) == NULL) {
        return 1;
    }
    (void) snprintf(path, sizeof(path), "%s/journal", dir);
    ok(mkdir(path, 0700) == 0, "a folder");
    conf.state = gw_str_of(dir);

    test_rotation();
    conf.journal_sync = 1;
    test_crash();
    test_boot();
    test_flips();
    test_lives();
    test_sync();

    (void) snprintf(path, sizeof(path), "%s/journal/lock", dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/journal", dir);
    (void) rmdir(path);
    (void) rmdir(dir);
    return done();
}
