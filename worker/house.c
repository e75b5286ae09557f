/* Finding the house of GODWIT_STATE and reading its configuration. */
#include "worker/house.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "worker/ingest/classify.h"
#include "worker/mail/shaping.h"
#include "worker/receive/rules.h"
#include "worker/receive/tls.h"

static char  house_path[HOUSE_PATH_MAX];


const char *
house_state(void)
{
    const char  *state;

    state = getenv("GODWIT_STATE");
    if (state != NULL && *state != '\0') {
        return state;
    }

    return geteuid() == 0 ? "/var/lib/godwit" : "var";
}


int
house_open(worker_t *w, const char *file, gw_buf_t *err)
{
    int          n, rc;

    if (file != NULL) {
        n = snprintf(house_path, sizeof(house_path), "%s", file);

    } else {
        n = snprintf(house_path, sizeof(house_path), "%s/conf/godwit.conf",
                     house_state());
    }

    w->conf_path = house_path;

    if (n < 0 || (size_t) n >= sizeof(house_path)) {
        gw_buf_cstr(err, "the path of the configuration file is too long");
        return GW_EINVAL;
    }

    if (access(house_path, R_OK) == -1) {
        gw_buf_fmt(err, "can not read %s: %s; name the file with -c, or the "
                   "house with GODWIT_STATE", house_path, strerror(errno));
        return GW_EINVAL;
    }

    /* errors of the first fill too: a house is all or nothing */

    rc = gw_conf_init(&w->conf);
    if (rc != GW_OK) {
        gw_buf_cstr(err, gw_strerror(rc));
        return rc;
    }

    return gw_conf_read(&w->conf, house_path, err);
}


int
house_tables(const gw_conf_t *conf, gw_buf_t *err)
{
    int                rc;
    SSL_CTX           *tls;
    rules_t           *bounces;
    shaping_t         *shaping;
    classify_rules_t  *classes;

    rc = classify_load(&classes, (char *) conf->class_rules.data, err);
    if (rc != GW_OK) {
        return rc;
    }

    classify_free(classes);
    rc = rules_load(&bounces, (char *) conf->bounce_rules.data, err);
    if (rc != GW_OK) {
        return rc;
    }

    rules_free(bounces);
    rc = receive_tls_load(&tls, conf, err);
    if (rc != GW_OK) {
        return rc;
    }

    SSL_CTX_free(tls);
    rc = shaping_load(&shaping, conf, err);
    if (rc == GW_OK) {
        shaping_free(shaping);
    }

    return rc;
}


int
house_again(const worker_t *w, gw_conf_t *conf)
{
    char      mem[512];
    gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem) - 1);

    if (gw_conf_init(conf) != GW_OK
        || gw_conf_read(conf, w->conf_path, &err) != GW_OK
        || house_tables(conf, &err) != GW_OK)
    {
        log_error("reload refused, the old configuration stays: %.*s",
                  (int) err.len, mem);
        gw_conf_free(conf);
        return GW_EINVAL;
    }

    return GW_OK;
}
