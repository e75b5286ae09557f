/* Strict JSON from outside, over jansson. */
#include "shm/gw_json.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shm/gw_json_scan.h"
#include "shm/gw_utf8.h"

static const struct {
    enum json_error_code   code;
    const char            *rule;
} json_rules[] = {
    { json_error_duplicate_key, "duplicate_key" },
    { json_error_numeric_overflow, "number" },
    { json_error_invalid_utf8, "utf8" },
    { json_error_null_character, "nul" },
    { json_error_null_byte_in_key, "nul" },
    { json_error_stack_overflow, "depth" }
};


static int
json_refuse(gw_json_error_t *err, const char *rule, const char *what)
{
    err->rule = rule;
    err->line = 0;
    err->column = 0;
    (void) snprintf(err->message, sizeof(err->message), "%s", what);
    return GW_EINVAL;
}


int
gw_json_refuse_at(gw_json_error_t *err, const gw_json_scan_t *c)
{
    size_t  i;

    err->rule = c->rule;
    err->line = 1;
    err->column = 1;

    for (i = 0; i < c->i; i++) {
        if (c->s.data[i] == '\n') {
            err->line++;
            err->column = 1;
        } else {
            err->column += (c->s.data[i] & 0xc0) != 0x80;
        }
    }

    (void) snprintf(err->message, sizeof(err->message),
                    "the JSON text %s, line %u, column %u", c->what,
                    err->line, err->column);
    return GW_EINVAL;
}


static int
json_refuse_parsed(gw_json_error_t *err, const json_error_t *e)
{
    size_t  i;

    err->rule = "syntax";
    for (i = 0; i < sizeof(json_rules) / sizeof(json_rules[0]); i++) {
        if (json_rules[i].code == json_error_code(e)) {
            err->rule = json_rules[i].rule;
        }
    }

    err->line = e->line > 0 ? (unsigned) e->line : 0;
    err->column = e->column > 0 ? (unsigned) e->column : 0;
    (void) snprintf(err->message, sizeof(err->message),
                    "the JSON text: %s, line %u, column %u", e->text,
                    err->line, err->column);
    gw_utf8_mend(err->message, strlen(err->message));
    return json_error_code(e) == json_error_out_of_memory ? GW_ENOMEM
                                                          : GW_EINVAL;
}


int
gw_json_parse(gw_str_t text, unsigned flags, json_t **out,
    gw_json_error_t *err)
{
    size_t           at, flag;
    json_t          *j;
    json_error_t     e;
    gw_json_scan_t   scan = { text, 0, flags, NULL, NULL };

    if (text.len > GW_JSON_SIZE_MAX) {
        return json_refuse(err, "too_large",
                           "the JSON text is larger than 32 MiB");
    }

    if (gw_json_scan(&scan) != GW_OK) {
        return gw_json_refuse_at(err, &scan);
    }

    for (at = 0; at < text.len && strchr(" \t\r\n", text.data[at]); at++) {
        /* void */
    }

    if (at == text.len) {
        return json_refuse(err, "empty", "the JSON text is empty");
    }

    flag = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
    flag |= flags & GW_JSON_NUL_ESCAPE ? JSON_ALLOW_NUL : 0;
    j = json_loadb((const char *) text.data, text.len, flag, &e);

    if (j == NULL) {
        return json_refuse_parsed(err, &e);
    }

    if ((flags & GW_JSON_OBJECT) && !json_is_object(j)) {
        json_decref(j);
        return json_refuse(err, "object", "the input must be a JSON object");
    }

    *out = j;
    return GW_OK;
}


static void
json_free(void *p)
{
    if (p != NULL) {
        explicit_bzero(p, malloc_usable_size(p));
        free(p);
    }
}


void
gw_json_wipe(void)
{
    json_set_alloc_funcs(malloc, json_free);
}
