/* The worker's log: one line a call, written whole. */
#include "worker/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_buf.h"
#include "shm/gw_clock.h"

#define LOG_TEXT_MAX  2048
#define LOG_LINE_MAX  (6 * LOG_TEXT_MAX + 1024)     /* as JSON, at most */

static struct {
    const char  *role;
    int          level, form;
    char         request[64];
} log_state = { "godwit", LOG_LEVEL_INFO, LOG_FORM_TEXT, "" };

static const char  *log_words[] = { "ERROR", "WARN", "INFO", "DEBUG" };


void
log_open(const char *role, int level, int form)
{
    log_state.role = role;
    log_state.level = level;
    log_state.form = form;
}


void
log_about(const char *request)
{
    (void) snprintf(log_state.request, sizeof(log_state.request), "%s",
                    request);
}


const char *
log_request(void)
{
    return log_state.request;
}


/* A member of the object; what stands in it came from anywhere. */
static void
log_member(gw_buf_t *line, const char *name, const char *text)
{
    gw_buf_fmt(line, ",\"%s\":", name);
    gw_buf_json(line, gw_str_make((const unsigned char *) text, strlen(text)));
}


static void
log_json(gw_buf_t *line, const char *at, int level, const char *text)
{
    gw_buf_fmt(line, "{\"at\":\"%s\",\"level\":\"%s\",\"pid\":%d", at,
               log_words[level], (int) getpid());
    log_member(line, "role", log_state.role);
    if (log_state.request[0] != '\0') {
        log_member(line, "request_id", log_state.request);
    }
    log_member(line, "message", text);
    gw_buf_char(line, '}');
}


static void
log_text(gw_buf_t *line, const char *at, int level, char *text)
{
    char  *p;

    /* what others wrote may hold line ends; a log line is one line */

    for (p = text; *p != '\0'; p++) {
        if ((unsigned char) *p < 0x20 || *p == 0x7f) {
            *p = ' ';
        }
    }

    gw_buf_fmt(line, "%s %s %s[%d] %s", at, log_words[level], log_state.role,
               (int) getpid(), text);
    if (log_state.request[0] != '\0') {
        gw_buf_fmt(line, " (request %s)", log_state.request);
    }
}


void
log_write(int level, const char *fmt, ...)
{
    char      mem[LOG_LINE_MAX], text[LOG_TEXT_MAX];
    char      at[GW_RFC3339_LEN + 1];
    va_list   ap;
    gw_buf_t  line;

    if (level > log_state.level) {
        return;
    }

    gw_clock_print(gw_clock_us(), at);
    va_start(ap, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);

    gw_buf_fixed(&line, mem, sizeof(mem));
    if (log_state.form == LOG_FORM_JSON) {
        log_json(&line, at, level, text);
    } else {
        log_text(&line, at, level, text);
    }
    gw_buf_char(&line, '\n');

    if (write(STDERR_FILENO, line.data, line.len) == -1) {
        return;                         /* there is no other place to say it */
    }
}
