"""The planes at fixed addresses: on every chip, with every size of line, they are clear of everything else."""

from __future__ import annotations

import itertools

import msgspec
import pytest

from dmalab import chips
from dmalab.chips.model import Chip, Kind
from dmalab.guest.fixed_planes import FixedPlanes, fixed_planes
from dmalab.guest.linking import host_bases

VARIANTS = [(name, {}) for name in chips.names()] + [
    ("esp32s2", {"cache_line": "16"}),
    ("esp32s3", {"cache_line": "16"}),
    ("esp32s3", {"cache_line": "64"}),
    ("esp32p4", {"revision": "1.0"}),
]


def stretches(planes: FixedPlanes) -> list[tuple[int, int]]:
    marked = planes.marked_high - planes.marked_low
    sizes = ((planes.line_table, 1 << (32 - planes.line_shift)), (planes.shadow, marked), (planes.places, marked // 4))
    return [(base, base + size) for base, size in sizes]


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_they_are_clear_of_one_another_of_the_chip_and_of_the_host(name: str, options: dict[str, str]) -> None:
    chip = chips.with_options(chips.load(name), options)
    planes = fixed_planes(chip)
    assert planes is not None
    taken = stretches(planes)
    for region in chip.regions:
        size = max(region.size, region.max_size)
        taken += [(base, base + size) for base in (region.base, region.alias_base) if base]
    taken += [(base, base + (16 << 20)) for base in host_bases(chip)]
    for (low, high), (other_low, other_high) in itertools.combinations(taken, 2):
        assert high <= other_low or other_high <= low
    assert all(high < 1 << 31 for _, high in stretches(planes)), "64-bit code names them as signed 32-bit numbers"
    assert all(low % 4096 == 0 for low, _ in stretches(planes))


@pytest.mark.parametrize(("name", "options"), VARIANTS, ids=str)
def test_what_is_marked_is_cached_memory_that_can_be_written(name: str, options: dict[str, str]) -> None:
    chip = chips.with_options(chips.load(name), options)
    planes = fixed_planes(chip)
    assert planes is not None
    for region in chip.regions:
        if region.kind is Kind.CODE or region.read_only:
            continue
        for address in (region.base, region.base + region.size - 1):
            is_marked = planes.marked_low <= address < planes.marked_high
            assert is_marked == (region.line_bytes > 0), region.name
        assert not region.line_bytes or 1 << planes.line_shift == region.line_bytes


def test_lines_of_two_sizes_have_none() -> None:
    assert fixed_planes(chips.with_options(chips.load("esp32p4"), {"cache_line": "128"})) is None


@pytest.fixture
def s3() -> Chip:
    return chips.load("esp32s3")


def moved(chip: Chip, name: str, **changes: int) -> Chip:
    regions = tuple(
        msgspec.structs.replace(region, **changes) if region.name == name else region for region in chip.regions
    )
    return msgspec.structs.replace(chip, regions=regions)


def test_uncached_memory_in_the_midst_of_marked_memory_rules_them_out(s3: Chip) -> None:
    psram = s3.region("psram")
    assert fixed_planes(moved(s3, "rtc_slow", base=psram.base + psram.size - 0x1000)) is None
    assert fixed_planes(moved(s3, "rtc_slow", base=psram.base + psram.size)) is not None


def test_marked_memory_begins_where_a_page_of_places_does(s3: Chip) -> None:
    assert fixed_planes(moved(s3, "psram", base=s3.region("psram").base + 0x1000)) is None
    assert fixed_planes(moved(s3, "psram", base=s3.region("psram").base + 0x4000)) is not None


def test_a_chip_that_fills_the_address_space_has_none(s3: Chip) -> None:
    assert fixed_planes(moved(s3, "irom", base=0x10000000, size=0x20000000)) is not None
    assert fixed_planes(moved(s3, "irom", base=0x10000000, size=0x2C000000)) is not None
    full = moved(moved(s3, "irom", base=0x10000000, size=0x2C000000), "rtc_fast", base=0x48000000, size=0x38000000)
    assert fixed_planes(full) is None
