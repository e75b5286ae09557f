/* What the channels of content share: members are judged by their place. */
#ifndef CONTENT_H
#define CONTENT_H

#include "shm/gw_content.h"

typedef struct {
    gw_buf_t         *err;
    const gw_nets_t  *allow;
} content_t;

/* `PLACE sentence` into err; returns GW_EINVAL. */
int content_wrong(content_t *c, const char *place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The object has no members but these, ended by NULL. */
int content_members(content_t *c, const json_t *object, const char *place,
    const char *const *members);

/*
 * A member that is a text of 1 to max characters. *out is empty when it is
 * missing and need not be there.
 */
int content_text(content_t *c, const json_t *object, const char *place,
    const char *name, unsigned max, bool needed, gw_str_t *out);

/* One of these words, ended by NULL; its place among them. */
int content_word(content_t *c, const json_t *object, const char *place,
    const char *name, const char *const *words, int *out);

int content_whatsapp(content_t *c, const json_t *content);
int content_webhook(content_t *c, const json_t *content);

#endif
