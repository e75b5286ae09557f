/* Misbehaviour on demand: parsing the --fault words and counting visits. */
#include "worker/sink/fault.h"

#include <stdio.h>
#include <string.h>

static const char *const  fault_places[] = {
    "connect", "ehlo", "helo", "starttls", "auth", "mail", "rcpt", "data",
    "dot", "rset", "noop", "quit", NULL
};


static int
fault_fail(gw_buf_t *err, const char *spec, const char *why)
{
    gw_buf_fmt(err, "--fault \"%s\": %s (write AT=ACTION[,first=N][,every=N]"
               "[,to=TEXT]; ACTION is \"CODE text\", drop, drop_unstored, "
               "delay:MS or garbage)", spec, why);
    return GW_EINVAL;
}


static int
fault_parse_action(fault_t *row, gw_str_t word)
{
    long long  code;

    if (gw_str_is(word, "drop")) {
        row->action = FAULT_DROP;
        return GW_OK;
    }

    if (gw_str_is(word, "drop_unstored")) {
        row->action = FAULT_DROP_UNSTORED;
        return GW_OK;
    }

    if (gw_str_is(word, "garbage")) {
        row->action = FAULT_GARBAGE;
        return GW_OK;
    }

    if (word.len > 6 && memcmp(word.data, "delay:", 6) == 0) {
        row->action = FAULT_DELAY;
        return gw_str_int(gw_str_make(word.data + 6, word.len - 6), 0,
                          3600000, &row->ms);
    }

    if (word.len < 3
        || gw_str_int(gw_str_make(word.data, 3), 200, 599, &code) != GW_OK
        || (word.len > 3 && word.data[3] != ' '))
    {
        return GW_EINVAL;
    }

    row->action = FAULT_REPLY;
    row->code = (unsigned) code;
    snprintf(row->text, sizeof(row->text), "%.*s",
             word.len > 4 ? (int) (word.len - 4) : 4,
             word.len > 4 ? (char *) word.data + 4 : "no");
    return GW_OK;
}


static int
fault_parse_limit(fault_t *row, gw_str_t word)
{
    if (word.len > 6 && memcmp(word.data, "first=", 6) == 0) {
        return gw_str_int(gw_str_make(word.data + 6, word.len - 6), 1,
                          1000000000, &row->first);
    }

    if (word.len > 6 && memcmp(word.data, "every=", 6) == 0) {
        return gw_str_int(gw_str_make(word.data + 6, word.len - 6), 1,
                          1000000000, &row->every);
    }

    if (word.len > 3 && memcmp(word.data, "to=", 3) == 0) {
        snprintf(row->to, sizeof(row->to), "%.*s", (int) word.len - 3,
                 word.data + 3);
        return GW_OK;
    }

    return GW_EINVAL;
}


int
fault_parse(faults_t *f, const char *spec, gw_buf_t *err)
{
    int          i;
    bool         action;
    fault_t     *row;
    gw_str_t     word;
    const char  *p, *end;

    if (f->n == FAULTS_MAX) {
        return fault_fail(err, spec, "too many faults");
    }

    row = &f->row[f->n];
    memset(row, 0, sizeof(fault_t));

    p = strchr(spec, '=');
    if (p == NULL || (size_t) (p - spec) >= sizeof(row->at)) {
        return fault_fail(err, spec, "no place before \"=\"");
    }

    memcpy(row->at, spec, p - spec);
    for (i = 0; fault_places[i] != NULL; i++) {
        if (strcmp(fault_places[i], row->at) == 0) {
            break;
        }
    }

    if (fault_places[i] == NULL) {
        return fault_fail(err, spec, "unknown command before \"=\"");
    }

    action = false;
    do {
        p++;
        end = strchrnul(p, ',');
        word = gw_str_make(p, end - p);

        if (!action) {
            if (fault_parse_action(row, word) != GW_OK) {
                return fault_fail(err, spec, "unknown action");
            }
            action = true;

        } else if (fault_parse_limit(row, word) != GW_OK) {
            return fault_fail(err, spec, "unknown limit");
        }

        p = end;
    } while (*p == ',');

    f->n++;
    return GW_OK;
}


const fault_t *
fault_at(faults_t *f, const char *at, gw_str_t rcpt)
{
    fault_t   *row;
    unsigned   i;

    for (i = 0; i < f->n; i++) {
        row = &f->row[i];
        if (strcmp(row->at, at) != 0) {
            continue;
        }

        if (row->to[0] != '\0'
            && (rcpt.len == 0
                || memmem(rcpt.data, rcpt.len, row->to, strlen(row->to))
                   == NULL))
        {
            continue;
        }

        row->seen++;
        if ((row->first == 0 || row->seen <= row->first)
            && (row->every == 0 || row->seen % row->every == 0))
        {
            return row;
        }
    }

    return NULL;
}
