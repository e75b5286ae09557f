/* The run of a check: applying schemas, the place, the errors, the budget. */
#include "shm/schema/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "shm/gw_utf8.h"

#define MATCH_STEP  16          /* calls inside PCRE2 that cost one step    */
#define MATCH_MORE  8           /* times as many, when they were not enough */
#define MATCH_MOST  200000      /* a few milliseconds                       */


/* as many steps of the path as the room takes */
static void
check_pointer(const schema_run_t *run, char *out, size_t size)
{
    char         number[24];
    size_t       i, n, len;
    const char  *p;

    len = 0;

    for (i = 0; i < run->path_n; i++) {
        p = run->path[i].key;

        if (p == NULL) {
            (void) snprintf(number, sizeof(number), "%zu", run->path[i].index);
            p = number;
        }

        n = len;
        out[n++] = '/';

        for ( /* void */ ; *p != '\0' && n + 3 < size; p++) {
            if (*p == '~' || *p == '/') {
                out[n++] = '~';
                out[n++] = *p == '~' ? '0' : '1';
            } else {
                out[n++] = *p;
            }
        }

        if (*p != '\0' || n + 3 >= size) {
            break;
        }

        len = n;
    }

    out[len] = '\0';
}


static void
check_note(schema_run_t *run, gw_schema_error_t *e, const char *rule,
    const char *fmt, va_list args)
{
    e->rule = rule;
    check_pointer(run, e->pointer, sizeof(e->pointer));
    (void) vsnprintf(e->message, sizeof(e->message), fmt, args);
    gw_utf8_mend(e->message, strlen(e->message));
}


bool
schema_fail(schema_run_t *run, const char *rule, const char *fmt, ...)
{
    va_list  args;

    if (schema_goes_on(run)) {
        va_start(args, fmt);
        check_note(run, &run->errors[run->n++], rule, fmt, args);
        va_end(args);
    }

    return false;
}


bool
schema_give_up(schema_run_t *run, const char *message)
{
    if (run->gave_up) {
        return false;
    }

    /* it is told even where a schema that fails is what was asked for */
    run->silent = 0;
    run->n -= run->n == run->max;
    (void) schema_fail(run, "limit", "%s", message);
    run->gave_up = true;
    return false;
}


bool
schema_charge(schema_run_t *run, size_t n)
{
    if (run->gave_up) {
        return false;
    }

    if (run->steps < n) {
        return schema_give_up(run, "takes too much work to check");
    }

    run->steps -= n;
    return true;
}


/* all rules, or in silence those up to the first that fails */
static bool
check_rules(schema_run_t *run, const gw_schema_t *node, const json_t *value)
{
    bool                  valid;
    size_t                i;
    unsigned              type;
    const schema_rule_t  *rule;

    valid = true;
    type = schema_type(value);

    for (i = 0; i < node->n; i++) {
        rule = &node->rules[i];

        if (!(rule->kw->types & type)
            || (!valid && (rule->kw->flags & KEYWORD_LATE)))
        {
            continue;
        }

        if (!rule->kw->check(run, rule, value)) {
            valid = false;
            if (!schema_goes_on(run)) {
                break;
            }
        }
    }

    return valid;
}


bool
schema_apply(schema_run_t *run, const gw_schema_t *node, const json_t *value,
    const char *via)
{
    bool    valid, track;
    size_t  mark, scope;

    if (node->state == NODE_TRUE) {
        return !run->gave_up;
    }

    if (node->state == NODE_FALSE) {
        return schema_fail(run, via, "is not allowed");
    }

    if (run->depth == SCHEMA_DEPTH) {
        return schema_give_up(run, "is nested too deep for its schema");
    }

    if (!schema_charge(run, 1)) {
        return false;
    }

    track = run->track;
    mark = run->mark;
    scope = run->scope_n;

    run->depth++;
    run->mark = run->seen_n;
    run->track |= node->unevaluated;
    if (scope == 0 || run->scope[scope - 1] != node->resource) {
        run->scope[run->scope_n++] = node->resource;
    }

    valid = check_rules(run, node, value);

    if (!valid) {
        run->seen_n = run->mark;
    }

    run->depth--;
    run->scope_n = scope;
    run->track = track;
    run->mark = mark;
    return valid;
}


bool
schema_try(schema_run_t *run, const gw_schema_t *node, const json_t *value)
{
    bool  valid;

    run->silent++;
    valid = schema_apply(run, node, value, "");
    run->silent -= run->silent > 0;
    return valid;
}


bool
schema_apply_at(schema_run_t *run, const gw_schema_t *node,
    const json_t *child, schema_step_t step, const char *via)
{
    bool    valid, track;
    size_t  seen;

    if (node->state == NODE_TRUE) {
        return !run->gave_up;
    }

    if (run->path_n == SCHEMA_DEPTH) {
        return schema_give_up(run, "is nested too deep for its schema");
    }

    track = run->track;
    seen = run->seen_n;

    run->track = false;
    run->path[run->path_n++] = step;
    valid = schema_apply(run, node, child, via);

    run->path_n--;
    run->track = track;
    run->seen_n = seen;
    return valid;
}


bool
schema_saw(schema_run_t *run, uintptr_t what)
{
    size_t      size;
    uintptr_t  *more;

    if (!run->track) {
        return true;
    }

    if (!schema_charge(run, 1)) {
        return false;
    }

    if (run->seen_n == run->seen_size) {
        size = run->seen_size > 0 ? 2 * run->seen_size : 64;
        more = realloc(run->seen, size * sizeof(more[0]));
        if (more == NULL) {
            return schema_give_up(run, "takes more memory to check than there "
                                  "is");
        }

        run->seen = more;
        run->seen_size = size;
    }

    run->seen[run->seen_n++] = what;
    return true;
}


/* What a match needs; false when there is no memory. */
static bool
check_regex(schema_run_t *run)
{
    if (run->match == NULL) {
        run->match = pcre2_match_data_create(1, NULL);
        run->limits = pcre2_match_context_copy(run->set->match);
    }

    return (run->match != NULL && run->limits != NULL)
           || schema_give_up(run, "takes more memory to check than there is");
}


/*
 * PCRE2 says only whether a match stayed within its limit, which counts from
 * anew at each place where a match may begin. So the limit begins low and is
 * raised when it is reached, and what it allows is paid before.
 */
bool
schema_match(schema_run_t *run, const pcre2_code *regex, gw_str_t text)
{
    int       rc;
    size_t    starts;
    uint32_t  limit, options;

    options = 0;
    (void) pcre2_pattern_info(regex, PCRE2_INFO_ALLOPTIONS, &options);
    starts = options & PCRE2_ANCHORED ? 1 : text.len + 1;
    limit = MATCH_STEP / MATCH_MORE;

    do {
        limit = limit < MATCH_MOST / MATCH_MORE ? limit * MATCH_MORE
                                                : MATCH_MOST;

        if (!schema_charge(run, text.len / 64 + starts * (limit / MATCH_STEP))
            || !check_regex(run))
        {
            return false;
        }

        pcre2_set_match_limit(run->limits, limit);
        rc = pcre2_match(regex, text.data, text.len, 0, 0, run->match,
                         run->limits);

    } while (rc == PCRE2_ERROR_MATCHLIMIT && limit < MATCH_MOST);

    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH) {
        return schema_give_up(run, "takes too much work to match a pattern");
    }

    return rc >= 0;
}


int
gw_schema_check(const gw_schema_t *s, const json_t *value,
    gw_schema_error_t *errors, size_t max, size_t *n)
{
    bool          valid;
    schema_run_t  run;

    /* not the arrays at its end, of which only the used part is read */
    memset(&run, 0, offsetof(schema_run_t, path));
    run.errors = errors;
    run.max = max;
    run.steps = SCHEMA_STEPS;
    run.set = s->set;

    valid = schema_apply(&run, s, value, "false") && !run.gave_up;

    pcre2_match_data_free(run.match);
    pcre2_match_context_free(run.limits);
    free(run.seen);
    *n = run.n;
    return valid ? GW_OK : GW_EINVAL;
}
