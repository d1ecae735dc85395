"""Firmware with looks in line behaves as the same firmware with calls, in all that anybody can see: states, marks, places, time."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dmalab import chips
from dmalab.chips.model import Chip, Kind
from dmalab.guest.build import build
from dmalab.guest.fixed_planes import fixed_planes
from dmalab.guest.image import Image
from dmalab.guest.places import CodePlace, Places
from dmalab.guest.process import RETURN, GuestRequest, Number
from dmalab.options import Options
from dmalab.report.json import to_json
from dmalab.runner import build_firmware, run_image

from .fake import HEADER, NUMBERS, PRELUDE, FakeMachine, Run
from .test_instrumentation import all_stores

Make = Callable[..., FakeMachine]
PSRAM = 0x48100000
EXAMPLES = Path(__file__).parents[2] / "examples"


@contextmanager
def calls_only() -> Iterator[None]:
    """Build with the compiler's callbacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dmalab.guest.build.fast_path_of", lambda *_: None)
        yield


@pytest.fixture
def twins(machine: Make) -> Callable[..., tuple[FakeMachine, FakeMachine]]:
    """The same firmware both ways: with looks in line, with calls."""

    def make(source: str, **options: Any) -> tuple[FakeMachine, FakeMachine]:
        inline = machine(source, **options)
        with calls_only():
            called = machine(source, **options)
        assert inline.image.path != called.image.path
        return inline, called

    return make


def code_of(places: Places, numbers: np.ndarray[Any, Any]) -> list[CodePlace]:
    return [places.of_return(int(number)) for number in numbers]


def assert_same_planes(inline: FakeMachine, called: FakeMachine) -> None:
    """States, marks and provenance are equal, and every place is the same line of source."""
    mine, theirs = Places(inline.image), Places(called.image)
    for one, other in zip(inline.arena.planes, called.arena.planes, strict=True):
        assert (one.shadow == other.shadow).all()
        assert (one.lines == other.lines).all()
        noted = np.flatnonzero((one.places | other.places) != 0)
        assert code_of(mine, one.places[noted]) == code_of(theirs, other.places[noted])
        for plane in ("filled", "dirtied"):
            records, others = getattr(one, plane), getattr(other, plane)
            noted = np.flatnonzero((records["place"] | others["place"]) != 0)
            assert code_of(mine, records["place"][noted]) == code_of(theirs, others["place"][noted])
            assert (records["task"] == others["task"])[noted].all()


def answers(run: Run) -> list[tuple[int, list[int]]]:
    """What was asked, but for boot's own arguments, which are addresses."""
    return [(request.number, request.args) for request in run.log if request.number != Number.BOOT]


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2", "-Os"])
def test_every_pattern_of_access_leaves_the_same_behind(
    twins: Callable[..., tuple[FakeMachine, FakeMachine]], word_bytes: int, level: str
) -> None:
    inline, called = twins(all_stores(), cflags=[level], word_bytes=word_bytes)
    assert answers(inline.run()) == answers(called.run())
    assert_same_planes(inline, called)
    assert inline.control.budget == called.control.budget


def test_firmware_runs_on_the_memory_that_it_was_built_for(
    cache_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stores in memory that the build did not know would leave no marks."""
    source = tmp_path / "main.c"
    source.write_text(PRELUDE + "void app_main(void) {}")
    chip = chips.load("esp32s3")
    image = build([source], chip=chip, api="none", calls_header=HEADER, cache_dir=cache_dir)
    one = FakeMachine(chips.with_psram(chip, 16 << 20), image)
    run = one.run()
    one.arena.close()
    assert run.end is not None
    assert (run.end.number, run.end.args) == (Number.EXIT, [125])
    assert (
        capfd.readouterr().err
        == "dmalab guest: cached memory elsewhere than the firmware was built for: Protocol error\n"
    )


@pytest.mark.parametrize(
    "access", ["*(volatile int *)WILD = 1", "*(volatile char *)WILD = 1", "(void)*(volatile int *)WILD"]
)
def test_a_wild_access_faults_where_it_is_made(machine: Make, word_bytes: int, access: str) -> None:
    """Between two regions whose stores are marked: the fault is the access's own, not that of its mark."""
    one = machine("#define WILD 0x4c000000\nvoid app_main(void) {\n  " + access + ";\n}", word_bytes=word_bytes)
    planes = fixed_planes(one.chip)
    assert planes is not None
    assert planes.marked_low < 0x4C000000 < planes.marked_high
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.FAULT
    signal_number, address, place = run.end.args
    assert (signal_number, address) == (signal.SIGSEGV, 0x4C000000)
    assert Places(one.image).of(place).line == 3


# --- time ---------------------------------------------------------------------------------------------------------------


def test_a_stretch_is_paid_for_at_its_first_access(machine: Make, word_bytes: int) -> None:
    """Then the time is ahead by the other accesses; behind the last it is right."""
    one = machine(
        "volatile int a, b, c; void g(void) { c = 1; }\n"
        "void app_main(void)\n{\n  a = b = c = 0; ask(LOOK, 0, 0, 0);\n  a = 1;\n  b = 2;\n  c = 3;\n  g();\n}",
        word_bytes=word_bytes,
    )
    cost, call = one.chip.timing.access_cycles, one.chip.timing.call_cycles
    ticks: list[tuple[int, list[CodePlace]]] = []

    def give(request: GuestRequest) -> tuple[int, int, int, None]:
        if request.number == Number.TICK:
            ticks.append((one.control.budget, code_of(Places(one.image), np.array(request.frames))))
        one.control.budget = one.control.budget_given = cost - 1 if request.number != Number.TICK else call - 1
        return RETURN, request.fiber, 0, None

    one.handlers = {NUMBERS["look"]: give, Number.TICK: give}
    one.run()
    (spent, frames), (at_call, inside) = ticks[:2]
    assert spent == cost - 1 - 3 * cost
    assert [(frame.function, frame.line) for frame in frames] == [("app_main", 5)]
    assert at_call == -1
    assert [frame.function for frame in inside] == ["g", "app_main"]


# --- lines of source ----------------------------------------------------------------------------------------------------

MANY_LINES = """
struct s { int a, b; char c; } x, *p = &x;
int sum(int n)
{
    int s = 0;
    for (int i = 0;
         i < n;
         i++)
    {
        s +=
            p->a;
        p->b = s;
        p->c
            = (char)
              s;
    }
    return s;
}
void app_main(void)
{
    sum(3);
    sum(
        4
    );
}
"""


def statements(image: Image) -> set[int]:
    """Lines where a debugger can stop: statements of the line table that have code."""
    text = subprocess.run(
        ["objdump", "--dwarf=decodedline", image.path], check=True, capture_output=True, text=True
    ).stdout
    rows = [
        (int(match[2], 16), int(match[1]), bool(match[3]))
        for match in re.finditer(r"^main\.c +(\d+) +(0x\w+)(?: +\d+)?( +x)?$", text, re.MULTILINE)
    ]
    code = [row for row, after in zip(rows, [*rows[1:], (-1, 0, False)], strict=True) if row[0] != after[0]]
    return {line for _, line, is_statement in code if is_statement}


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2"])
def test_a_debugger_can_stop_at_the_same_lines(machine: Make, word_bytes: int, level: str) -> None:
    inline = machine(MANY_LINES, cflags=[level], word_bytes=word_bytes)
    with calls_only():
        called = machine(MANY_LINES, cflags=[level], word_bytes=word_bytes)
    assert len(statements(called.image)) > 5
    assert statements(inline.image) == statements(called.image)


def test_looks_belong_to_their_function(machine: Make, word_bytes: int) -> None:
    """The ways out too: a fault there, or a sample, has a name."""
    one = machine(MANY_LINES, word_bytes=word_bytes)
    text = subprocess.run(["objdump", "-d", one.image.path], check=True, capture_output=True, text=True).stdout
    jumps = [int(match[1], 16) for match in re.finditer(r"^\s*(\w+):.*jmp .*<dl_look_", text, re.MULTILINE)]
    names = {symbol.name for at in jumps if (symbol := one.image.symbol_at(at))}
    assert names == {"sum"}
    assert len(jumps) > 3


def test_a_debugger_that_steps_through_a_way_out_knows_the_frame(machine: Make, word_bytes: int) -> None:
    """Else it takes the jump into the runtime for the function's end, and goes in."""
    one = machine(MANY_LINES, word_bytes=word_bytes)
    sum_, frame = one.image.symbol("sum"), "ebp+8" if word_bytes == 4 else "rbp+16"
    assert sum_ is not None
    text = subprocess.run(["readelf", "-wF", one.image.path], check=True, capture_output=True, text=True).stdout
    (table,) = re.findall(rf"FDE cie=\w+ pc=0*{sum_.address:x}\.\..*\n.*\n((?:[0-9a-f]+ .*\n)+)", text)
    frames = [row.split()[1] for row in table.splitlines()]
    assert frames[-1] == frame
    assert frames[-2] != frame, "behind ret"


# --- findings -----------------------------------------------------------------------------------------------------------


def report_of(source: Path, chip: str, word_bytes: int) -> dict[str, Any]:
    """The JSON report, without when things happened: accesses that are paid for together shift that by their cycles."""
    options = Options(sources=(source,), quiet=True)
    loaded = chips.load(chip)
    image = build_firmware(options, loaded, word_bytes=word_bytes)
    text = to_json([run_image(options, loaded, image)])
    return json.loads(re.sub(r'"time_ns": \d+', '"time_ns": 0', text))  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "example", ["psram_frame", "shared_line", "in_flight_store", "dead_stack", "overrun", "stale_read"]
)
@pytest.mark.parametrize("chip_name", ["esp32s3", "esp32p4"])
def test_examples_are_reported_alike(
    example: str, chip_name: str, word_bytes: int, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_dir))
    source = EXAMPLES / example / "bug.c"
    inline = report_of(source, chip_name, word_bytes)
    with calls_only():
        called = report_of(source, chip_name, word_bytes)
    assert inline["findings"]
    assert inline == called


# --- random accesses on random states -------------------------------------------------------------------------------

SIZES = (1, 2, 4, 8)
KINDS = ("load", "store", "update", "copy", "index")
STEPPED = r"""
#include <sys/mman.h>
#define PLAIN __attribute__((no_sanitize("thread")))
#define OPS(bits) \
    static uint64_t load##bits(volatile uint##bits##_t *p) { return *p; } \
    static uint64_t store##bits(volatile uint##bits##_t *p) { *p = 1; return 0; } \
    static uint64_t update##bits(volatile uint##bits##_t *p) { *p += 3; return 0; } \
    static uint64_t copy##bits(volatile uint##bits##_t *p) { p[1] = p[0]; p[9] = p[1]; return 0; } \
    static uint64_t index##bits(uintptr_t p) { uint##bits##_t *low = (uint##bits##_t *)(p & ~(uintptr_t)0xff); unsigned i = (p & 0xff) / sizeof *low; \
        low[i + 2] += low[i]; low[i ^ 1] = low[low[i] & 7]; return low[i + 1]; }
OPS(8) OPS(16) OPS(32) OPS(64)
#define ALL(bits) load##bits, store##bits, update##bits, copy##bits, (uint64_t (*)())index##bits
static uint64_t (*const ops[])() = {ALL(8), ALL(16), ALL(32), ALL(64)};
struct step { uint32_t op, is_far, address; };
PLAIN void app_main(void)
{
    const struct step *step = (const struct step *)STEPS;
    if (sizeof(void *) == 8) /* host memory whose low half is an address of the chip */
        mmap((void *)((UINT64_C(0x7e) << 32) | HOST), 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    void *host = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (; step->op; step++) {
        uintptr_t address = step->address;
        if (step->is_far)
            address = sizeof(void *) == 8 ? (uintptr_t)(UINT64_C(0x7e) << 32) | address : (uintptr_t)host + (address & 0xfffff);
        ops[step->op - 1]((void *)address);
    }
}
"""


def steps_for(one: FakeMachine, seed: int) -> np.ndarray[Any, np.dtype[np.uint32]]:
    """A program, and the states it meets: both views, lines and shadow of the first KiB that it touches in each region."""
    draw = np.random.default_rng(seed)
    bases = []
    for planes in one.arena.planes:
        spec = planes.spec
        if spec.read_only or planes is one.uncached:
            continue
        base = spec.base + (spec.size // 2 if planes is one.psram else spec.size - 0x1000)
        bases.append(base)
        if spec.alias_base:
            bases.append(base - spec.base + spec.alias_base)
        lines = slice((base - spec.base) // spec.line_bytes, (base - spec.base + 0x1000) // spec.line_bytes)
        count = lines.stop - lines.start
        if spec.cached:
            plain = draw.choice([0, 2, 3, 64, 128], count)
            special = draw.choice([4, 8, 16, 32], count) * (draw.random(count) < 0.3)
            planes.lines[lines] = plain | special
        else:
            planes.lines[lines] = draw.choice([8, 16, 32], count) * (draw.random(count) < 0.3)
        marks = draw.choice([0, 1, 2, 16], 0x1000, p=[0.7, 0.1, 0.1, 0.1])
        planes.shadow[base - spec.base :][:0x1000] = marks
    host = one.psram.spec.base + one.psram.spec.size // 2
    steps = np.zeros((341, 3), dtype=np.uint32)
    for step in steps[:-1]:
        size = int(draw.integers(len(SIZES)))
        is_far = draw.random() < 0.1
        offset = int(draw.integers(0x400)) if draw.random() < 0.2 else int(draw.integers(0x400)) & -SIZES[size]
        step[:] = (
            1 + size * len(KINDS) + draw.integers(len(KINDS)),
            is_far,
            (host if is_far else draw.choice(bases)) + offset,
        )
    return steps


@pytest.fixture(params=["esp32p4", "esp32s3"])
def any_chip(request: pytest.FixtureRequest) -> Chip:
    """Marks stand in line on the first, and behind the function on the other."""
    return chips.load(request.param)


@pytest.fixture(params=["-Og", "-O2"])
def level(request: pytest.FixtureRequest) -> str:
    """Of optimisation."""
    return str(request.param)


@pytest.fixture
def stepped(any_chip: Chip, cache_dir: Path, tmp_path: Path, word_bytes: int, level: str) -> tuple[Image, Image]:
    source = tmp_path / "steps.c"
    source.write_text(PRELUDE + STEPPED)
    scratch = next(region for region in any_chip.regions if not region.line_bytes and region.kind is not Kind.CODE)
    psram = any_chip.region("psram")
    defines = [f"STEPS={scratch.base + scratch.size // 2:#x}", f"HOST={psram.base + psram.size // 2:#x}"]

    def made() -> Image:
        return build(
            [source],
            chip=any_chip,
            api="none",
            calls_header=HEADER,
            cache_dir=cache_dir,
            word_bytes=word_bytes,
            defines=defines,
            cflags=[level],
        )

    inline = made()
    with calls_only():
        return inline, made()


def test_random_accesses_on_random_states(any_chip: Chip, stepped: tuple[Image, Image]) -> None:
    for seed in range(6):
        twins = [FakeMachine(any_chip, image) for image in stepped]
        runs = []
        spent = []
        for one in twins:
            steps = steps_for(one, seed)
            one.uncached.cpu[one.uncached.spec.size // 2 :][: steps.nbytes] = np.frombuffer(steps.tobytes(), np.uint8)
            ticks = refill(one, 50)
            runs.append(one.run())
            spent.append(ticks())
        inline, called = runs
        assert inline.end is not None
        assert inline.end.number == Number.TASK_RETURNED
        assert asked(inline) == asked(called)
        assert len(inline.of(Number.ACCESS)) > 50
        assert spent[0] == spent[1]
        assert_same_planes(*twins)
        for one in twins:
            one.arena.close()


def asked(run: Run) -> list[list[int]]:
    return [request.args for request in run.of(Number.ACCESS)]


def refill(one: FakeMachine, cycles: int) -> Callable[[], int]:
    """Give time in small pieces; tells how much was used in the end."""
    given = one.control.budget = one.control.budget_given = cycles
    total = 0

    def tick(request: GuestRequest) -> tuple[int, int, int, None]:
        nonlocal total
        total += given - one.control.budget
        one.control.budget = one.control.budget_given = given
        return RETURN, request.fiber, 0, None

    one.handlers[Number.TICK] = tick
    return lambda: total + given - one.control.budget
