"""One region of the address space: two views, and a shadow that knows how they differ.

The *CPU view* is what the core's load returns, the *memory view* what a DMA engine reads and writes. Uncached regions have one array for
both. The shadow has a byte of state per byte of memory and a byte of state per cache line.

Invariants, asserted by `Region.check`:
(1) the core sees memory in an absent line. Its bytes in the CPU view are those of memory where the region is *whole* (unless a store
    nobody saw is still to be found by `Memory.reconcile`); else they mean nothing, and are made when the line is filled;
(2) only a dirty line has CPU_NEWER bytes, only a present line has MEM_NEWER bytes, no byte has both;
(3) the W_ bits of a line sum up the shadow of its bytes; W_READ and W_WRITE sum up the claims on it;
(4) an ALL_NEWER line is dirty, and stands for CPU_NEWER in all of its bytes until somebody looks;
(5) a line of an uncached region is neither absent nor clean, and none of its bytes is newer on one side.
"""

from __future__ import annotations

import numpy as np

from dmalab.chips.model import Kind
from dmalab.chips.model import Region as RegionFacts
from dmalab.core.flags import FEW, Flags
from dmalab.core.planes import STAMP, UNCACHED_LINE_BYTES, Planes, plane_sizes

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

FRESH = 128
"""Allocated and not written since. Kept for cached memory only: elsewhere the guest's stores leave no trace."""

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
ALL_NEWER = 64
"""Dirty, and every byte is CPU_NEWER, whether the shadow says so or not: the guest's mark of large copies, see `Region.spell_out`."""
MAY_BE_FRESH = 128
"""Some byte may be FRESH; stays when the last of them is written."""

STATE = ABSENT | CLEAN
LOAD_ATTENTION = ABSENT | W_NEWER | W_WRITE | W_POISON
STORE_ATTENTION = ABSENT | CLEAN | W_READ | W_WRITE | W_POISON | W_NEWER

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


class Region:
    """One region and its planes. Offsets are bytes from `base`."""

    def __init__(
        self, index: int, facts: RegionFacts, planes: Planes, *, line_bytes: int = UNCACHED_LINE_BYTES
    ) -> None:
        """Args: `line_bytes` divides a region that has no cache."""
        self.index = index
        self.facts = facts
        self.name = facts.name
        self.kind: Kind = facts.kind
        self.base = facts.base
        self.size = facts.size
        self.end = facts.base + facts.size
        self.alias_base = facts.alias_base
        self.cached = facts.line_bytes > 0
        self.line_bytes = facts.line_bytes or line_bytes
        self.line_shift = self.line_bytes.bit_length() - 1
        sizes = plane_sizes(self.size, self.line_shift, cached=self.cached)
        arrays = {name: planes.plane(index, name, size) for name, size in sizes.items()}
        self.cpu = arrays["cpu"]
        self.mem = arrays.get("mem", self.cpu)
        self.shadow = arrays["shadow"]
        self.lines = arrays["lines"]
        self.shadow_flags = Flags(self.shadow)
        self.line_flags = Flags(self.lines)
        self.cpu_bytes = memoryview(self.cpu)  # type: ignore[arg-type]
        """The CPU view once more, for short accesses: NumPy costs ten times as much there."""
        self.mem_bytes = memoryview(self.mem)  # type: ignore[arg-type]
        self.whole = False
        """Whether the CPU view also holds what absent lines would show, for code that loads without being observed."""
        self.places = arrays["places"].view(np.uint32)
        self.filled = arrays["filled"].view(STAMP)
        self.dirtied = arrays["dirtied"].view(STAMP)
        if self.cached:
            self.lines[:] = STATE

    def lines_of(self, offset: int, size: int) -> tuple[int, int]:
        """The lines `[first, last)` that hold the bytes; at least one."""
        shift = self.line_shift
        return offset >> shift, (offset + (size or 1) - 1 >> shift) + 1

    def flags(self, first: int, last: int) -> int:
        """All bits that any of the lines `[first, last)` has."""
        return self.line_flags.union(first, last)

    def has_dirty(self, first: int, last: int) -> bool:
        """Whether any of the lines is dirty; in an uncached region all count as dirty."""
        return self.line_flags.any_without(first, last, STATE)

    def all_absent(self, first: int, last: int) -> bool:
        """Whether none of the lines is present."""
        return bool(self.line_flags.common(first, last) & ABSENT)

    def seen_by_core(self, low: int, high: int) -> bytes:
        """What the core would load from `[low, high)`, without being an access."""
        first, last = self.lines_of(low, high - low)
        if self.whole or not self.line_flags.union(first, last) & ABSENT:
            return self.cpu_bytes[low:high].tobytes()
        if self.line_flags.common(first, last) & ABSENT:
            return self.mem_bytes[low:high].tobytes()
        absent = np.repeat((self.lines[first:last] & ABSENT) != 0, self.line_bytes)[low - (first << self.line_shift) :][
            : high - low
        ]
        return np.where(absent, self.mem[low:high], self.cpu[low:high]).tobytes()

    def fill(self, first: int, last: int) -> None:
        """Bring lines `[first, last)`, all of them absent so far, from memory into the CPU view."""
        if not self.whole:
            low, high = first << self.line_shift, last << self.line_shift
            self.cpu_bytes[low:high] = self.mem_bytes[low:high]

    def summarise(self, first: int, last: int) -> None:
        """Recompute the W_NEWER and W_POISON bits of lines `[first, last)` from their bytes."""
        shift = self.line_shift
        if last - first <= FEW:
            flags, lines = self.shadow_flags, self.line_flags
            for line in range(first, last):
                lines.replace(line, _SUMMARISED, _SUMMARY_LIST[flags.union(line << shift, line + 1 << shift)])
            return
        bits = self.shadow[first << shift : last << shift].reshape(-1, self.line_bytes)
        lines_ = self.lines[first:last]
        lines_ &= 0xFF ^ _SUMMARISED
        lines_ |= _SUMMARY[np.bitwise_or.reduce(bits, axis=1)]

    def spell_out(self, first: int, last: int) -> None:
        """Let the shadow say of each byte what the lines `[first, last)` say of all of theirs; before anybody looks at CPU_NEWER bytes."""
        if not self.line_flags.union(first, last) & ALL_NEWER:
            return
        marked = (self.lines[first:last] & ALL_NEWER) != 0
        bytes_ = self.shadow[first << self.line_shift : last << self.line_shift].reshape(-1, self.line_bytes)
        bytes_[marked] = bytes_[marked] & (0xFF ^ FRESH) | CPU_NEWER
        self.line_flags.clear(first, last, ALL_NEWER)

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
        all_newer = (self.lines & ALL_NEWER) != 0
        assert not (all_newer & (state != 0)).any(), f"{self.name}: a line is all newer and not dirty"
        if self.whole:
            same = (self.cpu.reshape(-1, self.line_bytes) == self.mem.reshape(-1, self.line_bytes)).all(axis=1)
            assert same[absent].all(), f"{self.name}: the views of an absent line differ"
        assert not ((self.shadow & 3) == 3).any(), f"{self.name}: a byte is newer on both sides"
        assert not (per_line[state != 0] & CPU_NEWER).any(), f"{self.name}: a line that is not dirty has stores"
        assert not (per_line[absent] & MEM_NEWER).any(), f"{self.name}: an absent line is stale"
        summary = _SUMMARY[np.bitwise_or.reduce(per_line, axis=1)]
        assert ((self.lines & _SUMMARISED) == summary).all(), f"{self.name}: the W_ bits don't match the bytes"
