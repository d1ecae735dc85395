"""The lines of a buffer, as far as anybody can say without watching every access.

A firmware changes line states natively, millions of times a second; nobody is told. But each line remembers who filled it and who made it dirty, and when. So the
lines are looked at whenever the buffer is handed over, handed back or synced, and what has changed since the last look is dated by those records.
Looking never changes anything. What this can't show: a line that changed twice between two looks, and when an eviction took place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmalab.core.memory import BadAddress, Memory
from dmalab.core.region import ABSENT, CLEAN, MEM_NEWER, W_NEWER, Region
from dmalab.core.spans import Span

STATE = ABSENT | CLEAN


@dataclass(frozen=True, slots=True)
class LineCounts:
    """How many lines of a buffer are in which state."""

    absent: int
    clean: int
    dirty: int
    stale: int
    """Of the clean and dirty ones: those that lack bytes an engine wrote to memory."""

    def __str__(self) -> str:
        words = [
            f"{count} {word}"
            for count, word in ((self.dirty, "dirty"), (self.clean, "clean"), (self.absent, "absent"))
            if count
        ]
        return ", ".join(words) + (f", {self.stale} of them stale" if self.stale else "")


def look(memory: Memory, span: Span, since_ps: int) -> tuple[LineCounts, int | None] | None:
    """The states of the lines that overlap `span`, and when the first of them changed after `since_ps`.

    Args:
        memory: The address space.
        span: Inside one region.
        since_ps: When they were last looked at.
    Returns:
        Counts, and the earliest time after `since_ps` at which a line that is present was filled or became dirty; None when no record says so. None
        altogether for memory that is not cached.
    """
    try:
        region, offset, _ = memory.locate(span.low, span.size)
    except BadAddress:
        return None
    if not region.cached or not span.size:
        return None
    first, last = offset >> region.line_shift, ((offset + span.size - 1) >> region.line_shift) + 1
    lines = region.lines[first:last]
    absent = int(np.count_nonzero(lines & ABSENT))
    clean = int(np.count_nonzero((lines & STATE) == CLEAN))
    counts = LineCounts(absent, clean, last - first - absent - clean, _stale(region, first, last))
    return counts, _first_change(region, first, last, since_ps) if absent < last - first else None


def _stale(region: Region, first: int, last: int) -> int:
    if not (region.lines[first:last] & W_NEWER).any():
        return 0
    shadow = region.shadow[first << region.line_shift : last << region.line_shift].reshape(-1, region.line_bytes)
    return int(np.count_nonzero(np.bitwise_or.reduce(shadow, axis=1) & MEM_NEWER))


def _first_change(region: Region, first: int, last: int, since_ps: int) -> int | None:
    present = (region.lines[first:last] & ABSENT) == 0
    times = [records["time_ps"][first:last][present].astype(np.int64) for records in (region.filled, region.dirtied)]
    later = [int(found.min()) for one in times if (found := one[one > since_ps]).size]
    return min(later) if later else None
