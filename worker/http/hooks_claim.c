/* Endpoints under a lease: claimed, filled, held, given back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/http/hooks.h"

#define HOOKS_HELD_MAX  1024
#define HOOKS_PAGE      64              /* deliveries, at most, in one look  */
#define HOOKS_WINDOW    2               /* at first                          */
#define HOOKS_ENDPOINT  5               /* the first column of an endpoint   */


void
send_free(send_t *s)
{
    send_t  **p;

    for (p = &s->hook->first; *p != s; p = &(*p)->next) {
        /* it is there */
    }

    *p = s->next;
    if (s->next == NULL) {
        s->hook->last = p;
    }

    s->hook->sends--;
    s->hook->of->sends--;
    json_decref(s->result);
    free(s->request);
    free(s);
}


void
hook_free(hook_t *k)
{
    hook_t  **p;
    send_t   *s, *next;

    for (p = &k->of->first; *p != k; p = &(*p)->next) {
        /* it is there */
    }

    *p = k->next;
    k->of->n--;

    for (s = k->first; s != NULL; s = next) {
        next = s->next;
        send_free(s);
    }

    endpoint_free(&k->endpoint);
    free(k);
}


static hook_t *
hooks_find(hooks_t *h, const char *tenant, const char *id)
{
    hook_t  *k;

    for (k = h->first; k != NULL; k = k->next) {
        if (strcmp(k->id, id) == 0 && strcmp(k->tenant, tenant) == 0) {
            break;
        }
    }

    return k;
}


static void
hooks_copy(char *to, size_t size, const PGresult *res, int row, int column)
{
    (void) snprintf(to, size, "%s", PQgetvalue(res, row, column));
}


static int
hook_new(hooks_t *h, const PGresult *res, int row, int64_t lease_ms)
{
    int       rc;
    char      mem[512];
    hook_t   *k;
    gw_buf_t  why;

    k = calloc(1, sizeof(hook_t));
    if (k == NULL) {
        return GW_ENOMEM;
    }

    k->of = h;
    k->last = &k->first;
    k->window = HOOKS_WINDOW;
    k->lease_ms = lease_ms;
    k->idle_ms = gw_clock_ms();
    hooks_copy(k->tenant, sizeof(k->tenant), res, row, 0);
    hooks_copy(k->id, sizeof(k->id), res, row, 1);
    hooks_copy(k->epoch, sizeof(k->epoch), res, row, 2);
    k->ordered = PQgetvalue(res, row, 3)[0] == 't';
    k->rate = (int) strtol(PQgetvalue(res, row, 4), NULL, 10);
    k->next = h->first;
    h->first = k;
    h->n++;

    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = endpoint_load(&k->endpoint, h->secrets, k->tenant, res, row,
                       HOOKS_ENDPOINT, &why);
    if (rc != GW_OK) {
        log_error("webhook %s of workspace %s can not be sent: %s", k->id,
                  k->tenant, why.len > 0 ? gw_buf_c(&why) : gw_strerror(rc));
        hooks_release(k, HOOKS_AGAIN_MS);
    }

    return GW_OK;
}


static void
hooks_claimed(void *arg, int n, PGresult **res, int rc)
{
    int       i;
    hook_t   *k;
    hooks_t  *h = arg;

    if (res == NULL) {
        h->claiming = false;
        return;
    }

    if (rc != GW_OK) {
        log_error("%s: %s", Q_HOOKS_CLAIM.name, db_message(*res));
        h->later_ms = gw_clock_ms() + HOOKS_LATER_MS;
        return;
    }

    h->dry = PQntuples(*res) == 0;

    for (i = 0; i < PQntuples(*res); i++) {
        k = hooks_find(h, PQgetvalue(*res, i, 0), PQgetvalue(*res, i, 1));
        if (k != NULL) {
            k->lost = true;             /* ours ran out, or it was changed */
        }

        if (hook_new(h, *res, i, h->claim_ms + HOOKS_LEASE_MS) != GW_OK) {
            return;                     /* its lease runs out */
        }
    }
}


void
hooks_claim(hooks_t *h)
{
    char        host[16], now[GW_RFC3339_LEN + 1], until[GW_RFC3339_LEN + 1];
    int64_t     us;
    db_args_t   a;

    if (h->claiming || h->n >= HOOKS_HELD_MAX) {
        return;
    }

    us = gw_clock_us();
    gw_clock_print(us, now);
    gw_clock_print(us + HOOKS_LEASE_MS * 1000LL, until);
    (void) snprintf(host, sizeof(host), "%d", h->host);
    a = (db_args_t) { { host, now, until }, 3 };
    h->claim_ms = gw_clock_boot_ms();
    h->claiming = dbpipe_send(h->db, (const db_query_t *[]) { &Q_HOOKS_CLAIM },
                              &a, 1, hooks_claimed, h) == GW_OK;
}


/* A row of Q_HOOKS_LOAD. */
static int
hook_add(hook_t *k, const PGresult *res, int row)
{
    size_t   len;
    send_t  *s;

    len = (size_t) PQgetlength(res, row, 4);
    s = calloc(1, sizeof(send_t) + len + 1);
    if (s == NULL) {
        return GW_ENOMEM;
    }

    s->hook = k;
    hooks_copy(s->id, sizeof(s->id), res, row, 0);
    hooks_copy(s->event, sizeof(s->event), res, row, 1);
    s->attempt = (int) strtol(PQgetvalue(res, row, 2), NULL, 10) + 1;
    s->tries = (int) strtol(PQgetvalue(res, row, 3), NULL, 10);
    s->body = gw_str_make(s + 1, len);
    memcpy(s->body.data, PQgetvalue(res, row, 4), len);
    *k->last = s;
    k->last = &s->next;
    k->sends++;
    k->waits++;
    k->of->sends++;
    return GW_OK;
}


static void
hooks_loaded(void *arg, int n, PGresult **res, int rc)
{
    int      i, rows;
    hook_t  *k = arg;

    if (res == NULL) {
        k->loading = false;
        k->lost = k->lost || rc == GW_ERROR;
        return;
    }

    if (rc != GW_OK) {
        log_error("%s: %s", Q_HOOKS_LOAD.name, db_message(*res));
        return;
    }

    rows = PQntuples(*res);
    k->lost = k->lost || rows == 0;

    if (k->lost || PQgetisnull(*res, 0, 0)) {
        return;
    }

    for (i = 0; i < rows && hook_add(k, *res, i) == GW_OK; i++) {
        /* void */
    }

    k->load_ms = rows == k->page ? 0 : k->load_ms;
}


/* The ids that are in memory, so that they are not loaded again; those of an
   endpoint that was lost and taken again are among them. */
static void
hook_skip(const hook_t *k, gw_buf_t *out)
{
    hook_t  *i;
    send_t  *s;

    for (i = k->of->first; i != NULL; i = i->next) {
        if (strcmp(i->id, k->id) != 0 || strcmp(i->tenant, k->tenant) != 0) {
            continue;
        }
        for (s = i->first; s != NULL; s = s->next) {
            gw_buf_fmt(out, "%c%s", out->len > 0 ? ',' : '{', s->id);
        }
    }

    gw_buf_cstr(out, out->len > 0 ? "}" : "{}");
}


void
hooks_load(hook_t *k)
{
    char              now[GW_RFC3339_LEN + 1], page[16];
    gw_buf_t          skip;
    db_args_t         a;
    const db_query_t *q[1];

    gw_buf_init(&skip, HOOKS_MEMORY_MAX * 24);
    hook_skip(k, &skip);
    gw_clock_print(gw_clock_us(), now);
    /* one that hangs is not to hold many, which all who tell pass by */
    k->page = k->ordered ? HOOKS_PAGE : (int) (4 * k->window);
    (void) snprintf(page, sizeof(page), "%d", k->page);
    a = (db_args_t) { { k->tenant, k->id, k->epoch, now, gw_buf_c(&skip),
                        page }, 6 };
    q[0] = k->ordered ? &Q_HOOKS_LOAD_ORDERED : &Q_HOOKS_LOAD;
    k->load_ms = gw_clock_ms() + HOOKS_POLL_MS;
    k->loading = !skip.failed
                 && dbpipe_send(k->of->db, q, &a, 1, hooks_loaded, k) == GW_OK;
    gw_buf_free(&skip);
}


static void
hooks_renewed(void *arg, int n, PGresult **res, int rc)
{
    int       i;
    hook_t   *k;
    hooks_t  *h = arg;

    if (res == NULL) {
        h->renewing = false;
        return;
    }

    if (rc != GW_OK) {
        log_error("%s: %s", Q_HOOKS_RENEW.name, db_message(*res));
        return;
    }

    for (i = 0; i < PQntuples(*res); i++) {
        k = hooks_find(h, PQgetvalue(*res, i, 0), PQgetvalue(*res, i, 1));
        if (k != NULL && strcmp(k->epoch, PQgetvalue(*res, i, 2)) == 0) {
            k->lease_ms = h->renew_ms + HOOKS_LEASE_MS;
            k->asked = false;
        }
    }

    for (k = h->first; k != NULL; k = k->next) {
        k->lost = k->lost || k->asked;
    }
}


void
hooks_renew(hooks_t *h)
{
    int         i;
    char        until[GW_RFC3339_LEN + 1];
    hook_t     *k;
    int64_t     now;
    gw_buf_t    b[3];
    db_args_t   a;

    now = gw_clock_boot_ms();
    if (h->renewing || h->n == 0 || now - h->renew_ms < HOOKS_RENEW_MS) {
        return;
    }

    for (i = 0; i < 3; i++) {
        gw_buf_init(&b[i], HOOKS_HELD_MAX * 32);
        gw_buf_char(&b[i], '{');
    }

    for (k = h->first; k != NULL; k = k->next) {
        gw_buf_fmt(&b[0], "%s%s", k == h->first ? "" : ",", k->tenant);
        gw_buf_fmt(&b[1], "%s%s", k == h->first ? "" : ",", k->id);
        gw_buf_fmt(&b[2], "%s%s", k == h->first ? "" : ",", k->epoch);
        k->asked = true;
    }

    for (i = 0; i < 3; i++) {
        gw_buf_char(&b[i], '}');
    }

    gw_clock_print(gw_clock_us() + HOOKS_LEASE_MS * 1000LL, until);
    a = (db_args_t) { { until, gw_buf_c(&b[0]), gw_buf_c(&b[1]),
                        gw_buf_c(&b[2]) }, 4 };
    h->renew_ms = now;
    h->renewing = dbpipe_send(h->db, (const db_query_t *[]) { &Q_HOOKS_RENEW },
                              &a, 1, hooks_renewed, h) == GW_OK;

    for (i = 0; i < 3; i++) {
        gw_buf_free(&b[i]);
    }
}


static void
hooks_released(void *arg, int n, PGresult **res, int rc)
{
    if (res != NULL && rc != GW_OK) {
        log_error("%s: %s", Q_HOOKS_RELEASE.name, db_message(*res));
    }
}


void
hooks_release(hook_t *k, int64_t ms)
{
    char       until[GW_RFC3339_LEN + 1];
    db_args_t  a;

    k->lost = true;
    k->of->dry = false;
    gw_clock_print(gw_clock_us() + ms * 1000, until);
    a = (db_args_t) { { k->tenant, k->id, k->epoch, until }, 4 };

    if (dbpipe_send(k->of->db, (const db_query_t *[]) { &Q_HOOKS_RELEASE }, &a,
                    1, hooks_released, NULL) != GW_OK)
    {
        log_warn("webhook %s of workspace %s waits for the end of its lease",
                 k->id, k->tenant);
    }
}
