"""`SpiDma`: the driver whose transfers take it and the buffers along.

Two forms of each call exist, as esp-hal had them over time: `dma_write(tx)` of 0.21 takes the length from the buffer, `write(n, tx)` of
0.23 and later says it; with an explicit length only the hardware's limit is checked, not the buffer. Nothing is moved before everything
is checked. Both directions share one bit counter: a frame is as long as the longer side. A shorter sender is padded with zeros, a shorter
receiver fills and drops the rest. A side without bytes is switched off, and then MOSI rests low.

What esp-hal leaves undefined and this refuses with Unsupported: a transfer of no bytes at all, and reception without an input pin.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/spi/master.rs (SpiDma); explicit lengths v0.23.1; both directions' is_done and cancel as
repaired by #2308.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dmalab.chips.model import Kind
from dmalab.core.channel import Channel as EngineChannel
from dmalab.core.channel import ChannelState
from dmalab.core.memory import Claim
from dmalab.core.spans import Span
from dmalab.core.spi_cost import engine_ps_per_byte
from dmalab.core.spi_events import FeedTooSlow
from dmalab.core.spi_wire import Frame
from dmalab.esphal.buffers import DmaRxBuf, DmaTxBuf, Preparation
from dmalab.esphal.burst import BurstConfig
from dmalab.esphal.config import NO_ADDRESS, NO_COMMAND, Address, Command, SpiDataMode
from dmalab.esphal.errors import (
    DmaBufError,
    DmaBufErrorKind,
    Panic,
    SpiError,
    SpiErrorKind,
    TransferError,
)
from dmalab.esphal.moves import Movable, while_here
from dmalab.esphal.peripherals import Channel
from dmalab.esphal.settings import Settings, choose_clock
from dmalab.esphal.transfer import SpiDmaTransfer, Work

if TYPE_CHECKING:
    from dmalab.esphal.spi_dma_bus import SpiDmaBus

MAX_DMA_SIZE = 32736
"""Bytes of one transfer: eight descriptors of 4092."""


class AnyBuffer(Protocol):
    """What a buffer object must offer to be moved into a transfer."""

    def len(self) -> int:
        """Bytes to move."""
        ...

    def check_here(self) -> None:
        """Raises MovedError."""
        ...

    def check_reach(self, burst: BurstConfig) -> None:
        """Raises DmaBufError."""
        ...

    def prepare(self) -> Preparation:
        """Hand the list to the engine."""
        ...

    def move_into(self, into: str, back: str = "") -> None:
        """Move it away."""
        ...

    def give_back(self) -> None:
        """It can be used again."""
        ...


class SpiDma(Movable):
    """A controller with a DMA channel."""

    def __init__(self, settings: Settings, channel: Channel) -> None:
        super().__init__(settings.machine, f"an SpiDma driver on {settings.controller.title}")
        self._settings = settings
        self._channel = channel
        engine, pair = settings.controller.engine, channel.pair
        for half in (pair.rx, pair.tx):
            if half.state is ChannelState.FREE:
                half.move("allocate")
            engine.connect(half, settings.controller.trigger, settings.controller)

    # -- set-up ------------------------------------------------------------------------------------------------------

    @while_here
    def change_bus_frequency(self, frequency: int) -> None:
        """Set another clock. Raises ConfigError."""
        self._settings.flush()
        self._settings.clock = choose_clock(self._settings.controller, frequency)

    @while_here
    def with_buffers(self, rx: DmaRxBuf, tx: DmaTxBuf) -> SpiDmaBus:
        """Turn into the driver that copies slices through these buffers."""
        from dmalab.esphal.spi_dma_bus import SpiDmaBus

        return SpiDmaBus(self, rx, tx)

    # -- transfers ---------------------------------------------------------------------------------------------------

    @while_here
    def dma_write(self, tx: AnyBuffer) -> SpiDmaTransfer:
        """Send a buffer.

        Raises:
            TransferError: nothing was started; holds the driver and the buffer.
            MovedError: driver or buffer were moved away.
        """
        tx.check_here()
        return self._start("dma_write", tx=tx, tx_bytes=tx.len())

    @while_here
    def dma_read(self, rx: AnyBuffer) -> SpiDmaTransfer:
        """Fill a buffer; MOSI rests low. Raises as `dma_write`."""
        rx.check_here()
        return self._start("dma_read", rx=rx, rx_bytes=rx.len())

    @while_here
    def dma_transfer(self, rx: AnyBuffer, tx: AnyBuffer) -> SpiDmaTransfer:
        """Send one buffer and fill the other. Raises as `dma_write`."""
        rx.check_here()
        tx.check_here()
        return self._start("dma_transfer", rx=rx, rx_bytes=rx.len(), tx=tx, tx_bytes=tx.len())

    @while_here
    def write(self, bytes_to_write: int, tx: AnyBuffer) -> SpiDmaTransfer:
        """Send `bytes_to_write` bytes. Raises as `dma_write`."""
        return self._start("write", tx=tx, tx_bytes=bytes_to_write)

    @while_here
    def read(self, bytes_to_read: int, rx: AnyBuffer) -> SpiDmaTransfer:
        """Receive `bytes_to_read` bytes. Raises as `dma_write`."""
        return self._start("read", rx=rx, rx_bytes=bytes_to_read)

    @while_here
    def transfer(self, bytes_to_read: int, rx: AnyBuffer, bytes_to_write: int, tx: AnyBuffer) -> SpiDmaTransfer:
        """Send and receive so many bytes. Raises as `dma_write`."""
        return self._start("transfer", rx=rx, rx_bytes=bytes_to_read, tx=tx, tx_bytes=bytes_to_write)

    @while_here
    def half_duplex_write(
        self,
        data_mode: SpiDataMode,
        command: Command = NO_COMMAND,
        address: Address = NO_ADDRESS,
        dummy: int = 0,
        tx: AnyBuffer | None = None,
        *,
        length: int | None = None,
    ) -> SpiDmaTransfer:
        """Send a command, an address, dummy clocks and a buffer, which may be empty. Raises as `dma_write`."""
        size = length if length is not None else tx.len() if tx is not None else 0
        phases = (data_mode, command, address, dummy)
        return self._start("half_duplex_write", tx=tx, tx_bytes=size, phases=phases)

    @while_here
    def half_duplex_read(
        self,
        data_mode: SpiDataMode,
        command: Command = NO_COMMAND,
        address: Address = NO_ADDRESS,
        dummy: int = 0,
        rx: AnyBuffer | None = None,
        *,
        length: int | None = None,
    ) -> SpiDmaTransfer:
        """Send a command, an address and dummy clocks, then fill a buffer. Raises as `dma_write`."""
        size = length if length is not None else rx.len() if rx is not None else 0
        phases = (data_mode, command, address, dummy)
        return self._start("half_duplex_read", rx=rx, rx_bytes=size, phases=phases)

    # -- starting ----------------------------------------------------------------------------------------------------

    def _start(
        self,
        call: str,
        *,
        rx: AnyBuffer | None = None,
        rx_bytes: int = 0,
        tx: AnyBuffer | None = None,
        tx_bytes: int = 0,
        phases: tuple[SpiDataMode, Command, Address, int] | None = None,
    ) -> SpiDmaTransfer:
        buffers = tuple(buffer for buffer in (rx, tx) if buffer is not None)
        for buffer in buffers:
            buffer.check_here()
        try:
            frame = self._frame(rx_bytes, tx_bytes, phases)
            self._check(rx if rx_bytes else None, tx if tx_bytes else None, frame)
        except SpiError as error:
            raise TransferError(error, self, *buffers) from None
        work = self._run(rx if rx_bytes else None, tx if tx_bytes else None, frame)
        return SpiDmaTransfer(work, self, buffers, lambda: (self, _shape(buffers)), call)  # type: ignore[arg-type]  # buffer objects are movable

    def _frame(self, rx_bytes: int, tx_bytes: int, phases: tuple[SpiDataMode, Command, Address, int] | None) -> Frame:
        settings = self._settings
        if min(rx_bytes, tx_bytes) < 0 or max(rx_bytes, tx_bytes) > MAX_DMA_SIZE:
            raise SpiError(
                SpiErrorKind.MAX_DMA_TRANSFER_SIZE_EXCEEDED, f"{max(rx_bytes, tx_bytes)} bytes; at most {MAX_DMA_SIZE}"
            )
        if phases is None:
            if not rx_bytes and not tx_bytes:
                raise SpiError(SpiErrorKind.UNSUPPORTED, "a transfer of no bytes")
            if rx_bytes:
                settings.check_input()
            return settings.full_duplex(tx_bytes, rx_bytes)
        data_mode, command, address, dummy = phases
        settings.check_half_duplex(data_mode, command, address, dummy, rx_bytes + tx_bytes)
        frame = settings.half_duplex(data_mode, command, address, dummy, tx_bytes=tx_bytes, rx_bytes=rx_bytes)
        if not frame.clocks:
            raise SpiError(SpiErrorKind.UNSUPPORTED, "a transfer of nothing")
        return frame

    def _check(self, rx: AnyBuffer | None, tx: AnyBuffer | None, frame: Frame) -> None:
        """Whether this channel can work with these buffers."""
        facts = self._settings.controller.engine.facts
        burst = BurstConfig(internal=self._channel.burst)
        for buffer in (rx, tx):
            if buffer is None:
                continue
            try:
                if self._channel.burst:
                    buffer.check_reach(burst)
                self._check_region(buffer, facts.reaches)
            except DmaBufError as error:
                raise SpiError(SpiErrorKind.DMA_ERROR, error.why, error.as_dma_error) from None

    def _check_region(self, buffer: AnyBuffer, reaches: tuple[Kind, ...]) -> None:
        span: Span = buffer.span  # type: ignore[attr-defined]  # every buffer object has one
        region = self._machine.memory.find(span.low)
        if region is not None and region.kind not in reaches:
            engine = self._settings.controller.engine.title
            raise DmaBufError(DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION, f"{engine} does not reach {region.name}")

    def _run(self, rx: AnyBuffer | None, tx: AnyBuffer | None, frame: Frame) -> Work:
        """Prepare the lists, arm the channels, start the wires. Reception is armed first."""
        settings, machine, pair = self._settings, self._machine, self._channel.pair
        engine, controller = settings.controller.engine, settings.controller
        size = max(frame.tx_bytes, frame.rx_bytes)
        label = f"{controller.title} transfer of {size} byte{'' if size == 1 else 's'} by {pair.tx.title}"
        channels: list[EngineChannel] = []
        claims: list[Claim] = []
        settings.flush()
        work = Work(settings, (), claims, label)
        machine.scheduler.elapse(settings.cost.dma_setup_ps)
        prepared = [
            (buffer.prepare(), channel, channel is pair.rx)
            for buffer, channel in ((rx, pair.rx), (tx, pair.tx))
            if buffer is not None
        ]
        for preparation, channel, _ in prepared:
            self._configure(channel, preparation)
        for preparation, channel, write in prepared:
            self._judge_pace(preparation, frame, label, work, write=write)
            claims += self._claim(preparation, frame, label, work, write=write)
            engine.start(channel, preparation.head, work.started)
            channels.append(channel)
        work.channels = tuple(channels)
        machine.scheduler.elapse(settings.cost.fifo_load_ps(0))
        work.shift = controller.start_dma(
            frame,
            pair.tx if tx is not None else None,
            pair.rx if rx is not None else None,
            work.finished,
            cs=settings.cs,
        )
        return work

    def _configure(self, channel: EngineChannel, prepared: Preparation) -> None:
        wired = self._settings.controller.engine.facts.name == "spi_dma"
        if wired and (prepared.check_owner or (prepared.auto_write_back and channel is self._channel.pair.tx)):
            raise Panic("the DMA of this SPI controller can't check owners or write sent descriptors back")
        channel.owner_check = not wired and prepared.check_owner is not False
        if channel is self._channel.pair.tx:
            channel.auto_update = prepared.auto_write_back
        in_burst = self._channel.burst or prepared.burst.internal
        channel.burst = prepared.burst.external.value if prepared.external or in_burst else 0

    def _claim(self, prepared: Preparation, frame: Frame, label: str, work: Work, *, write: bool) -> list[Claim]:
        size = min(prepared.span.size, frame.rx_bytes if write else frame.tx_bytes)
        if not size:
            return []
        controller = self._settings.controller
        start = prepared.span.low

        def passed(touched: Span) -> bool:
            shift = work.shift
            return shift is not None and touched.high - start <= (shift.taken if write else shift.sent)

        claim = Claim(
            span=Span(start, start + size),
            write=write,
            owner=controller,
            label=label,
            started=work.started,
            catch_up=controller.catch_up,
            passed=passed,
            completion="wait() of the transfer",
        )
        self._machine.memory.claim(claim)
        return [claim]

    def _judge_pace(self, prepared: Preparation, frame: Frame, label: str, work: Work, *, write: bool) -> None:
        """Say so when PSRAM can't keep up with the wire."""
        if not prepared.external:
            return
        timing = self._machine.chip.timing
        pace = frame.clock.time_ps(8) // frame.lines
        needs = engine_ps_per_byte(timing, Kind.PSRAM, prepared.burst.external.value, write=write)
        if needs > pace:
            self._machine.bus.emit(
                FeedTooSlow(
                    label=label,
                    region="PSRAM",
                    wire_ps_per_byte=pace,
                    engine_ps_per_byte=round(needs),
                    is_write=write,
                    started=work.started,
                )
            )


def _shape(buffers: tuple[Any, ...]) -> Any:
    """The buffers as `wait` returns them."""
    return buffers if len(buffers) == 2 else buffers[0] if buffers else ()
