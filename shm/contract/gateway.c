/*
 * What the gateway does for every operation of a kind, in the document for
 * readers: the headers that it takes and gives, the answers that are its own.
 */
#include <stdio.h>

#include "shm/contract/handlers.h"
#include "shm/contract/parts.h"

/* What is true of an operation; the edge goes by the same. */
enum {
    GATEWAY_KEY = 1,                    /* it needs one                     */
    GATEWAY_PATH = 2,                   /* the path names objects           */
    GATEWAY_BODY = 4,
    GATEWAY_ONCE = 8,                   /* a change, once for a key         */
    GATEWAY_READ = 16,
    GATEWAY_JSON = 32,                  /* the gateway writes the answer    */
    GATEWAY_FILE = 64,                  /* or sends a file, by ranges too   */
    GATEWAY_PAGES = 128,                /* or pages one after the other     */
    GATEWAY_TAG = 256,                  /* its 200 has an ETag              */
    GATEWAY_MATCH = 512,                /* it heeds If-Match                */
    GATEWAY_WAIT = 1024,                /* it can wait for a worker         */
    GATEWAY_SESSION = 2048              /* it may be asked by a session     */
};

/* All facts of `when` must be true. */
typedef struct {
    const char  *name;
    int          when;
    const char  *like;
    const char  *text;
} gateway_ask_t;

static const gateway_ask_t  gateway_asks[] = {
    { "If-Match", GATEWAY_MATCH, "\"8ZzWVMzNcpFWcD2i\"",
      "The ETag that the object must still have, else 412." },
    { "If-None-Match", GATEWAY_TAG | GATEWAY_READ, "\"8ZzWVMzNcpFWcD2i\"",
      "The ETag of what the client has; 304 when it is the same still." },
    { "If-Range", GATEWAY_FILE, "\"8ZzWVMzNcpFWcD2i\"",
      "The ETag of the file that Range goes on with; all of it when it is "
      "another." },
    { "Godwit-Workspace", GATEWAY_SESSION, "ws_1",
      "Beside the cookie of a session, which does not count without it: the "
      "workspace that the request is of; `none` for what is the user's own. "
      "A key has its workspace, and needs no such header." },
    { "Idempotency-Key", GATEWAY_ONCE, "list-news-2026",
      "1 to 255 printable ASCII characters. The same request under the same "
      "key is done once; its answer is kept a day." },
    { "Prefer", GATEWAY_WAIT, "wait=20",
      "wait=N waits for the end of the work, 20 seconds at most." },
    { "Range", GATEWAY_FILE, "bytes=0-1023", "Only these bytes of the file." },
    { "X-Request-Id", 0, "import-7",
      "A name for this request, 1 to 64 of A-Z a-z 0-9 . _ -; one is made "
      "when it is missing or another." },
    { NULL, 0, NULL, NULL }
};

/* `on`: statuses, or how they begin, apart by blanks. */
typedef struct {
    const char  *name;
    const char  *on;
    int          when;
    const char  *type;
    const char  *text;
} gateway_header_t;

static const gateway_header_t  gateway_headers[] = {
    { "Allow", "405", 0, "string", "The methods of this path." },
    { "Content-Disposition", "20 304", GATEWAY_FILE, "string",
      "The name of the file." },
    { "Content-Disposition", "20", GATEWAY_PAGES, "string",
      "The name of the file." },
    { "Content-Range", "206 416", 0, "string",
      "Which bytes of how many these are." },
    { "ETag", "200 206 304", GATEWAY_TAG, "string",
      "The tag of the whole; none when only some `fields` are asked." },
    { "Godwit-Quota", "2 3 4 5", GATEWAY_KEY, "string",
      "What of the workspace's quotas is not free, like messages=warning, "
      "contacts=used_up; GET /api/v1/usage has the numbers." },
    { "Idempotency-Replayed", "2 404 412 422", GATEWAY_ONCE, "string",
      "true: the answer of an earlier request under this Idempotency-Key." },
    { "Location", "201 202", 0, "string",
      "Where that is which was made or begun." },
    { "Preference-Applied", "200", GATEWAY_WAIT, "string",
      "The wait=N that was granted." },
    { "RateLimit-Limit", "2 3 4 5", 0, "integer",
      "Requests at once, of the limit that is nearest." },
    { "RateLimit-Remaining", "2 3 4 5", 0, "integer",
      "How many of them are left." },
    { "RateLimit-Reset", "2 3 4 5", 0, "integer",
      "Seconds until all are there again." },
    { "Retry-After", "429 503", 0, "integer",
      "Seconds to wait before the next request." },
    { "WWW-Authenticate", "401", 0, "string", "Bearer." },
    { "X-Request-Id", "2 3 4 5", 0, "string",
      "The name of this request; logs have it." },
    { NULL, NULL, 0, NULL, NULL }
};

typedef struct {
    const char  *status;
    const char  *name;                  /* in components.responses */
    int          when;
    const char  *text;
} gateway_answer_t;

/*
 * An operation may describe its own otherwise; of one status the first that is
 * true. What is kept for a key may be an answer to it.
 */
static const gateway_answer_t  gateway_answers[] = {
    { "304", "NotModified", GATEWAY_TAG | GATEWAY_READ | GATEWAY_JSON,
      "It is what If-None-Match names." },
    { "304", "FileNotModified", GATEWAY_TAG | GATEWAY_READ | GATEWAY_FILE,
      "The file is what If-None-Match names." },
    { "400", "Malformed", 0,
      "A header, the query or the body is not well-formed." },
    { "401", "Unauthorized", GATEWAY_KEY,
      "The key or session is missing, wrong, over or revoked." },
    { "403", "Forbidden", GATEWAY_KEY,
      "The key, or the role of the user, does not have the scope of this "
      "operation." },
    { "404", "NotFoundKept", GATEWAY_PATH | GATEWAY_ONCE,
      "There is no such object." },
    { "404", "NotFound", GATEWAY_PATH, "There is no such object." },
    { "405", "OtherMethod", 0,
      "The path has no such method; Allow names those that it has." },
    { "406", "NotAcceptable", GATEWAY_JSON,
      "Accept refuses JSON, and there is nothing else." },
    { "408", "TooSlow", GATEWAY_BODY, "The body did not arrive in time." },
    { "409", "UnderWay", GATEWAY_ONCE,
      "A request under this Idempotency-Key is still under way." },
    { "413", "TooLarge", GATEWAY_BODY,
      "The body is larger than this operation takes." },
    { "414", "UriTooLong", 0, "The path or the query is too long." },
    { "415", "UnsupportedType", GATEWAY_BODY,
      "The body is of a type that this operation does not take." },
    { "416", "OutOfRange", GATEWAY_FILE, "The file has no such bytes." },
    { "422", "InvalidKept", GATEWAY_ONCE,
      "A field is wrong; errors name each one. Or the Idempotency-Key came "
      "with another request." },
    { "422", "Invalid", 0, "A field is wrong; errors name each one." },
    { "429", "TooMany", 0,
      "Too many requests, or a quota of the workspace is used up; Retry-After "
      "tells when to come again." },
    { "431", "HeadersTooLarge", 0, "The headers are too large." },
    { "500", "Fault", 0,
      "A fault of the server; its log has the request id." },
    { "503", "Away", 0,
      "The database is away or busy; Retry-After tells when to come again." },
    { NULL, NULL, 0, NULL }
};


static int
gateway_facts(const gw_contract_t *c, const gw_contract_op_t *op)
{
    int                  is;
    const gw_handler_t  *h;

    static const int  kinds[] = {
        GATEWAY_JSON, GATEWAY_FILE, GATEWAY_PAGES
    };

    h = gw_handler(op->handler);

    is = kinds[h ? h->answer : GW_ANSWER_JSON]
         | (op->is_public ? 0 : GATEWAY_KEY)
         | (op->n_captures ? GATEWAY_PATH : 0)
         | (op->n_bodies ? GATEWAY_BODY : 0)
         | (op->is_public && !op->personal ? 0 : GATEWAY_SESSION)
         | (op->method == GW_GET ? GATEWAY_READ
            : op->tenantless     ? 0 : GATEWAY_ONCE)
         | (op->match ? GATEWAY_MATCH : 0);

    if (!(is & GATEWAY_PAGES) && op->status == 200
        && !op->is_public && (op->method & (GW_GET | GW_PATCH)))
    {
        is |= GATEWAY_TAG;
    }

    if (op->worker
        && gw_contract_find(c, gw_str_of(GW_CONTRACT_POLL)) != NULL)
    {
        is |= GATEWAY_WAIT;
    }

    return is;
}


/* set unless it is there; takes the reference of value */
static int
gateway_default(json_t *object, const char *key, json_t *value)
{
    if (value != NULL && json_object_get(object, key) != NULL) {
        json_decref(value);
        return GW_OK;
    }

    return json_object_set_new(object, key, value) == 0 ? GW_OK : GW_ENOMEM;
}


static json_t *
gateway_ref(const char *kind, const char *name)
{
    char  text[100];

    (void) snprintf(text, sizeof(text), "#/components/%s/%s", kind, name);

    return json_pack("{s:s}", "$ref", text);
}


static bool
gateway_on(const char *on, const char *status)
{
    size_t  n;

    for ( /* void */ ; *on != '\0'; on += n + (on[n] == ' ')) {
        n = strcspn(on, " ");

        if (strncmp(on, status, n) == 0) {
            return true;
        }
    }

    return false;
}


/* the headers of an answer, and what a problem is */
static int
gateway_answer(json_t *answer, const char *status, int is)
{
    json_t                  *headers;
    const gateway_header_t  *h;

    if (status[0] >= '4'
        && gateway_default(answer, "content",
                           json_pack("{s:{s:o}}", "application/problem+json",
                                     "schema",
                                     gateway_ref("schemas", "Problem")))
           != GW_OK)
    {
        return GW_ENOMEM;
    }

    if (gateway_default(answer, "headers", json_object()) != GW_OK) {
        return GW_ENOMEM;
    }

    headers = json_object_get(answer, "headers");

    for (h = gateway_headers; h->name != NULL; h++) {

        if ((h->when & is) == h->when && gateway_on(h->on, status)
            && gateway_default(headers, h->name,
                               gateway_ref("headers", h->name))
               != GW_OK)
        {
            return GW_ENOMEM;
        }
    }

    return GW_OK;
}


/* RFC 9457 */
static json_t *
gateway_problem(void)
{
    return json_pack("{s:s, s:[s,s,s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s},"
        " s:{s:s}, s:{s:s, s:{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}}}}}",
        "type", "object", "required", "type", "title", "status",
        "properties",
        "type", "type", "string",
        "title", "type", "string",
        "status", "type", "integer",
        "detail", "type", "string",
        "request_id", "type", "string",
        "errors", "type", "array", "items", "type", "object", "properties",
        "pointer", "type", "string",
        "rule", "type", "string",
        "message", "type", "string");
}


int
gw_contract_gateway(gw_contract_load_t *l)
{
    int                      rc;
    json_t                  *parts, *of, *answer;
    const gateway_ask_t     *a;
    const gateway_header_t  *h;
    const gateway_answer_t  *r;

    parts = json_object_get(l->c->doc, "components");
    rc = gateway_default(json_object_get(parts, "schemas"), "Problem",
                         gateway_problem());

    of = json_object_get(parts, "parameters");

    for (a = gateway_asks; a->name != NULL && rc == GW_OK; a++) {
        rc = gateway_default(of, a->name,
                             json_pack("{s:s, s:s, s:s, s:{s:s, s:[s]}}",
                                       "name", a->name, "in", "header",
                                       "description", a->text, "schema",
                                       "type", "string", "examples", a->like));
    }

    of = json_object_get(parts, "headers");

    for (h = gateway_headers; h->name != NULL && rc == GW_OK; h++) {
        rc = gateway_default(of, h->name,
                             json_pack("{s:s, s:{s:s}}", "description",
                                       h->text, "schema", "type", h->type));
    }

    of = json_object_get(parts, "responses");

    for (r = gateway_answers; r->status != NULL && rc == GW_OK; r++) {
        rc = gateway_default(of, r->name,
                             json_pack("{s:s}", "description", r->text));
        answer = json_object_get(of, r->name);
        rc = rc == GW_OK ? gateway_answer(answer, r->status, r->when)
                         : rc;
    }

    return rc;
}


/* what the operation that is waited for answers with at its end */
static int
gateway_waited(const json_t *doc, const gw_contract_t *c, json_t *responses)
{
    json_t                  *answer, *path;
    const gw_contract_op_t  *poll;

    poll = gw_contract_find(c, gw_str_of(GW_CONTRACT_POLL));
    path = json_object_get(json_object_get(doc, "paths"),
                           (const char *) poll->path.data);
    answer = json_object_get(json_object_get(json_object_get(path, "get"),
                                             "responses"), "200");

    return gateway_default(responses, "200",
                           json_pack("{s:s, s:O*}", "description",
                                     "With Prefer, when the work has ended in "
                                     "time: the operation.", "content",
                                     json_object_get(answer, "content")));
}


/* the answer itself; that no reference is wrong is known */
static json_t *
gateway_follow(json_t *doc, json_t *answer)
{
    json_t      *to;
    const char  *ref;

    for ( ;; ) {
        ref = json_string_value(json_object_get(answer, "$ref"));
        if (ref == NULL) {
            return answer;
        }

        for (to = doc, ref++; *ref == '/'; ) {
            to = gw_contract_member(to, &ref);
        }

        answer = to;
    }
}


int
gw_contract_gateway_op(const gw_contract_t *c, json_t *doc,
    const gw_contract_op_t *op, json_t *node)
{
    int                      rc, is;
    json_t                  *responses, *answer, *list;
    const char              *status;
    const gateway_ask_t     *a;
    const gateway_answer_t  *r;

    responses = json_object_get(node, "responses");
    is = gateway_facts(c, op);
    rc = gateway_default(node, "parameters", json_array());
    list = json_object_get(node, "parameters");

    for (a = gateway_asks; a->name != NULL && rc == GW_OK; a++) {
        if ((a->when & is) == a->when
            && json_array_append_new(list, gateway_ref("parameters", a->name))
               != 0)
        {
            rc = GW_ENOMEM;
        }
    }

    for (r = gateway_answers; r->status != NULL && rc == GW_OK; r++) {
        if ((r->when & is) == r->when) {
            rc = gateway_default(responses, r->status,
                                 gateway_ref("responses", r->name));
        }
    }

    if ((is & GATEWAY_WAIT) && rc == GW_OK) {
        rc = gateway_waited(doc, c, responses);
    }

    if ((is & GATEWAY_FILE) && rc == GW_OK) {
        answer = json_deep_copy(json_object_get(responses, "200"));
        rc = json_object_set_new(answer, "description",
                                 json_string("The bytes that Range names."))
             == 0 ? gateway_default(responses, "206", answer) : GW_ENOMEM;
    }

    json_object_foreach(responses, status, answer) {
        rc = rc == GW_OK ? gateway_answer(gateway_follow(doc, answer), status,
                                          is) : rc;
    }

    return rc;
}
