/* The send journal: rotation, removal, what a crash leaves of it. */
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/unit/tap.h"
#include "worker/mail/journal.h"

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


static uint32_t
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


/* What replay sees: d and a by kind, and the sum of the contacts. */
typedef struct {
    unsigned  d, a;
    uint64_t  sum;
    char      reply[JOURNAL_REPLY_MAX + 1];
} seen_t;


static int
look(void *arg, const journal_record_t *r)
{
    seen_t  *s = arg;

    s->d += r->kind == JOURNAL_D;
    s->a += r->kind == JOURNAL_A;
    s->sum += r->key.contact;
    memcpy(s->reply, r->reply, r->reply_len);
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
        n = add(j, JOURNAL_D, i, "");
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
    ok(stat(path, &st) == 0 && st.st_size >= 135, "the file is there");
    for (size = 134; size > 80; size--) {
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
    is_int(size, 80, "a torn record at the end is none");

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

    (void) snprintf(path, sizeof(path), "%s/journal/lock", dir);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/journal", dir);
    (void) rmdir(path);
    (void) rmdir(dir);
    return done();
}
