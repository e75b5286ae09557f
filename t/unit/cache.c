/* The cache: generations, growth, readers that allocate nothing. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/gw_cache.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

static char  dir[] = "/tmp/godwit-cache-XXXXXX";


/* Remove the folder and the generation that is left in it. */
static void
clear(void)
{
    char     path[256], target[128];
    ssize_t  n;

    (void) snprintf(path, sizeof(path), "%s/current", dir);
    n = readlink(path, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = '\0';
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%s/data.mdb", dir, target);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%s/lock.mdb", dir, target);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%s", dir, target);
    (void) rmdir(path);
    (void) rmdir(dir);
}


static gw_cache_writer_t *
generation(const char *url)
{
    gw_cache_key_t      key;
    gw_cache_writer_t  *w;

    key = gw_cache_key_link(1, 2, 3);
    ok(gw_cache_writer_create(&w, dir, 1 << 20) == GW_OK, "create");
    ok(gw_cache_put(w, &key, gw_str_of(url)) == GW_OK, "put");
    ok(gw_cache_commit(w) == GW_OK, "commit");
    ok(gw_cache_publish(w) == GW_OK, "publish");
    return w;
}


static void
look(gw_cache_t *c, const char *want, const char *name)
{
    int             rc;
    size_t          n;
    gw_cache_key_t  key;
    unsigned char   out[256];

    n = sizeof(out);
    key = gw_cache_key_link(1, 2, 3);
    rc = gw_cache_get(c, &key, out, &n);
    gw_cache_release(c);
    is_str(rc == GW_OK ? gw_str_make(out, n) : gw_str_of("-"), want, name);
}


/* Bytes in use after so many transactions that change the same rows. */
static uint64_t
rewritten(gw_cache_t *c, gw_cache_writer_t *w, int times)
{
    int              i, n, rc;
    char             value[100];
    gw_cache_key_t   key;
    gw_cache_stat_t  stat;

    rc = GW_OK;
    memset(value, 'w', sizeof(value));

    for (n = 0; n < times && rc == GW_OK; n++) {
        for (i = 0; i < 50 && rc == GW_OK; i++) {
            key = gw_cache_key_link(1, (uint32_t) (100 * i), 9);
            rc = gw_cache_put(w, &key, gw_str_make(value, sizeof(value)));
        }
        rc = rc == GW_OK ? gw_cache_commit(w) : rc;
    }

    return rc == GW_OK && gw_cache_stat(c, &stat) == GW_OK ? stat.used : 0;
}


/* A process that is killed while it reads keeps old pages until it is found. */
static void
test_dead_reader(gw_cache_t *c, gw_cache_writer_t *w)
{
    int             status;
    pid_t           pid;
    size_t          n;
    uint64_t        free_of_it, pinned;
    gw_cache_t     *own;
    gw_cache_key_t  key;
    unsigned char   value[256];

    (void) rewritten(c, w, 20);
    free_of_it = rewritten(c, w, 20);

    pid = fork();
    if (pid == 0) {
        n = sizeof(value);
        key = gw_cache_key_link(1, 2, 3);
        if (gw_cache_open(&own, dir) == GW_OK
            && gw_cache_get(own, &key, value, &n) == GW_OK)
        {
            (void) raise(SIGKILL);
        }
        _exit(1);
    }

    ok(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status),
       "a reader is killed while it reads");
    pinned = rewritten(c, w, 20);
    ok(pinned > free_of_it, "the pages that it saw are kept");
    gw_cache_check(w);
    is_int(rewritten(c, w, 20), pinned, "until it is known to be dead");
    is_int(rewritten(c, w, 20), pinned, "and the file grows no more");
}


static void
test_growth(gw_cache_t *c, gw_cache_writer_t *w)
{
    int             i, rc;
    size_t          n;
    unsigned long   before;
    gw_cache_key_t  key;
    unsigned char   value[200];

    memset(value, 'v', sizeof(value));
    rc = GW_OK;
    for (i = 0; i < 20000 && rc == GW_OK; i++) {
        key = gw_cache_key_link(1, (uint32_t) i, 9);
        rc = gw_cache_put(w, &key, gw_str_make(value, sizeof(value)));
    }
    is_int(rc, GW_OK, "20,000 puts");
    is_int(gw_cache_commit(w), GW_OK, "the map grows for them");

    n = sizeof(value);
    key = gw_cache_key_link(1, 19999, 9);
    is_int(gw_cache_get(c, &key, value, &n), GW_OK,
           "a reader follows the growth");
    gw_cache_release(c);
    n = sizeof(value);
    before = alloc_count;
    is_int(gw_cache_get(c, &key, value, &n), GW_OK, "and reads");
    is_int(alloc_count - before, 0, "without allocation");
    gw_cache_release(c);

    n = 10;
    is_int(gw_cache_get(c, &key, value, &n), GW_EFULL, "too little room");
    gw_cache_release(c);
    ok(gw_cache_put(w, &key, (gw_str_t) gw_null_string) == GW_OK
       && gw_cache_commit(w) == GW_OK, "delete");
    is_int(gw_cache_get(c, &key, value, &n), GW_ENOTFOUND, "it is gone");
    gw_cache_release(c);
}


/* What `current` points to may be what a power cut has left of it. */
static void
test_foreign(gw_cache_t *c)
{
    char         path[256], own[128], foreign[256];
    ssize_t      n;
    gw_cache_t  *other;

    (void) snprintf(path, sizeof(path), "%s/current", dir);
    n = readlink(path, own, sizeof(own) - 1);
    own[n > 0 ? n : 0] = '\0';
    (void) snprintf(foreign, sizeof(foreign), "%s/other-1", dir);
    (void) unlink(path);
    ok(symlink(own, foreign) == 0 && symlink("other-1", path) == 0,
       "a generation of another boot");

    ok(gw_cache_open(&other, dir) == GW_OK, "open");
    look(other, "-", "it is not read");
    is_str(gw_str_of(gw_cache_why(other)),
           "there is only that of another boot", "and that is said");
    gw_cache_close(other);
    gw_cache_refresh(c);
    look(c, "https://second/", "the one that was read stays");

    (void) unlink(path);
    (void) unlink(foreign);
    ok(symlink(own, path) == 0, "the own one is back");
    gw_cache_refresh(c);
    ok(gw_cache_why(c) == NULL, "nothing is wrong");
}


int
main(void)
{
    gw_cache_t         *c;
    gw_cache_writer_t  *first, *second;

    ok(mkdtemp(dir) != NULL, "a folder");
    ok(gw_cache_open(&c, dir) == GW_OK, "open without a cache");
    look(c, "-", "it is empty");

    first = generation("https://first/");
    look(c, "-", "not seen before a refresh");
    gw_cache_refresh(c);
    look(c, "https://first/", "the first generation");

    second = generation("https://second/");
    look(c, "https://first/", "an unlinked generation still serves");
    gw_cache_refresh(c);
    look(c, "https://second/", "the second one");

    test_growth(c, second);
    test_dead_reader(c, second);
    test_foreign(c);
    gw_cache_check(second);
    gw_cache_writer_close(first);
    gw_cache_writer_close(second);
    gw_cache_close(c);
    clear();
    return done();
}
