/* The worker's way to the configuration: a small tokenizer of nginx syntax. */
#include "shm/gw_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GW_CONF_FILE_MAX  (1024 * 1024)
#define GW_CONF_ARGS_MAX  (GW_CONF_LIST_MAX + 2)

enum { GW_CONF_TOKEN_WORD, GW_CONF_TOKEN_MARK, GW_CONF_TOKEN_END,
       GW_CONF_TOKEN_WRONG };

typedef struct {
    const char  *path;
    gw_str_t     text;          /* what is left                   */
    unsigned     line;
    gw_str_t     word;          /* the token; quotes are taken off */
    gw_buf_t    *err;
} gw_conf_reader_t;


static int
gw_conf_wrong(gw_conf_reader_t *r, const char *what)
{
    gw_buf_fmt(r->err, "%s in %s:%u", what, r->path, r->line);
    return GW_EINVAL;
}


/* A mark where none may stand, or the end; in nginx's words, as all here. */
static int
gw_conf_unexpected(gw_conf_reader_t *r, int token, const char *expecting)
{
    char  what[64];

    if (token == GW_CONF_TOKEN_END) {
        (void) snprintf(what, sizeof(what),
                        "unexpected end of file, expecting %s", expecting);
    } else {
        (void) snprintf(what, sizeof(what), "unexpected \"%c\"",
                        r->word.data[0]);
    }

    return gw_conf_wrong(r, what);
}


static void
gw_conf_skip(gw_conf_reader_t *r)
{
    bool  comment;

    comment = false;
    while (r->text.len > 0) {
        if (*r->text.data == '\n') {
            r->line++;
            comment = false;
        } else if (*r->text.data == '#') {
            comment = true;
        } else if (!comment && !memchr(" \t\r", *r->text.data, 3)) {
            return;
        }
        r->text.data++;
        r->text.len--;
    }
}


static int
gw_conf_token(gw_conf_reader_t *r)
{
    size_t         n;
    unsigned char  c, *end;

    gw_conf_skip(r);
    if (r->text.len == 0) {
        return GW_CONF_TOKEN_END;
    }

    c = *r->text.data;
    if (memchr("{};", c, 3) != NULL) {
        r->word = gw_str_make(r->text.data, 1);
        r->text.data++;
        r->text.len--;
        return GW_CONF_TOKEN_MARK;
    }

    if (c == '"' || c == '\'') {
        end = memchr(r->text.data + 1, c, r->text.len - 1);
        if (end == NULL || memchr(r->text.data, '\n', end - r->text.data)) {
            (void) gw_conf_wrong(r, "a quote is not closed");
            return GW_CONF_TOKEN_WRONG;
        }
        n = end - r->text.data;
        r->word = gw_str_make(r->text.data + 1, n - 1);
        r->text.data += n + 1;
        r->text.len -= n + 1;
        return GW_CONF_TOKEN_WORD;
    }

    for (n = 0; n < r->text.len
                && memchr(" \t\r\n{};", r->text.data[n], 7) == NULL; n++)
    {
        /* to the end of the word */
    }

    r->word = gw_str_make(r->text.data, n);
    r->text.data += n;
    r->text.len -= n;
    return GW_CONF_TOKEN_WORD;
}


/* One directive after its first word, to the `;`. */
static int
gw_conf_directive(gw_conf_t *conf, gw_conf_reader_t *r, gw_conf_seen_t *seen)
{
    int        token, rc;
    char       mem[512];
    gw_buf_t   why;
    gw_str_t   args[GW_CONF_ARGS_MAX];
    unsigned   n, line;

    line = r->line;
    args[0] = r->word;

    for (n = 1; ; n++) {
        token = gw_conf_token(r);
        if (token == GW_CONF_TOKEN_WRONG) {
            return GW_EINVAL;
        }

        if (token != GW_CONF_TOKEN_WORD) {
            break;
        }

        if (n == GW_CONF_ARGS_MAX) {
            return gw_conf_wrong(r, "too many values");
        }
        args[n] = r->word;
    }

    if (token == GW_CONF_TOKEN_END || r->word.data[0] != ';') {
        return gw_conf_unexpected(r, token, "\";\" or \"}\"");
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = gw_conf_set(conf, seen, args, n, &why);
    if (rc != GW_OK) {
        gw_buf_fmt(r->err, "%.*s in %s:%u", (int) why.len, mem, r->path,
                   line);
    }

    return rc;
}


static int
gw_conf_block(gw_conf_t *conf, gw_conf_reader_t *r, gw_conf_seen_t *seen)
{
    int  token, rc;

    token = gw_conf_token(r);
    if (token != GW_CONF_TOKEN_WORD || !gw_str_is(r->word, "godwit")) {
        return r->err->len ? GW_EINVAL
                           : gw_conf_wrong(r, "\"godwit {\" is expected");
    }

    token = gw_conf_token(r);
    if (token != GW_CONF_TOKEN_MARK || r->word.data[0] != '{') {
        return r->err->len ? GW_EINVAL
                           : gw_conf_wrong(r, "\"{\" is expected");
    }

    for ( ;; ) {
        token = gw_conf_token(r);

        if (token == GW_CONF_TOKEN_WRONG) {
            return GW_EINVAL;
        }

        if (token == GW_CONF_TOKEN_END) {
            return gw_conf_unexpected(r, token, "\"}\"");
        }

        if (token == GW_CONF_TOKEN_MARK) {
            if (r->word.data[0] != '}') {
                return gw_conf_unexpected(r, token, "");
            }
            break;
        }

        rc = gw_conf_directive(conf, r, seen);
        if (rc != GW_OK) {
            return rc;
        }
    }

    if (gw_conf_token(r) != GW_CONF_TOKEN_END) {
        return gw_conf_wrong(r, "nothing may follow the closing \"}\"");
    }

    return GW_OK;
}


int
gw_conf_read(gw_conf_t *conf, const char *path, gw_buf_t *err)
{
    int                fd, rc;
    ssize_t            n;
    unsigned char     *text;
    gw_conf_seen_t     seen;
    gw_conf_reader_t   r;

    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        gw_buf_fmt(err, "cannot open the configuration %s: %s", path,
                   strerror(errno));
        return GW_ENOTFOUND;
    }

    text = malloc(GW_CONF_FILE_MAX);
    n = text ? read(fd, text, GW_CONF_FILE_MAX) : -1;
    (void) close(fd);

    if (n < 0) {
        free(text);
        gw_buf_fmt(err, "cannot read the configuration %s", path);
        return GW_ESYS;
    }

    memset(&seen, 0, sizeof(seen));
    memset(&r, 0, sizeof(r));
    r.path = path;
    r.text = gw_str_make(text, n);
    r.line = 1;
    r.err = err;

    rc = gw_conf_block(conf, &r, &seen);
    if (rc == GW_OK) {
        rc = gw_conf_check(conf, &seen, err);
        if (rc != GW_OK) {
            gw_buf_fmt(err, " in %s", path);
        }
    }

    free(text);
    return rc;
}


static void
gw_conf_print_row(const gw_conf_t *conf, const gw_conf_row_t *row,
    gw_buf_t *out)
{
    unsigned               i;
    const int64_t         *number;
    const gw_str_t        *text;
    const gw_nets_t       *nets;
    const gw_conf_list_t  *list;

    text = (const gw_str_t *) ((const char *) conf + row->offset);
    number = (const int64_t *) text;
    list = (const gw_conf_list_t *) text;
    nets = (const gw_nets_t *) text;

    switch (row->type) {
    case GW_CONF_STR:
    case GW_CONF_PATH:
        gw_buf_fmt(out, " \"%.*s\"", (int) text->len, text->data);
        break;
    case GW_CONF_FLAG:
        gw_buf_cstr(out, *number ? " on" : " off");
        break;
    case GW_CONF_ENUM:
        gw_buf_fmt(out, " %s", row->words[*number]);
        break;
    case GW_CONF_MS:
        gw_buf_fmt(out, " %lldms", (long long) *number);
        break;
    case GW_CONF_MS_LIST:
        for (i = 0; i < list->n; i++) {
            gw_buf_fmt(out, " %lldms", (long long) list->v[i]);
        }
        break;
    case GW_CONF_SERVERS:
    case GW_CONF_PLACES:
    case GW_CONF_HOSTS:
        gw_buf_cstr(out, text->len == 0 ? " \"\"" : " ");
        for (i = 0; i < text->len; i++) {
            gw_buf_char(out, text->data[i] == ',' ? ' ' : text->data[i]);
        }
        break;
    case GW_CONF_NETS:
        gw_buf_cstr(out, nets->n == 0 ? " \"\"" : "");
        for (i = 0; i < nets->n; i++) {
            gw_buf_char(out, ' ');
            gw_net_print(&nets->v[i], out);
        }
        break;
    default:
        gw_buf_fmt(out, " %lld", (long long) *number);
        break;
    }
}


void
gw_conf_print(const gw_conf_t *conf, gw_buf_t *out)
{
    const gw_conf_row_t  *row;

    gw_buf_cstr(out, "godwit {\n");
    for (row = gw_conf_rows; row->name != NULL; row++) {
        if (!row->secret) {
            gw_buf_fmt(out, "    %s", row->name);
            gw_conf_print_row(conf, row, out);
            gw_buf_cstr(out, ";\n");
        }
    }
    gw_buf_cstr(out, "}\n");
}


int
gw_conf_path(const gw_conf_t *conf, const char *tail, char *out, size_t size)
{
    int  n;

    n = snprintf(out, size, "%.*s/%s", (int) conf->state.len,
                 conf->state.data, tail);
    return n > 0 && (size_t) n < size ? GW_OK : GW_EFULL;
}
