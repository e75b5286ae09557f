/* Numbers of a role, written for the edge to serve. */
#include "worker/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/house.h"

#define METRICS_EVERY_MS  1000
#define METRICS_MAX       65536         /* the edge takes no more */


bool
metrics_due(metrics_t *m)
{
    int64_t  now;

    now = gw_clock_ms();
    if (m->at_ms > 0 && now - m->at_ms < METRICS_EVERY_MS) {
        return false;
    }

    if (m->text.max == 0) {
        gw_buf_init(&m->text, METRICS_MAX);
    }

    m->at_ms = now;
    gw_buf_reset(&m->text);
    return true;
}


void
metrics_about(metrics_t *m, const char *name, const char *type,
    const char *help)
{
    gw_buf_fmt(&m->text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
               type);
}


static void
metrics_name(metrics_t *m, const char *name, const char *label,
    const char *word)
{
    gw_buf_cstr(&m->text, name);
    if (label != NULL) {
        gw_buf_fmt(&m->text, "{%s=\"%s\"}", label, word);
    }
}


void
metrics_put(metrics_t *m, const char *name, const char *label,
    const char *word, int64_t value)
{
    metrics_name(m, name, label, word);
    gw_buf_fmt(&m->text, " %lld\n", (long long) value);
}


void
metrics_time(metrics_t *m, const char *name, const char *label,
    const char *word, int64_t ms)
{
    metrics_name(m, name, label, word);
    gw_buf_fmt(&m->text, " %lld.%03d\n", (long long) (ms / 1000),
               (int) (ms % 1000));
}


static int
metrics_path(const worker_t *w, char path[HOUSE_PATH_MAX])
{
    char  tail[64];

    (void) snprintf(tail, sizeof(tail), "run/%s.metrics", w->role);
    return gw_conf_path(&w->conf, tail, path, HOUSE_PATH_MAX);
}


static int
metrics_file(const metrics_t *m, const char *path)
{
    int   fd, rc;
    char  temp[HOUSE_PATH_MAX + 8];

    (void) snprintf(temp, sizeof(temp), "%s.new", path);
    fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return GW_ESYS;
    }

    rc = write(fd, m->text.data, m->text.len) == (ssize_t) m->text.len
         ? GW_OK : GW_ESYS;
    (void) close(fd);
    return rc == GW_OK && rename(temp, path) == 0 ? GW_OK : GW_ESYS;
}


void
metrics_write(metrics_t *m, const worker_t *w)
{
    int   rc;
    char  path[HOUSE_PATH_MAX];

    rc = m->text.failed ? GW_EFULL : metrics_path(w, path);
    rc = rc == GW_OK ? metrics_file(m, path) : rc;
    if (rc != GW_OK && !m->said) {
        log_warn("%s: its metrics cannot be written: %s", w->role,
                 rc == GW_ESYS ? strerror(errno) : gw_strerror(rc));
    }

    m->said = rc != GW_OK;
}


void
metrics_end(metrics_t *m, const worker_t *w)
{
    char  path[HOUSE_PATH_MAX];

    if (m->at_ms > 0 && metrics_path(w, path) == GW_OK) {
        (void) unlink(path);
    }

    gw_buf_free(&m->text);
}
