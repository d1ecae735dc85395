/* The compiler's callbacks: one before every load and store, one at every function entry and exit.
 *
 * The fast path is inline and ends in a return: charge the budget, find the window, test the line's state. Everything else goes to
 * dl_range, out of line. Aligned accesses never cross a line or a granule, so misaligned ones take the slow way as well.
 *
 * This file alone is compiled without frame pointers: saving and restoring registers would double the cost of a fast path. The frame
 * pointer register then still holds the firmware's, and the compiler is told to leave it alone.
 */
#include "dl_runtime.h"

#if defined(__clang__)
#define FP() DL_CALLER_FP() /* clang reserves no general registers; it keeps the frame pointer instead */
#elif defined(__i386__)
register uintptr_t firmware_fp __asm__("ebp");
#define FP() firmware_fp
#elif defined(__x86_64__)
register uintptr_t firmware_fp __asm__("rbp");
#define FP() firmware_fp
#elif defined(__aarch64__)
register uintptr_t firmware_fp __asm__("x29");
#define FP() firmware_fp
#endif

struct dl_hot dl_hot;

static DL_COLD void slow(uintptr_t address, uintptr_t size, int is_store, uintptr_t place, uintptr_t fp)
{
    if (dl_hot.left < 0)
        dl_budget_spent(place, fp);
    dl_range(address, size, is_store, place, fp);
}

/* The slow path of a callback has the callback's own signature and is its tail call. So it finds the same argument and the same return
 * address where the callback had them, and the fast path needn't keep either. */
#define SLOW(name, size, is_store) \
    static DL_COLD void name(uintptr_t address) { slow(address, size, is_store, DL_PLACE(), FP()); }

DL_INLINE int is_quiet(const struct dl_window *window, uintptr_t address, unsigned size, unsigned looks)
{
    return !(*(const uint8_t *)(window->lines + (address >> DL_SHIFT_OF(window))) & looks) && !(address & (size - 1));
}

#define LOAD(slow_path, address, size)                               \
    do {                                                             \
        if (DL_RARE((dl_hot.left -= DL_ACCESS_CYCLES) < 0))          \
            return slow_path(address);                               \
        unsigned index_ = dl_window_of(address);                     \
        if (index_ && DL_RARE(!is_quiet(&dl_windows[index_], address, size, DL_LOAD_LOOKS))) \
            return slow_path(address);                               \
    } while (0)

/* No W_ bit is set, so the bytes' shadow is CPU_NEWER, FRESH or nothing: it can be overwritten. In an uncached region nobody
 * will ask who stored last. An alias never gets past the test, see dl_memory.c. */
#define STORE(slow_path, address, size, shadow_type, repeat)         \
    do {                                                             \
        if (DL_RARE((dl_hot.left -= DL_ACCESS_CYCLES) < 0))          \
            return slow_path(address);                               \
        const struct dl_window *window_ = &dl_windows[dl_window_of(address)]; \
        if (window_ == dl_windows)                                   \
            return;                                                  \
        if (DL_RARE(!is_quiet(window_, address, size, DL_STORE_LOOKS))) \
            return slow_path(address);                               \
        if (!window_->mark)                                          \
            return;                                                  \
        for (int i_ = 0; i_ < (repeat); i_++)                        \
            ((shadow_type *)(window_->shadow + (address)))[i_] = (shadow_type)window_->mark; \
        ((uint32_t *)window_->places)[(address) >> DL_GRANULE_SHIFT] = (uint32_t)DL_PLACE(); \
    } while (0)

#define CALLBACKS(size, shadow_type, repeat)                                                           \
    SLOW(slow_read##size, size, 0)                                                                     \
    SLOW(slow_write##size, size, 1)                                                                    \
    void __tsan_read##size(uintptr_t address);                                                         \
    void __tsan_write##size(uintptr_t address);                                                        \
    void __tsan_unaligned_read##size(uintptr_t address) __attribute__((alias("__tsan_read" #size)));   \
    void __tsan_unaligned_write##size(uintptr_t address) __attribute__((alias("__tsan_write" #size))); \
    void __tsan_read##size(uintptr_t address) { LOAD(slow_read##size, address, size); }                \
    void __tsan_write##size(uintptr_t address) { STORE(slow_write##size, address, size, shadow_type, repeat); }

CALLBACKS(1, uint8_t, 1)
CALLBACKS(2, uint16_t, 1)
CALLBACKS(4, uint32_t, 1)
CALLBACKS(8, uint32_t, 2)
CALLBACKS(16, uint32_t, 4)

/* --- ways out of code that looks for itself ---
 *
 * Firmware for x86 has the fast path of the above compiled in, see inlining.py, and comes here for what is not quiet. It has paid for
 * the access, and jumps: the return address is the one that a callback would have.
 */
#if defined(__i386__)
#define BY_REGISTER __attribute__((regparm(2)))
#else
#define BY_REGISTER
#endif
BY_REGISTER void dl_look_load(uintptr_t address, uintptr_t size) DL_HIDDEN;
BY_REGISTER void dl_look_store(uintptr_t address, uintptr_t size) DL_HIDDEN;

BY_REGISTER void dl_look_load(uintptr_t address, uintptr_t size) { slow(address, size, 0, DL_PLACE(), FP()); }
BY_REGISTER void dl_look_store(uintptr_t address, uintptr_t size) { slow(address, size, 1, DL_PLACE(), FP()); }

/* --- the other callbacks --- */

void __tsan_init(void);
void __tsan_read_range(void *address, uintptr_t size);
void __tsan_write_range(void *address, uintptr_t size);
void __tsan_vptr_update(void **pointer, void *value);
void __tsan_vptr_read(void **pointer);
void __tsan_func_entry(void *caller);
void __tsan_func_exit(void);

void __tsan_init(void) {}

/* Struct copies and the like. One access per 16 bytes is what the core would need. */
static void range(void *address, uintptr_t size, int is_store, uintptr_t place, uintptr_t fp)
{
    dl_charge(DL_ACCESS_CYCLES * (int32_t)((size + 15) / 16), place, fp);
    dl_range((uintptr_t)address, size, is_store, place, fp);
}

void __tsan_read_range(void *address, uintptr_t size) { range(address, size, 0, DL_PLACE(), FP()); }
void __tsan_write_range(void *address, uintptr_t size) { range(address, size, 1, DL_PLACE(), FP()); }

/* The hidden pointer of a C++ object. Rare enough for the slow way. */
void __tsan_vptr_update(void **pointer, void *value)
{
    (void)value;
    range(pointer, sizeof *pointer, 1, DL_PLACE(), FP());
}

void __tsan_vptr_read(void **pointer) { range(pointer, sizeof *pointer, 0, DL_PLACE(), FP()); }

static DL_COLD void overflow(uintptr_t stack_pointer, uintptr_t place, uintptr_t fp)
{
    const uint64_t args[] = {stack_pointer};
    dl_end(DL_STACK_OVERFLOW, 1, args, (struct dl_site){place, fp});
}

/* The firmware function has made its frame already, so a stack pointer below the limit is an overflow by it. */
void __tsan_func_entry(void *caller)
{
    (void)caller;
    char here_we_are;
    uintptr_t here = (uintptr_t)&here_we_are;
    if (DL_RARE(here < dl_hot.stack_low))
        overflow(here, DL_PLACE(), FP());
    if (DL_RARE((dl_hot.left -= DL_CALL_CYCLES) < 0))
        dl_budget_spent(DL_PLACE(), FP());
}

/* Everything below the returning function's CFA (its frame pointer, saved frame pointer and return address) dies now. */
static DL_COLD void frame_exit(uintptr_t place, uintptr_t fp) { dl_leave_frames(fp + 2 * sizeof(void *), place, fp); }

void __tsan_func_exit(void)
{
    if (DL_RARE(dl_hot.stack_claims))
        frame_exit(DL_PLACE(), FP());
}
