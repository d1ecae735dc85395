"""The arrays behind a region, and where they live."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from dmalab.chips.model import Chip, Kind, Region

Bytes = npt.NDArray[np.uint8]

UNCACHED_LINE_BYTES = 32
"""Uncached regions are divided too, so that watches and poison cost nothing elsewhere."""
PLACE_SHIFT = 4
"""log2 of the bytes that share one place of the last store."""
STAMP = np.dtype([("place", "<u4"), ("task", "<u4"), ("time_ps", "<u8")])


def common_line_bytes(chip: Chip) -> int:
    """The size of line that all cached data regions of a chip share; 0 when theirs differ."""
    sizes = {region.line_bytes for region in chip.regions if region.line_bytes and region.kind is not Kind.CODE}
    return min(sizes, default=UNCACHED_LINE_BYTES) if len(sizes) < 2 else 0


def line_bytes_of(chip: Chip, region: Region) -> int:
    """How a region is divided: an uncached one like the cached ones, where those agree, so that the guest has one shift for all."""
    return region.line_bytes or common_line_bytes(chip) or UNCACHED_LINE_BYTES


class Planes(Protocol):
    """Where the arrays of the regions live: private to Python, or in memory shared with the guest."""

    def plane(self, region: int, name: str, size: int) -> Bytes:
        """The zeroed bytes of plane `name` of region number `region`."""
        ...


class PrivatePlanes:
    """Planes nobody shares; untouched pages cost nothing."""

    def plane(self, region: int, name: str, size: int) -> Bytes:
        """A fresh zeroed array."""
        return np.zeros(size, dtype=np.uint8)


def plane_sizes(size: int, line_shift: int, *, cached: bool) -> dict[str, int]:
    """Bytes of each plane of a region; `mem` is missing where the CPU view serves for both."""
    lines = size >> line_shift
    sizes = {"cpu": size}
    if cached:
        sizes["mem"] = size
    return sizes | {
        "shadow": size,
        "lines": lines,
        "places": (size >> PLACE_SHIFT) * 4,
        "filled": lines * STAMP.itemsize,
        "dirtied": lines * STAMP.itemsize,
    }
