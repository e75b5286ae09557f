/* Secrets: sealed at the edge, opened by the worker, refused by name. */
#include "worker/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shm/gw_codec.h"
#include "shm/gw_seal.h"
#include "t/unit/tap.h"

#define ID     "11111111-2222-4333-8444-555555555555"
#define OTHER  "99999999-2222-4333-8444-555555555555"

static char           folder[] = "/tmp/gw-secret-XXXXXX";
static secret_keys_t  *keys;


/* bytes as Postgres prints them */
static char *
printed(gw_str_t bytes)
{
    char  *text;

    text = calloc(1, 2 * bytes.len + 3);
    memcpy(text, "\\x", 2);
    gw_hex_encode((unsigned char *) text + 2, bytes.data, bytes.len);
    return text;
}


/* what opening it says: the secret, or why not behind "workspace N " */
static const char *
said(const char *tenant, const char *id, const char *sealed,
    const char *wrapped)
{
    static char   out[512];
    gw_buf_t      plain, err;
    char          mem[400];
    secret_row_t  row = { tenant, id, sealed, wrapped };

    gw_buf_init(&plain, 65536);
    gw_buf_fixed(&err, mem, sizeof(mem));

    if (secret_unseal(keys, &row, &plain, &err) == GW_OK) {
        (void) snprintf(out, sizeof(out), "%.*s", (int) plain.len,
                        (char *) plain.data);
    } else {
        (void) snprintf(out, sizeof(out), "%s", strstr(gw_buf_c(&err), "open: ")
                        ? strstr(gw_buf_c(&err), "open: ") + 6
                        : gw_buf_c(&err));
    }

    secret_wipe(&plain);
    return out;
}


#define CHANGED  "it was changed or cut short, or belongs to another "
#define is(got, want, name)  is_str(gw_str_of(got), want, name)


static void
test_files(const char *state)
{
    char         mem[300], path[SECRET_PATH_MAX], pub[SECRET_PATH_MAX + 4];
    gw_buf_t     err;
    gw_conf_t    conf = { 0 };
    struct stat  st;

    conf.state = gw_str_of(state);
    gw_buf_fixed(&err, mem, sizeof(mem));
    (void) snprintf(path, sizeof(path), "%s/keys", state);
    (void) mkdir(path, 0700);

    ok(secret_keys_open(&keys, &conf, &err) == GW_ENOTFOUND, "no file yet");
    ok(secret_keys_create(&conf, path, &err) == GW_OK, "it is made");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0400, "mode 0400");
    (void) snprintf(pub, sizeof(pub), "%s.pub", path);
    ok(stat(pub, &st) == 0 && (st.st_mode & 0777) == 0444,
       "its public half 0444");
    ok(secret_keys_create(&conf, path, &err) == GW_EBUSY, "it stays");
    ok(secret_keys_open(&keys, &conf, &err) == GW_OK
       && secret_keys_newest(keys)->version == 1, "and is read");
}


/* sealed by the public half of the file as it is now */
static char *
sealed_at_edge(const char *id, const char *plain)
{
    int               rc;
    char              pub[SECRET_PATH_MAX + 4], *text;
    gw_buf_t          out, err;
    char              mem[300];
    gw_seal_public_t  key;

    gw_buf_init(&out, 70000);
    gw_buf_fixed(&err, mem, sizeof(mem));
    (void) snprintf(pub, sizeof(pub), "%s.pub", keys->path);
    rc = gw_seal_public_load(&key, pub, &err);
    rc = rc == GW_OK ? gw_seal(&key, id, gw_str_of(plain), &out) : rc;
    text = rc == GW_OK ? printed(gw_buf_view(&out)) : NULL;
    gw_buf_free(&out);
    return text;
}


/* one digit of the bytes printed, from the end or the beginning */
static void
flip(char *text, int at)
{
    char  *p;

    p = at < 0 ? text + strlen(text) + at : text + 2 + at;
    *p = *p == '0' ? '1' : '0';
}


static void
test_edge(void)
{
    char      *one, *two;
    size_t     n, cut;

    one = sealed_at_edge(ID, "swordfish");
    two = sealed_at_edge(ID, "swordfish");

    is(said("7", ID, one, ""), "swordfish", "what the edge has sealed opens");
    ok(strcmp(one, two) != 0, "twice is not the same");
    is(said("7", OTHER, one, ""), CHANGED "secret or key file",
       "not as another secret");

    flip(two, -1);
    is(said("7", ID, two, ""), CHANGED "secret or key file", "a flipped tag");
    flip(one, 0);
    is(said("7", ID, one, ""), "it is of no form that is known",
       "another form");
    flip(one, 0);
    flip(one, 9);
    is(said("7", ID, one, ""), "version 0 is not in the key file",
       "another version");
    flip(one, 9);

    for (n = strlen(one), cut = 0; n > 1; n--) {
        one[n - 1] = '\0';
        cut += strstr(said("7", ID, one, ""), "cut short") != NULL;
    }

    ok(cut + 1 == 2 * (GW_SEAL_HEAD + 9 + GW_CRYPT_TAG) + 2,
       "cut short anywhere");

    free(one);
    free(two);
}


static char *
made(int (*make)(gw_buf_t *out, gw_buf_t *err, const char *a, const char *b,
    const char *c), const char *a, const char *b, const char *c)
{
    gw_buf_t  out, err;
    char      mem[300], *text;

    gw_buf_init(&out, 70000);
    gw_buf_fixed(&err, mem, sizeof(mem));
    text = make(&out, &err, a, b, c) == GW_OK ? strdup(gw_buf_c(&out)) : NULL;
    gw_buf_free(&out);
    return text;
}


static int
new_key(gw_buf_t *out, gw_buf_t *err, const char *tenant, const char *b,
    const char *c)
{
    return secret_new_key(keys, tenant, out, err);
}


/* the tenant is 7 */
static int
bound(gw_buf_t *out, gw_buf_t *err, const char *id, const char *wrapped,
    const char *plain)
{
    secret_row_t  row = { "7", id, NULL, NULL };

    return secret_seal(keys, &row, wrapped, gw_str_of(plain), out, err);
}


static void
test_bound(void)
{
    char  *dek, *foreign, *a, *b, *was;

    dek = made(new_key, "7", NULL, NULL);
    foreign = made(new_key, "8", NULL, NULL);
    a = made(bound, ID, dek, "alpha");
    b = made(bound, OTHER, dek, "beta");

    is(said("7", ID, a, dek), "alpha", "the envelope opens");
    is(said("7", OTHER, b, dek), "beta", "each its own");
    is(said("7", ID, b, dek), CHANGED "secret, workspace or key file",
       "two that were swapped");
    is(said("8", ID, a, foreign), CHANGED "secret, workspace or key file",
       "a row that went to another workspace");
    is(said("8", ID, a, dek), "the key of its workspace was changed, or "
       "belongs to another workspace or key file", "with its key, too");
    is(said("7", ID, a, ""), "the key of its workspace is missing or damaged",
       "without its key");
    is(said("7", ID, dek, dek), CHANGED "secret, workspace or key file",
       "what belongs to another column");

    was = strdup(a);
    flip(a, -1);
    is(said("7", ID, a, dek), CHANGED "secret, workspace or key file",
       "a flipped tag");
    a[2 + 10] = '0';
    a[2 + 11] = '8';
    is(said("7", ID, a, dek), "its nonce has not 12 bytes",
       "a nonce of another length");
    was[strlen(was) - 4] = '\0';
    is(said("7", ID, was, dek), CHANGED "secret, workspace or key file",
       "cut short");
    was[2 + 2 * 20] = '\0';
    is(said("7", ID, was, dek), "it is cut short", "cut to its head");

    free(was);
    free(dek);
    free(foreign);
    free(a);
    free(b);
}


static void
test_versions(void)
{
    char      *dek, *a, *edge;
    bool       gone[SECRET_KEYS_MAX] = { true };
    gw_buf_t   err;
    char       mem[300];

    dek = made(new_key, "7", NULL, NULL);
    a = made(bound, ID, dek, "alpha");
    edge = sealed_at_edge(OTHER, "gamma");
    gw_buf_fixed(&err, mem, sizeof(mem));

    ok(secret_keys_add(keys, &err) == GW_OK
       && secret_keys_newest(keys)->version == 2, "another version");
    is(said("7", ID, a, dek), "alpha", "the older one still opens");
    is(said("7", OTHER, edge, ""), "gamma", "and what edges sealed with it");
    ok(made(bound, ID, dek, "x") == NULL, "nothing is sealed with it");
    ok(secret_keys_drop(keys, gone, &err) == GW_OK && keys->n == 1,
       "it leaves the file");
    is(said("7", ID, a, dek), "version 1 is not in the key file",
       "then nothing of it opens");

    free(dek);
    free(a);
    free(edge);
}


static void
test_forms(void)
{
    char      mem[128];
    gw_buf_t  out;

    /* RFC 5869, test case 3: no salt, no info */
    unsigned char         key[42];
    static unsigned char  secret[22];
    char                  hex[85] = "";

    gw_buf_fixed(&out, mem, sizeof(mem));
    ok(gw_seal_form(gw_str_of("whsec"))->make(&out) == GW_OK && out.len == 50
       && memcmp(mem, "whsec_", 6) == 0, "a secret of webhooks");
    gw_buf_reset(&out);
    ok(gw_seal_form(gw_str_of("totp"))->make(&out) == GW_OK && out.len == 32
       && strspn(gw_buf_c(&out), "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == 32,
       "one of an authenticator");
    ok(gw_seal_form(gw_str_of("none")) == NULL, "no other form");

    memset(secret, 0x0b, sizeof(secret));
    ok(gw_hkdf(gw_str_make(secret, 22), gw_str_of(NULL), "", key, 42) == GW_OK,
       "HKDF");
    gw_hex_encode((unsigned char *) hex, key, 42);
    is(hex, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
       "9d201395faa4b61a96c8", "as RFC 5869 has it");
}


int
main(void)
{
    char  command[128];

    if (mkdtemp(folder) == NULL) {
        return 1;
    }

    test_files(folder);
    test_edge();
    test_bound();
    test_versions();
    test_forms();
    secret_keys_free(keys);

    (void) snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command) == 0 ? done() : 1;
}
