"""Listens to a machine and writes its timeline.

A recorder subscribes to events of the core; a machine without one pays nothing, because nobody listens. Every event
becomes a row of numbers; texts and places are numbered, and places are resolved to files and lines when the timeline is
made.

What is recorded, lane by lane: see `timeline.LaneKind`. Not recorded: single loads and stores, heap calls, pins.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.events import Sync, TransferEnded, TransferStarted
from dmalab.core.machine import BareMachine
from dmalab.core.places import NOWHERE, Site
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
from dmalab.core.transfer import Outcome, Transfer
from dmalab.rules.checker import relative
from dmalab.trace.buffers import Buffers
from dmalab.trace.bus_load import Run, steps
from dmalab.trace.rows import Rows
from dmalab.trace.timeline import MAX_EVENTS, LaneKind, Timeline

_SYNC_WORDS = {
    "writeback": "write-back",
    "invalidate": "invalidate",
    "writeback+invalidate": "write-back and invalidate",
}


@dataclass(slots=True)
class _Open:
    """Something that has begun."""

    start_ps: int
    label: str
    place: int = 0


class Recorder:
    """The timeline of one machine in the making."""

    def __init__(self, machine: BareMachine, *, limit: int = MAX_EVENTS) -> None:
        """Start to record.

        Args:
            machine: Whose events.
            limit: Events kept.
        """
        self._machine = machine
        self._clock = machine.clock
        self._rows = Rows(limit)
        self._buffers = Buffers(machine, self._rows)
        self._task_lanes: dict[int, int] = {}
        self._channel_lanes: dict[str, int] = {}
        self._interrupt_lane = -1
        self._sync_lane = -1
        self._on_core = 0
        self._running_ps: int | None = None
        self._waiting: dict[int, _Open] = {}
        self._handlers: list[_Open] = []
        self._transfers: dict[Transfer, int] = {}
        self._moved: dict[str, list[Run]] = {}
        self._synced_ps = 0
        subscribe = machine.bus.subscribe
        subscribe(TaskRuns, self._task_runs)
        subscribe(TaskWaits, self._task_waits)
        subscribe(TaskReady, self._task_ready)
        subscribe(TaskEnded, self._task_ended)
        subscribe(InterruptBegan, self._interrupt_began)
        subscribe(InterruptEnded, self._interrupt_ended)
        subscribe(TransferStarted, self._transfer_started)
        subscribe(TransferEnded, self._transfer_ended)
        subscribe(SyncBegins, lambda event: self._buffers.look(event.span, of_driver=False))
        subscribe(Sync, self._synced)
        subscribe(ClaimTaken, lambda event: self._buffers.taken(event.claim))
        subscribe(ClaimReleased, lambda event: self._buffers.released(event.claim))

    # -- tasks and interrupts ----------------------------------------------------------------------------------------

    def _task_lane(self, number: int) -> int:
        lane = self._task_lanes.get(number)
        if lane is None:
            names = self._machine.scheduler.names
            name = names[number]
            alone = not any(other == name for one, other in names.items() if one < number)
            lane = self._rows.lane(LaneKind.TASK, name if alone else f"{name} ({number})")
            self._task_lanes[number] = lane
        return lane

    def _task_runs(self, event: TaskRuns) -> None:
        self._leave_core()
        self._on_core = event.task
        self._running_ps = self._clock.now_ps if event.task else None

    def _leave_core(self) -> None:
        since, self._running_ps = self._running_ps, None
        if since is not None and self._clock.now_ps > since:
            self._rows.add(self._task_lane(self._on_core), since, self._clock.now_ps, "runs")

    def _task_waits(self, event: TaskWaits) -> None:
        if event.task == self._on_core:
            self._leave_core()
        self._waiting[event.task] = _Open(self._clock.now_ps, f"waits for {event.what}", event.by.place)

    def _task_ready(self, event: TaskReady) -> None:
        self._end_wait(event.task)
        if event.task == self._on_core and self._running_ps is None:
            self._running_ps = self._clock.now_ps  # woken before anybody else got the core

    def _end_wait(self, task: int) -> None:
        waiting = self._waiting.pop(task, None)
        if waiting is not None:
            self._rows.add(self._task_lane(task), waiting.start_ps, self._clock.now_ps, waiting.label, waiting.place)

    def _task_ended(self, event: TaskEnded) -> None:
        self._end_wait(event.task)
        if event.task == self._on_core:
            self._leave_core()

    def _interrupt_began(self, event: InterruptBegan) -> None:
        self._handlers.append(_Open(self._clock.now_ps, event.source or "interrupt"))

    def _interrupt_ended(self, _event: InterruptEnded) -> None:
        if self._handlers:
            handler = self._handlers.pop()
            if self._interrupt_lane < 0:
                self._interrupt_lane = self._rows.lane(LaneKind.INTERRUPT, "interrupts")
            self._rows.add(self._interrupt_lane, handler.start_ps, self._clock.now_ps, handler.label)

    # -- transfers ---------------------------------------------------------------------------------------------------

    def _transfer_started(self, event: TransferStarted) -> None:
        self._transfers[event.transfer] = self._clock.now_ps

    def _transfer_ended(self, event: TransferEnded) -> None:
        start = self._transfers.pop(event.transfer, None)
        if start is not None:
            self._show_transfer(event.transfer, start)

    def _show_transfer(self, transfer: Transfer, start_ps: int) -> None:
        now = self._clock.now_ps
        way = "" if transfer.sources and transfer.sinks else " sending" if transfer.sources else " receiving"
        label = f"{transfer.total} bytes"
        if transfer.outcome is not Outcome.COMPLETE:
            how = "running at the end" if transfer.outcome is Outcome.RUNNING else transfer.outcome.value
            label += f", {how} after {transfer.moved}"
        name = transfer.channel + way
        lane = self._channel_lanes.get(name)
        if lane is None:
            lane = self._channel_lanes[name] = self._rows.lane(LaneKind.CHANNEL, name)
        self._rows.add(lane, start_ps, now, label, transfer.started.place, transfer.moved)
        engine = transfer.channel.rsplit(" channel ", 1)[0]
        self._moved.setdefault(engine, []).append((start_ps, now, transfer.moved))

    # -- maintenance -------------------------------------------------------------------------------------------------

    def _synced(self, event: Sync) -> None:
        label = f"{_SYNC_WORDS[event.op]} of {event.span.size} bytes"
        if not self._buffers.of_driver(event.span):
            label += f" at {event.span.low:#010x}"
        if event.refused:
            label += f", refused: {event.refused}"
        elif event.dirty_lines:
            label += f", {event.dirty_lines} dirty {'line' if event.dirty_lines == 1 else 'lines'}"
        if event.driver:
            label += ", by the driver"
        if self._sync_lane < 0:
            self._sync_lane = self._rows.lane(LaneKind.SYNC, "cache maintenance")
        now = self._clock.now_ps
        start = max(event.by.time_ps, self._synced_ps)  # several of one call carry the time of the call
        self._rows.add(self._sync_lane, min(start, now), now, label, event.by.place, event.span.size)
        self._synced_ps = now
        if not event.refused:
            self._buffers.look(event.span, of_driver=False)

    # -- the end -----------------------------------------------------------------------------------------------------

    def timeline(self) -> Timeline:
        """Everything so far. What has not ended yet ends now, so call it when the run is over."""
        self._leave_core()
        for task in list(self._waiting):
            self._end_wait(task)
        while self._handlers:
            self._interrupt_ended(InterruptEnded())
        for transfer, start in self._transfers.items():
            self._show_transfer(transfer, start)
        self._transfers.clear()
        self._buffers.end()
        for engine, runs in self._moved.items():
            lane = self._rows.lane(LaneKind.BUS, engine, "kB/s")
            for begin, end, load in steps(runs):
                self._rows.add(lane, begin, end, f"{load / 1000:.3g} MB/s", 0, load)
        self._moved.clear()
        return self._rows.timeline(self._site, self._clock.now_ps)

    def _site(self, place: int) -> Site:
        site = self._machine.places.resolve(place)
        return NOWHERE if site == NOWHERE else Site(relative(site.file), site.line, site.function)
