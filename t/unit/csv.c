/* CSV: the same rows out of pieces of any size. */
#include "t/unit/tap.h"

#include "t/unit/pieces.h"

#define TEXT_MAX  4096

/* A row as `line:field|field;`, a wrong one as `line!column;`. */
static char *
row(const csv_t *c, char *out)
{
    unsigned  i;
    gw_str_t  f;

    out += snprintf(out, 64, c->wrong ? "%u!%u" : "%u:", (unsigned) c->line,
                    c->wrong_column);
    for (i = 0; c->wrong == NULL && i < c->n; i++) {
        f = csv_field(c, i);
        out += snprintf(out, TEXT_MAX / 4, "%s%.*s", i > 0 ? "|" : "",
                        (int) f.len, f.data);
    }

    return out + snprintf(out, 2, ";");
}


int
main(void)
{
    char    out[TEXT_MAX], wide[2 * CSV_COLUMNS_MAX + 16];
    size_t  i, n;
    bool    same;

    static const struct {
        const char  *text, *rows;
    } cases[] = {
        { "", "" },
        { "a", "1:a;" },
        { "a,b\nc,d\n", "1:a|b;2:c|d;" },
        { "a,b\r\nc,d\r\n", "1:a|b;2:c|d;" },
        { "a\rb\rc", "1:a;2:b;3:c;" },
        { "a\r\rb\n\rc\r\n", "1:a;2:;3:b;4:;5:c;" },
        { "\"a,\"\"b\"\"\r\nc\",d\ne", "1:a,\"b\"\r\nc|d;3:e;" },
        { "\"\",\"\"\r\n,\n", "1:|;2:|;" },
        { "a,b\"c\nd\n", "1!2;2:d;" },
        { "a,\"b\"c\nd\n", "1!2;2:d;" },
        { "a\n\"b\nc", "1:a;2!1;" },
        { "\"a\"\rb", "1:a;2:b;" },
        { "a,\"b\nc\"\r", "1:a|b\nc;" },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        same = true;
        for (n = 1; n <= strlen(cases[i].text) + 1; n++) {
            pieces(reader_kinds, NULL, cases[i].text, n, row, out);
            same = same && strcmp(out, cases[i].rows) == 0;
        }
        if (!ok(same, "case %u in pieces of every size", (unsigned) i)) {
            printf("# got  %s\n# want %s\n", out, cases[i].rows);
        }
    }

    for (i = 0; i < CSV_COLUMNS_MAX; i++) {
        memcpy(wide + 2 * i, "a,", 2);
    }
    (void) snprintf(wide + 2 * i, 16, "x,\"b\nc\"\nd\n");
    pieces(reader_kinds, NULL, wide, 7, row, out);
    is_str(gw_str_of(out), "1!513;3:d;", "a row that is too wide ends where it "
           "ends");

    return done();
}
