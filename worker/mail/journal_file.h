/* Files of the send journal; for the journal's sources only. */
#ifndef JOURNAL_FILE_H
#define JOURNAL_FILE_H

#include "worker/mail/journal.h"

#define JOURNAL_FIXED     40            /* bytes before the reply text  */
#define JOURNAL_BOOT      36
#define JOURNAL_LIST_MAX  4096

void journal_path(const char *dir, uint32_t n, char *out, size_t size);

/* The numbers of the files there are, ascending; the count or -1. */
int journal_list(const char *dir, uint32_t *out, int max);

/*
 * Read the file n at path. followed: another file of its life comes after it.
 * GW_ESYS with errno, or what a call of the reader returned other than GW_OK.
 */
int journal_scan(const char *path, uint32_t n, bool followed,
    const char *boot, const journal_reader_t *reader) GW_MUSTCHECK;

/* The life that wrote the file, as its head says; 0: it does not. */
uint64_t journal_life(const char *path);

/* The id of this boot of the machine; empty when the kernel tells none. */
void journal_boot(char out[JOURNAL_BOOT + 1]);

#endif
