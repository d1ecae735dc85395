"""One region of the address space: two views, and a shadow that knows how they differ.

The *CPU view* is what the core's load returns, the *memory view* what a DMA engine reads and writes. Uncached regions have one array for
both. The shadow has a byte of state per byte of memory and a byte of state per cache line.

Invariants, asserted by `Region.check`:
(1) for an absent line both views hold the same bytes (unless a store nobody saw is still to be found by `Memory.reconcile`);
(2) only a dirty line has CPU_NEWER bytes, only a present line has MEM_NEWER bytes, no byte has both;
(3) the W_ bits of a line sum up the shadow of its bytes; W_READ and W_WRITE sum up the claims on it;
(4) a line of an uncached region is neither absent nor clean, and none of its bytes is newer on one side.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from dmalab.chips.model import Kind
from dmalab.chips.model import Region as RegionFacts

Bytes = npt.NDArray[np.uint8]

# Shadow, per byte.
CPU_NEWER = 1
"""The core stored it; memory has an older value."""
MEM_NEWER = 2
"""An engine wrote it; the cache line that the core sees has an older value."""
POISON = 16
"""Not the firmware's to touch: free heap, guard bytes, freed blocks."""
DISCARDED = 32
"""The core's last store here was dropped by an invalidate, and nobody has written it since."""
UNDELIVERED = 64
"""The destination of a refused request, not written since."""

# State, per line. Inverted where needed so that 0 means: nothing to look at.
ABSENT = 1
CLEAN = 2
W_NEWER = 4
"""Some byte is MEM_NEWER, DISCARDED or UNDELIVERED."""
W_READ = 8
"""Some byte belongs to a request that reads it."""
W_WRITE = 16
"""Some byte belongs to a request that will write it."""
W_POISON = 32
"""Some byte is POISON."""

STATE = ABSENT | CLEAN
LOAD_ATTENTION = ABSENT | W_NEWER | W_WRITE | W_POISON
STORE_ATTENTION = ABSENT | CLEAN | W_READ | W_WRITE | W_POISON | W_NEWER

UNCACHED_LINE_SHIFT = 5
"""Uncached regions are divided too, so that watches and poison cost nothing elsewhere."""
PLACE_SHIFT = 4
"""log2 of the bytes that share one place of the last store."""

STAMP = np.dtype([("place", "<u4"), ("task", "<u4"), ("time_ps", "<u8")])

# What the W_ bits of a line are for each combination of shadow bits of its bytes.
_SUMMARY = np.array(
    [
        (W_NEWER if bits & (MEM_NEWER | DISCARDED | UNDELIVERED) else 0) | (W_POISON if bits & POISON else 0)
        for bits in range(256)
    ],
    dtype=np.uint8,
)
_SUMMARY_LIST: list[int] = _SUMMARY.tolist()
_SUMMARISED = W_NEWER | W_POISON


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


class Region:
    """One region and its planes. Offsets are bytes from `base`."""

    def __init__(self, index: int, facts: RegionFacts, planes: Planes) -> None:
        self.index = index
        self.facts = facts
        self.name = facts.name
        self.kind: Kind = facts.kind
        self.base = facts.base
        self.size = facts.size
        self.end = facts.base + facts.size
        self.alias_base = facts.alias_base
        self.cached = facts.line_bytes > 0
        self.line_shift = facts.line_bytes.bit_length() - 1 if self.cached else UNCACHED_LINE_SHIFT
        self.line_bytes = 1 << self.line_shift
        sizes = plane_sizes(self.size, self.line_shift, cached=self.cached)
        arrays = {name: planes.plane(index, name, size) for name, size in sizes.items()}
        self.cpu = arrays["cpu"]
        self.mem = arrays.get("mem", self.cpu)
        self.shadow = arrays["shadow"]
        self.lines = arrays["lines"]
        self.places = arrays["places"].view(np.uint32)
        self.filled = arrays["filled"].view(STAMP)
        self.dirtied = arrays["dirtied"].view(STAMP)
        if self.cached:
            self.lines[:] = STATE

    # Most accesses concern a single line, where a Python int is ten times as fast as an array of one.

    def flags(self, first: int, last: int) -> int:
        """All bits that any of the lines `[first, last)` has."""
        if last - first == 1:
            return self.lines.item(first)
        return int(np.bitwise_or.reduce(self.lines[first:last]))

    def has_dirty(self, first: int, last: int) -> bool:
        """Whether any of the lines is dirty; in an uncached region all count as dirty."""
        if last - first == 1:
            return not self.lines.item(first) & STATE
        return bool(((self.lines[first:last] & STATE) == 0).any())

    def all_absent(self, first: int, last: int) -> bool:
        """Whether none of the lines is present."""
        if last - first == 1:
            return bool(self.lines.item(first) & ABSENT)
        return bool((self.lines[first:last] & ABSENT).all())

    def summarise(self, first: int, last: int) -> None:
        """Recompute the W_NEWER and W_POISON bits of lines `[first, last)` from their bytes."""
        shift = self.line_shift
        if last - first == 1:
            line = int(self.lines[first]) & (0xFF ^ _SUMMARISED)
            bits_of_line = int(np.bitwise_or.reduce(self.shadow[first << shift : last << shift]))
            self.lines[first] = line | _SUMMARY_LIST[bits_of_line]
            return
        bits = self.shadow[first << shift : last << shift].reshape(-1, self.line_bytes)
        lines = self.lines[first:last]
        lines &= 0xFF ^ _SUMMARISED
        lines |= _SUMMARY[np.bitwise_or.reduce(bits, axis=1)]

    def check(self) -> None:
        """Assert the invariants of this module; for tests and debug runs, not for the hot path."""
        per_line = self.shadow.reshape(-1, self.line_bytes)
        state = self.lines & STATE
        if not self.cached:
            assert not state.any(), f"{self.name}: an uncached line has cache state"
            assert not (self.shadow & (CPU_NEWER | MEM_NEWER)).any(), f"{self.name}: newer bytes without a cache"
            return
        absent = (state & ABSENT) != 0
        assert not (absent & ((state & CLEAN) == 0)).any(), f"{self.name}: an absent line is dirty"
        same = (self.cpu.reshape(-1, self.line_bytes) == self.mem.reshape(-1, self.line_bytes)).all(axis=1)
        assert same[absent].all(), f"{self.name}: the views of an absent line differ"
        assert not ((self.shadow & 3) == 3).any(), f"{self.name}: a byte is newer on both sides"
        assert not (per_line[state != 0] & CPU_NEWER).any(), f"{self.name}: a line that is not dirty has stores"
        assert not (per_line[absent] & MEM_NEWER).any(), f"{self.name}: an absent line is stale"
        summary = _SUMMARY[np.bitwise_or.reduce(per_line, axis=1)]
        assert ((self.lines & _SUMMARISED) == summary).all(), f"{self.name}: the W_ bits don't match the bytes"
