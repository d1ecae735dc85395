/* Atomic operations. One thread runs at a time and switches happen only inside callbacks, so plain accesses are atomic enough;
 * what matters is that each is judged as a load, a store, or both.
 */
#include "dl_runtime.h"

static void judge(volatile void *address, unsigned size, int loads, int stores, uintptr_t place, uintptr_t fp)
{
    dl_charge(DL_ACCESS_CYCLES, place, fp);
    if (loads)
        dl_range((uintptr_t)address, size, 0, place, fp);
    if (stores)
        dl_range((uintptr_t)address, size, 1, place, fp);
}

#define JUDGE(loads, stores) judge(a, sizeof *a, loads, stores, DL_PLACE(), DL_CALLER_FP())

#define FETCH(bits, name, expression)                                            \
    uint##bits##_t __tsan_atomic##bits##_fetch_##name(volatile uint##bits##_t *a, uint##bits##_t v, int order); \
    uint##bits##_t __tsan_atomic##bits##_fetch_##name(volatile uint##bits##_t *a, uint##bits##_t v, int order)  \
    {                                                                            \
        (void)order;                                                             \
        JUDGE(1, 1);                                                             \
        uint##bits##_t old = *a;                                                 \
        *a = (uint##bits##_t)(expression);                                       \
        return old;                                                              \
    }

#define COMPARE(bits, name)                                                      \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile uint##bits##_t *a, uint##bits##_t *expected, \
                                                      uint##bits##_t v, int success, int failure); \
    int __tsan_atomic##bits##_compare_exchange_##name(volatile uint##bits##_t *a, uint##bits##_t *expected, \
                                                      uint##bits##_t v, int success, int failure) \
    {                                                                            \
        (void)success, (void)failure;                                            \
        /* Judged before the comparison: a judgement may let an interrupt in. */ \
        JUDGE(1, 0);                                                             \
        if (*a == *expected) {                                                   \
            JUDGE(0, 1);                                                         \
            if (*a == *expected) {                                               \
                *a = v;                                                          \
                return 1;                                                        \
            }                                                                    \
        }                                                                        \
        *expected = *a;                                                          \
        return 0;                                                                \
    }

#define ATOMICS(bits)                                                            \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *a, int order); \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *a, int order)  \
    {                                                                            \
        (void)order;                                                             \
        judge((volatile void *)(uintptr_t)a, sizeof *a, 1, 0, DL_PLACE(), DL_CALLER_FP()); \
        return *a;                                                               \
    }                                                                            \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *a, uint##bits##_t v, int order); \
    void __tsan_atomic##bits##_store(volatile uint##bits##_t *a, uint##bits##_t v, int order)  \
    {                                                                            \
        (void)order;                                                             \
        JUDGE(0, 1);                                                             \
        *a = v;                                                                  \
    }                                                                            \
    uint##bits##_t __tsan_atomic##bits##_exchange(volatile uint##bits##_t *a, uint##bits##_t v, int order); \
    uint##bits##_t __tsan_atomic##bits##_exchange(volatile uint##bits##_t *a, uint##bits##_t v, int order)  \
    {                                                                            \
        (void)order;                                                             \
        JUDGE(1, 1);                                                             \
        uint##bits##_t old = *a;                                                 \
        *a = v;                                                                  \
        return old;                                                              \
    }                                                                            \
    FETCH(bits, add, old + v)                                                    \
    FETCH(bits, sub, old - v)                                                    \
    FETCH(bits, and, old & v)                                                    \
    FETCH(bits, or, old | v)                                                     \
    FETCH(bits, xor, old ^ v)                                                    \
    FETCH(bits, nand, ~(old & v))                                                \
    COMPARE(bits, strong)                                                        \
    COMPARE(bits, weak)                                                          \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(volatile uint##bits##_t *a, uint##bits##_t expected, \
                                                              uint##bits##_t v, int success, int failure); \
    uint##bits##_t __tsan_atomic##bits##_compare_exchange_val(volatile uint##bits##_t *a, uint##bits##_t expected, \
                                                              uint##bits##_t v, int success, int failure) \
    {                                                                            \
        (void)success, (void)failure;                                            \
        JUDGE(1, 1);                                                             \
        uint##bits##_t old = *a;                                                 \
        if (old == expected)                                                     \
            *a = v;                                                              \
        return old;                                                              \
    }

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)
#ifdef __SIZEOF_INT128__
typedef unsigned __int128 uint128_t;
ATOMICS(128)
#endif

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_thread_fence(int order) { (void)order; }
void __tsan_atomic_signal_fence(int order) { (void)order; }
