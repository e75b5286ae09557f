/*
 * Messages to one address, such as invitations: their text is final but for
 * two URLs, nothing in them is tracked. From the claim on they go the way of
 * every item; the ledger writes what became of them to godwit.messages.
 */
#include "worker/mail/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/campaign/channel.h"
#include "worker/mail/content.h"

/* What is written in the place of a word in a text. */
typedef struct {
    gw_str_t  word;
    int     (*write)(mail_t *m, const item_t *i, gw_buf_t *out);
} message_word_t;


static gw_str_t
message_field(const item_t *i, int column)
{
    const PGresult  *rows;

    rows = i->window->rows;
    return gw_str_make(PQgetvalue(rows, i->row, column),
                       (size_t) PQgetlength(rows, i->row, column));
}


/*
 * The campaign of messages of a workspace by a sender, tests or not, which is
 * made at need. NULL: no memory.
 */
static campaign_t *
message_campaign(mail_t *m, const PGresult *res, int row)
{
    bool         test;
    char         mem[400], *end;
    gw_buf_t     why;
    uint32_t     tenant;
    campaign_t  *c;
    const char  *from;

    tenant = (uint32_t) strtoul(PQgetvalue(res, row, ROW_TENANT), &end, 10);
    test = *PQgetvalue(res, row, ROW_TEST) != 'f';
    from = PQgetvalue(res, row, ROW_SENDER);
    for (c = m->campaigns; c != NULL; c = c->next) {
        if (campaign_is_messages(c) && c->tenant == tenant && c->test == test
            && gw_str_is(c->from, from))
        {
            return c;
        }
    }

    c = campaign_make(m, &channel_mail, tenant, JOURNAL_MESSAGE, from);
    if (c == NULL) {
        return NULL;
    }

    gw_buf_fixed(&why, mem, sizeof(mem));
    c->test = test;
    c->warmed = true;           /* somebody waits for each of them */
    c->broken = content_sender(c, &why) != GW_OK
                || (!PQgetisnull(res, row, ROW_IPAD)    /* not of the house */
                    && tenant_key_load(&c->key, PQgetvalue(res, row, ROW_IPAD),
                                       PQgetvalue(res, row, ROW_OPAD))
                       != GW_OK);
    campaign_link(m, c);
    return c;
}


/* What mail_from says, or what stands for it. */
static void
message_from(const gw_conf_t *conf, char *out, size_t size)
{
    if (conf->mail_from.len > 0) {
        (void) snprintf(out, size, "%s", (char *) conf->mail_from.data);
    } else {
        (void) snprintf(out, size, "Godwit <no-reply@%s>",
                        conf->helo_name.len > 0
                        ? (char *) conf->helo_name.data : "localhost");
    }
}


int
message_claim(mail_t *m)
{
    int                rc, row, rows;
    char               host[16], now[GW_RFC3339_LEN + 1], n[24], from[520];
    int64_t            room;
    PGresult          *res;
    const campaign_t  *c;

    room = m->w->conf.mail_window;
    for (c = m->campaigns; c != NULL; c = c->next) {
        room -= campaign_is_messages(c) ? c->refs : 0;
    }

    if (room <= 0) {
        return GW_OK;
    }

    (void) snprintf(host, sizeof(host), "%d", m->host);
    (void) snprintf(n, sizeof(n), "%lld", (long long) room);
    gw_clock_print(gw_clock_us(), now);
    message_from(&m->w->conf, from, sizeof(from));
    rc = db_run(m->db, &Q_MAIL_CLAIM_MESSAGES, &(db_args_t) {
                { host, now, n, from }, 4 }, &res);
    if (rc == GW_ERROR) {
        log_error("mail_claim_messages: %s", db_message(res));
    }

    rows = rc == GW_OK ? PQntuples(res) : 0;
    for (row = 0; row < rows; row++) {
        if (message_campaign(m, res, row) == NULL) {
            rc = GW_ENOMEM;
            m->release = true;
        }
    }

    if (rc != GW_OK || rows == 0) {
        PQclear(res);
        return rc;
    }

    m->queue_ms = 0;            /* there may be more: no pause */
    return ledger_claimed(m, res, message_campaign);
}


static int
message_base(mail_t *m, const item_t *i, gw_buf_t *out)
{
    gw_buf_str(out, m->w->conf.base_url);
    return GW_OK;
}


/* base_url/s/token of this message. */
static int
message_confirm(mail_t *m, const item_t *i, gw_buf_t *out)
{
    gw_token_t  t;

    memset(&t, 0, sizeof(t));
    t.what = GW_TOKEN_CONFIRM;
    t.kind = GW_TOKEN_MESSAGE;
    t.tenant = i->campaign->tenant;
    t.id = i->contact;
    t.time = (uint32_t) (gw_clock_us() / 1000000);

    gw_buf_str(out, m->w->conf.base_url);
    gw_buf_cstr(out, "/s/");
    return gw_token_sign(m->keys, &t, gw_str_of(NULL), out);
}


static const message_word_t  message_words[] = {
    { gw_string("{{ base_url }}"), message_base },
    { gw_string("{{ confirm_url }}"), message_confirm }
};

#define MESSAGE_WORDS  (sizeof(message_words) / sizeof(message_words[0]))


/* The word at the begin of the text; NULL: it is text. */
static const message_word_t *
message_word(gw_str_t text)
{
    size_t           n;
    const gw_str_t  *word;

    for (n = 0; n < MESSAGE_WORDS; n++) {
        word = &message_words[n].word;
        if (text.len >= word->len
            && memcmp(text.data, word->data, word->len) == 0)
        {
            return &message_words[n];
        }
    }

    return NULL;
}


/* A text with the URLs in their places. */
static void
message_text(mail_t *m, const item_t *i, gw_str_t text, gw_buf_t *out)
{
    size_t                 n;
    unsigned char         *p;
    const message_word_t  *w;

    gw_buf_reset(out);
    while (text.len > 0) {
        p = memmem(text.data, text.len, "{{", 2);
        n = p != NULL ? (size_t) (p - text.data) : text.len;
        gw_buf_put(out, text.data, n);
        text.data += n;
        text.len -= n;

        w = message_word(text);
        n = w != NULL ? w->word.len : text.len > 0;
        if (w == NULL) {
            gw_buf_put(out, text.data, n);
        } else if (w->write(m, i, out) != GW_OK) {
            out->failed = true;
        }
        text.data += n;
        text.len -= n;
    }
}


int
message_render(mail_t *m, item_t *i, gw_buf_t *out)
{
    char      id[420];
    mime_t    mime;

    message_text(m, i, message_field(i, ROW_TEXT), &m->text);
    message_text(m, i, message_field(i, ROW_HTML), &m->html);
    (void) snprintf(id, sizeof(id), "<%s@%s>",
                    (char *) message_field(i, ROW_MESSAGE_ID).data,
                    i->campaign->domain);

    memset(&mime, 0, sizeof(mime));
    mime.from_name = i->campaign->from_name;
    mime.from = i->campaign->from_address;
    mime.to = i->address;
    mime.subject = message_field(i, ROW_SUBJECT);
    mime.message_id = gw_str_of(id);
    mime.text = gw_buf_view(&m->text);
    mime.html = gw_buf_view(&m->html);
    mime.date_us = gw_clock_us();
    mime.automatic = true;
    mime_compose(&mime, out);
    gw_buf_cstr(out, ".\r\n");

    if (out->failed || m->text.failed || m->html.failed) {
        (void) snprintf(i->reason, sizeof(i->reason),
                        "the message is too large");
        return GW_EINVAL;
    }

    return GW_OK;
}
