/* Reading of MTA-STS records and policies (RFC 8461 sections 3.1, 3.2, 4.1). */
#include "worker/mail/sts_text.h"

#include <ctype.h>
#include <string.h>

#define STS_VERSION      "STSv1"
#define STS_MAX_AGE      31557600       /* seconds: no policy holds longer  */

static const char *const  sts_words[] = { "none", "testing", "enforce" };

/* A policy that is read: `seen` has a bit a field. */
typedef struct {
    sts_text_t  *out;
    gw_buf_t     mx;
    unsigned     seen;
} sts_read_t;

typedef struct {
    const char  *key;
    bool         again;         /* may come more than once; else the first
                                   one counts                            */
    int        (*take)(sts_read_t *r, gw_str_t value);
} sts_field_t;


const char *
sts_mode_word(sts_mode_t mode)
{
    return sts_words[mode];
}


int
sts_mode_of(gw_str_t word, sts_mode_t *mode)
{
    unsigned  i;

    for (i = 0; i < sizeof(sts_words) / sizeof(sts_words[0]); i++) {
        if (gw_str_is(word, sts_words[i])) {
            *mode = (sts_mode_t) i;
            return GW_OK;
        }
    }

    return GW_EINVAL;
}


static gw_str_t
sts_trim(gw_str_t s)
{
    return gw_str_trim(s, " \t\r");
}


/* Take up to a byte, which goes too; both without the blanks around them. */
static gw_str_t
sts_part(gw_str_t *text, unsigned char end)
{
    gw_str_t  part;

    part = gw_str_cut(text, end);
    *text = sts_trim(*text);
    return sts_trim(part);
}


int
sts_text_id(gw_str_t record, char id[STS_ID_MAX + 1])
{
    size_t    i;
    gw_str_t  part, key;

    part = sts_part(&record, ';');
    if (!gw_str_is(part, "v=" STS_VERSION)) {
        return GW_ENOTFOUND;
    }

    while (record.len > 0) {
        part = sts_part(&record, ';');
        key = sts_part(&part, '=');
        if (!gw_str_is(key, "id")) {
            continue;
        }

        for (i = 0; i < part.len && isalnum(part.data[i]); i++) {
            /* void */
        }
        if (i == 0 || i < part.len || i > STS_ID_MAX) {
            return GW_EINVAL;
        }

        memcpy(id, part.data, i);
        id[i] = '\0';
        return GW_OK;
    }

    return GW_EINVAL;
}


static int
sts_take_version(sts_read_t *r, gw_str_t value)
{
    return gw_str_is(value, STS_VERSION) ? GW_OK : GW_EINVAL;
}


static int
sts_take_mode(sts_read_t *r, gw_str_t value)
{
    return sts_mode_of(value, &r->out->mode);
}


static int
sts_take_max_age(sts_read_t *r, gw_str_t value)
{
    int        rc;
    long long  age;

    rc = gw_str_int(value, 0, 9999999999, &age);
    if (rc == GW_OK) {
        r->out->max_age = age < STS_MAX_AGE ? age : STS_MAX_AGE;
    }

    return rc;
}


/* A name, or one with `*.` before it. */
static int
sts_take_mx(sts_read_t *r, gw_str_t value)
{
    size_t  i;

    if (r->mx.len > 0) {
        gw_buf_char(&r->mx, ' ');
    }

    for (i = 0; i < value.len; i++) {
        if (!isalnum(value.data[i]) && memchr(".-_", value.data[i], 3) == NULL
            && !(i == 0 && value.len > 2 && value.data[0] == '*'
                 && value.data[1] == '.'))
        {
            return GW_EINVAL;
        }
        gw_buf_char(&r->mx, (unsigned char) tolower(value.data[i]));
    }

    return value.len > 0 && !r->mx.failed ? GW_OK : GW_EINVAL;
}


static const sts_field_t  sts_fields[] = {
    { "version", false, sts_take_version },
    { "mode", false, sts_take_mode },
    { "max_age", false, sts_take_max_age },
    { "mx", true, sts_take_mx },
};

#define STS_FIELDS  (sizeof(sts_fields) / sizeof(sts_fields[0]))
#define STS_NEEDED  7           /* all but mx */
#define STS_WHOLE   15


int
sts_text_read(gw_str_t text, sts_text_t *out)
{
    int         rc;
    gw_str_t    line, key;
    unsigned    i;
    sts_read_t  r;

    memset(&r, 0, sizeof(r));
    memset(out, 0, sizeof(*out));
    r.out = out;
    gw_buf_fixed(&r.mx, out->mx, sizeof(out->mx) - 1);

    while (text.len > 0) {
        line = sts_part(&text, '\n');
        key = sts_part(&line, ':');

        for (i = 0; i < STS_FIELDS; i++) {
            if (!gw_str_is(key, sts_fields[i].key)
                || (!sts_fields[i].again && (r.seen >> i & 1)))
            {
                continue;       /* others mean nothing yet */
            }
            rc = sts_fields[i].take(&r, line);
            if (rc != GW_OK) {
                return rc;
            }
            r.seen |= 1u << i;
        }
    }

    return r.seen == STS_WHOLE
           || (r.seen == STS_NEEDED && out->mode == STS_NONE) ? GW_OK
           : GW_EINVAL;
}


bool
sts_text_has(const char *mx, const char *host)
{
    size_t       n;
    const char  *behind;

    behind = strchr(host, '.');
    for ( /* void */ ; *mx != '\0'; mx += n + (mx[n] == ' ')) {
        n = strcspn(mx, " ");
        if ((strlen(host) == n && memcmp(host, mx, n) == 0)
            || (mx[0] == '*' && behind != NULL && behind > host
                && strlen(behind) == n - 1
                && memcmp(behind, mx + 1, n - 1) == 0))
        {
            return true;
        }
    }

    return false;
}
