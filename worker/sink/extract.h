/* What a recipient's mail program would find in a message: its links. */
#ifndef SINK_EXTRACT_H
#define SINK_EXTRACT_H

#include "shm/gw_buf.h"

typedef void (*extract_pt)(void *arg, gw_str_t url);

/*
 * Call `image` for each src and `link` for each href of the HTML part of a raw
 * message (quoted-printable and base64 undone, &amp; too).
 */
void extract_links(gw_str_t raw, extract_pt image, extract_pt link,
    void *arg);

/* The first URL of the List-Unsubscribe header, appended to out. */
void extract_unsubscribe(gw_str_t raw, gw_buf_t *out);

#endif
