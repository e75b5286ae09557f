/* Mail that comes in: parts, texts, the table and its verdicts. */
#include <unistd.h>

#include "t/unit/tap.h"
#include "worker/receive/judge.h"

#define TABLE  "conf.d/bounces.yaml"

static rules_t  *rules;
static judge_t  *judge;


static gw_str_t
file(const char *path)
{
    static char  text[1 << 20];
    FILE        *f;
    size_t       n;

    f = fopen(path, "rb");
    n = f != NULL ? fread(text, 1, sizeof(text), f) : 0;
    if (f != NULL) {
        (void) fclose(f);
    }

    return gw_str_make(text, n);
}


/* A table of that text, as a file. */
static int
load(const void *text, size_t n, gw_buf_t *err)
{
    char      path[] = "/tmp/godwit-rules-XXXXXX";
    int       fd, rc;
    rules_t  *r;

    fd = mkstemp(path);
    if (fd < 0 || write(fd, text, n) != (ssize_t) n) {
        return GW_ERROR;
    }

    (void) close(fd);
    rc = rules_load(&r, path, err);
    (void) unlink(path);
    return rc;
}


static const judged_t *
judged(const char *mail)
{
    const judged_t  *m;

    if (judge_mail(judge, gw_str_of(mail), &m) != GW_OK) {
        ok(false, "a mail is judged");
        exit(1);
    }

    return m;
}


/* The mail with each LF written otherwise. */
static char *
ended(const char *mail, const char *end)
{
    size_t  n;
    char   *out, *to;

    n = strlen(end);
    out = malloc(strlen(mail) * 2 + 1);
    for (to = out; *mail != '\0'; mail++) {
        if (*mail == '\n') {
            memcpy(to, end, n);
            to += n;
        } else {
            *to++ = *mail;
        }
    }

    *to = '\0';
    return out;
}


static void
parts(void)
{
    parse_t   *p;
    decode_t   d;
    gw_buf_t   out;

    static const char  mail[] =
        "Subject: =?utf-8?q?caf=C3=A9?=\n =?iso-8859-1?B?IOk=?= end\n"
        "Content-Type: multipart/mixed; x=\"a;b\";\n"
        " boundary*0=\"o u\"; boundary*1=t\n\npreamble\n"
        "--o ut\nContent-Type: text/plain; charset=ISO-8859-1\n"
        "Content-Transfer-Encoding: quoted-printable\n\ncaf=E9 =\nau\n"
        "--o ut\nContent-Type: message/rfc822\n\n"
        "Message-ID: <a@b>\nContent-Type: multipart/alternative; boundary=in\n"
        "\n--in\n\ninner\n--in--\n"
        "--o ut\nContent-Transfer-Encoding: base64\n"
        "Content-Disposition: attachment; filename*=utf-8''%e2%82%ac.txt\n\n"
        "aGVs\nbG8=\n--o ut--\nepilogue\n";

    p = parse_create();
    decode_init(&d);
    gw_buf_init(&out, 1000);
    is_int(parse_mail(p, gw_str_of(mail)), GW_OK, "a mail is taken apart");
    is_int(p->n, 6, "into its parts");
    decode_field(&d, parse_find(p->part[0].head, "SUBJECT"), &out);
    is_str(gw_buf_view(&out), "caf\xc3\xa9 \xc3\xa9 end", "encoded words");

    gw_buf_reset(&out);
    decode_field(&d, gw_str_of("=?windows-1255?Q?=F9=EC=E5=ED?="), &out);
    is_str(gw_buf_view(&out), "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
           "a last letter that an accent may follow");

    gw_buf_reset(&out);
    decode_body(&d, &p->part[1], 1000, &out);
    is_str(gw_buf_view(&out), "caf\xc3\xa9 au", "a charset, a soft break");
    ok(p->part[3].returned && p->part[4].returned && !p->part[5].returned,
       "what is within a mail");
    is_str(parse_find(p->part[3].head, "message-id"), "<a@b>", "its fields");

    gw_buf_reset(&out);
    decode_body(&d, &p->part[5], 1000, &out);
    is_str(gw_buf_view(&out), "hello", "base64");
    gw_buf_reset(&out);
    ok(parse_param(parse_find(p->part[5].head, "content-disposition"),
                   "filename", &out), "a name (RFC 2231)");
    is_str(gw_buf_view(&out), "\xe2\x82\xac.txt", "with its percent signs");

    gw_buf_free(&out);
    decode_free(&d);
    parse_free(p);
}


/* A field that begins words on and on; one without an end near by. */
static void
long_field(void)
{
    decode_t     d;
    gw_buf_t     field, out;
    static char  mem[2][2 * DECODE_FIELD];

    decode_init(&d);
    gw_buf_fixed(&out, mem[0], sizeof(mem[0]));
    gw_buf_fixed(&field, mem[1], sizeof(mem[1]));
    gw_buf_fmt(&field, "=?utf-8?q?%0*d?=", DECODE_WORD, 1);
    for ( /* void */ ; !field.failed; gw_buf_cstr(&field, "=?a?q? ")) { }
    decode_field(&d, gw_buf_view(&field), &out);
    is_int(out.len, DECODE_FIELD, "so far, and the long word is none");
    decode_free(&d);
}


static void
limits(void)
{
    int       i;
    char      line[64];
    parse_t  *p;
    gw_buf_t  mail;

    p = parse_create();
    gw_buf_init(&mail, 1 << 22);
    for (i = 0; i < 40; i++) {
        gw_buf_fmt(&mail, "Content-Type: multipart/mixed; boundary=b%d\n\n"
                   "--b%d\n", i, i);
    }
    is_int(parse_mail(p, gw_buf_view(&mail)), GW_OK, "nested 40 deep");
    ok(p->n == PARSE_DEPTH, "read to a depth of %u", p->n);

    gw_buf_reset(&mail);
    gw_buf_cstr(&mail, "Content-Type: multipart/mixed; boundary=b\n\n");
    for (i = 0; i < 2000; i++) {
        gw_buf_cstr(&mail, "--b\n\nx\n");
    }
    is_int(parse_mail(p, gw_buf_view(&mail)), GW_OK, "2000 parts");
    is_int(p->n, PARSE_PARTS, "500 are seen");

    gw_buf_reset(&mail);
    for (i = 0; i < 40000; i++) {
        (void) snprintf(line, sizeof(line), "X-%d: y\n", i);
        gw_buf_cstr(&mail, line);
    }
    gw_buf_cstr(&mail, "Late: here\n\n");
    is_int(parse_mail(p, gw_buf_view(&mail)), GW_OK, "too many fields");
    is_int(p->part[0].head.len, PARSE_HEADERS, "256 KiB are seen");
    is_int(parse_find(p->part[0].head, "late").len, 0, "not what is behind");

    gw_buf_free(&mail);
    parse_free(p);
}


static void
tables(void)
{
    size_t      i;
    char        mem[300];
    gw_buf_t    err;

    static const struct {
        const char  *text, *want;
    } wrong[] = {
        { "classes: [", ":2: this is not YAML: " },
        { "clases: {}", ":1: \"clases\" is unknown here" },
        { "classes:\n  a: {group: x, hard: 3, suppress: never}",
          ":2: the class \"a\" needs " },
        { "classes:\n  a: {group: x, hard: true, suppress: never}",
          ":1: the class \"undefined\" is missing" },
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        gw_buf_fixed(&err, mem, sizeof(mem));
        is_int(load(wrong[i].text, strlen(wrong[i].text), &err), GW_EINVAL,
               "a wrong table");
        ok(strstr(gw_buf_c(&err), wrong[i].want) != NULL, "says where: %s",
           wrong[i].want);
    }
}


/* A bad rule in a table that is right otherwise. */
static void
bad_rules(void)
{
    size_t     i;
    char       mem[300];
    gw_str_t   good;
    gw_buf_t   err, text;

    static const struct {
        const char  *rule, *want;
    } wrong[] = {
        { "{class: nosuch, say: x}", "class: is none of this table" },
        { "{class: expired, say: Two}", "\"Two\" is not a text in lower case" },
        { "{class: expired, say: x, stage: lunch}", "\"lunch\" is no stage" },
        { "{class: expired, says: x}", "\"says\" is unknown" },
        { "{class: expired, code: [550]}", "code: a text, or a list" },
        { "{class: expired, say: x, at: {data: y}}", "at: data: is no class" },
    };

    good = file(TABLE);
    gw_buf_init(&text, 1 << 20);
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        gw_buf_reset(&text);
        gw_buf_put(&text, good.data, (size_t) ((unsigned char *)
                   memmem(good.data, good.len, "\nrules:\n", 8) + 8
                   - good.data));
        gw_buf_fmt(&text, "  - %s\n", wrong[i].rule);
        gw_buf_put(&text, good.data + text.len - strlen(wrong[i].rule) - 5,
                   good.len - (text.len - strlen(wrong[i].rule) - 5));
        gw_buf_fixed(&err, mem, sizeof(mem));
        is_int(load(text.data, text.len, &err), GW_EINVAL, wrong[i].rule);
        ok(strstr(gw_buf_c(&err), wrong[i].want) != NULL, "%s", mem);
    }

    gw_buf_free(&text);
}


#define DAEMON  "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\n" \
                "To: s@example.com\nSubject: Undelivered Mail\n"
#define REPORT  DAEMON "Content-Type: multipart/report; boundary=b;" \
                " report-type=delivery-status\n\n--b\n\n"
#define STATUS  "\n--b\nContent-Type: message/delivery-status\n\n" \
                "Reporting-MTA: dns; mx.example.net\n\n" \
                "Final-Recipient: rfc822; A@example.org\n"
#define BACK    "\n--b\nContent-Type: message/rfc822\n\n" \
                "Message-ID: <1@example.com>\nTo: a@example.org\n\n" \
                "mail\n--b--\n"

static const struct {
    const char  *what, *mail, *kind, *class, *recipient, *status;
    unsigned     code, n;
    bool         hard, delayed;
} cases[] = {
    { "a report", REPORT "said" STATUS "Action: failed\nStatus: 5.1.1\n"
      "Diagnostic-Code: smtp; 550 5.1.1 <A@example.org>: User unknown\n" BACK,
      "bounce", "userunknown", "A@example.org", "5.1.1", 550, 1, true, false },
    { "its text decides, the number is a hint", REPORT "said" STATUS
      "Action: failed\nStatus: 5.1.1\n"
      "Diagnostic-Code: smtp; 552 5.2.2 Over quota\n" BACK,
      "bounce", "mailboxfull", "A@example.org", "5.2.2", 552, 1, false, false },
    { "a number alone", REPORT "said" STATUS "Action: failed\nStatus: 5.1.1\n"
      BACK, "bounce", "userunknown", "A@example.org", "5.1.1", 0, 1, true,
      false },
    { "at DATA somebody did not want it", REPORT "<A@example.org>: host x said:"
      " 550 user unknown (in reply to end of DATA command)" STATUS
      "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user unknown\n"
      BACK, "bounce", "filtered", "A@example.org", "5.0.0", 550, 1, false,
      false },
    { "at RCPT it is the address", REPORT "<A@example.org>: host x said:"
      " 550 user unknown (in reply to RCPT TO command)" STATUS
      "Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 user unknown\n"
      BACK, "bounce", "userunknown", "A@example.org", "5.0.0", 550, 1, true,
      false },
    { "the sender's domain, looked at late", REPORT "<A@example.org>: host x "
      "said: 450 4.1.8 <s@example.com>: Sender address rejected: Domain not "
      "found (in reply to RCPT TO command)" STATUS "Action: failed\n"
      "Status: 4.1.8\nDiagnostic-Code: smtp; 450 4.1.8 <s@example.com>: Sender "
      "address rejected: Domain not found\n" BACK, "bounce", "rejected",
      "A@example.org", "4.1.8", 450, 1, false, false },
    { "blocked, not dead", REPORT "said" STATUS "Action: failed\n"
      "Status: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 Service unavailable, "
      "client host blocked using zen.spamhaus.org\n" BACK, "bounce", "blocked",
      "A@example.org", "5.7.1", 550, 1, false, false },
    { "a delay", REPORT "said" STATUS "Action: delayed\nStatus: 4.4.1\n" BACK,
      "bounce", "expired", "A@example.org", "4.4.1", 0, 1, false, true },
    { "a confirmation", REPORT "said" STATUS "Action: delivered\n"
      "Status: 2.1.5\nDiagnostic-Code: smtp; 250 2.1.5 Ok\n" BACK, "other",
      "delivered", "A@example.org", "2.1.5", 0, 1, false, false },
    { "qmail", DAEMON "\nHi. This is the qmail-send program at example.net.\n"
      "I've given up. Sorry it didn't work out.\n\n<a@example.org>:\n"
      "192.0.2.1 does not like recipient.\n"
      "Remote host said: 550 no such user here\nGiving up on 192.0.2.1.\n\n"
      "--- Below this line is a copy of the message.\n\n"
      "Return-Path: <s@example.com>\nMessage-ID: <1@example.com>\n", "bounce",
      "userunknown", "a@example.org", "", 550, 1, true, false },
    { "a whole transcript: the command before the reply", DAEMON
      "\nfailed:\n\na@example.org\n\n--> MAIL From:<s@example.com>\n"
      "<-- 250 ok\n--> RCPT To:<a@example.org>\n<-- 550 no such user\n"
      "--> DATA\n<-- 503 no\n", "bounce", "userunknown", "a@example.org", "",
      550, 1, true, false },
    { "HTML alone", DAEMON "Content-Type: text/html\n\n<p>To <b>a</b>@example"
      ".org: 550 5.1.1 user&nbsp;<i>unknown</i></p>\n", "bounce",
      "userunknown", "a@example.org", "5.1.1", 550, 1, true, false },
    { "two recipients in a text", DAEMON "\nthe following failed:\n\n"
      "a@example.org: 550 5.2.2 Mailbox Full\n"
      "b@example.org: 550 5.1.1 User Unknown\n", "bounce", "mailboxfull",
      "a@example.org", "5.2.2", 550, 2, false, false },
    { "a boundary that is nowhere", DAEMON "Content-Type: multipart/report; "
      "boundary=gone\n\n--here\nContent-Type: text/plain\n\nsaid" "\n--here\n"
      "Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;"
      "a@example.org\nAction: failed\nStatus: 5.1.2\n--here--\n", "bounce",
      "hostunknown", "a@example.org", "5.1.2", 0, 1, true, false },
    { "a complaint (ARF)", "From: loop@example.net\nContent-Type: "
      "multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\n"
      "This is an abuse report\n--b\nContent-Type: message/feedback-report\n\n"
      "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <a@example.org>\n"
      BACK, "complaint", "feedback", "a@example.org", "", 0, 1, false, false },
    { "a report that all is well", "From: loop@example.net\nContent-Type: "
      "multipart/report; boundary=b\n\n--b\n"
      "Content-Type: message/feedback-report\n\nFeedback-Type: not-spam\n"
      "Original-Rcpt-To: a@example.org\n" BACK, "other", "feedback",
      "a@example.org", "", 0, 1, false, false },
    { "an absence", "From: Ann <a@example.org>\nSubject: =?utf-8?Q?Automatic_"
      "reply=3A_Hi?=\nAuto-Submitted: auto-replied\nIn-Reply-To: <1@e>\n\n"
      "I am on leave. User unknown.\n", "auto_reply", "vacation",
      "a@example.org", "", 0, 1, false, false },
    { "an absence by its subject", "Return-Path: <>\nFrom: a@example.org\n"
      "Subject: Out of Office\n\nback on Monday\n", "auto_reply", "vacation",
      "a@example.org", "", 0, 1, false, false },
    { "a person", "From: Ann <a@example.org>\nSubject: Re: Undelivered Mail\n"
      "In-Reply-To: <1@e>\n\nWhat is this? user unknown\n", "reply", "",
      "a@example.org", "", 0, 1, false, false },
    { "a receipt of who has read it", "From: a@example.org\nSubject: Read\n"
      "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: "
      "message/disposition-notification\n\nDisposition: manual; displayed\n"
      "--b--\n", "other", "", "a@example.org", "", 0, 1, false, false },
    { "something else", "From: a@example.org\nSubject: Hello\n\nyou\n", "other",
      "", "a@example.org", "", 0, 1, false, false },
    { "nothing", "", "other", "", "", "", 0, 1, false, false },
};


static void
verdict(size_t i, const char *end)
{
    char             *mail;
    bool              hard;
    const verdict_t  *v;
    const judged_t   *m;

    mail = ended(cases[i].mail, end);
    m = judged(mail);
    v = &m->v[0];
    hard = v->class != NULL && v->class->hard;
    ok(strcmp(judge_kind(m->kind), cases[i].kind) == 0
       && strcmp(v->class != NULL ? v->class->name : "", cases[i].class) == 0
       && strcmp(v->recipient, cases[i].recipient) == 0
       && strcmp(v->status, cases[i].status) == 0 && v->code == cases[i].code
       && hard == cases[i].hard && v->delayed == cases[i].delayed
       && m->n == cases[i].n, "%s: %s %s %s \"%s\" %u %u", cases[i].what,
       judge_kind(m->kind), v->class != NULL ? v->class->name : "-",
       v->recipient, v->status, v->code, m->n);
    free(mail);
}


static void
replies(void)
{
    size_t  i;

    static const struct {
        unsigned     stage, code;
        const char  *text, *class;
    } said[] = {
        { RULES_RCPT, 550, "5.1.1 <a@b>: Recipient address rejected: User "
          "unknown in virtual mailbox table", "userunknown" },
        { RULES_MAIL, 550, "5.1.1 user unknown", "rejected" },
        { RULES_DATA, 550, "no such user", "filtered" },
        { RULES_CONNECT, 554, "bye", "blocked" },
        { RULES_RCPT, 452, "4.2.2 The email account is over quota",
          "mailboxfull" },
        { RULES_RCPT, 421, "4.7.0 Too many connections", "toomanyconn" },
        { RULES_DATA, 554, "5.7.26 Unauthenticated email from b",
          "authfailure" },
        { RULES_RCPT, 550, "", "undefined" },
    };

    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        is_str(gw_str_of(judge_reply(rules, said[i].stage, said[i].code,
                                     gw_str_of(said[i].text))->name),
               said[i].class, said[i].text);
    }
}


int
main(void)
{
    size_t    i;
    char      mem[300];
    gw_buf_t  err;

    parts();
    long_field();
    limits();
    tables();
    bad_rules();

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (rules_load(&rules, NULL, &err) != GW_OK) {
        ok(false, "%s", gw_buf_c(&err));
        return done();
    }

    judge = judge_create(rules);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        verdict(i, "\n");
        verdict(i, "\r\n");
        verdict(i, "\r");
    }
    replies();

    judge_free(judge);
    rules_free(rules);
    return done();
}
