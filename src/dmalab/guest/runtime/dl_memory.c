/* Maps the arena: the control block and the planes at host addresses, each region's CPU view at the chip's own address.
 *
 * The kernel has loaded the firmware's sections at chip addresses as private pages. They are copied into the planes first, then
 * the shared mapping takes their place. Done before any constructor runs, so nothing of the firmware ever sees the private pages.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dl_runtime.h"

struct dl_control *dl_control;
struct dl_window dl_windows[DL_WINDOWS];
struct dl_provenance *dl_filled[DL_REGIONS];
struct dl_provenance *dl_dirtied[DL_REGIONS];
uint8_t dl_pages[1u << (32 - DL_PAGE_SHIFT)];

/* From the linker script: the firmware's code. */
extern const char dl_fw_text_low[], dl_fw_text_high[], dl_fw_iram_low[], dl_fw_iram_high[];

int dl_is_firmware(uintptr_t code)
{
    return (code >= (uintptr_t)dl_fw_text_low && code < (uintptr_t)dl_fw_text_high) ||
           (code >= (uintptr_t)dl_fw_iram_low && code < (uintptr_t)dl_fw_iram_high);
}

int dl_in_chip(const void *address)
{
    return dl_window_of((uintptr_t)address) != 0;
}

void dl_die(const char *what, int error)
{
    /* No stdio: this may run before libc is ready. The machine sees exit status 125 and a line on stderr. */
    char line[160];
    int length = snprintf(line, sizeof line, "dmalab guest: %s: %s\n", what, strerror(error));
    if (write(2, line, (size_t)length) < 0)
        _exit(124);
    _exit(125);
}

static void *map_at(uintptr_t address, size_t size, int protection, int flags, int arena, uint64_t offset)
{
    void *mapped = mmap64((void *)address, size, protection, flags, arena, (off64_t)offset);
    if (mapped == MAP_FAILED)
        dl_die("mapping the arena", errno);
    return mapped;
}

void dl_memory_attach(int arena)
{
    dl_control = map_at(0, sizeof *dl_control, PROT_READ | PROT_WRITE, MAP_SHARED, arena, 0);
    if (dl_control->magic != DL_MAGIC || dl_control->version != DL_VERSION ||
        dl_control->control_bytes != sizeof *dl_control || dl_control->region_count > DL_REGIONS)
        dl_die("arena of another version", EPROTO);
}

static void copy_out(int arena, uint64_t offset, uintptr_t from, size_t size)
{
    while (size) {
        ssize_t done = pwrite64(arena, (const void *)from, size, (off64_t)offset);
        if (done <= 0)
            dl_die("copying static data", errno);
        from += (size_t)done, offset += (size_t)done, size -= (size_t)done;
    }
}

static uintptr_t max(uintptr_t a, uintptr_t b) { return a > b ? a : b; }
static uintptr_t min(uintptr_t a, uintptr_t b) { return a < b ? a : b; }

/* The bytes the loader put into the region, as far as the file has any; the rest is zero in the planes already. */
static void copy_static_data(int arena, const struct dl_region *region, const ElfW(Phdr) *headers, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type != PT_LOAD)
            continue;
        uintptr_t low = max(headers[i].p_vaddr, region->base);
        uintptr_t high = min(headers[i].p_vaddr + headers[i].p_filesz, region->base + (region->size - 1) + 1);
        if (low >= high)
            continue;
        copy_out(arena, region->cpu + (low - region->base), low, high - low);
        if (region->mem != region->cpu)
            copy_out(arena, region->mem + (low - region->base), low, high - low);
    }
}

/* Code that lies in a region gets private pages of the same bytes: executable, and a debugger can set breakpoints in them. */
static void map_code(int arena, const struct dl_region *region, const ElfW(Phdr) *headers, unsigned count)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
    for (unsigned i = 0; i < count; i++) {
        if (headers[i].p_type != PT_LOAD || !(headers[i].p_flags & PF_X))
            continue;
        uintptr_t low = max(headers[i].p_vaddr & ~page, region->base);
        uintptr_t high = min((headers[i].p_vaddr + headers[i].p_memsz + page) & ~page, region->base + region->size);
        if (low < high)
            map_at(low, high - low, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, arena, region->cpu + (low - region->base));
    }
}

/* --- planes at fixed addresses ---
 *
 * Where all lines are of one size there is one table of their states, indexed by address >> shift. Code that was compiled for the
 * chip looks into it without asking for the window, and marks bytes without asking for their planes; so the build says where in the
 * guest these lie, see fixed_planes.py. What the marks' planes leave open between two regions is filled: a wild store faults where
 * it is made, and not at its mark.
 */
#ifndef DL_LINE_TABLE
#define DL_LINE_TABLE 0 /* anywhere */
#endif
#ifndef DL_MARKED_HIGH
#define DL_MARKED_LOW 0
#define DL_MARKED_HIGH 0
#define DL_MARKED_SHADOW 0
#define DL_MARKED_PLACES 0
#endif
static const struct {
    uintptr_t low, high, shadow, places;
} marked = {DL_MARKED_LOW, DL_MARKED_HIGH, DL_MARKED_SHADOW, DL_MARKED_PLACES};
static uint8_t *line_table;

static void reserve(uintptr_t address, size_t size)
{
    map_at(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

static void map_fixed_planes(int arena)
{
    const size_t size = ((uint64_t)1 << 32) >> dl_control->regions[0].line_shift;
    if (dl_control->line_table)
        line_table = map_at(DL_LINE_TABLE, size, PROT_READ | PROT_WRITE, MAP_SHARED | (DL_LINE_TABLE ? MAP_FIXED : 0),
                            arena, dl_control->line_table);
    else if (DL_LINE_TABLE)
        dl_die("lines of more than one size", EPROTO);
    if (marked.high) {
        reserve(marked.shadow, marked.high - marked.low);
        reserve(marked.places, (marked.high - marked.low) >> 2);
    }
}

/* Maps a plane with one byte for each 1 << shift bytes of memory; at its fixed address, if the region's stores are marked. */
static uintptr_t map_marks(int arena, uintptr_t base, size_t size, unsigned shift, uintptr_t planes, uint64_t offset)
{
    int is_fixed = base >= marked.low && base < marked.high;
    uintptr_t at = is_fixed ? planes + ((base - marked.low) >> shift) : 0;
    return (uintptr_t)map_at(at, size >> shift, PROT_READ | PROT_WRITE, MAP_SHARED | (is_fixed ? MAP_FIXED : 0), arena, offset);
}

static uintptr_t lines_of(int arena, const struct dl_region *region, uintptr_t base, size_t lines)
{
    if (line_table)
        return (uintptr_t)line_table;
    int is_alias = base != region->base;
    void *states = is_alias ? map_at(0, lines, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                            : map_at(0, lines, PROT_READ | PROT_WRITE, MAP_SHARED, arena, region->lines);
    return (uintptr_t)states - (base >> region->line_shift);
}

static void add_window(unsigned index, const struct dl_region *region, unsigned number, uintptr_t base, int is_alias, int arena)
{
    struct dl_window *window = &dl_windows[index];
    size_t size = region->size;
    size_t lines = size >> region->line_shift;
    window->line_shift = region->line_shift;
    if (window->line_shift != DL_SHIFT_OF(window))
        dl_die("lines of another size than the runtime was built for", EPROTO);
    window->lines = lines_of(arena, region, base, lines);
    if (!is_alias) {
        if (DL_LINE_TABLE && (region->flags & (DL_CACHED | DL_READ_ONLY)) == DL_CACHED && (base < marked.low || base + size > marked.high))
            dl_die("cached memory elsewhere than the firmware was built for", EPROTO);
        window->shadow = map_marks(arena, base, size, 0, marked.shadow, region->shadow) - base;
        window->places = map_marks(arena, base, size, 2, marked.places, region->places) - (base >> DL_GRANULE_SHIFT) * 4;
        dl_filled[number] = map_at(0, lines * sizeof **dl_filled, PROT_READ | PROT_WRITE, MAP_SHARED, arena, region->filled);
        dl_dirtied[number] = map_at(0, lines * sizeof **dl_dirtied, PROT_READ | PROT_WRITE, MAP_SHARED, arena, region->dirtied);
    } else {
        /* No access may pass unseen: even a dirty line, quiet at its own address, is not quiet here. */
        memset((void *)(window->lines + (base >> region->line_shift)), DL_ABSENT | DL_CLEAN | DL_W_ANY, lines);
        window->is_alias = 1;
    }
    window->mark = region->flags & DL_CACHED ? 0x01010101u * DL_CPU_NEWER : 0;
    window->region = (uint8_t)number;
    memset(&dl_pages[base >> DL_PAGE_SHIFT], (int)index, size >> DL_PAGE_SHIFT);
}

void dl_memory_map(int arena, uintptr_t header_address, unsigned header_count)
{
    const ElfW(Phdr) *headers = (const void *)header_address;
    for (unsigned i = 0; i < dl_control->region_count; i++)
        copy_static_data(arena, &dl_control->regions[i], headers, header_count);
    map_fixed_planes(arena);
    for (unsigned i = 0; i < dl_control->region_count; i++) {
        const struct dl_region *region = &dl_control->regions[i];
        int protection = region->flags & DL_READ_ONLY ? PROT_READ : PROT_READ | PROT_WRITE;
        map_at(region->base, region->size, protection, MAP_SHARED | MAP_FIXED, arena, region->cpu);
        map_code(arena, region, headers, header_count);
        add_window(1 + i, region, i, region->base, 0, arena);
        if (region->alias_base)
            map_at(region->alias_base, region->size, protection, MAP_SHARED | MAP_FIXED, arena, region->mem);
    }
    for (unsigned i = 0; i < dl_control->region_count; i++)
        if (dl_control->regions[i].alias_base)
            add_window(1 + DL_REGIONS + i, &dl_control->regions[i], i, dl_control->regions[i].alias_base, 1, arena);
}
