/* The form of the page of preferences: what is chosen anew; hostile ones. */
#include "shm/gw_choices.h"
#include "t/unit/tap.h"

static const struct {
    const char  *form, *words;          /* NULL: it is refused */
} cases[] = {
    { "had=email+lst_4&on=email&on=lst_4&pause=keep&every=0", "every0" },
    { "had=email+lst_4+every0&on=email&on=lst_4&pause=keep&every=0", "" },
    { "had=email%20lst_4+every7&on=lst_9&pause=30&every=1",
      "email- lst_4- lst_9+ pause30 every1" },
    { "had=&on=email&on=sms&pause=0", "email+ sms+ pause0" },
    { "had=email&all=1", "email- sms- whatsapp- voice-" },
    { "subscribe=0", "email-" },
    { "subscribe=1", "email+" },
    { "subscribe=2", NULL },
    { "subscribe=1&on=sms", NULL },
    { "all=2", NULL },
    { "all=1&subscribe=1", NULL },
    { "", NULL },
    { "x", NULL },
    { "on=fax", NULL },
    { "on=lst_0", NULL },
    { "on=lst_04", NULL },
    { "on=lst_9999999999999999999", NULL },
    { "on=lst_-1", NULL },
    { "on=email%", NULL },
    { "on=email%0", NULL },
    { "on=email%00", NULL },
    { "on=Email", NULL },
    { "pause=31", NULL },
    { "every=2", NULL },
    { "pause=30&pause=60", NULL },
    { "on=email&on=", "email+" }
};


int
main(void)
{
    int            rc;
    char           form[8192];
    size_t         i, n;
    gw_choices_t   c;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        rc = gw_choices_read(&c, gw_str_of(cases[i].form));
        is_int(rc, cases[i].words != NULL ? GW_OK : GW_EINVAL,
               cases[i].form);
        if (rc == GW_OK && cases[i].words != NULL) {
            is_str(gw_str_make(c.words, c.len), cases[i].words, "words");
        }
    }

    is_int(gw_choices_read(&c, gw_str_of("had=email&on=sms")), GW_OK, "both");
    ok(c.no_mail && !c.mail, "no mail");
    is_int(gw_choices_read(&c, gw_str_make("subscribe=1\0", 12)), GW_EINVAL,
           "a zero behind it");

    for (i = 1, n = 0; n < 3000; i++) {
        n += (size_t) snprintf(form + n, sizeof(form) - n, "%son=lst_%zu",
                               n > 0 ? "&" : "", i);
    }
    is_int(gw_choices_read(&c, gw_str_make(form, n)), GW_EINVAL,
           "more words than there is room for");
    memset(form, 'a', sizeof(form));
    is_int(gw_choices_read(&c, gw_str_make(form, sizeof(form))), GW_EINVAL,
           "more form than that");
    return done();
}
