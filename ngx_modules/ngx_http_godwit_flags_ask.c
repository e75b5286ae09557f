/* The body of a question for feature flags: its members, each of its kind. */
#include "ngx_http_godwit_flags.h"

#include "shm/gw_json.h"

typedef enum {
    NGX_GODWIT_FLAGS_LINE,
    NGX_GODWIT_FLAGS_OBJECT,
    NGX_GODWIT_FLAGS_LIST,
    NGX_GODWIT_FLAGS_SWITCH
} ngx_http_godwit_flags_form_e;

typedef struct {
    const char                    *name;
    ngx_http_godwit_flags_form_e   form;
    size_t                         offset;      /* of its text or switch */
    size_t                         most;        /* bytes or items        */
} ngx_http_godwit_flags_member_t;

static const ngx_http_godwit_flags_member_t  ngx_http_godwit_flags_members[] = {
    { "unit", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, unit), GW_FLAG_UNIT },
    { "attributes", NGX_GODWIT_FLAGS_OBJECT, 0, 0 },
    { "flags", NGX_GODWIT_FLAGS_LIST, 0, 200 },
    { "explain", NGX_GODWIT_FLAGS_SWITCH,
      offsetof(ngx_http_godwit_flags_t, explain), 0 },
    { "expose", NGX_GODWIT_FLAGS_SWITCH,
      offsetof(ngx_http_godwit_flags_t, expose), 0 },
    { "userId", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, user), GW_TRACKED_ID_MAX },
    { "anonymousId", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, anonymous), GW_TRACKED_ID_MAX },
    { "messageId", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, message), 99 },
    { "source", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, source), 24 },
    { "writeKey", NGX_GODWIT_FLAGS_LINE,
      offsetof(ngx_http_godwit_flags_t, write_key), GW_APIKEY_MAX },
    { NULL, 0, 0, 0 }
};


static int
ngx_http_godwit_flags_wrong(gw_tracked_error_t *err, const char *name,
    const char *rule, const char *message)
{
    err->rule = rule;
    (void) snprintf(err->pointer, sizeof(err->pointer), "%s%s",
                    *name != '\0' ? "/" : "", name);
    (void) snprintf(err->message, sizeof(err->message), "%s", message);

    return GW_EINVAL;
}


static int
ngx_http_godwit_flags_member(ngx_http_godwit_flags_t *f,
    const ngx_http_godwit_flags_member_t *m, const json_t *v,
    gw_tracked_error_t *err)
{
    void  *at;
    char   message[128];

    at = (u_char *) f + m->offset;

    switch (m->form) {

    case NGX_GODWIT_FLAGS_LINE:
        if (json_is_string(v) && json_string_length(v) > 0
            && json_string_length(v) <= m->most)
        {
            *(gw_str_t *) at = gw_str_make(json_string_value(v),
                                           json_string_length(v));
            return GW_OK;
        }
        (void) snprintf(message, sizeof(message), "\"%s\" is not a text of 1 "
                        "to %zu bytes.", m->name, m->most);
        break;

    case NGX_GODWIT_FLAGS_OBJECT:
        if (json_is_object(v)) {
            return GW_OK;
        }
        (void) snprintf(message, sizeof(message), "\"%s\" is not an object.",
                        m->name);
        break;

    case NGX_GODWIT_FLAGS_LIST:
        if (json_is_array(v) && json_array_size(v) <= m->most) {
            return GW_OK;
        }
        (void) snprintf(message, sizeof(message), "\"%s\" is not a list of at "
                        "most %zu keys.", m->name, m->most);
        break;

    default:
        if (json_is_boolean(v)) {
            *(bool *) at = json_is_true(v);
            return GW_OK;
        }
        (void) snprintf(message, sizeof(message), "\"%s\" is not true or "
                        "false.", m->name);
    }

    return ngx_http_godwit_flags_wrong(err, m->name, "type", message);
}


static int
ngx_http_godwit_flags_members_read(ngx_http_godwit_flags_t *f,
    gw_tracked_error_t *err)
{
    int                                    rc;
    json_t                                *v;
    const char                            *name;
    const ngx_http_godwit_flags_member_t  *m;

    json_object_foreach(f->doc, name, v) {
        for (m = ngx_http_godwit_flags_members;
             m->name != NULL && ngx_strcmp(m->name, name) != 0; m++)
        {
            /* void */
        }

        if (m->name == NULL) {
            return ngx_http_godwit_flags_wrong(err, "", "additionalProperties",
                       "There is a member that is none of unit, attributes, "
                       "flags, explain, expose, userId, anonymousId, "
                       "messageId, source, writeKey.");
        }

        rc = ngx_http_godwit_flags_member(f, m, v, err);
        if (rc != GW_OK) {
            return rc;
        }
    }

    return f->unit.len > 0 ? GW_OK
           : ngx_http_godwit_flags_wrong(err, "unit", "required",
                                         "\"unit\" is missing.");
}


int
ngx_http_godwit_flags_read(ngx_http_godwit_flags_t *f, gw_str_t text,
    gw_tracked_error_t *err)
{
    int              rc;
    json_t          *attributes, *name;
    size_t           i;
    gw_json_error_t  why;

    rc = gw_json_parse(text, GW_JSON_OBJECT, &f->doc, &why);
    if (rc != GW_OK) {
        return rc == GW_ENOMEM ? rc
               : ngx_http_godwit_flags_wrong(err, "", why.rule, why.message);
    }

    rc = ngx_http_godwit_flags_members_read(f, err);
    if (rc != GW_OK) {
        return rc;
    }

    f->names = json_object_get(f->doc, "flags");
    json_array_foreach(f->names, i, name) {
        if (!json_is_string(name)) {
            return ngx_http_godwit_flags_wrong(err, "flags", "type",
                                               "A key of \"flags\" is not a "
                                               "text.");
        }
    }

    if (f->expose && (f->names == NULL || json_array_size(f->names)
                                          > NGX_HTTP_GODWIT_FLAGS_EXPOSE))
    {
        return ngx_http_godwit_flags_wrong(err, "flags", "maxItems",
                   "With \"expose\", \"flags\" names 1 to 50 that are to be "
                   "recorded.");
    }

    attributes = json_object_get(f->doc, "attributes");
    f->contact = attributes != NULL
                 ? json_pack("{s:s%, s:O}", "id", f->unit.data, f->unit.len,
                             "attributes", attributes)
                 : json_pack("{s:s%}", "id", f->unit.data, f->unit.len);

    return f->contact != NULL ? GW_OK : GW_ENOMEM;
}
