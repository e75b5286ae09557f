/* Records of the DNS, judged: nothing is asked here. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "worker/domains/domains.h"


bool
record_tag(const char *text, const char *tag, char *out, size_t size)
{
    size_t       n, len;
    const char  *end;

    len = strlen(tag);
    for ( /* void */ ; *text != '\0'; text = *end ? end + 1 : end) {
        text += strspn(text, " \t");
        end = text + strcspn(text, ";");
        if (strncmp(text, tag, len) != 0) {
            continue;
        }

        text += len;
        text += strspn(text, " \t");
        if (*text != '=') {
            continue;
        }

        for (n = 0, text++; text < end && n + 1 < size; text++) {
            if (*text != ' ' && *text != '\t') {
                out[n++] = *text;
            }
        }
        out[n] = '\0';
        return true;
    }

    return false;
}


const char *
record_version(const json_t *found, const char *version, const char *behind,
    unsigned *n)
{
    size_t       i, len;
    const char  *text, *first;

    *n = 0;
    first = NULL;
    len = strlen(version);
    for (i = 0; i < json_array_size(found); i++) {
        text = json_string_value(json_array_get(found, i));
        if (strncasecmp(text, version, len) == 0
            && strchr(behind, text[len]) != NULL)
        {
            first = first ? first : text;
            (*n)++;
        }
    }

    return first;
}


/* One record at a selector; NULL: it is that of the key. */
static const char *
record_dkim_wrong(const char *text, const char *type, const char *public)
{
    char  value[DOMAIN_TEXT_MAX];

    if (record_tag(text, "v", value, sizeof(value))
        && strcmp(value, "DKIM1") != 0)
    {
        return "the record is not of version DKIM1; publish this one";
    }

    if (!record_tag(text, "p", value, sizeof(value))) {
        return "the record holds no key (p=); publish this one, all of it";
    }

    if (*value == '\0') {
        return "the record takes the key back (p= is empty); publish this one";
    }

    if (strcmp(value, public) != 0) {
        return "the record holds another key, or only a part of this one; "
               "publish this one, all of it";
    }

    if (record_tag(text, "k", value, sizeof(value))
        ? strcasecmp(value, type) != 0 : strcmp(type, "rsa") != 0)
    {
        return "the record says another kind of key (k=); publish this one";
    }

    if (record_tag(text, "h", value, sizeof(value))
        && strcasestr(value, "sha256") == NULL)
    {
        return "the record does not allow SHA-256 (h=); publish this one";
    }

    return NULL;
}


/* Does it say that the domain only tries DKIM out (t=y)? */
static bool
record_is_tried(const char *text)
{
    char  value[DOMAIN_TEXT_MAX], *flag, *rest;

    if (!record_tag(text, "t", value, sizeof(value))) {
        return false;
    }

    for (flag = strtok_r(value, ":", &rest); flag != NULL;
         flag = strtok_r(NULL, ":", &rest))
    {
        if (strcmp(flag, "y") == 0) {
            return true;
        }
    }

    return false;
}


record_verdict_t
record_dkim(const json_t *found, const char *algorithm, const char *public)
{
    char         type[16];
    size_t       i;
    const char  *why, *last;

    (void) snprintf(type, sizeof(type), "%.*s", (int) strcspn(algorithm, "-"),
                    algorithm);

    last = NULL;
    for (i = 0; i < json_array_size(found); i++) {
        why = record_dkim_wrong(json_string_value(json_array_get(found, i)),
                                type, public);
        if (why == NULL && json_array_size(found) > 1) {
            why = "there are other TXT records at this name, which verifiers "
                  "may take in its place; remove them";
        }
        if (why == NULL) {
            return record_is_tried(json_string_value(json_array_get(found, i)))
                   ? (record_verdict_t) { RECORD_OK, "dkim_testing",
                         "the record is there, but says that signatures are "
                         "only tried out (t=y), so receivers need not heed "
                         "them; publish it without" }
                   : (record_verdict_t) { RECORD_OK, "dkim_ok",
                                          "the record is there" };
        }
        last = why;
    }

    return last != NULL
           ? (record_verdict_t) { RECORD_WRONG, "dkim_wrong", last }
           : (record_verdict_t) { RECORD_MISSING, "dkim_missing",
                 "there is no such record; publish it, then verify" };
}


record_verdict_t
record_dmarc(const json_t *found)
{
    char         policy[16];
    size_t       i;
    unsigned     n;
    const char  *text;

    static const struct {
        const char        *policy;
        record_verdict_t   verdict;
    } policies[] = {
        { "none", { RECORD_OK, "dmarc_none", "mail that fails is delivered "
          "and reported (p=none)" } },
        { "quarantine", { RECORD_OK, "dmarc_quarantine", "mail that fails "
          "goes to spam (p=quarantine)" } },
        { "reject", { RECORD_OK, "dmarc_reject", "mail that fails is refused "
          "(p=reject)" } }
    };

    text = record_version(found, "v=DMARC1", " \t;", &n);
    if (n == 0) {
        return (record_verdict_t) { RECORD_MISSING, "dmarc_missing",
            "there is no DMARC record, which large receivers ask of whoever "
            "sends much; publish one" };
    }

    if (n > 1) {
        return (record_verdict_t) { RECORD_WRONG, "dmarc_wrong",
            "there is more than one DMARC record, so receivers heed none; "
            "leave one" };
    }

    for (i = 0; record_tag(text, "p", policy, sizeof(policy))
         && i < sizeof(policies) / sizeof(policies[0]); i++)
    {
        if (strcasecmp(policy, policies[i].policy) == 0) {
            return policies[i].verdict;
        }
    }

    return (record_verdict_t) { RECORD_WRONG, "dmarc_wrong",
        "the DMARC record has no policy p=none, p=quarantine or p=reject; "
        "publish one" };
}
