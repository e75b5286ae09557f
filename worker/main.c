/* The program `godwit`: one table of commands, one way to find the house. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "shm/gw_clock.h"
#include "shm/gw_json.h"
#include "worker/house.h"
#include "worker/table.h"

#define MAIN_VERSION  "0.1"


static void
main_usage(FILE *out)
{
    const table_command_t  *row;

    fputs("usage: godwit [-c FILE] COMMAND ...\n\n", out);

    for (row = table_commands; row->name != NULL; row++) {
        fprintf(out, "  godwit %s\n", row->usage);
    }

    fputs("\nThe house is that of GODWIT_STATE (default var; as root "
          "/var/lib/godwit), or of the file named by -c.\n", out);
}


/*
 * Take -c FILE and --once out of the words; the command gets the rest. A
 * workspace is a number there, or ws_N as the API calls it.
 */
static int
main_words(worker_t *w, const char **file, int argc, char **argv)
{
    int  i, n;

    for (i = 0, n = 0; i < argc; i++) {

        if (strcmp(argv[i], "-c") == 0) {

            if (++i == argc) {
                fputs("godwit: -c needs the path of a godwit.conf\n", stderr);
                return 2;
            }

            *file = argv[i];

        } else if (strcmp(argv[i], "--once") == 0) {
            w->once = true;

        } else {
            if (n > 0 && strcmp(argv[n - 1], "--workspace") == 0
                && strncmp(argv[i], "ws_", 3) == 0)
            {
                argv[i] += 3;
            }
            argv[n++] = argv[i];
        }
    }

    argv[n] = NULL;
    w->argc = n;
    w->argv = argv;

    return 0;
}


static void
main_no_house(const table_command_t *row, const gw_buf_t *why)
{
    char      mem[2048];
    gw_buf_t  json;

    if (!(row->flags & TABLE_JSON)) {
        fprintf(stderr, "godwit: %.*s\n", (int) why->len, (char *) why->data);
        return;
    }

    gw_buf_fixed(&json, mem, sizeof(mem));
    gw_buf_json(&json, gw_buf_view(why));
    printf("{\"error\":{\"code\":\"usage\",\"message\":%s}}\n",
           gw_buf_c(&json));
}


static int
main_run(worker_t *w, const table_command_t *row, const char *file)
{
    int       rc;
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (!(row->flags & TABLE_NO_HOUSE)) {

        if (house_open(w, file, &err) != GW_OK) {
            main_no_house(row, &err);
            return 2;
        }

        log_open(w->role, (int) w->conf.log_level, (int) w->conf.log_form);
    }

    rc = row->call(w);

    if (!(row->flags & TABLE_NO_HOUSE)) {
        gw_conf_free(&w->conf);
    }

    return rc;
}


int
main(int argc, char **argv)
{
    worker_t           w;
    const char        *file = NULL;
    const table_command_t  *row;

    memset(&w, 0, sizeof(w));
    (void) signal(SIGPIPE, SIG_IGN);

    /*
     * Secrets and their keys go through here: no core (1 and not 0, which does
     * not hold for a program that takes cores), and nothing left behind.
     */
    (void) setrlimit(RLIMIT_CORE, &(struct rlimit) { 1, 1 });
    gw_json_wipe();

    if (gw_clock_init() != GW_OK) {
        fputs("godwit: GODWIT_CLOCK is not an RFC 3339 instant\n", stderr);
        return 2;
    }

    if (main_words(&w, &file, argc - 1, argv + 1) != 0) {
        return 2;
    }

    if (w.argc > 0 && strcmp(w.argv[0], "--version") == 0) {
        puts("godwit " MAIN_VERSION);
        return 0;
    }

    if (w.argc == 0 || strcmp(w.argv[0], "--help") == 0) {
        main_usage(w.argc ? stdout : stderr);
        return w.argc ? 0 : 2;
    }

    row = table_command(w.argv[0]);
    if (row == NULL) {
        fprintf(stderr, "godwit: there is no command \"%s\"; "
                "`godwit --help` lists them\n", w.argv[0]);
        return 2;
    }

    w.role = row->name;
    w.argc--;
    w.argv++;

    return main_run(&w, row, file);
}
