/* The files that a campaign sends along, read and encoded when it is loaded. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_codec.h"
#include "worker/mail/content.h"
#include "worker/mail/part.h"

#define FILES_MAX     (10 * 1024 * 1024)    /* as godwit.read_files has it  */
#define FILES_PARTS   (2 * FILES_MAX)       /* of them encoded              */

/* columns of Q_MAIL_FILES */
enum { FILE_AS, FILE_NAME, FILE_ID, FILE_TYPE, FILE_PATH, FILE_SHA256 };

static const struct {
    const char  *word;
    part_as_t    as;
    const char  *boundary;      /* of the multipart that it is a part of    */
} files_as[] = {
    { "attachment", PART_ATTACHMENT, "--" MIME_MIXED "\r\n" },
    { "inline", PART_INLINE, "--" MIME_RELATED "\r\n" },
    { "calendar", PART_CALENDAR, "--" MIME_ALTERNATIVE "\r\n" }
};


/* All of a file into out, up to its bound; errno says why not. */
static int
files_slurp(int fd, gw_buf_t *out)
{
    ssize_t         n;
    unsigned char  *to;

    do {
        to = gw_buf_room(out, 65536);
        if (to == NULL) {
            errno = EFBIG;
            return GW_ESYS;
        }

        n = read(fd, to, 65536);
        out->len += n > 0 ? (size_t) n : 0;
    } while (n > 0 || (n < 0 && errno == EINTR));

    return n == 0 ? GW_OK : GW_ESYS;
}


static bool
files_is(gw_str_t bytes, const char *sha256)
{
    unsigned       n;
    unsigned char  md[EVP_MAX_MD_SIZE], hex[2 * EVP_MAX_MD_SIZE];

    if (EVP_Digest(bytes.data, bytes.len, md, &n, EVP_sha256(), NULL) != 1) {
        return false;
    }

    gw_hex_encode(hex, md, n);
    return strlen(sha256) == 2 * n && memcmp(hex, sha256, 2 * n) == 0;
}


/* The bytes of a row's file as they came; a phrase in why when not. */
static int
files_read(const mail_t *m, const PGresult *res, int row, gw_buf_t *out,
    gw_buf_t *why)
{
    int   rc, fd;
    char  tail[256], path[512];

    (void) snprintf(tail, sizeof(tail), "files/%s",
                    PQgetvalue(res, row, FILE_PATH));
    gw_buf_reset(out);
    fd = -1;
    errno = ENOENT;
    if (!PQgetisnull(res, row, FILE_PATH)
        && gw_conf_path(&m->w->conf, tail, path, sizeof(path)) == GW_OK)
    {
        fd = open(path, O_RDONLY | O_CLOEXEC);
    }

    rc = fd < 0 ? GW_ESYS : files_slurp(fd, out);
    if (rc == GW_OK && files_is(gw_buf_view(out),
                                PQgetvalue(res, row, FILE_SHA256)))
    {
        (void) close(fd);
        return GW_OK;
    }

    gw_buf_fmt(why, "its file \"%.100s\" %s", PQgetvalue(res, row, FILE_NAME),
               rc == GW_OK ? "is damaged: its checksum is another"
               : errno == ENOENT ? "is gone from this machine"
               : strerror(errno));
    if (fd >= 0) {
        (void) close(fd);
    }

    return GW_EINVAL;
}


static int
files_row(const mail_t *m, campaign_t *c, const PGresult *res, int row,
    gw_buf_t *bytes, gw_buf_t *why)
{
    int        rc;
    part_t     p;
    unsigned   i;
    gw_buf_t  *out;

    rc = files_read(m, res, row, bytes, why);
    if (rc != GW_OK) {
        return rc;
    }

    for (i = 0; i < 2 && strcmp(PQgetvalue(res, row, FILE_AS),
                                files_as[i].word) != 0; i++)
    {
        /* void */
    }

    p.as = files_as[i].as;
    p.name = gw_str_of(PQgetvalue(res, row, FILE_NAME));
    p.type = gw_str_of(PQgetvalue(res, row, FILE_TYPE));
    p.id = gw_str_of(PQgetvalue(res, row, FILE_ID));
    p.bytes = gw_buf_view(bytes);

    if (c->parts[p.as] == NULL) {
        c->parts[p.as] = shared_create(FILES_PARTS);
        if (c->parts[p.as] == NULL) {
            return GW_ENOMEM;
        }
    }

    out = &c->parts[p.as]->text;
    gw_buf_cstr(out, files_as[i].boundary);
    part_write(&p, out);
    return out->failed ? GW_ENOMEM : GW_OK;
}


int
content_files(mail_t *m, campaign_t *c, gw_buf_t *why)
{
    int        i, rc;
    char       tenant[16], id[16];
    gw_buf_t   bytes;
    PGresult  *res;

    (void) snprintf(tenant, sizeof(tenant), "%u", c->tenant);
    (void) snprintf(id, sizeof(id), "%u", c->id);
    rc = db_run(m->db, &Q_MAIL_FILES, &(db_args_t) { { tenant, id }, 2 },
                &res);

    gw_buf_init(&bytes, FILES_MAX + 65536);
    for (i = 0; rc == GW_OK && i < PQntuples(res); i++) {
        rc = files_row(m, c, res, i, &bytes, why);
    }
    for (i = 0; rc == GW_OK && i < PIECES_MAX; i++) {
        rc = c->parts[i] != NULL ? shared_ready(c->parts[i]) : GW_OK;
    }

    gw_buf_free(&bytes);
    PQclear(res);
    return rc;
}
