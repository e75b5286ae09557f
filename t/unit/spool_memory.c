/* The reader has in memory what it reads, and what it gave out is valid. */
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "shm/gw_spool.h"
#include "t/unit/tap.h"

static char  dir[] = "/tmp/godwit-spool-XXXXXX";


/* KiB of files in this process's memory. */
static long
file_memory(void)
{
    long   kib;
    char   line[256];
    FILE  *in;

    kib = -1;
    in = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof(line), in) != NULL) {
        (void) sscanf(line, "RssFile: %ld", &kib);
    }
    (void) fclose(in);
    return kib;
}


/* A segment of 16 MiB, full of texts. */
static void
fill(gw_str_t text)
{
    gw_spool_t      *s;
    gw_spool_seg_t  *seg;

    ok(gw_spool_open(&s, dir, GW_SPOOL_EVENT, 16 * 1024 * 1024) == GW_OK
       && gw_spool_prepare(s, &seg) == GW_OK, "a large segment");
    gw_spool_supply(s, seg);

    while (gw_spool_append(s, 1, 0, 5, text) == GW_OK) { /* until full */ }
    gw_spool_close(s);
}


int
main(void)
{
    int                    n;
    long                   before, most, now;
    char                   text[1024];
    glob_t                 found;
    gw_str_t               body, first;
    gw_spool_reader_t     *r;
    const gw_spool_rec_t  *rec;

    ok(mkdtemp(dir) != NULL && chdir(dir) == 0, "a folder");
    memset(text, 'x', sizeof(text));
    fill(gw_str_make(text, sizeof(text)));

    ok(glob("*.seg", 0, NULL, &found) == 0, "its file");
    ok(gw_spool_reader_open(&r, found.gl_pathv[0]) == GW_OK, "open");
    ok(gw_spool_reader_next(r, &rec, &first) == GW_OK, "the first");
    before = most = file_memory();

    for (n = 1; gw_spool_reader_next(r, &rec, &body) == GW_OK; n++) {
        now = n % 100 == 0 ? file_memory() : 0;
        most = now > most ? now : most;
    }

    ok(n > 15000, "read %d KiB", n);
    ok(most - before < 4096, "with %ld KiB in memory", most - before);
    ok(gw_str_eq(first, gw_str_make(text, sizeof(text))), "the first is valid");
    gw_spool_reader_close(r);

    (void) unlink(found.gl_pathv[0]);
    globfree(&found);
    (void) rmdir(dir);
    return done();
}
