/* pg_dump and pg_restore: started without a shell, with nothing secret in the
   words of their command line. */
#include "worker/backup/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD_SAID  2048


static PQconninfoOption *
child_options(const worker_t *w, gw_buf_t *err)
{
    char              *why = NULL;
    PQconninfoOption  *o;

    o = PQconninfoParse((const char *) w->conf.database.data, &why);
    if (o == NULL) {
        gw_buf_fmt(err, "\"database\" cannot be read: %s", why ? why : "");
    }

    PQfreemem(why);
    return o;
}


int
backup_database(const worker_t *w, char *out, size_t size, gw_buf_t *err)
{
    int                rc;
    PQconninfoOption  *all, *o;

    all = child_options(w, err);
    if (all == NULL) {
        return GW_EINVAL;
    }

    rc = GW_EINVAL;
    for (o = all; o->keyword != NULL; o++) {
        if (strcmp(o->keyword, "dbname") == 0 && o->val != NULL) {
            rc = snprintf(out, size, "%s", o->val) < (int) size
                 ? GW_OK : GW_EFULL;
        }
    }

    PQconninfoFree(all);
    if (rc != GW_OK) {
        gw_buf_cstr(err, "\"database\" names no dbname");
    }

    return rc;
}


/* The child: where libpq looks for what the configuration says. */
static void
child_run(const worker_t *w, const char *user, const char *const argv[],
    int out, pid_t parent)
{
    int                fd;
    char               mem[256];
    gw_buf_t           err;
    PQconninfoOption  *o;

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent
        || (o = child_options(w, &err)) == NULL)
    {
        _exit(1);
    }

    for (; o->keyword != NULL; o++) {
        if (o->envvar != NULL && o->val != NULL) {
            (void) setenv(o->envvar, o->val, 1);
        }
    }

    (void) setenv("PGUSER", user, 1);
    (void) setenv("PGAPPNAME", "godwit-backup", 1);
    (void) setenv("LC_ALL", "C.UTF-8", 1);

    fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void) dup2(fd, STDIN_FILENO);
    (void) dup2(out, STDOUT_FILENO);
    (void) dup2(out, STDERR_FILENO);
    (void) execvp(argv[0], (char *const *) argv);
    _exit(errno == ENOENT ? 127 : 126);
}


/* The first line with an error in it says why; its words are C's. */
static void
child_said(gw_buf_t *err, const char *program, char *said)
{
    char  *line, *end;

    line = strstr(said, "error: ");
    line = line != NULL ? line + strlen("error: ") : said;
    end = strchr(line, '\n');
    if (end != NULL) {
        *end = '\0';
    }

    gw_buf_fmt(err, "%s: %s", program, *line ? line : "it ended without a "
               "word");
}


static int
child_end(pid_t pid, int in, const char *program, gw_buf_t *err)
{
    int      status;
    char     said[CHILD_SAID], more[CHILD_SAID];
    size_t   len;
    ssize_t  n;

    /* to its end, though no more is kept: a full pipe would hold it up */

    for (len = 0; (n = read(in, more, sizeof(more))) > 0; ) {
        n = len + (size_t) n < sizeof(said) ? n
            : (ssize_t) (sizeof(said) - 1 - len);
        memcpy(said + len, more, (size_t) n);
        len += (size_t) n;
    }

    said[len] = '\0';
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR) {
        /* again */
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return GW_OK;
    }

    if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && len == 0) {
        gw_buf_fmt(err, "there is no %s on the PATH; install the client "
                   "programs of Postgres (Debian: postgresql-client)", program);

    } else if (WIFSIGNALED(status)) {
        gw_buf_fmt(err, "%s was ended by signal %d", program,
                   WTERMSIG(status));

    } else {
        child_said(err, program, said);
    }

    return GW_ERROR;
}


int
backup_child(const worker_t *w, const char *user, const char *const argv[],
    gw_buf_t *err)
{
    int    rc, pipes[2];
    pid_t  pid, self;

    if (pipe2(pipes, O_CLOEXEC) == -1) {
        gw_buf_fmt(err, "cannot make a pipe: %s", strerror(errno));
        return GW_ESYS;
    }

    self = getpid();
    pid = fork();
    if (pid == 0) {
        child_run(w, user, argv, pipes[1], self);
    }

    (void) close(pipes[1]);
    if (pid == -1) {
        gw_buf_fmt(err, "cannot start %s: %s", argv[0], strerror(errno));
        rc = GW_ESYS;
    } else {
        rc = child_end(pid, pipes[0], argv[0], err);
    }

    (void) close(pipes[0]);
    return rc;
}
