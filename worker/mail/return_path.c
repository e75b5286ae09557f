/* The envelope sender of a mail: where it comes back to. */
#include "worker/mail/return_path.h"

#include <stdio.h>
#include <string.h>

#include "shm/gw_clock.h"
#include "worker/campaign/campaign.h"


const char *
return_name(const mail_t *m, const item_t *i, unsigned what,
    char mem[RETURN_PATH_MAX])
{
    gw_str_t       domain;
    gw_token_t     t;
    unsigned char  name[GW_TOKEN_NAME];

    domain = what == GW_TOKEN_REPLY ? m->w->conf.reply_domain
             : i->campaign->returns[0] != '\0'
               ? gw_str_of(i->campaign->returns) : m->w->conf.bounce_domain;
    memset(&t, 0, sizeof(t));
    t.what = (uint8_t) what;
    /* what comes back is a message's, an answer comes from a person */
    t.kind = i->message && what != GW_TOKEN_REPLY ? GW_TOKEN_MESSAGE
                                                  : GW_TOKEN_CAMPAIGN;
    t.tenant = i->campaign->tenant;
    t.id = t.kind == GW_TOKEN_MESSAGE ? i->contact : i->person;
    t.id2 = t.kind == GW_TOKEN_MESSAGE ? 0 : i->campaign->id;
    t.time = (uint32_t) (gw_clock_us() / 1000000);

    if (domain.len == 0 || gw_token_sign_name(m->keys, &t, name) != GW_OK) {
        return NULL;
    }

    (void) snprintf(mem, RETURN_PATH_MAX, "%.*s@%.*s", GW_TOKEN_NAME,
                    (char *) name, (int) domain.len, (char *) domain.data);
    return mem;
}


const char *
return_path(const mail_t *m, const item_t *i, char mem[RETURN_PATH_MAX])
{
    const char  *name;

    name = return_name(m, i, GW_TOKEN_RETURN, mem);
    return name != NULL ? name : i->campaign->address;
}
