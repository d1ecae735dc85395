/* The compiler's callbacks: one before every load and store, one at every function entry and exit.
 *
 * The fast path is inline and ends in a return: charge the budget, find the window, test the line's state. Everything else goes to
 * dl_range, out of line. Aligned accesses never cross a line or a granule, so misaligned ones take the slow way as well.
 */
#include <string.h>

#include "dl_runtime.h"

struct dl_hot dl_hot;

static DL_COLD void slow(uintptr_t address, uintptr_t size, int is_store, uintptr_t place, uintptr_t fp)
{
    if (dl_hot.left < 0)
        dl_budget_spent(place, fp);
    dl_range(address, size, is_store, place, fp);
}

DL_INLINE void load(uintptr_t address, unsigned size, uintptr_t place, uintptr_t fp)
{
    dl_hot.left -= dl_hot.access_cycles;
    if (DL_RARE(dl_hot.left < 0)) {
        slow(address, size, 0, place, fp);
        return;
    }
    unsigned index = dl_window_of(address);
    if (!index)
        return;
    const struct dl_window *window = &dl_windows[index];
    uint8_t state = *(const uint8_t *)(window->lines + (address >> window->line_shift));
    if (DL_RARE((state & DL_LOAD_LOOKS) || (address & (size - 1))))
        slow(address, size, 0, place, fp);
}

DL_INLINE void store(uintptr_t address, unsigned size, uintptr_t place, uintptr_t fp)
{
    dl_hot.left -= dl_hot.access_cycles;
    if (DL_RARE(dl_hot.left < 0)) {
        slow(address, size, 1, place, fp);
        return;
    }
    unsigned index = dl_window_of(address);
    if (!index)
        return;
    const struct dl_window *window = &dl_windows[index];
    uint8_t state = *(const uint8_t *)(window->lines + (address >> window->line_shift));
    if (DL_RARE((state & DL_STORE_LOOKS) || (address & (size - 1)))) {
        slow(address, size, 1, place, fp);
        return;
    }
    /* An alias never gets here: its lines are ABSENT or looked at. */
    uintptr_t shadow = window->shadow + address;
    switch (size) {
    case 1:
        *(uint8_t *)shadow |= (uint8_t)window->mark;
        break;
    case 2:
        *(uint16_t *)shadow |= (uint16_t)window->mark;
        break;
    default:
        for (unsigned i = 0; i < size; i += 4)
            *(uint32_t *)(shadow + i) |= window->mark;
    }
    ((uint32_t *)window->places)[address >> DL_GRANULE_SHIFT] = (uint32_t)place;
}

#define CALLBACKS(size)                                                                        \
    void __tsan_read##size(void *address);                                                     \
    void __tsan_write##size(void *address);                                                    \
    void __tsan_unaligned_read##size(void *address);                                           \
    void __tsan_unaligned_write##size(void *address);                                          \
    void __tsan_read##size(void *address) { load((uintptr_t)address, size, DL_PLACE(), DL_CALLER_FP()); }   \
    void __tsan_write##size(void *address) { store((uintptr_t)address, size, DL_PLACE(), DL_CALLER_FP()); } \
    void __tsan_unaligned_read##size(void *address) { load((uintptr_t)address, size, DL_PLACE(), DL_CALLER_FP()); } \
    void __tsan_unaligned_write##size(void *address) { store((uintptr_t)address, size, DL_PLACE(), DL_CALLER_FP()); }

CALLBACKS(1)
CALLBACKS(2)
CALLBACKS(4)
CALLBACKS(8)
CALLBACKS(16)

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
    dl_charge(dl_hot.access_cycles * (int32_t)((size + 15) / 16), place, fp);
    dl_range((uintptr_t)address, size, is_store, place, fp);
}

void __tsan_read_range(void *address, uintptr_t size) { range(address, size, 0, DL_PLACE(), DL_CALLER_FP()); }
void __tsan_write_range(void *address, uintptr_t size) { range(address, size, 1, DL_PLACE(), DL_CALLER_FP()); }

void __tsan_vptr_update(void **pointer, void *value)
{
    (void)value;
    store((uintptr_t)pointer, sizeof *pointer, DL_PLACE(), DL_CALLER_FP());
}

void __tsan_vptr_read(void **pointer) { load((uintptr_t)pointer, sizeof *pointer, DL_PLACE(), DL_CALLER_FP()); }

static DL_COLD void overflow(uintptr_t stack_pointer, uintptr_t place, uintptr_t fp)
{
    const uint64_t args[] = {stack_pointer};
    dl_end(DL_STACK_OVERFLOW, 1, args, (struct dl_site){place, fp});
}

/* The firmware function has made its frame already, so a stack pointer below the limit is an overflow by it. */
void __tsan_func_entry(void *caller)
{
    (void)caller;
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (DL_RARE(here < dl_hot.stack_low))
        overflow(here, DL_PLACE(), DL_CALLER_FP());
    dl_hot.left -= dl_hot.call_cycles;
    if (DL_RARE(dl_hot.left < 0))
        dl_budget_spent(DL_PLACE(), DL_CALLER_FP());
}

/* Everything below the returning function's CFA (its frame pointer, saved frame pointer and return address) dies now. */
static DL_COLD void frame_exit(uintptr_t place, uintptr_t fp)
{
    struct dl_stack stack = dl_fiber_stack();
    uintptr_t high = fp + 2 * sizeof(void *);
    if (high <= stack.low || high > stack.high || !dl_window_of(stack.low))
        return;
    const uint64_t args[] = {stack.low, high};
    dl_ask(DL_FRAME_EXIT, 2, args, (struct dl_site){place, fp});
}

void __tsan_func_exit(void)
{
    if (DL_RARE(dl_hot.stack_claims))
        frame_exit(DL_PLACE(), DL_CALLER_FP());
}
