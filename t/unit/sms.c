/* SMS: encodings, and segments that part no character. */
#include "shm/gw_sms.h"
#include "shm/gw_buf.h"
#include "t/unit/tap.h"

static gw_buf_t  text;


/* n times each of these texts, one behind the other. */
static gw_str_t
times(const char *a, int n, const char *b, int m, const char *c, int k)
{
    gw_buf_reset(&text);
    for ( /* void */ ; n > 0; n--) {
        gw_buf_cstr(&text, a);
    }
    for ( /* void */ ; m > 0; m--) {
        gw_buf_cstr(&text, b);
    }
    for ( /* void */ ; k > 0; k--) {
        gw_buf_cstr(&text, c);
    }
    return gw_buf_view(&text);
}


static void
count(gw_str_t s, const char *want, const char *what)
{
    char      mem[80];
    gw_buf_t  out;
    gw_sms_t  n;

    gw_buf_fixed(&out, mem, sizeof(mem));
    if (gw_sms_count(s, &n) == GW_OK) {
        gw_buf_fmt(&out, "%s %u %u %u", n.gsm ? "gsm" : "ucs", n.units,
                   n.segments, n.left);
    } else {
        gw_buf_cstr(&out, "wrong");
    }
    is_str(gw_buf_view(&out), want, what);
}


int
main(void)
{
    unsigned  c, n;
    char      one[8];
    gw_sms_t  sms;

    gw_buf_init(&text, 1 << 16);
    count(times("a", 160, "", 0, "", 0), "gsm 160 1 0", "160 letters");
    count(times("a", 161, "", 0, "", 0), "gsm 161 2 145", "161");
    count(times("a", 306, "", 0, "", 0), "gsm 306 2 0", "two are full");
    count(times("a", 307, "", 0, "", 0), "gsm 307 3 152", "307");
    count(times("\xd0\xb6", 70, "", 0, "", 0), "ucs 70 1 0", "70 of others");
    count(times("\xd0\xb6", 71, "", 0, "", 0), "ucs 71 2 63", "71");
    count(times("\xd0\xb6", 134, "", 0, "", 0), "ucs 134 2 0", "two are full");
    count(times("\xe2\x82\xac", 1, "a", 159, "", 0), "gsm 161 2 145",
          "the euro is two");
    count(times("\xe2\x82\xac", 1, "a", 158, "", 0), "gsm 160 1 0", "158");
    count(times("a", 152, "\xe2\x82\xac", 1, "b", 20), "gsm 174 2 131",
          "an escape is not parted");
    count(gw_str_of("Hi \xf0\x9f\x91\x8b"), "ucs 5 1 65", "an emoji is two");
    count(times("a", 66, "\xf0\x9f\x91\x8b", 1, "b", 10), "ucs 78 2 55",
          "nor is that");
    count(gw_str_of("It\xe2\x80\x99s"), "ucs 4 1 66", "a curled apostrophe");
    count(gw_str_of(""), "gsm 0 0 160", "nothing");
    count(gw_str_of("\xff"), "wrong", "no UTF-8");
    count(gw_str_of("{}[]\\^~|\f"), "gsm 18 1 142", "the extension table");

    for (c = ' ', n = 0; c < 0x7f; c++) {
        one[0] = (char) c;
        if (gw_sms_count(gw_str_make(one, 1), &sms) == GW_OK) {
            n += sms.gsm ? sms.units : 100;
        }
    }
    is_int(n, 95 - 1 + 8 + 100, "of ASCII only ` is not in it, 8 take two");
    count(gw_str_of("@\xc2\xa3$\xc2\xa5\xc3\xa8\xc3\xa9\xc3\xb9\xc3\xac\xc3\xb2"
          "\xc3\x87\n\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5\xce\x94_"
          "\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8\xce\xa3"
          "\xce\x98\xce\x9e\xc3\x86\xc3\xa6\xc3\x9f\xc3\x89\xc2\xa4"
          "\xc2\xa1\xc3\x84\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7\xc2\xbf"
          "\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0"),
          "gsm 44 1 116", "the default alphabet");
    count(gw_str_of("\xc3\xa7"), "ucs 1 1 69", "but no small c with cedilla");

    gw_buf_free(&text);
    return done();
}
