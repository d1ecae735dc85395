"""Listens to a machine and writes its timeline.

A recorder subscribes to events of the core; a machine without one pays nothing, because nobody listens. Every event becomes a row of six
numbers in one array; texts and places are numbered. Places are resolved to files and lines when the timeline is made.

What is recorded, lane by lane: see `timeline.LaneKind`. Not recorded: single loads and stores, heap calls, pins.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dmalab.core.events import Sync, TransferEnded, TransferStarted
from dmalab.core.machine import BareMachine
from dmalab.core.memory import BadAddress, Claim
from dmalab.core.places import NOWHERE, Site
from dmalab.core.spans import Span
from dmalab.core.timeline_events import (
    ClaimReleased,
    ClaimTaken,
    InterruptBegan,
    InterruptEnded,
    SyncBegins,
    TaskEnded,
    TaskReady,
    TaskRuns,
    TaskWaits,
)
from dmalab.core.transfer import Transfer
from dmalab.rules.checker import relative
from dmalab.trace.bus_load import Run, steps
from dmalab.trace.line_states import LineCounts, look
from dmalab.trace.timeline import MAX_EVENTS, Lane, LaneKind, Timeline

MAX_BUFFERS = 256
"""Buffers with lanes of their own; what happens to further ones is shown on one common lane."""
WHOLE_OBJECT_BYTES = 1 << 16
"""Larger objects, such as arenas, get a lane for each piece that is handed over instead of one."""
COLUMNS = 6

_OP_WORDS = {
    "writeback": "write-back",
    "invalidate": "invalidate",
    "writeback+invalidate": "write-back and invalidate",
}


@dataclass(slots=True)
class _Open:
    """An event that has begun."""

    start_ps: int
    label: str
    place: int = 0
    value: int = 0


@dataclass(slots=True)
class _Lines:
    """What is known of the lines of one buffer."""

    lane: int
    seen_ps: int
    since_ps: int
    counts: LineCounts | None = None


class Recorder:
    """The timeline of one machine in the making."""

    def __init__(self, machine: BareMachine, *, limit: int = MAX_EVENTS) -> None:
        """Start to record.

        Args:
            limit: Events kept.
        """
        self._machine = machine
        self._clock = machine.clock
        self._limit = limit
        self._rows = array("q")
        self._dropped = 0
        self._lanes: dict[Lane, int] = {}
        self._labels: dict[str, int] = {}
        self._on_core = 0
        self._running: _Open | None = None
        self._waiting: dict[int, _Open] = {}
        self._handlers: list[_Open] = []
        self._transfers: dict[Transfer, int] = {}
        self._moved: dict[str, list[Run]] = {}
        self._claims: dict[Claim, _Open] = {}
        self._extents: dict[tuple[int, int], str] = {}
        self._lines: dict[str, _Lines] = {}
        for kind, handler in (
            (TaskRuns, self._task_runs),
            (TaskWaits, self._task_waits),
            (TaskReady, self._task_ready),
            (TaskEnded, self._task_ended),
            (InterruptBegan, self._interrupt_began),
            (InterruptEnded, self._interrupt_ended),
            (TransferStarted, self._transfer_started),
            (TransferEnded, self._transfer_ended),
            (SyncBegins, self._sync_begins),
            (Sync, self._synced),
            (ClaimTaken, self._claim_taken),
            (ClaimReleased, self._claim_released),
        ):
            self._listen(kind, handler)

    def _listen(self, kind: type, handler: Callable[..., None]) -> None:
        self._machine.bus.subscribe(kind, handler)

    # -- rows --------------------------------------------------------------------------------------------------------

    def _lane(self, kind: LaneKind, name: str, unit: str = "") -> int:
        return self._lanes.setdefault(Lane(kind, name, unit), len(self._lanes))

    def _add(self, lane: int, start_ps: int, end_ps: int, label: str, place: int = 0, value: int = 0) -> None:
        if len(self._rows) >= self._limit * COLUMNS:
            self._dropped += 1
            return
        labels = self._labels
        number = labels.get(label)
        if number is None:
            number = labels[label] = len(labels)
        self._rows.extend((start_ps, end_ps, lane, number, place, value))

    def _close(self, lane: int, event: _Open) -> None:
        self._add(lane, event.start_ps, self._clock.now_ps, event.label, event.place, event.value)

    # -- tasks and interrupts ----------------------------------------------------------------------------------------

    def _task_lane(self, number: int) -> int:
        names = self._machine.scheduler.names
        name = names.get(number, str(number))
        namesakes = [one for one, other in names.items() if other == name]
        return self._lane(LaneKind.TASK, name if namesakes[:1] == [number] else f"{name} ({number})")

    def _task_runs(self, event: TaskRuns) -> None:
        self._leave_core()
        self._on_core = event.task
        if event.task:
            self._running = _Open(self._clock.now_ps, "runs")

    def _leave_core(self) -> None:
        running, self._running = self._running, None
        if running is not None and self._clock.now_ps > running.start_ps:
            self._close(self._task_lane(self._on_core), running)

    def _task_waits(self, event: TaskWaits) -> None:
        if event.task == self._on_core:
            self._leave_core()
        self._waiting[event.task] = _Open(self._clock.now_ps, f"waits for {event.what}", event.by.place)

    def _task_ready(self, event: TaskReady) -> None:
        self._end_wait(event.task)
        if event.task == self._on_core and self._running is None:
            self._running = _Open(self._clock.now_ps, "runs")  # woken before anybody else got the core

    def _end_wait(self, task: int) -> None:
        waiting = self._waiting.pop(task, None)
        if waiting is not None:
            self._close(self._task_lane(task), waiting)

    def _task_ended(self, event: TaskEnded) -> None:
        self._end_wait(event.task)
        if event.task == self._on_core:
            self._leave_core()

    def _interrupt_began(self, event: InterruptBegan) -> None:
        self._handlers.append(_Open(self._clock.now_ps, event.source or "interrupt"))

    def _interrupt_ended(self, _event: InterruptEnded) -> None:
        if self._handlers:
            self._close(self._lane(LaneKind.INTERRUPT, "interrupts"), self._handlers.pop())

    # -- transfers ---------------------------------------------------------------------------------------------------

    def _transfer_started(self, event: TransferStarted) -> None:
        self._transfers[event.transfer] = self._clock.now_ps

    def _transfer_ended(self, event: TransferEnded) -> None:
        start = self._transfers.pop(event.transfer, None)
        if start is not None:
            self._show_transfer(event.transfer, start, event.outcome)

    def _show_transfer(self, transfer: Transfer, start_ps: int, outcome: str) -> None:
        now = self._clock.now_ps
        way = "" if transfer.sources and transfer.sinks else " sending" if transfer.sources else " receiving"
        size = f"{transfer.total} bytes"
        label = size if outcome == "complete" else f"{size}, {outcome} after {transfer.moved}"
        lane = self._lane(LaneKind.CHANNEL, transfer.channel + way)
        self._add(lane, start_ps, now, label, transfer.started.place, transfer.moved)
        engine = transfer.channel.rsplit(" channel ", 1)[0]
        self._moved.setdefault(engine, []).append((start_ps, now, transfer.moved))

    # -- maintenance -------------------------------------------------------------------------------------------------

    def _sync_begins(self, event: SyncBegins) -> None:
        self._look(event.span)

    def _synced(self, event: Sync) -> None:
        label = f"{_OP_WORDS[event.op]} of {event.span.size} bytes at {event.span.low:#010x}"
        if event.refused:
            label += f", refused: {event.refused}"
        elif event.dirty_lines:
            label += f", {event.dirty_lines} dirty {'line' if event.dirty_lines == 1 else 'lines'}"
        if event.driver:
            label += ", by the driver"
        lane = self._lane(LaneKind.SYNC, "cache maintenance")
        self._add(lane, event.by.time_ps, self._clock.now_ps, label, event.by.place, event.span.size)
        if not event.refused:
            self._look(event.span)

    # -- buffers -----------------------------------------------------------------------------------------------------

    def _claim_taken(self, event: ClaimTaken) -> None:
        claim = event.claim
        label = f"{'written' if claim.write else 'read'} by {claim.label}"
        self._claims[claim] = _Open(self._clock.now_ps, label, claim.started.place, claim.span.size)
        self._look(claim.span)

    def _claim_released(self, event: ClaimReleased) -> None:
        taken = self._claims.pop(event.claim, None)
        if taken is not None:
            name, _ = self._buffer(event.claim.span)
            self._close(self._lane(LaneKind.BUFFER, name), taken)
            self._look(event.claim.span)

    def _buffer(self, span: Span) -> tuple[str, Span]:
        """The name of the object a request is about, and its extent; the span itself inside large objects and outside all."""
        thing = self._machine.objects.at(span.low)
        if thing is None or thing.kind == "stack" or thing.span.size > WHOLE_OBJECT_BYTES or not thing.span.covers(span):
            extent, name = span, f"{span.size} bytes at {span.low:#010x}"
            if thing is not None and thing.kind != "heap block":
                name += f" ({'stack of ' if thing.kind == 'stack' else ''}{thing.name})"
        else:
            extent = thing.span
            name = thing.name if thing.kind == "static" else f"{extent.size} bytes at {extent.low:#010x}"
        known = self._extents.get((extent.low, extent.high))
        if known is None:
            known = name if len(self._extents) < MAX_BUFFERS else "other buffers"
            if known == name:
                self._extents[extent.low, extent.high] = name
        return known, extent

    def _look(self, span: Span) -> None:
        """Note what has become of the lines of a buffer."""
        try:
            name, extent = self._buffer(self._machine.memory.canonical(span))
        except BadAddress:
            return
        if name == "other buffers":
            return
        lines = self._lines.get(name)
        seen = look(self._machine.memory, extent, lines.seen_ps if lines is not None else 0)
        if seen is None:
            return
        now = self._clock.now_ps
        if lines is None:
            lines = self._lines[name] = _Lines(self._lane(LaneKind.LINES, name), now, now)
            lines.since_ps = seen[1] if seen[1] is not None else now
            lines.counts = seen[0]
        elif seen[0] != lines.counts:
            changed = seen[1] if seen[1] is not None and seen[1] >= lines.since_ps else now
            self._show_lines(lines, changed)
            lines.since_ps, lines.counts = changed, seen[0]
        lines.seen_ps = now

    def _show_lines(self, lines: _Lines, until_ps: int) -> None:
        if lines.counts is not None and until_ps > lines.since_ps:
            self._add(lines.lane, lines.since_ps, until_ps, str(lines.counts), 0, lines.counts.dirty)

    # -- the end -----------------------------------------------------------------------------------------------------

    def timeline(self) -> Timeline:
        """Everything so far. What has not ended yet ends now; call it when the run is over."""
        self._end_all()
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, COLUMNS)
        order = {kind: number for number, kind in enumerate(LaneKind)}
        lanes = sorted(self._lanes, key=lambda lane: (order[lane.kind], self._lanes[lane]))
        moved_to = np.zeros(max(1, len(lanes)), dtype=np.int64)
        moved_to[[self._lanes[lane] for lane in lanes]] = np.arange(len(lanes))
        rows[:, 2] = moved_to[rows[:, 2]]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 2], rows[:, 0]))]
        places, numbers = np.unique(np.concatenate(([0], rows[:, 4])), return_inverse=True)
        return Timeline(
            lanes=tuple(lanes),
            labels=tuple(self._labels),
            sites=tuple(self._site(place) for place in places.tolist()),
            start_ps=rows[:, 0].copy(),
            end_ps=rows[:, 1].copy(),
            lane=rows[:, 2].astype(np.int32),
            label=rows[:, 3].astype(np.int32),
            site=numbers.reshape(-1)[1:].astype(np.int32),
            value=rows[:, 5].copy(),
            duration_ps=self._clock.now_ps,
            dropped=self._dropped,
        )

    def _end_all(self) -> None:
        self._leave_core()
        for task in list(self._waiting):
            self._end_wait(task)
        while self._handlers:
            self._interrupt_ended(InterruptEnded())
        for transfer, start in self._transfers.items():
            self._show_transfer(transfer, start, "running at the end")
        self._transfers.clear()
        for claim, taken in self._claims.items():
            self._close(self._lane(LaneKind.BUFFER, self._buffer(claim.span)[0]), taken)
        self._claims.clear()
        for lines in self._lines.values():
            self._show_lines(lines, self._clock.now_ps)
            lines.since_ps = self._clock.now_ps
        for engine, runs in self._moved.items():
            lane = self._lane(LaneKind.BUS, engine, "kB/s")
            for start, end, load in steps(runs):
                self._add(lane, start, end, f"{load / 1000:.3g} MB/s", 0, load)
        self._moved.clear()

    def _site(self, place: int) -> Site:
        site = self._machine.places.resolve(place)
        return NOWHERE if site is NOWHERE else Site(relative(site.file), site.line, site.function)
