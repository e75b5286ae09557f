/* The tables of the grammar: operators, and what is a word of it. */
#include "shm/predicate/node.h"

const predicate_verb_t  predicate_verbs[] = {
    { "set", PREDICATE_SET, PREDICATE_NOTHING, "is set", "" },
    { "is", PREDICATE_IS, PREDICATE_SCALAR, "is ", "" },
    { "in", PREDICATE_IN, PREDICATE_SCALARS, "is one of ", "" },
    { "contains", PREDICATE_CONTAINS, PREDICATE_TEXT, "contains ", "" },
    { "starts_with", PREDICATE_STARTS, PREDICATE_TEXT, "begins with ", "" },
    { "ends_with", PREDICATE_ENDS, PREDICATE_TEXT, "ends with ", "" },
    { "less", PREDICATE_LESS, PREDICATE_NUMBER, "is less than ", "" },
    { "at_most", PREDICATE_AT_MOST, PREDICATE_NUMBER, "is at most ", "" },
    { "more", PREDICATE_MORE, PREDICATE_NUMBER, "is more than ", "" },
    { "at_least", PREDICATE_AT_LEAST, PREDICATE_NUMBER, "is at least ", "" },
    { "before", PREDICATE_BEFORE, PREDICATE_TIME, "is before ", "" },
    { "since", PREDICATE_SINCE, PREDICATE_TIME, "is ", " or later" },
    { "within_last", PREDICATE_WITHIN_LAST, PREDICATE_SPAN,
      "is within the last ", "" },
    { "older_than", PREDICATE_OLDER_THAN, PREDICATE_SPAN, "is ",
      " ago or longer" },
    { "within_next", PREDICATE_WITHIN_NEXT, PREDICATE_SPAN,
      "is within the next ", "" },
    { "anniversary", PREDICATE_ANNIVERSARY, PREDICATE_DAYS,
      "has its anniversary ", "" },
    { NULL, PREDICATE_SET, PREDICATE_NOTHING, NULL, NULL }
};

const char *const  predicate_times[] = {
    "at_least", "at_most", "exactly", NULL
};


int
predicate_word(const char *const *words, gw_str_t s)
{
    int  i;

    for (i = 0; words[i] != NULL; i++) {
        if (gw_str_is(s, words[i])) {
            return i;
        }
    }

    return -1;
}


bool
predicate_field_is_time(gw_str_t name)
{
    return gw_str_is(name, "created_at") || gw_str_is(name, "updated_at");
}
