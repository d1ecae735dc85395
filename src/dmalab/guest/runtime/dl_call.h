/* DL_CALL(name, args...): ask the machine to do the API call `name`. For the API's stub files.
 *
 *     esp_err_t esp_cache_msync(void *address, size_t size, int flags)
 *     {
 *         return (esp_err_t)DL_CALL(esp_cache_msync, address, size, flags);
 *     }
 *
 * Up to 10 arguments, each a scalar of at most 8 bytes: integers, pointers, enums, floats. They travel as their bit pattern,
 * zero-extended to 64 bits (an int of -1 arrives as 0xffffffff); the call table knows the types. The result is a uint64_t;
 * a pointer comes back as (void *)(uintptr_t)DL_CALL(...).
 *
 * The caller's return addresses are recorded by frame pointer, beginning with the first one that lies in firmware: so a stub
 * may use helper functions of its own. Anything may happen before the call returns: other tasks run, interrupts run.
 */
#ifndef DL_CALL_H
#define DL_CALL_H

#include <stdint.h>

#include "dl_calls.h" /* generated: #define DL_CALL_NUMBER_<name> N */

uint64_t dl_call(uint32_t number, uint32_t nargs, const uint64_t *args);

/* Whether the address lies in the chip's memory (or an alias of it), and not in the host's. */
int dl_in_chip(const void *address);

#define DL_CALL(name, ...) DL_CALL_NUMBER(DL_CALL_NUMBER_##name __VA_OPT__(, ) __VA_ARGS__)

#define DL_CALL_NUMBER(number, ...) \
    dl_call((number), DL_COUNT(__VA_ARGS__), (const uint64_t[11]){DL_EACH(__VA_ARGS__)})

#define DL_WORD(x)                                                   \
    ({                                                               \
        __auto_type dl_value = (x);                                  \
        uint64_t dl_word = 0;                                        \
        _Static_assert(sizeof dl_value <= sizeof dl_word, "scalar"); \
        __builtin_memcpy(&dl_word, &dl_value, sizeof dl_value);      \
        dl_word;                                                     \
    })

#define DL_COUNT(...) DL_COUNT_(0 __VA_OPT__(, ) __VA_ARGS__, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define DL_COUNT_(zero, a, b, c, d, e, f, g, h, i, j, n, ...) n

#define DL_EACH(...) DL_EACH_(DL_COUNT(__VA_ARGS__))(__VA_ARGS__)
#define DL_EACH_(n) DL_EACH__(n)
#define DL_EACH__(n) DL_EACH_##n
#define DL_EACH_0() 0
#define DL_EACH_1(a) DL_WORD(a)
#define DL_EACH_2(a, ...) DL_WORD(a), DL_EACH_1(__VA_ARGS__)
#define DL_EACH_3(a, ...) DL_WORD(a), DL_EACH_2(__VA_ARGS__)
#define DL_EACH_4(a, ...) DL_WORD(a), DL_EACH_3(__VA_ARGS__)
#define DL_EACH_5(a, ...) DL_WORD(a), DL_EACH_4(__VA_ARGS__)
#define DL_EACH_6(a, ...) DL_WORD(a), DL_EACH_5(__VA_ARGS__)
#define DL_EACH_7(a, ...) DL_WORD(a), DL_EACH_6(__VA_ARGS__)
#define DL_EACH_8(a, ...) DL_WORD(a), DL_EACH_7(__VA_ARGS__)
#define DL_EACH_9(a, ...) DL_WORD(a), DL_EACH_8(__VA_ARGS__)
#define DL_EACH_10(a, ...) DL_WORD(a), DL_EACH_9(__VA_ARGS__)

#endif
