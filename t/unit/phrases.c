/* Phrases in a text, and the numbers in it. */
#include "t/unit/tap.h"
#include "worker/receive/evidence.h"
#include "worker/receive/phrases.h"

typedef struct {
    unsigned  id[8];
    unsigned  n;
} hits_t;


static void
hit(void *arg, unsigned id, size_t at)
{
    hits_t  *h = arg;

    if (h->n < 8) {
        h->id[h->n++] = id;
    }
}


static void
words(void)
{
    size_t      i;
    hits_t      h = { { 0 }, 0 };
    unsigned    id;
    gw_buf_t    out;
    phrases_t  *s;

    static const char  *phrases[] = {
        "user unknown", "unknown", "user * not here", "known user",
        "mailbox~gone", NULL
    };

    s = phrases_create();
    for (i = 0; phrases[i] != NULL; i++) {
        is_int(phrases_add(s, gw_str_of(phrases[i]), &id), GW_OK, phrases[i]);
    }
    is_int(phrases_add(s, gw_str_of("Upper"), &id), GW_EINVAL, "no case");
    is_int(phrases_add(s, gw_str_of("a**b"), &id), GW_EINVAL, "no empty one");
    is_int(phrases_build(s), GW_OK, "built");

    gw_buf_init(&out, 1000);
    phrases_plain(gw_str_of("550-5.1.1 User\r\n  UNKNOWN: <a@B.c>... here"),
                  &out);
    is_str(gw_buf_view(&out), "user unknown: <@ here", "plain");
    phrases_scan(s, gw_buf_view(&out), hit, &h);
    ok(h.n == 2 && h.id[0] + h.id[1] == 1, "both phrases that end there");

    h.n = 0;
    phrases_scan(s, gw_str_of("unknown user x is not here"), hit, &h);
    ok(h.n == 2 && h.id[0] == 1 && h.id[1] == 2,
       "a gap; a word is found at its beginning");

    h.n = 0;
    phrases_scan(s, gw_str_of("mailbox of somebody is gone; mailbox of one who"
                              " has left a long time ago: all of it is gone"),
                 hit, &h);
    ok(h.n == 1 && h.id[0] == 4, "a short gap");

    gw_buf_reset(&out);
    phrases_plain(gw_str_of("\xd0\x9f\xd0\xa0\xd0\x81 \xc3\x84\xc2\xa0"
                            "isn\xe2\x80\x99t\xe3\x80\x80\xc2\xa0 \xc3"),
                  &out);
    is_str(gw_buf_view(&out), "\xd0\xbf\xd1\x80\xd1\x91 \xc3\xa4 isn't \xc3",
           "small letters and plain blanks of others than ASCII");

    gw_buf_free(&out);
    phrases_free(s);
}


/* RFC 3463 has subjects 0 to 7; a version of something is no status. */
static void
statuses(void)
{
    size_t  i;
    char    status[12];

    static const char  *said[][2] = {
        { "550 5.1.10 no", "5.1.10" }, { "(#5.1.1)", "5.1.1" },
        { "550-5.7.1 a", "5.7.1" }, { "Exim 4.96.1", "" }, { "v5.1.1", "" },
        { "192.5.1.1", "" }, { "5.1.1234", "" }, { "5.8.1", "" },
        { "from 5.1.1.2: 4.4.7", "4.4.7" }, { "5.1.", "" }, { "5.1", "" },
    };

    for (i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        evidence_status(gw_str_of(said[i][0]), status);
        is_str(gw_str_of(status), said[i][1], said[i][0]);
    }
}


int
main(void)
{
    words();
    statuses();
    return done();
}
