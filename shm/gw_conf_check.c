/* What a configuration must be as a whole, beyond each of its values. */
#include "shm/gw_conf.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <strings.h>

#define GW_CONF_PAGE   4096
#define GW_CONF_BLANK  " \t"


/* Folders of sockets and addresses, with commas between: nothing to look up. */
static bool
gw_conf_hosts(const char *p, size_t len)
{
    char            host[64];
    size_t          n;
    unsigned char   address[16];

    for ( ;; ) {
        n = memchr(p, ',', len) ? (size_t) ((char *) memchr(p, ',', len) - p)
                                : len;

        if (n > 0 && *p != '/' && *p != '@') {
            if (n >= sizeof(host)) {
                return false;
            }
            memcpy(host, p, n);
            host[n] = '\0';
            if (inet_pton(AF_INET, host, address) != 1
                && inet_pton(AF_INET6, host, address) != 1)
            {
                return false;
            }
        }

        if (n == len) {
            return true;
        }
        p += n + 1;
        len -= n + 1;
    }
}


/*
 * What is wrong with the text for libpq, or NULL. The edge appends words of
 * its own, so it must be KEY=VALUE pairs, and the edge connects from its event
 * loop, which a look-up of a name would hold.
 */
static const char *
gw_conf_database(const char *p)
{
    bool         names, address;
    size_t       key, n;
    const char  *word;

    names = false;
    address = false;

    for (p += strspn(p, GW_CONF_BLANK); *p != '\0';
         p += strspn(p, GW_CONF_BLANK))
    {
        word = p;
        key = strcspn(p, "=" GW_CONF_BLANK);
        p += key;
        p += strspn(p, GW_CONF_BLANK);
        if (*p != '=' || key == 0 || memchr(word, ':', key) != NULL) {
            return "is not of the form \"host=/run/postgresql dbname=NAME\"";
        }

        p++;
        p += strspn(p, GW_CONF_BLANK);
        n = strcspn(p, GW_CONF_BLANK);
        if (*p == '\'') {
            p++;
            n = strcspn(p, "'");
            if (p[n] == '\0') {
                return "has a quote that is not closed";
            }
        }

        if (key == 4 && memcmp(word, "host", 4) == 0) {
            names = !gw_conf_hosts(p, n);
        } else if (key == 8 && memcmp(word, "hostaddr", 8) == 0) {
            address = n > 0;
        }

        p += n + (p[n] == '\'');
    }

    return names && !address
           ? "names a host to look up; give its address, as hostaddr=ADDRESS "
             "beside it where TLS needs the name"
           : NULL;
}


/* `Name <local@domain>` or `local@domain`, as every mail server takes it. */
static bool
gw_conf_mailbox(gw_str_t v)
{
    size_t                i;
    const unsigned char  *p, *at, *end;

    p = v.data;
    end = v.data + v.len;
    if (v.len > 0 && end[-1] == '>') {
        p = memrchr(v.data, '<', v.len);
        end--;
        if (p == NULL) {
            return false;
        }
        p++;
    }

    at = memrchr(p, '@', end - p);
    for (i = 0; p + i < end; i++) {
        if (p[i] <= 0x20 || p[i] >= 0x7f || p[i] == '<' || p[i] == '>') {
            return false;
        }
    }

    return at != NULL && at > p && at + 1 < end && i <= 254;
}


/* Paths of unix sockets, apart by blanks. */
static bool
gw_conf_sockets(gw_str_t list)
{
    gw_str_t  one;
    unsigned  n;

    for (n = 0; list.len > 0; n++) {
        one = gw_str_cut(&list, ' ');
        if (n == GW_CONF_SOCKETS || one.len < 2 || one.data[0] != '/'
            || one.len > GW_CONF_SOCKET)
        {
            return false;
        }
    }

    return true;
}


int
gw_conf_check(const gw_conf_t *conf, const gw_conf_seen_t *seen,
    gw_buf_t *err)
{
    const char           *wrong;
    const gw_conf_row_t  *row;

    for (row = gw_conf_rows; row->name != NULL; row++) {
        if (row->value == NULL
            && !gw_conf_is_seen(seen, row - gw_conf_rows))
        {
            gw_buf_fmt(err, "directive \"%s\" is missing", row->name);
            return GW_EINVAL;
        }
    }

    if ((strncmp((char *) conf->base_url.data, "http://", 7) != 0
         && strncmp((char *) conf->base_url.data, "https://", 8) != 0)
        || conf->base_url.data[conf->base_url.len - 1] == '/'
        || strpbrk((char *) conf->base_url.data, " <>\"'\\\r\n") != NULL)
    {
        gw_buf_cstr(err, "directive \"base_url\" is not http://HOST or "
                    "https://HOST without a slash at the end");
        return GW_EINVAL;
    }

    if (conf->spool_segment % GW_CONF_PAGE != 0) {
        gw_buf_fmt(err, "directive \"spool_segment\" is not a multiple of "
                   "%d bytes", GW_CONF_PAGE);
        return GW_EINVAL;
    }

    wrong = gw_conf_database((const char *) conf->database.data);
    if (wrong != NULL) {
        gw_buf_fmt(err, "directive \"database\" %s", wrong);
        return GW_EINVAL;
    }

    if (conf->mail_from.len > 0 && !gw_conf_mailbox(conf->mail_from)) {
        gw_buf_cstr(err, "directive \"mail_from\" is not NAME <LOCAL@DOMAIN> "
                    "or LOCAL@DOMAIN in ASCII");
        return GW_EINVAL;
    }

    if (!gw_conf_sockets(conf->live_publish)) {
        gw_buf_cstr(err, "directive \"live_publish\" is not up to 8 sockets "
                    "with blanks between, each /PATH of at most 107 bytes");
        return GW_EINVAL;
    }

    if (conf->bounce_domain.len > 0
        && !gw_net_is_domain(conf->bounce_domain))
    {
        gw_buf_cstr(err, "directive \"bounce_domain\" is not a domain in lower "
                    "case such as bounces.example.com");
        return GW_EINVAL;
    }

    if (conf->reply_domain.len > 0
        && !gw_net_is_domain(conf->reply_domain))
    {
        gw_buf_cstr(err, "directive \"reply_domain\" is not a domain in lower "
                    "case such as answers.example.com");
        return GW_EINVAL;
    }

    if (conf->receive_key.len > 0 && conf->receive_certificate.len == 0) {
        gw_buf_cstr(err, "directive \"receive_key\" needs "
                    "\"receive_certificate\" beside it");
        return GW_EINVAL;
    }

    if (conf->smtp_user.len > 0 && conf->smtp_password_file.len == 0) {
        gw_buf_cstr(err, "directive \"smtp_user\" needs "
                    "\"smtp_password_file\" beside it");
        return GW_EINVAL;
    }

    return GW_OK;
}


static bool
gw_conf_is_text(const gw_conf_row_t *row)
{
    return row->type == GW_CONF_STR || row->type == GW_CONF_PATH
           || row->type == GW_CONF_SERVERS || row->type == GW_CONF_PLACES
           || row->type == GW_CONF_HOSTS;
}


void
gw_conf_free(gw_conf_t *conf)
{
    const gw_conf_row_t  *row;

    for (row = gw_conf_rows; row->name != NULL; row++) {
        if (gw_conf_is_text(row)) {
            free(((gw_str_t *) ((char *) conf + row->offset))->data);
        }
    }

    memset(conf, 0, sizeof(gw_conf_t));
}


bool
gw_conf_reloads(const gw_conf_t *a, const gw_conf_t *b)
{
    bool                  same;
    const void           *x, *y;
    const gw_conf_row_t  *row;

    for (row = gw_conf_rows; row->name != NULL; row++) {
        x = (const char *) a + row->offset;
        y = (const char *) b + row->offset;
        same = gw_conf_is_text(row)
               ? gw_str_eq(*(const gw_str_t *) x, *(const gw_str_t *) y)
               : memcmp(x, y, row->type == GW_CONF_MS_LIST
                        ? sizeof(gw_conf_list_t)
                        : row->type == GW_CONF_NETS ? sizeof(gw_nets_t)
                        : sizeof(int64_t)) == 0;
        if (!row->reload && !same) {
            return false;
        }
    }

    return true;
}
