/*
 * The worker's log: one line a call on stderr, `RFC3339 LEVEL role[pid] text`,
 * or an object of JSON: at, level, role, pid, request_id, message.
 */
#ifndef LOG_H
#define LOG_H

enum { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum { LOG_FORM_TEXT, LOG_FORM_JSON };

void log_open(const char *role, int level, int form);

/* What follows is done for this request of the API; "": for none. */
void log_about(const char *request);

/* That request, or "". */
const char *log_request(void);

void log_write(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_error(...)  log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)   log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)   log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)  log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
