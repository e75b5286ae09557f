/* Crash points by name, for tests that kill a process at an exact step. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/worker.h"

static const char  *crash_name;
static bool         crash_read;


void
worker_crash_point(const char *name)
{
    if (!crash_read) {
        crash_read = true;
        crash_name = getenv("GODWIT_CRASH");
    }

    if (crash_name != NULL && strcmp(crash_name, name) == 0) {
        (void) kill(getpid(), SIGKILL);
    }
}
