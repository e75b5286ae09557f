/* A narrow YAML out of libyaml's events. */
#include "shm/contract/yaml.h"

#include <yaml.h>

#define YAML_DEPTH_MAX  64

typedef struct {
    yaml_parser_t  parser;
    yaml_event_t   event;
    unsigned       file;
    unsigned       depth;
    unsigned       line;                /* of what is wrong */
    gw_marks_t    *marks;
    gw_buf_t      *why;
} gw_yaml_t;

static int gw_yaml_value(gw_yaml_t *y, unsigned line, json_t **out);


static unsigned
gw_yaml_line(const gw_yaml_t *y)
{
    return (unsigned) y->event.start_mark.line + 1;
}


static int
gw_yaml_refuse(gw_yaml_t *y, const char *sentence)
{
    y->line = gw_yaml_line(y);
    gw_buf_cstr(y->why, sentence);
    return GW_EINVAL;
}


static int
gw_yaml_next(gw_yaml_t *y)
{
    yaml_event_delete(&y->event);

    if (yaml_parser_parse(&y->parser, &y->event)) {
        return GW_OK;
    }

    memset(&y->event, 0, sizeof(y->event));

    if (y->parser.error == YAML_MEMORY_ERROR) {
        return GW_ENOMEM;
    }

    y->line = (unsigned) y->parser.problem_mark.line + 1;
    gw_buf_fmt(y->why, "this is not YAML: %s",
               y->parser.problem ? y->parser.problem : "it can not be read");

    return GW_EINVAL;
}


/* what no part of a contract may have: it is written out instead */
static int
gw_yaml_extras(gw_yaml_t *y, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL) {
        return gw_yaml_refuse(y, "anchors are not read; make it a component "
                              "and refer to it by $ref");
    }

    if (tag != NULL) {
        return gw_yaml_refuse(y, "tags are not read; leave it out");
    }

    return GW_OK;
}


static int
gw_yaml_number(gw_yaml_t *y, gw_str_t s, json_t **out)
{
    json_error_t  e;

    *out = json_loadb((char *) s.data, s.len, JSON_DECODE_ANY, &e);

    if (*out == NULL && json_error_code(&e) == json_error_numeric_overflow) {
        return gw_yaml_refuse(y, "the number is too large; quote it when it "
                              "is a text");
    }

    return GW_OK;
}


static int
gw_yaml_scalar(gw_yaml_t *y, json_t **out)
{
    int       rc;
    gw_str_t  s;

    s = gw_str_make(y->event.data.scalar.value, y->event.data.scalar.length);
    *out = NULL;

    if (memchr(s.data, '\0', s.len) != NULL) {
        return gw_yaml_refuse(y, "the text holds a NUL");
    }

    if (y->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {

        if (s.len == 0) {
            return gw_yaml_refuse(y, "a value is missing here; write \"\" for "
                                  "an empty text, or null");
        }

        if (gw_str_is(s, "true") || gw_str_is(s, "false")) {
            *out = json_boolean(s.data[0] == 't');

        } else if (gw_str_is(s, "null")) {
            *out = json_null();

        } else if (s.data[0] == '-' || (s.data[0] >= '0' && s.data[0] <= '9')) {
            rc = gw_yaml_number(y, s, out);
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    if (*out == NULL) {
        *out = json_stringn((char *) s.data, s.len);
    }

    return *out ? GW_OK : GW_ENOMEM;
}


static int
gw_yaml_sequence(gw_yaml_t *y, json_t *list)
{
    int      rc;
    json_t  *item;

    for ( ;; ) {
        rc = gw_yaml_next(y);

        if (rc != GW_OK || y->event.type == YAML_SEQUENCE_END_EVENT) {
            return rc;
        }

        rc = gw_yaml_value(y, gw_yaml_line(y), &item);

        if (rc == GW_OK && json_array_append_new(list, item) != 0) {
            rc = GW_ENOMEM;
        }

        if (rc != GW_OK) {
            return rc;
        }
    }
}


/* the key of the event, checked; text stays valid until the caller frees it */
static int
gw_yaml_key(gw_yaml_t *y, const json_t *map, json_t **key)
{
    int       rc;
    gw_str_t  s;

    if (y->event.type != YAML_SCALAR_EVENT) {
        return gw_yaml_refuse(y, "a key must be a text");
    }

    rc = gw_yaml_extras(y, y->event.data.scalar.anchor,
                        y->event.data.scalar.tag);
    if (rc != GW_OK) {
        return rc;
    }

    s = gw_str_make(y->event.data.scalar.value, y->event.data.scalar.length);

    if (memchr(s.data, '\0', s.len) != NULL) {
        return gw_yaml_refuse(y, "a key holds a NUL");
    }

    if (gw_str_is(s, "<<")) {
        return gw_yaml_refuse(y, "merge keys are not read; write the members "
                              "out, or refer to a component by $ref");
    }

    if (json_object_get(map, (char *) s.data) != NULL) {
        y->line = gw_yaml_line(y);
        gw_buf_fmt(y->why, "the key \"%.100s\" stands here twice", s.data);
        return GW_EINVAL;
    }

    *key = json_stringn((char *) s.data, s.len);

    return *key ? GW_OK : GW_ENOMEM;
}


static int
gw_yaml_mapping(gw_yaml_t *y, json_t *map)
{
    int        rc;
    json_t    *key, *value;
    unsigned   line;

    for ( ;; ) {
        rc = gw_yaml_next(y);

        if (rc != GW_OK || y->event.type == YAML_MAPPING_END_EVENT) {
            return rc;
        }

        key = NULL;
        rc = gw_yaml_key(y, map, &key);
        if (rc != GW_OK) {
            return rc;
        }

        line = gw_yaml_line(y);
        rc = gw_yaml_next(y);

        if (rc == GW_OK) {
            rc = gw_yaml_value(y, line, &value);
        }

        if (rc == GW_OK
            && json_object_set_new(map, json_string_value(key), value) != 0)
        {
            rc = GW_ENOMEM;
        }

        json_decref(key);

        if (rc != GW_OK) {
            return rc;
        }
    }
}


static int
gw_yaml_collection(gw_yaml_t *y, json_t **out)
{
    int   rc;
    bool  list;

    if (++y->depth > YAML_DEPTH_MAX) {
        return gw_yaml_refuse(y, "this is nested deeper than 64");
    }

    list = y->event.type == YAML_SEQUENCE_START_EVENT;
    rc = list ? gw_yaml_extras(y, y->event.data.sequence_start.anchor,
                               y->event.data.sequence_start.tag)
              : gw_yaml_extras(y, y->event.data.mapping_start.anchor,
                               y->event.data.mapping_start.tag);
    if (rc != GW_OK) {
        return rc;
    }

    *out = list ? json_array() : json_object();
    if (*out == NULL) {
        return GW_ENOMEM;
    }

    rc = list ? gw_yaml_sequence(y, *out) : gw_yaml_mapping(y, *out);
    y->depth--;

    return rc;
}


/* the value whose first event has been read; line is its place */
static int
gw_yaml_value(gw_yaml_t *y, unsigned line, json_t **out)
{
    int  rc;

    *out = NULL;

    switch (y->event.type) {

    case YAML_SCALAR_EVENT:
        rc = gw_yaml_extras(y, y->event.data.scalar.anchor,
                            y->event.data.scalar.tag);
        if (rc == GW_OK) {
            rc = gw_yaml_scalar(y, out);
        }
        break;

    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        rc = gw_yaml_collection(y, out);
        break;

    case YAML_ALIAS_EVENT:
        return gw_yaml_refuse(y, "aliases are not read; refer to a component "
                              "by $ref");

    default:
        return gw_yaml_refuse(y, "a value is missing here");
    }

    if (rc == GW_OK) {
        rc = gw_marks_set(y->marks, *out, y->file, line);
    }

    if (rc != GW_OK) {
        json_decref(*out);
        *out = NULL;
    }

    return rc;
}


static int
gw_yaml_document(gw_yaml_t *y, json_t **out)
{
    int  rc;

    do {
        rc = gw_yaml_next(y);

    } while (rc == GW_OK && (y->event.type == YAML_STREAM_START_EVENT
                             || y->event.type == YAML_DOCUMENT_START_EVENT));

    if (rc == GW_OK) {
        rc = gw_yaml_value(y, gw_yaml_line(y), out);
    }

    do {
        rc = rc == GW_OK ? gw_yaml_next(y) : rc;

    } while (rc == GW_OK && y->event.type == YAML_DOCUMENT_END_EVENT);

    if (rc == GW_OK && y->event.type != YAML_STREAM_END_EVENT) {
        rc = gw_yaml_refuse(y, "a second document begins here; a file holds "
                            "one");
    }

    return rc;
}


int
gw_yaml_load(gw_str_t text, unsigned file, gw_marks_t *marks, json_t **out,
    unsigned *line, gw_buf_t *why)
{
    int        rc;
    gw_yaml_t  y;

    memset(&y, 0, sizeof(y));
    y.file = file;
    y.marks = marks;
    y.why = why;
    *out = NULL;

    if (!yaml_parser_initialize(&y.parser)) {
        return GW_ENOMEM;
    }

    yaml_parser_set_encoding(&y.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&y.parser, text.data, text.len);

    rc = gw_yaml_document(&y, out);

    yaml_event_delete(&y.event);
    yaml_parser_delete(&y.parser);

    if (rc != GW_OK) {
        json_decref(*out);
        *out = NULL;
    }

    *line = y.line;

    return rc;
}
