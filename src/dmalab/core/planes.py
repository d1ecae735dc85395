"""The arrays behind a region, and where they live."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

UNCACHED_LINE_SHIFT = 5
"""Uncached regions are divided too, so that watches and poison cost nothing elsewhere."""
PLACE_SHIFT = 4
"""log2 of the bytes that share one place of the last store."""
STAMP = np.dtype([("place", "<u4"), ("task", "<u4"), ("time_ps", "<u8")])


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
