/* The core of the edge: its configuration and what each process opens. */
#include "ngx_http_godwit_program.h"

#include <sys/resource.h>
#include <sys/un.h>

#include "shm/gw_json.h"

static void *ngx_http_godwit_create_conf(ngx_cycle_t *cycle);
static char *ngx_http_godwit_init_conf(ngx_cycle_t *cycle, void *conf);
static ngx_int_t ngx_http_godwit_init_process(ngx_cycle_t *cycle);
static void ngx_http_godwit_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_godwit_commands[] = {

    { ngx_string("godwit"),
      NGX_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_NOARGS,
      ngx_http_godwit_conf_block,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_core_module_t  ngx_http_godwit_module_ctx = {
    ngx_string("godwit"),
    ngx_http_godwit_create_conf,
    ngx_http_godwit_init_conf
};


ngx_module_t  ngx_http_godwit_module = {
    NGX_MODULE_V1,
    &ngx_http_godwit_module_ctx,           /* module context */
    ngx_http_godwit_commands,              /* module directives */
    NGX_CORE_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_godwit_log_init,              /* init module */
    ngx_http_godwit_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_godwit_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


ngx_http_godwit_process_t  *ngx_http_godwit_process;


static void
ngx_http_godwit_conf_cleanup(void *data)
{
    ngx_http_godwit_conf_t  *gcf = data;

    gw_conf_free(&gcf->conf);
}


static void *
ngx_http_godwit_create_conf(ngx_cycle_t *cycle)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_godwit_conf_t  *gcf;

    gcf = ngx_pcalloc(cycle->pool, sizeof(ngx_http_godwit_conf_t));
    if (gcf == NULL) {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cycle->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_godwit_conf_cleanup;
    cln->data = gcf;

    if (gw_conf_init(&gcf->conf) != GW_OK) {
        return NULL;
    }

    return gcf;
}


/* A socket in the file system that nobody listens on any more. */
static ngx_flag_t
ngx_http_godwit_left(ngx_listening_t *ls, const char *path)
{
    int              refused;
    ngx_file_info_t  fi;
    ngx_socket_t     s;

    if (lstat(path, &fi) != 0 || !S_ISSOCK(fi.st_mode)) {
        return 0;
    }

    s = ngx_socket(AF_UNIX, SOCK_STREAM, 0);
    if (s == (ngx_socket_t) -1) {
        return 0;
    }

    (void) ngx_nonblocking(s);
    refused = connect(s, ls->sockaddr, ls->socklen) == -1
              && ngx_socket_errno == NGX_ECONNREFUSED;
    (void) ngx_close_socket(s);

    return refused;
}


/*
 * A killed nginx leaves its sockets behind, and the next one could not bind:
 * they are removed at a start, before it tries.
 */
static void
ngx_http_godwit_unlink_left(ngx_cycle_t *cycle)
{
    ngx_uint_t        i;
    const char       *path;
    ngx_listening_t  *ls;

    if (ngx_test_config || !ngx_is_init_cycle(cycle->old_cycle)) {
        return;
    }

    ls = cycle->listening.elts;
    for (i = 0; i < cycle->listening.nelts; i++) {
        if (ls[i].sockaddr->sa_family != AF_UNIX) {
            continue;
        }

        path = ((struct sockaddr_un *) ls[i].sockaddr)->sun_path;
        if (ngx_http_godwit_left(&ls[i], path) && unlink(path) != 0) {
            ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                          "unlink() \"%s\" failed, nobody listens on it", path);
        }
    }
}


/* After the whole of the file: the block may stand behind http { }. */
static char *
ngx_http_godwit_init_conf(ngx_cycle_t *cycle, void *conf)
{
    ngx_http_godwit_conf_t  *gcf = conf;

    if (gcf->wanted.len > 0 && !gcf->enabled) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "directive \"%V\" needs a block \"godwit { }\" beside "
                      "\"http { }\"", &gcf->wanted);
        return NGX_CONF_ERROR;
    }

    if (gcf->api_wanted && gcf->api == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, 0,
                      "directive \"godwit_api\" needs \"contract FOLDER\" in "
                      "the block \"godwit { }\"");
        return NGX_CONF_ERROR;
    }

    ngx_http_godwit_unlink_left(cycle);
    return NGX_CONF_OK;
}


/* Said once, not once a second. */
static void
ngx_http_godwit_cache_say(ngx_http_godwit_process_t *p)
{
    const char  *why;

    why = gw_cache_why(p->cache);

    if (why != NULL && why != p->cache_why) {
        ngx_log_error(NGX_LOG_WARN, p->cycle->log, 0,
                      "cache: %s in \"%V\"", why, &p->conf->cache_dir);
    }

    p->cache_why = why;
}


void
ngx_http_godwit_cache_look(ngx_http_godwit_process_t *p)
{
    gw_cache_refresh(p->cache);
    ngx_http_godwit_cache_say(p);
}


static void
ngx_http_godwit_cache_tick(ngx_event_t *ev)
{
    ngx_http_godwit_cache_look(ev->data);

    if (!ngx_exiting) {
        ngx_add_timer(ev, 1000);
    }
}


/* The end of a loop turn: give the read transaction back. */
static void
ngx_http_godwit_cache_release(ngx_event_t *ev)
{
    ngx_http_godwit_process_t  *p = ev->data;

    gw_cache_release(p->cache);
}


static ngx_int_t
ngx_http_godwit_open_keys(ngx_http_godwit_process_t *p)
{
    gw_buf_t  err;
    char      mem[1024];

    gw_buf_fixed(&err, mem, sizeof(mem));

    if (gw_token_keys_load(&p->keys, (char *) p->conf->keys_path.data, &err)
        != GW_OK)
    {
        ngx_log_error(NGX_LOG_ALERT, p->cycle->log, 0, "%*s",
                      err.len, err.data);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_godwit_open_cache(ngx_http_godwit_process_t *p)
{
    int  rc;

    rc = gw_cache_open(&p->cache, (char *) p->conf->cache_dir.data);
    if (rc != GW_OK) {
        ngx_log_error(NGX_LOG_ALERT, p->cycle->log, 0,
                      "cache: cannot be opened in \"%V\": %s",
                      &p->conf->cache_dir, gw_strerror(rc));
        return NGX_ERROR;
    }

    ngx_http_godwit_cache_say(p);

    return NGX_OK;
}


/* Secrets of clients go through here on their way to being sealed. */
static void
ngx_http_godwit_no_core(ngx_cycle_t *cycle)
{
    /* 1 and not 0, which does not hold for a program that takes cores */
    static const struct rlimit  none = { 1, 1 };

    if (setrlimit(RLIMIT_CORE, &none) == -1) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, ngx_errno,
                      "cores cannot be switched off");
    }

    gw_json_wipe();
}


static ngx_int_t
ngx_http_godwit_init_process(ngx_cycle_t *cycle)
{
    ngx_http_godwit_conf_t     *gcf;
    ngx_http_godwit_process_t  *p;

    gcf = (ngx_http_godwit_conf_t *) ngx_get_conf(cycle->conf_ctx,
                                                  ngx_http_godwit_module);

    if (!gcf->enabled
        || (ngx_process != NGX_PROCESS_WORKER
            && ngx_process != NGX_PROCESS_SINGLE))
    {
        return NGX_OK;
    }

    p = ngx_pcalloc(cycle->pool, sizeof(ngx_http_godwit_process_t));
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_godwit_no_core(cycle);
    p->conf = gcf;
    p->cycle = cycle;
    p->counters = gcf->zone->data;

    if (ngx_http_godwit_open_keys(p) != NGX_OK
        || ngx_http_godwit_open_cache(p) != NGX_OK
        || ngx_http_godwit_program_init(p) != NGX_OK
        || ngx_http_godwit_spool_init(p) != NGX_OK
        || ngx_http_godwit_pool_init(p) != NGX_OK)
    {
        return NGX_ERROR;
    }

    p->cache_timer.handler = ngx_http_godwit_cache_tick;
    p->cache_timer.data = p;
    p->cache_timer.log = cycle->log;
    p->cache_timer.cancelable = 1;
    ngx_add_timer(&p->cache_timer, 1000);

    p->cache_release.handler = ngx_http_godwit_cache_release;
    p->cache_release.data = p;
    p->cache_release.log = cycle->log;

    ngx_http_godwit_process = p;

    return NGX_OK;
}


static void
ngx_http_godwit_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_godwit_process_t  *p;

    p = ngx_http_godwit_process;

    if (p == NULL) {
        return;
    }

    ngx_http_godwit_pool_exit(p);
    ngx_http_godwit_api_calls_flush();
    ngx_http_godwit_spool_exit(p);
    ngx_http_godwit_program_exit(p);
    gw_cache_close(p->cache);
    gw_token_keys_free(p->keys);

    ngx_http_godwit_process = NULL;
}
