/* The send journal's files as a whole: those that an earlier life left. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/mail/journal_file.h"


void
journal_path(const char *dir, uint32_t n, char *out, size_t size)
{
    (void) snprintf(out, size, "%s/%08x.log", dir, n);
}


int
journal_list(const char *dir, uint32_t *out, int max)
{
    int              i, n, count;
    char            *end;
    struct dirent  **e;

    count = scandir(dir, &e, NULL, alphasort);
    n = 0;
    for (i = 0; i < count; i++) {
        if (n < max && strlen(e[i]->d_name) == 12) {
            out[n] = (uint32_t) strtoul(e[i]->d_name, &end, 16);
            n += strcmp(end, ".log") == 0;
        }
        free(e[i]);
    }

    if (count >= 0) {
        free(e);
    }

    return count < 0 ? -1 : n;
}


void
journal_boot(char out[JOURNAL_BOOT + 1])
{
    FILE  *f;

    out[0] = '\0';
    f = fopen("/proc/sys/kernel/random/boot_id", "re");
    if (f != NULL) {
        if (fgets(out, JOURNAL_BOOT + 1, f) == NULL) {
            out[0] = '\0';
        }
        (void) fclose(f);
    }
}


int
journal_replay(const gw_conf_t *conf, uint32_t before,
    journal_reader_t *reader)
{
    int       i, n, rc;
    char      dir[256], path[300], next[300], boot[JOURNAL_BOOT + 1];
    uint64_t  life;
    uint32_t  numbers[JOURNAL_LIST_MAX];

    journal_boot(boot);
    rc = gw_conf_path(conf, "journal", dir, sizeof(dir));
    n = rc == GW_OK ? journal_list(dir, numbers, JOURNAL_LIST_MAX) : -1;
    reader->failed = 0;

    for (i = 0; rc == GW_OK && i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            life = journal_life(path);
            if (i + 1 < n) {
                journal_path(dir, numbers[i + 1], next, sizeof(next));
            }
            rc = journal_scan(path, numbers[i], i + 1 < n && life != 0
                              && life == journal_life(next), boot, reader);
            reader->failed = rc != GW_OK ? numbers[i] : 0;
        }
    }

    return n < 0 ? GW_ESYS : rc;
}


/* Aside, under a name that no later file gets. */
static int
journal_aside(const char *dir, const char *path, uint32_t n)
{
    char  to[350];

    (void) snprintf(to, sizeof(to), "%s/quarantine", dir);
    if (mkdir(to, 0750) != 0 && errno != EEXIST) {
        return GW_ESYS;
    }

    (void) snprintf(to, sizeof(to), "%s/quarantine/%08x-%lld.log", dir, n,
                    (long long) gw_clock_us());
    return rename(path, to) == 0 ? GW_OK : GW_ESYS;
}


int
journal_forget(const gw_conf_t *conf, uint32_t before, bool aside)
{
    int       i, n, rc;
    char      dir[256], path[300];
    uint32_t  numbers[JOURNAL_LIST_MAX];

    rc = gw_conf_path(conf, "journal", dir, sizeof(dir));
    n = rc == GW_OK ? journal_list(dir, numbers, JOURNAL_LIST_MAX) : 0;
    for (i = 0; rc == GW_OK && i < n; i++) {
        if (numbers[i] < before) {
            journal_path(dir, numbers[i], path, sizeof(path));
            rc = aside ? journal_aside(dir, path, numbers[i])
                 : unlink(path) == 0 ? GW_OK : GW_ESYS;
        }
    }

    return rc;
}
