"""The lines of a buffer, as far as anybody can say without watching every access.

A firmware changes line states natively, millions of times a second; nobody is told. But each line remembers who filled
it and who made it dirty, and when. So the lines are looked at whenever the buffer is handed over, handed back or
synced, and what has changed since the last look is dated by those records. Looking never changes anything. What this
can't show: a line that changed twice between two looks, and when an eviction took place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dmalab.core.memory import Memory
from dmalab.core.region import ABSENT, CLEAN, MEM_NEWER, W_NEWER
from dmalab.core.spans import Span

STATE = ABSENT | CLEAN
FEW = 16
"""Lines that are looked at one by one."""


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


class Lines:
    """The lines that overlap one buffer in cached memory."""

    def __init__(self, memory: Memory, span: Span) -> None:
        """Args: `span` lies in one region, which is cached, and is not empty.

        Raises:
            BadAddress: the span does not lie in one region.
        """
        region, offset, _ = memory.locate(span.low, span.size)
        self._shift = region.line_shift
        self._first, self._last = offset >> self._shift, ((offset + span.size - 1) >> self._shift) + 1
        self._lines = region.lines[self._first : self._last]
        self._region = region
        self._seen = b""

    def changed(self) -> bool:
        """Whether states differ from the last time this was asked; yes the first time."""
        seen = (self._lines & (STATE | W_NEWER)).tobytes()
        if seen == self._seen:
            return False
        self._seen = seen
        return True

    def counts(self) -> LineCounts:
        """The states when `changed` was asked last."""
        # Bytes count their values faster than numpy does for the few lines that a buffer usually has.
        values = {value: self._seen.count(value) for value in set(self._seen)}
        absent = sum(count for value, count in values.items() if value & ABSENT)
        clean = sum(count for value, count in values.items() if value & STATE == CLEAN)
        stale = self._stale() if any(value & W_NEWER for value in values) else 0
        return LineCounts(absent, clean, len(self._seen) - absent - clean, stale)

    def _stale(self) -> int:
        shadow = self._region.shadow[self._first << self._shift : self._last << self._shift]
        lines = np.bitwise_or.reduce(shadow.reshape(-1, 1 << self._shift), axis=1)
        return int(np.count_nonzero(lines & MEM_NEWER))

    def first_change(self, since_ps: int) -> int | None:
        """The earliest time after `since_ps` at which a line that is present was filled or became dirty; None when no record says so."""
        region, part = self._region, slice(self._first, self._last)
        times: list[int] = []
        for records in (region.filled, region.dirtied):
            found = records["time_ps"][part]
            if len(found) <= FEW:
                times += [time for time, state in zip(found.tolist(), self._seen, strict=True) if not state & ABSENT]
            else:
                found = found[(self._lines & ABSENT) == 0]
                times += [int(later.min())] if (later := found[found > since_ps]).size else []
        return min((time for time in times if time > since_ps), default=None)
