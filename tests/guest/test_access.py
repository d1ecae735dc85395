"""What loads and stores do to lines, shadow, places and budget, and when the machine is asked."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dmalab.chips.model import Chip
from dmalab.guest.layout import TOUCHED
from dmalab.guest.places import Places
from dmalab.guest.process import RETURN, GuestRequest, Number

from .fake import NUMBERS, FakeMachine, offsets

Make = Callable[..., FakeMachine]

ABSENT, CLEAN, W_NEWER, W_READ, W_WRITE, W_POISON, ALL_NEWER = 1, 2, 4, 8, 16, 32, 64
CPU_NEWER, MEM_NEWER, POISON = 1, 2, 16

PSRAM = 0x48100000


def lines_of(one: FakeMachine, address: int, count: int = 1) -> list[int]:
    planes = one.psram
    first = (address - planes.spec.base) // planes.spec.line_bytes
    return planes.lines[first : first + count].tolist()


def set_line(one: FakeMachine, address: int, state: int) -> None:
    one.psram.lines[(address - one.psram.spec.base) // one.psram.spec.line_bytes] = state


def line_bytes(one: FakeMachine) -> int:
    return one.psram.spec.line_bytes


def test_a_load_fills_the_line_and_notes_who(machine: Make, word_bytes: int) -> None:
    one = machine(
        f"volatile int sink; void app_main(void) {{\n sink = *(volatile int *){PSRAM + 8:#x};\n}}",
        word_bytes=word_bytes,
    )
    one.control.task, one.control.time_ps = 0x80000007, 5_000_000
    one.run()
    assert lines_of(one, PSRAM, 2) == [CLEAN, ABSENT | CLEAN]
    record = one.psram.filled[(PSRAM - one.psram.spec.base) // line_bytes(one)]
    assert Places(one.image).of_return(int(record["place"])).line == 2
    assert record["task"] == 0x80000007
    assert 5_000_000 < record["time_ps"] < 6_000_000
    assert not one.psram.shadow.any()


@pytest.mark.parametrize(("kind", "size"), [("uint8_t", 1), ("uint16_t", 2), ("uint32_t", 4), ("uint64_t", 8)])
def test_a_store_dirties_the_line_and_marks_its_bytes(machine: Make, word_bytes: int, kind: str, size: int) -> None:
    address = PSRAM + 0x30
    one = machine(f"void app_main(void) {{\n *(volatile {kind} *){address:#x} = ({kind})-1;\n}}", word_bytes=word_bytes)
    one.run()
    assert lines_of(one, PSRAM) == [0]
    around = one.psram.shadow[offsets(one.psram, PSRAM, 0x80)]
    assert np.flatnonzero(around).tolist() == list(range(0x30, 0x30 + size))
    assert set(around[0x30 : 0x30 + size].tolist()) == {CPU_NEWER}
    places = one.psram.places[(PSRAM - one.psram.spec.base) // 16 :][:8]
    assert np.flatnonzero(places).tolist() == [3]
    assert Places(one.image).of_return(int(places[3])).line == 2
    index = (PSRAM - one.psram.spec.base) // line_bytes(one)
    assert one.psram.filled[index]["place"] == one.psram.dirtied[index]["place"] == places[3]
    assert bytes(one.psram.cpu[offsets(one.psram, address, size)]) == b"\xff" * size
    assert not one.psram.mem[offsets(one.psram, PSRAM, 0x80)].any()


def test_a_misaligned_store_across_two_lines(machine: Make, word_bytes: int, chip: Chip) -> None:
    size = chip.region("psram").line_bytes
    address = PSRAM + size - 2
    one = machine(f"void app_main(void) {{ *(volatile uint32_t *){address:#x} = 1; }}", word_bytes=word_bytes)
    one.run()
    assert lines_of(one, PSRAM, 3) == [0, 0, ABSENT | CLEAN]
    marked = np.flatnonzero(one.psram.shadow[offsets(one.psram, PSRAM, 512)])
    assert marked.tolist() == [size - 2, size - 1, size, size + 1]


def test_uncached_memory_keeps_no_marks(machine: Make, word_bytes: int, chip: Chip) -> None:
    base = next(region.base for region in chip.regions if not region.line_bytes and region.kind.value in ("rtc", "spm"))
    one = machine(
        f"void app_main(void) {{ *(volatile int *){base:#x} = 1; memset((void *){base + 64:#x}, 2, 64); }}",
        word_bytes=word_bytes,
    )
    planes = next(planes for planes in one.arena.planes if planes.spec.base == base)
    run = one.run()
    assert not run.of(Number.ACCESS)
    assert not planes.shadow.any()
    assert not planes.lines.any()
    assert not planes.places.any()
    assert planes.cpu[0] == 1


# --- when the machine is asked ----------------------------------------------------------------------------------------

LOAD = "volatile int sink; void app_main(void) { sink = *(volatile int *)ADDRESS; }"
STORE = "void app_main(void) { *(volatile int *)ADDRESS = 1; }"


@pytest.mark.parametrize(
    ("firmware", "line", "shadow", "asked"),
    [
        (LOAD, 0, 0, False),
        (LOAD, CLEAN, 0, False),
        (LOAD, W_READ, 0, False),
        (LOAD, CLEAN | W_WRITE, 0, True),
        (LOAD, ABSENT | CLEAN | W_NEWER, 0, True),
        (LOAD, CLEAN | W_NEWER, 0, False),
        (LOAD, CLEAN | W_NEWER, MEM_NEWER, True),
        (LOAD, CLEAN | W_POISON, 0, False),
        (LOAD, CLEAN | W_POISON, POISON, True),
        (LOAD, ABSENT | CLEAN | W_POISON, 0, True),
        (STORE, 0, 0, False),
        (STORE, W_READ, 0, True),
        (STORE, W_WRITE, 0, True),
        (STORE, W_NEWER, 0, False),
        (STORE, W_NEWER, MEM_NEWER, True),
        (STORE, CLEAN | W_NEWER, 0, True),
        (STORE, W_POISON, 0, False),
        (STORE, W_POISON, CPU_NEWER, False),
        (STORE, W_POISON, POISON, True),
    ],
)
def test_the_machine_judges_what_is_special(machine: Make, firmware: str, line: int, shadow: int, asked: bool) -> None:
    address = PSRAM + 0x44
    one = machine(firmware.replace("ADDRESS", hex(address)))
    set_line(one, address, line)
    one.psram.shadow[offsets(one.psram, address, 4)] = shadow
    before = one.psram.shadow.copy()
    run = one.run()
    is_store = firmware is STORE
    if asked:
        assert [request.args for request in run.of(Number.ACCESS)] == [[address, 4, int(is_store)]]
        assert lines_of(one, address) == [line], "the machine updates all state"
        assert (one.psram.shadow == before).all()
    else:
        assert not run.of(Number.ACCESS)
        if is_store:
            assert set(one.psram.shadow[offsets(one.psram, address, 4)].tolist()) == {CPU_NEWER}


def test_a_bulk_store_asks_for_the_special_lines_only(machine: Make, word_bytes: int) -> None:
    one = machine(f"void app_main(void) {{ memset((void *){PSRAM + 10:#x}, 7, 4000); }}", word_bytes=word_bytes)
    size = line_bytes(one)
    special = PSRAM + 5 * size
    set_line(one, special, CLEAN | W_NEWER)
    run = one.run()
    assert [request.args for request in run.of(Number.ACCESS)] == [[special, size, 1]]
    part = offsets(one.psram, PSRAM, 8192)
    whole = np.repeat((one.psram.lines[part.start // size : part.stop // size] & ALL_NEWER) != 0, size)
    marked = np.flatnonzero((one.psram.shadow[part] != 0) | whole)
    assert whole.any()
    assert marked.tolist() == [i for i in range(10, 4010) if not 5 * size <= i < 6 * size]
    assert (one.psram.cpu[offsets(one.psram, PSRAM + 10, 4000)] == 7).all()


@pytest.mark.parametrize(
    ("call", "loads", "stores"),
    [
        ("memcpy(D, S, 100)", 100, 100),
        ("memmove(D, S, 100)", 100, 100),
        ("memset(D, 1, 100)", 0, 100),
        ("memcmp(D, S, 100)", 100, 0),
        ("memchr(S, 'e', 100)", 5, 0),
        ("strlen(S)", 9, 0),
        ("strcpy(D, S)", 9, 9),
        ("strncpy(D, S, 20)", 9, 20),
        ("strcat(D, S)", 9, 9),
        ("strcmp(S, D)", 1, 0),
        ("strchr(S, 'c')", 9, 0),
        ('printf("%d %5.1f %-*s %lld %%", 1, 2.0, 12, S, 3LL)', 9, 0),
        ('printf("%.3s %.*s", S, 2, S)', 3, 0),
        ("snprintf(0, 0, \"%zu %c %p %s\", sizeof(int), 'c', D, S)", 9, 0),
        ('snprintf(D, 50, "%d", 12345)', 0, 6),
        ('sprintf(D, "%0100d", 1)', 0, 101),
    ],
)
def test_bulk_functions_are_seen(machine: Make, word_bytes: int, call: str, loads: int, stores: int) -> None:
    source, target = PSRAM, PSRAM + 0x1000
    one = machine(
        f"#define S ((char *){source:#x})\n#define D ((char *){target:#x})\nvolatile uintptr_t sink;\n"
        f"void app_main(void) {{ sink = (uintptr_t)({call}); }}",
        word_bytes=word_bytes,
    )
    one.psram.cpu[offsets(one.psram, source, 9)] = one.psram.mem[offsets(one.psram, source, 9)] = list(b"abcdefgh\0")
    one.run()
    size = line_bytes(one)
    filled = [line != ABSENT | CLEAN for line in lines_of(one, source, 3)]
    assert filled == [i * size < loads for i in range(3)]
    marked = np.flatnonzero(one.psram.shadow[offsets(one.psram, target, 0x1000)])
    assert marked.tolist() == list(range(stores))
    changed = np.flatnonzero(one.psram.cpu[offsets(one.psram, target, 0x1000)])
    assert len(changed) <= stores


@pytest.mark.parametrize("call", ['snprintf(D, 40, "%d", 1)', 'sprintf(D, "%d", 1)', 'format(D, "%d", 1)'])
def test_what_is_printed_into_memory_was_stored_by_the_caller(machine: Make, word_bytes: int, call: str) -> None:
    one = machine(
        f"#include <stdarg.h>\n#define D ((char *){PSRAM:#x})\n"
        "static void format(char *to, const char *f, ...) { va_list l; va_start(l, f); vsnprintf(to, 9, f, l); va_end(l); }\n"
        f"void app_main(void) {{ (void)format;\n {call};\n }}",
        word_bytes=word_bytes,
    )
    one.run()
    place = Places(one.image).of_return(int(one.psram.places[(PSRAM - one.psram.spec.base) // 16]))
    assert (place.function, place.line) in (("app_main", 5), ("format", 3))


def test_touched_lines_are_listed_and_a_full_list_ticks(machine: Make, word_bytes: int, chip: Chip) -> None:
    size = chip.region("psram").line_bytes
    one = machine(f"void app_main(void) {{ memset((void *){PSRAM:#x}, 1, 5000 * {size}); }}", word_bytes=word_bytes)
    one.control.touched_enabled = 1
    touched: list[int] = []

    def take() -> None:
        touched.extend(one.control.touched[: one.control.touched_count])
        one.control.touched_count = 0

    def tick(request: GuestRequest) -> tuple[int, int, int, None]:
        assert one.control.touched_count > TOUCHED - 2
        take()
        return RETURN, request.fiber, 0, None

    one.handlers[Number.TICK] = tick
    run = one.run()
    take()
    assert len(run.of(Number.TICK)) == 2
    psram = [address for address in touched if address >= PSRAM]
    assert psram == [PSRAM + i // 2 * size for i in range(10000)]  # filled, then dirtied


def test_stores_through_the_alias_reach_both_views_of_absent_lines(machine: Make, word_bytes: int) -> None:
    one = machine(
        f"""
        void app_main(void) {{
            volatile char *p = (char *)ALIAS;
            p[0] = 1; p[1] = 2; p[300] = 3;
            ask(PING, *(volatile char *){PSRAM:#x}, 0, 0);
            p[2] = 4;
            memcpy((char *)ALIAS + 1000, "abc", 3);
            ask(PING, ((volatile char *){PSRAM:#x})[1001], 0, 0);
        }}
        """,
        word_bytes=word_bytes,
        cflags=["-DALIAS=0x88100000"],
    )
    assert one.psram.spec.alias_base + (PSRAM - one.psram.spec.base) == 0x88100000
    run = one.run()
    assert [request.args[0] for request in run.of(NUMBERS["ping"])] == [1, ord("b")]
    # The load of p[0] by its cached address filled the line: from then on an alias store to it is the machine's business.
    assert [request.args for request in run.of(Number.ACCESS)] == [[0x88100002, 1, 1]]
    view = slice(PSRAM - one.psram.spec.base, PSRAM - one.psram.spec.base + 1024)
    assert np.flatnonzero(one.psram.cpu[view] != one.psram.mem[view]).tolist() == [2]


def test_frames_that_die_are_reported_while_stacks_are_claimed(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        void leaf(uint64_t *where) { uint8_t buffer[256]; memset(buffer, 1, sizeof buffer); *where = (uintptr_t)buffer; }
        void app_main(void) { uint64_t where; leaf(&where); ask(PING, 0, 0, 0); leaf(&where); ask(LOOK, where, (uintptr_t)&where, 0); }
        """,
        word_bytes=word_bytes,
    )

    def ping(request: GuestRequest) -> tuple[int, int, int, None]:
        one.control.stack_claims = 1
        return RETURN, request.fiber, 0, None

    def look(request: GuestRequest) -> tuple[int, int, int, None]:
        one.control.stack_claims = 0
        return RETURN, request.fiber, 0, None

    one.handlers[NUMBERS["ping"]] = ping
    one.handlers[NUMBERS["look"]] = look
    run = one.run()
    (died,) = run.of(Number.FRAME_EXIT)
    (where,) = run.of(NUMBERS["look"])
    low, high = died.args
    assert low == one.main_stack[0]
    assert where.args[0] + 256 <= high <= where.args[1]


@pytest.mark.parametrize("budget", [0, 1, 2, 3, 10, 1000])
def test_the_budget_ends_at_the_same_access_every_time(machine: Make, budget: int) -> None:
    """TICK comes at the first access that makes the budget negative, wherever the slices of the runtime end."""
    one = machine("volatile int v; void app_main(void) { v = 1; ask(LOOK, 0, 0, 0); for (;;) v = 1; }")

    def look(request: GuestRequest) -> tuple[int, int, int, None]:
        one.control.budget = one.control.budget_given = budget
        return RETURN, request.fiber, 0, None

    ticks: list[int] = []

    def tick(request: GuestRequest) -> tuple[int, int, int, tuple[int, int, int, int] | None]:
        ticks.append(one.control.budget)
        one.control.budget = one.control.budget_given = budget
        return (RETURN, request.fiber, 0, None) if len(ticks) < 5 else (3, 0, 0, None)

    one.handlers[NUMBERS["look"]] = look
    one.handlers[Number.TICK] = tick
    run = one.run()
    assert run.end is not None
    assert run.end.is_death
    cost = one.chip.timing.access_cycles
    assert ticks[1:] == [budget - (budget // cost + 1) * cost] * 4


def test_atomics_are_seen_and_right(machine: Make, word_bytes: int) -> None:
    one = machine(
        f"""
        #include <stdatomic.h>
        #define A(type, offset) ((_Atomic type *)({PSRAM:#x} + offset))
        void app_main(void) {{
            atomic_store(A(uint8_t, 0), 200); uint8_t a = atomic_fetch_add(A(uint8_t, 0), 100);
            atomic_store(A(uint16_t, 64), 5); uint16_t b = atomic_fetch_or(A(uint16_t, 64), 0x100);
            uint32_t expected = 1; atomic_store(A(uint32_t, 128), 7);
            int c1 = atomic_compare_exchange_strong(A(uint32_t, 128), &expected, 9);
            int c2 = atomic_compare_exchange_strong(A(uint32_t, 128), &expected, 9);
            atomic_store(A(uint64_t, 192), 1); uint64_t d = atomic_exchange(A(uint64_t, 192), 0x123456789abcdefULL);
            atomic_fetch_xor(A(uint64_t, 192), 1); atomic_fetch_sub(A(uint32_t, 128), 1); atomic_fetch_and(A(uint16_t, 64), 0xf0f);
            atomic_thread_fence(memory_order_seq_cst); __sync_synchronize();
            printf("%d %d %d %d %d %d | %d %d %d %llx", a, b, c1, c2, (int)expected, (int)d, *A(uint8_t, 0), *A(uint16_t, 64),
                   (int)*A(uint32_t, 128), (unsigned long long)*A(uint64_t, 192));
            atomic_load(A(uint32_t, 1024));
        }}
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"200 5 0 1 7 1 | 44 261 8 123456789abcdee"
    marked = np.flatnonzero(one.psram.shadow[offsets(one.psram, PSRAM, 1024)]).tolist()
    assert marked == [0, 64, 65, *range(128, 132), *range(192, 200)]
    assert lines_of(one, PSRAM + 1024) == [CLEAN]
