/* SMS: GSM 03.38 (3GPP TS 23.038) and UCS-2, alone and concatenated. */
#include "shm/gw_sms.h"

#include <stdint.h>

#include "shm/gw_utf8.h"

/* What a segment holds, alone and of several: a header takes 6 bytes. */
static const struct {
    unsigned  one, more;
} sms_room[] = {
    { 70, 67 },                 /* UCS-2 */
    { 160, 153 }                /* GSM 03.38 */
};

/* The default alphabet beyond printable ASCII, and what of that it lacks. */
static const uint32_t  sms_basic[] = {
    '\n', '\r', 0xa1, 0xa3, 0xa4, 0xa5, 0xa7, 0xbf, 0xc4, 0xc5, 0xc6, 0xc7,
    0xc9, 0xd1, 0xd6, 0xd8, 0xdc, 0xdf, 0xe0, 0xe4, 0xe5, 0xe6, 0xe8, 0xe9,
    0xec, 0xf1, 0xf2, 0xf6, 0xf8, 0xf9, 0xfc, 0x393, 0x394, 0x398, 0x39b,
    0x39e, 0x3a0, 0x3a3, 0x3a6, 0x3a8, 0x3a9, 0
};

static const uint32_t  sms_extended[] = {
    '\f', '[', '\\', ']', '^', '{', '|', '}', '~', 0x20ac, 0
};


static bool
sms_is_of(uint32_t c, const uint32_t *table)
{
    while (*table != 0 && *table != c) {
        table++;
    }

    return *table != 0;
}


/* Septets of a character; 0: there is none of it. */
static unsigned
sms_septets(uint32_t c)
{
    if (sms_is_of(c, sms_extended)) {
        return 2;
    }

    return (c >= ' ' && c < 0x7f && c != '`') || sms_is_of(c, sms_basic);
}


/* The character at p, of n bytes that are well-formed. */
static uint32_t
sms_character(const unsigned char *p, size_t n)
{
    size_t    i;
    uint32_t  c;

    c = n == 1 ? p[0] : p[0] & (0x7fU >> n);
    for (i = 1; i < n; i++) {
        c = c << 6 | (p[i] & 0x3f);
    }

    return c;
}


/* Put together in segments of so much room; units of the last one. */
static unsigned
sms_fill(gw_str_t text, bool gsm, unsigned room, unsigned *segments)
{
    size_t    i, n;
    uint32_t  c;
    unsigned  used, width;

    used = 0;
    *segments = 1;
    for (i = 0; i < text.len; i += n) {
        n = gw_utf8_len(text.data + i, text.len - i);
        c = sms_character(text.data + i, n);
        width = gsm ? sms_septets(c) : 1 + (c > 0xffff);
        if (used + width > room) {
            ++*segments;
            used = 0;
        }
        used += width;
    }

    return used;
}


int
gw_sms_count(gw_str_t text, gw_sms_t *sms)
{
    size_t    i, n;
    uint32_t  c;
    unsigned  septets, ucs, width, used;

    septets = ucs = 0;
    memset(sms, 0, sizeof(gw_sms_t));
    sms->gsm = true;
    sms->other = text.len;

    for (i = 0; i < text.len; i += n) {
        n = gw_utf8_len(text.data + i, text.len - i);
        if (n == 0) {
            return GW_EINVAL;
        }

        c = sms_character(text.data + i, n);
        width = sms_septets(c);
        if (width == 0 && sms->gsm) {
            sms->gsm = false;
            sms->other = i;
        }
        septets += width;
        ucs += 1 + (c > 0xffff);
        sms->characters++;
    }

    sms->units = sms->gsm ? septets : ucs;
    if (sms->units <= sms_room[sms->gsm].one) {
        sms->segments = sms->units > 0;
        sms->left = sms_room[sms->gsm].one - sms->units;
        return GW_OK;
    }

    used = sms_fill(text, sms->gsm, sms_room[sms->gsm].more, &sms->segments);
    sms->left = sms_room[sms->gsm].more - used;
    return GW_OK;
}


json_t *
gw_sms_json(gw_str_t text)
{
    size_t     n;
    json_t    *other;
    gw_sms_t   sms;

    if (gw_sms_count(text, &sms) != GW_OK) {
        return NULL;
    }

    n = sms.other < text.len
        ? gw_utf8_len(text.data + sms.other, text.len - sms.other) : 0;
    other = n > 0 ? json_stringn((char *) text.data + sms.other, n)
                  : json_null();

    return json_pack("{s:s, s:i, s:i, s:i, s:i, s:o}", "encoding",
                     sms.gsm ? "GSM-7" : "UCS-2", "characters",
                     (int) sms.characters, "units", (int) sms.units,
                     "segments", (int) sms.segments, "left", (int) sms.left,
                     "other", other);
}
