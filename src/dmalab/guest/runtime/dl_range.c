/* Judges an access of any size, line by line: the slow path of the callbacks and the only path of bulk functions.
 *
 * Cases per line, as docs/guest.md has them: (1) no W_ bit: a plain fill, and for a store the plain step to dirty, done here;
 * (2) a W_ bit, and the line's state would change, or a touched byte is special, or a request owns some of the line: the machine
 *     judges and updates everything;
 * (3) a W_ bit that concerns other bytes: as if it weren't there.
 */
#include <string.h>
#include <wchar.h>

#include "dl_runtime.h"

static uintptr_t min(uintptr_t a, uintptr_t b) { return a < b ? a : b; }

/* What an alias shows: its region's own window. */
static const struct dl_window *real_window(const struct dl_window *alias) { return &dl_windows[1 + alias->region]; }

/* --- stores through an uncached alias ---
 *
 * Such a store changes the memory view under the CPU view. Where the line is absent both must stay equal, but the callback comes
 * before the store: so the range is remembered, and the bytes are copied before anything can look at them.
 */
uintptr_t dl_alias_low, dl_alias_high;

void dl_alias_settle(void)
{
    const struct dl_window *window = real_window(&dl_windows[dl_pages[dl_alias_low >> DL_PAGE_SHIFT]]);
    const struct dl_region *region = &dl_control->regions[window->region];
    const uintptr_t alias = region->alias_base - region->base;
    uintptr_t low = dl_alias_low - alias, high = dl_alias_high - alias;
    dl_alias_low = dl_alias_high = 0;
    while (low < high) {
        uintptr_t line = low >> window->line_shift;
        uintptr_t end = min(high, (line + 1) << window->line_shift);
        if (*(const uint8_t *)(window->lines + line) & DL_ABSENT)
            memcpy((void *)low, (const void *)(low + alias), end - low);
        low = end;
    }
}

static void remember_alias_store(uintptr_t low, uintptr_t high)
{
    if (low == dl_alias_high && dl_windows[dl_pages[low >> DL_PAGE_SHIFT]].region == dl_windows[dl_pages[dl_alias_low >> DL_PAGE_SHIFT]].region) {
        dl_alias_high = high;
        return;
    }
    if (dl_alias_high)
        dl_alias_settle();
    dl_alias_low = low;
    dl_alias_high = high;
}

/* --- the shadow --- */

/* Sixteen line states at once. */
typedef uint8_t block __attribute__((vector_size(16), aligned(1), may_alias));
enum { BLOCK = sizeof(block) };
#if defined(__i386__)
#define VECTORS __attribute__((target("sse2")))
#else
#define VECTORS
#endif

VECTORS static void set_in_lines(uint8_t *states, size_t count, uint8_t bit)
{
    const block bits = (block){} | bit;
    for (; count >= BLOCK; states += BLOCK, count -= BLOCK)
        *(block *)states |= bits;
    while (count--)
        *states++ |= bit;
}

static void fill_words(uint32_t *to, uint32_t value, size_t count)
{
#if defined(__i386__) || defined(__x86_64__)
    /* The libc's fills take twice as long. */
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(count) : "a"(value) : "memory");
#else
    wmemset((wchar_t *)to, (wchar_t)value, count);
#endif
}

static void mark_bytes(const struct dl_window *window, uintptr_t low, uintptr_t high)
{
    uintptr_t begin = min((low + 3) & ~(uintptr_t)3, high), end = begin + ((high - begin) & ~(uintptr_t)3);
    memset((void *)(window->shadow + low), DL_CPU_NEWER, begin - low);
    fill_words((uint32_t *)(window->shadow + begin), window->mark, (end - begin) / 4);
    memset((void *)(window->shadow + end), DL_CPU_NEWER, high - end);
}

/* The bytes hold CPU_NEWER, FRESH or nothing. Uncached regions keep no marks. Whole lines, where there are many, only say that all of
 * their bytes are newer. */
static void mark(const struct dl_window *window, uintptr_t low, uintptr_t high, uintptr_t place)
{
    if (low >= high || !window->mark)
        return;
    const unsigned shift = window->line_shift;
    const uintptr_t line_bytes = (uintptr_t)1 << shift;
    uintptr_t begin = (low + line_bytes - 1) & -line_bytes, end = high & -line_bytes;
    if (begin + BLOCK * line_bytes <= end) {
        mark_bytes(window, low, begin);
        set_in_lines((uint8_t *)(window->lines + (begin >> shift)), (end - begin) >> shift, DL_ALL_NEWER);
        mark_bytes(window, end, high);
    } else
        mark_bytes(window, low, high);
    uintptr_t first = low >> DL_GRANULE_SHIFT, last = (high - 1) >> DL_GRANULE_SHIFT;
    fill_words((uint32_t *)window->places + first, (uint32_t)place, last - first + 1);
}

static int is_special(const struct dl_window *window, uintptr_t low, uintptr_t high)
{
    const uint8_t *shadow = (const uint8_t *)window->shadow;
    for (uintptr_t address = low; address < high; address++)
        if (shadow[address] & ~(DL_CPU_NEWER | DL_FRESH))
            return 1;
    return 0;
}

/* --- lines --- */

static uint64_t now_ps(void)
{
    return dl_control->time_ps + (uint64_t)(dl_control->budget_given - dl_budget_left()) * dl_control->ps_per_cycle;
}

static void note(struct dl_provenance *record, uintptr_t place)
{
    record->place = (uint32_t)place;
    record->task = dl_control->task;
    record->time_ps = now_ps();
}

static void touch(uintptr_t line_address)
{
    if (dl_control->touched_enabled && dl_control->touched_count < DL_TOUCHED)
        dl_control->touched[dl_control->touched_count++] = (uint32_t)line_address;
}

/* Two entries must be free before a line is looked at: a TICK in the middle of a step could change what was read. */
static int touched_is_full(void)
{
    return dl_control->touched_enabled && dl_control->touched_count + 2 > DL_TOUCHED;
}

static void empty_touched(uintptr_t place, uintptr_t fp)
{
    dl_ask(DL_TICK, 0, 0, (struct dl_site){place, fp});
    if (touched_is_full())
        dl_control->touched_count = 0; /* nobody read it: don't tick for ever */
}

/* Case 1. */
static void plain_step(const struct dl_window *window, uint8_t *state, uintptr_t line, int is_store, uintptr_t place)
{
    const struct dl_region *region = &dl_control->regions[window->region];
    uintptr_t index = line - (region->base >> window->line_shift);
    if (*state & DL_ABSENT) {
        *state = (uint8_t)((*state & ~DL_ABSENT) | DL_CLEAN);
        note(&dl_filled[window->region][index], place);
        touch(line << window->line_shift);
        dl_fill(region, is_store);
    }
    if (is_store && (*state & DL_CLEAN)) {
        *state &= (uint8_t)~DL_CLEAN;
        note(&dl_dirtied[window->region][index], place);
        touch(line << window->line_shift);
    }
}

static void ask(uintptr_t low, uintptr_t high, int is_store, uintptr_t place, uintptr_t fp)
{
    const uint64_t args[] = {low, high - low, (uint64_t)is_store};
    dl_ask(DL_ACCESS, 3, args, (struct dl_site){place, fp});
}

static void alias_range(const struct dl_window *window, uintptr_t low, uintptr_t high, int is_store, uintptr_t place, uintptr_t fp)
{
    const struct dl_region *region = &dl_control->regions[window->region];
    const uintptr_t alias = region->alias_base - region->base;
    window = real_window(window);
    while (low < high) {
        uintptr_t line = (low - alias) >> window->line_shift;
        uintptr_t end = min(high, ((line + 1) << window->line_shift) + alias);
        if ((*(const uint8_t *)(window->lines + line) & ~(DL_CLEAN | DL_MAY_BE_FRESH)) != DL_ABSENT)
            ask(low, end, is_store, place, fp);
        else if (is_store)
            memset((void *)(window->shadow + low - alias), 0, end - low);
        if (is_store)
            remember_alias_store(low, end);
        low = end;
    }
}

/* How many lines from here on certainly have none of the bits; the answer may be short of the truth. */
VECTORS static size_t quiet_lines(const uint8_t *states, size_t count, uint8_t looks)
{
    enum { STEP = 4 * BLOCK };
    const block bits = (block){} | looks;
    size_t quiet = 0;
    for (; quiet + STEP <= count; quiet += STEP) {
        const block *at = (const block *)(states + quiet);
        block any = (at[0] | at[1] | at[2] | at[3]) & bits;
        uint64_t halves[2];
        __builtin_memcpy(halves, &any, sizeof halves);
        if (halves[0] | halves[1])
            break;
    }
    return quiet;
}

/* Case 2. */
static int must_ask(const struct dl_window *window, uint8_t state, uint8_t asks_always, uintptr_t low, uintptr_t high)
{
    return (state & DL_W_ANY) && ((state & asks_always) || is_special(window, low, high));
}

/* [low, high) lies in one window. `marked` trails behind: bytes before it are marked or the machine's. */
static void window_range(const struct dl_window *window, uintptr_t low, uintptr_t high, int is_store, uintptr_t place, uintptr_t fp)
{
    const uint8_t looks = is_store ? DL_STORE_LOOKS : DL_LOAD_LOOKS;
    const uint8_t asks_always = is_store ? DL_ABSENT | DL_CLEAN | DL_W_READ | DL_W_WRITE : DL_ABSENT | DL_W_WRITE;
    const unsigned shift = window->line_shift;
    const uintptr_t last = (high - 1) >> shift;
    uintptr_t marked = low;
    for (uintptr_t line = low >> shift; line <= last; line++) {
        uint8_t *state = (uint8_t *)(window->lines + line);
        size_t quiet = quiet_lines(state, last - line + 1, looks);
        line += quiet, state += quiet;
        if (line > last)
            break;
        if (!(*state & looks))
            continue;
        uintptr_t from = line << shift < low ? low : line << shift;
        uintptr_t to = min(high, (line + 1) << shift);
        if (touched_is_full()) {
            if (is_store)
                mark(window, marked, from, place);
            marked = from;
            empty_touched(place, fp);
        }
        if (!(*state & DL_W_ANY)) {
            plain_step(window, state, line, is_store, place);
            continue;
        }
        int asks = must_ask(window, *state, asks_always, from, to);
        /* One question for neighbours that need one too: a buffer in flight is then reported as a whole. */
        while (asks && line < last && must_ask(window, state[1], asks_always, to, min(high, (line + 2) << shift))) {
            line++, state++;
            to = min(high, (line + 1) << shift);
        }
        if (is_store)
            mark(window, marked, from, place);
        marked = to;
        if (asks)
            ask(from, to, is_store, place, fp);
        else if (is_store)
            mark(window, from, to, place);
    }
    if (is_store)
        mark(window, marked, high, place);
}

void dl_range(uintptr_t address, uintptr_t size, int is_store, uintptr_t place, uintptr_t fp)
{
    if (DL_RARE(dl_alias_high))
        dl_alias_settle();
    while (size) {
        unsigned index = dl_window_of(address);
        if (!index) {
            /* Host memory, and ranges don't straddle the border to a region unless they are wild. */
            uintptr_t rest = (1u << DL_PAGE_SHIFT) - (address & ((1u << DL_PAGE_SHIFT) - 1));
            if (rest >= size || address + rest < address)
                return;
#if UINTPTR_MAX > UINT32_MAX
            if (address >> 32)
                return;
#endif
            address += rest, size -= rest;
            continue;
        }
        const struct dl_window *window = &dl_windows[index];
        const struct dl_region *region = &dl_control->regions[window->region];
        uintptr_t base = window->is_alias ? region->alias_base : region->base;
        uintptr_t piece = min(size, region->size - (address - base));
        if (window->is_alias)
            alias_range(window, address, address + piece, is_store, place, fp);
        else
            window_range(window, address, address + piece, is_store, place, fp);
        address += piece, size -= piece;
    }
}
