/* Character references: numbers, and the names that people write in mails. */
#include "shm/html/html.h"

#include <ctype.h>
#include <stdlib.h>

#define HTML_REFERENCE  32      /* bytes that one may have */

typedef struct {
    const char  *name;
    unsigned     code;
} html_reference_t;

/* Those of HTML 4 and the ASCII ones of HTML 5, in the order of strcmp. */
static const html_reference_t  html_references[] = {
    { "AElig", 198 }, { "Aacute", 193 }, { "Acirc", 194 }, { "Agrave", 192 },
    { "Alpha", 913 }, { "Aring", 197 }, { "Atilde", 195 }, { "Auml", 196 },
    { "Beta", 914 }, { "Ccedil", 199 }, { "Chi", 935 }, { "Dagger", 8225 },
    { "Delta", 916 }, { "ETH", 208 }, { "Eacute", 201 }, { "Ecirc", 202 },
    { "Egrave", 200 }, { "Epsilon", 917 }, { "Eta", 919 }, { "Euml", 203 },
    { "Gamma", 915 }, { "Hat", 94 }, { "Iacute", 205 }, { "Icirc", 206 },
    { "Igrave", 204 }, { "Iota", 921 }, { "Iuml", 207 }, { "Kappa", 922 },
    { "Lambda", 923 }, { "Mu", 924 }, { "NewLine", 10 }, { "Ntilde", 209 },
    { "Nu", 925 }, { "OElig", 338 }, { "Oacute", 211 }, { "Ocirc", 212 },
    { "Ograve", 210 }, { "Omega", 937 }, { "Omicron", 927 }, { "Oslash", 216 },
    { "Otilde", 213 }, { "Ouml", 214 }, { "Phi", 934 }, { "Pi", 928 },
    { "Prime", 8243 }, { "Psi", 936 }, { "Rho", 929 }, { "Scaron", 352 },
    { "Sigma", 931 }, { "THORN", 222 }, { "Tab", 9 }, { "Tau", 932 },
    { "Theta", 920 }, { "Uacute", 218 }, { "Ucirc", 219 }, { "Ugrave", 217 },
    { "Upsilon", 933 }, { "Uuml", 220 }, { "Xi", 926 }, { "Yacute", 221 },
    { "Yuml", 376 }, { "Zeta", 918 }, { "aacute", 225 }, { "acirc", 226 },
    { "acute", 180 }, { "aelig", 230 }, { "agrave", 224 }, { "alefsym", 8501 },
    { "alpha", 945 }, { "amp", 38 }, { "and", 8743 }, { "ang", 8736 },
    { "apos", 39 }, { "aring", 229 }, { "ast", 42 }, { "asymp", 8776 },
    { "atilde", 227 }, { "auml", 228 }, { "bdquo", 8222 }, { "beta", 946 },
    { "brvbar", 166 }, { "bsol", 92 }, { "bull", 8226 }, { "cap", 8745 },
    { "ccedil", 231 }, { "cedil", 184 }, { "cent", 162 }, { "chi", 967 },
    { "circ", 710 }, { "clubs", 9827 }, { "colon", 58 }, { "comma", 44 },
    { "commat", 64 }, { "cong", 8773 }, { "copy", 169 }, { "crarr", 8629 },
    { "cup", 8746 }, { "curren", 164 }, { "dArr", 8659 }, { "dagger", 8224 },
    { "darr", 8595 }, { "deg", 176 }, { "delta", 948 }, { "diams", 9830 },
    { "divide", 247 }, { "dollar", 36 }, { "eacute", 233 }, { "ecirc", 234 },
    { "egrave", 232 }, { "empty", 8709 }, { "emsp", 8195 }, { "ensp", 8194 },
    { "epsilon", 949 }, { "equals", 61 }, { "equiv", 8801 }, { "eta", 951 },
    { "eth", 240 }, { "euml", 235 }, { "euro", 8364 }, { "excl", 33 },
    { "exist", 8707 }, { "fnof", 402 }, { "forall", 8704 }, { "frac12", 189 },
    { "frac14", 188 }, { "frac34", 190 }, { "frasl", 8260 }, { "gamma", 947 },
    { "ge", 8805 }, { "grave", 96 }, { "gt", 62 }, { "hArr", 8660 },
    { "harr", 8596 }, { "hearts", 9829 }, { "hellip", 8230 },
    { "hyphen", 8208 }, { "iacute", 237 }, { "icirc", 238 }, { "iexcl", 161 },
    { "igrave", 236 }, { "image", 8465 }, { "infin", 8734 }, { "int", 8747 },
    { "iota", 953 }, { "iquest", 191 }, { "isin", 8712 }, { "iuml", 239 },
    { "kappa", 954 }, { "lArr", 8656 }, { "lambda", 955 }, { "lang", 9001 },
    { "laquo", 171 }, { "larr", 8592 }, { "lceil", 8968 }, { "lcub", 123 },
    { "ldquo", 8220 }, { "le", 8804 }, { "lfloor", 8970 }, { "lowast", 8727 },
    { "lowbar", 95 }, { "loz", 9674 }, { "lpar", 40 }, { "lrm", 8206 },
    { "lsaquo", 8249 }, { "lsqb", 91 }, { "lsquo", 8216 }, { "lt", 60 },
    { "macr", 175 }, { "mdash", 8212 }, { "micro", 181 }, { "middot", 183 },
    { "minus", 8722 }, { "mu", 956 }, { "nabla", 8711 }, { "nbsp", 160 },
    { "ndash", 8211 }, { "ne", 8800 }, { "ni", 8715 }, { "not", 172 },
    { "notin", 8713 }, { "nsub", 8836 }, { "ntilde", 241 }, { "nu", 957 },
    { "num", 35 }, { "oacute", 243 }, { "ocirc", 244 }, { "oelig", 339 },
    { "ograve", 242 }, { "oline", 8254 }, { "omega", 969 }, { "omicron", 959 },
    { "oplus", 8853 }, { "or", 8744 }, { "ordf", 170 }, { "ordm", 186 },
    { "oslash", 248 }, { "otilde", 245 }, { "otimes", 8855 }, { "ouml", 246 },
    { "para", 182 }, { "part", 8706 }, { "percnt", 37 }, { "period", 46 },
    { "permil", 8240 }, { "perp", 8869 }, { "phi", 966 }, { "pi", 960 },
    { "piv", 982 }, { "plus", 43 }, { "plusmn", 177 }, { "pound", 163 },
    { "prime", 8242 }, { "prod", 8719 }, { "prop", 8733 }, { "psi", 968 },
    { "quest", 63 }, { "quot", 34 }, { "rArr", 8658 }, { "radic", 8730 },
    { "rang", 9002 }, { "raquo", 187 }, { "rarr", 8594 }, { "rceil", 8969 },
    { "rcub", 125 }, { "rdquo", 8221 }, { "real", 8476 }, { "reg", 174 },
    { "rfloor", 8971 }, { "rho", 961 }, { "rlm", 8207 }, { "rpar", 41 },
    { "rsaquo", 8250 }, { "rsqb", 93 }, { "rsquo", 8217 }, { "sbquo", 8218 },
    { "scaron", 353 }, { "sdot", 8901 }, { "sect", 167 }, { "semi", 59 },
    { "shy", 173 }, { "sigma", 963 }, { "sigmaf", 962 }, { "sim", 8764 },
    { "sol", 47 }, { "spades", 9824 }, { "sub", 8834 }, { "sube", 8838 },
    { "sum", 8721 }, { "sup", 8835 }, { "sup1", 185 }, { "sup2", 178 },
    { "sup3", 179 }, { "supe", 8839 }, { "szlig", 223 }, { "tau", 964 },
    { "there4", 8756 }, { "theta", 952 }, { "thetasym", 977 },
    { "thinsp", 8201 }, { "thorn", 254 }, { "tilde", 732 }, { "times", 215 },
    { "trade", 8482 }, { "uArr", 8657 }, { "uacute", 250 }, { "uarr", 8593 },
    { "ucirc", 251 }, { "ugrave", 249 }, { "uml", 168 }, { "upsih", 978 },
    { "upsilon", 965 }, { "uuml", 252 }, { "verbar", 124 }, { "weierp", 8472 },
    { "xi", 958 }, { "yacute", 253 }, { "yen", 165 }, { "yuml", 255 },
    { "zeta", 950 }, { "zwj", 8205 }, { "zwnj", 8204 }
};

/* What numbers from 128 to 159 are taken for: the letters of Windows. */
static const uint16_t  html_windows[32] = {
    0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
    0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
    0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178
};


static int
html_compare(const void *key, const void *row)
{
    return strcmp(key, ((const html_reference_t *) row)->name);
}


static void
html_put_code(gw_buf_t *out, unsigned long c)
{
    if (c >= 0x80 && c < 0xa0) {
        c = html_windows[c - 0x80];
    }

    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        c = 0xfffd;
    }

    if (c < 0x80) {
        gw_buf_char(out, (unsigned char) c);
    } else if (c < 0x800) {
        gw_buf_char(out, (unsigned char) (0xc0 | c >> 6));
        gw_buf_char(out, (unsigned char) (0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        gw_buf_char(out, (unsigned char) (0xe0 | c >> 12));
        gw_buf_char(out, (unsigned char) (0x80 | (c >> 6 & 0x3f)));
        gw_buf_char(out, (unsigned char) (0x80 | (c & 0x3f)));
    } else {
        gw_buf_char(out, (unsigned char) (0xf0 | c >> 18));
        gw_buf_char(out, (unsigned char) (0x80 | (c >> 12 & 0x3f)));
        gw_buf_char(out, (unsigned char) (0x80 | (c >> 6 & 0x3f)));
        gw_buf_char(out, (unsigned char) (0x80 | (c & 0x3f)));
    }
}


/* A number behind &#, from s on: its length with the `;`, or 0. */
static size_t
html_number(gw_str_t s, gw_buf_t *out)
{
    bool           hex;
    size_t         i;
    unsigned       digit;
    unsigned long  c;

    c = 0;
    hex = s.len > 0 && (s.data[0] == 'x' || s.data[0] == 'X');

    for (i = hex; i < s.len; i++) {
        if (!(hex ? isxdigit(s.data[i]) : isdigit(s.data[i]))) {
            break;
        }
        digit = (unsigned) (isdigit(s.data[i]) ? s.data[i] - '0'
                            : tolower(s.data[i]) - 'a' + 10);
        c = c > 0x10ffff ? c : c * (hex ? 16 : 10) + digit;
    }

    if (i == (size_t) hex) {
        return 0;
    }

    html_put_code(out, c);
    return i + (i < s.len && s.data[i] == ';');
}


/* A name from s on: its length with the `;`, or 0. */
static size_t
html_name(gw_str_t s, bool attribute, gw_buf_t *out)
{
    char                     name[HTML_REFERENCE];
    size_t                   n;
    const html_reference_t  *row;

    for (n = 0; n < s.len && n + 1 < sizeof(name) && isalnum(s.data[n]); n++) {
        name[n] = (char) s.data[n];
    }
    name[n] = '\0';

    row = bsearch(name, html_references,
                  sizeof(html_references) / sizeof(html_references[0]),
                  sizeof(html_references[0]), html_compare);
    if (row == NULL) {
        return 0;
    }

    if (n < s.len && s.data[n] == ';') {
        html_put_code(out, row->code);
        return n + 1;
    }

    /* without it only the old ones count, and not before `=` in a URL */
    if (row->code > 0xff || (attribute && n < s.len && s.data[n] == '=')) {
        return 0;
    }

    html_put_code(out, row->code);
    return n;
}


void
gw_html_decode(gw_str_t s, bool attribute, gw_buf_t *out)
{
    size_t    n;
    gw_str_t  rest;

    while (s.len > 0) {
        rest.data = memchr(s.data, '&', s.len);
        rest.len = rest.data != NULL
                   ? (size_t) (s.data + s.len - rest.data) : 0;
        gw_buf_put(out, s.data, s.len - rest.len);
        if (rest.len == 0) {
            return;
        }

        rest = gw_str_make(rest.data + 1, rest.len - 1);
        n = rest.len > 0 && rest.data[0] == '#'
            ? html_number(gw_str_make(rest.data + 1, rest.len - 1), out)
            : html_name(rest, attribute, out);
        if (n == 0) {
            gw_buf_char(out, '&');
        } else if (rest.data[0] == '#') {
            n++;
        }
        s = gw_str_make(rest.data + n, rest.len - n);
    }
}
