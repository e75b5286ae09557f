/* What the targets share: an assertion that libFuzzer sees, and a file. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* a promise that is broken is a finding */
#define must(cond)                                                            \
    do {                                                                      \
        if (!(cond)) {                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);\
            abort();                                                          \
        }                                                                     \
    } while (0)


/* The path of a file that holds these bytes until the next call. */
static inline const char *
fuzz_file(const void *data, size_t n)
{
    static int   fd = -1;
    static char  path[64];

    if (fd < 0) {
        fd = memfd_create("fuzz", 0);
        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }

    must(ftruncate(fd, 0) == 0);
    must(pwrite(fd, data, n, 0) == (ssize_t) n);
    return path;
}

#endif
