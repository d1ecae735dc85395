/* What the runtime's files share. Not for stub files: those include dl_call.h.
 *
 * Words: *place* is a firmware code address, recorded as the author of a store. *fp* is the frame pointer of the firmware
 * function that called into the runtime; backtraces start there. Exactly one thread exists, and while the machine has the turn
 * it waits: nothing here needs a lock.
 */
#ifndef DL_RUNTIME_H
#define DL_RUNTIME_H

#include <stdarg.h>

#include "dl_shared.h"

#define DL_HIDDEN __attribute__((visibility("hidden")))
#define DL_INLINE static inline __attribute__((always_inline))
#define DL_COLD __attribute__((noinline, cold))
#define DL_RARE(condition) __builtin_expect(!!(condition), 0)

/* The return address of the current function, and the frame pointer of its caller. The runtime is compiled with frame pointers,
 * so the word at our own frame address is the caller's. Macros, because they must name the function they stand in. */
#define DL_PLACE() ((uintptr_t)__builtin_return_address(0))
#define DL_CALLER_FP() (*(uintptr_t *)__builtin_frame_address(0))

/* --- libc ---
 *
 * --wrap redirects the runtime's own calls too. They must reach libc: nothing of theirs is the firmware's doing.
 */
void *__real_memcpy(void *to, const void *from, size_t size);
void *__real_memmove(void *to, const void *from, size_t size);
void *__real_memset(void *to, int byte, size_t size);
size_t __real_strlen(const char *text);
size_t __real_strspn(const char *text, const char *set);
int __real_strncmp(const char *a, const char *b, size_t size);
int __real_snprintf(char *to, size_t size, const char *format, ...);
void __real__exit(int status) __attribute__((noreturn));
long __real_write(int file, const void *bytes, size_t size);
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
#define memcpy(...) __real_memcpy(__VA_ARGS__)
#define memmove(...) __real_memmove(__VA_ARGS__)
#define memset(...) __real_memset(__VA_ARGS__)
#define strlen(...) __real_strlen(__VA_ARGS__)
#define strspn(...) __real_strspn(__VA_ARGS__)
#define strncmp(...) __real_strncmp(__VA_ARGS__)
#define snprintf(...) __real_snprintf(__VA_ARGS__)
#define _exit(...) __real__exit(__VA_ARGS__)
#define write(...) __real_write(__VA_ARGS__)

/* --- the arena --- */

extern struct dl_control *dl_control DL_HIDDEN;

/* One stretch of addresses as the callbacks see it. The plane pointers are biased, so that they are indexed by address:
 * lines[address >> line_shift], shadow[address], places[address >> 4]. */
struct __attribute__((aligned(32))) dl_window {
    uintptr_t lines;
    uintptr_t shadow;
    uintptr_t places;
    uint32_t line_shift;
    uint32_t mark; /* CPU_NEWER in every byte for cached regions, else 0 */
    uint8_t is_alias;
    uint8_t region; /* index into dl_control->regions */
};

enum { DL_WINDOWS = 1 + 2 * DL_REGIONS };
extern struct dl_window dl_windows[DL_WINDOWS] DL_HIDDEN;

/* Who filled and who dirtied each line, by region; indexed by line from the region's base. */
extern struct dl_provenance *dl_filled[DL_REGIONS] DL_HIDDEN;
extern struct dl_provenance *dl_dirtied[DL_REGIONS] DL_HIDDEN;

/* Window of each 4 KiB page of the 32-bit address space; 0 is host memory. */
extern uint8_t dl_pages[1u << (32 - DL_PAGE_SHIFT)] DL_HIDDEN;

/* What an access and a function entry cost: facts of the chip, compiled in, because the fast paths are shorter that way. */
#ifndef DL_ACCESS_CYCLES
#define DL_ACCESS_CYCLES 1
#endif
#ifndef DL_CALL_CYCLES
#define DL_CALL_CYCLES 1
#endif

/* Lines of one size everywhere need no look at the window; regions must agree then, see dl_memory.c. */
#ifdef DL_LINE_SHIFT
#define DL_SHIFT_OF(window) ((uint32_t)DL_LINE_SHIFT)
#else
#define DL_SHIFT_OF(window) ((window)->line_shift)
#endif

/* What the fast paths touch, together. */
struct dl_hot {
    int32_t left;  /* cycles left in the current slice of the budget */
    int32_t slice; /* what `left` was when it began */
    uint32_t stack_claims;
    uintptr_t stack_low;
};
extern struct dl_hot dl_hot DL_HIDDEN;

DL_INLINE unsigned dl_window_of(uintptr_t address)
{
#if UINTPTR_MAX > UINT32_MAX
    if (DL_RARE(address >> 32))
        return 0;
#endif
    return dl_pages[address >> DL_PAGE_SHIFT];
}

void dl_memory_map(int arena, uintptr_t headers, unsigned header_count) DL_HIDDEN;
void dl_memory_attach(int arena) DL_HIDDEN;
int dl_is_firmware(uintptr_t code) DL_HIDDEN;
void dl_die(const char *what, int error) DL_HIDDEN __attribute__((noreturn));

/* --- judging accesses --- */

void dl_range(uintptr_t address, uintptr_t size, int is_store, uintptr_t place, uintptr_t fp) DL_HIDDEN;

/* Bytes stored through an uncached alias since the last look, see dl_range.c. Cheap to ask: usually nothing. */
extern uintptr_t dl_alias_low DL_HIDDEN, dl_alias_high DL_HIDDEN;
void dl_alias_settle(void) DL_HIDDEN;

/* --- budget: folds the slice back, starts a new one --- */

int64_t dl_budget_left(void) DL_HIDDEN;
void dl_budget_store(void) DL_HIDDEN;
void dl_budget_load(void) DL_HIDDEN;
void dl_budget_spent(uintptr_t place, uintptr_t fp) DL_HIDDEN;

DL_INLINE void dl_charge(int32_t cycles, uintptr_t place, uintptr_t fp)
{
    if (DL_RARE((dl_hot.left -= cycles) < 0))
        dl_budget_spent(place, fp);
}

/* --- line fills --- */

void dl_fill(const struct dl_region *region, int is_store) DL_HIDDEN;
void dl_fill_ahead(uint64_t cycles) DL_HIDDEN;
void dl_fill_forget(void) DL_HIDDEN;

/* --- the mailbox --- */

struct dl_site {
    uintptr_t place; /* first frame; 0 for none */
    uintptr_t fp;    /* the chain to walk for the others; 0 for none */
};

uint64_t dl_ask(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site) DL_HIDDEN;
void dl_post(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site) DL_HIDDEN;
void dl_text(const char *text, size_t length) DL_HIDDEN;
void dl_mailbox_start(int spin, int parent) DL_HIDDEN;
int dl_mailbox_is_waiting(void) DL_HIDDEN;
/* Post a request after which the firmware never goes on. */
void dl_end(uint32_t number, uint32_t nargs, const uint64_t *args, struct dl_site site) DL_HIDDEN __attribute__((noreturn));

/* --- fibers --- */

struct dl_stack {
    uintptr_t low;
    uintptr_t high;
};

uint32_t dl_fiber_current(void) DL_HIDDEN;
struct dl_stack dl_fiber_stack(void) DL_HIDDEN;
/* Everything of the running stack below `high` dies now, by a jump: as a function's exit tells of its own frame. */
void dl_leave_frames(uintptr_t high, uintptr_t place, uintptr_t fp) DL_HIDDEN;
void dl_fiber_boot(uintptr_t host_stack_high) DL_HIDDEN;
void dl_fiber_interrupt_stack(uintptr_t low, uintptr_t size) DL_HIDDEN;
uint64_t dl_fiber_obey(void) DL_HIDDEN;

/* --- output --- */

void dl_output_start(void) DL_HIDDEN;
void dl_output_append(int stream, const char *bytes, size_t length) DL_HIDDEN;
/* Post all that is pending. */
void dl_output_send(void) DL_HIDDEN;
extern uint32_t dl_output_pending DL_HIDDEN; /* bytes */
extern int dl_output_has_line DL_HIDDEN;

/* What formatting will read: the format and the strings its %s name, judged as loads of the core. */
void dl_judge_format(const char *format, va_list list, uintptr_t place, uintptr_t fp) DL_HIDDEN;

/* Runs function(argument) on a roomy host stack. It must not ask the machine anything. */
void dl_on_host_stack(void (*function)(void *), void *argument) DL_HIDDEN;

/* --- faults --- */

void dl_fault_start(double loop_seconds) DL_HIDDEN;

#endif
