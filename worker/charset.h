/* Texts of other charsets as UTF-8: what names one, and what comes last. */
#ifndef CHARSET_H
#define CHARSET_H

#include "shm/gw_buf.h"

#define CHARSET_NAME  32        /* bytes of room for a name */

/*
 * An iconv_t of that charset, which somebody else has named, to UTF-8;
 * NULL: there is none.
 */
void *charset_open(gw_str_t name);

/*
 * Append what the converter has kept of the text: of some charsets the last
 * letter waits for an accent behind it. false: it cannot be.
 */
bool charset_end(void *converter, gw_buf_t *out);

#endif
