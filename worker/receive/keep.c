/*
 * Mails on the disk between their 250 and the database: one file for each
 * recipient, named by its SHA-256. Its first line is whom it was to.
 *
 * Crash points: receive_after_keep, receive_after_commit.
 */
#include "worker/receive/receive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/jobs/jobs.h"

#define KEEP_NAME  64                   /* hex digits */


static int
keep_hash(gw_str_t to, gw_str_t mail, char name[KEEP_NAME + 1])
{
    int            rc;
    EVP_MD_CTX    *ctx;
    unsigned char  digest[32];

    ctx = EVP_MD_CTX_new();
    rc = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
         && EVP_DigestUpdate(ctx, to.data, to.len) == 1
         && EVP_DigestUpdate(ctx, "\n", 1) == 1
         && EVP_DigestUpdate(ctx, mail.data, mail.len) == 1
         && EVP_DigestFinal_ex(ctx, digest, NULL) == 1 ? GW_OK : GW_ERROR;
    EVP_MD_CTX_free(ctx);
    if (rc == GW_OK) {
        gw_hex_encode((unsigned char *) name, digest, sizeof(digest));
        name[KEEP_NAME] = '\0';
    }

    return rc;
}


static int
keep_write(int fd, gw_str_t s)
{
    ssize_t  n;

    for ( /* void */ ; s.len > 0; s.data += n, s.len -= (size_t) n) {
        n = write(fd, s.data, s.len);
        if (n <= 0) {
            return GW_ESYS;
        }
    }

    return GW_OK;
}


int
keep_mail(receive_t *r, gw_str_t to, gw_str_t mail)
{
    int   fd, rc;
    char  name[KEEP_NAME + 1];

    rc = keep_hash(to, mail, name);
    if (rc != GW_OK) {
        return rc;
    }

    fd = openat(r->folder, "new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                0600);
    rc = fd < 0 ? GW_ESYS : keep_write(fd, to);
    rc = rc == GW_OK ? keep_write(fd, gw_str_make("\n", 1)) : rc;
    rc = rc == GW_OK ? keep_write(fd, mail) : rc;
    if (rc == GW_OK && (fdatasync(fd) != 0
                        || renameat(r->folder, "new", r->folder, name) != 0
                        || fsync(r->folder) != 0))
    {
        rc = GW_ESYS;
    }

    if (rc != GW_OK) {
        log_error("a mail can not be kept below %s: %s", RECEIVE_FOLDER,
                  strerror(errno));
    }

    if (fd >= 0) {
        (void) close(fd);
    }

    worker_crash_point("receive_after_keep");
    return rc;
}


/*
 * Whose mail it was: by the return path that it came to, by an address of ours
 * in the fields of the mail that came back, or by its Message-ID.
 */
static bool
keep_whose(receive_t *r, gw_str_t to, const judged_t *m, letter_answer_t *a)
{
    size_t      at;
    gw_str_t    name, value;
    gw_token_t  t;

    if (receive_is_ours(r, to, &t)) {
        answer_of_token(&t, a);
        return true;
    }

    for (at = 0; parse_field(m->returned, &at, &name, &value); ) {
        if (receive_is_ours(r, evidence_address(value), &t)) {
            answer_of_token(&t, a);
            return true;
        }
    }

    return letter_named(parse_find(m->returned, "message-id"), a);
}


int
keep_told(receive_t *r, const char *name, const char *what, int rc,
    PGresult *res, char answer[16])
{
    char  other[KEEP_NAME + 9];

    if (rc == GW_ERROR && job_passes(db_state(res))) {
        log_error("%s: %s; it is told again", what, db_message(res));
        rc = GW_EAGAIN;
    } else if (rc == GW_ERROR) {
        log_error("%s: %s; the mail stays in %s/%s.refused", what,
                  db_message(res), RECEIVE_FOLDER, name);
        (void) snprintf(other, sizeof(other), "%s.refused", name);
        (void) renameat(r->folder, name, r->folder, other);
    }

    (void) snprintf(answer, 16, "%s", rc == GW_OK ? PQgetvalue(res, 0, 0) : "");
    PQclear(res);
    return rc;
}


/* Tell what the mail says of whose mail it was: its first verdict. */
static int
keep_tell(receive_t *r, const char *name, const letter_answer_t *a,
    const judged_t *m, char answer[16])
{
    int               rc;
    char              tenant[24], campaign[24], id[24], code[12], times[12],
                      days[12], now[GW_RFC3339_LEN + 1];
    PGresult         *res;
    unsigned          n_times, n_days;
    const verdict_t  *v;

    static const char  *suppress[] = { "never", "counted", "at_once" };

    rc = receive_database(r);
    if (rc != GW_OK) {
        return rc;
    }

    v = &m->v[0];
    rules_counted(r->rules, &n_times, &n_days);
    (void) snprintf(tenant, sizeof(tenant), "%llu", a->tenant);
    (void) snprintf(campaign, sizeof(campaign), "%llu", a->campaign);
    (void) snprintf(id, sizeof(id), "%llu", a->contact);
    (void) snprintf(code, sizeof(code), "%u", v->code);
    (void) snprintf(times, sizeof(times), "%u", n_times);
    (void) snprintf(days, sizeof(days), "%u", n_days);
    gw_clock_print(gw_clock_us(), now);

    rc = db_run(r->db, &Q_RECEIVE_BOUNCE, &(db_args_t) {
                { name, tenant, campaign, id, judge_kind(m->kind),
                  v->class->name, suppress[verdict_suppress(v)],
                  v->delayed ? "f" : "t", v->code > 0 ? code : NULL,
                  v->status[0] != '\0' ? v->status : NULL,
                  v->reason[0] != '\0' ? v->reason : NULL, times, days, now,
                  v->recipient, v->original,
                  a->id[0] != '\0' ? a->id : NULL },
                17 }, &res);
    return keep_told(r, name, "receive_bounce", rc, res, answer);
}


/* A whole file: *to and *mail are views of text, *us is when it came. */
static int
keep_read(receive_t *r, const char *name, gw_buf_t *text, gw_str_t *to,
    gw_str_t *mail, int64_t *us)
{
    int             fd;
    ssize_t         n;
    struct stat     st;
    unsigned char  *p;

    gw_buf_reset(text);
    fd = openat(r->folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return GW_ESYS;
    }

    if (fstat(fd, &st) != 0) {
        (void) close(fd);
        return GW_ESYS;
    }
    *us = st.st_mtim.tv_sec * 1000000LL + st.st_mtim.tv_nsec / 1000;

    do {
        p = gw_buf_room(text, 65536);
        n = p != NULL ? read(fd, p, 65536) : -1;
        text->len += n > 0 ? (size_t) n : 0;
    } while (n > 0);

    (void) close(fd);
    p = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;
    if (n < 0 || p == NULL) {
        return GW_ESYS;
    }

    *to = gw_str_make(text->data, (size_t) (p - text->data));
    *mail = gw_str_make(p + 1, text->len - to->len - 1);
    return GW_OK;
}


/* Judge one; GW_EAGAIN: its recipient's outcome is not known yet. */
static int
keep_one(receive_t *r, const char *name, gw_buf_t *text)
{
    int              rc;
    char             answer[16];
    bool             ours;
    int64_t          us;
    gw_str_t         to, mail;
    gw_token_t       t;
    letter_answer_t  a;
    const judged_t  *m;

    rc = keep_read(r, name, text, &to, &mail, &us);
    rc = rc == GW_OK ? judge_mail(r->judge, mail, &m) : rc;
    if (rc != GW_OK) {
        log_error("%s/%s can not be judged: %s", RECEIVE_FOLDER, name,
                  gw_strerror(rc));
        return rc;
    }

    (void) snprintf(answer, sizeof(answer), "nothing");
    ours = receive_is_ours(r, to, &t);
    if (ours && t.what == GW_TOKEN_UNSUBSCRIBE) {
        if (m->kind != JUDGE_BOUNCE && m->kind != JUDGE_COMPLAINT) {
            rc = keep_wish(r, &t, us);
            (void) snprintf(answer, sizeof(answer), "unsubscribed");
        }
    } else if ((m->kind == JUDGE_BOUNCE || m->kind == JUDGE_COMPLAINT)
               && keep_whose(r, to, m, &a))
    {
        rc = keep_tell(r, name, &a, m, answer);
        if (rc == GW_OK && strcmp(answer, "open") == 0) {
            return GW_EAGAIN;
        }
    } else if (answer_is(r, m, ours ? &t : NULL)) {
        rc = answer_tell(r, name, to, ours ? &t : NULL, answer);
    }

    if (rc == GW_OK) {
        worker_crash_point("receive_after_commit");
        log_info("a mail came in: %s, %s: %s", judge_kind(m->kind),
                 m->v[0].class != NULL ? m->v[0].class->name : "no class",
                 answer);
        (void) unlinkat(r->folder, name, 0);
    }

    return rc;
}


int
keep_take(receive_t *r)
{
    int             fd, rc;
    DIR            *d;
    gw_buf_t        text;
    struct dirent  *e;

    fd = openat(r->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL) {
        log_error("%s can not be read: %s", RECEIVE_FOLDER, strerror(errno));
        if (fd >= 0) {
            (void) close(fd);
        }
        return GW_ESYS;
    }

    rc = GW_OK;
    gw_buf_init(&text, RECEIVE_BYTES + 65536 + EVIDENCE_ADDRESS);
    while (rc != GW_EDB && (e = readdir(d)) != NULL) {
        if (strlen(e->d_name) == KEEP_NAME) {
            rc = keep_one(r, e->d_name, &text);
            r->failed |= rc != GW_OK && rc != GW_EAGAIN;
        }
    }

    gw_buf_free(&text);
    (void) closedir(d);
    return rc == GW_EDB ? GW_EDB : GW_OK;
}
