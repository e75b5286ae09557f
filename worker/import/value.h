/* Values of a row's fields, each by itself. */
#ifndef VALUE_H
#define VALUE_H

#include "worker/import/import.h"

#define VALUE_PHONE  18         /* bytes of room for a telephone number */

/* granted, revoked or unknown (and what people write for them); false: none. */
bool value_consent(gw_str_t s, int16_t *out);

/*
 * A telephone number as E.164 in out, of which *phone is a view, from how
 * people write it; false: it is none. godwit.phone does the same.
 */
bool value_phone(gw_str_t s, char out[VALUE_PHONE], gw_str_t *phone);

/* Does it hold a control character, such as the end of a line? */
bool value_control(gw_str_t s);

/* Why a text that is not empty is none of its field (static text), or NULL. */
const char *value_wrong(const import_map_t *m, import_field_t field,
    gw_str_t s);

#endif
