/* Events of sites and apps: what is asked of them. */
#include "shm/gw_tracked.h"

#include <stdio.h>

#include "shm/gw_clock.h"
#include "shm/gw_json_pick.h"

#define TRACKED_DAY_US  (24 * 3600 * 1000000LL)

enum {
    TRACKED_TYPE, TRACKED_EVENT, TRACKED_NAME, TRACKED_USER, TRACKED_ANONYMOUS,
    TRACKED_PREVIOUS, TRACKED_MESSAGE, TRACKED_PROPERTIES, TRACKED_TRAITS,
    TRACKED_CONTEXT, TRACKED_ORIGINAL, TRACKED_TIMESTAMP, TRACKED_SENT,
    TRACKED_VISIT, TRACKED_KEY, TRACKED_NAMES
};

static const gw_str_t  tracked_names[TRACKED_NAMES] = {
    gw_string("type"), gw_string("event"), gw_string("name"),
    gw_string("userId"), gw_string("anonymousId"), gw_string("previousId"),
    gw_string("messageId"), gw_string("properties"), gw_string("traits"),
    gw_string("context"), gw_string("originalTimestamp"),
    gw_string("timestamp"), gw_string("sentAt"), gw_string("visit"),
    gw_string("writeKey")
};

/* What each must be when it is there; null is as good as missing. */
enum { FORM_LINE, FORM_OBJECT, FORM_PLAIN };

static const unsigned char  tracked_forms[TRACKED_NAMES] = {
    FORM_PLAIN, FORM_LINE, FORM_LINE, FORM_LINE, FORM_LINE, FORM_LINE,
    FORM_LINE, FORM_OBJECT, FORM_OBJECT, FORM_OBJECT, FORM_PLAIN, FORM_PLAIN,
    FORM_PLAIN, FORM_PLAIN, FORM_PLAIN
};

#define HAS(name)  (1u << (name))

/* Members that each kind must have: all of `all`, and one of `any`. */
static const struct {
    const char  *name;
    uint8_t      kind;
    unsigned     all, any;
} tracked_kinds[] = {
    { "track", GW_TRACKED_TRACK, HAS(TRACKED_EVENT),
      HAS(TRACKED_USER) | HAS(TRACKED_ANONYMOUS) },
    { "page", GW_TRACKED_PAGE, 0,
      HAS(TRACKED_USER) | HAS(TRACKED_ANONYMOUS) },
    { "identify", GW_TRACKED_IDENTIFY, 0,
      HAS(TRACKED_USER) | HAS(TRACKED_ANONYMOUS) },
    { "alias", GW_TRACKED_ALIAS, HAS(TRACKED_USER) | HAS(TRACKED_PREVIOUS),
      HAS(TRACKED_USER) },
    { "screen", GW_TRACKED_PAGE, 0,
      HAS(TRACKED_USER) | HAS(TRACKED_ANONYMOUS) }
};

#define TRACKED_KINDS  (sizeof(tracked_kinds) / sizeof(tracked_kinds[0]))


static int
tracked_refuse(gw_tracked_error_t *err, const char *name, const char *rule,
    const char *message)
{
    err->rule = rule;
    (void) snprintf(err->pointer, sizeof(err->pointer), "%s%s",
                    *name != '\0' ? "/" : "", name);
    (void) snprintf(err->message, sizeof(err->message), "%s", message);
    return GW_EINVAL;
}


static int
tracked_member(gw_tracked_error_t *err, unsigned member, const char *rule,
    const char *what)
{
    char         text[160];
    const char  *name;

    name = (const char *) tracked_names[member].data;
    (void) snprintf(text, sizeof(text), "\"%s\" %s.", name, what);
    return tracked_refuse(err, name, rule, text);
}


unsigned
gw_tracked_kind(gw_str_t name)
{
    size_t  i;

    for (i = 0; i < TRACKED_KINDS; i++) {
        if (gw_str_is(name, tracked_kinds[i].name)) {
            return tracked_kinds[i].kind;
        }
    }

    return 0;
}


/* The members of text, each of its form; *has: a bit for each that is there. */
static int
tracked_members(gw_str_t text, gw_str_t *v, unsigned *has,
    gw_tracked_error_t *err)
{
    unsigned         i;
    gw_json_error_t  why;

    *has = 0;
    if (gw_json_pick(text, tracked_names, TRACKED_NAMES, v, &why) != GW_OK) {
        return tracked_refuse(err, "", why.rule, why.message);
    }

    for (i = 0; i < TRACKED_NAMES; i++) {
        if (v[i].data == NULL || gw_str_is(v[i], "null")) {
            v[i] = gw_str_of(NULL);
            continue;
        }

        if (tracked_forms[i] == FORM_OBJECT) {
            if (v[i].data[0] != '{') {
                return tracked_member(err, i, "type", "is not an object");
            }

        } else if (v[i].data[0] != '"') {
            return tracked_member(err, i, "type", "is not a text");

        } else if (v[i].len == 2) {
            return tracked_member(err, i, "minLength", "is empty");

        } else if (tracked_forms[i] == FORM_PLAIN) {
            if (gw_json_plain(v[i], &v[i]) != GW_OK) {
                return tracked_member(err, i, "pattern", "has an escape");
            }

        } else if (v[i].len - 2 > GW_TRACKED_ID_MAX) {
            return tracked_member(err, i, "maxLength",
                                  "has more than 200 bytes");
        }

        *has |= HAS(i);
    }

    return GW_OK;
}


static int
tracked_time(gw_str_t text, unsigned member, int64_t *at,
    gw_tracked_error_t *err)
{
    return gw_clock_parse(text, at) == GW_OK
           ? GW_OK
           : tracked_member(err, member, "format",
                            "is not a time like 2026-01-31T12:00:00Z");
}


/*
 * When it was: a sender whose clock is wrong says by the same clock when it
 * sent it. Nothing is of the future.
 */
static int
tracked_at(gw_tracked_t *e, const gw_str_t *v, int64_t now, int64_t sent,
    gw_tracked_error_t *err)
{
    int       rc;
    unsigned  member;

    e->at = now;
    if (v[TRACKED_SENT].data != NULL) {
        rc = tracked_time(v[TRACKED_SENT], TRACKED_SENT, &sent, err);
        if (rc != GW_OK) {
            return rc;
        }
    }

    member = v[TRACKED_ORIGINAL].data != NULL ? TRACKED_ORIGINAL
                                              : TRACKED_TIMESTAMP;
    if (v[member].data == NULL) {
        return GW_OK;
    }

    rc = tracked_time(v[member], member, &e->at, err);
    if (rc != GW_OK) {
        return rc;
    }

    e->at += sent != 0 ? now - sent : 0;
    e->at = e->at < now ? e->at : now;

    return e->at >= now - GW_TRACKED_DAYS * TRACKED_DAY_US
           ? GW_OK : tracked_member(err, member, "minimum",
                                    "is more than 35 days ago");
}


/* Does it have what its kind must have? */
static int
tracked_whole(const gw_tracked_t *e, unsigned has, gw_tracked_error_t *err)
{
    size_t    i;
    unsigned  m;

    for (i = 0; tracked_kinds[i].kind != e->kind; i++) { /* void */ }

    for (m = 0; m < TRACKED_NAMES; m++) {
        if (tracked_kinds[i].all & ~has & HAS(m)) {
            return tracked_member(err, m, "required", "is missing");
        }
    }

    return has & tracked_kinds[i].any
           ? GW_OK
           : tracked_refuse(err, "anonymousId", "required",
                            "\"userId\" or \"anonymousId\" is missing.");
}


int
gw_tracked_judge(gw_tracked_t *e, unsigned kind, gw_str_t text, int64_t now,
    int64_t sent, gw_str_t *key, gw_tracked_error_t *err)
{
    int       rc;
    gw_str_t  v[TRACKED_NAMES];
    unsigned  has;

    if (text.len > GW_TRACKED_TEXT_MAX) {
        return tracked_refuse(err, "", "maxLength",
                              "An event has at most 32 KB.");
    }

    rc = tracked_members(text, v, &has, err);
    if (rc != GW_OK) {
        return rc;
    }

    if (kind == 0) {
        kind = gw_tracked_kind(v[TRACKED_TYPE]);
        if (kind == 0) {
            return tracked_member(err, TRACKED_TYPE, "enum", "is none of "
                                  "track, page, screen, identify, alias");
        }
    }

    e->kind = (uint8_t) kind;
    e->text = text;
    e->visit = v[TRACKED_VISIT];
    *key = v[TRACKED_KEY];

    rc = tracked_whole(e, has, err);
    return rc == GW_OK ? tracked_at(e, v, now, sent, err) : rc;
}


int
gw_tracked_batch(gw_str_t text, gw_str_t *items, int64_t *sent,
    gw_str_t *key, gw_tracked_error_t *err)
{
    gw_str_t               v[3];
    gw_json_error_t        why;
    static const gw_str_t  names[] = {
        gw_string("batch"), gw_string("sentAt"), gw_string("writeKey")
    };

    if (gw_json_pick(text, names, 3, v, &why) != GW_OK) {
        return tracked_refuse(err, "", why.rule, why.message);
    }

    if (v[0].data == NULL || v[0].data[0] != '[') {
        return tracked_refuse(err, "batch", "type",
                              "\"batch\" is not a list of events.");
    }

    *items = v[0];
    *sent = 0;
    *key = gw_str_of(NULL);

    if (v[1].data != NULL && !gw_str_is(v[1], "null")
        && (gw_json_plain(v[1], &v[1]) != GW_OK
            || gw_clock_parse(v[1], sent) != GW_OK))
    {
        return tracked_member(err, TRACKED_SENT, "format",
                              "is not a time like 2026-01-31T12:00:00Z");
    }

    if (v[2].data != NULL && gw_json_plain(v[2], key) != GW_OK) {
        return tracked_member(err, TRACKED_KEY, "type", "is not a text");
    }

    return GW_OK;
}
