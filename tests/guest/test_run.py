"""A firmware boots, calls, switches fibers, is interrupted and prints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab.guest.places import Places
from dmalab.guest.process import CALL, RETURN, GuestRequest, Number

from .fake import NUMBERS, FakeMachine

Make = Callable[..., FakeMachine]


def test_boot_comes_first_and_tells_the_width_and_the_entry(machine: Make, word_bytes: int) -> None:
    one = machine("void app_main(void) {}", word_bytes=word_bytes)
    run = one.run()
    assert run.log[0].number == Number.BOOT
    assert run.log[0].args == [word_bytes, one.image.app_main, 0]
    assert [request.number for request in run.log[1:]] == [Number.TASK_RETURNED, Number.TASK_RETURNED]
    assert run.log[1].fiber == 0
    assert run.log[2].fiber == 2
    assert run.status == 7


def test_static_data_lies_at_the_chips_addresses_in_both_views(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        uint8_t data[4] = {1, 2, 3, 4};
        const uint8_t constant[4] = {5, 6, 7, 8};
        uint8_t zero[100];
        uint8_t ext[64] __attribute__((section(".ext_ram.bss")));
        __attribute__((section(".iram1"))) int fast(int a) { return a + 1; }
        void app_main(void) { printf("%p %p %p %p %d", data, constant, zero, ext, fast(data[3] + constant[3])); }
        """,
        word_bytes=word_bytes,
    )
    place = one.chip.firmware
    symbols = {name: one.image.symbol(name) for name in ("data", "constant", "zero", "ext", "fast")}
    assert place.data <= symbols["data"].address < symbols["zero"].address < place.data + place.data_size
    assert place.rodata <= symbols["constant"].address < place.rodata + 4096
    assert symbols["ext"].address == place.psram_bss
    assert place.iram <= symbols["fast"].address < place.iram + 4096
    run = one.run()
    printed = "".join(f"{symbols[name].address:#x} " for name in ("data", "constant", "zero", "ext"))
    assert run.out.decode() == printed + "13"
    at = symbols["data"].address - one.sram.spec.base
    assert bytes(one.sram.mem[at : at + 4]) == b"\1\2\3\4"
    assert bytes(one.sram.cpu[at : at + 4]) == b"\1\2\3\4"


def test_an_api_call_brings_arguments_and_frames(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        uint64_t inner(void) { return ask(PING, 1, 0xffffffffffffffff, 3); }
        uint64_t outer(void) { return inner() + 1; }
        void app_main(void) {
            printf("%llx", (unsigned long long)outer());
        }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    (ping,) = run.of(NUMBERS["ping"])
    assert ping.args == [1, 2**64 - 1, 3]
    assert run.out == b"4"
    places = Places(one.image)
    assert [(p.function, p.line) for p in map(places.of_return, ping.frames)] == [
        ("inner", 2),
        ("outer", 3),
        ("app_main", 5),
    ]
    assert places.of_return(ping.frames[0]).file.endswith("main.c")


def test_malloc_and_free_are_calls_but_not_for_libcs_own_memory(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        #undef __USE_GNU
        int asprintf(char **, const char *, ...);
        void app_main(void) {
            char *p = malloc(10); p = realloc(p, 20); free(p); free(NULL); free(calloc(3, 4));
            char *text; asprintf(&text, "%d", 5); free(text);
            char *copy = strdup("abc"); printf("%s", copy);
        }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    calls = [(r.number, r.args) for r in run.log if r.number >= 32]
    heap = one.sram.spec.base + (128 << 10)
    m, c, r, f = (NUMBERS[name] for name in ("malloc", "calloc", "realloc", "free"))
    assert calls == [
        (m, [10]),
        (r, [heap, 20]),
        (f, [heap + 256]),
        (f, [0]),
        (c, [3, 4]),
        (f, [heap + 512]),
        (m, [4]),
    ]
    assert run.out == b"abc"


# --- fibers and interrupts --------------------------------------------------------------------------------------------


def test_fibers_run_on_their_own_stacks_and_keep_their_state(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        #include <errno.h>
        static void other(uintptr_t argument) {
            int local = 5; errno = 99;
            printf("other %d\\n", (int)argument + (&local != 0));
            uint64_t got = ask(SWITCH, 2, 11, 0);
            printf("again %d %d %d\\n", (int)got, local, errno);
            ask(SWITCH, 2, 12, 0);
        }
        void app_main(void) {
            errno = 1;
            printf("got %d\\n", (int)ask(SPAWN, (uintptr_t)other, 41, 0));
            printf("got %d %d\\n", (int)ask(SWITCH, 3, 22, 0), errno);
        }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"other 42\ngot 11\nagain 22 5 99\ngot 12 1\n"
    assert [r.fiber for r in run.of(Number.PRINT)] == [3, 2, 3, 2]


def test_a_task_that_returns_says_so_and_can_be_started_again(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        static void task(uintptr_t n) { printf("task %d\\n", (int)n); }
        void app_main(void) { ask(SPAWN, (uintptr_t)task, 1, 0); ask(SPAWN, (uintptr_t)task, 2, 0); puts("end"); }
        """,
        word_bytes=word_bytes,
    )

    def returned(request: GuestRequest) -> tuple[int, int, int, None]:
        one.next_fiber = 3
        return RETURN, 2, 0, None

    plain = one.answer

    def answer(request: GuestRequest) -> object:
        return returned(request) if request.number == Number.TASK_RETURNED and request.fiber == 3 else plain(request)

    one.answer = answer  # type: ignore[assignment,method-assign]
    run = one.run()
    assert run.out == b"task 1\ntask 2\nend\n"
    assert [r.fiber for r in run.of(Number.TASK_RETURNED)] == [0, 3, 3, 2]


def test_an_interrupt_runs_on_fiber_1_and_the_task_goes_on(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        static volatile int seen;
        static int handler(uintptr_t argument) { seen = (int)argument; ask(PING, 1, 2, 3); printf("isr\\n"); return 77; }
        void app_main(void) { int before = 3; int got = (int)ask(INTERRUPT, (uintptr_t)handler, 5, 0);
            printf("%d %d %d\\n", got, seen, before); }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"isr\n77 5 3\n"
    assert [r.fiber for r in run.of(NUMBERS["ping"])] == [1]
    assert [(r.fiber, r.args[0] & 0xFFFFFFFF) for r in run.of(Number.ISR_RETURN)] == [(1, 77)]


def test_interrupts_nest_and_chain(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        static int inner(uintptr_t a) { printf("inner %d\\n", (int)a); return 1; }
        static int outer(uintptr_t a) { printf("outer %d\\n", (int)a); int r = (int)ask(LOOK, (uintptr_t)inner, 2, 0);
            printf("outer again %d\\n", r); return 2; }
        static int next(uintptr_t a) { printf("next %d\\n", (int)a); return 3; }
        void app_main(void) { printf("task %d\\n", (int)ask(INTERRUPT, (uintptr_t)outer, 1, (uintptr_t)next)); }
        """,
        word_bytes=word_bytes,
    )
    chain: list[tuple[int, int, int, tuple[int, int, int, int] | None]] = []

    def interrupt(request: GuestRequest) -> tuple[int, int, int, tuple[int, int, int, int]]:
        chain.append((RETURN, 2, 99, None))  # last: back to the task
        chain.append((CALL, 2, 0, (request.args[2], 3, 0, 0)))  # then the next handler
        chain.append((RETURN, 1, 50, None))  # first the nested one ends
        return CALL, 2, 0, (request.args[0], request.args[1], 0, 0)

    one.handlers[NUMBERS["interrupt"]] = interrupt
    one.handlers[NUMBERS["look"]] = lambda request: (CALL, 1, 0, (request.args[0], request.args[1], 0, 0))
    one.handlers[Number.ISR_RETURN] = lambda request: chain.pop()
    run = one.run()
    assert run.out == b"outer 1\ninner 2\nouter again 50\nnext 3\ntask 99\n"
    assert all(r.fiber == 1 for r in run.of(Number.ISR_RETURN))


def test_an_interrupt_lands_in_a_busy_loop(machine: Make, word_bytes: int) -> None:
    """The budget runs out between two accesses; what the handler stores ends the loop."""
    one = machine(
        """
        static volatile int flag;
        static void handler(uintptr_t value) { flag = (int)value; }
        void app_main(void) { ask(LOOK, (uintptr_t)handler, 0, 0); while (!flag) {} printf("%d\\n", flag); }
        """,
        word_bytes=word_bytes,
    )
    handler = 0

    def look(request: GuestRequest) -> tuple[int, int, int, None]:
        nonlocal handler
        handler = request.args[0]
        one.control.budget = one.control.budget_given = 1000
        return RETURN, 2, 0, None

    def tick(request: GuestRequest) -> tuple[int, int, int, tuple[int, int, int, int]]:
        assert -one.chip.timing.access_cycles <= one.control.budget < 0
        one.control.budget = one.control.budget_given = 1 << 40
        one.interrupted = 2
        return CALL, 2, 0, (handler, 6, 0, 0)

    one.handlers[NUMBERS["look"]] = look
    one.handlers[Number.TICK] = tick
    run = one.run()
    assert run.out == b"6\n"
    assert len(run.of(Number.TICK)) == 1
    assert Places(one.image).of_return(run.of(Number.TICK)[0].frames[0]).line == 4


def test_constructors_run_before_app_main_and_may_call(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        __attribute__((constructor)) static void early(void) { printf("early %d\\n", (int)ask(PING, 1, 2, 3)); free(malloc(4)); }
        void app_main(void) { puts("main"); }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"early 6\nmain\n"
    assert run.of(NUMBERS["ping"])[0].fiber == 0


def test_two_guests_live_side_by_side(machine: Make) -> None:
    one = machine('int v = 1; void app_main(void) { v += (int)ask(PING, 1, 2, 3); printf("%d", v); }')
    first = one.run()
    second = FakeMachine(one.chip, one.image)
    with_both = [second.run(), first]
    assert [run.out for run in with_both] == [b"7", b"7"]


# --- output -----------------------------------------------------------------------------------------------------------


def test_output_keeps_its_order_across_streams_and_functions(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        #include <unistd.h>
        void app_main(void) {
            printf("a%d", 1); fprintf(stderr, "b\\n"); putchar('c'); puts("d"); fputs("e", stdout); fputc('f', stdout);
            fwrite("gh", 1, 2, stdout); write(1, "i\\n", 2); write(2, "j", 1); printf("\\x1b[1mk\\x1b[0m");
            char text[8]; int n = snprintf(text, sizeof text, "%s-%d", "longer", 12345);
            printf("%s %d", text, n);
        }
        """,
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"a1b\ncd\nefghi\nj\x1b[1mk\x1b[0mlonger- 12"
    merged: list[tuple[int, bytes]] = []
    for stream, data in run.printed:
        if merged and merged[-1][0] == stream:
            merged[-1] = (stream, merged[-1][1] + data)
        else:
            merged.append((stream, data))
    assert merged == [(1, b"a1"), (2, b"b\n"), (1, b"cd\nefghi\n"), (2, b"j"), (1, b"\x1b[1mk\x1b[0mlonger- 12")]


def test_long_output_arrives_whole(machine: Make, word_bytes: int) -> None:
    one = machine(
        """
        void app_main(void) {
            static char big[200001]; memset(big, 'x', 200000); printf("%s\\n", big);
            for (int i = 0; i < 300; i++) { fprintf(i % 2 ? stdout : stderr, "%d,", i); }
        }
        """.replace("static char big[200001];", "char *big = (char *)0x48100000;"),
        word_bytes=word_bytes,
    )
    run = one.run()
    assert run.out == b"x" * 200000 + b"\n" + "".join(f"{i}," for i in range(300)).encode()


def test_printf_on_a_small_stack(machine: Make, word_bytes: int) -> None:
    """The formatting happens elsewhere: 2 KiB are enough, and nothing below the stack is touched."""
    one = machine(
        'void app_main(void) { char t[64]; printf("%s %f %lld\\n", "text", 1.5, 123456789012345LL); '
        'snprintf(t, sizeof t, "%.20f", 0.1); puts(t); }',
        word_bytes=word_bytes,
        stack_bytes=2048,
    )
    low = one.main_stack[0] - one.sram.spec.base
    guard = slice(low - 512, low)
    one.sram.cpu[guard] = 0xA5
    run = one.run()
    assert run.out == b"text 1.500000 123456789012345\n0.10000000000000000555\n"
    assert run.end is not None
    assert run.end.number == Number.TASK_RETURNED
    assert (one.sram.cpu[guard] == 0xA5).all()


@pytest.mark.parametrize("end", ["exit(3)", "abort()", "*(volatile int *)0 = 1"])
def test_an_unfinished_line_is_not_lost_at_the_end(machine: Make, end: str) -> None:
    run = machine(f'void app_main(void) {{ printf("no newline"); {end}; }}').run()
    assert run.out == b"no newline"
