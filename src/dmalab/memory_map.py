"""A chip's memory drawn to scale in the terminal.

Two drawings: the whole address space, a row per region with its true length and the gaps between them, and each internal RAM enlarged,
a row per part with its true place. Lengths are linear; an eighth of a character is the smallest step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dmalab.chips.model import Chip, Kind, Region

CELLS = 40
"""Characters of the longest bar."""

_SCALES = tuple(1 << power for power in range(6, 32))
"""Bytes a character may stand for: powers of two, so that the caption is a round number."""
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_RIGHT = " ▕▕▐▐▐██"


@dataclass(frozen=True, slots=True)
class Part:
    """What lies in one piece of a region."""

    low: int
    high: int
    name: str


def size_text(size: int) -> str:
    """Bytes as people say them: `8 MiB`, `480 KiB`, `37.5 KiB`, `96 bytes`; of more than 10 MiB tenths at most."""
    for scale, unit, most in ((1 << 20, "MiB", 1 << 32), (1 << 10, "KiB", 10 << 20)):
        if scale <= size <= most and size % scale == 0:
            return f"{size // scale} {unit}"
    if size >= 10 << 20:
        return f"{size / (1 << 20):.1f} MiB".replace(".0 ", " ")
    return f"{size / 1024:.1f} KiB" if size >= 1 << 10 else f"{size} bytes"


def address_space(chip: Chip, *, plain: bool = False) -> tuple[int, list[tuple[str, str, Region | None]]]:
    """The regions in order of address.

    Args:
        chip: Whose memory.
        plain: Draw with `#` only, for terminals without block characters.
    Returns:
        Bytes per character, and rows of address, bar and region; a gap has its size for a bar and no region.
    """
    regions = sorted(chip.regions, key=lambda region: region.base)
    scale = _scale(max(region.size for region in regions))
    rows: list[tuple[str, str, Region | None]] = []
    end: int | None = None
    for region in regions:
        if end is not None and region.base > end:
            rows.append(("", f"{':' if plain else '⋮'} {size_text(region.base - end)}", None))
        rows.append((f"{region.base:#010x}", _bar(0, region.size, scale, plain), region))
        end = max(end or 0, region.base + region.size)
    return scale, rows


def inside(chip: Chip, region: Region, *, plain: bool = False) -> tuple[int, list[tuple[str, str, Part]]]:
    """The parts of one region, each drawn where it lies: static data, heaps, and what is left.

    Returns:
        Bytes per character, and rows of address, bar and part.
    """
    scale = _scale(region.size)
    rows = [
        (f"{part.low:#010x}", _bar(part.low - region.base, part.high - part.low, scale, plain), part)
        for part in _parts(chip, region)
    ]
    return scale, rows


def internal_regions(chip: Chip) -> list[Region]:
    """Regions worth enlarging: internal memory that holds static data or a heap."""
    return [
        region
        for region in sorted(chip.regions, key=lambda region: region.base)
        if region.kind in (Kind.SRAM, Kind.SPM) and len(_parts(chip, region)) > 1
    ]


def _parts(chip: Chip, region: Region) -> list[Part]:
    place = chip.firmware
    used = [
        Part(heap.low, heap.high, "heap " + " / ".join(" ".join(caps) or "-" for caps in heap.caps))
        for heap in chip.heaps
        if heap.region == region.name
    ]
    if region.base <= place.data < region.base + region.size:
        used.append(Part(place.data, place.data + place.data_size, "static data"))
    used.sort(key=lambda part: part.low)
    return list(_with_rest(used, region))


def _with_rest(used: Sequence[Part], region: Region) -> Iterator[Part]:
    at = region.base
    for part in used:
        if part.low > at:
            yield Part(at, part.low, "not used")
        yield part
        at = part.high
    if at < region.base + region.size:
        yield Part(at, region.base + region.size, "not used")


def _scale(size: int) -> int:
    return next(scale for scale in _SCALES if size <= scale * CELLS)


def _bar(start: int, size: int, scale: int, plain: bool) -> str:
    """Blanks up to `start`, then `size` bytes; what is there is never invisible."""
    eighth = max(scale // 8, 1)
    low, high = round(start / eighth), round((start + size) / eighth)
    high = max(high, low + 1)
    if plain:
        first, last = low // 8, max(-(-high // 8), low // 8 + 1)
        return " " * first + "#" * (last - first)
    cells = []
    for cell in range(low // 8, -(-high // 8)):
        left, right = max(low - 8 * cell, 0), min(high - 8 * cell, 8)
        # Blocks that stand at the right edge come in two widths only.
        cells.append(_EIGHTHS[right - left] if right < 8 or not left else _RIGHT[right - left])
    return " " * (low // 8) + "".join(cells)
