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
    r.reply_len = (uint16_t) strlen(reply);
    memcpy(r.reply, reply, r.reply_len);
    return journal_add(j, &r);
}


/* What replay sees: records by kind, D of this boot, sum of the contacts. */
typedef struct {
    unsigned  b, d, t, a, here;
    uint64_t  sum;
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
    s->sum += r->key.contact;
    memcpy(s->reply, r->reply, r->reply_len);
    s->reply[r->reply_len] = '\0';
    return GW_OK;
}


static seen_t
replay(void)
{
    seen_t  s;

    memset(&s, 0, sizeof(s));
    ok(journal_replay(&conf, UINT32_MAX, look, &s) == GW_OK, "replay");
    return s;
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
        if (journal_replay(&conf, UINT32_MAX, look, &s) != GW_OK
            || s.d != 2 || s.a != 0)
        {
            break;
        }
    }
    is_int(size, HEAD + 80, "a torn record at the end is none");

    fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    ok(fd >= 0 && write(fd, "garbage that is no record, as long as one is, "
                        "behind the two", 60) == 60, "garbage");
    (void) close(fd);
    s = replay();
    ok(s.d == 2 && s.a == 0, "nor is garbage");

    j = opened();
    journal_forget(&conf, journal_current(j));
    journal_close(j);
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

    j = opened();
    journal_forget(&conf, journal_current(j));
    journal_close(j);
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
    journal_forget(&conf, journal_current(j));
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
    test_sync();

    (void) snprintf(path, sizeof(path), "%s/journal/lock", dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/journal", dir);
    (void) rmdir(path);
    (void) rmdir(dir);
    return done();
}
