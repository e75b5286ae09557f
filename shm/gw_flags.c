/* Feature flags: from what the cache holds to who gets what. */
#include "shm/gw_flags.h"

#include <math.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "shm/gw_json.h"

#define FLAGS_VERSION  8                /* bytes, before the text        */
#define FLAGS_WHEN     (8 * 1024)       /* bytes of a rule's words       */
#define FLAGS_PERCENT  100              /* of GW_ASSIGN_BUCKETS          */


void
gw_flags_pack(gw_str_t text, gw_buf_t *out)
{
    unsigned char  sum[SHA256_DIGEST_LENGTH];

    (void) SHA256(text.data, text.len, sum);
    sum[0] |= 1;                        /* 0 is none */
    gw_buf_put(out, sum, FLAGS_VERSION);
    gw_buf_str(out, text);
}


uint64_t
gw_flags_version(gw_str_t packed)
{
    uint64_t  version;

    if (packed.len < FLAGS_VERSION) {
        return 0;
    }

    memcpy(&version, packed.data, FLAGS_VERSION);
    return version;
}


static gw_str_t
flags_text(const json_t *object, const char *member)
{
    const json_t  *v;

    v = json_object_get(object, member);
    return gw_str_make(json_string_value(v), json_string_length(v));
}


static int
flags_variant(const gw_flag_t *f, gw_str_t name)
{
    unsigned  i;

    for (i = 0; i < f->assign.n; i++) {
        if (gw_str_eq(f->variant[i].name, name)) {
            return (int) i;
        }
    }

    return -1;
}


static int
flags_variants(gw_flag_t *f, const json_t *list)
{
    size_t      i;
    json_t     *item;
    json_int_t  weight;

    if (json_array_size(list) == 0
        || json_array_size(list) > GW_ASSIGN_VARIANTS)
    {
        return GW_ECORRUPT;
    }

    json_array_foreach(list, i, item) {
        weight = json_integer_value(json_object_get(item, "weight"));
        if (weight < 0 || weight > GW_ASSIGN_BUCKETS) {
            return GW_ECORRUPT;
        }

        f->variant[i].name = flags_text(item, "name");
        f->variant[i].value = flags_text(item, "value");
        f->assign.weight[i] = (unsigned) weight;
        f->assign.n++;
    }

    return GW_OK;
}


/* A predicate that stands as a text. */
static int
flags_when(gw_str_t text, gw_predicate_t **out)
{
    int                   rc;
    json_t               *doc;
    gw_json_error_t       syntax;
    gw_predicate_error_t  err;

    rc = gw_json_parse(text, GW_JSON_OBJECT, &doc, &syntax);
    if (rc == GW_OK) {
        rc = gw_predicate_compile(doc, out, &err);
        json_decref(doc);
    }

    return rc == GW_EINVAL ? GW_ECORRUPT : rc;
}


static int
flags_rules(gw_flag_t *f, const json_t *list)
{
    int              rc;
    size_t           i;
    double           share;
    json_t          *item;
    gw_str_t         when;
    gw_flag_rule_t  *rule;

    if (json_array_size(list) > GW_FLAG_RULES) {
        return GW_ECORRUPT;
    }

    json_array_foreach(list, i, item) {
        rule = &f->rule[i];
        share = json_number_value(json_object_get(item, "share"));
        rule->share = share >= 0 && share <= 100
                      ? (unsigned) lround(share * FLAGS_PERCENT) : 0;
        rule->variant = flags_variant(f, flags_text(item, "variant"));

        when = flags_text(item, "when");
        if (when.len > 0) {
            rc = flags_when(when, &rule->when);
            if (rc != GW_OK) {
                return rc;
            }
        }
        f->rules++;
    }

    return GW_OK;
}


static int
flags_one(gw_flag_t *f, const json_t *doc)
{
    int  rc, fallback;

    f->key = flags_text(doc, "key");
    f->enabled = json_is_true(json_object_get(doc, "enabled"));
    f->tests = json_is_true(json_object_get(doc, "tests"));
    f->open = json_is_true(json_object_get(doc, "public"));
    f->assign.salt = flags_text(doc, "salt");

    rc = flags_variants(f, json_object_get(doc, "variants"));
    rc = rc == GW_OK ? flags_rules(f, json_object_get(doc, "rules")) : rc;
    if (rc != GW_OK) {
        return rc;
    }

    fallback = flags_variant(f, flags_text(doc, "fallback"));
    f->fallback = fallback < 0 ? 0 : (unsigned) fallback;

    return fallback < 0 || f->assign.salt.len > GW_FLAG_SALT ? GW_ECORRUPT
                                                             : GW_OK;
}


int
gw_flags_compile(gw_str_t packed, gw_flags_t **out)
{
    int              rc;
    size_t           i;
    json_t          *item;
    gw_flags_t      *f;
    gw_json_error_t  err;

    f = calloc(1, sizeof(gw_flags_t));
    if (f == NULL) {
        return GW_ENOMEM;
    }

    f->version = gw_flags_version(packed);
    rc = f->version == 0 ? GW_ECORRUPT
         : gw_json_parse(gw_str_make(packed.data + FLAGS_VERSION,
                                     packed.len - FLAGS_VERSION),
                         0, &f->doc, &err);

    if (rc == GW_OK && json_array_size(f->doc) > 0) {
        f->flag = calloc(json_array_size(f->doc), sizeof(gw_flag_t));
        rc = f->flag == NULL ? GW_ENOMEM : GW_OK;
    }

    if (rc == GW_OK) {
        json_array_foreach(f->doc, i, item) {
            f->n++;
            rc = rc == GW_OK ? flags_one(&f->flag[i], item) : rc;
        }
    }

    if (rc != GW_OK) {
        gw_flags_free(f);
        return rc == GW_ENOMEM ? rc : GW_ECORRUPT;
    }

    *out = f;
    return GW_OK;
}


void
gw_flags_free(gw_flags_t *f)
{
    unsigned  i, j;

    if (f == NULL) {
        return;
    }

    for (i = 0; i < f->n; i++) {
        for (j = 0; j < GW_FLAG_RULES; j++) {
            gw_predicate_free(f->flag[i].rule[j].when);
        }
    }

    json_decref(f->doc);
    free(f->flag);
    free(f);
}


/* As `collate "C"` sorts, which is the order that they come in. */
static int
flags_compare(gw_str_t a, gw_str_t b)
{
    int  rc;

    rc = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return rc != 0 ? rc : (a.len > b.len) - (a.len < b.len);
}


const gw_flag_t *
gw_flags_find(const gw_flags_t *f, gw_str_t key)
{
    int       rc;
    unsigned  low, high, at;

    for (low = 0, high = f->n; low < high; ) {
        at = low + (high - low) / 2;
        rc = flags_compare(key, f->flag[at].key);
        if (rc == 0) {
            return &f->flag[at];
        }
        if (rc < 0) {
            high = at;
        } else {
            low = at + 1;
        }
    }

    return NULL;
}


void
gw_flag_decide(const gw_flag_t *f, bool tests, gw_str_t unit,
    const gw_predicate_case_t *c, gw_flag_decision_t *d)
{
    int          variant;
    unsigned     i;
    gw_assign_t  assign;

    d->rule = 0;
    d->variant = f->fallback;
    d->reason = (tests ? f->tests : f->enabled) ? GW_FLAG_FALLBACK
                                                : GW_FLAG_OFF;
    if (d->reason == GW_FLAG_OFF) {
        return;
    }

    assign = f->assign;
    for (i = 0; i < f->rules; i++) {
        if (f->rule[i].when != NULL && !gw_predicate_match(f->rule[i].when, c))
        {
            continue;
        }

        assign.test = f->rule[i].share;
        variant = gw_assign(&assign, unit);
        if (variant >= 0) {
            d->reason = GW_FLAG_RULE;
            d->rule = i;
            d->variant = (unsigned) (f->rule[i].variant >= 0
                                     ? f->rule[i].variant : variant);
            return;
        }
    }
}


const char *
gw_flag_reason(gw_flag_reason_e reason)
{
    static const char *const  words[] = { "off", "rule", "fallback" };

    return words[reason];
}


void
gw_flag_why(const gw_flag_t *f, gw_str_t unit, const gw_predicate_case_t *c,
    gw_buf_t *out)
{
    bool                   match;
    unsigned               i, bucket, from;
    gw_buf_t               salt, words;
    unsigned char          mem[GW_FLAG_SALT + 8], text[FLAGS_WHEN];
    const gw_flag_rule_t  *rule;

    gw_buf_fixed(&salt, mem, sizeof(mem));
    gw_buf_str(&salt, f->assign.salt);
    gw_buf_cstr(&salt, ":part");
    bucket = gw_assign_bucket(gw_buf_view(&salt), unit);
    gw_buf_char(out, '[');

    for (i = 0; i < f->rules; i++) {
        rule = &f->rule[i];
        match = rule->when == NULL || gw_predicate_match(rule->when, c);
        from = GW_ASSIGN_BUCKETS - rule->share;

        gw_buf_fixed(&words, text, sizeof(text));
        if (rule->when != NULL) {
            gw_predicate_english(rule->when, &words);
        } else {
            gw_buf_cstr(&words, "everybody");
        }

        gw_buf_fmt(out, "%s{\"rule\":%u,\"english\":", i > 0 ? "," : "", i);
        gw_buf_json(out, gw_buf_view(&words));
        gw_buf_fmt(out, ",\"match\":%s,\"bucket\":%u,\"from\":%u,\"takes\":%s}",
                   match ? "true" : "false", bucket, from,
                   match && bucket >= from ? "true" : "false");
    }

    gw_buf_char(out, ']');
}


/* One rule in words; NULL: there is no memory, or err says what is wrong. */
static json_t *
flags_words(json_t *when, size_t i, gw_buf_t *err)
{
    int                    rc;
    json_t                *words;
    gw_buf_t               text;
    gw_predicate_t        *p;
    unsigned char          mem[FLAGS_WHEN];
    gw_predicate_error_t   wrong;

    if (when == NULL || json_is_null(when)) {
        return json_string("everybody");
    }

    rc = gw_predicate_compile(when, &p, &wrong);
    if (rc != GW_OK) {
        if (rc == GW_EINVAL) {
            gw_buf_fmt(err, "\"rules\" at /%zu/when%s: %s", i, wrong.pointer,
                       wrong.message);
        }
        return NULL;
    }

    words = NULL;
    gw_buf_fixed(&text, mem, sizeof(mem));
    gw_predicate_english(p, &text);

    if (!gw_predicate_is_said(p)) {
        gw_buf_fmt(err, "\"rules\" at /%zu/when asks for more than comes with "
                   "the question; attribute, near and bucket can be asked for",
                   i);
    } else if (text.failed) {
        gw_buf_fmt(err, "\"rules\" at /%zu/when has more than %d bytes in "
                   "words", i, FLAGS_WHEN);
    } else {
        words = json_stringn((char *) text.data, text.len);
    }

    gw_predicate_free(p);
    return words;
}


/* A predicate as a text that flags_when reads; null for none. */
static json_t *
flags_dump(const json_t *when)
{
    char    *text;
    json_t  *v;

    if (!json_is_object(when)) {
        return json_null();
    }

    text = json_dumps(when, JSON_COMPACT);
    v = text != NULL ? json_string(text) : NULL;
    free(text);

    return v;
}


int
gw_flag_rules_compile(const json_t *rules, json_t **compiled, gw_buf_t *err)
{
    int      rc;
    size_t   i;
    json_t  *item, *when, *words, *texts;

    words = json_array();
    texts = json_array();
    rc = GW_OK;

    json_array_foreach(rules, i, item) {
        when = json_object_get(item, "when");
        if (json_array_append_new(words, flags_words(when, i, err)) != 0
            || json_array_append_new(texts, flags_dump(when)) != 0)
        {
            rc = err->len > 0 ? GW_EINVAL : GW_ENOMEM;
            break;
        }
    }

    *compiled = json_pack("{s:o, s:o}", "english", words, "when", texts);
    if (rc == GW_OK) {
        return *compiled != NULL ? GW_OK : GW_ENOMEM;
    }

    json_decref(*compiled);
    return rc;
}
