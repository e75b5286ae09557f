/*
 * What templates see of a recipient: his fields straight out of the row that
 * was read; attributes and whole objects as JSON, made when a name needs them.
 */
#include "worker/campaign/person.h"

#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_codec.h"

typedef struct {
    gw_str_t  name;
    int       column;
} person_field_t;

static const person_field_t  person_fields[] = {
    { gw_string("first_name"), ROW_FIRST_NAME },
    { gw_string("last_name"), ROW_LAST_NAME },
    { gw_string("email"), ROW_EMAIL },
    { gw_string("phone"), ROW_PHONE },
    { gw_string("external_id"), ROW_EXTERNAL_ID },
    { gw_string("zone"), ROW_ZONE },
    { gw_string("locale"), ROW_LOCALE }
};

#define PERSON_FIELDS  (sizeof(person_fields) / sizeof(person_fields[0]))

static const struct {
    gw_str_t  name;
    unsigned  what;
    char      letter;
} person_urls[PERSON_URLS] = {
    { gw_string("unsubscribe_url"), GW_TOKEN_UNSUBSCRIBE, 'u' },
    { gw_string("view_url"), GW_TOKEN_VIEW, 'v' },
    { gw_string("preferences_url"), GW_TOKEN_PREFERENCES, 'p' },
    { gw_string("confirm_url"), GW_TOKEN_CONFIRM, 's' }
};


int
person_arm(const item_t *i)
{
    int          arm;
    char         unit[32];
    const char  *rest;

    if (i->campaign->experiment.n == 0) {
        return 0;
    }

    (void) snprintf(unit, sizeof(unit), "ct_%llu",
                    (unsigned long long) i->person);
    rest = PQgetvalue(i->window->rows, i->row, ROW_ARM);
    arm = gw_assign(&i->campaign->experiment, gw_str_of(unit));
    return arm == GW_ASSIGN_REST ? (int) strtol(rest, NULL, 10) : arm;
}


void
person_init(person_t *p, mail_t *m, const item_t *i)
{
    memset(p, 0, sizeof(person_t));
    p->mail = m;
    p->item = i;
    p->data = m->data;
    (void) snprintf(p->id, sizeof(p->id), "ct_%llu",
                    (unsigned long long) i->person);
}


int
person_url(person_t *p, unsigned which, gw_str_t *url)
{
    int        rc;
    gw_buf_t  *b;

    b = &p->mail->urls[which];
    if (!p->known[which]) {
        gw_buf_reset(b);
        rc = render_token(p->mail, p->item, person_urls[which].what,
                          person_urls[which].letter, 0,
                          (gw_str_t) gw_null_string, b);
        if (rc != GW_OK) {
            return rc;
        }
        p->known[which] = true;
    }

    *url = gw_buf_view(b);
    return b->failed ? GW_EFULL : GW_OK;
}


gw_str_t
person_locale(const person_t *p)
{
    return window_field(p->item, ROW_LOCALE);
}


const content_t *
content_for(const campaign_t *c, gw_str_t locale, int arm)
{
    const content_t  *v, *best;

    best = &c->content;
    for (v = c->content.next; v != NULL; v = v->next) {
        if (arm > 0 && v->arm == arm) {
            return v;
        }

        if (v->arm == 0 && gw_liquid_locale_is(locale, v->locale)
            && (best == &c->content
                || strlen(v->locale) > strlen(best->locale)))
        {
            best = v;
        }
    }

    return best;
}


static void
content_clear(content_t *c)
{
    unsigned  n;

    for (n = 0; n < c->parts; n++) {
        gw_liquid_free(c->part[n]);
    }
    free(c->part);
    json_decref(c->doc);
    gw_liquid_free(c->subject);
    gw_liquid_free(c->html);
    gw_liquid_free(c->text);
    free(c->from_name);
}


void
content_free(campaign_t *c)
{
    content_t  *v;

    while ((v = c->content.next) != NULL) {
        c->content.next = v->next;
        content_clear(v);
        free(v);
    }

    content_clear(&c->content);
}


void
person_mac(const item_t *i, char out[17])
{
    int            n;
    char           seed[64];
    unsigned char  mac[32];

    n = snprintf(seed, sizeof(seed), "mid:%u.%llu", i->campaign->id,
                 (unsigned long long) i->contact);
    tenant_key_mac(&i->campaign->key, seed, (size_t) n, mac);
    gw_hex_encode((unsigned char *) out, mac, 8);
    out[16] = '\0';
}


static json_t *
person_json(gw_str_t s)
{
    return s.data == NULL ? json_null() : json_stringn((char *) s.data, s.len);
}


/* The objects as a whole: godwit.recipient_data says what is in them. */
static void
person_fill(person_t *p)
{
    size_t     i;
    json_t    *attributes, *contact, *campaign;
    gw_str_t   text;

    if (p->filled) {
        return;
    }

    text = window_field(p->item, ROW_ATTRIBUTES);
    attributes = json_loadb((char *) text.data, text.len, 0, NULL);
    contact = attributes != NULL ? json_copy(attributes) : json_object();
    campaign = json_object();

    (void) json_object_set_new(contact, "id", json_string(p->id));
    for (i = 0; i < PERSON_FIELDS; i++) {
        (void) json_object_set_new(contact,
            (char *) person_fields[i].name.data,
            person_json(window_field(p->item, person_fields[i].column)));
    }
    (void) json_object_set_new(contact, "attributes", attributes);

    (void) json_object_set_new(campaign, "id",
                               json_string(p->item->campaign->word));
    (void) json_object_set_new(campaign, "name",
                               json_string(p->item->campaign->name));
    (void) json_object_set_new(p->data, "contact", contact);
    (void) json_object_set_new(p->data, "campaign", campaign);
    p->filled = true;
}


/* What a message was asked for with; what another has had is gone. */
static void
person_data(person_t *p)
{
    gw_str_t  text;

    if (p->asked) {
        return;                 /* a loop may be over it */
    }

    p->asked = true;
    (void) json_object_del(p->data, "data");
    if (p->item->message) {
        text = window_field(p->item, ROW_DATA);
        (void) json_object_set_new(p->data, "data",
                                   json_loadb((char *) text.data, text.len, 0,
                                              NULL));
    }
}


int
person_find(void *arg, gw_str_t root, gw_str_t name, gw_str_t *text)
{
    size_t     i;
    person_t  *p = arg;

    if (gw_str_is(root, "contact")) {
        if (gw_str_is(name, "id")) {
            *text = gw_str_of(p->id);
            return GW_OK;
        }

        for (i = 0; i < PERSON_FIELDS; i++) {
            if (gw_str_eq(name, person_fields[i].name)) {
                *text = window_field(p->item, person_fields[i].column);
                return GW_OK;
            }
        }

        person_fill(p);
        return GW_ENOTFOUND;
    }

    if (gw_str_is(root, "campaign")) {
        if (gw_str_is(name, "name")) {
            *text = gw_str_of(p->item->campaign->name);
            return GW_OK;
        }
        person_fill(p);
        return GW_ENOTFOUND;
    }

    if (gw_str_is(root, "data")) {
        person_data(p);
        return GW_ENOTFOUND;
    }

    if (gw_str_is(root, "brand")) {
        (void) json_object_set(p->data, "brand", p->item->campaign->brand);
        return GW_ENOTFOUND;
    }

    for (i = 0; i < PERSON_URLS; i++) {
        /* the page has no data of a message, so it cannot show it */
        if (!gw_str_eq(root, person_urls[i].name)
            || (i == PERSON_VIEW && p->item->message)
            || (i == PERSON_CONFIRM && !p->item->campaign->asks)
            || person_url(p, (unsigned) i, text) != GW_OK)
        {
            continue;
        }

        if (name.len == 0) {
            return GW_OK;
        }

        (void) json_object_set_new(p->data, (char *) person_urls[i].name.data,
                                   person_json(*text));
    }

    return GW_ENOTFOUND;
}
