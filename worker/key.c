/*
 * `godwit key`: the keys of the API (worker/apikey.c), the file of keys that
 * sign tracking tokens, and that which opens secrets (worker/secret_rotate.c).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shm/gw_token.h"
#include "worker/apikey.h"
#include "worker/house.h"
#include "worker/secret_round.h"

typedef struct {
    const char  *word;
    int        (*call)(worker_t *w);    /* argv: the words after it */
} key_command_t;


static int
key_path(const worker_t *w, char *path, size_t size)
{
    int              n;
    const gw_str_t  *s = &w->conf.token_keys;

    if (s->len > 0) {
        n = snprintf(path, size, "%.*s", (int) s->len, (const char *) s->data);
        return n > 0 && (size_t) n < size ? GW_OK : GW_EINVAL;
    }

    if (gw_conf_path(&w->conf, "keys", path, size) == GW_OK) {
        (void) mkdir(path, 0700);
    }

    return gw_conf_path(&w->conf, "keys/token", path, size);
}


static int
key_usage(void)
{
    fputs("usage: godwit key create [--workspace ID] --scope SCOPE... "
          "[--name NAME] [--expires 90d] [--test]\n"
          "       godwit key list [--workspace ID]\n"
          "       godwit key revoke ID\n"
          "       godwit key token init\n"
          "       godwit key secret init\n"
          "       godwit key rotate\n", stderr);
    return 2;
}


static int
key_token(worker_t *w)
{
    int   rc;
    char  path[HOUSE_PATH_MAX];

    if (w->argc != 1 || strcmp(w->argv[0], "init") != 0) {
        return key_usage();
    }

    rc = key_path(w, path, sizeof(path));

    if (rc == GW_OK) {
        rc = gw_token_keys_create(path);
    }

    switch (rc) {

    case GW_OK:
        printf("made %s\n", path);
        return 0;

    case GW_EBUSY:
        printf("%s is there and stays\n", path);
        return 0;

    case GW_ESYS:
        fprintf(stderr, "godwit: can not write %s: %s\n", path,
                strerror(errno));
        return 1;

    default:
        fprintf(stderr, "godwit: can not write the key file: %s\n",
                gw_strerror(rc));
        return 1;
    }
}


static int
key_secret(worker_t *w)
{
    return w->argc == 1 && strcmp(w->argv[0], "init") == 0
           ? secret_init(w) : key_usage();
}


static int
key_rotate(worker_t *w)
{
    return w->argc == 0 ? secret_rotate(w) : key_usage();
}


static const key_command_t  key_commands[] = {
    { "create", apikey_create },
    { "list", apikey_list },
    { "revoke", apikey_revoke },
    { "token", key_token },
    { "secret", key_secret },
    { "rotate", key_rotate },
    { NULL, NULL }
};


int
key_command(worker_t *w)
{
    int                   code;
    const key_command_t  *c;

    if (w->argc == 0) {
        return key_usage();
    }

    for (c = key_commands; c->word != NULL; c++) {
        if (strcmp(c->word, w->argv[0]) == 0) {
            w->argc--;
            w->argv++;
            code = c->call(w);
            return code == APIKEY_USAGE ? key_usage() : code;
        }
    }

    return key_usage();
}
