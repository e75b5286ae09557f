/* Reading TZif files (RFC 8536) and looking a time up in them. */
#include "shm/gw_zone.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZONE_DIR    "/usr/share/zoneinfo/"
#define ZONE_FILE   (64 * 1024)         /* bytes; the largest has 4 KiB      */
#define ZONE_SLOTS  48
#define ZONE_HEAD   44

/* A file and where things lie in it. */
typedef struct {
    char                  name[GW_ZONE_NAME + 1];
    unsigned char        *file;         /* NULL: the slot is free            */
    const unsigned char  *times, *kinds, *types, *names;
    uint32_t              n_times, n_types, n_names;
    const char           *rule;         /* "": none                          */
} zone_t;

struct gw_zones_s {
    zone_t    slot[ZONE_SLOTS];
    unsigned  next;                     /* to be given up                    */
};


static uint32_t
zone_u32(const unsigned char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | p[3];
}


static int64_t
zone_i64(const unsigned char *p)
{
    return (int64_t) ((uint64_t) zone_u32(p) << 32 | zone_u32(p + 4));
}


/*
 * The six counts of a header at p: of UT flags, standard flags, leap seconds,
 * times, types, characters. Bytes of the block behind it, 0: they are absurd.
 */
static size_t
zone_counts(const unsigned char *p, size_t time_size, uint32_t count[6])
{
    int  i;

    for (i = 0; i < 6; i++) {
        count[i] = zone_u32(p + 20 + i * 4);
        if (count[i] > ZONE_FILE) {
            return 0;
        }
    }

    return count[3] * (time_size + 1) + count[4] * 6 + count[5]
           + count[2] * (time_size + 4) + count[1] + count[0];
}


static bool
zone_head(const unsigned char *p, size_t n)
{
    return n >= ZONE_HEAD && memcmp(p, "TZif", 4) == 0 && p[4] >= '2';
}


/* Find the 64-bit block of z->file, its arrays and its rule. */
static int
zone_parse(zone_t *z, size_t n)
{
    size_t          at, len;
    uint32_t        i, count[6];
    unsigned char  *end;

    if (!zone_head(z->file, n)) {
        return GW_ECORRUPT;
    }

    at = ZONE_HEAD + zone_counts(z->file, 4, count);
    if (at > n || !zone_head(z->file + at, n - at)) {
        return GW_ECORRUPT;
    }

    len = zone_counts(z->file + at, 8, count);
    at += ZONE_HEAD;
    if (len == 0 || at + len >= n || count[4] == 0 || count[5] == 0) {
        return GW_ECORRUPT;
    }

    z->n_times = count[3];
    z->n_types = count[4];
    z->n_names = count[5];
    z->times = z->file + at;
    z->kinds = z->times + (size_t) z->n_times * 8;
    z->types = z->kinds + z->n_times;
    z->names = z->types + (size_t) z->n_types * 6;

    for (i = 0; i < z->n_times; i++) {
        if (z->kinds[i] >= z->n_types) {
            return GW_ECORRUPT;
        }
    }

    at += len + 1;                      /* the rule stands in two line ends */
    end = at < n ? memchr(z->file + at, '\n', n - at) : NULL;
    z->rule = "";
    if (end != NULL) {
        *end = '\0';
        z->rule = (char *) z->file + at;
    }

    return GW_OK;
}


static bool
zone_named(gw_str_t name)
{
    size_t  i;

    for (i = 0; i < name.len; i++) {
        if (!isalnum(name.data[i])
            && (memchr("_+-/", name.data[i], 4) == NULL
                || (i == 0 && name.data[i] == '/')))
        {
            return false;
        }
    }

    return name.len > 0 && name.len <= GW_ZONE_NAME;
}


static int
zone_read(zone_t *z)
{
    int          fd;
    char         path[sizeof(ZONE_DIR) + GW_ZONE_NAME];
    ssize_t      n;
    struct stat  st;

    (void) snprintf(path, sizeof(path), ZONE_DIR "%s", z->name);
    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return GW_ENOTFOUND;
    }

    n = -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && st.st_size > ZONE_HEAD && st.st_size <= ZONE_FILE)
    {
        z->file = malloc((size_t) st.st_size);
        n = z->file != NULL ? read(fd, z->file, (size_t) st.st_size) : 0;
    }

    (void) close(fd);

    return n == 0 ? GW_ENOMEM
           : n < 4 || memcmp(z->file, "TZif", 4) != 0 ? GW_ENOTFOUND
           : zone_parse(z, (size_t) n);
}


static void
zone_drop(zone_t *z)
{
    free(z->file);
    memset(z, 0, sizeof(zone_t));
}


static int
zone_find(gw_zones_t *zones, gw_str_t name, zone_t **out)
{
    int        rc;
    zone_t    *z;
    unsigned   i;

    for (i = 0; i < ZONE_SLOTS; i++) {
        z = &zones->slot[i];
        if (z->file != NULL && gw_str_is(name, z->name)) {
            *out = z;
            return GW_OK;
        }
    }

    if (!zone_named(name)) {
        return GW_ENOTFOUND;
    }

    z = &zones->slot[zones->next];
    zones->next = (zones->next + 1) % ZONE_SLOTS;
    zone_drop(z);
    memcpy(z->name, name.data, name.len);
    rc = zone_read(z);
    if (rc != GW_OK) {
        zone_drop(z);
        return rc;
    }

    *out = z;
    return GW_OK;
}


/* How many of the changes are not after `at`. */
static uint32_t
zone_changes(const zone_t *z, int64_t at)
{
    uint32_t  low, high, mid;

    low = 0;
    high = z->n_times;
    while (low < high) {
        mid = (low + high) / 2;
        if (zone_i64(z->times + (size_t) mid * 8) <= at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return low;
}


int
gw_zone_at(gw_zones_t *zones, gw_str_t name, int64_t at, int32_t *offset,
    char abbr[GW_ZONE_ABBR])
{
    int                   rc;
    zone_t               *z;
    uint32_t              n, from;
    const unsigned char  *type;

    rc = zone_find(zones, name, &z);
    if (rc != GW_OK) {
        return rc;
    }

    n = zone_changes(z, at);
    if (n == z->n_times && *z->rule != '\0') {
        rc = gw_zone_rule(z->rule, at, offset, abbr);
        return rc == GW_OK ? GW_OK : GW_ECORRUPT;
    }

    type = z->types + (n > 0 ? (size_t) z->kinds[n - 1] * 6 : 0);
    *offset = (int32_t) zone_u32(type);
    from = type[5] < z->n_names ? type[5] : 0;
    (void) snprintf(abbr, GW_ZONE_ABBR, "%.*s", (int) (z->n_names - from),
                    (const char *) z->names + from);
    return GW_OK;
}


bool
gw_zone_is(gw_str_t name)
{
    int     rc;
    zone_t  z;

    if (!zone_named(name)) {
        return false;
    }

    memset(&z, 0, sizeof(zone_t));
    memcpy(z.name, name.data, name.len);
    rc = zone_read(&z);
    zone_drop(&z);
    return rc == GW_OK;
}


int
gw_zones_create(gw_zones_t **out)
{
    *out = calloc(1, sizeof(gw_zones_t));
    return *out != NULL ? GW_OK : GW_ENOMEM;
}


void
gw_zones_free(gw_zones_t *zones)
{
    unsigned  i;

    for (i = 0; zones != NULL && i < ZONE_SLOTS; i++) {
        free(zones->slot[i].file);
    }

    free(zones);
}
