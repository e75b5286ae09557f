/* Origins of URLs, and the gates of those that requests wait for. */
#include "worker/http/origin.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "worker/mail/lane.h"


char *
origin_name(const char *url)
{
    char    *name, *end, *p;
    size_t   scheme, n;

    end = strstr(url, "://");
    if (end == NULL) {
        return NULL;
    }

    scheme = (size_t) (end - url);
    n = scheme + 3 + strcspn(end + 3, "/?#");
    name = strndup(url, n);
    for (p = name; p != NULL && *p != '\0'; p++) {
        *p = (char) tolower((unsigned char) *p);
    }

    end = name != NULL ? strrchr(name + scheme + 3, ':') : NULL;
    if (end != NULL
        && strcmp(end, strncmp(name, "https:", 6) == 0 ? ":443" : ":80") == 0)
    {
        *end = '\0';
    }

    return name;
}


origin_t *
origin_hold(origin_t **all, const char *name)
{
    origin_t  *o;

    for (o = *all; o != NULL && strcmp(o->name, name) != 0; o = o->next) {
        /* void */
    }

    if (o == NULL) {
        o = calloc(1, sizeof(origin_t));
        if (o == NULL || (o->name = strdup(name)) == NULL) {
            free(o);
            return NULL;
        }

        o->window = ORIGIN_WINDOW;
        o->next = *all;
        *all = o;
    }

    o->refs++;
    return o;
}


void
origin_drop(origin_t **all, origin_t *o)
{
    origin_t  **at;

    if (o == NULL || --o->refs > 0) {
        return;
    }

    for (at = all; *at != o; at = &(*at)->next) {
        /* it is there */
    }

    *at = o->next;
    lane_free(&o->gate);
    free(o->name);
    free(o);
}
