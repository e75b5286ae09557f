/* Byte codecs: base64url, base32, hex, CRC-32C, quoted-printable, RFC 2047. */
#ifndef GW_CODEC_H
#define GW_CODEC_H

#include <stdint.h>

#include "shm/gw_buf.h"
#include "shm/gw_err.h"

/* Characters that n bytes take in base64url without padding. */
#define GW_B64URL_LEN(n)  (((n) * 4 + 2) / 3)

/* Write GW_B64URL_LEN(n) characters to out, unterminated; returns the count. */
size_t gw_b64url_encode(unsigned char *out, const void *in, size_t n);

/*
 * Decode unpadded base64url; *n is the room at out and becomes the length.
 * GW_EINVAL on a foreign character, an impossible length or bits left over
 * (the non-canonical form); GW_EFULL when out is too small.
 */
int gw_b64url_decode(unsigned char *out, size_t *n, gw_str_t in) GW_MUSTCHECK;

/* Characters that n bytes take in base32 without padding. */
#define GW_B32_LEN(n)  (((n) * 8 + 4) / 5)

/* Write GW_B32_LEN(n) characters, upper case, unterminated; their count. */
size_t gw_b32_encode(unsigned char *out, const void *in, size_t n);

/*
 * Decode unpadded base32 of either case; *n is the room at out and becomes the
 * length. GW_EINVAL on a foreign character, GW_EFULL.
 */
int gw_b32_decode(unsigned char *out, size_t *n, gw_str_t in) GW_MUSTCHECK;

/* Standard base64 with padding, for SMTP AUTH and MIME bodies. */
void gw_b64_encode(gw_buf_t *out, const void *in, size_t n, size_t line);

/* Lower-case hex: 2n characters to out, unterminated. */
void gw_hex_encode(unsigned char *out, const void *in, size_t n);

/* Decode exactly n bytes from 2n hex digits of either case. */
int gw_hex_decode(unsigned char *out, size_t n, gw_str_t in) GW_MUSTCHECK;

/* CRC-32C (Castagnoli), as in RFC 3720; start with crc = 0. */
uint32_t gw_crc32c(uint32_t crc, const void *p, size_t n);

#define GW_QP_LINE  76          /* characters of a line, with its soft end */

/*
 * The state of a quoted-printable encoder (RFC 2045 section 6.7) that may be
 * fed in pieces: the column of the open line, and a blank or CR held back.
 */
typedef struct {
    unsigned  column;
    int       held;
} gw_qp_t;

/* Append text as quoted-printable; LF and CRLF both become CRLF. */
void gw_qp_encode(gw_qp_t *qp, gw_buf_t *out, gw_str_t text);

/* Write what is held back and end the last line with CRLF if it is open. */
void gw_qp_finish(gw_qp_t *qp, gw_buf_t *out);

/*
 * Append text as an unstructured header value after a name that has taken
 * `column` characters: plain when printable ASCII, else RFC 2047 words
 * (UTF-8, B or Q, whichever is shorter, each at most 75 characters, never
 * inside a UTF-8 sequence), folded at 78. CR, LF, NUL, U+0085, U+2028 and
 * U+2029 become one blank: a header can not be injected. Returns the column.
 */
unsigned gw_rfc2047(gw_buf_t *out, gw_str_t text, unsigned column);

/*
 * The same for a display name before <addr>: a quoted-string when ASCII needs
 * quoting, encoded words otherwise.
 */
unsigned gw_rfc2047_phrase(gw_buf_t *out, gw_str_t text, unsigned column);

/* Is s all well-formed UTF-8 (no overlongs, no surrogates)? */
bool gw_utf8_valid(gw_str_t s);

#endif
