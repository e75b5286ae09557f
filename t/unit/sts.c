/* MTA-STS: records, policies, and whose exchanger a host is. */
#include "t/unit/tap.h"
#include "worker/mail/sts_text.h"


static void
test_record(void)
{
    char      id[STS_ID_MAX + 1];
    unsigned  i;

    static const struct {
        const char  *text;
        int          rc;
        const char  *id;
    } rows[] = {
        { "v=STSv1; id=20160831085700Z;", GW_OK, "20160831085700Z" },
        { "v=STSv1;id=1", GW_OK, "1" },
        { "v=STSv1; other=x; id = 2 ;", GW_OK, "2" },
        { "v=STSv1", GW_EINVAL, "" },
        { "v=STSv1; id=", GW_EINVAL, "" },
        { "v=STSv1; id=a-b", GW_EINVAL, "" },
        { "v=STSv1; id=123456789012345678901234567890123", GW_EINVAL, "" },
        { "v=STSv2; id=1", GW_ENOTFOUND, "" },
        { "v=spf1 -all", GW_ENOTFOUND, "" },
        { "", GW_ENOTFOUND, "" }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        id[0] = '\0';
        is_int(sts_text_id(gw_str_of(rows[i].text), id), rows[i].rc,
               rows[i].text);
        is_str(gw_str_of(id), rows[i].id, "its id");
    }
}


static void
test_policy(void)
{
    unsigned    i;
    sts_text_t  t;

    static const struct {
        const char  *text, *mx;
        int          rc;
        sts_mode_t   mode;
        long long    age;
    } rows[] = {
        { "version: STSv1\r\nmode: enforce\r\nmx: MX.a.test\r\nmx: *.b.test"
          "\r\nmax_age: 86400\r\n", "mx.a.test *.b.test", GW_OK, STS_ENFORCE,
          86400 },
        { "mode: testing\nversion:STSv1\nmx:a\nmax_age:1\nmax_age:2\nx: y\n",
          "a", GW_OK, STS_TESTING, 1 },
        { "version: STSv1\nmode: none\nmax_age: 9999999999", "", GW_OK,
          STS_NONE, 31557600 },
        { "version: STSv1\nmode: enforce\nmax_age: 5", "", GW_EINVAL, 0, 0 },
        { "version: STSv2\nmode: none\nmax_age: 5", "", GW_EINVAL, 0, 0 },
        { "version: STSv1\nmode: all\nmx: a\nmax_age: 5", "", GW_EINVAL, 0, 0 },
        { "version: STSv1\nmode: none\nmax_age: -5", "", GW_EINVAL, 0, 0 },
        { "version: STSv1\nmode: enforce\nmx: a b\nmax_age: 5", "", GW_EINVAL,
          0, 0 },
        { "version: STSv1\nmode: enforce\nmx: a.*.b\nmax_age: 5", "",
          GW_EINVAL, 0, 0 },
        { "version: STSv1\nmode: enforce\nmx:\nmax_age: 5", "", GW_EINVAL, 0,
          0 },
        { "<html>", "", GW_EINVAL, 0, 0 },
        { "", "", GW_EINVAL, 0, 0 }
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_int(sts_text_read(gw_str_of(rows[i].text), &t), rows[i].rc,
               rows[i].rc == GW_OK ? "a policy" : "none");
        if (rows[i].rc == GW_OK) {
            is_int(t.mode, rows[i].mode, "its mode");
            is_int(t.max_age, rows[i].age, "its age");
            is_str(gw_str_of(t.mx), rows[i].mx, "its exchangers");
        }
    }
}


static void
test_hosts(void)
{
    const char  *mx = "mx.a.test *.b.test";

    ok(sts_text_has(mx, "mx.a.test"), "by name");
    ok(sts_text_has(mx, "mx1.b.test"), "by what stands behind it");
    ok(!sts_text_has(mx, "x.mx1.b.test"), "of one label");
    ok(!sts_text_has(mx, "b.test"), "which is there");
    ok(!sts_text_has(mx, ".b.test"), "and not empty");
    ok(!sts_text_has(mx, "mx.a.test.evil"), "as a whole");
    ok(!sts_text_has("", "mx.a.test"), "nobody of none");
}


int
main(void)
{
    test_record();
    test_policy();
    test_hosts();
    return done();
}
