/* TAP for the C units: each file is a program that prints its results. */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_str.h"

static unsigned  tap_count, tap_failed;

#define ok(cond, ...)  tap_ok((cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, name)                                               \
    tap_is_int((long long) (got), (long long) (want), __FILE__, __LINE__, name)
#define is_str(got, want, name)                                               \
    tap_is_str((got), (want), __FILE__, __LINE__, name)


__attribute__((format(printf, 4, 5)))
static inline bool
tap_ok(bool cond, const char *file, int line, const char *fmt, ...)
{
    __builtin_va_list  args;

    printf("%sok %u - ", cond ? "" : "not ", ++tap_count);
    __builtin_va_start(args, fmt);
    vprintf(fmt, args);
    __builtin_va_end(args);
    printf("\n");

    if (!cond) {
        tap_failed++;
        printf("# failed at %s:%d\n", file, line);
    }

    (void) fflush(stdout);
    return cond;
}


static inline void
tap_is_int(long long got, long long want, const char *file, int line,
    const char *name)
{
    if (!tap_ok(got == want, file, line, "%s", name)) {
        printf("# got %lld, want %lld\n", got, want);
    }
}


static inline void
tap_is_str(gw_str_t got, const char *want, const char *file, int line,
    const char *name)
{
    if (!tap_ok(gw_str_eq(got, gw_str_of(want)), file, line, "%s", name)) {
        printf("# got  \"%.*s\"\n# want \"%s\"\n", (int) got.len,
               got.len ? (char *) got.data : "", want);
    }
}


/* The plan at the end; the exit code of main. */
static inline int
done(void)
{
    printf("1..%u\n", tap_count);
    return tap_failed > 0;
}

#endif
