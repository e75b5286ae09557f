/*
 * Patterns of ECMA 262 (unicode mode) as those of PCRE2: what the two write
 * alike but mean otherwise is rewritten, what only PCRE2 knows is refused.
 */
#include "shm/schema/node.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define REGEX_MAX    (64 * 1024)
#define REGEX_SPACE  "\\s\\p{Z}\\x{feff}"       /* \s of ECMA, in a class */

typedef struct schema_code_s  schema_code_t;

struct schema_code_s {
    schema_code_t  *next;
    pcre2_code     *code;
};

typedef struct {
    const char  *p, *end;
    gw_buf_t    *out;
    bool         class;         /* between [ and ]                    */
    bool         repeated;      /* behind a quantifier                */
    const char  *wrong;
} regex_t;

static void
regex_wrong(regex_t *x, const char *what)
{
    x->wrong = what;
    x->p = x->end;
}


/* n hex digits at p (-1: all up to a brace), or -1 */
static long
regex_hex(regex_t *x, int n)
{
    long  v;
    int   i;

    v = 0;
    for (i = 0; i != n && x->p < x->end && isxdigit(*x->p & 0xff); i++) {
        char  digit[2] = { *x->p++, '\0' };

        v = v * 16 + strtol(digit, NULL, 16);
        if (v > 0x10ffff) {
            return -1;
        }
    }

    if (n >= 0) {
        return i == n ? v : -1;
    }

    return i > 0 && x->p < x->end && *x->p++ == '}' ? v : -1;
}


/* behind \u: four digits, a pair of those for one character, or {...} */
static long
regex_unicode(regex_t *x)
{
    long         high, low;
    const char  *p;

    if (x->p < x->end && *x->p == '{') {
        x->p++;
        return regex_hex(x, -1);
    }

    high = regex_hex(x, 4);
    if (high < 0xd800 || high > 0xdbff || x->end - x->p < 6
        || x->p[0] != '\\' || x->p[1] != 'u')
    {
        return high;
    }

    p = x->p;
    x->p += 2;
    low = regex_hex(x, 4);
    if (low < 0xdc00 || low > 0xdfff) {
        x->p = p;
        return high;
    }

    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}


/* behind \p or \P */
static void
regex_property(regex_t *x, char kind)
{
    gw_str_t     inner;
    const char  *close;

    close = x->p < x->end && *x->p == '{'
            ? memchr(x->p, '}', (size_t) (x->end - x->p)) : NULL;
    if (close == NULL) {
        regex_wrong(x, "\\p needs a property in braces");
        return;
    }

    inner = gw_str_make(x->p + 1, (size_t) (close - x->p - 1));
    gw_buf_fmt(x->out, "\\%c{", kind);
    schema_property(x->out, inner);
    gw_buf_char(x->out, '}');
    x->p = close + 1;
}


/* behind a backslash */
static void
regex_escape(regex_t *x)
{
    char  c;
    long  v;

    if (x->p == x->end) {
        regex_wrong(x, "it ends in a backslash");
        return;
    }

    c = *x->p++;

    switch (c) {

    case 'u':
    case 'x':
        v = c == 'u' ? regex_unicode(x) : regex_hex(x, 2);
        if (v < 0 || (v >= 0xd800 && v <= 0xdfff)) {
            regex_wrong(x, "\\u or \\x names no character");
            return;
        }

        gw_buf_fmt(x->out, "\\x{%lx}", (unsigned long) v);
        return;

    case 'p':
    case 'P':
        regex_property(x, c);
        return;

    case 'v':
        gw_buf_cstr(x->out, "\\x0b");
        return;

    case 's':
        gw_buf_cstr(x->out, x->class ? REGEX_SPACE : "[" REGEX_SPACE "]");
        return;

    case 'S':
        gw_buf_cstr(x->out, x->class ? "\\S" : "[^" REGEX_SPACE "]");
        return;

    case '0':
        gw_buf_cstr(x->out, "\\x00");
        return;
    }

    if (c >= '1' && c <= '9') {
        gw_buf_fmt(x->out, "\\g{%c", c);
        while (x->p < x->end && isdigit(*x->p & 0xff)) {
            gw_buf_char(x->out, (unsigned char) *x->p++);
        }

        gw_buf_char(x->out, '}');
        return;
    }

    if (isalpha(c & 0xff) && strchr("dDwWbBfnrtck", c) == NULL) {
        regex_wrong(x, "a letter stands behind a backslash that is no escape "
                    "of ECMA 262");
        return;
    }

    gw_buf_char(x->out, '\\');
    gw_buf_char(x->out, (unsigned char) c);
}


/* behind (: the groups of ECMA alone */
static void
regex_group(regex_t *x)
{
    gw_str_t  rest = gw_str_make(x->p, (size_t) (x->end - x->p));

    gw_buf_char(x->out, '(');

    if (rest.len > 0 && rest.data[0] == '*') {
        regex_wrong(x, "a quantifier has nothing to repeat");

    } else if (rest.len > 0 && rest.data[0] == '?'
               && (rest.len < 2 || strchr(":=!<", rest.data[1]) == NULL))
    {
        regex_wrong(x, "(? begins no group of ECMA 262");
    }
}


static void
regex_one(regex_t *x)
{
    char  c;
    bool  repeated;

    c = *x->p++;
    repeated = false;

    if (c == '\\') {
        regex_escape(x);

    } else if (x->class) {
        /* PCRE2 would read [:name:] in a class */
        gw_buf_cstr(x->out, c == '[' ? "\\" : "");
        gw_buf_char(x->out, (unsigned char) c);
        x->class = c != ']';

    } else if (c == '[') {
        gw_buf_char(x->out, '[');
        x->class = true;

    } else if (c == '.') {
        gw_buf_cstr(x->out, "[^\\n\\r\\x{2028}\\x{2029}]");

    } else if (c == '(') {
        regex_group(x);

    } else if (c == '+' && x->repeated) {
        regex_wrong(x, "a quantifier has nothing to repeat");

    } else {
        gw_buf_char(x->out, (unsigned char) c);
        repeated = strchr("*+?}", c) != NULL;
    }

    x->repeated = repeated;
}


static pcre2_code *
regex_compile(gw_str_t text, gw_buf_t *why)
{
    int          error;
    PCRE2_SIZE   at;
    pcre2_code  *code;
    PCRE2_UCHAR  words[160];

    code = pcre2_compile(text.data, text.len,
                         PCRE2_UTF | PCRE2_DOLLAR_ENDONLY
                         | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS
                         | PCRE2_NEVER_BACKSLASH_C, &error, &at, NULL);
    if (code == NULL) {
        (void) pcre2_get_error_message(error, words, sizeof(words));
        gw_buf_cstr(why, (char *) words);
    }

    return code;
}


pcre2_code *
schema_regex(gw_schema_set_t *set, gw_str_t pattern, gw_buf_t *why)
{
    regex_t         x;
    gw_buf_t        out;
    pcre2_code     *code;
    schema_code_t  *c;

    gw_buf_init(&out, REGEX_MAX);
    memset(&x, 0, sizeof(x));
    x.p = (char *) pattern.data;
    x.end = x.p + pattern.len;
    x.out = &out;

    while (x.p < x.end) {
        regex_one(&x);
    }

    code = NULL;
    c = schema_alloc(set, sizeof(*c));

    if (x.wrong != NULL) {
        gw_buf_cstr(why, x.wrong);

    } else if (out.failed || c == NULL) {
        gw_buf_cstr(why, "it is too long");

    } else {
        code = regex_compile(gw_buf_view(&out), why);
    }

    gw_buf_free(&out);

    if (code != NULL) {
        c->code = code;
        c->next = set->codes;
        set->codes = c;
    }

    return code;
}


void
schema_regex_free(gw_schema_set_t *set)
{
    const schema_code_t  *c;

    for (c = set->codes; c != NULL; c = c->next) {
        pcre2_code_free(c->code);
    }
}
