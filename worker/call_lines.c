/*
 * `godwit call --lines`: each line of standard input is what else follows
 * `godwit call`, its JSON last and without quotes. Each is answered by a line:
 * the exit code that it would have had, a blank, the document.
 */
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "worker/call.h"

#define LINES_WORDS  8


/* the next word, its end made a NUL; *p is behind it */
static char *
lines_word(char **p)
{
    char  *word;

    *p += strspn(*p, " ");
    word = *p;
    *p += strcspn(*p, " ");

    if (**p == ' ') {
        *(*p)++ = '\0';
    }

    return word;
}


/* The words before the JSON into argv, and the JSON's beginning, or NULL. */
static char *
lines_words(worker_t *w, char *p)
{
    bool   named = false;
    char  *word;

    for (w->argc = 0; w->argc < LINES_WORDS; ) {
        p += strspn(p, " ");

        if (*p == '\0') {
            return NULL;
        }

        if (named && strncmp(p, "--", 2) != 0) {
            break;
        }

        word = lines_word(&p);
        w->argv[w->argc++] = word;

        if (strncmp(word, "--", 2) != 0) {
            named = true;

        } else if (strchr(word, '=') == NULL && w->argc < LINES_WORDS) {
            w->argv[w->argc++] = lines_word(&p);
        }
    }

    return p;
}


static void
lines_one(call_t *c, char *line, size_t n)
{
    char    *json;
    call_t   one;

    json = lines_words(c->w, line);
    one = *c;

    if (json != NULL) {
        one.input = gw_str_make((unsigned char *) json,
                                (size_t) (line + n - json));
    }

    (void) call_one(&one);
    (void) fflush(stdout);

    c->contract = one.contract;
    c->db = one.db;
}


int
call_lines(call_t *c)
{
    char     *line = NULL, *argv[LINES_WORDS];
    size_t    size = 0;
    ssize_t   n;

    c->w->argv = argv;

    while ((n = getline(&line, &size, stdin)) > 0) {

        if (line[n - 1] == '\n') {
            line[--n] = '\0';
        }

        lines_one(c, line, (size_t) n);
        OPENSSL_cleanse(line, (size_t) n);
    }

    free(line);

    return CALL_OK;
}
