/* The arena's control block: what the guest and the machine both see.
 *
 * Mirrors guest/layout.py, field by field; a test compares the two in both guest widths. All fields have fixed width and
 * natural alignment, so a 32-bit and a 64-bit guest see one layout. docs/guest.md says what each field means.
 */
#ifndef DL_SHARED_H
#define DL_SHARED_H

#include <stddef.h>
#include <stdint.h>

/* i386 aligns 64-bit integers inside structs to 4 bytes; the machine's side to 8. */
typedef uint64_t dl_u64 __attribute__((aligned(8)));
typedef int64_t dl_i64 __attribute__((aligned(8)));

enum {
    DL_MAGIC = 0x424c4d44, /* "DMLB" */
    DL_VERSION = 3,
    DL_REGIONS = 32,
    DL_ARGS = 10,
    DL_FRAMES = 16,
    DL_TOUCHED = 4096,
    DL_TEXT = 8192,
    DL_PAGE_SHIFT = 12,
    DL_GRANULE_SHIFT = 4 /* one places entry covers 16 bytes */
};

enum dl_turn { DL_TURN_MACHINE = 0, DL_TURN_GUEST = 1 };

enum dl_region_flag { DL_CACHED = 1, DL_READ_ONLY = 2 };

/* Line state, inverted: zero means a dirty line with nothing to look at. */
enum dl_line {
    DL_ABSENT = 1,
    DL_CLEAN = 2,
    DL_W_NEWER = 4,
    DL_W_READ = 8,
    DL_W_WRITE = 16,
    DL_W_POISON = 32,
    DL_ALL_NEWER = 64, /* dirty, and every byte CPU_NEWER, though the shadow doesn't say so yet; asks for no look */
    DL_MAY_BE_FRESH = 128, /* asks for no look */
    DL_W_ANY = DL_W_NEWER | DL_W_READ | DL_W_WRITE | DL_W_POISON,
    DL_LOAD_LOOKS = DL_ABSENT | DL_W_NEWER | DL_W_WRITE | DL_W_POISON,
    DL_STORE_LOOKS = DL_ABSENT | DL_CLEAN | DL_W_ANY
};

/* FRESH bytes were allocated and not written since; a store overwrites the mark. The other bits are the machine's business. */
enum dl_shadow { DL_CPU_NEWER = 1, DL_FRESH = 128 };

enum dl_number {
    DL_TICK = 0,
    DL_ACCESS = 1,
    DL_FRAME_EXIT = 2,
    DL_FAULT = 3,
    DL_TASK_RETURNED = 4,
    DL_ISR_RETURN = 5,
    DL_BOOT = 6,
    DL_PRINT = 7,
    DL_EXIT = 8,
    DL_ABORT = 9,
    DL_STACK_OVERFLOW = 10,
    DL_FIRST_API_CALL = 32
};

enum dl_action { DL_ACTION_RETURN = 0, DL_ACTION_START = 1, DL_ACTION_CALL = 2, DL_ACTION_EXIT = 3 };

enum dl_fiber_id { DL_FIBER_BOOT = 0, DL_FIBER_INTERRUPT = 1, DL_FIBER_FIRST_TASK = 2 };

struct dl_region {
    uint32_t base;
    uint32_t size; /* bytes, a multiple of 4 KiB like base */
    uint32_t line_shift;
    uint32_t flags; /* enum dl_region_flag */
    uint32_t fill_cycles;     /* a line that a load misses */
    uint32_t allocate_cycles; /* a line that a store misses */
    uint32_t stream_cycles;   /* the part of either in which the core can go on */
    uint32_t alias_base;      /* 0: none */
    /* Arena offsets of the planes. */
    dl_u64 cpu;
    dl_u64 mem;
    dl_u64 shadow;
    dl_u64 lines;
    dl_u64 places;
    dl_u64 filled;
    dl_u64 dirtied;
};

/* Who filled a line, or made it dirty. */
struct dl_provenance {
    uint32_t place;
    uint32_t task;
    dl_u64 time_ps;
};

struct dl_request {
    uint32_t call;
    uint32_t nargs;
    uint32_t fiber;
    uint32_t frame_count;
    dl_u64 args[DL_ARGS];
    dl_u64 frames[DL_FRAMES];
};

struct dl_reply {
    uint32_t action; /* enum dl_action */
    uint32_t fiber;
    dl_u64 value;
    dl_u64 args[4];
};

struct dl_control {
    uint32_t magic;
    uint32_t version;
    uint32_t region_count;
    uint32_t control_bytes; /* sizeof(struct dl_control), checked at boot */
    dl_u64 line_table; /* arena offset of a state for every line of the address space, see layout.py; 0: none */
    uint32_t unused0[10];

    /* One cache line for what both sides poll. */
    uint32_t turn;          /* futex word, enum dl_turn */
    uint32_t guest_waits;   /* the guest sleeps on `turn`: wake it */
    uint32_t machine_waits; /* the machine sleeps on `turn`: wake it */
    uint32_t request_count;
    uint32_t unused1[12];

    struct dl_request request;
    struct dl_reply reply;

    dl_i64 budget;       /* CPU cycles until the next event is due */
    dl_i64 budget_given; /* what it was at hand-over */
    dl_u64 time_ps;      /* virtual time at hand-over */
    dl_u64 ps_per_cycle;
    uint32_t task;
    uint32_t stack_claims;
    uint32_t stack_low; /* written by the guest whenever it switches fibers */
    uint32_t access_cycles;
    uint32_t call_cycles;
    uint32_t copy_cycles_per_16_bytes;
    uint32_t touched_enabled;
    uint32_t touched_count;

    struct dl_region regions[DL_REGIONS];
    uint32_t touched[DL_TOUCHED];
    uint8_t text[DL_TEXT];
};

_Static_assert(sizeof(struct dl_region) == 88, "layout.py: Region");
_Static_assert(sizeof(struct dl_provenance) == 16, "layout.py: Provenance");
_Static_assert(sizeof(struct dl_request) == 224, "layout.py: Request");
_Static_assert(sizeof(struct dl_reply) == 48, "layout.py: Reply");
_Static_assert(offsetof(struct dl_control, turn) == 64, "layout.py: Control.turn");
_Static_assert(offsetof(struct dl_control, request) == 128, "layout.py: Control.request");
_Static_assert(offsetof(struct dl_control, reply) == 352, "layout.py: Control.reply");
_Static_assert(offsetof(struct dl_control, budget) == 400, "layout.py: Control.budget");
_Static_assert(offsetof(struct dl_control, regions) == 464, "layout.py: Control.regions");
_Static_assert(offsetof(struct dl_control, touched) == 464 + 88 * DL_REGIONS, "layout.py: Control.touched");
_Static_assert(sizeof(struct dl_control) == 464 + 88 * DL_REGIONS + 4 * DL_TOUCHED + DL_TEXT, "layout.py: Control");

#endif
