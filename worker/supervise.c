/*
 * `godwit worker`: a process a role, started again when it dies, drained on
 * SIGTERM, renewed in order on SIGHUP. One that waits for others, as mail does
 * for the reply to a final dot, reads its settings anew and lives on.
 *
 * A role is this program executed anew with the role's name. It dies with the
 * supervisor (PR_SET_PDEATHSIG): a supervisor that starts after a kill -9
 * finds no role of the one before.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/gw_clock.h"
#include "worker/house.h"
#include "worker/loop.h"
#include "worker/table.h"

#define SUPERVISE_ROLES         16
#define SUPERVISE_BACK_OFF      100
#define SUPERVISE_BACK_OFF_MAX  5000
#define SUPERVISE_LIFE_MS       10000   /* a life that clears the back-off */

typedef struct supervise_s  supervise_t;

typedef struct {
    supervise_t         *s;
    const table_role_t  *row;
    pid_t                pid;           /* 0 = none                          */
    bool                 renew;         /* told to go by a reload            */
    int64_t              started_ms;
    int64_t              back_off;
    loop_timer_t         again;
    loop_timer_t         kill;
} supervise_role_t;

struct supervise_s {
    worker_t          *w;
    loop_t            *loop;
    supervise_role_t   role[SUPERVISE_ROLES];
    int                n;
    bool               stopping;
};


static void
supervise_pid_path(supervise_t *s, const char *name, char *path, size_t size)
{
    char  tail[64];

    snprintf(tail, sizeof(tail), "run/%s.pid", name);

    if (gw_conf_path(&s->w->conf, tail, path, size) != GW_OK) {
        path[0] = '\0';
    }
}


/* a reader sees the old file or the whole new one */
static void
supervise_pid_write(supervise_t *s, const char *name, pid_t pid)
{
    FILE  *f;
    char   path[HOUSE_PATH_MAX], temp[HOUSE_PATH_MAX + 8];

    supervise_pid_path(s, name, path, sizeof(path));

    if (pid == 0) {
        (void) unlink(path);
        return;
    }

    snprintf(temp, sizeof(temp), "%s.new", path);

    f = fopen(temp, "we");
    if (f == NULL) {
        log_warn("can not write %s: %s", temp, strerror(errno));
        return;
    }

    fprintf(f, "%d\n", (int) pid);

    if (fclose(f) != 0 || rename(temp, path) == -1) {
        log_warn("can not write %s: %s", path, strerror(errno));
    }
}


/* in the child: become the role, or end */
static void
supervise_exec(supervise_t *s, const char *name, pid_t parent)
{
    sigset_t     none;
    const char  *argv[] = { "godwit", "worker", "-c", s->w->conf_path, name,
                            NULL };

    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent) {
        _exit(1);
    }

    (void) execv("/proc/self/exe", (char **) argv);

    log_error("can not execute the role %s: %s", name, strerror(errno));
    _exit(1);
}


static void
supervise_start(void *arg)
{
    pid_t              pid, self;
    supervise_role_t  *r = arg;

    self = getpid();
    pid = fork();

    if (pid == 0) {
        supervise_exec(r->s, r->row->name, self);
    }

    if (pid == -1) {
        log_error("can not start the role %s: %s", r->row->name,
                  strerror(errno));
        (void) !loop_timer_set(r->s->loop, &r->again, SUPERVISE_BACK_OFF_MAX);
        return;
    }

    r->pid = pid;
    r->started_ms = gw_clock_ms();
    supervise_pid_write(r->s, r->row->name, pid);
    log_debug("role %s runs as pid %d", r->row->name, (int) pid);
}


static void
supervise_kill(void *arg)
{
    supervise_role_t  *r = arg;

    if (r->pid != 0) {
        log_warn("role %s did not end within drain_timeout; killed",
                 r->row->name);
        (void) kill(r->pid, SIGKILL);
    }
}


static void
supervise_term(supervise_role_t *r)
{
    if (r->pid != 0) {
        (void) kill(r->pid, SIGTERM);
        (void) !loop_timer_set(r->s->loop, &r->kill,
                               r->s->w->conf.drain_timeout);
    }
}


/* renew the next role that a reload has marked */
static void
supervise_renew(supervise_t *s)
{
    int  i;

    for (i = 0; i < s->n; i++) {
        if (s->role[i].renew && s->role[i].pid != 0) {
            supervise_term(&s->role[i]);
            return;
        }

        s->role[i].renew = false;
    }
}


static void
supervise_ended(supervise_role_t *r, int status)
{
    loop_t  *loop = r->s->loop;

    r->pid = 0;
    loop_timer_del(loop, &r->kill);
    supervise_pid_write(r->s, r->row->name, 0);

    if (r->s->stopping) {
        return;
    }

    if (r->renew) {
        r->renew = false;
        r->back_off = SUPERVISE_BACK_OFF;
        supervise_start(r);
        supervise_renew(r->s);
        return;
    }

    if (gw_clock_ms() - r->started_ms >= SUPERVISE_LIFE_MS) {
        r->back_off = SUPERVISE_BACK_OFF;
    }

    if (WIFSIGNALED(status)) {
        log_warn("role %s was ended by signal %d; again in %d ms",
                 r->row->name, WTERMSIG(status), (int) r->back_off);
        worker_crash_off();

    } else {
        log_warn("role %s ended with code %d; again in %d ms", r->row->name,
                 WEXITSTATUS(status), (int) r->back_off);
    }

    (void) !loop_timer_set(loop, &r->again, r->back_off);

    r->back_off *= 2;
    if (r->back_off > SUPERVISE_BACK_OFF_MAX) {
        r->back_off = SUPERVISE_BACK_OFF_MAX;
    }
}


static void
supervise_reap(supervise_t *s)
{
    int    i, status;
    pid_t  pid;

    for ( ;; ) {
        pid = waitpid(-1, &status, WNOHANG);

        if (pid <= 0) {
            return;
        }

        for (i = 0; i < s->n; i++) {
            if (s->role[i].pid == pid) {
                supervise_ended(&s->role[i], status);
                break;
            }
        }
    }
}


static void
supervise_reload(supervise_t *s)
{
    int                i;
    gw_conf_t          conf;
    supervise_role_t  *r;

    if (house_again(s->w, &conf) != GW_OK) {
        return;
    }

    gw_conf_free(&s->w->conf);
    s->w->conf = conf;
    log_open("supervisor", (int) conf.log_level, (int) conf.log_form);
    log_info("reload: every role reads it, or starts anew");

    for (i = 0; i < s->n; i++) {
        r = &s->role[i];
        r->renew = r->pid != 0 && !r->row->reloads;
        if (r->pid != 0 && r->row->reloads) {
            (void) kill(r->pid, SIGHUP);
        }
    }

    supervise_renew(s);
}


static void
supervise_signal(void *arg)
{
    int           i;
    supervise_t  *s = arg;

    if (loop_take_child(s->loop)) {
        supervise_reap(s);
    }

    if (loop_terminating(s->loop) && !s->stopping) {
        s->stopping = true;

        for (i = 0; i < s->n; i++) {
            loop_timer_del(s->loop, &s->role[i].again);
            supervise_term(&s->role[i]);
        }
    }

    if (loop_take_hup(s->loop) && !s->stopping) {
        supervise_reload(s);
    }

    for (i = 0; i < s->n && s->role[i].pid == 0; i++) {
        /* until the first that still runs */
    }

    if (s->stopping && i == s->n) {
        loop_stop(s->loop);
    }
}


/* one supervisor a state: the lock lives as long as this process */
static int
supervise_lock(supervise_t *s)
{
    int          fd;
    char         path[HOUSE_PATH_MAX], pid[32];
    ssize_t      n;
    struct stat  st;

    if (gw_conf_path(&s->w->conf, "run", path, sizeof(path)) == GW_OK) {
        (void) mkdir(path, 0755);
    }

    supervise_pid_path(s, "worker", path, sizeof(path));

    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd == -1) {
        log_error("can not write %s: %s; make the state folder writable for "
                  "this user", path, strerror(errno));
        return 1;
    }

    if (flock(fd, LOCK_EX | LOCK_NB) == -1) {
        n = read(fd, pid, sizeof(pid) - 1);
        pid[n > 0 ? n : 0] = '\0';
        log_error("a supervisor (pid %d) already runs on %.*s; stop it first",
                  (int) strtol(pid, NULL, 10), (int) s->w->conf.state.len,
                  (const char *) s->w->conf.state.data);
        (void) close(fd);
        return 1;
    }

    if (fstat(fd, &st) == 0 && st.st_nlink == 0) {
        (void) close(fd);               /* removed by one that just ended */
        return supervise_lock(s);
    }

    n = snprintf(pid, sizeof(pid), "%d\n", (int) getpid());

    if (ftruncate(fd, 0) == -1 || write(fd, pid, (size_t) n) != n) {
        log_error("can not write %s: %s", path, strerror(errno));
        (void) close(fd);
        return 1;
    }

    return 0;                           /* fd stays open: it holds the lock */
}


static void
supervise_roles(supervise_t *s)
{
    supervise_role_t    *r;
    const table_role_t  *row;

    for (row = table_roles; row->name && s->n < SUPERVISE_ROLES; row++) {
        r = &s->role[s->n++];

        r->s = s;
        r->row = row;
        r->back_off = SUPERVISE_BACK_OFF;
        r->again.call = supervise_start;
        r->again.arg = r;
        r->kill.call = supervise_kill;
        r->kill.arg = r;

        supervise_start(r);
    }
}


static int
supervise_run(worker_t *w)
{
    int           code;
    char          mem[512];
    gw_buf_t      err;
    supervise_t  *s;

    w->role = "supervisor";
    log_open(w->role, (int) w->conf.log_level, (int) w->conf.log_form);

    if (geteuid() == 0) {
        log_error("godwit does not run as root; start it as the user that owns "
                  "%.*s", (int) w->conf.state.len,
                  (const char *) w->conf.state.data);
        return 1;
    }

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (house_tables(&w->conf, &err) != GW_OK) {
        log_error("%s", gw_buf_c(&err));
        return 1;
    }

    s = calloc(1, sizeof(supervise_t));
    if (s == NULL) {
        return 1;
    }

    s->w = w;
    code = supervise_lock(s);

    if (code == 0 && loop_create(&s->loop) == GW_OK
        && loop_signals(s->loop, supervise_signal, s) == GW_OK)
    {
        supervise_roles(s);
        log_info("supervising %d roles", s->n);
        code = loop_run(s->loop) == GW_OK ? 0 : 1;
        supervise_pid_write(s, "worker", 0);
        log_info("stopped");
    }

    loop_free(s->loop);
    free(s);

    return code;
}


int
supervise_command(worker_t *w)
{
    const table_role_t  *row;

    if (w->argc == 0 && !w->once) {
        return supervise_run(w);
    }

    row = w->argc == 1 ? table_role(w->argv[0]) : NULL;

    if (row == NULL) {
        if (w->argc > 0) {
            fprintf(stderr, "godwit: worker: there is no role \"%s\"; ",
                    w->argv[w->argc - 1]);
        }
        fputs("usage: godwit worker [ROLE [--once]]; roles:", stderr);

        for (row = table_roles; row->name != NULL; row++) {
            fprintf(stderr, " %s", row->name);
        }

        fputc('\n', stderr);
        return 2;
    }

    w->role = row->name;
    w->argc--;
    w->argv++;
    log_open(w->role, (int) w->conf.log_level, (int) w->conf.log_form);

    return row->call(w);
}
