/* Tokens of an identity provider: whose signature counts, and what they say. */
#include "worker/sso/jwt.h"
#include "t/unit/tap.h"

/* RFC 7515 appendix A.3 */
static const char  es256[] =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q";
static const char  es256_set[] =
    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\","
    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"%s}%s]}";

/* the same, A.2 */
static const char  rs256[] =
    "eyJhbGciOiJSUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
    "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
    "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
    "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
    "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
    "p0igcN_IoypGlUPQGe77Rw";
static const char  rs256_set[] =
    "{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\""
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
    "PAcDTW9gb54h4FRWyuXpoQ\"}]}";

/* RFC 8037 appendix A.4: its payload is no JSON, which is looked at last */
static const char  eddsa[] =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
    "hVsPt9g7sVvpAr_MuM0KAg";
static const char  eddsa_set[] =
    "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";


/* The code of jwt_verify, and its sentence in the buffer. */
static int
verify(const char *token, const char *set, char *why, size_t room)
{
    int        rc;
    json_t    *doc, *claims;
    gw_buf_t   b;

    claims = NULL;
    doc = json_loads(set, 0, NULL);
    gw_buf_fixed(&b, why, room - 1);
    rc = jwt_verify(gw_str_of(token), doc, &claims, &b);
    why[b.len] = '\0';
    json_decref(claims);
    json_decref(doc);
    return rc;
}


static void
signatures(void)
{
    char    why[128], set[1024], token[1024];
    size_t  i, wrong;

    is_int(verify(rs256, rs256_set, why, sizeof(why)), GW_OK, "RS256");
    (void) snprintf(set, sizeof(set), es256_set, "", "");
    is_int(verify(es256, set, why, sizeof(why)), GW_OK, "ES256");
    is_int(verify(eddsa, eddsa_set, why, sizeof(why)), GW_EINVAL, "EdDSA");
    is_str(gw_str_of(why), "its payload is not a JSON object",
           "whose signature is good");

    wrong = 0;
    for (i = 0; i < strlen(es256); i++) {
        memcpy(token, es256, sizeof(es256));
        token[i] = token[i] == 'A' ? 'B' : 'A';
        wrong += verify(token, set, why, sizeof(why)) != GW_OK;
        token[i] = '\0';
        wrong += verify(token, set, why, sizeof(why)) != GW_OK;
    }
    is_int(wrong, 2 * strlen(es256), "every change and every cut is found");
}


static void
keys(void)
{
    char  why[128], set[2048];

    is_int(verify(es256, rs256_set, why, sizeof(why)), GW_ENOTFOUND,
           "a key of another kind is not found");
    is_int(verify(es256, "{}", why, sizeof(why)), GW_ENOTFOUND, "no keys");
    (void) snprintf(set, sizeof(set), es256_set, ",\"use\":\"enc\"", "");
    is_int(verify(es256, set, why, sizeof(why)), GW_ENOTFOUND,
           "one that is for encryption");
    (void) snprintf(set, sizeof(set), es256_set, ",\"alg\":\"ES384\"", "");
    is_int(verify(es256, set, why, sizeof(why)), GW_ENOTFOUND,
           "one that is for another algorithm");
    (void) snprintf(set, sizeof(set), es256_set, "",
                    ",{\"kty\":\"EC\",\"crv\":\"P-256\"}");
    is_int(verify(es256, set, why, sizeof(why)), GW_ENOTFOUND,
           "of two the token must name one");
    is_int(verify(es256, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                  "\"x\":\"AAAA\",\"y\":\"AAAA\"}]}", why, sizeof(why)),
           GW_EINVAL, "a point that is none");
    is_int(verify(rs256, "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\","
                  "\"e\":\"AQAB\"}]}", why, sizeof(why)), GW_EINVAL,
           "an RSA key that is too short");
}


static void
algorithms(void)
{
    size_t  i;
    char    why[128];

    static const char *const  tokens[] = {
        "eyJhbGciOiJub25lIn0.e30.",                 /* none */
        "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",            /* HS256 */
        "eyJhbGciOiJlczI1NiJ9.e30.AAAA",            /* es256 */
        "e30.e30.AAAA",                             /* none named */
        "eyJhbGciOiJFUzI1NiIsImNyaXQiOlsieCJdfQ.e30.AAAA",  /* crit */
        "", ".", "..", "a.b", "e30", "W10.e30.AAAA"
    };

    for (i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        is_int(verify(tokens[i], rs256_set, why, sizeof(why)), GW_EINVAL,
               *tokens[i] ? tokens[i] : "nothing");
    }
}


static void
claims(void)
{
    int       rc;
    size_t    i;
    char      why[128];
    json_t   *doc;
    gw_buf_t  b;

    static const jwt_expect_t  expect = {
        "https://id.example", "me", "n", 1000
    };
    static const struct {
        const char *claims, *why;
    } cases[] = {
        { "'iss':'https://id.example','aud':'me','exp':1001,'iat':1000,"
          "'nonce':'n','sub':'s'", "" },
        { "'iss':'https://id.example','aud':['me'],'exp':941,'iat':1059,"
          "'nonce':'n','sub':'s'", "" },
        { "'iss':'https://id.example','aud':['me','b'],'azp':'me','exp':1001,"
          "'iat':1000,'nonce':'n','sub':'s'", "" },
        { "'iss':'https://id.example/','aud':'me','exp':1001,'iat':1000,"
          "'nonce':'n','sub':'s'", "its issuer is another" },
        { "'iss':'https://id.example','aud':'you','exp':1001,'iat':1000,"
          "'nonce':'n','sub':'s'", "it is meant for another client" },
        { "'iss':'https://id.example','aud':['me','b'],'exp':1001,"
          "'iat':1000,'nonce':'n','sub':'s'",
          "it is meant for another client" },
        { "'iss':'https://id.example','aud':'me','azp':'b','exp':1001,"
          "'iat':1000,'nonce':'n','sub':'s'",
          "it is meant for another client" },
        { "'iss':'https://id.example','aud':'me','exp':940,'iat':1000,"
          "'nonce':'n','sub':'s'", "it has expired" },
        { "'iss':'https://id.example','aud':'me','iat':1000,'nonce':'n',"
          "'sub':'s'", "it has expired" },
        { "'iss':'https://id.example','aud':'me','exp':2000,'iat':1060,"
          "'nonce':'n','sub':'s'", "it is from the future" },
        { "'iss':'https://id.example','aud':'me','exp':2000,'iat':1000,"
          "'sub':'s'", "its nonce is not that of this login" },
    };

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char    text[512];
        char   *p;

        (void) snprintf(text, sizeof(text), "{%s}", cases[i].claims);
        for (p = text; *p != '\0'; p++) {
            *p = *p == '\'' ? '"' : *p;
        }
        doc = json_loads(text, 0, NULL);
        gw_buf_fixed(&b, why, sizeof(why));
        rc = jwt_judge(doc, &expect, &b);
        is_int(rc, *cases[i].why ? GW_EINVAL : GW_OK, text);
        is_str(gw_buf_view(&b), cases[i].why, "why");
        json_decref(doc);
    }
}


int
main(void)
{
    signatures();
    keys();
    algorithms();
    claims();
    return done();
}
