/* The numbers of the role mail: outcomes, what waits where, routes. */
#include "worker/mail/figures.h"

#include <string.h>

#include "worker/campaign/channel.h"
#include "worker/mail/exchangers.h"

#define FIGURES_OTHER  "other"     /* of exchangers that have no name for us */

/* In the order of item_state_t. */
static const char *const  figures_states[MAIL_STATES] = {
    "queued", "in_flight", "sent", "failed", "suppressed", "invalid",
    "not_rendered", "uncertain"
};

/* A number of a route. */
typedef struct {
    const char  *name, *help;
    int64_t    (*of)(const mail_t *m, const route_t *r);
} figures_route_t;


static void
figures_outcomes(mail_t *m)
{
    unsigned  i;

    metrics_about(&m->metrics, "godwit_mail_outcomes_total", "counter",
                  "Recipients that got an outcome; queued: tried again "
                  "later.");
    for (i = 0; i < MAIL_STATES; i++) {
        if (i != ITEM_IN_FLIGHT) {
            metrics_put(&m->metrics, "godwit_mail_outcomes_total", "state",
                        figures_states[i], m->outcomes[i]);
        }
    }
}


static void
figures_gauges(mail_t *m)
{
    size_t  i;
    const struct {
        const char  *name, *help;
        int64_t      value;
    } gauges[] = {
        { "godwit_mail_campaigns", "Campaigns in memory.", m->n_campaigns },
        { "godwit_mail_ready", "Recipients in memory that wait for their turn.",
          m->n_ready },
        { "godwit_mail_in_flight", "Recipients on their way, undecided.",
          channels_busy(m) },
        { "godwit_mail_unsettled",
          "Outcomes beyond windows that Postgres does not have yet.",
          m->n_settle },
        { "godwit_mail_database_up", "1: Postgres is reached.",
          m->db != NULL }
    };

    for (i = 0; i < sizeof(gauges) / sizeof(gauges[0]); i++) {
        metrics_about(&m->metrics, gauges[i].name, "gauge", gauges[i].help);
        metrics_put(&m->metrics, gauges[i].name, NULL, NULL, gauges[i].value);
    }
}


static int64_t
figures_connections(const mail_t *m, const route_t *r)
{
    return r->open;
}


static int64_t
figures_queued(const mail_t *m, const route_t *r)
{
    int64_t        n;
    const smtp_t  *s;

    n = 0;
    for (s = m->smtp; s != NULL; s = s->next) {
        n += s->reins == r ? s->gate.held : 0;
    }

    return n;
}


static const figures_route_t  figures_routes[] = {
    { "godwit_mail_route_connections", "Connections that are open.",
      figures_connections },
    { "godwit_mail_route_ready", "Recipients in memory that go this way.",
      figures_queued }
};


/* Those that the table of providers names one by one, all others together. */
static void
figures_route(mail_t *m, const figures_route_t *row)
{
    bool            any;
    int64_t         other;
    const route_t  *r;

    metrics_about(&m->metrics, row->name, "gauge", row->help);
    if (m->routes == NULL) {
        metrics_put(&m->metrics, row->name, "route", "smart_host",
                    row->of(m, m->smart));
        return;
    }

    any = false;
    other = 0;
    for (r = m->routes->route; r != NULL; r = r->next) {
        if (r->limits.name[0] != '\0') {
            metrics_put(&m->metrics, row->name, "route", r->limits.name,
                        row->of(m, r));
        } else {
            any = true;
            other += row->of(m, r);
        }
    }

    if (any) {
        metrics_put(&m->metrics, row->name, "route", FIGURES_OTHER, other);
    }
}


void
figures_turn(mail_t *m)
{
    size_t  i;

    if (!metrics_due(&m->metrics)) {
        return;
    }

    figures_outcomes(m);
    figures_gauges(m);
    for (i = 0; i < sizeof(figures_routes) / sizeof(figures_routes[0]); i++) {
        figures_route(m, &figures_routes[i]);
    }
    metrics_write(&m->metrics, m->w);
}
