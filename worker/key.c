/* `godwit key init`: make the file of token keys, once. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shm/gw_token.h"
#include "worker/house.h"


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


int
key_command(worker_t *w)
{
    int   rc;
    char  path[HOUSE_PATH_MAX];

    if (w->argc != 1 || strcmp(w->argv[0], "init") != 0) {
        fputs("usage: godwit key init\n", stderr);
        return 2;
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
