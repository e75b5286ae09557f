/* Commands that are filters of JSON lines. */
#include "worker/filter.h"

#include <stdio.h>
#include <stdlib.h>


void
filter_run(filter_pt call, void *arg)
{
    char     *line, *text;
    json_t   *doc;
    size_t    size;
    ssize_t   n;

    line = NULL;
    size = 0;

    while ((n = getline(&line, &size, stdin)) > 0) {
        n -= line[n - 1] == '\n';
        doc = call(arg, gw_str_make((unsigned char *) line, (size_t) n));
        text = json_dumps(doc, JSON_COMPACT);
        puts(text != NULL ? text
             : "{\"error\":{\"message\":\"the result is no UTF-8\","
               "\"line\":0,\"column\":0}}");
        (void) fflush(stdout);
        free(text);
        json_decref(doc);
    }

    free(line);
}
