/* Who sends mail goes first: an import beside campaigns rests. */
#include "worker/import/run.h"

#include <poll.h>

#include "queries.gen.h"
#include "shm/gw_clock.h"

#define PACE_REST     3         /* times as long as it has worked            */
#define PACE_MOST_MS  2000      /* a batch is not waited for longer          */
#define PACE_SEEN_US  2000000   /* since when a campaign has gone on         */


/* Do campaigns go out: of any workspace, fast? */
static bool
pace_sending(import_t *i)
{
    bool       sending;
    char       seen[GW_RFC3339_LEN + 1];
    PGresult  *res;

    gw_clock_print(gw_clock_us() - PACE_SEEN_US, seen);
    if (import_run(i, &Q_IMPORT_SENDING, &(db_args_t) { { seen }, 1 }, &res)
        != IMPORT_OK)
    {
        gw_buf_reset(&i->why);          /* the next batch says it */
        return false;
    }

    sending = PQgetvalue(res, 0, 0)[0] == 't';
    PQclear(res);
    return sending;
}


void
import_pace(import_t *i)
{
    int64_t  ms;

    ms = (gw_clock_ms() - i->since) * PACE_REST;
    if (ms > 0 && pace_sending(i)) {
        (void) poll(NULL, 0, (int) (ms < PACE_MOST_MS ? ms : PACE_MOST_MS));
    }

    i->since = gw_clock_ms();
}
