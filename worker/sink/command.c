/* `godwit sink [list|show N]`: the catcher and a look at what it caught. */
#include "worker/sink/sink.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/house.h"
#include "worker/worker.h"

static const char  command_usage[] =
    "usage: godwit sink --listen HOST:PORT [--dir DIR] [--crowd]\n"
    "           [--seed N] [--spread MS] [--fault AT=ACTION[,...]]...\n"
    "           [--tls-cert FILE --tls-key FILE [--implicit-tls]]\n"
    "           [--auth USER:PASSWORD] [--hide WORD,...] [--max-size BYTES]\n"
    "       godwit sink list [--dir DIR] [--to ADDRESS]\n"
    "       godwit sink show N [--dir DIR]\n";

enum { OPT_LISTEN = 1, OPT_DIR, OPT_CROWD, OPT_SEED, OPT_SPREAD, OPT_FAULT,
       OPT_CERT, OPT_KEY, OPT_IMPLICIT, OPT_AUTH, OPT_HIDE, OPT_SIZE, OPT_TO };

static const struct option  command_options[] = {
    { "listen", required_argument, NULL, OPT_LISTEN },
    { "dir", required_argument, NULL, OPT_DIR },
    { "crowd", no_argument, NULL, OPT_CROWD },
    { "seed", required_argument, NULL, OPT_SEED },
    { "spread", required_argument, NULL, OPT_SPREAD },
    { "fault", required_argument, NULL, OPT_FAULT },
    { "tls-cert", required_argument, NULL, OPT_CERT },
    { "tls-key", required_argument, NULL, OPT_KEY },
    { "implicit-tls", no_argument, NULL, OPT_IMPLICIT },
    { "auth", required_argument, NULL, OPT_AUTH },
    { "hide", required_argument, NULL, OPT_HIDE },
    { "max-size", required_argument, NULL, OPT_SIZE },
    { "to", required_argument, NULL, OPT_TO },
    { NULL, 0, NULL, 0 }
};


static int
command_number(const char *name, const char *text, long long *out)
{
    if (gw_str_int(gw_str_of(text), 0, 1000000000000, out) == GW_OK) {
        return GW_OK;
    }

    fprintf(stderr, "sink: --%s \"%s\" is not a number\n", name, text);
    return GW_EINVAL;
}


/* Parse the words after `sink`; the first word that is no option in *word. */
static int
command_parse(worker_t *w, sink_options_t *o, const char **to, int *word)
{
    int       c, index, rc;
    gw_buf_t  err;

    rc = GW_OK;
    optind = 0;
    gw_buf_init(&err, 1024);

    while (rc == GW_OK
           && (c = getopt_long(w->argc + 1, w->argv - 1, "", command_options,
                               &index)) != -1)
    {
        switch (c) {
        case OPT_LISTEN: o->listen = optarg; break;
        case OPT_DIR: o->dir = optarg; break;
        case OPT_CROWD: o->crowd = true; break;
        case OPT_CERT: o->cert = optarg; break;
        case OPT_KEY: o->key = optarg; break;
        case OPT_IMPLICIT: o->implicit_tls = true; break;
        case OPT_AUTH: o->auth = optarg; break;
        case OPT_HIDE: o->hide = optarg; break;
        case OPT_TO: *to = optarg; break;
        case OPT_SEED: rc = command_number("seed", optarg, &o->seed); break;
        case OPT_SPREAD:
            rc = command_number("spread", optarg, &o->crowd_spread);
            break;
        case OPT_SIZE:
            rc = command_number("max-size", optarg, &o->max_size);
            break;
        case OPT_FAULT: rc = fault_parse(&o->faults, optarg, &err); break;
        default: rc = GW_EINVAL; break;
        }
    }

    if (err.len > 0) {
        fprintf(stderr, "sink: %s\n", gw_buf_c(&err));
    }
    gw_buf_free(&err);

    if (rc == GW_OK && (o->cert == NULL) != (o->key == NULL)) {
        fputs("sink: --tls-cert and --tls-key go together\n", stderr);
        rc = GW_EINVAL;
    }

    if (rc == GW_OK && o->implicit_tls && o->cert == NULL) {
        fputs("sink: --implicit-tls needs --tls-cert and --tls-key\n", stderr);
        rc = GW_EINVAL;
    }

    *word = optind - 1;
    return rc;
}


static void
command_signal(void *arg)
{
    sink_t  *s = arg;

    if (loop_terminating(s->loop)) {
        loop_stop(s->loop);
    }
}


static int
command_run(sink_t *s)
{
    int       rc;
    gw_buf_t  err;

    gw_buf_init(&err, 2048);
    log_open("sink", LOG_LEVEL_INFO, LOG_FORM_TEXT);

    rc = loop_create(&s->loop);
    if (rc == GW_OK) {
        rc = loop_signals(s->loop, command_signal, s);
    }
    if (rc == GW_OK) {
        rc = store_open(&s->store, s->opt.dir, &err);
    }
    if (rc == GW_OK && s->opt.crowd) {
        rc = crowd_create(&s->crowd, s->loop, s->opt.seed,
                          s->opt.crowd_spread);
    }
    if (rc == GW_OK) {
        rc = sink_server_open(s, &err);
    }
    if (rc != GW_OK) {
        fprintf(stderr, "%s\n", err.len ? gw_buf_c(&err) : gw_strerror(rc));
        gw_buf_free(&err);
        return 1;
    }

    gw_buf_free(&err);
    printf("sink ready port=%u dir=%s\n", s->port, s->store.dir);
    (void) fflush(stdout);

    rc = loop_run(s->loop);

    sink_server_close(s);
    crowd_free(s->crowd);
    store_close(&s->store);
    loop_free(s->loop);
    return rc == GW_OK ? 0 : 1;
}


/* Is addr among the recipients of an index line? */
static bool
command_is_for(const json_t *line, const char *addr)
{
    size_t   i;
    json_t  *rcpts;

    rcpts = json_object_get(line, "rcpt");
    for (i = 0; i < json_array_size(rcpts); i++) {
        if (strcasecmp(json_string_value(json_array_get(rcpts, i)), addr)
            == 0)
        {
            return true;
        }
    }

    return false;
}


static int
command_copy(const char *path)
{
    char    block[65536];
    FILE   *f;
    size_t  n;

    f = fopen(path, "re");
    if (f == NULL) {
        fprintf(stderr, "sink: cannot open %s: %s\n", path, strerror(errno));
        return 1;
    }

    while ((n = fread(block, 1, sizeof(block), f)) > 0) {
        if (fwrite(block, 1, n, stdout) != n) {
            break;
        }
    }

    (void) fclose(f);
    return 0;
}


/*
 * Walk the index: print the lines for `to` (all when NULL), or the message
 * number n when n > 0.
 */
static int
command_look(const char *dir, const char *to, long long n)
{
    int       rc;
    char      path[600];
    char     *text;
    FILE     *f;
    size_t    size;
    json_t   *line;

    snprintf(path, sizeof(path), "%s/index.jsonl", dir);
    f = fopen(path, "re");
    if (f == NULL) {
        fprintf(stderr, "sink: cannot open %s: %s\n", path, strerror(errno));
        return 1;
    }

    rc = n > 0 ? 1 : 0;
    text = NULL;
    size = 0;

    while (getline(&text, &size, f) > 0) {
        line = json_loads(text, 0, NULL);

        if (n > 0 && json_integer_value(json_object_get(line, "n")) == n) {
            rc = command_copy(json_string_value(json_object_get(line,
                                                                "file")));
            json_decref(line);
            break;
        }

        if (n == 0 && line != NULL
            && (to == NULL || command_is_for(line, to)))
        {
            fputs(text, stdout);
        }

        json_decref(line);
    }

    if (n > 0 && rc != 0) {
        fprintf(stderr, "sink: no message %lld in %s\n", n, path);
    }

    free(text);
    (void) fclose(f);
    return rc;
}


int
sink_command(worker_t *w)
{
    int          word;
    char         dir[600];
    sink_t       s;
    long long    n;
    const char  *to, *name;

    memset(&s, 0, sizeof(s));
    s.opt.listen = "127.0.0.1:2525";
    s.opt.max_size = 32 * 1024 * 1024;
    s.opt.seed = 1;
    s.opt.crowd_spread = 15000;
    to = NULL;

    snprintf(dir, sizeof(dir), "%s/sink", house_state());
    s.opt.dir = dir;

    if (w->argc == 0) {         /* nobody wants a catcher by accident */
        fputs(command_usage, stderr);
        return 2;
    }

    if (command_parse(w, &s.opt, &to, &word) != GW_OK) {
        return 2;               /* which has said why */
    }

    name = word < w->argc ? w->argv[word] : "";

    if (word >= w->argc) {
        return command_run(&s);
    }

    if (strcmp(name, "list") == 0) {
        return command_look(s.opt.dir, to, 0);
    }

    if (strcmp(name, "show") == 0 && word + 1 < w->argc
        && gw_str_int(gw_str_of(w->argv[word + 1]), 1, 1000000000000, &n)
           == GW_OK)
    {
        return command_look(s.opt.dir, NULL, n);
    }

    fputs(command_usage, stderr);
    return 2;
}
