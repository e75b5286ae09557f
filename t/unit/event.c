/* The body of a track record: round trip, cut texts, lying lengths. */
#include "shm/gw_event.h"
#include "t/unit/tap.h"


int
main(void)
{
    char           agent[600];
    size_t         n;
    gw_event_t     e, d;
    unsigned char  out[GW_EVENT_MAX];

    memset(&e, 0, sizeof(e));
    memset(agent, 'a', sizeof(agent));
    e.token[3] = 9;
    e.ip[15] = 7;
    e.ua = gw_str_make(agent, sizeof(agent));
    e.referer = gw_str_of("https://r.example/");

    n = gw_event_encode(out, &e);
    is_int(gw_event_decode(&d, gw_str_make(out, n)), GW_OK, "decode");
    is_int(d.ua.len, GW_EVENT_UA_MAX, "a long agent is cut");
    is_str(d.referer, "https://r.example/", "the referer");
    ok(d.token[3] == 9 && d.ip[15] == 7, "the fixed part");
    is_int(gw_event_decode(&d, gw_str_make(out, n - 1)), GW_ECORRUPT, "cut");
    is_int(gw_event_decode(&d, gw_str_make(out, 10)), GW_ECORRUPT, "short");
    return done();
}
