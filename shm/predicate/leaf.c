/* Compiling the conditions of a predicate, kind by kind. */
#include "shm/predicate/read.h"

#define LEAF_NAME  200          /* characters */

static const char *const  leaf_fields[] = {
    "id", "email", "phone", "external_id", "first_name", "last_name", "zone",
    "locale", "created_at", "updated_at", NULL
};

static const char *const  leaf_company[] = {
    "id", "name", "domain", "created_at", "updated_at", NULL
};

static const char *const  leaf_channels[] = {
    "email", "sms", "whatsapp", "voice", NULL
};

static const char *const  leaf_consents[] = {
    "granted", "revoked", "unknown", NULL
};

static const char *const  leaf_did[] = {
    "sent", "opened", "clicked", "unsubscribed", NULL
};


/* A member that is one of these words. */
static int
leaf_word(predicate_read_t *r, const json_t *doc, const char *key,
    const char *const *words, gw_str_t *out)
{
    int  rc, i;

    rc = predicate_read_word(r, doc, key, words, &i);
    if (rc == GW_OK) {
        *out = gw_str_of(words[i]);
    }

    return rc;
}


/* A member that is an id: the prefix, then 1 to 18 digits. */
static int
leaf_id(predicate_read_t *r, const json_t *doc, const char *key,
    const char *prefix, gw_str_t *out)
{
    size_t     n;
    long long  id;

    n = strlen(prefix);

    return predicate_text(json_object_get(doc, key), out)
           && out->len > n && out->len <= n + 18
           && memcmp(out->data, prefix, n) == 0 && out->data[n] != '0'
           && gw_str_int(gw_str_make(out->data + n, out->len - n), 1,
                         999999999999999999, &id) == GW_OK ? GW_OK
           : predicate_wrong(r, key, "\"%s\" is not an id like %s42", key,
                             prefix);
}


static int
leaf_window(predicate_read_t *r, const json_t *doc, predicate_node_t *n)
{
    size_t    i;
    gw_str_t  *text;
    int64_t   *at;
    const struct {
        const char  *key;
        int64_t     *at;
        gw_str_t    *text;
    }         bounds[] = {
        { "within", &n->u.event.within, &n->u.event.within_text },
        { "since", &n->u.event.since, &n->u.event.since_text },
        { "before", &n->u.event.before, &n->u.event.before_text }
    };

    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        if (json_object_get(doc, bounds[i].key) == NULL) {
            continue;
        }
        at = bounds[i].at;
        text = bounds[i].text;
        if ((i == 0 ? predicate_read_span(r, doc, bounds[i].key, at)
                    : predicate_read_time(r, doc, bounds[i].key, at)) != GW_OK)
        {
            return GW_EINVAL;
        }
        (void) predicate_text(json_object_get(doc, bounds[i].key), text);
    }

    return GW_OK;
}


static int
leaf_event(predicate_read_t *r, const json_t *doc, predicate_node_t *n)
{
    int  rc, op;

    n->u.event.op = PREDICATE_TIMES_LEAST;
    n->u.event.times = 1;

    if (json_object_get(doc, "op") != NULL
        || json_object_get(doc, "times") != NULL)
    {
        rc = predicate_read_word(r, doc, "op", predicate_times, &op);
        if (rc == GW_OK) {
            rc = predicate_read_int(r, doc, "times", 0, 1000000,
                                    &n->u.event.times);
            n->u.event.op = op;
        }
        if (rc != GW_OK) {
            return rc;
        }
    }

    return leaf_window(r, doc, n);
}


/* The object below the key, with these members and no others. */
static const json_t *
leaf_object(predicate_read_t *r, const json_t *doc, const char *key,
    const char *const *members)
{
    json_t  *v;

    v = json_object_get(doc, key);
    if (!json_is_object(v)) {
        (void) predicate_wrong(r, key, "\"%s\" is not an object", key);
        return NULL;
    }

    gw_buf_fmt(&r->path, "/%s", key);

    return predicate_read_members(r, v, members) == GW_OK ? v : NULL;
}


static int
leaf_near(predicate_read_t *r, const json_t *doc, predicate_node_t *n)
{
    const json_t             *v;
    static const char *const  members[] = {
        "latitude", "longitude", "kilometres", NULL
    };

    v = leaf_object(r, doc, "near", members);

    return v != NULL
           && predicate_read_number(r, v, "latitude", -90, 90,
                                    &n->u.near.latitude) == GW_OK
           && predicate_read_number(r, v, "longitude", -180, 180,
                                    &n->u.near.longitude) == GW_OK
           && predicate_read_number(r, v, "kilometres", 0, 20000,
                                    &n->u.near.kilometres) == GW_OK
           ? GW_OK : GW_EINVAL;
}


static int
leaf_bucket(predicate_read_t *r, const json_t *doc, predicate_node_t *n)
{
    int64_t                   from, to;
    const json_t             *v;
    static const char *const  members[] = { "salt", "from", "to", NULL };

    v = leaf_object(r, doc, "bucket", members);

    if (v == NULL
        || predicate_read_text(r, v, "salt", LEAF_NAME, &n->name) != GW_OK
        || predicate_read_int(r, v, "from", 0, 99, &from) != GW_OK
        || predicate_read_int(r, v, "to", 1, 100, &to) != GW_OK)
    {
        return GW_EINVAL;
    }

    n->u.bucket.from = (int) from;
    n->u.bucket.to = (int) to;

    return from < to ? GW_OK
           : predicate_wrong(r, "to", "\"to\" is not more than \"from\"");
}


/* One of these fields, and a test of it. */
static int
leaf_field(predicate_read_t *r, const json_t *doc, const char *key,
    const char *const *fields, predicate_node_t *n)
{
    int  rc;

    rc = leaf_word(r, doc, key, fields, &n->name);

    return rc == GW_OK
           ? predicate_read_test(r, doc, predicate_field_is_time(n->name),
                                 &n->u.test) : rc;
}


/* A name that is anybody's, and a test of what it has. */
static int
leaf_member(predicate_read_t *r, const json_t *doc, const char *key,
    predicate_node_t *n)
{
    int  rc;

    rc = predicate_read_text(r, doc, key, LEAF_NAME, &n->name);

    return rc == GW_OK ? predicate_read_test(r, doc, false, &n->u.test) : rc;
}


int
predicate_read_leaf(predicate_read_t *r, const json_t *doc,
    predicate_node_t *n)
{
    int  rc;

    switch (n->kind) {
    case PREDICATE_FIELD:
        return leaf_field(r, doc, "field", leaf_fields, n);
    case PREDICATE_COMPANY:
        return leaf_field(r, doc, "company", leaf_company, n);
    case PREDICATE_ATTRIBUTE:
        return leaf_member(r, doc, "attribute", n);
    case PREDICATE_COMPANY_ATTRIBUTE:
        return leaf_member(r, doc, "company_attribute", n);
    case PREDICATE_PROPERTY:
        return leaf_member(r, doc, "property", n);
    case PREDICATE_TAG:
        return predicate_read_text(r, doc, "tag", LEAF_NAME, &n->name);
    case PREDICATE_LIST:
        return leaf_id(r, doc, "list", "lst_", &n->name);
    case PREDICATE_CONSENT:
        rc = leaf_word(r, doc, "consent", leaf_channels, &n->name);
        return rc == GW_OK ? leaf_word(r, doc, "is", leaf_consents,
                                       &n->u.word) : rc;
    case PREDICATE_EVENT:
        rc = predicate_read_text(r, doc, "event", LEAF_NAME, &n->name);
        return rc == GW_OK ? leaf_event(r, doc, n) : rc;
    case PREDICATE_CAMPAIGN:
        rc = leaf_id(r, doc, "campaign", "cmp_", &n->name);
        return rc == GW_OK ? leaf_word(r, doc, "did", leaf_did, &n->u.word)
                           : rc;
    case PREDICATE_NEAR:
        return leaf_near(r, doc, n);
    case PREDICATE_BUCKET:
        return leaf_bucket(r, doc, n);
    default:
        return GW_EINVAL;               /* groups have no conditions */
    }
}
