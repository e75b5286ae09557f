/* Operations of single sign-on: a check, a login, a logout. */
#include "worker/sso/sso.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "shm/gw_codec.h"
#include "worker/secret.h"

#define SSO_HEADER  16384

/* What a logout token says of itself (OpenID Connect Back-Channel Logout). */
#define SSO_LOGOUT_EVENT  "http://schemas.openid.net/event/backchannel-logout"

/* columns of Q_SSO_LOGIN */
enum { LOGIN_PROVIDER, LOGIN_VERIFIER, LOGIN_NONCE, LOGIN_DONE };


/* `name=value` of a form, percent-encoded. */
static void
sso_field(gw_buf_t *form, const char *name, const char *value)
{
    char  *escaped;

    escaped = curl_easy_escape(NULL, value, 0);
    gw_buf_fmt(form, "%s%s=", form->len > 0 ? "&" : "", name);
    gw_buf_cstr(form, escaped != NULL ? escaped : "");
    form->failed |= escaped == NULL;
    curl_free(escaped);
}


/* Client and secret as RFC 6749 section 2.3.1 wants them. */
static void
sso_basic(gw_buf_t *header, const char *client, const char *secret)
{
    char      *a, *b;
    gw_buf_t   pair;

    gw_buf_init(&pair, SSO_HEADER);
    a = curl_easy_escape(NULL, client, 0);
    b = curl_easy_escape(NULL, secret, 0);
    gw_buf_fmt(&pair, "%s:%s", a ? a : "", b ? b : "");
    gw_buf_cstr(header, "Authorization: Basic ");
    gw_b64_encode(header, pair.data, pair.len, 0);
    header->failed |= a == NULL || b == NULL || pair.failed;

    curl_free(a);
    curl_free(b);
    secret_wipe(&pair);
}


/* Does the provider take the secret as Basic? Unless it says otherwise. */
static bool
sso_takes_basic(const sso_t *s)
{
    size_t   i;
    json_t  *methods, *m;

    methods = json_object_get(s->metadata,
                              "token_endpoint_auth_methods_supported");
    json_array_foreach(methods, i, m) {
        if (json_is_string(m)
            && strcmp(json_string_value(m), "client_secret_basic") == 0)
        {
            return true;
        }
    }

    return !json_is_array(methods);
}


/* The code against tokens. */
static job_end_e
sso_redeem(sso_t *s, const char *code, const char *verifier, json_t **tokens)
{
    char        redirect[512];
    gw_buf_t    form, basic;
    job_end_e   end;
    gw_str_t    base = s->job->w->conf.base_url;

    const char  *headers[] = { "Accept: application/json",
        "Content-Type: application/x-www-form-urlencoded", NULL, NULL };

    gw_buf_init(&form, SSO_HEADER);
    gw_buf_init(&basic, SSO_HEADER);
    (void) snprintf(redirect, sizeof(redirect), "%.*s/api/v1/sso/callback",
                    (int) base.len, base.data);

    sso_field(&form, "grant_type", "authorization_code");
    sso_field(&form, "code", code);
    sso_field(&form, "redirect_uri", redirect);
    sso_field(&form, "client_id", s->client);
    sso_field(&form, "code_verifier", verifier);

    if (s->secret.len > 0 && sso_takes_basic(s)) {
        sso_basic(&basic, s->client, gw_buf_c(&s->secret));
        headers[2] = gw_buf_c(&basic);
    } else if (s->secret.len > 0) {
        sso_field(&form, "client_secret", gw_buf_c(&s->secret));
    }

    end = form.failed || basic.failed
          ? sso_fail(s, "memory", "there is no memory for the request")
          : sso_ask(s, "token endpoint", sso_text(s->metadata,
                    "token_endpoint"), headers, gw_buf_view(&form), tokens);

    secret_wipe(&form);
    secret_wipe(&basic);
    return end;
}


/* What the ID token leaves out the provider says by its userinfo. */
static job_end_e
sso_userinfo(sso_t *s, const json_t *tokens, json_t *claims)
{
    json_t      *info = NULL;
    gw_buf_t     bearer;
    job_end_e    end;
    const char  *url, *access, *sub;

    const char  *headers[] = { "Accept: application/json", NULL, NULL };

    url = sso_text(s->metadata, "userinfo_endpoint");
    access = sso_text(tokens, "access_token");
    if (url == NULL || access == NULL) {
        return JOB_GO;
    }

    gw_buf_init(&bearer, SSO_HEADER);
    gw_buf_cstr(&bearer, "Authorization: Bearer ");
    gw_buf_cstr(&bearer, access);
    headers[1] = gw_buf_c(&bearer);

    end = bearer.failed || strpbrk(headers[1], "\r\n") != NULL
          ? sso_fail(s, "refused", "the provider's access token is no good")
          : sso_ask(s, "userinfo", url, headers, gw_str_of(NULL), &info);
    secret_wipe(&bearer);

    if (end == JOB_GO) {
        sub = sso_text(info, "sub");
        if (sub == NULL || strcmp(sub, sso_text(claims, "sub")) != 0) {
            end = sso_fail(s, "refused", "the provider's userinfo is of "
                           "somebody else");
        } else if (json_object_update_missing(claims, info) != 0) {
            end = sso_fail(s, "memory", "there is no memory for the claims");
        }
    }

    json_decref(info);
    return end;
}


/* He is who the claims say: does he come in? */
static job_end_e
sso_enter(sso_t *s, const char *login, const json_t *claims)
{
    char       *text, now[GW_RFC3339_LEN + 1];
    PGresult   *res = NULL;
    job_end_e   end;

    text = json_dumps(claims, JSON_COMPACT);
    gw_clock_print(gw_clock_us(), now);
    end = job_ask(s->job, &Q_SSO_ENTER, &(db_args_t) { { s->job->tenant, login,
                  text, now }, 4 }, &res);
    if (end == JOB_GO && !PQgetisnull(res, 0, 0)) {
        end = sso_fail(s, "refused", "%.400s", PQgetvalue(res, 0, 0));
    }

    free(text);
    PQclear(res);
    return end == JOB_GO ? JOB_DONE : end;
}


/* Was it ever looked at with success? */
static job_end_e
sso_known(sso_t *s)
{
    return json_is_object(s->metadata) && json_is_object(s->keys)
           ? JOB_GO
           : sso_fail(s, "unreachable", "the provider can not be reached; try "
                      "again in a minute");
}


static job_end_e
sso_login(sso_t *s, const char *login, const char *code, const PGresult *row)
{
    json_t      *tokens = NULL, *claims = NULL;
    job_end_e    end;
    const char  *token;

    end = s->old ? sso_discover(s) : JOB_GO;
    if (end == JOB_FAILED) {
        end = JOB_GO;                   /* what was known is good enough */
    }
    end = end == JOB_GO ? sso_known(s) : end;

    end = end == JOB_GO ? sso_redeem(s, code, PQgetvalue(row, 0,
                                     LOGIN_VERIFIER), &tokens) : end;
    token = sso_text(tokens, "id_token");
    if (end == JOB_GO && token == NULL) {
        end = sso_fail(s, "refused", "the provider has given no ID token");
    }

    end = end == JOB_GO ? sso_judge(s, token, PQgetvalue(row, 0, LOGIN_NONCE),
                                    &claims) : end;
    if (end == JOB_GO && sso_text(claims, "sub") == NULL) {
        end = sso_fail(s, "refused", "the provider does not say who it is");
    }
    end = end == JOB_GO ? sso_userinfo(s, tokens, claims) : end;
    end = end == JOB_GO ? sso_enter(s, login, claims) : end;

    json_decref(tokens);
    json_decref(claims);
    return end;
}


job_end_e
sso_login_job(job_t *job)
{
    char        login[24];
    sso_t       s = { .job = job };
    PGresult   *row = NULL;
    job_end_e   end;

    (void) snprintf(login, sizeof(login), "%lld", (long long)
                    json_integer_value(json_object_get(job->input, "login")));

    end = job_ask(job, &Q_SSO_LOGIN, &(db_args_t) { { job->tenant, login }, 2 },
                  &row);
    if (end == JOB_GO && PQntuples(row) == 0) {
        end = sso_fail(&s, "gone", "the provider was removed meanwhile");
    } else if (end == JOB_GO && PQgetvalue(row, 0, LOGIN_DONE)[0] == 't') {
        end = JOB_DONE;                 /* before a crash */
    } else if (end == JOB_GO) {
        end = sso_open(&s, job, PQgetvalue(row, 0, LOGIN_PROVIDER));
        end = end == JOB_GO ? sso_login(&s, login,
                                        sso_text(job->input, "code"), row)
                            : end;
        sso_close(&s);
    }

    PQclear(row);
    return end;
}


/* The number of the provider in the input. */
static const char *
sso_input_provider(job_t *job, char id[24])
{
    (void) snprintf(id, 24, "%lld", (long long) json_integer_value(
                        json_object_get(job->input, "provider")));
    return id;
}


job_end_e
sso_check_job(job_t *job)
{
    char       id[24];
    sso_t      s;
    job_end_e  end;

    end = sso_open(&s, job, sso_input_provider(job, id));
    end = end == JOB_GO ? sso_discover(&s) : end;
    sso_close(&s);
    return end == JOB_GO ? JOB_DONE : end;
}


job_end_e
sso_logout_job(job_t *job)
{
    char       id[24], iat[32], now[GW_RFC3339_LEN + 1];
    sso_t      s;
    json_t    *claims = NULL;
    PGresult  *res = NULL;
    job_end_e  end;

    end = sso_open(&s, job, sso_input_provider(job, id));
    end = end == JOB_GO && s.old ? sso_discover(&s) : end;
    end = end == JOB_GO ? sso_known(&s) : end;
    end = end == JOB_GO ? sso_judge(&s, sso_text(job->input, "token"), NULL,
                                    &claims) : end;
    if (end == JOB_GO && !json_is_object(json_object_get(json_object_get(
                              claims, "events"), SSO_LOGOUT_EVENT)))
    {
        end = sso_fail(&s, "token", "the token is not about a logout");
    }

    if (end == JOB_GO) {
        gw_clock_print(gw_clock_us(), now);
        (void) snprintf(iat, sizeof(iat), "%.0f", json_number_value(
                            json_object_get(claims, "iat")));
        end = job_ask(job, &Q_SSO_LOGGED_OUT, &(db_args_t) { { id,
                      sso_text(claims, "sub"), sso_text(claims, "sid"), iat,
                      now }, 5 }, &res);
        if (end == JOB_GO) {
            job->result = json_pack("{s:I}", "ended", (json_int_t)
                                    strtoll(PQgetvalue(res, 0, 0), NULL, 10));
            end = JOB_DONE;
        }
    }

    PQclear(res);
    json_decref(claims);
    sso_close(&s);
    return end;
}
