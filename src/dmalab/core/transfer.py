"""One run of a channel pair: the bytes between start and end of list, on the move.

A transfer knows its segments and how long each takes, so that at any moment it is clear how far the engine has come.
Bytes are moved
lazily: in one piece at the end, or up to the present moment when somebody looks.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from dmalab.core.events import Stamp
from dmalab.core.spans import Span


class Outcome(Enum):
    """How a transfer stands."""

    RUNNING = "running"
    COMPLETE = "complete"
    STALLED = "stalled"
    STOPPED = "stopped"


class Segment(NamedTuple):
    """A contiguous piece of one side of a transfer."""

    at: int
    """Position in the stream of bytes, from 0."""
    span: Span
    item: int
    """Number of the descriptor that begins here, from 0."""
    item_bytes: int
    """Bytes of each of its descriptors but the last."""


@dataclass(slots=True, eq=False, kw_only=True)
class Transfer:
    """A transfer of `total` bytes.

    Time is kept as work: picoseconds the engine spends on this transfer. While k transfers share the engine, work
    advances at 1/k of time.
    """

    channel: str
    """Engine and channel in words, such as `AXI GDMA channel 0`."""
    total: int
    sources: Sequence[Segment]
    sinks: Sequence[Segment]
    items: int
    """How many descriptors the reading side has."""
    start_work_ps: int
    """Work before the first byte moves."""
    total_work_ps: int
    block_bytes: int
    """Bytes that move at once; progress is a multiple."""
    started: Stamp
    """Where the request was made."""
    work_ps: int = 0
    moved: int = 0
    outcome: Outcome = Outcome.RUNNING

    def reached(self) -> int:
        """How many bytes the work done so far has moved."""
        if self.work_ps >= self.total_work_ps:
            return self.total
        if self.work_ps <= self.start_work_ps:
            return 0
        share = (self.work_ps - self.start_work_ps) * self.total // (self.total_work_ps - self.start_work_ps)
        return share // self.block_bytes * self.block_bytes

    def work_for(self, moved: int) -> int:
        """Work after which at least `moved` bytes have moved."""
        if moved >= self.total:
            return self.total_work_ps
        blocks = -(-moved // self.block_bytes) * self.block_bytes
        span = self.total_work_ps - self.start_work_ps
        return min(self.total_work_ps, self.start_work_ps - (-blocks * span // self.total))

    def pieces(self, until: int) -> list[tuple[Span, Span]]:
        """Source and destination of the bytes `[moved, until)`, cut where either side changes segment."""
        if len(self.sources) == 1 and len(self.sinks) == 1:
            moved, source, sink = self.moved, self.sources[0], self.sinks[0]
            low, to, size = source.span.low + moved, sink.span.low + moved, until - moved
            return [(Span(low, low + size), Span(to, to + size))] if size > 0 else []
        result = []
        at = self.moved
        source_at = [segment.at for segment in self.sources]
        sink_at = [segment.at for segment in self.sinks]
        while at < until:
            source = self.sources[bisect_right(source_at, at) - 1]
            sink = self.sinks[bisect_right(sink_at, at) - 1]
            low, to = source.span.low + at - source.at, sink.span.low + at - sink.at
            size = min(until - at, source.span.high - low, sink.span.high - to)
            result.append((Span(low, low + size), Span(to, to + size)))
            at += size
        return result

    def item_at(self, address: int) -> int:
        """Number of the source descriptor that holds `address`, from 0; 0 when none does."""
        for segment in self.sources:
            if segment.span.low <= address < segment.span.high:
                return segment.item + (address - segment.span.low) // segment.item_bytes
        return 0
