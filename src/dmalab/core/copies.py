"""Copies from memory to memory by one engine: as many as have begun, sharing the bus (see `arbiter`).

Each is a *run*: as much as both lists give without a new decision. Its work is known beforehand, so between two moments
that matter nothing is done; whoever looks in between makes the bytes catch up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dmalab.chips.model import Kind, Timing
from dmalab.core.arbiter import shares
from dmalab.core.channel import Channel, Pair
from dmalab.core.clock import PS_PER_NS, Clock, Event
from dmalab.core.events import EventBus, TransferEnded, TransferStarted
from dmalab.core.leg import Stop
from dmalab.core.memory import Memory
from dmalab.core.planes import Bytes
from dmalab.core.reach import SINGLE_BEAT, Reach
from dmalab.core.side import Side
from dmalab.core.spans import Span
from dmalab.core.transfer import Outcome, Transfer

if TYPE_CHECKING:
    from dmalab.core.engine import Engine


class _Rates(NamedTuple):
    """What moving bytes from and to one memory costs."""

    kind: Kind | None
    read_fix_ps: int
    """Per block."""
    read_ps_per_byte: int
    write_fix_ps: int
    write_ps_per_byte: int

    @classmethod
    def of(cls, timing: Timing, kind: Kind | None) -> _Rates:
        """Memory without figures of its own costs what internal RAM does."""
        read = kind.value if kind is not None and kind.value in timing.read_fix_ns else Kind.SRAM.value
        write = kind.value if kind is not None and kind.value in timing.write_fix_ns else Kind.SRAM.value
        return cls(
            kind,
            timing.read_fix_ns[read] * PS_PER_NS,
            timing.read_ps_per_byte[read],
            timing.write_fix_ns[write] * PS_PER_NS,
            timing.write_ps_per_byte[write],
        )


class _Run:
    """One transfer between two lists."""

    __slots__ = ("pair", "reachable", "rx", "transfer", "tx")

    def __init__(self, pair: Pair, tx: Side, rx: Side, transfer: Transfer) -> None:
        self.reachable = True
        """Whether all memory of the transfer is within the engine's reach."""
        self.pair = pair
        self.tx = tx
        self.rx = rx
        self.transfer = transfer

    @property
    def steps(self) -> bool:
        """Whether somebody wants every descriptor back as soon as it is done."""
        return self.tx.channel.hands_over or self.rx.channel.hands_over or self.rx.channel.on_done is not None


class Copies:
    """What one engine copies at the moment."""

    def __init__(
        self, engine: Engine, timing: Timing, memory: Memory, clock: Clock, bus: EventBus, reach: Reach
    ) -> None:
        self._engine = engine
        self._timing = timing
        self._memory = memory
        self._clock = clock
        self._bus = bus
        self._reach = reach
        self._duplex = engine.facts.duplex
        self._rates = {region.name: _Rates.of(timing, region.kind) for region in memory.regions}
        self._runs: list[_Run] = []
        self._updated_ps = 0
        self._due: Event | None = None

    def uses(self, channel: Channel) -> bool:
        """Whether a channel takes part in a copy."""
        return bool(self._runs) and any(channel in (run.pair.tx, run.pair.rx) for run in self._runs)

    def moved(self, pair: Pair) -> int:
        """Bytes that the pair has moved since it was started; 0 when nothing runs."""
        run = next((run for run in self._runs if run.pair is pair), None)
        return run.tx.total if run is not None else 0

    def begin(self, pair: Pair, tx: Side, rx: Side) -> None:
        """Copy what both sides have in hand."""
        self._advance()
        timing = self._timing
        total = min(tx.left, rx.left)
        first = not tx.total
        transfer = Transfer(
            channel=pair.tx.title,
            total=total,
            sources=tx.leg.segments(tx.moved),
            sinks=rx.leg.segments(rx.moved),
            items=tx.leg.items,
            start_work_ps=(timing.start_ns if first else timing.descriptor_ns) * PS_PER_NS,
            total_work_ps=0,
            block_bytes=pair.rx.burst or SINGLE_BEAT,
            started=tx.started,
        )
        transfer.total_work_ps = transfer.start_work_ps + self._work(transfer)
        run = _Run(pair, tx, rx, transfer)
        self._runs.append(run)
        if self._bus.hears(TransferStarted):
            self._bus.emit(TransferStarted(transfer=transfer))
        run.reachable = self._reach.report_unreachable(transfer)
        self.plan()

    def stop(self, channel: Channel) -> None:
        """End what a channel takes part in; bytes that have arrived stay."""
        if not self.uses(channel):
            return
        for run in [run for run in self._runs if channel in (run.pair.tx, run.pair.rx)]:
            self._runs.remove(run)
            self._engine.give_back(run.tx, run.transfer)
            self._engine.give_back(run.rx, run.transfer)
            self._tell_end(run, Outcome.STOPPED)
        self.plan()

    def _tell_end(self, run: _Run, outcome: Outcome) -> None:
        run.transfer.outcome = outcome
        self._bus.emit(TransferEnded(transfer=run.transfer))

    # -- time --------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Move all bytes that had moved by now on the chip."""
        self._advance()
        for run in list(self._runs):
            self._move(run, run.transfer.reached())

    def _advance(self) -> None:
        """Credit the running copies with the work done since the last change."""
        elapsed = self._clock.now_ps - self._updated_ps
        self._updated_ps = self._clock.now_ps
        if elapsed <= 0 or not self._runs:
            return
        parts = self._shares()
        whole = sum(parts)
        for run, part in zip(self._runs, parts, strict=True):
            if part:
                transfer = run.transfer
                transfer.work_ps = min(transfer.total_work_ps, transfer.work_ps + elapsed * part // whole)

    def _shares(self) -> list[int]:
        if len(self._runs) == 1 and not self._engine.weighted:
            return [1]  # the usual case
        return shares([run.pair for run in self._runs], weighted=self._engine.weighted)

    def plan(self) -> None:
        """Schedule the next moment at which something must happen."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if not self._runs:
            return
        parts = self._shares()
        whole = sum(parts)
        waits = [
            # One picosecond per part makes up for the division in `_advance`.
            -(-(self._goal(run) - run.transfer.work_ps + 1) * whole // part)
            for run, part in zip(self._runs, parts, strict=True)
            if part
        ]
        if waits:
            self._due = self._clock.schedule(max(0, min(waits)), self._work_done)

    @staticmethod
    def _goal(run: _Run) -> int:
        """Work up to the next moment that matters: the end of a descriptor when somebody wants it, else of everything."""
        transfer = run.transfer
        if not run.steps:
            return transfer.total_work_ps
        base_tx, base_rx = run.tx.moved - transfer.moved, run.rx.moved - transfer.moved
        ends = [transfer.total]
        for side, base in ((run.tx, base_tx), (run.rx, base_rx)):
            end = side.item_ends()
            if end is not None:
                ends.append(end - base)
        return transfer.work_for(min(ends))

    def _work_done(self) -> None:
        self._due = None
        self._advance()
        for run in list(self._runs):
            transfer = run.transfer
            if transfer.work_ps >= transfer.total_work_ps:
                self._move(run, transfer.total)
                self._complete(run)
            elif run.steps:
                self._move(run, transfer.reached())
        self.plan()

    def _work(self, transfer: Transfer) -> int:
        """Picoseconds the engine needs for all bytes.

        Reading and writing overlap where they use different memories, or where the bus has a channel for each; else they
        take turns.
        """
        work = self._timing.descriptor_ns * PS_PER_NS * max(0, transfer.items - 1)
        for source, sink in transfer.pieces(transfer.total):
            size = source.high - source.low
            blocks = (size + transfer.block_bytes - 1) // transfer.block_bytes
            from_, to = self._rates_at(source.low), self._rates_at(sink.low)
            read = blocks * from_.read_fix_ps + size * from_.read_ps_per_byte
            write = blocks * to.write_fix_ps + size * to.write_ps_per_byte
            turns = from_.kind is to.kind and not self._duplex
            work += read + write if turns else max(read, write)
        return work

    def _rates_at(self, address: int) -> _Rates:
        region = self._memory.find(address)
        return self._rates[region.name] if region is not None else _Rates.of(self._timing, None)

    # -- bytes -------------------------------------------------------------------------------------------------------

    def _move(self, run: _Run, until: int) -> None:
        transfer = run.transfer
        if until <= transfer.moved:
            return
        for source, sink in transfer.pieces(until):
            if run.reachable:
                self._memory.engine_write(sink, self._memory.engine_read(source, transfer), transfer)
            elif self._reach.covers(sink, write=True):
                self._memory.engine_write(sink, self._read(source, transfer), transfer)
        size = until - transfer.moved
        transfer.moved = until
        for side in (run.tx, run.rx):
            side.moved += size
            side.total += size
        if until < transfer.total and run.steps:
            self._engine.give_back(run.tx, transfer)
            self._engine.give_back(run.rx, transfer)

    def _read(self, source: Span, transfer: Transfer) -> Bytes:
        if self._reach.covers(source, write=False):
            return self._memory.engine_read(source, transfer)
        return np.zeros(source.size, dtype=np.uint8)

    def _complete(self, run: _Run) -> None:
        """All bytes of a run have moved: end the frame, or go on with what the lists still have."""
        transfer, tx, rx = run.transfer, run.tx, run.rx
        self._runs.remove(run)
        frame = tx.leg.eof and not tx.left
        outcome = Outcome.COMPLETE
        if frame:
            if not transfer.total:
                self._engine.refill(rx)
            self._engine.end_frame(tx, transfer)
            self._engine.end_frame(rx, transfer)
        else:
            self._engine.give_back(tx, transfer)
            self._engine.give_back(rx, transfer)
            if not tx.refill() or not rx.refill():
                outcome = Outcome.STALLED
        self._tell_end(run, outcome)
        if frame and not self._engine.refill(tx):
            if tx.leg.stop is Stop.END:
                tx.channel.move("finish")
            else:
                self._engine.ran_dry(tx)
            self._engine.rest(rx)
            return
        self._engine.try_copy(run.pair)
