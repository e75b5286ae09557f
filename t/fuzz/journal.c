/*
 * The send journal: of a file of any bytes the whole records are read, and
 * what lies between them is told once.
 * With the first bit set the checksums are made right.
 */
#include "t/fuzz/fuzz.h"

#include <sys/stat.h>

#include "shm/gw_codec.h"
#include "worker/mail/journal.h"

#define HEAD  40


static void
mend(unsigned char *p, size_t n)
{
    size_t    at, len;
    uint16_t  reply;
    uint32_t  crc;

    for (at = 0; at + HEAD <= n; at += len) {
        memcpy(&reply, p + at + 8, 2);
        len = HEAD + (size_t) reply;
        if (len > n - at) {
            return;
        }
        crc = gw_crc32c(0, p + at + 4, len - 4);
        memcpy(p + at, &crc, 4);
    }
}


static int
look(void *arg, const journal_record_t *r)
{
    size_t  *bytes = arg;

    must(r->reply_len <= JOURNAL_REPLY_MAX);
    *bytes += HEAD + r->reply_len;
    return GW_OK;
}


static int
hole(void *arg, uint32_t file, uint64_t offset, uint64_t n)
{
    size_t  *bytes = arg;

    must(file == 1 && offset == *bytes && n > 0);
    *bytes += n;
    return GW_OK;
}


static char       dir[] = "/tmp/godwit-fuzz-XXXXXX";
static char       folder[64], name[96];
static gw_conf_t  conf;


static void
leave(void)
{
    (void) unlink(name);
    (void) rmdir(folder);
    (void) rmdir(dir);
}


/* A state folder whose one journal file is that of fuzz_file. */
static void
enter(void)
{
    must(mkdtemp(dir) != NULL);
    (void) snprintf(folder, sizeof(folder), "%s/journal", dir);
    (void) snprintf(name, sizeof(name), "%s/00000001.log", folder);
    must(mkdir(folder, 0700) == 0 && symlink(fuzz_file("", 0), name) == 0);
    conf.state = gw_str_of(dir);
    (void) atexit(leave);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t                bytes;
    journal_reader_t      reader = { look, hole, &bytes, 0 };
    static unsigned char  file[65536];

    if (n < 1 || n > sizeof(file)) {
        return 0;
    }

    if (conf.state.len == 0) {
        enter();
    }

    memcpy(file, data + 1, n - 1);
    if (data[0] & 1) {
        mend(file, n - 1);
    }
    (void) fuzz_file(file, n - 1);

    bytes = 0;
    must(journal_replay(&conf, 2, &reader) == GW_OK);
    must(bytes <= n - 1);
    return 0;
}
