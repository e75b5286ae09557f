/* The text that people read in HTML. */
#ifndef PLAIN_H
#define PLAIN_H

#include "shm/gw_buf.h"

/*
 * Append the text of HTML, lines where they are seen; what is in <head>, in
 * scripts and styles is none. False: what is behind a limit is left out.
 */
bool plain_html(gw_str_t html, gw_buf_t *out);

/* End the line in out, with so many empty ones behind it. */
void plain_break(gw_buf_t *out, unsigned empty);

#endif
