/* How a text goes as SMS: its encoding, and into how many segments. */
#ifndef GW_SMS_H
#define GW_SMS_H

#include <jansson.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

typedef struct {
    bool      gsm;              /* GSM 03.38 at 7 bits; else UCS-2           */
    unsigned  characters;
    unsigned  units;            /* septets, or UTF-16 units                  */
    unsigned  segments;         /* 0 of an empty text                        */
    unsigned  left;             /* units that the last one still holds       */
    size_t    other;            /* where the first character stands that
                                   GSM 03.38 has not; the length: nowhere    */
} gw_sms_t;

/*
 * Count it as it will be billed: one segment of 160 septets or 70 units, more
 * of 153 or 67; what takes two units (the extension table of GSM 03.38, what is
 * beyond the BMP) is not parted. GW_EINVAL: no UTF-8.
 */
int gw_sms_count(gw_str_t text, gw_sms_t *sms) GW_MUSTCHECK;

/*
 * The same as {"encoding","characters","units","segments","left","other"}, of
 * which other is that character, or null. NULL: no UTF-8, no memory.
 */
json_t *gw_sms_json(gw_str_t text);

#endif
