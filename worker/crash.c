/* Crash points by name, for tests that kill a process at an exact step. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/worker.h"

static const char     *crash_name;
static bool            crash_read;
static unsigned long   crash_count;


void
worker_crash_point(const char *name)
{
    size_t  n;

    if (!crash_read) {
        crash_read = true;
        crash_name = getenv("GODWIT_CRASH");
    }

    if (crash_name == NULL) {
        return;
    }

    n = strlen(name);
    if (strncmp(crash_name, name, n) != 0
        || (crash_name[n] != '\0' && crash_name[n] != ':'))
    {
        return;
    }

    /* name:N = the Nth time */
    crash_count++;
    if (crash_name[n] == '\0'
        || crash_count == strtoul(crash_name + n + 1, NULL, 10))
    {
        (void) kill(getpid(), SIGKILL);
    }
}


void
worker_crash_off(void)
{
    (void) unsetenv("GODWIT_CRASH");
    crash_name = NULL;
    crash_read = true;
}
