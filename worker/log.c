/* The worker's log: one line a call, written whole. */
#include "worker/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "shm/gw_clock.h"

#define LOG_LINE_MAX  2048

static struct {
    const char  *role;
    int          level;
} log_state = { "godwit", LOG_LEVEL_INFO };

static const char  *log_words[] = { "ERROR", "WARN", "INFO", "DEBUG" };


void
log_open(const char *role, int level)
{
    log_state.role = role;
    log_state.level = level;
}


void
log_write(int level, const char *fmt, ...)
{
    int      n, m;
    char     line[LOG_LINE_MAX], at[GW_RFC3339_LEN + 1];
    va_list  ap;

    if (level > log_state.level) {
        return;
    }

    gw_clock_print(gw_clock_us(), at);

    n = snprintf(line, sizeof(line), "%s %s %s[%d] ", at, log_words[level],
                 log_state.role, (int) getpid());

    va_start(ap, fmt);
    m = vsnprintf(line + n, sizeof(line) - (size_t) n - 1, fmt, ap);
    va_end(ap);

    if (m < 0) {
        return;
    }

    /* what others wrote may hold line ends; a log line is one line */

    for (m = n; line[m] != '\0'; m++) {
        if ((unsigned char) line[m] < 0x20 || line[m] == 0x7f) {
            line[m] = ' ';
        }
    }

    line[m++] = '\n';

    if (write(STDERR_FILENO, line, (size_t) m) == -1) {
        return;                         /* there is no other place to say it */
    }
}
