"""How regions are divided into lines."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dmalab import chips
from dmalab.chips.model import Kind
from dmalab.core.planes import UNCACHED_LINE_BYTES, common_line_bytes, line_bytes_of


@dataclass(frozen=True)
class FakeRegion:
    line_bytes: int
    kind: Kind = Kind.SRAM


@dataclass(frozen=True)
class FakeChip:
    regions: tuple[FakeRegion, ...]


@pytest.mark.parametrize(
    ("lines", "common", "uncached"),
    [
        ((0, 0), UNCACHED_LINE_BYTES, UNCACHED_LINE_BYTES),
        ((0, 64), 64, 64),
        ((64, 0, 64), 64, 64),
        ((64, 128, 0), 0, UNCACHED_LINE_BYTES),
    ],
)
def test_uncached_regions_follow_the_cached_ones_where_those_agree(
    lines: tuple[int, ...], common: int, uncached: int
) -> None:
    chip = FakeChip(tuple(FakeRegion(size) for size in lines))
    assert common_line_bytes(chip) == common  # type: ignore[arg-type]
    for region in chip.regions:
        assert line_bytes_of(chip, region) == (region.line_bytes or uncached)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", chips.names())
def test_every_chip_as_it_is_sold_has_lines_of_one_size(name: str) -> None:
    assert common_line_bytes(chips.load(name)) in (32, 64)
