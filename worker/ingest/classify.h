/* Who was it? What the evidence of one request says, by conf.d/classes.yaml. */
#ifndef CLASSIFY_H
#define CLASSIFY_H

#include "shm/gw_buf.h"
#include "shm/gw_event.h"
#include "worker/ingest/words.h"

/* As `events.class` has them; 1 is the most human of those that are known. */
enum { CLASS_UNKNOWN, CLASS_HUMAN, CLASS_PROXY, CLASS_PREFETCH, CLASS_SCANNER,
       CLASS_BOT, CLASSES };

extern const char *const  classify_names[CLASSES];

#define CLASSIFY_RULES   64
#define CLASSIFY_NAME    32
#define CLASSIFY_AGENTS  8192

/* A network: the bits that count of an address of 16 bytes, IPv4 mapped. */
typedef struct {
    uint64_t  addr[2], mask[2];
} classify_net_t;

/* All that it asks for must be so; of a list one is enough. */
typedef struct {
    char             name[CLASSIFY_NAME];   /* the reason it gives         */
    unsigned         class;
    unsigned         kinds;             /* 1 << type of event; 0 = any     */
    unsigned         flags;             /* of GW_EVENT_; 0 = not asked     */
    bool             empty;             /* no user agent at all            */
    bool             referer;           /* one of its words                */
    classify_net_t  *net;               /* the address is in one of them   */
    unsigned         nets;
} classify_rule_t;

/* Reasons of those who see more than one event: verdict.h. */
enum { TIMED_LINKS, TIMED_DELIVERY, TIMED_BURST, TIMED };

extern const char *const  classify_timed[TIMED];

/* What makes a scanner; times are in ms. */
typedef struct {
    int  links, links_within;           /* different ones, of one person   */
    int  delivery_within;               /* a click so soon after it        */
    int  recipients, burst_within;      /* different ones, of one network  */
} classify_timing_t;

typedef struct {
    int              version;
    classify_timing_t  timing;
    classify_rule_t  rule[CLASSIFY_RULES];
    unsigned         n;
    uint64_t         agents;            /* rules that ask for a word       */
    uint64_t         others;            /* ... that none of some is there  */
    words_t          agent;             /* by rule; plus CLASSIFY_RULES:
                                           that none of some is there      */
    words_t          referer;           /* by rule                         */
} classify_rules_t;

/* A user agent seen before, by its hash. */
typedef struct {
    uint64_t  hash;
    uint64_t  may;                      /* rules that it fulfils           */
} classify_agent_t;

typedef struct {
    const classify_rules_t  *rules;     /* borrowed                        */
    uint64_t                 seed;      /* nobody can make two of one hash */
    int16_t                  id[CLASSIFY_RULES + 1];    /* of each reason, in
                                           Postgres: reasons_learn         */
    classify_agent_t         agent[CLASSIFY_AGENTS];
} classify_memo_t;

typedef struct {
    uint8_t  class;
    uint8_t  reason;                    /* number of the rule + 1; 0: none */
} classify_verdict_t;

/*
 * Read the table at path, or the program's own (NULL or empty). GW_EINVAL and
 * one sentence with file and line in err, or GW_ENOMEM.
 */
int classify_load(classify_rules_t **out, const char *path, gw_buf_t *err)
    GW_MUSTCHECK;
void classify_free(classify_rules_t *r);

/* Make an empty one; GW_ESYS: there is no randomness. */
int classify_memo(classify_memo_t *memo, const classify_rules_t *rules)
    GW_MUSTCHECK;

/*
 * Judge an event of this GW_EVENT_ type and these GW_EVENT_ flags; one that is
 * neither open nor click is unknown. The first rule that holds decides, and
 * without one it was a human.
 */
classify_verdict_t classify(classify_memo_t *memo, const gw_event_t *e,
    unsigned type, unsigned flags);

/* Was it a person? Through an image proxy one opens, and never clicks. */
bool classify_human(unsigned type, unsigned class);

/* The name of a verdict's reason; "no_rule" for none. */
const char *classify_reason(const classify_rules_t *r, unsigned reason);

#endif
