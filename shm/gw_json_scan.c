/* What is looked at in a JSON text, by itself or by a reader of it. */
#include "shm/gw_json_scan.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "shm/gw_utf8.h"

#define SCAN_DIGITS  17         /* significant digits a double may need */
#define SCAN_NUMBER  64         /* characters of one number             */
#define SCAN_EXPONENT  400      /* no double needs more, however spelled */


void
gw_json_scan_refuse(gw_json_scan_t *c, const char *rule, const char *what)
{
    if (c->rule == NULL) {
        c->rule = rule;
        c->what = what;
    }
}


/* four hex digits at i, or -1 */
static long
scan_hex4(const gw_json_scan_t *c, size_t i)
{
    long           v;
    size_t         end;
    unsigned char  ch;

    if (c->s.len - i < 4) {
        return -1;
    }

    for (v = 0, end = i + 4; i < end; i++) {
        ch = c->s.data[i];

        if (ch >= '0' && ch <= '9') {
            v = v << 4 | (ch - '0');

        } else if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'f') {
            v = v << 4 | ((ch | 0x20) - 'a' + 10);

        } else {
            return -1;
        }
    }

    return v;
}


/* one character of text, in a string or out of it */
static void
scan_character(gw_json_scan_t *c)
{
    size_t  n;

    if (c->s.data[c->i] == '\0') {
        gw_json_scan_refuse(c, "nul", "holds a NUL byte");
        return;
    }

    n = gw_utf8_len(c->s.data + c->i, c->s.len - c->i);
    if (n == 0) {
        gw_json_scan_refuse(c, "utf8", "is not UTF-8");
        return;
    }

    c->i += n;
}


/* c->i is behind the backslash, where something is */
static void
scan_escape(gw_json_scan_t *c)
{
    long           high, low;
    unsigned char  ch;

    ch = c->s.data[c->i];
    if (ch != '\0' && strchr("\"\\/bfnrt", ch) != NULL) {
        c->i++;
        return;
    }

    high = ch == 'u' ? scan_hex4(c, c->i + 1) : -1;
    if (high < 0) {
        gw_json_scan_refuse(c, "syntax", "has an escape that there is none "
                            "of");
        return;
    }

    c->i++;
    if (high == 0 && !(c->flags & GW_JSON_NUL_ESCAPE)) {
        gw_json_scan_refuse(c, "nul", "holds the character \\u0000");
        return;
    }

    if (high < 0xd800 || high > 0xdfff) {
        c->i += 4;
        return;
    }

    low = c->s.len - c->i >= 6 && memcmp(c->s.data + c->i + 4, "\\u", 2) == 0
          ? scan_hex4(c, c->i + 6) : -1;

    if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) {
        gw_json_scan_refuse(c, "utf8", "has half a surrogate pair as an "
                            "escape");
        return;
    }

    c->i += 10;
}


/* most of every text: nothing that needs a look */
static bool
scan_is_plain(unsigned char ch)
{
    return ch >= ' ' && ch < 0x80 && ch != '"' && ch != '\\';
}


bool
gw_json_scan_string(gw_json_scan_t *c)
{
    size_t         i;
    unsigned char  ch;

    while (c->i < c->s.len && c->rule == NULL) {
        for (i = c->i; i < c->s.len && scan_is_plain(c->s.data[i]); i++) {
            /* void */
        }

        c->i = i;
        if (i == c->s.len) {
            return false;
        }

        ch = c->s.data[i];

        if (ch == '"') {
            c->i++;
            return true;
        }

        if (ch == '\\' && c->i + 1 < c->s.len) {
            c->i++;
            scan_escape(c);

        } else if (ch > '\0' && ch < ' ') {
            gw_json_scan_refuse(c, "syntax", "has a control character in a "
                                "string");

        } else {
            scan_character(c);
        }
    }

    return false;
}


/* the significant digits of a number, without sign, point, exponent, zeros */
static size_t
scan_digits(const char *text, char *digits, size_t max)
{
    size_t  n, zeros;

    n = 0;
    zeros = 0;

    for ( /* void */ ; *text != '\0' && *text != 'e' && *text != 'E'; text++) {

        if (*text < '0' || *text > '9') {
            continue;
        }

        if (*text == '0') {
            zeros += n > 0;
            continue;
        }

        if (n + zeros + 1 > max) {
            return max + 1;
        }

        memset(digits + n, '0', zeros);
        n += zeros;
        zeros = 0;
        digits[n++] = *text;
    }

    return n;
}


/*
 * A real is judged as its double, Postgres keeps its text: they must be one
 * number. They are when the double, printed with as many digits, has those.
 */
static void
scan_real(gw_json_scan_t *c, const char *text)
{
    char    digits[SCAN_DIGITS], back[SCAN_DIGITS], printed[SCAN_NUMBER];
    char   *end;
    long    e;
    size_t  n;
    double  v;

    v = strtod(text, &end);
    if (*end != '\0') {
        return;
    }

    n = scan_digits(text, digits, SCAN_DIGITS);

    /* a nought has any exponent, Postgres's numbers have not */
    end = strpbrk(text, "eE");
    e = end != NULL ? strtol(end + 1, NULL, 10) : 0;

    if (isinf(v) || (v == 0 && n > 0) || e > SCAN_EXPONENT
        || e < -SCAN_EXPONENT)
    {
        gw_json_scan_refuse(c, "number", "has a number out of the range of a "
                            "double");
        return;
    }

    if (n <= DBL_DIG && (n == 0 || fabs(v) >= DBL_MIN)) {
        return;
    }

    if (n <= SCAN_DIGITS) {
        (void) snprintf(printed, sizeof(printed), "%.*e", (int) n - 1, v);
        if (scan_digits(printed, back, SCAN_DIGITS) == n
            && memcmp(digits, back, n) == 0)
        {
            return;
        }
    }

    gw_json_scan_refuse(c, "number", "has a number with more digits than a "
                        "double can tell apart; send it as a string");
}


void
gw_json_scan_number(gw_json_scan_t *c)
{
    bool    real;
    char    text[SCAN_NUMBER + 1];
    size_t  n;

    real = false;
    for (n = 0; c->i + n < c->s.len; n++) {
        unsigned char  ch = c->s.data[c->i + n];

        if (ch == '.' || ch == 'e' || ch == 'E') {
            real = true;

        } else if ((ch < '0' || ch > '9') && ch != '-' && ch != '+') {
            break;
        }
    }

    if (n > SCAN_NUMBER) {
        gw_json_scan_refuse(c, "number", "has a number of more than 64 "
                            "characters");
        return;
    }

    memcpy(text, c->s.data + c->i, n);
    text[n] = '\0';

    if (real) {
        scan_real(c, text);

    } else {
        errno = 0;
        (void) strtoll(text, NULL, 10);
        if (errno == ERANGE) {
            gw_json_scan_refuse(c, "number", "has an integer of more than 64 "
                                "bits; send it as a string");
        }
    }

    if (c->rule == NULL) {
        c->i += n;
    }
}


void
gw_json_scan_word(gw_json_scan_t *c)
{
    size_t             n, k;
    const char        *at;
    static const char *const  none[] = { "nan", "inf", "infinity" };

    at = (const char *) c->s.data + c->i;
    for (n = 0; c->i + n < c->s.len; n++) {
        if ((at[n] | 0x20) < 'a' || (at[n] | 0x20) > 'z') {
            break;
        }
    }

    for (k = 0; k < sizeof(none) / sizeof(none[0]); k++) {
        if (n == strlen(none[k]) && strncasecmp(at, none[k], n) == 0) {
            gw_json_scan_refuse(c, "number", "has NaN or Infinity, which are "
                                "no numbers of JSON");
            return;
        }
    }

    c->i += n;
}


int
gw_json_scan(gw_json_scan_t *c)
{
    unsigned       depth;
    unsigned char  ch;

    depth = 0;

    while (c->i < c->s.len && c->rule == NULL) {
        ch = c->s.data[c->i];

        if (ch == '"') {
            c->i++;
            (void) gw_json_scan_string(c);

        } else if (ch == '-' || (ch >= '0' && ch <= '9')) {
            gw_json_scan_number(c);

        } else if ((ch | 0x20) >= 'a' && (ch | 0x20) <= 'z') {
            gw_json_scan_word(c);

        } else if ((ch == '{' || ch == '[') && ++depth > GW_JSON_DEPTH_MAX) {
            gw_json_scan_refuse(c, "depth", "is nested deeper than 64");

        } else {
            depth -= (ch == '}' || ch == ']') && depth > 0;
            if (scan_is_plain(ch)) {
                c->i++;
            } else {
                scan_character(c);
            }
        }
    }

    return c->rule == NULL ? GW_OK : GW_EINVAL;
}
