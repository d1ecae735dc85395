/* Small helpers: sizes, minima, alignment, container_of. */
#ifndef ZEPHYR_INCLUDE_SYS_UTIL_H_
#define ZEPHYR_INCLUDE_SYS_UTIL_H_

#include <zephyr/sys/util_macro.h>
#include <zephyr/toolchain.h>
#include <zephyr/types.h>

#define POINTER_TO_UINT(x) ((uintptr_t)(x))
#define UINT_TO_POINTER(x) ((void *)(uintptr_t)(x))
#define POINTER_TO_INT(x) ((intptr_t)(x))
#define INT_TO_POINTER(x) ((void *)(intptr_t)(x))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define ARRAY_INDEX(array, ptr) ((ptr) - (array))
#define ARRAY_FOR_EACH(array, idx) for (size_t idx = 0; (idx) < ARRAY_SIZE(array); ++(idx))
#define ARRAY_FOR_EACH_PTR(array, ptr) for (__typeof__(*(array)) *ptr = (array); (size_t)((ptr) - (array)) < ARRAY_SIZE(array); ++(ptr))
#define PART_OF_ARRAY(array, ptr) ((ptr) >= (array) && (ptr) < (array) + ARRAY_SIZE(array))
#define CONTAINER_OF(ptr, type, field) ((type *)(((char *)(ptr)) - offsetof(type, field)))
#define SIZEOF_FIELD(type, member) sizeof((((type *)0)->member))

#define ROUND_UP(x, align) ((((unsigned long)(x) + ((unsigned long)(align) - 1)) / (unsigned long)(align)) * (unsigned long)(align))
#define ROUND_DOWN(x, align) (((unsigned long)(x) / (unsigned long)(align)) * (unsigned long)(align))
#define WB_UP(x) ROUND_UP(x, sizeof(void *))
#define WB_DN(x) ROUND_DOWN(x, sizeof(void *))
#define IS_ALIGNED(ptr, align) (((uintptr_t)(ptr)) % (align) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ceiling_fraction(n, d) DIV_ROUND_UP(n, d)

#ifndef MAX
#define MAX(a, b) (((a) > (b)) ? (a) : (b))
#endif
#ifndef MIN
#define MIN(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef CLAMP
#define CLAMP(val, low, high) (((val) <= (low)) ? (low) : MIN(val, high))
#endif
#define IN_RANGE(val, min, max) ((val) >= (min) && (val) <= (max))
#define IS_POWER_OF_TWO(x) (((x) != 0U) && (((x) & ((x) - 1U)) == 0U))
#define KB(x) ((x) << 10)
#define MB(x) (KB(x) << 10)
#define KHZ(x) ((x) * 1000)
#define MHZ(x) (KHZ(x) * 1000)
#define IS_BIT_SET(value, bit) ((((value) >> (bit)) & (0x1)) != 0)
#define GENMASK(h, l) (((~0UL) - (1UL << (l)) + 1) & (~0UL >> (sizeof(long) * 8 - 1 - (h))))
#define FIELD_GET(mask, value) (((value) & (mask)) / ((mask) & -(mask)))
#define FIELD_PREP(mask, value) (((value) * ((mask) & -(mask))) & (mask))
#define SIGN(x) (((x) > 0) - ((x) < 0))

static inline bool is_power_of_two(unsigned int x)
{
	return IS_POWER_OF_TWO(x);
}

/* 1-based number of the highest or lowest bit set; 0 for 0. */
static inline unsigned int find_msb_set(uint32_t op)
{
	return op ? 32U - (unsigned int)__builtin_clz(op) : 0U;
}

static inline unsigned int find_lsb_set(uint32_t op)
{
	return (unsigned int)__builtin_ffs((int)op);
}

static inline void bytecpy(void *dst, const void *src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		((volatile uint8_t *)dst)[i] = ((volatile const uint8_t *)src)[i];
	}
}

#endif
