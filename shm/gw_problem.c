/* Problems: their codes, what SQLSTATEs mean, RFC 9457 documents. */
#include "shm/gw_problem.h"

#include <stddef.h>

/* In the order of gw_problem_e. */
static const gw_problem_t  gw_problems[] = {
    { "bad_request", 400, "The request is not understood",
      "The request is not well-formed." },
    { "unauthorized", 401, "No valid key or session",
      "Send a valid key as \"Authorization: Bearer KEY\", or log in, with the "
      "second factor if you have one, and send the header "
      "Godwit-Workspace." },
    { "forbidden", 403, "You may not do this",
      "The key, or your role, lacks the scope that this operation needs." },
    { "not_found", 404, "There is nothing here",
      "There is no such path or object." },
    { "method_not_allowed", 405, "The path has no such method",
      "The header Allow names the methods of this path." },
    { "not_acceptable", 406, "No such representation",
      "The answer is application/json; the header Accept refuses that." },
    { "request_timeout", 408, "The request came too slowly",
      "The body did not arrive in time." },
    { "conflict", 409, "The state of things does not allow it",
      "Something else stands against it." },
    { "precondition_failed", 412, "It has changed meanwhile",
      "The object is not what If-Match names; read it again." },
    { "body_too_large", 413, "The body is too large",
      "The body is larger than this operation takes." },
    { "uri_too_long", 414, "The path or the query is too long",
      "The request line is longer than the server takes, usually 8 KiB." },
    { "unsupported_media_type", 415, "The body is of a wrong type",
      "Send the body as application/json." },
    { "range_not_satisfiable", 416, "There is no such part",
      "The header Range begins behind the end; Content-Range has the size." },
    { "invalid", 422, "The input is not valid",
      "A field of the input is wrong." },
    { "idempotency_mismatch", 422, "The Idempotency-Key was used before",
      "The same key came with another request; take a new one." },
    { "quota", 429, "A quota is used up",
      "A quota of the workspace is used up." },
    { "rate_limited", 429, "Too many requests",
      "Wait for the seconds that Retry-After names." },
    { "headers_too_large", 431, "The headers are too large",
      "A header is longer than usually 8 KiB, or there are too many." },
    { "internal", 500, "An error on our side",
      "This is a fault of the server; its log has the request id." },
    { "not_implemented", 501, "The server does not know how",
      "Send the body with Content-Length or in chunks, nothing else." },
    { "away", 503, "The database is away",
      "Nothing was changed, or it is unknown; try again in a moment." },
    { "busy", 503, "Something else holds it",
      "Nothing was changed; try again in a moment." },
    { "not_migrated", 503, "The database is of another version",
      "The server is being upgraded; try again in a moment." },
    { "timeout", 503, "It took too long",
      "Nothing was changed; ask for less, or try again in a moment." },
    { "http_version", 505, "The server does not speak this HTTP",
      "Send the request as HTTP/1.1." },
    { "no_room", 507, "No room for more files",
      "The workspace keeps as many bytes of files as it may." }
};

_Static_assert(sizeof(gw_problems) / sizeof(gw_problems[0]) == GW_PROBLEMS,
               "a row a problem");

typedef struct {
    const char    *state;               /* SQLSTATE, or how it begins */
    gw_problem_e   problem;
} gw_problem_state_t;

/* The first that fits. */
static const gw_problem_state_t  gw_problem_states[] = {
    { "GW001", GW_PROBLEM_INVALID },
    { "GW002", GW_PROBLEM_NOT_FOUND },
    { "GW003", GW_PROBLEM_CONFLICT },
    { "GW004", GW_PROBLEM_FORBIDDEN },
    { "GW005", GW_PROBLEM_UNAUTHORIZED },
    { "GW006", GW_PROBLEM_PRECONDITION_FAILED },
    { "GW007", GW_PROBLEM_QUOTA },
    { "GW008", GW_PROBLEM_IDEMPOTENCY_MISMATCH },
    { "GW009", GW_PROBLEM_NO_ROOM },
    { "GW010", GW_PROBLEM_RATE_LIMITED },
    { "42501", GW_PROBLEM_FORBIDDEN },
    { "23505", GW_PROBLEM_CONFLICT },
    { "22", GW_PROBLEM_INVALID },
    { "23", GW_PROBLEM_INVALID },
    { "57014", GW_PROBLEM_TIMEOUT },
    { "40001", GW_PROBLEM_BUSY },
    { "40P01", GW_PROBLEM_BUSY },
    { "55P03", GW_PROBLEM_BUSY },
    { "42883", GW_PROBLEM_NOT_MIGRATED },
    { "42P01", GW_PROBLEM_NOT_MIGRATED },
    { "3F000", GW_PROBLEM_NOT_MIGRATED },
    { "08", GW_PROBLEM_AWAY },
    { "25006", GW_PROBLEM_AWAY },
    { "53", GW_PROBLEM_AWAY },
    { "57P0", GW_PROBLEM_AWAY },
    { "", GW_PROBLEM_INTERNAL }
};


const gw_problem_t *
gw_problem(gw_problem_e p)
{
    return &gw_problems[p];
}


bool
gw_problem_own(const char *state)
{
    return state != NULL && strncmp(state, "GW0", 3) == 0
           && gw_problem_of(state) != GW_PROBLEM_INTERNAL;
}


gw_problem_e
gw_problem_of(const char *state)
{
    const gw_problem_state_t  *row;

    state = state ? state : "";

    for (row = gw_problem_states;
         strncmp(state, row->state, strlen(row->state)) != 0;
         row++)
    {
        /* the last row fits everything */
    }

    return row->problem;
}


/* One member of the object that `first` says is still empty. */
static void
gw_problem_name(gw_buf_t *out, const char *name, bool first)
{
    gw_buf_char(out, first ? '{' : ',');
    gw_buf_json(out, gw_str_of(name));
    gw_buf_char(out, ':');
}


static void
gw_problem_text(gw_buf_t *out, const char *name, gw_str_t value, bool first)
{
    gw_problem_name(out, name, first);
    gw_buf_json(out, value);
}


void
gw_problem_write(gw_buf_t *out, gw_problem_e p, gw_str_t detail,
    gw_str_t request_id, const gw_problem_error_t *errors, unsigned n)
{
    char                 type[64];
    gw_buf_t             b;
    unsigned             i;
    const gw_problem_t  *row;

    row = &gw_problems[p];
    gw_buf_fixed(&b, type, sizeof(type));
    gw_buf_fmt(&b, "/docs/problems#%s", row->code);

    gw_problem_text(out, "type", gw_buf_view(&b), true);
    gw_problem_text(out, "title", gw_str_of(row->title), false);
    gw_problem_name(out, "status", false);
    gw_buf_fmt(out, "%u", row->status);
    gw_problem_text(out, "detail", detail.len ? detail
                                              : gw_str_of(row->detail), false);

    if (request_id.len > 0) {
        gw_problem_text(out, "request_id", request_id, false);
    }

    for (i = 0; i < n && i < GW_PROBLEM_ERRORS; i++) {
        if (i == 0) {
            gw_problem_name(out, "errors", false);
        }
        gw_buf_char(out, i == 0 ? '[' : ',');
        gw_problem_text(out, "pointer", errors[i].pointer, true);
        gw_problem_text(out, "rule", errors[i].rule, false);
        gw_problem_text(out, "message", errors[i].message, false);
        gw_buf_char(out, '}');
    }

    gw_buf_cstr(out, i > 0 ? "]}" : "}");
}


void
gw_problem_pointer(gw_buf_t *out, gw_str_t name)
{
    size_t  i;

    gw_buf_char(out, '/');

    for (i = 0; i < name.len; i++) {
        if (name.data[i] == '~' || name.data[i] == '/') {
            gw_buf_cstr(out, name.data[i] == '~' ? "~0" : "~1");
        } else {
            gw_buf_char(out, name.data[i]);
        }
    }
}
