"""The compiler hides no access from us, at any optimisation level.

Oracle: the chip's RAM here is cached, and nothing ever writes a line back. So every byte in which the two views differ was stored by the
firmware, and must be marked, in a line that is neither absent nor clean. And a line of which the firmware used a byte must be present.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dmalab.guest.process import Number

from .fake import FakeMachine

Make = Callable[..., FakeMachine]

_BLOCKS = re.split(r"/\* --- (\w+): (.*) --- \*/\n", (Path(__file__).parent / "patterns.c").read_text())[1:]
PATTERNS: dict[str, dict[str, str]] = {}
for _kind, _name, _code in zip(_BLOCKS[::3], _BLOCKS[1::3], _BLOCKS[2::3], strict=True):
    PATTERNS.setdefault(_kind, {})[_name] = _code

_KEPT = frozenset(
    [
        "alignas",
        "asm",
        "auto",
        "break",
        "case",
        "char",
        "const",
        "continue",
        "default",
        "do",
        "double",
        "else",
        "enum",
        "extern",
        "float",
        "for",
        "goto",
        "if",
        "inline",
        "int",
        "long",
        "packed",
        "register",
        "restrict",
        "return",
        "short",
        "signed",
        "sizeof",
        "static",
        "struct",
        "switch",
        "typedef",
        "union",
        "unsigned",
        "void",
        "volatile",
        "while",
        "aligned",
        "always_inline",
        "vector_size",
        "attribute",
        "pushsection",
        "popsection",
        "globl",
        "balign",
        "skip",
        "nobits",
        "aw",
        "ext_ram",
        "bss",
        "sink",
    ]
)
_LIBRARY = re.compile(r"_|mem\w+$|str\w+$|u?int\d+_t$|L+$")


def alone(code: str, number: int) -> str:
    """The pattern as part of a bigger file: each of its names, and `app_main`, gets its number."""
    names = set(re.findall(r"(?<![\w\"'%.0-9])[A-Za-z_]\w*", re.sub(r'"(\\.|[^"\\])*"|0x\w+', "", code)))
    mine = sorted(name for name in names if name not in _KEPT and not _LIBRARY.match(name))
    return (
        "".join(f"#define {name} {name}_{number}\n" for name in mine)
        + code
        + "".join(f"#undef {name}\n" for name in mine)
    )


def all_stores() -> str:
    patterns = PATTERNS["stores"].values()
    calls = " ".join(f"app_main_{number}();" for number in range(len(patterns)))
    return (
        "volatile int sink;\n"
        + "".join(alone(code, number) for number, code in enumerate(patterns))
        + f"void app_main(void) {{ {calls} }}\n"
    )


def unseen_stores(one: FakeMachine) -> list[str]:
    """Stores without a mark, as the names of the variables they hit. The processor's own pushes onto stacks have no callback."""
    found: list[str] = []
    for planes in (one.sram, one.psram):
        stored = np.flatnonzero(planes.cpu != planes.mem)
        if planes is one.sram:
            stored = stored[stored < min(one.main_stack[0], one.isr_stack[0]) - planes.spec.base]
        wrong = (planes.shadow[stored] != 1) | (planes.lines[stored // planes.spec.line_bytes] != 0)
        for at in stored[wrong]:
            symbol = one.image.symbol_at(planes.spec.base + int(at))
            found.append(symbol.name if symbol else hex(planes.spec.base + int(at)))
    return found


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O1", "-O2", "-O3", "-Os"])
def test_every_store_is_seen(machine: Make, word_bytes: int, level: str) -> None:
    one = machine(all_stores(), cflags=[level], word_bytes=word_bytes)
    run = one.run()
    assert run.end is not None
    assert run.end.number == Number.TASK_RETURNED
    names = list(PATTERNS["stores"])
    unseen = {f"{names[int(symbol.split('.')[0].rsplit('_')[-1])]}: {symbol}" for symbol in unseen_stores(one)}
    assert unseen == set()


def test_every_pattern_stores_something(machine: Make) -> None:
    """Else the test above would prove nothing about it."""
    one = machine(all_stores(), cflags=["-O2"])
    one.run()
    stored = np.flatnonzero(one.sram.shadow) + one.sram.spec.base
    symbols = {symbol.name for address in stored if (symbol := one.image.symbol_at(int(address)))}
    numbers = {int(match[1]) for name in symbols if (match := re.search(r"_(\d+)", name))}
    stack_only = {"buffer on the stack"}
    quiet = {name for number, name in enumerate(PATTERNS["stores"]) if number not in numbers}
    assert quiet == stack_only


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2"])
@pytest.mark.parametrize("pattern", PATTERNS["gaps"])
def test_the_known_gap_shows_in_the_views(machine: Make, pattern: str, level: str) -> None:
    """GCC has no callback for a structure that a call returns straight into memory. The machine finds it by comparing the views."""
    one = machine("volatile int sink;\n" + PATTERNS["gaps"][pattern], cflags=[level])
    one.run()
    assert set(unseen_stores(one)) == {"x"}, "the gap is closed: move the pattern up"


@pytest.mark.parametrize("level", ["-O0", "-Og", "-O2", "-O3"])
@pytest.mark.parametrize("pattern", PATTERNS["loads"])
def test_loads_fill_their_lines(machine: Make, pattern: str, level: str) -> None:
    """`a` is an object of its own in PSRAM; each pattern uses its first and its last bytes."""
    source = (
        "volatile int sink;\n" + PATTERNS["loads"][pattern] + "\n"
        '__asm__(".pushsection .ext_ram.bss,\\"aw\\",@nobits\\n.globl a\\n.balign 256\\na: .skip 256\\n.popsection");\n'
    )
    one = machine(source, cflags=[level])
    one.run()
    assert unseen_stores(one) == []
    size = one.psram.spec.line_bytes
    first = (one.chip.firmware.psram_bss - one.psram.spec.base) // size
    lines = one.psram.lines[first : first + 256 // size]
    assert lines[0] & 1 == 0
    assert lines[-1] & 1 == 0
