/* The files of the contract into one document. */
#include <stdio.h>

#include "shm/contract/parts.h"

static const gw_contract_key_t  merge_keys[] = {
    { "openapi", JSON_STRING, "the text 3.1.0" },
    { "info", JSON_OBJECT, "an object" },
    { "paths", JSON_OBJECT, "an object" },
    { "components", JSON_OBJECT, "an object" },
    { "tags", JSON_ARRAY, "a list" },
    { NULL, JSON_NULL, NULL }
};

static const gw_contract_key_t  merge_components[] = {
    { "schemas", JSON_OBJECT, "an object" },
    { "parameters", JSON_OBJECT, "an object" },
    { "requestBodies", JSON_OBJECT, "an object" },
    { "responses", JSON_OBJECT, "an object" },
    { "headers", JSON_OBJECT, "an object" },
    { NULL, JSON_NULL, NULL }
};

static const gw_contract_key_t  merge_tag[] = {
    { "name", JSON_STRING, "a text" },
    { "description", JSON_STRING, "a text" },
    { NULL, JSON_NULL, NULL }
};


/* a member that must be the only one of its name, wherever it comes from */
static int
merge_member(gw_contract_load_t *l, json_t *into, const char *name,
    json_t *value, const char *what)
{
    json_t           *first;
    const gw_mark_t  *mark;

    first = json_object_get(into, name);

    if (first != NULL) {
        mark = gw_marks_get(&l->marks, first);

        return gw_contract_fault(l, value, "%s \"%.100s\" stands in %s:%u "
                                 "already", what, name,
                                 mark ? l->texts[mark->file].name : "?",
                                 mark ? mark->line : 0);
    }

    if (!json_is_object(value)) {
        return gw_contract_fault(l, value, "%s \"%.100s\" must be an object",
                                 what, name);
    }

    return json_object_set(into, name, value) == 0 ? GW_OK : GW_ENOMEM;
}


static int
merge_paths(gw_contract_load_t *l, json_t *paths)
{
    int          rc;
    char         what[200];
    json_t      *path, *into, *op, *all;
    const char  *name, *method;

    all = json_object_get(l->c->doc, "paths");

    json_object_foreach(paths, name, path) {

        if (!json_is_object(path)) {
            return gw_contract_fault(l, gw_contract_at(paths, name),
                                     "the path must be an object of methods");
        }

        into = json_object_get(all, name);

        if (into == NULL) {

            if (json_object_set(all, name, path) != 0) {
                return GW_ENOMEM;
            }

            continue;
        }

        (void) snprintf(what, sizeof(what), "%s", name);

        json_object_foreach(path, method, op) {
            rc = merge_member(l, into, method, op, what);
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    return GW_OK;
}


static int
merge_component(gw_contract_load_t *l, json_t *components)
{
    int          rc;
    json_t      *section, *into, *part;
    const char  *kind, *name;

    rc = gw_contract_keys(l, components, merge_components, "components");
    if (rc != GW_OK) {
        return rc;
    }

    json_object_foreach(components, kind, section) {
        into = json_object_get(json_object_get(l->c->doc, "components"), kind);

        json_object_foreach(section, name, part) {
            rc = merge_member(l, into, name, part, "the component");
            if (rc != GW_OK) {
                return rc;
            }
        }
    }

    return GW_OK;
}


static int
merge_tags(gw_contract_load_t *l, json_t *tags)
{
    int      rc;
    size_t   i, k;
    json_t  *tag, *other, *name, *all;

    all = json_object_get(l->c->doc, "tags");

    json_array_foreach(tags, i, tag) {
        name = json_object_get(tag, "name");

        if (!json_is_string(name)) {
            return gw_contract_fault(l, json_is_object(tag) ? tag : tags,
                                     "a tag needs a \"name\"");
        }

        rc = gw_contract_keys(l, tag, merge_tag, "a tag");
        if (rc != GW_OK) {
            return rc;
        }

        json_array_foreach(all, k, other) {
            if (json_equal(json_object_get(other, "name"), name)) {
                return gw_contract_fault(l, tag, "the tag \"%.100s\" stands "
                                         "in another place already",
                                         json_string_value(name));
            }
        }

        if (json_array_append(all, tag) != 0) {
            return GW_ENOMEM;
        }
    }

    return GW_OK;
}


static int
merge_root(gw_contract_load_t *l, json_t *root)
{
    int          rc;
    json_t      *part;
    const char  *version;

    l->around = root;

    rc = gw_contract_keys(l, root, merge_keys, "a contract");
    if (rc != GW_OK) {
        return rc;
    }

    version = json_string_value(json_object_get(root, "openapi"));

    if (version == NULL || strncmp(version, "3.1.", 4) != 0) {
        return gw_contract_fault(l, gw_contract_at(root, "openapi"),
                                 "a contract begins with \"openapi: 3.1.0\"");
    }

    part = json_object_get(root, "components");
    rc = part ? merge_component(l, part) : GW_OK;

    part = json_object_get(root, "paths");
    rc = part && rc == GW_OK ? merge_paths(l, part) : rc;

    part = json_object_get(root, "tags");

    return part && rc == GW_OK ? merge_tags(l, part) : rc;
}


static int
merge_text(gw_contract_load_t *l, unsigned file)
{
    int        rc;
    char       mem[300];
    json_t    *root;
    gw_buf_t   why;
    unsigned   line;

    line = 0;
    gw_buf_fixed(&why, mem, sizeof(mem));
    rc = gw_yaml_load(l->texts[file].text, file, &l->marks, &root, &line,
                      &why);

    if (rc == GW_EINVAL) {
        gw_buf_fmt(l->why, "%s:%u: ", l->texts[file].name, line);
        gw_buf_str(l->why, gw_buf_view(&why));
    }

    if (rc == GW_OK && !json_is_object(root)) {
        gw_buf_fmt(l->why, "%s:1: a contract begins with \"openapi: 3.1.0\"",
                   l->texts[file].name);
        json_decref(root);
        rc = GW_EINVAL;
    }

    if (rc == GW_OK && json_array_append_new(l->roots, root) != 0) {
        rc = GW_ENOMEM;
    }

    return rc == GW_OK ? merge_root(l, root) : rc;
}


int
gw_contract_merge(gw_contract_load_t *l)
{
    int       rc;
    unsigned  i;

    l->c->doc = json_pack("{s:s, s:{s:s, s:s}, s:[{s:s}], s:[], s:{},"
                          " s:{s:{}, s:{}, s:{}, s:{}, s:{}}}",
                          "openapi", "3.1.0",
                          "info", "title", "Godwit", "version", "1",
                          "servers", "url", "/", "tags", "paths",
                          "components", "schemas", "parameters",
                          "requestBodies", "responses", "headers");
    if (l->c->doc == NULL) {
        return GW_ENOMEM;
    }

    for (i = 0, rc = GW_OK; i < l->n_texts && rc == GW_OK; i++) {
        rc = merge_text(l, i);
    }

    return rc;
}
