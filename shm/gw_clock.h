/*
 * The one clock of shm and worker. GODWIT_CLOCK never reaches the edge: nginx
 * keeps its own time.
 */
#ifndef GW_CLOCK_H
#define GW_CLOCK_H

#include <stdint.h>

#include "shm/gw_err.h"
#include "shm/gw_str.h"

#define GW_RFC3339_LEN  27      /* 2026-01-02T03:04:05.678901Z */

/*
 * Read the environment variable GODWIT_CLOCK (an RFC 3339 instant) and start
 * the process's clock there; it runs on from that instant. Unset: real time.
 * GW_EINVAL when it is not an instant.
 */
int gw_clock_init(void) GW_MUSTCHECK;

/* Microseconds since 1970-01-01T00:00Z on the (perhaps virtual) clock. */
int64_t gw_clock_us(void);

/* Monotonic milliseconds, for time-outs; never virtual. */
int64_t gw_clock_ms(void);

/* The same, but it runs on while the machine sleeps: for what others count on
   ending, such as a lease. */
int64_t gw_clock_boot_ms(void);

/* Microseconds of the processor that this thread has had. */
int64_t gw_clock_cpu_us(void);

/* Parse an RFC 3339 instant to microseconds: GW_OK or GW_EINVAL. */
int gw_clock_parse(gw_str_t s, int64_t *us) GW_MUSTCHECK;

/* Print us as RFC 3339 in UTC with microseconds; out has LEN + 1 bytes. */
void gw_clock_print(int64_t us, char out[GW_RFC3339_LEN + 1]);

#endif
