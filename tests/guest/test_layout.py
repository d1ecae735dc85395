"""Both sides of the mailbox agree on the arena, in both guest widths."""

from __future__ import annotations

import ctypes
import subprocess
from pathlib import Path

import numpy as np
import pytest

from dmalab.guest import layout
from dmalab.guest.build import RUNTIME
from dmalab.guest.layout import Arena, Control, RegionSpec, Reply, Request

STRUCTS = {"region": layout.Region, "request": Request, "reply": Reply, "control": Control}


def test_the_c_structs_lie_as_the_python_ones(word_bytes: int, tmp_path: Path) -> None:
    lines = ["#include <stdio.h>", '#include "dl_shared.h"', "int main(void) {"]
    expected: list[str] = []
    for name, struct in STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof(struct dl_{name}));')
        expected.append(f"{name} {ctypes.sizeof(struct)}")
        for field, *_ in struct._fields_:
            place = getattr(struct, field)
            member = f"((struct dl_{name} *)0)->{field}"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof(struct dl_{name}, {field}), sizeof({member}));')
            expected.append(f"{name}.{field} {place.offset} {place.size}")
    lines.append('printf("provenance %zu\\n", sizeof(struct dl_provenance)); }')
    expected.append(f"provenance {layout.PROVENANCE.itemsize}")
    source, program = tmp_path / "offsets.c", tmp_path / "offsets"
    source.write_text("\n".join(lines))
    subprocess.run(["gcc", f"-m{word_bytes * 8}", f"-I{RUNTIME}", source, "-o", program], check=True)
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert said.splitlines() == expected


def test_the_constants_are_equal() -> None:
    header = (RUNTIME / "dl_shared.h").read_text()
    for name, value in {
        "DL_MAGIC = 0x424c4d44": layout.MAGIC == 0x424C4D44,
        f"DL_VERSION = {layout.VERSION},": True,
        f"DL_REGIONS = {layout.REGIONS},": True,
        f"DL_ARGS = {layout.ARGS},": True,
        f"DL_FRAMES = {layout.FRAMES},": True,
        f"DL_TOUCHED = {layout.TOUCHED},": True,
        f"DL_TEXT = {layout.TEXT},": True,
    }.items():
        assert name in header
        assert value


def test_planes_do_not_overlap() -> None:
    regions = [RegionSpec(base=0x1000, size=0x3000, cached=True, line_bytes=64), RegionSpec(base=0x8000, size=0x1000)]
    with Arena(regions) as arena:
        for value, planes in enumerate(arena.planes, 1):
            for index, name in enumerate(("cpu", "mem", "shadow", "lines", "places")):
                getattr(planes, name)[:] = value * 16 + index
        first, second = arena.planes
        assert (first.cpu == 16).all()
        assert (first.mem == 17).all()
        assert (first.lines == 19).all()
        assert len(first.lines) == 0x3000 // 64
        assert (second.cpu == 33).all()
        assert second.mem is second.cpu
        assert arena.control.magic == layout.MAGIC


def test_lines_of_one_size_lie_in_one_table() -> None:
    """A line's state is found by its address alone; what belongs to no region is nothing to look at."""
    regions = [
        RegionSpec(base=0x3F000000, size=0x3000, cached=True, line_bytes=64),
        RegionSpec(base=0x3F003000, size=0x2000, line_bytes=64),
        RegionSpec(base=0xFFFFF000, size=0x1000, line_bytes=64),
    ]
    with Arena(regions) as arena:
        for value, planes in enumerate(arena.planes, 1):
            planes.lines[:] = value
        table = np.frombuffer(arena.mmap, np.uint8, (1 << 32) // 64, arena.control.line_table)
        states = {address: int(table[address // 64]) for address in (0, 0x3F000000 - 1, 0x3F005000, 0xFFFFF000 - 1)}
        assert set(states.values()) == {0}
        for value, spec in enumerate(regions, 1):
            assert set(table[spec.base // 64 : (spec.base + spec.size) // 64].tolist()) == {value}
        for entry, spec in zip(arena.control.regions, regions, strict=False):
            assert entry.lines == arena.control.line_table + spec.base // 64


def test_lines_of_two_sizes_have_no_table() -> None:
    with Arena([RegionSpec(base=0x1000, size=0x3000, line_bytes=64), RegionSpec(base=0x8000, size=0x1000)]) as arena:
        assert arena.control.line_table == 0


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([RegionSpec(base=0x1000, size=0x1800)], "multiples of 4096"),
        ([RegionSpec(base=0x1000, size=0)], "multiples of 4096"),
        ([RegionSpec(base=0x1000, size=0x1000, line_bytes=48)], "power of two"),
        ([RegionSpec(base=0x1000, size=0x2000), RegionSpec(base=0x2000, size=0x1000)], "overlaps"),
        ([RegionSpec(base=0x1000, size=0x2000, alias_base=0x2000)], "overlaps"),
        ([RegionSpec(base=0xFFFFF000, size=0x2000)], "above 4 GiB"),
        ([RegionSpec(base=0x1000 * i, size=0x1000) for i in range(1, 40)], "an arena holds 32"),
    ],
)
def test_an_arena_that_cannot_be(regions: list[RegionSpec], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Arena(regions)
