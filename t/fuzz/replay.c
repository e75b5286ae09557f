/*
 * A fuzz target without libFuzzer: each file of its corpus once, as TAP. It
 * is built with CORPUS naming the folder; an input that hangs is killed.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "t/unit/tap.h"

#define REPLAY_SECONDS  20              /* for one input, under sanitizers */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);


static void
replay(const char *name)
{
    long      n;
    char      path[512];
    FILE     *f;
    uint8_t  *data;

    (void) snprintf(path, sizeof(path), "%s/%s", CORPUS, name);
    f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0) {
        ok(false, "%s is readable", path);
        return;
    }

    rewind(f);
    data = malloc((size_t) n);          /* exact: a byte too far is found */
    if (data == NULL || fread(data, 1, (size_t) n, f) != (size_t) n) {
        ok(n == 0, "%s is read", path);

    } else {
        (void) alarm(REPLAY_SECONDS);
        ok(LLVMFuzzerTestOneInput(data, (size_t) n) == 0, "%s", name);
    }

    free(data);
    (void) fclose(f);
}


int
main(void)
{
    int              i, n;
    struct dirent  **list;

    ok(LLVMFuzzerTestOneInput((const uint8_t *) "", 0) == 0, "no input");

    n = scandir(CORPUS, &list, NULL, alphasort);
    for (i = 0; i < n; i++) {
        if (list[i]->d_name[0] != '.') {
            replay(list[i]->d_name);
        }
        free(list[i]);
    }

    if (n >= 0) {
        free(list);
    }

    return done();
}
