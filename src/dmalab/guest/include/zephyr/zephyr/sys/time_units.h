/* Conversions between milliseconds, microseconds, ticks and cycles. */
#ifndef ZEPHYR_INCLUDE_SYS_TIME_UNITS_H_
#define ZEPHYR_INCLUDE_SYS_TIME_UNITS_H_

#include <zephyr/types.h>

#define MSEC_PER_SEC 1000U
#define USEC_PER_MSEC 1000U
#define USEC_PER_SEC 1000000U
#define NSEC_PER_USEC 1000U
#define NSEC_PER_MSEC 1000000U
#define NSEC_PER_SEC 1000000000U
#define SEC_PER_MIN 60U
#define SYS_FOREVER_MS (-1)
#define SYS_FOREVER_US (-1)

#define DL_SCALE(name, from, to)                                                              \
	static inline uint64_t k_##name##_floor64(uint64_t t) { return t * (to) / (from); }   \
	static inline uint64_t k_##name##_ceil64(uint64_t t) { return (t * (to) + (from) - 1) / (from); } \
	static inline uint64_t k_##name##_near64(uint64_t t) { return (t * (to) + (from) / 2) / (from); } \
	static inline uint32_t k_##name##_floor32(uint32_t t) { return (uint32_t)k_##name##_floor64(t); } \
	static inline uint32_t k_##name##_ceil32(uint32_t t) { return (uint32_t)k_##name##_ceil64(t); }   \
	static inline uint32_t k_##name##_near32(uint32_t t) { return (uint32_t)k_##name##_near64(t); }
DL_SCALE(ms_to_ticks, 1000ULL, (uint64_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC)
DL_SCALE(us_to_ticks, 1000000ULL, (uint64_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC)
DL_SCALE(ticks_to_ms, (uint64_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC, 1000ULL)
DL_SCALE(ticks_to_us, (uint64_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC, 1000000ULL)
DL_SCALE(cyc_to_us, (uint64_t)CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC, 1000000ULL)
DL_SCALE(cyc_to_ns, (uint64_t)CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC, 1000000000ULL)
DL_SCALE(cyc_to_ms, (uint64_t)CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC, 1000ULL)
DL_SCALE(us_to_cyc, 1000000ULL, (uint64_t)CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC)
DL_SCALE(ms_to_cyc, 1000ULL, (uint64_t)CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC)

static inline uint32_t sys_clock_hw_cycles_per_sec(void)
{
	return CONFIG_SYS_CLOCK_HW_CYCLES_PER_SEC;
}

#endif
