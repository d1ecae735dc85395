/* For the stub files zephyr_*.c: each function there has the name, the types and the results of Zephyr's, asks the machine by DL_CALL, and
 * unpacks the answer (rows in guest/zephyr_calls.py).
 *
 * The stubs are not instrumented. What the real kernel or driver would load or store in the firmware's memory is declared by hand, with SEES
 * and STORE, in the API function itself: the firmware's place is found from its frame.
 */
#ifndef ZEPHYR_STUB_H
#define ZEPHYR_STUB_H

#include <stddef.h>
#include <stdint.h>

#include "dl_call.h"
#include "dl_runtime.h"

#define SEES(address, size) dl_range((uintptr_t)(address), (size), 0, DL_PLACE(), DL_CALLER_FP())

#define STORE(pointer, value)                                                                       \
    do {                                                                                            \
        __auto_type stored_to_ = (pointer);                                                         \
        __auto_type stored_ = (value); /* before the store is announced: it may ask the machine */  \
        dl_range((uintptr_t)stored_to_, sizeof *stored_to_, 1, DL_PLACE(), DL_CALLER_FP());         \
        *stored_to_ = stored_;                                                                      \
    } while (0)

#define LOW(answer) ((int32_t)(uint32_t)(answer))
#define HIGH(answer) ((uint32_t)((answer) >> 32))
#define TICKS(timeout) ((uint64_t)(timeout).ticks)

/* Puts a text where the machine finds it with the next call; formatted on the host stack. */
void dl_zephyr_text(const char *format, va_list *args) DL_HIDDEN;
void dl_zephyr_say(const char *format, ...) DL_HIDDEN;

/* --- between the stub files --- */

struct k_pipe;
void dl_zephyr_need_pipe(struct k_pipe *pipe) DL_HIDDEN;

struct device;
extern const struct device dl_zephyr_dma0;
int dl_zephyr_has_tests(void) DL_HIDDEN;
void dl_zephyr_run_tests(void) DL_HIDDEN;

/* How the machine calls a dma_callback_t: `packed` is the channel, shifted left by 16, and the low half of the status. */
void dl_zephyr_dma_callback(uintptr_t function, uintptr_t user_data, uintptr_t packed) DL_HIDDEN;
/* The same in a thread; the words are asked for by the number that is the argument. */
void dl_zephyr_dma_callback_in_thread(uintptr_t number) DL_HIDDEN;

/* Bounds of a list of pointers that the linker made of all files; NULL when nobody added one. */
#define LIST(type, name)                                                                      \
    extern const type *const __start_##name[] __attribute__((weak));                         \
    extern const type *const __stop_##name[] __attribute__((weak))

#endif
