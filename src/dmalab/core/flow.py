"""Bytes between memory and a device, at the device's pace.

The device clocks, the engine follows: at any moment `elapsed / ps_per_byte` bytes have moved each way. Bytes for the
device move first, so that one that answers at once can be modelled. Channels that hand over item by item get every
descriptor back at the moment it is done. Not modelled: FIFO depth and prefetch, and bus bandwidth taken from copies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from dmalab.core.clock import Clock, Event
from dmalab.core.memory import Memory
from dmalab.core.side import Side
from dmalab.core.spans import Span
from dmalab.core.transfer import Outcome, Transfer

if TYPE_CHECKING:
    from dmalab.core.engine import Engine


class Flow:
    """One exchange with a device."""

    def __init__(
        self,
        engine: Engine,
        memory: Memory,
        clock: Clock,
        *,
        tx: Side | None,
        rx: Side | None,
        tx_bytes: int,
        rx_bytes: int,
        ps_per_byte: int,
        done: Callable[[], None] | None,
        label: str,
    ) -> None:
        self.tx = tx
        self.rx = rx
        self.label = label
        self.tx_short = 0
        """Bytes the device wanted and the list did not have; it got zeros."""
        self.rx_dropped = 0
        """Bytes the device gave and the list had no room for."""
        self.tx_moved = 0
        self.rx_moved = 0
        self.transfers: list[Transfer] = []
        self._engine = engine
        self._memory = memory
        self._clock = clock
        self._tx_bytes = tx_bytes if tx is not None else 0
        self._rx_bytes = rx_bytes if rx is not None else 0
        self._pace = max(1, ps_per_byte)
        self._done = done
        self._due: Event | None = None
        self._start_ps = clock.now_ps
        self._sent: Transfer | None = None
        self._received: Transfer | None = None
        self.over = False

    @property
    def sides(self) -> list[Side]:
        """The sides that take part."""
        return [side for side in (self.tx, self.rx) if side is not None]

    def uses(self, channel: object) -> bool:
        """Whether a channel takes part."""
        return any(side.channel is channel for side in self.sides)

    def begin(self) -> None:
        """Start the wire."""
        if self.tx is not None and self._tx_bytes:
            self._sent = self._transfer(self.tx, self._tx_bytes)
        if self.rx is not None and self._rx_bytes:
            self._received = self._transfer(self.rx, self._rx_bytes)
        for transfer in self.transfers:
            self._engine.begin_transfer(transfer)
        self._plan()

    def _transfer(self, side: Side, total: int) -> Transfer:
        segments = side.leg.segments(side.moved)
        sending = side is self.tx
        transfer = Transfer(
            channel=side.channel.title,
            total=total,
            sources=segments if sending else (),
            sinks=() if sending else segments,
            items=side.leg.items if sending else 0,
            start_work_ps=0,
            total_work_ps=total * self._pace,
            block_bytes=1,
            started=side.started,
        )
        self.transfers.append(transfer)
        return transfer

    # -- time --------------------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Move what has crossed the wire by now."""
        if self.over:
            return
        reached = (self._clock.now_ps - self._start_ps) // self._pace
        self._send(min(reached, self._tx_bytes) - self.tx_moved)
        self._receive(min(reached, self._rx_bytes) - self.rx_moved)

    def cancel(self) -> None:
        """Stop where it is."""
        if self.over:
            return
        self.catch_up()
        self._end(Outcome.STOPPED)

    def _plan(self) -> None:
        until = max(self._tx_bytes, self._rx_bytes)
        for side, moved, total in (
            (self.tx, self.tx_moved, self._tx_bytes),
            (self.rx, self.rx_moved, self._rx_bytes),
        ):
            if side is None or moved >= total:
                continue
            if side.channel.hands_over or side.channel.on_done or side.channel.on_eof:
                self._engine.refill(side)
                end = side.item_ends()
                if end is not None:
                    until = min(until, moved + end - side.moved)
        self._due = self._clock.schedule(max(0, self._start_ps + until * self._pace - self._clock.now_ps), self._step)

    def _step(self) -> None:
        self._due = None
        self.catch_up()
        if self.over:
            return
        if self.tx_moved >= self._tx_bytes and self.rx_moved >= self._rx_bytes:
            self._end(Outcome.COMPLETE)
        else:
            self._plan()

    def _end(self, outcome: Outcome) -> None:
        self.over = True
        if self._due is not None:
            self._due.cancel()
        if outcome is Outcome.COMPLETE and self.rx_dropped:
            outcome = Outcome.STALLED
        self._engine.flow_ended(self, outcome)
        if self._done is not None and outcome is not Outcome.STOPPED:
            self._done()

    # -- bytes -------------------------------------------------------------------------------------------------------

    def _send(self, size: int) -> None:
        """Memory to device."""
        if size <= 0 or self.tx is None or self._sent is None:
            return
        side, transfer = self.tx, self._sent
        data = bytearray()
        while len(data) < size:
            if not self._engine.refill(side):
                if not self.tx_short:
                    self._engine.ran_dry(side)
                self.tx_short += size - len(data)
                data += bytes(size - len(data))
                break
            for span in side.advance(min(side.left, size - len(data))):
                data += self._fetch(span, transfer)
            if side.leg.eof and not side.left:
                self._engine.end_frame(side, transfer)
            else:
                self._engine.give_back(side, transfer)
        self.tx_moved += size
        transfer.moved = self.tx_moved
        peripheral = side.channel.peripheral
        if peripheral is not None:
            peripheral.push(bytes(data))

    def _fetch(self, span: Span, transfer: Transfer) -> bytes:
        if self._engine.reaches(span, write=False):
            return self._memory.engine_read(span, transfer).tobytes()
        return bytes(span.size)

    def _receive(self, size: int) -> None:
        """Device to memory."""
        if size <= 0 or self.rx is None or self._received is None:
            return
        side, transfer = self.rx, self._received
        peripheral = side.channel.peripheral
        data = np.frombuffer(peripheral.pull(size) if peripheral is not None else bytes(size), dtype=np.uint8)
        self.rx_moved += size
        transfer.moved = self.rx_moved
        last = self.rx_moved >= self._rx_bytes
        while len(data):
            if not self._engine.refill(side):
                if not self.rx_dropped:
                    self._engine.ran_dry(side)
                self.rx_dropped += len(data)
                return
            part = min(side.left, len(data))
            at = 0
            for span in side.advance(part):
                if self._engine.reaches(span, write=True):
                    self._memory.engine_write(span, data[at : at + span.size], transfer)
                at += span.size
            data = data[part:]
            if len(data) or not last:
                self._engine.give_back(side, transfer)
        if last:
            self._engine.end_frame(side, transfer)
