"""Where the guest sees the states of lines, and the planes that stores mark: at addresses that compiled code can name.

A callback finds the planes through the window of its address; code that is compiled into the firmware has no time for that. So the
line table, and the `shadow` and `places` planes of the memory whose stores are marked, lie in one stretch that the chip leaves free.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.chips.model import Chip, Kind
from dmalab.core.planes import PLACE_SHIFT, common_line_bytes, line_bytes_of
from dmalab.guest.linking import NoRoom, host_bases, is_free

_MiB = 1 << 20
_FIRST, _LAST = 256 * _MiB, 1 << 31
"""Compiled code for 64 bits names addresses as signed 32-bit numbers."""
_GRAIN = 4096 << 2
"""A page of `places` stands for this many bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPlanes:
    """Addresses in the guest, of either width."""

    line_shift: int
    """log2 of the chip's cache line; the state of an address is the byte `line_table + (address >> line_shift)`."""
    line_table: int
    marked_low: int
    """Stores in `[marked_low, marked_high)` leave marks: it holds all cached memory that the core can write, and nothing else of the
    chip's data. Empty where all of a chip's writable memory is uncached."""
    marked_high: int
    shadow: int
    """Mark of the byte at `marked_low`; one byte per byte."""
    places: int
    """Place of the granule at `marked_low`; four bytes per granule."""

    def macros(self) -> dict[str, int]:
        """What the runtime must know of them."""
        names = {"DL_LINE_TABLE": self.line_table}
        if self.marked_high:
            names |= {
                "DL_MARKED_LOW": self.marked_low,
                "DL_MARKED_HIGH": self.marked_high,
                "DL_MARKED_SHADOW": self.shadow,
                "DL_MARKED_PLACES": self.places,
            }
        return names


def fixed_planes(chip: Chip) -> FixedPlanes | None:
    """The planes' addresses; None where lines differ in size, or the chip leaves no stretch free that is long enough."""
    data = [region for region in chip.regions if region.kind is not Kind.CODE]
    sizes = {line_bytes_of(chip, region) for region in data}
    if not common_line_bytes(chip) or len(sizes) != 1:
        return None
    table_bytes = (1 << 32) // min(sizes)
    marked = [region for region in data if region.line_bytes and not region.read_only]
    others = [region for region in data if region not in marked and not region.read_only]
    low = min((region.base for region in marked), default=0)
    high = max((region.base + region.size for region in marked), default=0)
    if any(region.base < high and low < region.base + region.size for region in others):
        return None
    if any(region.base % _GRAIN or (region.alias_base and low <= region.alias_base < high) for region in marked):
        return None
    shadow_bytes = high - low
    places_bytes = (high - low >> PLACE_SHIFT) * 4
    start = _free_stretch(chip, table_bytes + shadow_bytes + places_bytes)
    if start is None:
        return None
    return FixedPlanes(
        line_shift=min(sizes).bit_length() - 1,
        line_table=start,
        marked_low=low,
        marked_high=high,
        shadow=start + table_bytes,
        places=start + table_bytes + shadow_bytes,
    )


def _free_stretch(chip: Chip, size: int) -> int | None:
    try:
        host = host_bases(chip)
    except NoRoom:
        return None
    taken = [(base, base + 64 * _MiB) for base in host]
    for start in range(_FIRST, _LAST - size, _MiB):
        clear = all(start + size <= low or high <= start for low, high in taken)
        if clear and is_free(chip, start, size):
            return start
    return None
