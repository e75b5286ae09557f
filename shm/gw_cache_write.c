/* The writing half of the cache: generations, one transaction at a time. */
#include "shm/gw_cache.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm/gw_cache_env.h"

/* A put that waits for commit; a full map makes the whole batch run again. */
typedef struct {
    size_t  at, key, value;     /* offset in `queue`, lengths      */
    bool    delete;
} gw_cache_op_t;

struct gw_cache_writer_s {
    char            dir[PATH_MAX - 256];
    char            name[128];      /* of the generation folder        */
    MDB_env        *env;
    MDB_dbi         dbi;
    size_t          map_size;
    gw_buf_t        queue;          /* bytes of the ops                */
    gw_cache_op_t  *ops;
    size_t          n, cap;
    bool            made;           /* the folder is there             */
    bool            published;
};


/* `<boot id>-<time>`: a boot makes every older generation foreign. */
static void
gw_cache_name(char *out, size_t size)
{
    char             boot[GW_CACHE_BOOT];
    struct timespec  now;

    gw_cache_boot(boot);
    (void) clock_gettime(CLOCK_REALTIME, &now);
    (void) snprintf(out, size, "%s-%lld%09ld", boot, (long long) now.tv_sec,
                    now.tv_nsec);
}


int
gw_cache_writer_create(gw_cache_writer_t **out, const char *dir,
    size_t map_size)
{
    int                 rc;
    char                path[PATH_MAX];
    MDB_txn            *txn;
    gw_cache_writer_t  *w;

    w = calloc(1, sizeof(gw_cache_writer_t));
    if (w == NULL) {
        return GW_ENOMEM;
    }

    if (strlen(dir) >= sizeof(w->dir)) {
        free(w);
        return GW_EINVAL;
    }

    memcpy(w->dir, dir, strlen(dir));
    gw_cache_name(w->name, sizeof(w->name));
    gw_buf_init(&w->queue, SIZE_MAX / 4);
    w->map_size = map_size;
    (void) snprintf(path, sizeof(path), "%s/%s", w->dir, w->name);

    rc = mkdir(path, 0750) == 0 ? 0 : errno;
    w->made = rc == 0;
    rc = rc != 0 ? rc : mdb_env_create(&w->env);
    rc = rc != 0 ? rc : mdb_env_set_maxreaders(w->env, GW_CACHE_READERS);
    rc = rc != 0 ? rc : mdb_env_set_mapsize(w->env, map_size);
    /* it can be rebuilt: a crash of the machine may cost the whole of it */
    rc = rc != 0 ? rc : mdb_env_open(w->env, path, MDB_NOSYNC, 0660);

    if (rc == 0) {
        /* a reader of the group takes its slot there, whatever the umask */
        (void) snprintf(path, sizeof(path), "%s/%s/lock.mdb", w->dir, w->name);
        rc = chmod(path, 0660) == 0 ? 0 : errno;
    }

    rc = rc != 0 ? rc : mdb_txn_begin(w->env, NULL, 0, &txn);

    if (rc == 0) {
        rc = mdb_dbi_open(txn, NULL, 0, &w->dbi);
        if (rc == 0) {
            rc = mdb_txn_commit(txn);
        } else {
            mdb_txn_abort(txn);
        }
    }

    if (rc != 0) {
        gw_cache_writer_close(w);
        errno = rc > 0 ? rc : EIO;
        return GW_ESYS;
    }

    *out = w;
    return GW_OK;
}


int
gw_cache_put(gw_cache_writer_t *w, const gw_cache_key_t *key, gw_str_t val)
{
    size_t          cap;
    gw_cache_op_t  *op;

    if (w->n == w->cap) {
        cap = w->cap > 0 ? w->cap * 2 : 256;
        op = realloc(w->ops, cap * sizeof(gw_cache_op_t));
        if (op == NULL) {
            return GW_ENOMEM;
        }
        w->ops = op;
        w->cap = cap;
    }

    op = &w->ops[w->n];
    op->at = w->queue.len;
    op->key = key->len;
    op->value = val.len;
    op->delete = val.data == NULL;
    gw_buf_put(&w->queue, key->data, key->len);
    gw_buf_str(&w->queue, val);
    if (w->queue.failed) {
        return GW_ENOMEM;
    }

    w->n++;
    return GW_OK;
}


static int
gw_cache_run(gw_cache_writer_t *w, MDB_txn *txn)
{
    int             rc;
    size_t          i;
    MDB_val         k, v;
    gw_cache_op_t  *op;

    for (i = 0; i < w->n; i++) {
        op = &w->ops[i];
        k.mv_size = op->key;
        k.mv_data = w->queue.data + op->at;
        v.mv_size = op->value;
        v.mv_data = w->queue.data + op->at + op->key;

        rc = op->delete ? mdb_del(txn, w->dbi, &k, NULL)
                        : mdb_put(txn, w->dbi, &k, &v, 0);
        if (rc != 0 && rc != MDB_NOTFOUND) {
            return rc;
        }
    }

    return 0;
}


int
gw_cache_commit(gw_cache_writer_t *w)
{
    int       rc;
    MDB_txn  *txn;

    if (w->n == 0) {
        return GW_OK;
    }

    for ( ;; ) {
        rc = mdb_txn_begin(w->env, NULL, 0, &txn);
        if (rc == 0) {
            rc = gw_cache_run(w, txn);
            if (rc == 0) {
                rc = mdb_txn_commit(txn);
            } else {
                mdb_txn_abort(txn);
            }
        }

        if (rc != MDB_MAP_FULL) {
            break;
        }

        w->map_size *= 2;
        rc = mdb_env_set_mapsize(w->env, w->map_size);
        if (rc != 0) {
            break;
        }
    }

    if (rc != 0) {
        errno = rc > 0 ? rc : EIO;
        return GW_ESYS;
    }

    w->n = 0;
    gw_buf_reset(&w->queue);
    return GW_OK;
}


/* Remove a generation folder and the two files in it. */
static void
gw_cache_remove(const char *dir, const char *name)
{
    char  path[PATH_MAX + 512];

    (void) snprintf(path, sizeof(path), "%s/%s/data.mdb", dir, name);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%s/lock.mdb", dir, name);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/%s", dir, name);
    (void) rmdir(path);
}


int
gw_cache_publish(gw_cache_writer_t *w)
{
    DIR            *d;
    char            temp[PATH_MAX], link[PATH_MAX];
    struct dirent  *e;

    (void) snprintf(temp, sizeof(temp), "%s/.current.new", w->dir);
    (void) snprintf(link, sizeof(link), "%s/" GW_CACHE_CURRENT, w->dir);
    (void) unlink(temp);

    if (symlink(w->name, temp) != 0 || rename(temp, link) != 0) {
        return GW_ESYS;
    }

    w->published = true;

    /* readers that still map an unlinked generation keep it until they move */
    d = opendir(w->dir);
    if (d == NULL) {
        return GW_ESYS;
    }

    while ((e = readdir(d)) != NULL) {
        if (e->d_name[0] != '.' && strcmp(e->d_name, w->name) != 0
            && strcmp(e->d_name, GW_CACHE_CURRENT) != 0)
        {
            gw_cache_remove(w->dir, e->d_name);
        }
    }

    (void) closedir(d);
    return GW_OK;
}


void
gw_cache_check(gw_cache_writer_t *w)
{
    int  dead;

    (void) mdb_reader_check(w->env, &dead);
}


void
gw_cache_writer_close(gw_cache_writer_t *w)
{
    if (w == NULL) {
        return;
    }

    if (w->env != NULL) {
        mdb_env_close(w->env);
    }

    if (w->made && !w->published) {
        gw_cache_remove(w->dir, w->name);
    }

    gw_buf_free(&w->queue);
    free(w->ops);
    free(w);
}
