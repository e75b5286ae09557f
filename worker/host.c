/* The host's name on disk, and its heart-beat in Postgres. */
#include "worker/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/house.h"


static int
host_read(const char *path, char name[HOST_NAME_LEN + 1])
{
    int      fd;
    ssize_t  n;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return GW_ESYS;
    }

    n = read(fd, name, HOST_NAME_LEN);
    (void) close(fd);

    if (n != HOST_NAME_LEN) {
        errno = EINVAL;
        return GW_ESYS;
    }

    name[HOST_NAME_LEN] = '\0';

    return GW_OK;
}


/* several roles may start at once: whoever links first names the host */
static int
host_create(const char *path)
{
    int   fd, rc;
    char  new[HOUSE_PATH_MAX + 32], name[HOST_NAME_LEN + 1];

    if (host_read("/proc/sys/kernel/random/uuid", name) != GW_OK) {
        return GW_ESYS;
    }

    snprintf(new, sizeof(new), "%s.%d", path, (int) getpid());

    fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd == -1) {
        return GW_ESYS;
    }

    name[HOST_NAME_LEN] = '\n';

    rc = write(fd, name, HOST_NAME_LEN + 1) == HOST_NAME_LEN + 1
         && fdatasync(fd) == 0 ? GW_OK : GW_ESYS;

    (void) close(fd);

    if (rc == GW_OK && link(new, path) == -1 && errno != EEXIST) {
        rc = GW_ESYS;
    }

    (void) unlink(new);

    return rc;
}


static int
host_name(const worker_t *w, char name[HOST_NAME_LEN + 1])
{
    int   rc;
    char  path[HOUSE_PATH_MAX];

    if (gw_conf_path(&w->conf, "journal", path, sizeof(path)) != GW_OK) {
        return GW_ERROR;
    }

    (void) mkdir(path, 0750);

    if (gw_conf_path(&w->conf, "journal/host", path, sizeof(path)) != GW_OK) {
        return GW_ERROR;
    }

    rc = host_read(path, name);

    if (rc == GW_ESYS && errno == ENOENT) {
        rc = host_create(path);

        if (rc == GW_OK) {
            rc = host_read(path, name);
        }
    }

    if (rc != GW_OK) {
        log_error("can not read or make %s: %s", path, strerror(errno));
    }

    return rc;
}


int
host_enter(const worker_t *w, db_t *db, int *id)
{
    int         rc;
    char        name[HOST_NAME_LEN + 1], boot[HOST_NAME_LEN + 1];
    char        at[GW_RFC3339_LEN + 1];
    db_args_t   a;
    PGresult   *res;

    rc = host_name(w, name);

    if (rc == GW_OK) {
        rc = host_read("/proc/sys/kernel/random/boot_id", boot);
    }

    if (rc != GW_OK) {
        return rc;
    }

    gw_clock_print(gw_clock_us(), at);
    a = (db_args_t) { { name, boot, at }, 3 };

    rc = db_run(db, &Q_HOST_ENTER, &a, &res);

    if (rc == GW_OK) {
        *id = (int) strtol(PQgetvalue(res, 0, 0), NULL, 10);
    }

    PQclear(res);

    return rc;
}
