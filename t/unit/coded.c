/* Quoted-printable made at compile time says what the plain text says. */
#include "shm/gw_liquid.h"
#include "t/unit/tap.h"

#define ROUNDS  3000

static gw_liquid_run_t  *run;
static unsigned          seed = 1;


static unsigned
pick(unsigned n)
{
    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % n;
}


/* Text of all sorts: words, blanks, line ends, dots, From, UTF-8, `=`. */
static void
text(gw_buf_t *out, unsigned parts)
{
    static const char *const  part[] = {
        " ", "  ", "\t", "\n", "\n", ".", "From ", "=", "\xc3\xa4", "word ",
        "a-long-word-without-any-blank-that-goes-on-and-on-and-on-and-on",
        "<td style=\"color:#fff\">", "\r\n", "x", "\n.\n", "\x7f"
    };

    while (parts-- > 0) {
        gw_buf_cstr(out, part[pick(sizeof(part) / sizeof(part[0]))]);
    }
}


/* Undo it, strictly; false: it is not what RFC 2045 and we want. */
static bool
undo(gw_str_t in, gw_buf_t *out)
{
    size_t         i, column;
    unsigned       c;

    column = 0;
    for (i = 0; i < in.len; i++) {
        if (in.data[i] == '\r') {
            if (column > 76 || in.data[i + 1] != '\n'
                || (column > 0 && (in.data[i - 1] == ' '
                                   || in.data[i - 1] == '\t')))
            {
                return false;
            }
            i++;
            column = 0;
            gw_buf_char(out, '\n');
            continue;
        }

        if (column == 0 && (in.data[i] == '.' || in.data[i] == 'F')) {
            return false;
        }

        if (in.data[i] != '=') {
            if ((in.data[i] < 0x20 && in.data[i] != 0x09)
                || in.data[i] > 0x7e)
            {
                return false;
            }
            gw_buf_char(out, in.data[i]);
            column++;
        } else if (in.data[i + 1] == '\r') {
            if (column > 75 || in.data[i + 2] != '\n') {
                return false;
            }
            i += 2;
            column = 0;
        } else if (sscanf((char *) in.data + i + 1, "%2X", &c) == 1) {
            gw_buf_char(out, (unsigned char) c);
            i += 2;
            column += 3;
        } else {
            return false;
        }
    }

    return column == 0;
}


/* A text with CRLF as LF, its last line ended. */
static void
lines(gw_str_t in, gw_buf_t *out)
{
    size_t  i;

    for (i = 0; i < in.len; i++) {
        if (in.data[i] != '\r' || i + 1 == in.len || in.data[i + 1] != '\n') {
            gw_buf_char(out, in.data[i]);
        }
    }

    if (out->len > 0 && out->data[out->len - 1] != '\n') {
        gw_buf_char(out, '\n');
    }
}


static bool
round_trip(gw_buf_t b[6])
{
    bool                  same;
    json_t               *data;
    gw_liquid_t          *p;
    gw_liquid_error_t     err;
    gw_liquid_options_t   opt = { .coded = true };
    gw_liquid_context_t   ctx = { 0 };
    unsigned              i;

    for (i = 0; i < 6; i++) {
        gw_buf_reset(&b[i]);
    }

    text(&b[0], pick(12));
    gw_buf_cstr(&b[0], "{{ v }}");
    text(&b[0], pick(60));
    gw_buf_cstr(&b[0], "{% for i in (1..3) %}{{ i }}");
    text(&b[0], pick(30));
    gw_buf_cstr(&b[0], "{% cycle v, 'b' %}{% endfor %}{% tablerow i in (1..2) "
                "%}{{ v }}{% endtablerow %}{% capture c %}{{ v }}");
    text(&b[0], pick(30));
    gw_buf_cstr(&b[0], "{% endcapture %}{{ c }}");
    text(&b[0], pick(30));
    text(&b[1], pick(8));

    data = json_pack("{s:s}", "v", gw_buf_c(&b[1]));
    if (data == NULL
        || gw_liquid_compile(&p, gw_buf_view(&b[0]), &opt, &err) != GW_OK)
    {
        return false;
    }

    same = gw_liquid_render(p, run, data, &ctx, &b[2], &err) == GW_OK;
    ctx.coded = true;
    same = same && gw_liquid_render(p, run, data, &ctx, &b[3], &err) == GW_OK
           && undo(gw_buf_view(&b[3]), &b[4]);
    lines(gw_buf_view(&b[2]), &b[5]);
    same = same && gw_str_eq(gw_buf_view(&b[4]), gw_buf_view(&b[5]));
    gw_liquid_free(p);
    json_decref(data);
    return same;
}


int
main(void)
{
    unsigned  i, right;
    gw_buf_t  b[6];

    for (i = 0; i < 6; i++) {
        gw_buf_init(&b[i], 1 << 20);
    }

    ok(gw_liquid_run_create(&run) == GW_OK, "a machine");
    for (right = i = 0; i < ROUNDS; i++) {
        if (round_trip(b)) {
            right++;
        } else if (right == i) {
            printf("# template %s\n# value %s\n# coded %s\n",
                   gw_buf_c(&b[0]), gw_buf_c(&b[1]), gw_buf_c(&b[3]));
        }
    }
    is_int(right, ROUNDS, "all of them");

    for (i = 0; i < 6; i++) {
        gw_buf_free(&b[i]);
    }
    gw_liquid_run_free(run);
    return done();
}
