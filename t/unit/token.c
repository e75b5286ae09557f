/* Tracking tokens: round trip, rotation, every way to be wrong. */
#include <glob.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shm/gw_token.h"
#include "t/unit/alloc.h"
#include "t/unit/tap.h"

#define KEY_ZEROS  "00000000000000000000000000000000000000000000000000000000"

static char  path[] = "/tmp/godwit-token-XXXXXX";


static void
keys_file(const char *text)
{
    FILE  *f;

    f = fopen(path, "w");
    fputs(text, f);
    (void) fclose(f);
}


static gw_token_keys_t *
keys_load(const char *want)
{
    char              mem[512];
    gw_buf_t          err;
    gw_token_keys_t  *keys;

    keys = NULL;
    gw_buf_fixed(&err, mem, sizeof(mem));
    if (gw_token_keys_load(&keys, path, &err) != GW_OK) {
        ok(strstr(gw_buf_c(&err), want) != NULL, "refused: %s",
           gw_buf_c(&err));
    }

    return keys;
}


static void
test_round_trip(gw_token_keys_t *keys, gw_buf_t *text)
{
    char           mem[256];
    gw_buf_t       url;
    unsigned long  before;
    unsigned char  payload[GW_TOKEN_PAYLOAD];
    gw_token_t     u;
    gw_token_t     t = { 0, GW_TOKEN_CLICK, GW_TOKEN_CAMPAIGN, 513, 7,
                         1ULL << 40, 9, 1700000000 };

    gw_buf_reset(text);
    is_int(gw_token_sign(keys, &t, gw_str_of(""), text), GW_OK, "sign");
    is_int(text->len, GW_TOKEN_TEXT, "54 characters");

    before = alloc_count;
    is_int(gw_token_open(keys, gw_buf_view(text), &u, payload, NULL), GW_OK,
           "open");
    is_int(alloc_count - before, 0, "a check allocates nothing");
    ok(u.what == t.what && u.kind == t.kind && u.link == 513
       && u.tenant == 7 && u.id == t.id && u.id2 == 9 && u.time == t.time,
       "all fields come back");
    gw_token_unpack(&u, payload);
    is_int(u.id, t.id, "so does the payload");

    gw_buf_reset(text);
    gw_buf_fixed(&url, mem, sizeof(mem));
    is_int(gw_token_sign(keys, &t, gw_str_of("https://a.example/?x=1"), text),
           GW_OK, "sign with a URL");
    is_int(gw_token_open(keys, gw_buf_view(text), &u, NULL, &url), GW_OK,
           "open with a URL");
    is_str(gw_buf_view(&url), "https://a.example/?x=1", "the URL");
    is_int(gw_token_open(keys, gw_buf_view(text), &u, NULL, NULL), GW_EINVAL,
           "a URL where none may be");
}


static void
test_wrong(gw_token_keys_t *keys, gw_buf_t *text)
{
    size_t         i;
    unsigned       opened;
    gw_token_t     u;
    unsigned char  was;

    opened = 0;
    for (i = 0; i < text->len; i++) {
        was = text->data[i];
        text->data[i] = was == 'A' ? 'B' : 'A';
        opened += gw_token_open(keys, gw_buf_view(text), &u, NULL, NULL)
                  == GW_OK;
        text->data[i] = was;
    }
    is_int(opened, 0, "no changed character passes");

    for (i = 0; i < text->len; i++) {
        opened += gw_token_open(keys, gw_str_make(text->data, i), &u, NULL,
                                NULL) == GW_OK;
    }
    is_int(opened, 0, "no cut one passes");
}


static void
test_rotation(gw_buf_t *text)
{
    char              oldmem[128];
    gw_buf_t          old;
    gw_token_t        u;
    gw_token_t        t = { 0, GW_TOKEN_OPEN, 0, 0, 1, 2, 3, 4 };
    gw_token_keys_t  *keys;

    keys_file("1 " KEY_ZEROS "00000001\n");
    keys = keys_load("");
    gw_buf_fixed(&old, oldmem, sizeof(oldmem));
    ok(gw_token_sign(keys, &t, gw_str_of(""), &old) == GW_OK, "old key");
    gw_token_keys_free(keys);

    keys_file("# new first\n2 " KEY_ZEROS "00000002\n1 " KEY_ZEROS
              "00000001\n");
    keys = keys_load("");
    is_int(gw_token_open(keys, gw_buf_view(&old), &u, NULL, NULL), GW_OK,
           "an old token after rotation");
    gw_buf_reset(text);
    ok(gw_token_sign(keys, &t, gw_str_of(""), text) == GW_OK, "sign");
    ok(gw_token_open(keys, gw_buf_view(text), &u, NULL, NULL) == GW_OK
       && u.key == 2, "the first key signs");
    gw_token_keys_free(keys);

    keys_file("300 00\n");
    ok(keys_load("an id from 1 to 255") == NULL, "a wrong id");
    keys_file("1 00\n");
    ok(keys_load("not 64 hexadecimal digits") == NULL, "a short key");
    keys_file("");
    ok(keys_load("holds no key") == NULL, "an empty file");
}


/* Killed in the middle of its write, by its own limit of a file's size. */
static void
test_killed(void)
{
    int            status;
    char           all[64];
    pid_t          pid;
    glob_t         g;
    size_t         i;
    struct rlimit  none = { 0, 0 };

    (void) unlink(path);
    pid = fork();
    if (pid == 0) {
        (void) setrlimit(RLIMIT_CORE, &none);
        (void) setrlimit(RLIMIT_FSIZE, &none);
        _exit(gw_token_keys_create(path));
    }

    (void) waitpid(pid, &status, 0);
    ok(WIFSIGNALED(status), "killed while it makes a key file");
    ok(access(path, F_OK) != 0, "it has left none");

    (void) snprintf(all, sizeof(all), "%s.*", path);
    if (glob(all, 0, NULL, &g) == 0) {
        for (i = 0; i < g.gl_pathc; i++) {
            (void) unlink(g.gl_pathv[i]);
        }
        globfree(&g);
    }
}


/* As the left side of an address, in whatever case it comes back. */
static void
test_name(gw_token_keys_t *keys)
{
    size_t         i;
    gw_token_t     t = { 0, GW_TOKEN_RETURN, 1, 0, 7, 1ULL << 40, 9, 10 }, back;
    unsigned char  name[GW_TOKEN_NAME];

    is_int(gw_token_sign_name(keys, &t, name), GW_OK, "a name");
    for (i = 0; i < sizeof(name); i += 2) {
        name[i] &= name[i] >= 'a' ? 0xdf : 0xff;
    }

    is_int(gw_token_open_name(keys, gw_str_make(name, sizeof(name)), &back),
           GW_OK, "is read in either case");
    ok(back.what == t.what && back.kind == 1 && back.tenant == 7
       && back.id == t.id && back.id2 == 9 && back.time == 10, "all of it");
    name[30] = (name[30] | 0x20) == 'q' ? 'r' : 'q';
    is_int(gw_token_open_name(keys, gw_str_make(name, sizeof(name)), &back),
           GW_EINVAL, "not when it was changed");
    is_int(gw_token_open_name(keys, gw_str_make(name, 63), &back), GW_EINVAL,
           "nor cut short");
}


int
main(void)
{
    char              mem[8192];
    gw_buf_t          text;
    gw_token_t        t = { 0, GW_TOKEN_OPEN, 0, 0, 1, 2, 3, 4 };
    struct stat       st;
    gw_token_keys_t  *keys;

    (void) close(mkstemp(path));
    is_int(gw_token_keys_create(path), GW_EBUSY, "a key file is kept");
    test_killed();
    is_int(gw_token_keys_create(path), GW_OK, "a new key file");
    (void) stat(path, &st);
    is_int(st.st_mode & 0777, 0600, "readable by its owner only");
    keys = keys_load("");
    ok(keys != NULL, "loads");
    if (keys == NULL) {
        return done();
    }

    gw_buf_fixed(&text, mem, sizeof(mem));
    test_round_trip(keys, &text);
    gw_buf_reset(&text);
    ok(gw_token_sign(keys, &t, gw_str_of(""), &text) == GW_OK, "sign");
    test_wrong(keys, &text);
    test_name(keys);
    gw_token_keys_free(keys);

    test_rotation(&text);
    (void) unlink(path);
    return done();
}
