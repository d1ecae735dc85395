"""A generic DMA controller: channels that each move a list of blocks between memory and peripherals.

    load       start        end of list
IDLE ----> IDLE ----> RUNNING ----> IDLE           (a cyclic list begins again instead)
                      ^    |  pause
               resume |    v
                      PAUSED ----> IDLE  (stop, from anywhere)

A channel takes its list when it is loaded, so the list needs no memory of the chip. Bytes move lazily, like those of `engine`: at
the end, or up
to the present moment when somebody looks, pauses or stops. Running channels of the highest priority share the bus in equal parts,
the others
wait. A channel at a peripheral stalls while the FIFO has no room or no bytes.

Not modelled: bandwidth lost to the core, fetches of descriptors (`descriptor_ns` stands for them), bus widths beyond a channel's unit.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import pairwise
from typing import Literal

import numpy as np

from dmalab.chips.model import Engine as EngineFacts
from dmalab.chips.model import Kind, Timing
from dmalab.core.clock import PS_PER_NS, Clock, Event
from dmalab.core.events import EventBus, Stamp, TransferEnded, TransferStarted, Unreachable
from dmalab.core.fifo import Fifo
from dmalab.core.memory import BadAddress, Memory
from dmalab.core.spans import Span
from dmalab.core.transfer import Outcome, Segment, Transfer

Mark = Literal["half", "block", "burst", "end", "error"]
"""What a channel reports: half of a block, a block, a burst, the whole list moved; or a bus error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Where one end of a block lies, and how the address moves from unit to unit."""

    address: int = 0
    """Of the first unit; of no meaning with a FIFO."""
    step: Literal[1, -1, 0] = 1
    """Upward, downward, or always the same address."""
    unit: int = 1
    """Bytes per access."""
    run: int = 0
    """Units after which the address jumps; 0 for never."""
    jump: int = 0
    """Bytes added to the address at such a boundary, besides the step."""
    fifo: Fifo | None = None
    """The peripheral at this end; None for memory."""
    paced: bool = True
    """Whether the peripheral's request line holds the channel back; else bytes are lost on a full FIFO, and zeros read from an empty one."""

    def spans(self, size: int) -> list[Span]:
        """The memory this side touches for `size` bytes, in the order of the bytes; nothing at a peripheral."""
        if self.fifo is not None:
            return []
        if self.step == 1 and not self.run:
            return [Span(self.address, self.address + size)]
        if self.step == 1:
            length, stride = self.run * self.unit, self.run * self.unit + self.jump
            return [
                Span(self.address + number * stride, self.address + number * stride + min(length, size - at))
                for number, at in enumerate(range(0, size, length))
            ]
        result = []
        address = self.address
        for number, at in enumerate(range(0, size, self.unit), 1):
            result.append(Span(address, address + min(self.unit, size - at)))
            address += self.step * self.unit
            if self.run and number % self.run == 0:
                address += self.jump
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One contiguous job of a list."""

    source: Side
    sink: Side
    size: int
    """Bytes, at least 1."""


class GenericState(Enum):
    """What a channel's engine does."""

    IDLE = "nothing to move"
    RUNNING = "moving bytes"
    PAUSED = "between two bytes, until resumed"


@dataclass(slots=True, eq=False)
class _Pass:
    """One way through the list."""

    transfer: Transfer
    stops: list[int]
    """Byte positions at which something is reported, in ascending order."""
    marks: list[list[tuple[Mark, int]]]
    """What is reported there, with the block's number."""
    error: bool = False
    """The list ends at memory the controller can't reach."""
    limit: int = 0
    """Byte position up to which it may run: the end, or less for a channel that waits for triggers."""
    next: int = 0
    """Index of the next stop."""


Report = Callable[[Mark, int], None]


@dataclass(slots=True, eq=False)
class GenericChannel:
    """One channel of the controller."""

    number: int
    title: str
    state: GenericState = GenericState.IDLE
    blocks: tuple[Block, ...] = ()
    cyclic: bool = False
    priority: int = 0
    """Higher goes first."""
    burst: int = 1
    """Bytes that move at once."""
    marks: frozenset[Mark] = frozenset({"end", "error"})
    """What is reported to `report`."""
    report: Report | None = None
    """Called at the moment it happens, not in an interrupt: raise one from there."""
    started: Stamp = field(default_factory=Stamp)
    copied: int = 0
    """Bytes of the passes that are over, since the start."""
    lost: int = 0
    """Bytes since the start that a full FIFO did not take, or an empty one did not have; 0 where request lines pace the channel."""
    run: _Pass | None = None

    @property
    def total(self) -> int:
        """Bytes of one pass."""
        return sum(block.size for block in self.blocks)

    @property
    def position(self) -> int:
        """Bytes of the present pass that have moved."""
        return self.run.transfer.moved if self.run is not None else 0

    def block_at(self, position: int) -> int:
        """Number of the block that holds byte `position` of the list."""
        at = 0
        for number, block in enumerate(self.blocks):
            at += block.size
            if position < at:
                return number
        return max(0, len(self.blocks) - 1)


class GenericDma:
    """The controller."""

    def __init__(
        self, facts: EngineFacts, timing: Timing, memory: Memory, clock: Clock, bus: EventBus, fifos: Sequence[str] = ()
    ) -> None:
        """Args: `fifos` names the peripherals, by request line."""
        self.facts = facts
        self.title = facts.title
        self.channels = [GenericChannel(number, f"{facts.title} channel {number}") for number in range(facts.pairs)]
        self.fifos = {name: Fifo(name) for name in fifos}
        self._timing = timing
        self._memory = memory
        self._clock = clock
        self._bus = bus
        self._updated_ps = 0
        self._due: Event | None = None
        for fifo in self.fifos.values():
            fifo.changed = self.replan

    # -- what a driver does ------------------------------------------------------------------------------------------

    def load(self, channel: GenericChannel, blocks: Sequence[Block], *, cyclic: bool = False) -> None:
        """Give an idle channel its list.

        Raises:
            ValueError: the channel is not idle, or a block has no bytes.
        """
        if channel.state is not GenericState.IDLE:
            raise ValueError(f"{channel.title} is {channel.state.name.lower()} and can't be loaded")
        if any(block.size < 1 for block in blocks):
            raise ValueError(f"{channel.title}: a block without bytes")
        channel.blocks = tuple(blocks)
        channel.cyclic = cyclic
        channel.copied = 0
        channel.run = None

    def start(self, channel: GenericChannel, started: Stamp, *, limit: int | None = None) -> None:
        """Run the list from its beginning.

        Args:
            channel: An idle channel with a list.
            started: Where the request was made.
            limit: Bytes that may move before further triggers; all when left out.
        Raises:
            ValueError: the channel is not idle.
        """
        if channel.state is not GenericState.IDLE:
            raise ValueError(f"{channel.title} is {channel.state.name.lower()} and can't be started")
        self._advance()
        channel.started = started
        channel.copied = channel.lost = 0
        self._begin(channel)
        if limit is not None and channel.run is not None:
            channel.run.limit = min(limit, channel.run.transfer.total)
        self.replan()

    def trigger(self, channel: GenericChannel, size: int, started: Stamp) -> None:
        """Let a channel move `size` bytes more, beginning its list when it is idle."""
        if channel.state is GenericState.IDLE:
            self.start(channel, started, limit=size)
        elif channel.run is not None:
            self._advance()
            channel.run.limit = min(channel.run.limit + size, channel.run.transfer.total)
            self.replan()

    def pause(self, channel: GenericChannel) -> None:
        """Stop moving, keep the position. A channel that does not run stays as it is."""
        self._advance()
        if channel.state is GenericState.RUNNING:
            channel.state = GenericState.PAUSED
        self.replan()

    def resume(self, channel: GenericChannel) -> None:
        """Go on after `pause`; anything else stays as it is."""
        self._advance()
        if channel.state is GenericState.PAUSED:
            channel.state = GenericState.RUNNING
        self.replan()

    def rewind(self, channel: GenericChannel) -> None:
        """Let a paused channel go back to the beginning of the block it is in."""
        run = channel.run
        if run is None or channel.state is not GenericState.PAUSED:
            return
        low = sum(block.size for block in channel.blocks[: channel.block_at(run.transfer.moved)])
        run.transfer.moved = low
        run.transfer.work_ps = _work_at(run.transfer, low)
        run.next = bisect_right(run.stops, low)

    def stop(self, channel: GenericChannel) -> None:
        """End at once; what has moved stays moved."""
        self._advance()
        if channel.run is not None and channel.state is not GenericState.IDLE:
            self._finish(channel, Outcome.STOPPED)
        self.replan()

    def catch_up(self) -> None:
        """Make visible all bytes that have moved by now."""
        self._advance()

    def passed(self, channel: GenericChannel, span: Span, *, write: bool) -> bool:
        """Whether the channel is done with these bytes in its present pass."""
        if channel.run is None:
            return True
        transfer = channel.run.transfer
        for segment in transfer.sinks if write else transfer.sources:
            shared = segment.span.overlap(span)
            if shared is not None and segment.at + shared.high - segment.span.low > transfer.moved:
                return False
        return True

    def poll(self) -> None:
        """Move and report all that has been reached by now, as an interrupt handler sees it that reads the registers."""
        self._advance()
        for channel in self.channels:
            if channel.state is GenericState.RUNNING:
                self._report_stops(channel)
        self.replan()

    def reaches(self, span: Span, *, write: bool) -> bool:
        """Whether the controller can use this memory; it can't write flash."""
        try:
            region, _, _ = self._memory.locate(span.low, span.size)
        except BadAddress:
            return False
        return region.kind in self.facts.reaches and not (write and region.kind is Kind.FLASH)

    # -- one pass ----------------------------------------------------------------------------------------------------

    def _begin(self, channel: GenericChannel) -> None:
        sources, sinks, total, error = self._segments(channel)
        transfer = Transfer(
            channel=channel.title,
            total=total,
            sources=sources,
            sinks=sinks,
            items=len(channel.blocks),
            start_work_ps=self._timing.start_ns * PS_PER_NS,
            total_work_ps=0,
            block_bytes=max(1, channel.burst),
            started=channel.started,
        )
        transfer.total_work_ps = transfer.start_work_ps + max(total, self._work(transfer, channel))
        stops, marks = _stops(channel, total)
        channel.run = _Pass(transfer, stops, marks, error=error, limit=total)
        channel.state = GenericState.RUNNING
        self._bus.emit(TransferStarted(transfer=transfer))

    def _segments(self, channel: GenericChannel) -> tuple[list[Segment], list[Segment], int, bool]:
        """Both sides of the list up to where a bus error ends it, the bytes until there, and whether one does."""
        sources: list[Segment] = []
        sinks: list[Segment] = []
        at = 0
        for number, block in enumerate(channel.blocks):
            for segments, side, write in ((sources, block.source, False), (sinks, block.sink, True)):
                here = at
                for span in side.spans(block.size):
                    if not self.reaches(span, write=write):
                        self._report_unreachable(channel, span, write=write)
                        return _cut(sources, here), _cut(sinks, here), here, True
                    segments.append(Segment(here, span, number, span.size))
                    here += span.size
            at += block.size
        return sources, sinks, at, False

    def _report_unreachable(self, channel: GenericChannel, span: Span, *, write: bool) -> None:
        region = self._memory.find(span.low)
        self._bus.emit(
            Unreachable(
                span=span,
                region=region.name if region is not None else "no memory",
                engine=channel.title,
                is_write=write,
                started=channel.started,
                refusal=None,
            )
        )

    def _work(self, transfer: Transfer, channel: GenericChannel) -> int:
        """Picoseconds for all bytes: reading and writing overlap unless they use one memory."""
        timing = self._timing
        work = timing.descriptor_ns * PS_PER_NS * max(0, len(channel.blocks) - 1)
        read = sum(self._cost(timing.read_fix_ns, timing.read_ps_per_byte, one, channel) for one in transfer.sources)
        write = sum(self._cost(timing.write_fix_ns, timing.write_ps_per_byte, one, channel) for one in transfer.sinks)
        one_memory = {self._memory.find(one.span.low) for one in transfer.sources} & {
            self._memory.find(one.span.low) for one in transfer.sinks
        }
        return work + (read + write if one_memory else max(read, write))

    def _cost(self, fix: dict[str, int], per_byte: dict[str, int], segment: Segment, channel: GenericChannel) -> int:
        region = self._memory.find(segment.span.low)
        name = region.kind.value if region is not None and region.kind.value in fix else Kind.SRAM.value
        bursts = -(-segment.span.size // max(1, channel.burst))
        return bursts * fix[name] * PS_PER_NS + segment.span.size * per_byte[name]

    def _finish(self, channel: GenericChannel, outcome: Outcome) -> None:
        run = channel.run
        assert run is not None
        run.transfer.outcome = outcome
        channel.copied += run.transfer.moved
        channel.state = GenericState.IDLE
        channel.run = None
        self._bus.emit(TransferEnded(transfer=run.transfer))

    # -- time --------------------------------------------------------------------------------------------------------

    def _active(self) -> list[GenericChannel]:
        """The channels that move bytes right now: of those that can, the ones of the highest priority."""
        able = [one for one in self.channels if one.state is GenericState.RUNNING and self._allowance(one) > 0]
        top = max((one.priority for one in able), default=0)
        return [one for one in able if one.priority == top]

    def _allowance(self, channel: GenericChannel) -> int:
        """Bytes the channel may move before anything else has to happen; an empty list ends at once."""
        run = channel.run
        if run is None:
            return 0
        moved = run.transfer.moved
        until = run.limit
        if run.next < len(run.stops):
            until = min(until, run.stops[run.next])
        room = until - moved
        block = channel.blocks[channel.block_at(moved)]
        if block.source.fifo is not None and block.source.paced:
            room = min(room, len(block.source.fifo))
        if block.sink.fifo is not None and block.sink.paced:
            room = min(room, block.sink.fifo.room)
        return 1 if not run.transfer.total else room

    def _advance(self) -> None:
        """Credit the active channels with the time since the last change, and move their bytes."""
        elapsed = self._clock.now_ps - self._updated_ps
        self._updated_ps = self._clock.now_ps
        active = self._active()
        if elapsed <= 0 or not active:
            return
        share = elapsed // len(active)
        for channel in active:
            run = channel.run
            assert run is not None
            transfer = run.transfer
            goal = min(transfer.total, transfer.moved + self._allowance(channel))
            goal_ps = _work_at(transfer, goal)
            transfer.work_ps = min(goal_ps, transfer.work_ps + share)
            # A stop need not lie between two bursts.
            self._move(channel, goal if transfer.work_ps >= goal_ps else min(transfer.reached(), goal))

    def _move(self, channel: GenericChannel, until: int) -> None:
        run = channel.run
        assert run is not None
        transfer = run.transfer
        while transfer.moved < until:
            block = channel.blocks[channel.block_at(transfer.moved)]
            if block.source.fifo is None and block.sink.fifo is None:
                for source, sink in transfer.pieces(until):
                    self._memory.engine_write(sink, self._memory.engine_read(source, transfer), transfer)
                transfer.moved = until
            elif block.source.fifo is None:
                span = _piece(transfer.sources, transfer.moved, until)
                fifo = block.sink.fifo
                assert fifo is not None
                sent = self._memory.engine_read(span, transfer).tobytes()
                channel.lost += max(0, len(sent) - fifo.room)
                fifo.push(sent[: fifo.room])
                transfer.moved += span.size
            else:
                span = _piece(transfer.sinks, transfer.moved, until)
                came = block.source.fifo.pull(span.size)
                channel.lost += span.size - len(came)
                data = np.frombuffer(came.ljust(span.size, b"\0"), dtype=np.uint8)
                self._memory.engine_write(span, data, transfer)
                transfer.moved += span.size

    def replan(self) -> None:
        """Schedule the next moment at which a channel gets to a stop or stalls."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        active = self._active()
        if active:
            left = min(self._left_ps(channel) for channel in active)
            # One picosecond per channel makes up for the division in _advance.
            self._due = self._clock.schedule((left + 1) * len(active), self._tick)

    def _left_ps(self, channel: GenericChannel) -> int:
        run = channel.run
        assert run is not None
        return max(0, _work_at(run.transfer, run.transfer.moved + self._allowance(channel)) - run.transfer.work_ps)

    def _tick(self) -> None:
        self._due = None
        self.poll()

    def _report_stops(self, channel: GenericChannel) -> None:
        """Say what the channel got to; a report may stop it, or load and start another list."""
        run = channel.run
        while run is not None and run is channel.run and run.next < len(run.stops):
            if run.transfer.moved < run.stops[run.next]:
                return
            marks = run.marks[run.next]
            run.next += 1
            for mark, number in marks:
                if mark == "end":
                    self._end(channel, run)
                elif channel.report is not None and run is channel.run and mark in channel.marks:
                    channel.report(mark, number)

    def _end(self, channel: GenericChannel, run: _Pass) -> None:
        if run is not channel.run:
            return
        if run.error:
            self._finish(channel, Outcome.STALLED)
            self._tell(channel, "error")
            return
        copied = channel.copied + run.transfer.moved
        self._finish(channel, Outcome.COMPLETE)
        if channel.cyclic:
            self._begin(channel)
            channel.copied = copied
        self._tell(channel, "end")

    def _tell(self, channel: GenericChannel, mark: Mark) -> None:
        if channel.report is not None:
            channel.report(mark, len(channel.blocks) - 1)


def _cut(segments: list[Segment], at: int) -> list[Segment]:
    """The part of one side that lies before byte `at` of the list."""
    result = []
    for one in segments:
        if one.at >= at:
            break
        size = min(one.span.size, at - one.at)
        result.append(Segment(one.at, Span(one.span.low, one.span.low + size), one.item, one.item_bytes))
    return result


def _stops(channel: GenericChannel, total: int) -> tuple[list[int], list[list[tuple[Mark, int]]]]:
    """Byte positions with what is to be reported there."""
    found: dict[int, list[tuple[Mark, int]]] = {}
    ends = [0]
    for block in channel.blocks:
        ends.append(ends[-1] + block.size)
    for number, (low, high) in enumerate(pairwise(ends)):
        if "half" in channel.marks and low < low + (high - low) // 2 <= total:
            found.setdefault(low + (high - low) // 2, []).append(("half", number))
        if "burst" in channel.marks:
            for at in range(low + channel.burst, high, channel.burst):
                if at <= total:
                    found.setdefault(at, []).append(("burst", number))
        if "block" in channel.marks and high <= total:
            found.setdefault(high, []).append(("block", number))
    found.setdefault(total, []).append(("end", max(0, len(channel.blocks) - 1)))
    stops = sorted(found)
    return stops, [found[stop] for stop in stops]


def _work_at(transfer: Transfer, position: int) -> int:
    """The least work after which `position` bytes have moved."""
    if position >= transfer.total:
        return transfer.total_work_ps
    per_total = transfer.total_work_ps - transfer.start_work_ps
    return transfer.start_work_ps - (-position * per_total // transfer.total) if position else transfer.start_work_ps


def _piece(segments: Sequence[Segment], at: int, until: int) -> Span:
    """The memory of the bytes from `at` on, up to `until` or the end of their segment."""
    segment = segments[bisect_right([one.at for one in segments], at) - 1]
    low = segment.span.low + at - segment.at
    return Span(low, min(segment.span.high, low + until - at))
