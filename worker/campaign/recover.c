/*
 * After a crash: what the journal of this host's earlier life says of its
 * recipients, settled in Postgres before anything is sent.
 *
 * Crash points: during_recovery.
 */
#include "worker/campaign/channel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"
#include "worker/backup/restored.h"
#include "worker/campaign/columns.h"
#include "worker/mail/refusal.h"
#include "worker/receive/rules.h"


/* What the journal says of a recipient: the last D, its T and A, if any. */
typedef struct {
    journal_record_t  d, a;
    bool              dotted, answered;
} ledger_word_t;

typedef struct {
    ledger_word_t  *word;
    size_t          n, cap, slots;
    size_t         *slot;       /* index + 1, by key */
    bool            hole;       /* not all that was written can be read */
} ledger_words_t;


static uint64_t
ledger_hash(const journal_key_t *k)
{
    uint64_t  x;

    x = k->contact * 0x9e3779b97f4a7c15 ^ ((uint64_t) k->tenant << 32
                                           | k->campaign);
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    return x ^ x >> 29;
}


static int
ledger_words_grow(ledger_words_t *l)
{
    size_t          i, at, cap;
    size_t         *slot;
    ledger_word_t  *word;

    cap = l->cap > 0 ? l->cap * 2 : 1024;
    word = realloc(l->word, cap * sizeof(ledger_word_t));
    if (word == NULL) {
        return GW_ENOMEM;
    }
    l->word = word;

    slot = calloc(cap * 2, sizeof(size_t));
    if (slot == NULL) {
        return GW_ENOMEM;
    }

    l->cap = cap;
    free(l->slot);
    l->slot = slot;
    l->slots = cap * 2;

    for (i = 0; i < l->n; i++) {
        at = ledger_hash(&word[i].d.key);
        while (slot[at &= l->slots - 1] != 0) {
            at++;
        }
        slot[at] = i + 1;
    }

    return GW_OK;
}


static int
ledger_word(void *arg, const journal_record_t *r)
{
    size_t           at;
    ledger_word_t   *w;
    ledger_words_t  *l = arg;

    if (r->kind == JOURNAL_B) {
        return GW_OK;
    }

    if (l->n == l->cap && ledger_words_grow(l) != GW_OK) {
        return GW_ENOMEM;
    }

    at = ledger_hash(&r->key);
    while (l->slot[at &= l->slots - 1] != 0) {
        w = &l->word[l->slot[at] - 1];
        if (memcmp(&w->d.key, &r->key, sizeof(r->key)) == 0) {
            break;
        }
        at++;
    }

    if (l->slot[at] == 0) {
        if (r->kind != JOURNAL_D) {
            return GW_OK;       /* its D's file is gone: it is settled */
        }
        l->slot[at] = ++l->n;
        memset(&l->word[l->n - 1], 0, sizeof(ledger_word_t));
    }

    w = &l->word[l->slot[at] - 1];
    if (r->kind == JOURNAL_D) {
        w->d = *r;
        w->dotted = w->answered = false;
    } else if (r->kind == JOURNAL_T) {
        w->dotted = true;
    } else {
        w->a = *r;
        w->answered = true;
    }

    return GW_OK;
}


static int
ledger_hole(void *arg, uint32_t file, uint64_t offset, uint64_t bytes)
{
    ledger_words_t  *l = arg;

    l->hole = true;
    log_error("mail: journal/%08x.log is damaged: %llu bytes from byte %llu on "
              "hold no record; who may have been sent to is uncertain now",
              file, (unsigned long long) bytes, (unsigned long long) offset);
    return GW_OK;
}


/* Did this attempt get a verdict? It was not only taken back. */
static bool
ledger_word_judged(const ledger_word_t *w)
{
    return w->answered && w->a.attempt == w->d.attempt;
}


/*
 * 2xx sent, 5xx failed; 4xx: it may be sent again. No answer is uncertain,
 * unless the dot cannot have left: then there would be a T, had the machine
 * not gone down. With a hole the T, or a later D, may have been in that.
 */
static item_state_t
ledger_word_state(const ledger_word_t *w, bool hole)
{
    if (!w->answered || (hole && !ledger_word_judged(w))) {
        return w->dotted || !w->d.here || hole ? ITEM_UNCERTAIN : ITEM_QUEUED;
    }

    return w->a.code / 100 == 2 ? ITEM_SENT
           : w->a.code / 100 == 5 ? ITEM_FAILED : ITEM_QUEUED;
}


/* As if nobody had been killed; mem is of the caller. */
static const char *
ledger_word_reason(const mail_t *m, const ledger_word_t *w,
    item_state_t state, char mem[80])
{
    reply_t  r;

    if (state == ITEM_UNCERTAIN) {
        return w->dotted && !w->answered
               ? w->d.stage == JOURNAL_NO_MAIL
                 ? "the sender was killed between the request and its answer"
                 : "the sender was killed between the final dot and its reply"
               : w->d.here ? "the journal of its host is damaged"
               : "the machine went down while it was being sent";
    }

    if (state != ITEM_FAILED) {
        return "";
    }

    if (w->d.stage == JOURNAL_NO_MAIL) {
        (void) snprintf(mem, 80, CHANNEL_REFUSED, w->a.reply);
        return mem;
    }

    r.code = w->a.code;
    r.len = w->a.reply_len;
    memcpy(r.text, w->a.reply, r.len);
    r.text[r.len] = '\0';
    refusal_reason(m, w->a.stage != 0 ? w->a.stage
                   : w->dotted ? RULES_DATA : RULES_ANY, &r, mem);
    return mem;
}


static void
ledger_word_row(const mail_t *m, columns_t *c, const ledger_word_t *w,
    bool hole)
{
    bool          judged;
    char          reason[80];
    int64_t       due;
    retries_t     retries;
    item_state_t  state;

    retries = ledger_retries(m, w->d.stage != JOURNAL_NO_MAIL,
                             w->d.key.campaign == JOURNAL_MESSAGE);
    judged = ledger_word_judged(w);
    state = ledger_word_state(w, hole);
    columns_number(c, w->d.key.tenant);
    columns_number(c, w->d.key.campaign);
    columns_number(c, (int64_t) w->d.key.contact);
    columns_number(c, state);
    columns_number(c, judged || state == ITEM_UNCERTAIN
                      ? w->d.attempt : w->d.attempt - 1);
    if (w->answered && w->a.code > 0) {
        columns_number(c, w->a.code);
    } else {
        columns_null(c);
    }
    columns_time(c, w->answered ? w->a.at_us : w->d.at_us);
    columns_text(c, ledger_word_reason(m, w, state, reason));
    columns_text(c, w->answered ? w->a.reply : "");
    due = judged ? ledger_due(&retries, w->d.key.contact, w->d.attempt,
                              w->a.at_us, w->a.at_us) : w->d.at_us;
    columns_time(c, due > 0 ? due : w->d.at_us);
    columns_null(c);            /* no journal has it */
    columns_end(c);
}


/* All of it is settled; what was damaged is kept for whoever looks into it. */
static void
ledger_forget(const mail_t *m, const ledger_words_t *words)
{
    if (journal_forget(&m->w->conf, journal_current(m->journal), words->hole)
        != GW_OK)
    {
        log_error("mail: a settled file of the journal cannot be %s: %s",
                  words->hole ? "moved to journal/quarantine" : "removed",
                  strerror(errno));
    }

    if (words->n > 0) {
        log_info("mail: the journal of an earlier life settled %zu recipients",
                 words->n);
    }
}


/*
 * What a backup has of a journal ends where that was taken: who was sent to
 * since stands in none of it.
 */
static void
ledger_restored(const mail_t *m, ledger_words_t *words, char path[512])
{
    if (gw_conf_path(&m->w->conf, RESTORED_MARK, path, 512) == GW_OK
        && access(path, F_OK) == 0)
    {
        log_warn("mail: the journal comes from a backup; who may have been "
                 "sent to since is uncertain now");
        words->hole = true;
        return;
    }

    *path = '\0';
}


static int
ledger_store(mail_t *m, const ledger_words_t *words)
{
    int        rc;
    char       host[16], now[32];
    size_t     i;
    PGresult  *res;
    columns_t  columns;

    columns_init(&columns, LEDGER_WORDS);
    for (i = 0; i < words->n; i++) {
        ledger_word_row(m, &columns, &words->word[i], words->hole);
    }

    (void) snprintf(host, sizeof(host), "%d", m->host);
    gw_clock_print(gw_clock_us(), now);
    rc = columns_run(m->db, &Q_MAIL_RECOVER, &columns,
                     (const char *[]) { host, now, words->hole ? "t" : "f" },
                     3, &res);
    PQclear(res);
    return rc;
}


int
ledger_recover(mail_t *m)
{
    int               rc;
    char              restored[512];
    ledger_words_t    words;
    journal_reader_t  reader = { ledger_word, ledger_hole, &words, 0 };

    memset(&words, 0, sizeof(words));
    rc = journal_replay(&m->w->conf, journal_current(m->journal), &reader);
    worker_crash_point("during_recovery");

    if (reader.failed != 0 && !m->said_away) {
        log_error("mail: journal/%08x.log cannot be read (%s): nothing is sent "
                  "until it can", reader.failed, rc == GW_ESYS
                  ? strerror(errno) : gw_strerror(rc));
        m->said_away = true;
    }

    ledger_restored(m, &words, restored);
    rc = rc == GW_OK ? ledger_store(m, &words) : rc;
    if (rc == GW_OK) {
        ledger_forget(m, &words);
        (void) (*restored != '\0' && unlink(restored) == 0);
    }

    free(words.word);
    free(words.slot);
    return rc;
}
