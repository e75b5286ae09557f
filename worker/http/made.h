/* A content of a webhook that is rendered (shm/gw_content.h), as a request. */
#ifndef MADE_H
#define MADE_H

#include <jansson.h>

#include "worker/http/endpoint.h"

/* Does its URL lead to that one, or below it, as godwit.url_within has it?
   Secrets go nowhere but where they are for. */
bool made_is_for(const json_t *made, const char *base);

/*
 * Its headers as lines, to be freed; one that has become empty is left out.
 * GW_EINVAL with a phrase in why, GW_ENOMEM.
 */
int made_headers(const json_t *made, char **out, gw_buf_t *why) GW_MUSTCHECK;

/* Send it, with those, under that id; as endpoint_send. */
int made_send(const json_t *made, const char *headers, const char *id,
    const endpoint_t *e, http_t *h, http_pt call, void *arg) GW_MUSTCHECK;

#endif
