/* The channels that there are. */
#include "worker/campaign/channel.h"

#include <string.h>

static const channel_t *const  channels[] = {
    &channel_mail, &channel_webhook, &channel_sms, &channel_whatsapp,
    &channel_null
};

#define CHANNELS  (sizeof(channels) / sizeof(channels[0]))


const channel_t *
channel_find(const char *name)
{
    size_t  n;

    for (n = 0; n < CHANNELS; n++) {
        if (strcmp(channels[n]->name, name) == 0) {
            return channels[n];
        }
    }

    return NULL;
}


int
channels_look(mail_t *m)
{
    int     rc;
    size_t  n;

    rc = GW_OK;
    for (n = 0; rc == GW_OK && n < CHANNELS; n++) {
        rc = channels[n]->look(m);
    }

    return rc;
}


void
channels_turn(mail_t *m)
{
    size_t  n;

    for (n = 0; n < CHANNELS; n++) {
        channels[n]->turn(m);
    }
}


void
channels_flush(mail_t *m)
{
    size_t  n;

    for (n = 0; n < CHANNELS; n++) {
        channels[n]->flush(m);
    }
}


void
channels_synced(mail_t *m)
{
    size_t  n;

    for (n = 0; n < CHANNELS; n++) {
        channels[n]->synced(m);
    }
}


unsigned
channels_busy(const mail_t *m)
{
    size_t    n;
    unsigned  busy;

    busy = 0;
    for (n = 0; n < CHANNELS; n++) {
        busy += channels[n]->busy(m);
    }

    return busy;
}
