/* The spool: whole records only, whatever happens to writer and file. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <limits.h>
#include <unistd.h>

#include "shm/gw_spool.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

#define SEGMENT  65536

static char  dir[] = "/tmp/godwit-spool-XXXXXX";


static void
clear(void)
{
    DIR            *d;
    char            path[PATH_MAX];
    struct dirent  *e;

    d = opendir(dir);
    while ((e = readdir(d)) != NULL) {
        (void) snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        (void) unlink(path);
    }
    (void) closedir(d);
}


/* The n-th segment by name; false when there is none. */
static bool
segment(unsigned n, char *path, size_t size)
{
    bool             found;
    int              i, count;
    struct dirent  **e;

    found = false;
    count = scandir(dir, &e, NULL, alphasort);
    for (i = 0; i < count; i++) {
        if (e[i]->d_name[0] != '.' && n-- == 0) {
            (void) snprintf(path, size, "%s/%s", dir, e[i]->d_name);
            found = true;
        }
        free(e[i]);
    }
    free(e);
    return found;
}


static gw_spool_t *
writer(int class)
{
    gw_spool_t      *s;
    gw_spool_seg_t  *seg;

    ok(gw_spool_open(&s, dir, class, SEGMENT) == GW_OK, "open");
    ok(gw_spool_prepare(s, &seg) == GW_OK, "prepare");
    gw_spool_supply(s, seg);
    return s;
}


/* Records that can be read from a segment; the last code in *rc. */
static unsigned
count(const char *path, int *rc)
{
    unsigned               n;
    gw_str_t               body;
    gw_spool_reader_t     *r;
    const gw_spool_rec_t  *rec;

    n = 0;
    *rc = gw_spool_reader_open(&r, path);
    if (*rc != GW_OK) {
        return 0;
    }

    while ((*rc = gw_spool_reader_next(r, &rec, &body)) == GW_OK) {
        n++;
    }
    gw_spool_reader_close(r);
    return n;
}


static void
test_append(void)
{
    int                 i, rc;
    char                path[PATH_MAX];
    unsigned            stored;
    gw_spool_t         *s;
    unsigned long       before;
    gw_spool_seg_t     *seg;
    gw_spool_reader_t  *r, *other;

    s = writer(GW_SPOOL_EVENT);
    ok(gw_spool_wants(s), "wants a spare");
    ok(gw_spool_prepare(s, &seg) == GW_OK, "prepare");
    gw_spool_supply(s, seg);

    stored = 0;
    before = alloc_count;
    for (i = 0; gw_spool_append(s, 1, 0, 5, gw_str_of("0123456789abcdef"))
                == GW_OK; i++)
    {
        stored++;
    }
    is_int(alloc_count - before, 0, "an append allocates nothing");
    ok(stored > 2000, "fills both segments, then refuses: %u", stored);

    (void) segment(0, path, sizeof(path));
    i = (int) count(path, &rc);
    ok(rc == GW_EAGAIN && i > 1000, "the first reads whole");
    ok(gw_spool_reader_open(&r, path) == GW_OK, "open");
    is_int(gw_spool_reader_state(r), GW_SPOOL_CLOSED, "it is closed");
    is_int(gw_spool_reader_open(&other, path), GW_EBUSY, "one drainer");
    gw_spool_reader_close(r);

    (void) segment(1, path, sizeof(path));
    is_int(count(path, &rc) + i, stored, "so does the second");
    ok(gw_spool_reader_open(&r, path) == GW_OK, "open");
    is_int(gw_spool_reader_state(r), GW_SPOOL_CLOSED, "and it is, full");
    gw_spool_reader_close(r);

    ok(gw_spool_prepare(s, &seg) == GW_OK, "prepare");
    gw_spool_supply(s, seg);
    (void) segment(2, path, sizeof(path));
    ok(gw_spool_reader_open(&r, path) == GW_OK, "open");
    is_int(gw_spool_reader_state(r), GW_SPOOL_OPEN, "a third has a writer");
    gw_spool_reader_close(r);
    gw_spool_close(s);
    clear();
}


/* An hour after its first record a segment is left, when there is another. */
static void
test_age(void)
{
    int                rc, class;
    char               path[PATH_MAX];
    unsigned           n;
    gw_spool_t        *s;
    gw_spool_seg_t    *seg;
    gw_spool_batch_t  *b;
    static const uint64_t  at[] = { 5, 3600000005, 3600000006, 3600000007 };

    for (class = GW_SPOOL_EVENT; class <= GW_SPOOL_DURABLE; class++) {
        s = writer(class);
        for (n = 0; n < 4; n++) {
            /* the third is an hour later, but there is no spare yet */
            if (n == 3 && gw_spool_prepare(s, &seg) == GW_OK) {
                gw_spool_supply(s, seg);
            }
            if (class == GW_SPOOL_EVENT) {
                rc = gw_spool_append(s, 1, 0, at[n], gw_str_of("a"));
            } else {
                rc = gw_spool_batch_add(s, 3, 1, at[n], gw_str_of("a"));
                b = gw_spool_batch_take(s);
                rc = rc == GW_OK ? gw_spool_batch_write(b) : rc;
                gw_spool_batch_done(s, b);
            }
            is_int(rc, GW_OK, "appended");
        }

        (void) segment(0, path, sizeof(path));
        is_int(count(path, &rc), 3, "an hour's, and what found no other");
        (void) segment(1, path, sizeof(path));
        is_int(count(path, &rc), 1, "then the next");
        gw_spool_close(s);
        clear();
    }
}


static void
test_crash(void)
{
    int                 rc, status;
    char                path[PATH_MAX];
    pid_t               pid;
    gw_spool_t         *s;
    gw_spool_reader_t  *r;

    pid = fork();
    if (pid == 0) {
        (void) freopen("/dev/null", "w", stdout);
        s = writer(GW_SPOOL_EVENT);
        for (rc = 0; rc < 100; rc++) {
            (void) !gw_spool_append(s, 1, 0, 5, gw_str_of("x"));
        }
        (void) kill(getpid(), SIGKILL);
    }
    (void) waitpid(pid, &status, 0);

    (void) segment(0, path, sizeof(path));
    is_int(count(path, &rc), 100, "a killed writer loses nothing");
    is_int(rc, GW_EAGAIN, "and leaves no damage");
    ok(gw_spool_reader_open(&r, path) == GW_OK, "open");
    is_int(gw_spool_reader_state(r), GW_SPOOL_ORPHAN, "an orphan");
    gw_spool_reader_close(r);
    clear();
}


static void
test_damage(void)
{
    int            fd, i, rc;
    char           path[PATH_MAX];
    unsigned char  was, flipped;
    gw_spool_t    *s;

    s = writer(GW_SPOOL_EVENT);
    for (i = 0; i < 10; i++) {
        ok(gw_spool_append(s, 1, 0, 5, gw_str_of("12345678")) == GW_OK,
           "append");
    }
    gw_spool_close(s);
    (void) segment(0, path, sizeof(path));
    fd = open(path, O_RDWR);

    for (i = 4096 + 40 * 4; i < 4096 + 40 * 5; i++) {
        (void) !pread(fd, &was, 1, i);
        flipped = was ^ 0x10;
        (void) !pwrite(fd, &flipped, 1, i);
        if (count(path, &rc) != 4 || (rc != GW_ECORRUPT)) {
            ok(false, "a flipped bit at %d passed", i);
        }
        (void) !pwrite(fd, &was, 1, i);
    }
    is_int(count(path, &rc), 10, "every flipped bit ends the reading");

    (void) !ftruncate(fd, 4096 + 40 * 6 + 17);
    is_int(count(path, &rc), 6, "a cut file reads to its last whole record");
    (void) !pwrite(fd, "X", 1, 0);
    is_int(count(path, &rc), 0, "a foreign file");
    is_int(rc, GW_ECORRUPT, "is named so");
    (void) !pwrite(fd, "G", 1, 0);
    (void) !pwrite(fd, "\x09", 1, 8);
    (void) count(path, &rc);
    is_int(rc, GW_EVERSION, "another version");
    (void) !ftruncate(fd, 100);
    (void) count(path, &rc);
    is_int(rc, GW_ECORRUPT, "no header");
    (void) close(fd);
    clear();
}


static void
test_full(void)
{
    char             path[PATH_MAX];
    gw_spool_t      *s;
    struct rlimit    was, small;
    gw_spool_seg_t  *seg;

    (void) signal(SIGXFSZ, SIG_IGN);
    (void) getrlimit(RLIMIT_FSIZE, &was);
    small = was;
    small.rlim_cur = 8192;
    ok(gw_spool_open(&s, dir, GW_SPOOL_EVENT, SEGMENT) == GW_OK, "open");
    (void) setrlimit(RLIMIT_FSIZE, &small);
    is_int(gw_spool_prepare(s, &seg), GW_ESYS, "no room for a segment");
    (void) setrlimit(RLIMIT_FSIZE, &was);
    is_int(gw_spool_append(s, 1, 0, 5, gw_str_of("x")), GW_EFULL,
           "the event is refused");
    ok(!segment(0, path, sizeof(path)), "nothing is left on disk");
    gw_spool_close(s);
}


static bool
is_there(const char *name)
{
    char  path[PATH_MAX];

    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    return access(path, F_OK) == 0;
}


/* Files that were half made when their writer was killed. */
static void
test_sweep(void)
{
    int              fd;
    char             path[PATH_MAX];
    unsigned         i;
    gw_spool_t      *s;
    struct flock     lock;
    struct timespec  old[2] = { { 1000, 0 }, { 1000, 0 } };

    static const char *const  names[] = { ".a.seg", ".b.seg", ".c.seg",
                                          "d.seg", ".e.new" };

    memset(&lock, 0, sizeof(lock));
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;
    fd = -1;

    for (i = 0; i < 5; i++) {
        (void) snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        fd = open(path, O_RDWR | O_CREAT, 0600);
        if (i > 0) {
            (void) futimens(fd, old);
        }
        if (i == 1) {
            (void) fcntl(fd, F_OFD_SETLK, &lock);
            continue;               /* as if its writer were alive */
        }
        (void) close(fd);
    }

    ok(gw_spool_open(&s, dir, GW_SPOOL_EVENT, SEGMENT) == GW_OK, "open");
    gw_spool_close(s);
    ok(is_there(".a.seg"), "a young one stays");
    ok(is_there(".b.seg"), "so does one that is being made");
    ok(!is_there(".c.seg"), "one without a writer goes");
    ok(is_there("d.seg") && is_there(".e.new"), "nothing else");
    clear();
}


/*
 * A disk that holds no third segment: a full one is closed, so that its drain
 * makes room, also when a failed batch has just left it.
 */
static void
test_no_room(int class)
{
    int                i, rc, gone;
    char               path[PATH_MAX];
    gw_spool_t        *s;
    gw_spool_seg_t    *seg;
    gw_spool_batch_t  *b;
    gw_spool_reader_t *r;

    s = writer(class);
    do {
        if (class == GW_SPOOL_EVENT) {
            rc = gw_spool_append(s, 1, 0, 5, gw_str_of("0123456789abcdef"));
            continue;
        }
        rc = gw_spool_batch_add(s, 3, 1, 5, gw_str_of("0123456789abcdef"));
        b = gw_spool_batch_take(s);
        if (b != NULL) {
            (void) !gw_spool_batch_write(b);
            gw_spool_batch_done(s, b);
        }
    } while (rc == GW_OK);

    is_int(rc, GW_EFULL, "without a spare it is full");
    (void) segment(0, path, sizeof(path));
    ok(gw_spool_reader_peek(&r, path) == GW_OK, "its segment");
    is_int(gw_spool_reader_state(r), GW_SPOOL_CLOSED, "is closed");
    gw_spool_reader_close(r);

    gone = unlink(path);
    ok(gone == 0 && gw_spool_prepare(s, &seg) == GW_OK, "one is made again");
    gw_spool_supply(s, seg);
    for (i = 0; i < 3; i++) {
        rc = class == GW_SPOOL_EVENT
             ? gw_spool_append(s, 1, 0, 5, gw_str_of("again"))
             : gw_spool_batch_add(s, 3, 1, 5, gw_str_of("again"));
        is_int(rc, GW_OK, "and is written");
    }
    gw_spool_close(s);
    clear();
}


/* A batch fails while the next has left the segments behind it. */
static void
test_failed(void)
{
    int                i, rc;
    char               path[PATH_MAX];
    gw_spool_t        *s;
    struct rlimit      was, small;
    gw_spool_seg_t    *seg;
    gw_spool_batch_t  *b;
    gw_spool_reader_t *r;

    s = writer(GW_SPOOL_DURABLE);
    while (gw_spool_batch_add(s, 3, 1, 5, gw_str_of("0123456789abcdef"))
           == GW_OK)
    {
        /* void */
    }
    b = gw_spool_batch_take(s);

    (void) getrlimit(RLIMIT_FSIZE, &was);
    small = was;
    small.rlim_cur = 1;
    (void) setrlimit(RLIMIT_FSIZE, &small);
    is_int(gw_spool_batch_write(b), GW_ESYS, "it can not be written");
    (void) setrlimit(RLIMIT_FSIZE, &was);

    for (i = 0; i < 2; i++) {
        ok(gw_spool_prepare(s, &seg) == GW_OK, "prepare");
        gw_spool_supply(s, seg);
    }
    while (gw_spool_batch_add(s, 3, 1, 5, gw_str_of("0123456789abcdef"))
           == GW_OK)
    {
        /* void */
    }

    gw_spool_batch_done(s, b);
    for (i = 0; segment((unsigned) i, path, sizeof(path)); i++) {
        ok(gw_spool_reader_peek(&r, path) == GW_OK, "a segment");
        rc = gw_spool_reader_state(r);
        is_int(rc, i < 2 ? GW_SPOOL_CLOSED : GW_SPOOL_OPEN, "is closed");
        gw_spool_reader_close(r);
        is_int((int) count(path, &rc), 0, "with nothing in it");
    }
    gw_spool_close(s);
    clear();
}


static void
test_durable(void)
{
    int                i, rc;
    char               path[PATH_MAX];
    unsigned           added, batches;
    gw_spool_t        *s;
    gw_spool_seg_t    *seg;
    gw_spool_batch_t  *b;

    s = writer(GW_SPOOL_DURABLE);
    ok(gw_spool_batch_take(s) == NULL, "no empty batch");
    added = 0;

    for (batches = 0; batches < 40; batches++) {
        for (i = 0; i < 50; i++) {
            added += gw_spool_batch_add(s, 3, 1, 5, gw_str_of(
                         "0123456789012345678901234567890")) == GW_OK;
        }
        b = gw_spool_batch_take(s);
        added += gw_spool_batch_add(s, 3, 1, 5, gw_str_of("meanwhile"))
                 == GW_OK;
        if (gw_spool_batch_write(b) != GW_OK) {
            ok(false, "write");
        }
        gw_spool_batch_done(s, b);
        if (gw_spool_wants(s) && gw_spool_prepare(s, &seg) == GW_OK) {
            gw_spool_supply(s, seg);
        }
    }

    b = gw_spool_batch_take(s);
    ok(gw_spool_batch_write(b) == GW_OK, "the last batch");
    gw_spool_batch_done(s, b);
    gw_spool_close(s);

    is_int(added, 40 * 51, "nothing is refused at a segment's end");
    for (i = 0; segment((unsigned) i, path, sizeof(path)); i++) {
        added -= count(path, &rc);
        is_int(rc, GW_EAGAIN, "a segment reads whole");
    }
    ok(i > 1, "over %d segments", i);
    is_int(added, 0, "every record is there once");
    clear();
}


int
main(void)
{
    ok(mkdtemp(dir) != NULL, "a folder");
    test_append();
    test_age();
    test_crash();
    test_damage();
    test_full();
    test_sweep();
    test_no_room(GW_SPOOL_EVENT);
    test_no_room(GW_SPOOL_DURABLE);
    test_failed();
    test_durable();
    (void) rmdir(dir);
    return done();
}
