/* One message as RFC 5322 and MIME want it, ready for SMTP's DATA. */
#include "worker/mail/mime.h"

#include <time.h>

#include "shm/gw_codec.h"

#define MIME_PLAIN_LINE  900    /* bytes of a line that goes as it is */


/* A value that is ours alone: ASCII without blanks, whatever it holds. */
static void
mime_token(gw_buf_t *out, const char *before, gw_str_t value)
{
    size_t  i;

    gw_buf_cstr(out, before);
    for (i = 0; i < value.len; i++) {
        if (value.data[i] > 0x20 && value.data[i] < 0x7f) {
            gw_buf_char(out, value.data[i]);
        }
    }
}


/* From and To: a name (if any) and the address in angle brackets. */
static void
mime_mailbox(gw_buf_t *out, const char *header, gw_str_t name,
    gw_str_t address)
{
    size_t    i;
    unsigned  column;

    gw_buf_cstr(out, header);
    column = (unsigned) strlen(header);

    if (name.len > 0) {
        column = gw_rfc2047_phrase(out, name, column);
        if (column + address.len + 3 > 76) {
            gw_buf_cstr(out, "\r\n");
        }
        gw_buf_char(out, ' ');
    }

    gw_buf_char(out, '<');
    for (i = 0; i < address.len; i++) {
        if (address.data[i] > 0x20 && address.data[i] != 0x7f
            && address.data[i] != '<' && address.data[i] != '>')
        {
            gw_buf_char(out, address.data[i]);
        }
    }
    gw_buf_cstr(out, ">\r\n");
}


static void
mime_date(gw_buf_t *out, int64_t us)
{
    char       text[64];
    time_t     t;
    struct tm  tm;

    t = (time_t) (us / 1000000);
    (void) gmtime_r(&t, &tm);
    (void) strftime(text, sizeof(text),
                    "Date: %a, %d %b %Y %H:%M:%S +0000\r\n", &tm);
    gw_buf_cstr(out, text);
}


/*
 * May it go as it is: ASCII in lines that are not long, none of which means
 * something to SMTP, to a mailbox or to a multipart?
 */
static bool
mime_is_plain(gw_str_t s)
{
    size_t                n;
    const unsigned char  *p, *end, *from;

    end = s.data + s.len;
    for (from = s.data; from < end; from = p + 1) {
        n = (size_t) (end - from);
        if (*from == '.' || (n > 1 && memcmp(from, "--", 2) == 0)
            || (n > 4 && memcmp(from, "From ", 5) == 0))
        {
            return false;
        }

        for (p = from; p < end && *p != '\n'; p++) {
            if ((*p < 0x20 && *p != '\t'
                 && !(*p == '\r' && p + 1 < end && p[1] == '\n'))
                || *p > 0x7e || p - from > MIME_PLAIN_LINE)
            {
                return false;
            }
        }
    }

    return true;
}


/* Its lines ended by CRLF, the last one too. */
static void
mime_lines(gw_buf_t *out, gw_str_t s)
{
    size_t          n;
    unsigned char  *nl;

    while (s.len > 0) {
        nl = memchr(s.data, '\n', s.len);
        n = nl != NULL ? (size_t) (nl - s.data) : s.len;
        gw_buf_put(out, s.data, n > 0 && s.data[n - 1] == '\r' ? n - 1 : n);
        gw_buf_put(out, "\r\n", 2);
        n += nl != NULL;
        s = gw_str_make(s.data + n, s.len - n);
    }
}


/* The headers of a body and itself. */
static void
mime_body(gw_buf_t *out, const char *type, gw_str_t body, bool coded)
{
    bool     plain;
    gw_qp_t  qp = { 0, 0 };

    plain = !coded && body.len > 0 && mime_is_plain(body);
    gw_buf_cstr(out, "Content-Type: ");
    gw_buf_cstr(out, type);
    gw_buf_cstr(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
    gw_buf_cstr(out, plain ? "7bit\r\n\r\n" : "quoted-printable\r\n\r\n");

    if (plain) {
        mime_lines(out, body);
        return;
    }

    if (coded) {
        gw_buf_str(out, body);
        return;
    }

    gw_qp_encode(&qp, out, body);
    gw_qp_finish(&qp, out);
}


static void
mime_multipart(gw_buf_t *out, const char *kind, const char *boundary)
{
    gw_buf_fmt(out, "Content-Type: multipart/%s;\r\n boundary=\"%s\"\r\n"
               "\r\n--%s\r\n", kind, boundary, boundary);
}


/* HTML, with the images that it shows. */
static void
mime_html(const mime_t *m, gw_buf_t *out)
{
    if (m->inlined != NULL) {
        mime_multipart(out, "related", MIME_RELATED);
    }

    mime_body(out, "text/html", m->html, m->coded);

    if (m->inlined != NULL) {
        pieces_add(m->pieces, out->len, m->inlined);
        gw_buf_cstr(out, "--" MIME_RELATED "--\r\n");
    }
}


/* What there is to be read: the later, the better. */
static void
mime_alternative(const mime_t *m, gw_buf_t *out)
{
    if (m->html.len == 0) {
        mime_body(out, "text/plain", m->text, m->coded);
        return;
    }

    mime_multipart(out, "alternative", MIME_ALTERNATIVE);
    mime_body(out, "text/plain", m->text, m->coded);
    gw_buf_cstr(out, "--" MIME_ALTERNATIVE "\r\n");
    mime_html(m, out);
    if (m->calendar != NULL) {
        pieces_add(m->pieces, out->len, m->calendar);
    }
    gw_buf_cstr(out, "--" MIME_ALTERNATIVE "--\r\n");
}


void
mime_compose(const mime_t *m, gw_buf_t *out)
{
    mime_mailbox(out, "From: ", m->from_name, m->from);
    mime_mailbox(out, "To: ", m->to_name, m->to);
    if (m->reply_to.len > 0) {
        mime_mailbox(out, "Reply-To: ", m->from_name, m->reply_to);
    }
    gw_buf_cstr(out, "Subject: ");
    (void) gw_rfc2047(out, m->subject, 9);
    gw_buf_cstr(out, "\r\n");
    mime_date(out, m->date_us);
    mime_token(out, "Message-ID: ", m->message_id);
    gw_buf_cstr(out, "\r\n");

    if (m->list_id.len > 0) {
        mime_token(out, "List-Id: <", m->list_id);
        gw_buf_cstr(out, ">\r\n");
    }

    if (m->unsubscribe.len > 0) {
        mime_token(out, "List-Unsubscribe: <", m->unsubscribe);
        if (m->unsubscribe_to.len > 0) {
            mime_token(out, ">,\r\n <mailto:", m->unsubscribe_to);
        }
        gw_buf_cstr(out, ">\r\nList-Unsubscribe-Post: "
                    "List-Unsubscribe=One-Click\r\n");
    }

    if (m->feedback.len > 0) {
        mime_token(out, "Feedback-ID: ", m->feedback);
        gw_buf_cstr(out, "\r\n");
    }

    if (m->automatic) {
        gw_buf_cstr(out, "Auto-Submitted: auto-generated\r\n");
    }

    gw_buf_cstr(out, "MIME-Version: 1.0\r\n");
    if (m->attached == NULL) {
        mime_alternative(m, out);
        return;
    }

    mime_multipart(out, "mixed", MIME_MIXED);
    mime_alternative(m, out);
    pieces_add(m->pieces, out->len, m->attached);
    gw_buf_cstr(out, "--" MIME_MIXED "--\r\n");
}


int
mime_split(gw_str_t text, gw_str_t *name, gw_str_t *address)
{
    unsigned char  *lt;

    while (text.len > 0 && *text.data == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }

    *name = gw_str_make(text.data, 0);
    *address = text;

    if (text.len > 0 && text.data[text.len - 1] == '>') {
        lt = memrchr(text.data, '<', text.len);
        if (lt == NULL) {
            return GW_EINVAL;
        }
        *name = gw_str_make(text.data, lt - text.data);
        *address = gw_str_make(lt + 1, text.data + text.len - lt - 2);
        while (name->len > 0 && name->data[name->len - 1] == ' ') {
            name->len--;
        }
        if (name->len > 1 && name->data[0] == '"'
            && name->data[name->len - 1] == '"')
        {
            name->data++;
            name->len -= 2;
        }
    }

    return address->len > 2 && memchr(address->data, '@', address->len)
           ? GW_OK : GW_EINVAL;
}


gw_str_t
mime_domain(gw_str_t address)
{
    unsigned char  *at;

    at = address.len > 0 ? memrchr(address.data, '@', address.len) : NULL;
    return at != NULL
           ? gw_str_make(at + 1, address.data + address.len - at - 1)
           : gw_str_make(address.data, 0);
}


int
mime_check(gw_str_t address, bool *utf8, const char **why)
{
    size_t    i;
    gw_str_t  domain;

    *utf8 = false;
    *why = "the address has no local part or no domain";
    domain = mime_domain(address);
    if (domain.len == 0 || domain.len + 1 >= address.len) {
        return GW_EINVAL;
    }

    *why = "the address is longer than 254 bytes";
    if (address.len > MIME_ADDRESS_MAX) {
        return GW_EINVAL;
    }

    for (i = 0; i < address.len; i++) {
        *why = "the address holds a blank, a control character or < >";
        if (address.data[i] < 0x21 || address.data[i] == 0x7f
            || address.data[i] == '<' || address.data[i] == '>')
        {
            return GW_EINVAL;
        }

        if (address.data[i] >= 0x80) {
            *why = "the domain is not in ASCII (punycode) form";
            if (address.data + i >= domain.data) {
                return GW_EINVAL;
            }
            *utf8 = true;
        }
    }

    *why = "the address is not valid UTF-8";
    return gw_utf8_valid(address) ? GW_OK : GW_EINVAL;
}
