/* The schemas of one document: their memory, their table, their end. */
#include "shm/schema/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SET_TABLE        64
#define SET_MATCH_DEPTH  20000
#define SET_MATCH_HEAP   8192       /* KiB                               */

typedef struct schema_block_s  schema_block_t;

struct schema_block_s {
    schema_block_t  *next;
    max_align_t      data[];
};


void *
schema_alloc(gw_schema_set_t *set, size_t n)
{
    schema_block_t  *b;

    b = calloc(1, sizeof(*b) + n);
    if (b == NULL) {
        return NULL;
    }

    b->next = set->blocks;
    set->blocks = b;
    return b->data;
}


char *
schema_print(gw_schema_set_t *set, const char *fmt, ...)
{
    int      n;
    char    *text;
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);

    text = n < 0 ? NULL : schema_alloc(set, (size_t) n + 1);
    if (text == NULL) {
        return NULL;
    }

    va_start(args, fmt);
    (void) vsnprintf(text, (size_t) n + 1, fmt, args);
    va_end(args);
    return text;
}


char *
schema_pointer(gw_schema_set_t *set, const char *base, const char *token)
{
    char        *text, *to;
    size_t       n;
    const char  *p;

    n = strlen(base);
    text = schema_alloc(set, n + 2 * strlen(token) + 2);
    if (text == NULL) {
        return NULL;
    }

    memcpy(text, base, n);
    to = text + n;
    *to++ = '/';

    for (p = token; *p != '\0'; p++) {
        if (*p == '~' || *p == '/') {
            *to++ = '~';
            *to++ = *p == '~' ? '0' : '1';
        } else {
            *to++ = *p;
        }
    }

    return text;
}


static size_t
set_slot(const gw_schema_set_t *set, const json_t *json)
{
    size_t  i;

    i = (size_t) ((uintptr_t) json / 16 * 0x9e3779b97f4a7c15u >> 16);

    for (i &= set->size - 1; set->table[i] != NULL; i = (i + 1)
         & (set->size - 1))
    {
        if (set->table[i]->json == json) {
            break;
        }
    }

    return i;
}


static int
set_grow(gw_schema_set_t *set)
{
    size_t         i, size;
    gw_schema_t  **old;

    old = set->table;
    size = set->size;
    set->size = size > 0 ? 2 * size : SET_TABLE;
    set->table = calloc(set->size, sizeof(void *));

    if (set->table == NULL) {
        set->table = old;
        set->size = size;
        return GW_ENOMEM;
    }

    for (i = 0; i < size; i++) {
        if (old[i] != NULL) {
            set->table[set_slot(set, old[i]->json)] = old[i];
        }
    }

    free(old);
    return GW_OK;
}


gw_schema_t *
schema_find(const gw_schema_set_t *set, const json_t *json)
{
    return set->size > 0 ? set->table[set_slot(set, json)] : NULL;
}


gw_schema_t *
schema_add(gw_schema_set_t *set, const json_t *json,
    const schema_resource_t *resource, const char *pointer)
{
    gw_schema_t  *node;

    if (2 * (set->used + 1) > set->size && set_grow(set) != GW_OK) {
        return NULL;
    }

    node = schema_alloc(set, sizeof(*node));
    if (node == NULL) {
        return NULL;
    }

    node->set = set;
    node->json = json;
    node->resource = resource;
    node->pointer = pointer;
    set->table[set_slot(set, json)] = node;
    set->used++;
    return node;
}


gw_schema_set_t *
gw_schema_set_create(json_t *document, unsigned flags)
{
    gw_schema_set_t    *set;
    schema_resource_t  *whole;

    set = calloc(1, sizeof(*set));
    if (set == NULL) {
        return NULL;
    }

    set->flags = flags;
    set->document = json_incref(document);
    set->yes.state = NODE_TRUE;
    set->no.state = NODE_FALSE;
    set->yes.set = set->no.set = set;

    whole = schema_alloc(set, sizeof(*whole));
    set->match = pcre2_match_context_create(NULL);

    if (whole == NULL || set->match == NULL) {
        gw_schema_set_free(set);
        return NULL;
    }

    pcre2_set_depth_limit(set->match, SET_MATCH_DEPTH);
    pcre2_set_heap_limit(set->match, SET_MATCH_HEAP);

    whole->uri = gw_str_of("");
    whole->root = document;
    whole->pointer = "";
    set->resources = whole;
    set->yes.resource = set->no.resource = whole;
    set->yes.pointer = set->no.pointer = "";
    return set;
}


void
gw_schema_set_free(gw_schema_set_t *set)
{
    schema_block_t  *b;

    if (set == NULL) {
        return;
    }

    schema_regex_free(set);
    while ((b = set->blocks) != NULL) {
        set->blocks = b->next;
        free(b);
    }

    pcre2_match_context_free(set->match);
    json_decref(set->document);
    json_decref(set->meta);
    free(set->table);
    free(set);
}
