/* A recipient's message: templates, tracked links, MIME. */
#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/campaign/person.h"
#include "worker/mail/content.h"
#include "worker/mail/part.h"
#include "worker/mail/return_path.h"

/* base_url/LETTER/token appended. */
int
render_token(mail_t *m, const item_t *i, unsigned what, char letter,
    unsigned link, gw_str_t url, gw_buf_t *out)
{
    gw_token_t  t;

    memset(&t, 0, sizeof(t));
    t.what = (uint8_t) what;
    t.kind = GW_TOKEN_CAMPAIGN;
    t.link = (uint16_t) link;
    t.tenant = i->campaign->tenant;
    t.id = i->person;
    t.id2 = i->campaign->id;
    t.time = (uint32_t) (gw_clock_us() / 1000000);

    gw_buf_str(out, m->w->conf.base_url);
    gw_buf_char(out, '/');
    gw_buf_char(out, (unsigned char) letter);
    gw_buf_char(out, '/');
    return gw_token_sign(m->keys, &t, url, out);
}


/* The tracked form of a link; a templated one carries its URL along. */
static int
render_link(void *arg, unsigned index, gw_str_t url, bool fixed,
    gw_buf_t *out)
{
    person_t  *r = arg;

    return render_token(r->mail, r->item, GW_TOKEN_CLICK, 'c', index,
                        fixed ? (gw_str_t) gw_null_string : url, out);
}


static int
render_pixel(void *arg, gw_buf_t *out)
{
    int        rc;
    person_t  *r = arg;

    gw_buf_cstr(out, "<img src=\"");
    rc = render_token(r->mail, r->item, GW_TOKEN_OPEN, 'o', 0,
                      (gw_str_t) gw_null_string, out);
    gw_buf_cstr(out, "\" width=\"1\" height=\"1\" alt=\"\">\n");
    return rc;
}


static int
render_fail(item_t *i, const char *part, const gw_liquid_error_t *err)
{
    (void) snprintf(i->reason, sizeof(i->reason), "%s, line %u: %.90s", part,
                    err->line, err->message);
    return GW_EINVAL;
}


static int
render_parts(mail_t *m, item_t *i, person_t *p, const content_t *content)
{
    gw_liquid_error_t     err;
    gw_liquid_context_t   ctx = { 0 };

    ctx.locale = gw_str_of(content->locale);
    ctx.now_us = gw_clock_us();
    ctx.max_cpu = GW_LIQUID_CPU;
    ctx.query = gw_str_of(i->campaign->query);
    if (i->campaign->tracking
        && *PQgetvalue(i->window->rows, i->row, ROW_TRACKING) != 'f')
    {
        ctx.link = render_link;
        ctx.pixel = render_pixel;
    }
    ctx.find = person_find;
    ctx.link_arg = ctx.find_arg = p;
    gw_buf_reset(&m->subject);
    gw_buf_reset(&m->text);
    gw_buf_reset(&m->html);

    if (gw_liquid_render(content->subject, m->liquid, p->data, &ctx,
                         &m->subject, &err) != GW_OK)
    {
        return render_fail(i, "subject", &err);
    }

    ctx.coded = true;

    if (gw_liquid_render(content->text, m->liquid, p->data, &ctx,
                         &m->text, &err) != GW_OK)
    {
        return render_fail(i, "text", &err);
    }

    return gw_liquid_render(content->html, m->liquid, p->data, &ctx,
                            &m->html, &err) == GW_OK
           ? GW_OK : render_fail(i, "html", &err);
}


/* <gw.TENANT.CAMPAIGN.CONTACT.MAC@DOMAIN>, as godwit.message_id has it. */
static void
render_message_id(const item_t *i, char *out, size_t size)
{
    char               mac[17];
    const campaign_t  *c;

    c = i->campaign;
    if (i->message) {
        (void) snprintf(out, size, "<%s@%s>", (char *) window_field(i,
                        ROW_MESSAGE).data, c->domain);
        return;
    }

    person_mac(i, mac);
    (void) snprintf(out, size, "<gw.%u.%u.%llu.%s@%s>", c->tenant, c->id,
                    (unsigned long long) i->contact, mac, c->domain);
}


/* The list that it is for (RFC 2919), by no name that only we give it. */
static gw_str_t
render_list(const item_t *i, char *out, size_t size)
{
    const campaign_t  *c;

    c = i->campaign;
    (void) snprintf(out, size, c->list[0] != '\0' ? "%s.ws_%u.%s" : "",
                    c->list, c->tenant, c->domain);
    return gw_str_of(out);
}


int
content_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    int       rc;
    char      id[420], to[RETURN_PATH_MAX], reply[RETURN_PATH_MAX];
    char      feedback[64], list[320];
    mime_t    mime;
    person_t  p;
    const content_t  *content;
    gw_str_t  unsubscribe;

    person_init(&p, m, i);
    rc = person_url(&p, PERSON_UNSUBSCRIBE, &unsubscribe);
    content = content_for(i->campaign, person_locale(&p),
                          person_arm(i));
    rc = rc == GW_OK ? render_parts(m, i, &p, content) : rc;

    if (rc != GW_OK) {
        if (i->reason[0] == '\0') {
            (void) snprintf(i->reason, sizeof(i->reason),
                            "the message cannot be built: %s",
                            gw_strerror(rc));
        }
        return GW_EINVAL;
    }

    render_message_id(i, id, sizeof(id));
    memset(&mime, 0, sizeof(mime));
    mime.from_name = content->from_name != NULL
                     ? gw_str_of(content->from_name)
                     : i->campaign->from_name;
    mime.from = i->campaign->from_address;
    mime.to = i->address;
    mime.reply_to = gw_str_of(return_name(m, i, GW_TOKEN_REPLY, reply));
    mime.subject = gw_buf_view(&m->subject);
    mime.message_id = gw_str_of(id);
    (void) snprintf(feedback, sizeof(feedback), "%s:ws_%u:campaign:godwit",
                    i->campaign->word, i->campaign->tenant);
    mime.feedback = gw_str_of(feedback);
    mime.automatic = i->message;
    if (!i->message) {          /* what he has asked for is no marketing */
        mime.list_id = render_list(i, list, sizeof(list));
        mime.unsubscribe = unsubscribe;
        mime.unsubscribe_to = gw_str_of(return_name(m, i,
                                        GW_TOKEN_UNSUBSCRIBE, to));
    }
    mime.text = gw_buf_view(&m->text);
    mime.html = gw_buf_view(&m->html);
    mime.coded = true;
    mime.attached = i->campaign->parts[PART_ATTACHMENT];
    mime.inlined = i->campaign->parts[PART_INLINE];
    mime.calendar = i->campaign->parts[PART_CALENDAR];
    mime.pieces = &i->pieces;
    mime.date_us = gw_clock_us();
    mime_compose(&mime, out);
    gw_buf_cstr(out, ".\r\n");

    if (out->failed) {
        (void) snprintf(i->reason, sizeof(i->reason),
                        "the message is too large");
        return GW_EINVAL;
    }

    return GW_OK;
}
