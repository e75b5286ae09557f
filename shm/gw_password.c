/* The scrypt of passwords, in and out of its PHC form. */
#include "shm/gw_password.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "shm/gw_codec.h"
#include "shm/gw_utf8.h"

#define PASSWORD_LN      15             /* of a new hash: N = 32768, 32 MiB */
#define PASSWORD_R       8
#define PASSWORD_P       3
#define PASSWORD_SALT    16
#define PASSWORD_HASH    32
#define PASSWORD_MEMORY  (64 * 1024 * 1024)

typedef struct {
    const char  *name;                  /* as it stands before the number */
    long long    max;
    size_t       offset;
} password_number_t;

static const password_number_t  password_numbers[] = {
    { "ln=", 24, offsetof(gw_password_params_t, ln) },
    { ",r=", 32, offsetof(gw_password_params_t, r) },
    { ",p=", 16, offsetof(gw_password_params_t, p) },
    { NULL, 0, 0 }
};


/* What stands before the number, then the number; both leave the text. */
static int
password_number(gw_str_t *text, const password_number_t *row,
    gw_password_params_t *params)
{
    size_t     n, name;
    long long  v;

    name = strlen(row->name);

    if (text->len < name || memcmp(text->data, row->name, name) != 0) {
        return GW_EINVAL;
    }

    *text = gw_str_make(text->data + name, text->len - name);

    for (n = 0; n < text->len && text->data[n] >= '0' && text->data[n] <= '9';
         n++)
    {
        /* void */
    }

    if (gw_str_int(gw_str_make(text->data, n), 1, row->max, &v) != GW_OK) {
        return GW_EINVAL;
    }

    *(unsigned *) ((char *) params + row->offset) = (unsigned) v;
    *text = gw_str_make(text->data + n, text->len - n);

    return GW_OK;
}


/* base64 without padding, which PHC has, by way of base64url */
static int
password_salt(gw_str_t text, gw_password_params_t *params)
{
    size_t         i;
    unsigned char  mem[GW_B64URL_LEN(GW_PASSWORD_SALT)];

    if (text.len == 0 || text.len > sizeof(mem)) {
        return GW_EINVAL;
    }

    for (i = 0; i < text.len; i++) {
        mem[i] = text.data[i] == '+' ? '-'
                 : text.data[i] == '/' ? '_'
                   : text.data[i] == '-' || text.data[i] == '_'
                     ? 0 : text.data[i];
    }

    params->salt_len = sizeof(params->salt);

    return gw_b64url_decode(params->salt, &params->salt_len,
                            gw_str_make(mem, text.len)) == GW_OK
           ? GW_OK : GW_EINVAL;
}


int
gw_password_parse(gw_str_t text, gw_password_params_t *params)
{
    const unsigned char      *end;
    const password_number_t  *row;

    static const char  begin[] = "$scrypt$";

    if (text.len < sizeof(begin) - 1
        || memcmp(text.data, begin, sizeof(begin) - 1) != 0)
    {
        return GW_EINVAL;
    }

    text = gw_str_make(text.data + sizeof(begin) - 1,
                       text.len - (sizeof(begin) - 1));

    for (row = password_numbers; row->name != NULL; row++) {
        if (password_number(&text, row, params) != GW_OK) {
            return GW_EINVAL;
        }
    }

    if (text.len == 0 || text.data[0] != '$') {
        return GW_EINVAL;
    }

    text = gw_str_make(text.data + 1, text.len - 1);
    end = memchr(text.data, '$', text.len);

    return password_salt(gw_str_make(text.data, end != NULL
                                     ? (size_t) (end - text.data) : text.len),
                         params);
}


int
gw_password_fresh(gw_password_params_t *params)
{
    params->ln = PASSWORD_LN;
    params->r = PASSWORD_R;
    params->p = PASSWORD_P;
    params->salt_len = PASSWORD_SALT;

    return RAND_bytes(params->salt, PASSWORD_SALT) == 1 ? GW_OK : GW_ESYS;
}


bool
gw_password_is_old(const gw_password_params_t *params)
{
    return params->ln != PASSWORD_LN || params->r != PASSWORD_R
           || params->p != PASSWORD_P || params->salt_len < PASSWORD_SALT;
}


/* Append bytes as base64 without padding. */
static void
password_base64(gw_buf_t *out, const void *in, size_t n)
{
    gw_b64_encode(out, in, n, 0);

    while (!out->failed && out->data[out->len - 1] == '=') {
        out->len--;
    }
}


int
gw_password_hash(const gw_password_params_t *params, gw_str_t password,
    gw_buf_t *out)
{
    unsigned char  hash[PASSWORD_HASH];

    if (EVP_PBE_scrypt(password.len ? (char *) password.data : "",
                       password.len, params->salt, params->salt_len,
                       (uint64_t) 1 << params->ln, params->r, params->p,
                       PASSWORD_MEMORY, hash, sizeof(hash))
        != 1)
    {
        return GW_ENOMEM;
    }

    gw_buf_fmt(out, "$scrypt$ln=%u,r=%u,p=%u$", params->ln, params->r,
               params->p);
    password_base64(out, params->salt, params->salt_len);
    gw_buf_char(out, '$');
    password_base64(out, hash, sizeof(hash));
    OPENSSL_cleanse(hash, sizeof(hash));

    return out->failed ? GW_EFULL : GW_OK;
}


int
gw_password_judge(gw_str_t password, gw_buf_t *why)
{
    size_t  n, i, len;

    n = 0;
    for (i = 0; i < password.len; i += len) {
        len = gw_utf8_len(password.data + i, password.len - i);
        len = len ? len : 1;
        n++;
    }

    if (n < GW_PASSWORD_MIN || n > GW_PASSWORD_MAX) {
        gw_buf_fmt(why, "a password has %d to %d characters", GW_PASSWORD_MIN,
                   GW_PASSWORD_MAX);
        return GW_EINVAL;
    }

    if (gw_password_is_common(password)) {
        gw_buf_cstr(why, "this password is one of those that are tried first; "
                    "take another, say four words that do not belong "
                    "together");
        return GW_EINVAL;
    }

    return GW_OK;
}


int
gw_password_make(gw_str_t password, gw_buf_t *phc)
{
    int                   rc;
    gw_password_params_t  params;

    rc = gw_password_fresh(&params);

    return rc == GW_OK ? gw_password_hash(&params, password, phc) : rc;
}
