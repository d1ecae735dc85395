/* k_timeout_t and the macros that make one. */
#ifndef ZEPHYR_INCLUDE_SYS_CLOCK_H_
#define ZEPHYR_INCLUDE_SYS_CLOCK_H_

#include <zephyr/sys/time_units.h>

typedef int64_t k_ticks_t;
typedef struct {
	k_ticks_t ticks;
} k_timeout_t;

#define K_TICKS_FOREVER ((k_ticks_t)-1)
#define Z_TIMEOUT_TICKS(t) ((k_timeout_t){.ticks = (t)})
#define K_NO_WAIT Z_TIMEOUT_TICKS(0)
#define K_FOREVER Z_TIMEOUT_TICKS(K_TICKS_FOREVER)
#define K_TICKS(t) Z_TIMEOUT_TICKS(t)
#define K_MSEC(ms) Z_TIMEOUT_TICKS((k_ticks_t)k_ms_to_ticks_ceil64((uint64_t)((ms) > 0 ? (ms) : 0)))
#define K_USEC(us) Z_TIMEOUT_TICKS((k_ticks_t)k_us_to_ticks_ceil64((uint64_t)((us) > 0 ? (us) : 0)))
#define K_NSEC(ns) K_USEC(((ns) + 999) / 1000)
#define K_CYC(cyc) K_USEC(k_cyc_to_us_ceil64(cyc))
#define K_SECONDS(s) K_MSEC((s) * 1000)
#define K_MINUTES(m) K_SECONDS((m) * 60)
#define K_HOURS(h) K_MINUTES((h) * 60)
#define K_TIMEOUT_EQ(a, b) ((a).ticks == (b).ticks)

#endif
