/*
 * The operation contacts_erase: a person leaves the files of this host, then
 * all tables in one transaction. Begun again after a crash it finds less to do;
 * files that a try which was killed has removed are then not counted.
 *
 * Crash points: erase_after_files, erase_after_commit.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/house.h"
#include "worker/jobs/jobs.h"

#define ERASE_CHUNK   (1024 * 1024)
#define ERASE_WORD    5         /* shorter ones would be found everywhere   */

typedef struct {
    job_t     *job;
    char       contact[24], host[16];
    PGresult  *words;           /* lower case, one a row                    */
    size_t     longest;
    long long  files;           /* that are gone                            */
    bool      *gone;            /* is the file of the row?                  */
    char      *chunk;
} erase_t;


/* GW_EDB, or refused: a sentence is in job->why. */
static int
erase_run(erase_t *e, const db_query_t *q, const db_args_t *a, PGresult **res)
{
    int  rc;

    rc = db_run(e->job->db, q, a, res);
    if (rc != GW_OK) {
        gw_buf_reset(&e->job->why);
        gw_buf_cstr(&e->job->why, rc == GW_EDB ? "the database went away"
                                               : db_message(*res));
        e->job->slow = rc != GW_EDB && job_counts(db_state(*res));
    }

    return rc;
}


/* May a word end before this character, or (begin) begin after it? */
static bool
erase_is_edge(char c, bool begin)
{
    return !isalnum((unsigned char) c)
           && !(begin && memchr("._+-", c, 4) != NULL);
}


/*
 * Does a word stand in the chunk by itself? What is at its beginning was seen
 * with what is before it, unless it is the first; what is at its end will be
 * seen with what comes, unless it is the last.
 */
static bool
erase_holds(const erase_t *e, size_t len, bool first, bool last)
{
    int          i;
    size_t       n;
    const char  *p, *end, *word;

    end = e->chunk + len;
    for (i = 0; i < PQntuples(e->words); i++) {
        word = PQgetvalue(e->words, i, 0);
        n = (size_t) PQgetlength(e->words, i, 0);
        for (p = e->chunk; n >= ERASE_WORD
             && (p = memmem(p, (size_t) (end - p), word, n)) != NULL; p++)
        {
            if ((p == e->chunk ? first : erase_is_edge(p[-1], true))
                && (p + n == end ? last : erase_is_edge(p[n], false)))
            {
                return true;
            }
        }
    }

    return false;
}


/* Is he in the file? GW_OK, GW_ENOTFOUND (or it is gone), GW_ESYS. */
static int
erase_search(erase_t *e, const char *path)
{
    int      fd, rc;
    bool     first;
    size_t   kept, i;
    ssize_t  n;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1) {
        return errno == ENOENT ? GW_ENOTFOUND : GW_ESYS;
    }

    /* what a word may have begun in stays, with the character before it */
    rc = GW_ENOTFOUND;
    first = true;
    kept = 0;
    do {
        n = read(fd, e->chunk + kept, ERASE_CHUNK);
        if (n == -1) {
            rc = GW_ESYS;
            break;
        }

        for (i = kept; i < kept + (size_t) n; i++) {
            e->chunk[i] = (char) tolower((unsigned char) e->chunk[i]);
        }

        kept += (size_t) n;
        rc = erase_holds(e, kept, first, n == 0) ? GW_OK : rc;
        i = kept > e->longest + 1 ? kept - e->longest - 1 : 0;
        memmove(e->chunk, e->chunk + i, kept - i);
        kept -= i;
        first = first && i == 0;
    } while (n > 0 && rc == GW_ENOTFOUND);

    (void) close(fd);
    return rc;
}


/* Was he in the file that this row's reject file came of? */
static bool
erase_is_known(const erase_t *e, const PGresult *res, int row)
{
    int  i;

    for (i = 0; i < row; i++) {
        if (e->gone[i] && strcmp(PQgetvalue(res, i, 0),
                                 PQgetvalue(res, row, 0)) == 0)
        {
            return true;
        }
    }

    return false;
}


/* Rows of erase_files: import, is it open, file or null, path, may it hide
   words: then he is taken to be in it. */
static job_end_e
erase_file(erase_t *e, const PGresult *res, int row)
{
    int        rc;
    bool       hides;
    char       path[HOUSE_PATH_MAX], tail[300];
    PGresult  *gone;

    (void) snprintf(tail, sizeof(tail), "files/%s", PQgetvalue(res, row, 3));
    rc = gw_conf_path(&e->job->w->conf, tail, path, sizeof(path));
    hides = PQgetvalue(res, row, 4)[0] == 't';
    if (rc == GW_OK && !hides && (!PQgetisnull(res, row, 2)
                                  || !erase_is_known(e, res, row)))
    {
        rc = erase_search(e, path);
    }

    if (rc == GW_ENOTFOUND) {
        return JOB_GO;
    }

    gw_buf_reset(&e->job->why);
    if (rc != GW_OK) {
        gw_buf_fmt(&e->job->why, "%s cannot be read: %s", path,
                   strerror(errno));
        return JOB_AGAIN;
    }

    if (PQgetvalue(res, row, 1)[0] == 't') {
        gw_buf_fmt(&e->job->why, "import imp_%s, which is not over, has this "
                   "person in its file", PQgetvalue(res, row, 0));
        return JOB_AGAIN;
    }

    if (unlink(path) == -1 && errno != ENOENT) {
        gw_buf_fmt(&e->job->why, "%s cannot be removed: %s", path,
                   strerror(errno));
        return JOB_AGAIN;
    }

    e->files++;
    e->gone[row] = true;
    rc = PQgetisnull(res, row, 2)
         ? erase_run(e, &Q_ERASE_REJECTS, &(db_args_t) { { e->job->tenant,
                     PQgetvalue(res, row, 0) }, 2 }, &gone)
         : erase_run(e, &Q_FILES_GONE, &(db_args_t) { { e->job->tenant,
                     PQgetvalue(res, row, 2) }, 2 }, &gone);
    PQclear(gone);
    return rc == GW_OK ? JOB_GO : JOB_AGAIN;
}


static job_end_e
erase_files(erase_t *e)
{
    int         i, rc;
    char        now[GW_RFC3339_LEN + 1];
    PGresult   *res;
    job_end_e   end;

    rc = erase_run(e, &Q_ERASE_WORDS, &(db_args_t) { { e->job->tenant,
                   e->contact }, 2 }, &e->words);
    if (rc != GW_OK) {
        return JOB_AGAIN;
    }

    for (i = 0; i < PQntuples(e->words); i++) {
        if ((size_t) PQgetlength(e->words, i, 0) > e->longest) {
            e->longest = (size_t) PQgetlength(e->words, i, 0);
        }
    }

    e->chunk = malloc(ERASE_CHUNK + e->longest + 1);
    if (e->chunk == NULL) {
        return JOB_AGAIN;
    }

    rc = erase_run(e, &Q_ERASE_FILES, &(db_args_t) { { e->job->tenant,
                   e->host }, 2 }, &res);
    e->gone = rc == GW_OK ? calloc((size_t) PQntuples(res) + 1, sizeof(bool))
                          : NULL;
    end = e->gone != NULL ? JOB_GO : JOB_AGAIN;
    for (i = 0; end == JOB_GO && i < PQntuples(res); i++) {
        end = erase_file(e, res, i);
        end = end == JOB_GO ? job_step(e->job, i, PQntuples(res) + 1) : end;
    }
    PQclear(res);

    if (end != JOB_GO) {
        return end;
    }

    gw_clock_print(gw_clock_us(), now);
    rc = erase_run(e, &Q_ERASE_ELSEWHERE, &(db_args_t) { { e->job->tenant,
                   e->host, now }, 3 }, &res);
    e->files += rc == GW_OK ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
    PQclear(res);
    return rc == GW_OK ? JOB_GO : JOB_AGAIN;
}


/* The tables, and the step that says whether it is still ours. */
static job_end_e
erase_tables(erase_t *e)
{
    int         rc;
    char        files[24], now[GW_RFC3339_LEN + 1];
    PGresult   *res;
    job_end_e   end;

    if (db_exec(e->job->db, Q_ERASE_BEGIN.text) != GW_OK) {
        return JOB_AGAIN;
    }

    end = job_step(e->job, 1, 1);
    if (end == JOB_GO) {
        (void) snprintf(files, sizeof(files), "%lld", e->files);
        gw_clock_print(gw_clock_us(), now);
        rc = erase_run(e, &Q_ERASE_PERSON, &(db_args_t) { { e->job->tenant,
                       e->contact, files, now }, 4 }, &res);
        end = rc == GW_OK ? JOB_DONE : JOB_AGAIN;
        e->job->result = rc == GW_OK ? json_loads(PQgetvalue(res, 0, 0), 0,
                                                  NULL) : NULL;
        PQclear(res);
    }

    if (db_exec(e->job->db, end == JOB_DONE ? Q_ERASE_COMMIT.text
                                            : Q_ERASE_ROLLBACK.text) != GW_OK)
    {
        return JOB_AGAIN;
    }

    worker_crash_point("erase_after_commit");
    return end;
}


job_end_e
erase_job(job_t *job)
{
    erase_t    e;
    job_end_e  end;

    memset(&e, 0, sizeof(e));
    e.job = job;
    (void) snprintf(e.host, sizeof(e.host), "%d", job->host);
    (void) snprintf(e.contact, sizeof(e.contact), "%lld", (long long)
                    json_integer_value(json_object_get(job->input,
                                                       "contact")));

    end = erase_files(&e);
    worker_crash_point("erase_after_files");
    end = end == JOB_GO ? erase_tables(&e) : end;

    PQclear(e.words);
    free(e.chunk);
    free(e.gone);
    return end;
}
