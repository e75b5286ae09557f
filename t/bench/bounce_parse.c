/*
 * Judge the files named, ROUNDS times over: prints messages, bytes and CPU
 * seconds. The files are in memory before the clock starts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "worker/receive/judge.h"

#define FILES_MAX  4096


static gw_str_t
slurp(const char *path)
{
    long            n;
    FILE           *f;
    unsigned char  *p;

    f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0) {
        fprintf(stderr, "%s can not be read\n", path);
        exit(1);
    }

    rewind(f);
    p = malloc((size_t) n + 1);
    if (p == NULL || fread(p, 1, (size_t) n, f) != (size_t) n) {
        exit(1);
    }

    (void) fclose(f);
    return gw_str_make(p, (size_t) n);
}


int
main(int argc, char **argv)
{
    int               i, n, rounds, round;
    char              mem[300];
    double            seconds;
    size_t            bytes;
    clock_t           from;
    judge_t          *j;
    rules_t          *rules;
    gw_buf_t          err;
    const judged_t   *m;
    static gw_str_t   file[FILES_MAX];

    rounds = argc > 2 ? atoi(argv[1]) : 0;
    n = argc - 2 < FILES_MAX ? argc - 2 : FILES_MAX;
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (rounds < 1 || rules_load(&rules, NULL, &err) != GW_OK) {
        fprintf(stderr, "usage: bounce_parse ROUNDS FILE...\n");
        return 2;
    }

    for (i = 0, bytes = 0; i < n; i++) {
        file[i] = slurp(argv[i + 2]);
        bytes += file[i].len;
    }

    j = judge_create(rules);
    from = clock();
    for (round = 0; j != NULL && round < rounds; round++) {
        for (i = 0; i < n; i++) {
            if (judge_mail(j, file[i], &m) != GW_OK) {
                return 1;
            }
        }
    }

    seconds = (double) (clock() - from) / CLOCKS_PER_SEC;
    printf("%d %zu %.6f\n", n * rounds, bytes * (size_t) rounds, seconds);
    judge_free(j);
    rules_free(rules);
    return 0;
}
