/* The lock word of a critical section. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t owner;
    uint32_t count;
} spinlock_t;

#define SPINLOCK_FREE 0xB33FFFFFU
#define SPINLOCK_WAIT_FOREVER (-1)
#define SPINLOCK_NO_WAIT 0
#ifdef __cplusplus
#define SPINLOCK_INITIALIZER {SPINLOCK_FREE, 0}
#else
#define SPINLOCK_INITIALIZER (spinlock_t){.owner = SPINLOCK_FREE, .count = 0}
#endif

static inline void spinlock_initialize(spinlock_t *lock)
{
    lock->owner = SPINLOCK_FREE;
    lock->count = 0;
}

#ifdef __cplusplus
}
#endif
