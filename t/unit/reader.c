/* NDJSON and vCards: the same rows out of pieces of any size. */
#include "t/unit/tap.h"

#include "worker/import/reader.h"

#define TEXT_MAX  4096

/* Rows as `line:column=text|...;`, wrong ones as `line!column why;`. */
static void
parse(const char *kind, const char *map, const char *s, size_t piece,
    char *out)
{
    int       rc;
    bool      last;
    char     *from;
    size_t    used, took, len, n;
    unsigned  i;
    gw_str_t  in, f;
    reader_t  r;

    reader_init(&r, reader_named(kind), map);
    len = strlen(s);
    out[0] = '\0';

    for (n = 0, last = false; !last; n += in.len) {
        in = gw_str_make(s + n, len - n < piece ? len - n : piece);
        last = in.len == 0;

        for (used = 0; ; ) {
            rc = reader_feed(&r, gw_str_make(in.data + used, in.len - used),
                             last, &took);
            used += took;
            if (rc != GW_OK) {
                break;
            }

            if (r.row.wrong != NULL) {
                out += snprintf(out, 400, "%u!%u %.40s;",
                                (unsigned) r.row.line, r.row.wrong_column,
                                r.row.wrong);
                continue;
            }

            out += snprintf(out, 64, "%u:", (unsigned) r.row.line);
            from = out;
            for (i = 0; i < r.row.n; i++) {
                f = csv_field(&r.row, i);
                if (f.len > 0) {
                    out += snprintf(out, TEXT_MAX / 4, "%s%s=%.*s",
                                    out > from ? "|" : "",
                                    import_word((import_field_t) i),
                                    (int) f.len, f.data);
                }
            }
            out += snprintf(out, 2, ";");
        }
    }

    reader_free(&r);
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
      "another;" }
};


int
main(void)
{
    char    out[TEXT_MAX], why[TEXT_MAX];
    size_t  i, n;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        why[0] = '\0';
        for (n = 1; n < 80 && why[0] == '\0'; n++) {
            parse(cases[i].kind, cases[i].map, cases[i].text, n, out);
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

    return done();
}
