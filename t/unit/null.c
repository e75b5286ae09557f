/* What the channel null does with its items, step by step. */
#include "t/unit/tap.h"
#include "worker/campaign/null.c"   /* NOLINT(bugprone-suspicious-include) */

static mail_t        mail;
static campaign_t    campaign = { .channel = &channel_null };
static item_t        item[NULL_ROOM + 1];
static unsigned      given, begun, dotted, decided;
static bool          safe;
static item_state_t  state;
static unsigned      code;
static bool          again;


item_t *
mail_next(mail_t *m, gate_t *gate, bool alone, gw_buf_t *out)
{
    return given <= NULL_ROOM ? &item[given++] : NULL;
}


void
mail_begun(mail_t *m, item_t *i)
{
    begun++;
}


bool
mail_may_dot(mail_t *m, const item_t *i)
{
    return safe;
}


void
mail_on_wire(mail_t *m, item_t *i)
{
    dotted++;
}


void
mail_outcome(mail_t *m, item_t *i, item_state_t became, bool retry,
    unsigned answer, const char *reply, const char *reason)
{
    decided++;
    state = became;
    again = retry;
    code = answer;
}


void
refusal_reason(const mail_t *m, unsigned stage, const reply_t *r, char mem[80])
{
    (void) snprintf(mem, 80, "refused");
}


int
texts_load(campaign_t *c, const PGresult *res, gw_buf_t *why)
{
    return GW_OK;
}


void
content_free(campaign_t *c)
{
    /* it has none */
}


int
texts_render(mail_t *m, item_t *i, json_t **made)
{
    return GW_EINVAL;
}


static void
test_order(void)
{
    unsigned  i;

    for (i = 0; i <= NULL_ROOM; i++) {
        item[i].campaign = &campaign;
        item[i].address = gw_str_of("a@example.com");
    }

    channel_null.turn(&mail);
    is_int(begun, NULL_ROOM, "as many are announced as it has room for");
    channel_null.synced(&mail);         /* others' records are, not ours */
    channel_null.turn(&mail);
    channel_null.flush(&mail);
    is_int(begun, NULL_ROOM, "and no more");
    is_int(dotted + decided, 0, "none goes before the journal has it");

    safe = true;
    channel_null.synced(&mail);
    is_int(dotted, NULL_ROOM, "then they go");
    is_int(channel_null.busy(&mail), NULL_ROOM, "and are undecided");
    is_int(decided, 0, "until the journal has that as well");
    channel_null.flush(&mail);
    is_int(decided, NULL_ROOM, "then they are answered");
    is_int(channel_null.busy(&mail), 0, "and it has none");

    channel_null.turn(&mail);
    is_int(begun, NULL_ROOM + 1, "there is room for the next");
    channel_null.synced(&mail);
    channel_null.flush(&mail);
    is_int(decided, NULL_ROOM + 1, "who is answered too");
}


static void
answers(const char *address, unsigned want, item_state_t became, bool later)
{
    item_t  i = { .campaign = &campaign };

    i.address = gw_str_of(address);
    null_verdict(&mail, &i);
    ok(code == want && state == became && again == later, "%s: %u", address,
       code);
}


int
main(void)
{
    gw_buf_init(&mail.proof, 100);
    test_order();
    answers("a@example.com", 250, ITEM_SENT, false);
    answers("a+550@example.com", 550, ITEM_FAILED, false);
    answers("a+451@example.com", 451, ITEM_QUEUED, true);
    answers("a+b+202@example.com", 202, ITEM_SENT, false);
    answers("a+000@example.com", 0, ITEM_UNCERTAIN, false);
    answers("a+55@example.com", 250, ITEM_SENT, false);
    answers("a+5x0@example.com", 250, ITEM_SENT, false);
    answers("550@example.com", 250, ITEM_SENT, false);
    answers("+550", 250, ITEM_SENT, false);
    answers("+4915100000550", 550, ITEM_FAILED, false);
    answers("+4915100001550", 250, ITEM_SENT, false);
    answers("", 250, ITEM_SENT, false);
    return done();
}
