/* Where a request may go: networks, addresses of every form, URLs. */
#include <arpa/inet.h>
#include <netinet/in.h>

#include "shm/gw_net.h"
#include "t/unit/tap.h"

static gw_nets_t  none, some;


/* What gw_net_url says of a URL: "" when it is good. */
static const char *
judged(const char *url, const gw_nets_t *allow)
{
    static char      mem[256];
    static gw_buf_t  err;

    gw_buf_fixed(&err, mem, sizeof(mem));
    if (gw_net_url(gw_str_of(url), allow, &err) == GW_OK) {
        return "";
    }

    return gw_buf_c(&err);
}


static bool
may(const char *address, int port, bool https, const gw_nets_t *allow)
{
    struct sockaddr_in   v4 = { .sin_family = AF_INET };
    struct sockaddr_in6  v6 = { .sin6_family = AF_INET6 };

    v4.sin_port = v6.sin6_port = htons((uint16_t) port);
    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        return gw_net_may(allow, https, (struct sockaddr *) &v4);
    }

    return inet_pton(AF_INET6, address, &v6.sin6_addr) == 1
           && gw_net_may(allow, https, (struct sockaddr *) &v6);
}


static void
test_networks(void)
{
    size_t    i;
    gw_net_t  net;

    static const char *const  good[] = {
        "192.0.2.0/24", "127.0.0.1", "0.0.0.0/0", "2001:db8::/32", "::1"
    };
    static const char *const  bad[] = {
        "", "/", "192.0.2.1/24", "192.0.2.0/33", "192.0.2/24", "::/129",
        "192.0.2.0/", "localhost", "fe80::1%eth0", "0x7f000001", "127.1",
        "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/128"
    };

    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        is_int(gw_net_parse(gw_str_of(good[i]), &net), GW_OK, good[i]);
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ok(gw_net_parse(gw_str_of(bad[i]), &net) == GW_EINVAL,
           "no network: %s", bad[i]);
    }
}


static void
test_addresses(void)
{
    size_t  i;

    static const char *const  good[] = {
        "1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1",
        "172.32.0.1", "192.1.0.1", "198.17.0.1", "198.20.0.1", "223.255.1.1",
        "2606:4700::1111", "2a00:1450:4001::1", "2003::1", "2001:200::1",
        "3ffe::1"
    };
    static const char *const  bad[] = {
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255",
        "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
        "172.31.255.255", "192.0.0.170", "192.0.2.1", "192.88.99.1",
        "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::8.8.8.8",
        "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1",
        "2001:0:4136:e378::1", "2001:db8::1", "3fff::1", "fc00::1",
        "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1",
        "5f00::1", "4000::1"
    };

    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        ok(may(good[i], 443, true, &none) && may(good[i], 8443, true, &none),
           "of the internet: %s", good[i]);
        ok(!may(good[i], 443, false, &none) && !may(good[i], 22, true, &none)
           && !may(good[i], 80, false, &some), "by https alone: %s", good[i]);
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ok(!may(bad[i], 443, true, &none), "not: %s", bad[i]);
    }

    ok(may("127.0.0.1", 9, false, &some) && may("fd00:1::2", 80, false, &some),
       "what is allowed by its network, http and any port");
    ok(!may("127.0.1.1", 443, true, &some), "not its neighbour");
    ok(!may("::ffff:127.0.0.1", 443, true, &some), "nor another form of it");
}


static void
test_urls(void)
{
    size_t  i;

    static const char *const  good[] = {
        "https://example.com", "https://example.com/", "HTTPS://Example.COM/a",
        "https://example.com:443/hook?a=b&c=%20", "https://a.example:8443?x",
        "https://xn--bcher-kva.example/", "https://1.1.1.1/",
        "https://[2606:4700::1111]/", "https://[2606:4700::1111]:8443/",
        "https://_x.a.example/@me", "https://1.example/"
    };
    static const char *const  bad[] = {
        "", "example.com", "http://example.com/", "ftp://example.com/",
        "file:///etc/passwd", "https://", "https:///a", "https:/a.example/",
        "https://example.com:80/", "https://example.com:0/",
        "https://example.com:/", "https://example.com:99999/",
        "https://example.com:443x/", "https://me@example.com/",
        "https://me:pw@example.com/", "https://1.1.1.1@127.0.0.1/",
        "https://example.com\\@127.0.0.1/", "https://example.com/#a",
        "https://127.0.0.1#@example.com/", "https://a b.example/",
        "https://a.example/\r\nX: y", "https://b\xc3\xbc" "cher.example/",
        "https://localhost/", "https://intranet/", "https://a.localhost/",
        "https://metadata.google.internal/", "https://printer.local/",
        "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
        "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/",
        "https://0x7f.0.0.0x1/", "https://127.0.0.1./", "https://localhost./",
        "https://example.com./", "https://a..example/", "https://.example/",
        "https://1.1.1/", "https://01.1.1.1/", "https://1.1.1.1.1/",
        "https://169.254.169.254/latest", "https://[::1]/", "https://[::]/",
        "https://[::ffff:127.0.0.1]/", "https://[::ffff:1.1.1.1]/",
        "https://[64:ff9b::1.1.1.1]/", "https://[2002:101:101::1]/",
        "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/",
        "https://[fd00:ec2::254]/", "https://[1.1.1.1]/", "https://[::1/",
        "https://[2606:4700::1111]443/", "https://[]/", "https://a,b.example/",
        "https://a%2e.example/", "https://1.1.1.1:22/"
    };

    for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
        ok(*judged(good[i], &none) == '\0', "good: %s (%s)", good[i],
           judged(good[i], &none));
    }
    for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        ok(*judged(bad[i], &none) != '\0', "bad: %s (%s)", bad[i],
           judged(bad[i], &none));
    }

    ok(*judged("http://127.0.0.1:9/", &some) == '\0', "allowed by address");
    ok(*judged("http://hooks:9/", &some) == '\0', "by a name: it decides");
    ok(*judged("http://127.0.1.1/", &some) != '\0', "not its neighbour");
    ok(*judged("http://127.1:9/", &some) != '\0', "nor an unusual form of it");
    ok(*judged("http://a@127.0.0.1:9/", &some) != '\0', "nor with a user");
}


int
main(void)
{
    some.n = 2;
    if (gw_net_parse(gw_str_of("127.0.0.0/24"), &some.v[0]) != GW_OK
        || gw_net_parse(gw_str_of("fd00:1::/64"), &some.v[1]) != GW_OK)
    {
        return 1;
    }

    test_networks();
    test_addresses();
    test_urls();
    return done();
}
