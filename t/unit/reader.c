/* NDJSON and vCards: the same rows out of pieces of any size. */
#include "t/unit/tap.h"

#include "t/unit/pieces.h"

#define TEXT_MAX  4096

/* A row as `line:column=text|...;`, a wrong one as `line!column why;`. */
static char *
row(const csv_t *c, char *out)
{
    char      *from;
    unsigned   i;
    gw_str_t   f;

    if (c->wrong != NULL) {
        return out + snprintf(out, 400, "%u!%u %.40s;", (unsigned) c->line,
                              c->wrong_column, c->wrong);
    }

    out += snprintf(out, 64, "%u:", (unsigned) c->line);
    from = out;
    for (i = 0; i < c->n; i++) {
        f = csv_field(c, i);
        if (f.len > 0) {
            out += snprintf(out, TEXT_MAX / 4, "%s%s=%.*s",
                            out > from ? "|" : "",
                            import_word((import_field_t) i), (int) f.len,
                            f.data);
        }
    }

    return out + snprintf(out, 2, ";");
}


#define CARD(lines)  "BEGIN:VCARD\r\nVERSION:4.0\r\n" lines "END:VCARD\r\n"
#define IS(cells)    "1:" cells ";"

static const struct {
    const char  *kind, *map, *text, *rows;
} cases[] = {
    { "ndjson", NULL, "", "" },
    { "ndjson", NULL, "{\"email\":\"a@b.c\",\"plan\":\"x\\ny\",\"n\":1.50}\n\n"
      " {\"email\":\"d\",\"tags\":[\"a\",\"b\"],\"no\":null}",
      "1:email=a@b.c|attributes={\"plan\":\"x\\ny\",\"n\":1.50};"
      "3:email=d|tags=[\"a\",\"b\"];" },
    { "ndjson", "mail=email,x=ignore,crm=external_id",
      "{\"mail\":\"\\u0061\",\"x\":{},\"crm\":12}",
      "1:email=a|external_id=12;" },
    { "ndjson", NULL, "{\"consent\":{\"email\":\"granted\",\"sms\":null},"
      "\"attributes\":{\"a\":[1]},\"b\":true}",
      "1:consent_email=granted|attributes={\"a\":[1],\"b\":true};" },
    { "ndjson", NULL, "{\"consent\":{\"voice\":\"no\"},\"emails\":[\"b\"],"
      "\"phones\":[\"+1\"]}", "1:consent_voice=no|emails=[\"b\"]|"
      "phones=[\"+1\"];" },
    { "ndjson", NULL, "{\"owner\":[]}", "1!12 the field is no array;" },
    { "ndjson", NULL, "{\"consent\":true}",
      "1:attributes={\"consent\":true};" },
    { "ndjson", NULL, "{\"consent\":{\"fax\":\"granted\"}}",
      "1!16 consent is of email, sms, whatsapp or vo;" },
    { "ndjson", "mail=email", "{\"mail\":\"a\",\"email\":\"b\"}",
      "1!1 two members are the same field;" },
    { "ndjson", NULL, "{\"email\":[\"a\"]}", "1!1 the field is no array;" },
    { "ndjson", NULL, "{\"email\":{}}", "1!1 the field is no object;" },
    { "ndjson", NULL, "{\"a\":1,\"a\":2}",
      "1!16 the JSON text: duplicate object key near;" },
    { "vcard", NULL, "\n\n", "" },
    { "vcard", NULL, CARD("N:Reader;Ann,Maria;;Dr.;\r\nFN:Dr. Ann\r\n"
      "EMAIL:old@b.c\r\nEMAIL;PREF=1:a@\r\n b.c\r\nitem1.TEL;TYPE=\"home,"
      "cell\":tel:+49-30-1;ext=5\r\nCATEGORIES:x\\,y,z\r\n"),
      IS("email=a@b.c|phone=+49-30-1|first_name=Ann Maria|last_name=Reader|"
      "tags=[\"x,y\",\"z\"]|emails=[\"old@b.c\"]") },
    { "vcard", NULL, CARD("FN:Ann\r\nUID:u-1\r\nTZ:Europe/Paris\r\nLANG:fr\r\n"
      "ORG:Shop;Desk\r\nNOTE:a\\;b\\nc\r\nBDAY:19960415\r\nX-A:1\r\n"),
      IS("external_id=u-1|first_name=Ann|zone=Europe/Paris|locale=fr|"
      "attributes={\"organization\":\"Shop, Desk\",\"note\":\"a;b\\nc\","
      "\"birthday\":\"1996-04-15\"}") },
    { "vcard", NULL, "begin:vcard\nversion:3.0\nfn;charset=iso-8859-1:J\xfcrg"
      "\nemail;type=internet:x\nemail;type=internet,pref:y\nend:vcard\n",
      IS("email=y|first_name=J\xc3\xbcrg|emails=[\"x\"]") },
    { "vcard", NULL, "BEGIN:VCARD\nVERSION:2.1\nEND:VCARD\nBEGIN:VCARD\n"
      "VERSION:4.0\nEMAIL:a\nEND:VCARD", "1!1 the card is neither of version "
      "3.0 nor 4;4:email=a;" },
    { "vcard", NULL, "hello\n" CARD("EMAIL:a\n"),
      "1!16 this line stands in no card: a card is b;2:email=a;" },
    { "vcard", NULL, "BEGIN:VCARD\nVERSION:4.0\nEMAIL:a\n",
      "1!1 the file ends before END:VCARD;" },
    { "vcard", NULL, CARD("NOTE:\r\nNOTE:a\r\nTITLE:\"note\":\r\nNOTE:b\r\n"
      "UID:u\r\n"), IS("external_id=u|attributes={\"note\":\"a\",\"title\":"
      "\"\\\"note\\\":\"}") },
    { "vcard", NULL, CARD("FN;CHARSET=windows-1255:\xf9\xec\xe5\xed\r\nUID:u"
      "\r\n"), IS("external_id=u|first_name="
      "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d") },
    { "vcard", NULL, CARD("NOTE;CHARSET=../utf-8:x\r\n"), "1!16 the CHARSET of "
      "a property is not known;" },
    { "vcard", NULL, CARD("NOTE:\xff\r\n"), "1!16 the text is not valid "
      "UTF-8;" },
    { "vcard", NULL, CARD("NOTE;CHARSET=utf-9:x\r\n"), "1!16 the CHARSET of a "
      "property is not known;" },
    { "vcard", NULL, CARD("NOTE;ENCODING=QUOTED-PRINTABLE:x=\r\n"), "1!16 a "
      "property is encoded as vCard 2.1 has i;" },
    { "vcard", NULL, CARD("BEGIN:VCARD\r\n"), "1!1 a card begins inside "
      "another;" },
    { "vcard", NULL, CARD("EMAIL:a\r\nEMAIL:b\r\nEMAIL;PREF=2:c\r\n"
      "EMAIL;TYPE=\"\";PREF=1:d\r\nTEL:+1\r\nTEL:+2\r\nCATEGORIES:x,,y\r\n"
      "LANG;PREF=2:fr\r\nLANG;PREF=1:de\r\nLANG;PREF=1:es\r\n"),
      IS("email=d|phone=+1|locale=de|tags=[\"x\",\"y\"]|emails=[\"b\",\"a\","
      "\"c\"]|phones=[\"+2\"]") },
    { "vcard", NULL, CARD("UID:u\r\nTZ:-0500\r\nTZ:Raleigh/North America\r\n"
      "N:Lee;Ann;;;\r\nFN:Dr\r\nBDAY:1996-04-15T10:00:00\r\nNOTE:a\\\r\n"
      "TITLE:VCARD\r\nEND:X\r\n"), IS("external_id=u|first_name=Ann|"
      "last_name=Lee|attributes={\"birthday\":\"1996-04-15\",\"note\":"
      "\"a\\\\\",\"title\":\"VCARD\"}") },
    { "vcard", NULL, CARD("UID:u\r\nBDAY:19960415T1000\r\n")
      CARD("UID:v\r\nBDAY:--0415\r\n") CARD("UID:w\r\nBDAY:1996-04\r\n"),
      IS("external_id=u|attributes={\"birthday\":\"1996-04-15\"}")
      "6:external_id=v|attributes={\"birthday\":\"--0415\"};"
      "11:external_id=w|attributes={\"birthday\":\"1996-04\"};" },
    { "vcard", NULL, CARD("UID:u\r\nhello\r\n"),
      "1!1 a line of the card has no colon;" },
    { "vcard", NULL, "a\nb\n", "1!16 this line stands in no card: a card is b;"
      "2!16 this line stands in no card: a card is b;" },
    { "vcard", NULL, "BEGIN:VCARD\nVERSION:2.1\n",
      "1!1 the file ends before END:VCARD;" },
    { "vcard", NULL, CARD("UID:u\r\nNOTE:a\r\n") CARD("UID:v\r\nNOTE:b\r\n"),
      IS("external_id=u|attributes={\"note\":\"a\"}") "6:external_id=v|"
      "attributes={\"note\":\"b\"};" }
};


/* What is longer than 1 MiB is refused, and what follows it is not. */
static void
test_long(const char *kind, const char *begin, const char *line,
    const char *line_end, const char *end, const char *rows)
{
    int       i;
    char      out[TEXT_MAX];
    gw_buf_t  text;

    gw_buf_init(&text, 4 * CSV_ROW_MAX);
    gw_buf_cstr(&text, begin);
    for (i = 0; i < 40; i++) {
        gw_buf_cstr(&text, line);
        gw_buf_fmt(&text, "%030000d", i);
        gw_buf_cstr(&text, line_end);
    }
    gw_buf_cstr(&text, end);

    pieces(reader_named(kind), NULL, gw_buf_c(&text), 65536, row, out);
    is_str(gw_str_of(out), rows, rows);
    gw_buf_free(&text);
}


int
main(void)
{
    char    out[TEXT_MAX], why[TEXT_MAX];
    size_t  i, n;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        why[0] = '\0';
        for (n = 1; n < 80 && why[0] == '\0'; n++) {
            pieces(reader_named(cases[i].kind), cases[i].map, cases[i].text, n,
                   row, out);
            if (strcmp(out, cases[i].rows) != 0) {
                (void) snprintf(why, sizeof(why), "by %zu: %.1000s", n, out);
            }
        }
        if (!ok(why[0] == '\0', "%s, case %zu", cases[i].kind, i)) {
            printf("# got  %s\n# want %s\n", why, cases[i].rows);
        }
    }

    ok(reader_of("a/b.VCF") == reader_named("vcard")
       && reader_of("b.jsonl") == reader_named("ndjson")
       && reader_of("vcf") == reader_named("csv"), "kinds by their names");

    test_long("ndjson", "{\"a\":\"", "", "", "\"}\n{\"email\":\"b\"}",
              "1!1 the line is longer than 1 MiB;2:email=b;");
    test_long("vcard", "BEGIN:VCARD\nVERSION:4.0\n", "EMAIL:", "\n",
              "END:VCARD\n" CARD("EMAIL:b\n"),
              "1!1 the row is longer than 1 MiB;44:email=b;");
    test_long("vcard", "BEGIN:VCARD\nVERSION:4.0\nEMAIL:b\nNOTE:", "", "",
              "\nEND:VCARD\n", "1!16 a property is longer than 128 KiB;");
    test_long("vcard", "BEGIN:VCARD\nVERSION:4.0\nEMAIL:b\nPHOTO:", "", "",
              "\nNOTE:n\nEND:VCARD\n",
              "1:email=b|attributes={\"note\":\"n\"};");

    return done();
}
