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

/* The id of this boot of the machine; empty when the kernel tells none. */
void journal_boot(char out[JOURNAL_BOOT + 1]);

#endif
