"""Copies inside memory: a channel without a peripheral, whose halves take buffer objects and give them back.

    Mem2Mem.new(channel, peripheral)                     .rx and .tx, each of which moves with its buffer into a transfer
    Mem2Mem.new(...).with_descriptors(rx, tx)            copies slices; so does `new` when it is given the descriptors, as 0.21 had it

The sending half is done when its list is through, the receiving half when its list is full: more room than is sent is waited for for
ever, which is a panic here. Unlike SPI's, `wait` of a half hands out a result first, None for good. Start the receiving half first.

The chips without a trigger id to spare (ESP32-C3, ESP32-S3) take a peripheral's, which is gone meanwhile; on the others a `MEM2MEM`
token stands for one. ESP32 can't copy; ESP32-S2 copies with `peripherals.DMA_COPY` and needs no token.
Not modelled: awaiting, `mem::forget`, the crypto engine of ESP32-S2.
Source: esp-rs/esp-hal esp-hal/src/dma/m2m.rs (v0.21.1: one transfer that borrows; v1.0.0-beta.1 on: halves that move).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from dmalab.core.channel import Channel as EngineChannel
from dmalab.core.channel import ChannelState, Direction
from dmalab.core.engine import Engine
from dmalab.core.machine import BareMachine
from dmalab.core.memory import Claim
from dmalab.core.spi_cost import SpiCost
from dmalab.core.spi_events import TransferDropped
from dmalab.esphal.buffers import DmaRxBuf, DmaTxBuf, Preparation, StaticBuffer
from dmalab.esphal.burst import BurstConfig
from dmalab.esphal.descriptors import Descriptors
from dmalab.esphal.errors import CopyError, DmaBufError, DmaError, DmaErrorKind, Panic
from dmalab.esphal.moves import Movable, here, place, while_here
from dmalab.esphal.peripherals import Channel

CHUNK_LIMIT = 4092
COPYING = ("ahb_gdma", "axi_gdma", "cp_dma")


class Half(Movable):
    """One direction of a copying channel."""

    def __init__(self, machine: BareMachine, engine: Engine, channel: EngineChannel, *, burst: bool) -> None:
        self._receives = channel.direction is Direction.RX
        super().__init__(machine, f"the {'rx' if self._receives else 'tx'} half of a Mem2Mem")
        self._engine = engine
        self._channel = channel
        self._burst = burst

    @while_here
    def receive(self, buffer: DmaRxBuf) -> Mem2MemTransfer:
        """Fill a buffer; of the `rx` half.

        Raises:
            CopyError: nothing was started; holds the half and the buffer.
            MovedError: half or buffer were moved away.
        """
        return self._start("receive", buffer, self._receives)

    @while_here
    def send(self, buffer: DmaTxBuf) -> Mem2MemTransfer:
        """Send a buffer; of the `tx` half. Raises as `receive`."""
        return self._start("send", buffer, not self._receives)

    def _start(self, call: str, buffer: DmaRxBuf | DmaTxBuf, able: bool) -> Mem2MemTransfer:
        if not able:
            raise AttributeError(f"{self._what} has no {call}()")
        buffer.check_here()
        try:
            if self._burst:
                buffer.check_reach(BurstConfig(internal=True))
            if not self._engine.reaches(buffer.span, write=self._receives):
                raise DmaError(
                    DmaErrorKind.UNSUPPORTED_MEMORY_REGION, f"{self._engine.facts.title} does not reach {buffer.span}"
                )
        except DmaBufError as error:
            raise CopyError(DmaError(error.as_dma_error, error.why), self, buffer) from None
        except DmaError as error:
            raise CopyError(error, self, buffer) from None
        prepared = buffer.prepare()
        channel, engine = self._channel, self._engine
        channel.owner_check = prepared.check_owner is not False
        channel.burst = prepared.burst.external.value if prepared.external or self._burst else 0
        label = f"{call} of {prepared.span.size} byte{'' if prepared.span.size == 1 else 's'} by {channel.title}"
        self._machine.scheduler.elapse(SpiCost(self._machine.chip).dma_setup_ps // 2)
        transfer = Mem2MemTransfer(self, buffer, prepared.span.size, label, call)
        transfer.claims += self._claim(prepared, label, transfer)
        engine.start(channel, prepared.head, transfer.started)
        return transfer

    def _claim(self, prepared: Preparation, label: str, transfer: Mem2MemTransfer) -> list[Claim]:
        if not prepared.span.size:
            return []
        claim = Claim(
            span=prepared.span,
            write=self._receives,
            owner=self._engine,
            label=label,
            started=transfer.started,
            catch_up=self._engine.catch_up,
            passed=lambda touched: touched.high - prepared.span.low <= self.moved(),
            completion="wait() of the transfer",
        )
        self._machine.memory.claim(claim)
        return [claim]

    def moved(self) -> int:
        """Bytes since the start."""
        side = self._engine.side(self._channel)
        return side.total if side is not None else 0

    def is_running(self) -> bool:
        """Whether the engine works on this half's list."""
        return self._channel.state is ChannelState.RUNNING

    def is_through(self, size: int) -> bool:
        """Whether the list is sent, or its `size` bytes are filled: a frame that ends earlier does not end the reception."""
        return self.moved() >= size if self._receives else not self.is_running()

    def halt(self) -> None:
        """Stop the engine."""
        if self.is_running():
            self._engine.stop(self._channel)


class Mem2MemTransfer(Movable):
    """A half and a buffer on their way."""

    def __init__(self, half: Half, buffer: Movable, size: int, label: str, call: str) -> None:
        machine = half._machine  # noqa: SLF001 - one family
        super().__init__(machine, f"the transfer started by {call}()")
        self.started = machine.now()
        self.claims: list[Claim] = []
        self._half, self._buffer, self._size, self._label = half, buffer, size, label
        back = f"wait() of the transfer started at {place(here(machine))} gives it back"
        for part in (half, buffer):
            part.move_into(f"a transfer by {call}()", back)

    @while_here
    def is_done(self) -> bool:
        """Whether this half is through. Takes a moment of the core's time."""
        self._machine.scheduler.elapse(SpiCost(self._machine.chip).call_ps)
        return self._half.is_through(self._size)

    @while_here
    def wait(self) -> tuple[None, Half, Any]:
        """Wait until it is over, keeping the core: the result, the half, the buffer.

        Raises:
            Panic: the other half will never send or take what this one waits for.
        """
        machine, half = self._machine, self._half
        if not half.is_through(self._size) and machine.scheduler.interrupts.active:
            machine.scheduler.may_wait("Mem2MemTransfer::wait")
        spin(machine, lambda: half.is_through(self._size), self._label)
        return (None, *self._end("its parts, by wait()"))

    @while_here
    def stop(self) -> tuple[Half, Any]:
        """End it early: the half and the buffer."""
        self._half.halt()
        return self._end("its parts, by stop()")

    def _end(self, into: str) -> tuple[Half, Any]:
        self._release()
        self.move_into(into)
        for part in (self._half, self._buffer):
            part.give_back()
        return self._half, self._buffer

    def _release(self) -> None:
        for claim in self.claims:
            self._machine.memory.release(claim)
        self.claims.clear()

    # -- dropping ----------------------------------------------------------------------------------------------------

    def drop(self) -> None:
        """Let go of it, as when its last name goes out of scope: the engine is stopped."""
        self.check_here()
        self._drop()

    def _drop(self) -> None:
        machine, half = self._machine, self._half
        if half.is_running():
            dropped = machine.now()
            half.halt()
            machine.bus.emit(
                TransferDropped(
                    label=self._label,
                    started=self.started,
                    dropped=dropped,
                    moved=half.moved(),
                    total=self._size,
                    call="wait()",
                )
            )
        self._release()
        self.move_into("nothing: it was dropped")
        for part in (half, self._buffer):
            part.lose("a transfer that was dropped")

    def __del__(self) -> None:
        if getattr(self, "_move", self) is None:
            self._drop()


class Mem2Mem:
    """The two halves of a channel that copies."""

    def __init__(self, rx: Half, tx: Half) -> None:
        self.rx = rx
        self.tx = tx

    @classmethod
    def new(
        cls,
        channel: Channel,
        peripheral: Movable | None = None,
        rx_descriptors: Descriptors | None = None,
        tx_descriptors: Descriptors | None = None,
    ) -> Any:
        """Take a channel, and the peripheral whose trigger id the copy borrows.

        Returns:
            A `Mem2Mem`; with descriptors, as in 0.21, a `SimpleMem2Mem`.
        Raises:
            DmaError: OutOfDescriptors.
            MovedError: something was moved away.
            ValueError: an engine that can't copy, or no trigger id for it (Rust's types refuse both).
        """
        channel.check_here()
        machine, pair = channel._machine, channel.pair  # noqa: SLF001 - one family
        engine = next((one for one in machine.engines.values() if pair in one.pairs), None)
        if engine is None or engine.facts.name not in COPYING or channel.only_for:
            raise ValueError(f"{channel!r} of {machine.chip.name} can't copy inside memory")
        if engine.facts.name != "cp_dma":
            if peripheral is None:
                raise ValueError(f"Mem2Mem on {machine.chip.name} needs a peripheral whose trigger id it borrows")
            peripheral.check_here()
        _check_lists(rx_descriptors, tx_descriptors)
        if peripheral is not None:
            peripheral.move_into("a Mem2Mem driver")
        channel.move_into("a Mem2Mem driver")
        for half in (pair.rx, pair.tx):
            if half.state is ChannelState.FREE:
                half.move("allocate")
            engine.connect(half, engine.free_copy_id())
        halves = [Half(machine, engine, half, burst=channel.burst) for half in (pair.rx, pair.tx)]
        whole = cls(*halves)
        if rx_descriptors is None or tx_descriptors is None:
            return whole
        return whole.with_descriptors(rx_descriptors, tx_descriptors)

    @classmethod
    def new_with_chunk_size(
        cls,
        channel: Channel,
        peripheral: Movable | None,
        rx_descriptors: Descriptors,
        tx_descriptors: Descriptors,
        chunk_size: int,
    ) -> SimpleMem2Mem:
        """As `new`, with so many bytes in a descriptor.

        Raises:
            DmaError: InvalidChunkSize for less than 1 or more than 4092; else as `new`.
        """
        if not 1 <= chunk_size <= CHUNK_LIMIT:
            raise DmaError(DmaErrorKind.INVALID_CHUNK_SIZE, f"{chunk_size} bytes; 1 to {CHUNK_LIMIT}")
        simple: SimpleMem2Mem = cls.new(channel, peripheral, rx_descriptors, tx_descriptors)
        simple.chunk_size = chunk_size
        return simple

    def with_descriptors(self, rx_descriptors: Descriptors, tx_descriptors: Descriptors) -> SimpleMem2Mem:
        """Turn into the driver that copies slices.

        Raises:
            DmaError: OutOfDescriptors.
        """
        _check_lists(rx_descriptors, tx_descriptors)
        return SimpleMem2Mem(self, rx_descriptors, tx_descriptors)


def _check_lists(*lists: Descriptors | None) -> None:
    if any(one is not None and not len(one) for one in lists):
        raise DmaError(DmaErrorKind.OUT_OF_DESCRIPTORS, "a list without a descriptor")


class SimpleMem2Mem:
    """Copies slices, one at a time."""

    def __init__(self, halves: Mem2Mem, rx_descriptors: Descriptors, tx_descriptors: Descriptors) -> None:
        self._halves = halves
        self._descriptors = rx_descriptors, tx_descriptors
        self.chunk_size = CHUNK_LIMIT

    def start_transfer(self, rx_buffer: StaticBuffer, tx_buffer: StaticBuffer) -> SimpleMem2MemTransfer:
        """Copy `tx_buffer` to `rx_buffer`; both are lent until the transfer's `wait`.

        Raises:
            DmaError: InvalidAlignment, OutOfDescriptors or UnsupportedMemoryRegion; both buffers are free again.
            MovedError: a buffer is lent or moved already.
        """
        rx_descriptors, tx_descriptors = self._descriptors
        with ExitStack() as undo:
            try:
                rx = DmaRxBuf.new(rx_descriptors, rx_buffer)
                undo.callback(rx.split)
                tx = DmaTxBuf.new(tx_descriptors, tx_buffer)
                undo.callback(tx.split)
                rx.limit_chunk(self.chunk_size)
                tx.limit_chunk(self.chunk_size)
                receiving = self._halves.rx.receive(rx)
                undo.callback(receiving.stop)
                sending = self._halves.tx.send(tx)
            except DmaBufError as error:
                raise DmaError(error.as_dma_error, error.why) from None
            except CopyError as error:
                raise error.error from None
            undo.pop_all()
        return SimpleMem2MemTransfer(receiving, sending)


class SimpleMem2MemTransfer:
    """A copy of slices on its way. Dropped, it stops, and the slices are lost with it."""

    def __init__(self, receiving: Mem2MemTransfer, sending: Mem2MemTransfer) -> None:
        self._parts = receiving, sending

    def is_done(self) -> bool:
        """Whether all has arrived."""
        return self._parts[0].is_done()

    def wait(self) -> None:
        """Wait until all has arrived, keeping the core; the slices are free again.

        Raises:
            Panic: the receiving slice is longer than the sent one: it never fills.
        """
        for part in self._parts:
            *_, buffer = part.wait()
            buffer.split()


def spin(machine: BareMachine, done: Callable[[], bool], label: str) -> None:
    """Keep the core waiting; interrupts come in between.

    Raises:
        Panic: nothing is under way that could end it.
    """
    while not done():
        due = machine.clock.next_due_ps()
        if due is None:
            raise Panic(f"waiting for ever: the {label} has nothing left to move, and is not full")
        if machine.scheduler.interrupts.active:
            machine.clock.advance_to(due)
            machine.clock.run_due()
        else:
            machine.scheduler.elapse(max(0, due - machine.clock.now_ps))
