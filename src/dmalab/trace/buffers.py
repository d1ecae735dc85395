"""The lanes of buffers: who owns them, and what their cache lines are like."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.spans import Span
from dmalab.trace.line_states import LineCounts, Lines
from dmalab.trace.rows import Rows
from dmalab.trace.timeline import LaneKind

MAX_BUFFERS = 256
"""Buffers with lanes of their own; the ownership of further ones is shown on one common lane."""
WHOLE_OBJECT_BYTES = 1 << 16
"""Larger objects, such as arenas, get a lane for each piece that is handed over instead of one."""
OTHERS = "other buffers"


@dataclass(slots=True)
class _Buffer:
    """One buffer."""

    name: str
    lines: Lines | None
    """None in memory that is not cached."""
    seen_ps: int = -1
    """When the lines were last looked at."""
    since_ps: int = 0
    """Since when they are as they were then."""
    counts: LineCounts | None = None
    shown: str = ""
    """The counts as a label."""
    lane: int = -1
    """Of its lines; -1 as long as it has none."""
    owner_lane: int = -1


class Buffers:
    """Every buffer of one machine that was handed over or synced."""

    def __init__(self, machine: BareMachine, rows: Rows) -> None:
        self._machine = machine
        self._rows = rows
        self._known: dict[Span, _Buffer] = {}
        self._owners: dict[Claim, int] = {}

    # -- ownership ---------------------------------------------------------------------------------------------------

    def taken(self, claim: Claim) -> None:
        """A request owns memory from now on."""
        self._owners[claim] = self._machine.clock.now_ps
        self.look(claim.span)

    def released(self, claim: Claim) -> None:
        """It does no longer."""
        since = self._owners.pop(claim, None)
        if since is not None:
            self._show_owner(claim, since)
            self.look(claim.span)

    def _show_owner(self, claim: Claim, since_ps: int) -> None:
        buffer = self._buffer(claim.span)
        if buffer is None:
            lane = self._rows.lane(LaneKind.BUFFER, OTHERS)
        else:
            if buffer.owner_lane < 0:
                buffer.owner_lane = self._rows.lane(LaneKind.BUFFER, buffer.name)
            lane = buffer.owner_lane
        label = f"{'written' if claim.write else 'read'} by {claim.label}"
        self._rows.add(lane, since_ps, self._machine.clock.now_ps, label, claim.started.place, claim.span.size)

    # -- lines -------------------------------------------------------------------------------------------------------

    def look(self, span: Span, *, of_driver: bool = True) -> None:
        """Note what has become of the lines of the buffer that `span` is about.

        Args:
            span: Any memory.
            of_driver: Whether memory that drivers and the kernel allocated for themselves gets a lane too.
        """
        buffer = self._buffer(span, of_driver=of_driver)
        if buffer is None or buffer.lines is None:
            return
        now = self._machine.clock.now_ps
        if buffer.lines.changed():
            counts = buffer.lines.counts()
            changed = buffer.lines.first_change(buffer.seen_ps)
            changed = now if changed is None or changed < buffer.since_ps else changed
            self._show_lines(buffer, changed)
            buffer.since_ps, buffer.counts, buffer.shown = changed, counts, str(counts)
        buffer.seen_ps = now

    def _show_lines(self, buffer: _Buffer, until_ps: int) -> None:
        if buffer.counts is not None and until_ps > buffer.since_ps:
            if buffer.lane < 0:
                buffer.lane = self._rows.lane(LaneKind.LINES, buffer.name)
            self._rows.add(buffer.lane, buffer.since_ps, until_ps, buffer.shown, 0, buffer.counts.dirty)

    def of_driver(self, span: Span) -> bool:
        """Whether memory was allocated by a driver or the kernel for itself."""
        block = self._machine.heap.blocks_heap.find(span.low)
        return block is not None and bool(block.purpose)

    # -- which buffer ------------------------------------------------------------------------------------------------

    def _buffer(self, span: Span, *, of_driver: bool = True) -> _Buffer | None:
        """The buffer that a request or a sync is about: the object it lies in, or the span itself inside large objects and outside all."""
        block = self._machine.heap.blocks_heap.find(span.low)
        if block is None or block.purpose:
            if block is not None and not of_driver:
                return None
            extent, name = self._other(span)
        else:
            whole = block.span
            is_whole = block.size <= WHOLE_OBJECT_BYTES and span.high <= whole.high
            extent, name = whole if is_whole else span, ""
        known = self._known.get(extent)
        if known is None and len(self._known) < MAX_BUFFERS:
            known = self._known[extent] = self._new(extent, name or f"{extent.size} bytes at {extent.low:#010x}")
        return known

    def _other(self, span: Span) -> tuple[Span, str]:
        """Statics, stacks, drivers' memory, and what nobody knows."""
        thing = self._machine.objects.at(span.low)
        if thing is None or thing.kind == "heap block":
            return span, ""
        if thing.kind == "static" and thing.span.size <= WHOLE_OBJECT_BYTES and thing.span.covers(span):
            return thing.span, thing.name
        owner = f"the stack of {thing.name}" if thing.kind == "stack" else thing.name
        return span, f"{span.size} bytes at {span.low:#010x} in {owner}"

    def _new(self, extent: Span, name: str) -> _Buffer:
        memory, lines = self._machine.memory, None
        with suppress(BadAddress):
            region, _, _ = memory.locate(extent.low, extent.size)
            if region.cached and extent.size:
                lines = Lines(memory, extent)
        return _Buffer(name, lines)

    def end(self) -> None:
        """The run is over: what still holds holds until now."""
        for claim, since in self._owners.items():
            self._show_owner(claim, since)
        self._owners.clear()
        for buffer in self._known.values():
            self._show_lines(buffer, self._machine.clock.now_ps)
            buffer.since_ps = self._machine.clock.now_ps
