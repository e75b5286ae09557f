/* Colours as HTML and CSS write them, and how they stand to each other. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "shm/lint/lint.h"

static const struct {
    const char  *name;
    int          rgb;
} colour_names[] = {
    { "aqua", 0x00ffff }, { "black", 0x000000 }, { "blue", 0x0000ff },
    { "brown", 0xa52a2a }, { "cyan", 0x00ffff }, { "darkblue", 0x00008b },
    { "darkgray", 0xa9a9a9 }, { "darkgreen", 0x006400 },
    { "darkgrey", 0xa9a9a9 }, { "darkred", 0x8b0000 },
    { "dimgray", 0x696969 }, { "dimgrey", 0x696969 }, { "fuchsia", 0xff00ff },
    { "gold", 0xffd700 }, { "gray", 0x808080 }, { "green", 0x008000 },
    { "grey", 0x808080 }, { "lightblue", 0xadd8e6 }, { "lightgray", 0xd3d3d3 },
    { "lightgreen", 0x90ee90 }, { "lightgrey", 0xd3d3d3 },
    { "lime", 0x00ff00 }, { "magenta", 0xff00ff }, { "maroon", 0x800000 },
    { "navy", 0x000080 }, { "olive", 0x808000 }, { "orange", 0xffa500 },
    { "pink", 0xffc0cb }, { "purple", 0x800080 }, { "red", 0xff0000 },
    { "silver", 0xc0c0c0 }, { "teal", 0x008080 }, { "white", 0xffffff },
    { "whitesmoke", 0xf5f5f5 }, { "yellow", 0xffff00 }, { NULL, 0 }
};


/* #rgb or #rrggbb. */
static int
colour_hex(gw_str_t s)
{
    int      rgb, digit;
    size_t   i;

    if (s.len != 3 && s.len != 6) {
        return COLOUR_UNKNOWN;
    }

    for (rgb = 0, i = 0; i < s.len; i++) {
        if (!isxdigit(s.data[i])) {
            return COLOUR_UNKNOWN;
        }
        digit = isdigit(s.data[i]) ? s.data[i] - '0'
                                   : tolower(s.data[i]) - 'a' + 10;
        rgb = rgb << 4 | digit;
        rgb = s.len == 3 ? rgb << 4 | digit : rgb;
    }

    return rgb;
}


/* rgb(1, 2, 3), in numbers; what is seen through is not known. */
static int
colour_rgb(gw_str_t s)
{
    int        i, rgb;
    gw_str_t   rest;
    long long  n;

    if (s.len < 5 || strncasecmp((char *) s.data, "rgb(", 4) != 0
        || s.data[s.len - 1] != ')')
    {
        return COLOUR_UNKNOWN;
    }

    rest = gw_str_make(s.data + 4, s.len - 5);
    for (rgb = 0, i = 0; i < 3; i++) {
        if (gw_str_int(lint_trim(gw_str_cut(&rest, ',')), 0, 255, &n)
            != GW_OK)
        {
            return COLOUR_UNKNOWN;
        }
        rgb = rgb << 8 | (int) n;
    }

    return rest.len == 0 ? rgb : COLOUR_UNKNOWN;
}


int
colour_read(gw_str_t s)
{
    int  i;

    s = lint_trim(s);
    if (s.len > 0 && *s.data == '#') {
        return colour_hex(gw_str_make(s.data + 1, s.len - 1));
    }

    for (i = 0; colour_names[i].name != NULL; i++) {
        if (gw_str_same(s, colour_names[i].name)) {
            return colour_names[i].rgb;
        }
    }

    return colour_rgb(s);
}


/* The colour of `background`, which may hold more. */
static int
colour_ground(gw_str_t value, int around)
{
    int       rgb;
    size_t    n;
    gw_str_t  first;

    if (memmem(value.data, value.len, "url(", 4) != NULL
        || memmem(value.data, value.len, "gradient", 8) != NULL)
    {
        return COLOUR_UNKNOWN;
    }

    rgb = colour_read(value);
    for (n = 0; n < value.len && !gw_html_blank(value.data[n]); n++) {
        /* void */
    }

    first = gw_str_make(value.data, n);
    rgb = rgb == COLOUR_UNKNOWN ? colour_read(first) : rgb;
    return gw_str_same(first, "transparent") || gw_str_same(first, "none")
           || gw_str_same(first, "inherit") ? around : rgb;
}


static double
colour_size(gw_str_t value, double around)
{
    char    text[16], *end;
    double  n;

    (void) snprintf(text, sizeof(text), "%.*s",
                    value.len < 15 ? (int) value.len : 15, value.data);
    n = strtod(text, &end);
    return strncasecmp(end, "px", 2) == 0 ? n
           : strncasecmp(end, "pt", 2) == 0 ? n * 4 / 3 : around;
}


static void
colour_declared(gw_str_t name, gw_str_t value, colour_style_t *style)
{
    bool  known;

    known = memchr(value.data, '{', value.len) == NULL;

    if (gw_str_same(name, "color")) {
        style->text = !known ? COLOUR_UNKNOWN
                      : gw_str_same(value, "inherit") ? style->text
                      : colour_read(value);
    } else if (gw_str_same(name, "background-color")
               || gw_str_same(name, "background"))
    {
        style->ground = known ? colour_ground(value, style->ground)
                              : COLOUR_UNKNOWN;
    } else if (gw_str_same(name, "background-image")
               && !gw_str_same(value, "none"))
    {
        style->ground = COLOUR_UNKNOWN;
    } else if (gw_str_same(name, "font-size")) {
        style->size = colour_size(value, style->size);
    } else if (gw_str_same(name, "font-weight")) {
        style->bold = gw_str_same(value, "bold") || gw_str_same(value, "bolder")
                      || (value.len == 3 && *value.data >= '7');
    }
}


void
colour_style(gw_str_t css, colour_style_t *style)
{
    gw_str_t       name, value, part;
    unsigned char *mark;

    while (css.len > 0) {
        value = lint_trim(gw_str_cut(&css, ';'));
        if (value.len == 0 || memchr(value.data, ':', value.len) == NULL) {
            continue;
        }

        name = lint_trim(gw_str_cut(&value, ':'));
        if (memchr(name.data, '{', name.len) != NULL) {
            style->text = style->ground = COLOUR_UNKNOWN;
        }

        part = lint_trim(value);
        mark = part.len > 0 ? memchr(part.data, '!', part.len) : NULL;
        part.len = mark != NULL ? (size_t) (mark - part.data) : part.len;
        part = lint_trim(part);
        if (part.data != NULL && part.len > 0) {
            colour_declared(name, part, style);
        }
    }
}


static double
colour_light(int rgb)
{
    int     i;
    double  c, sum;

    static const double  weight[] = { 0.0722, 0.7152, 0.2126 };

    for (sum = 0, i = 0; i < 3; i++) {
        c = (rgb >> (8 * i) & 255) / 255.0;
        sum += weight[i] * (c <= 0.04045 ? c / 12.92
                                         : pow((c + 0.055) / 1.055, 2.4));
    }

    return sum;
}


double
colour_contrast(int a, int b)
{
    double  x, y;

    x = colour_light(a);
    y = colour_light(b);
    return (fmax(x, y) + 0.05) / (fmin(x, y) + 0.05);
}
