"""An SPI controller: it shifts frames over its bus, fed from its FIFO by the core or through a channel by an engine.

       start_fifo, start_dma             last clock
IDLE --------------------------> BUSY ---------------> IDLE        `cancel` ends a frame at once; what has arrived stays

The wires decide how long a frame takes; the core's share is the drivers' affair (`spi_cost`). Bytes move lazily, but always before
anybody can look at a pin or at memory.

Not modelled: the source clock's jitter, delays inside the chip that limit the clock when pins go through the GPIO matrix, slave mode,
segmented transfers. A FIFO load is one frame.
Source: ESP-IDF components/esp_hal_gpspi, docs/en/api-reference/peripherals/spi_master.rst.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from dmalab.chips.model import Chip, SpiHost
from dmalab.core.channel import Channel
from dmalab.core.clock import Clock, Event
from dmalab.core.engine import Engine
from dmalab.core.flow import Flow
from dmalab.core.gpio import Gpio
from dmalab.core.spi_bus import SpiBus
from dmalab.core.spi_wire import Frame

WIDE_PRE_LIMIT, NARROW_PRE_LIMIT = 8192, 16
"""What the pre-divider counts to: on the controllers with DMA of their own (ESP32, ESP32-S2), and on all others."""


class ShiftState(Enum):
    """Where a frame stands."""

    BUSY = "on the wire"
    DONE = "all clocks are out"
    CANCELLED = "ended early"


@dataclass(slots=True, eq=False)
class Shift:
    """A frame on its way."""

    frame: Frame
    started_ps: int
    done: Callable[[], None]
    cs: int | None = None
    cs_active: int = 0
    outgoing: bytes = b""
    """What the FIFO held; empty through DMA."""
    received: bytearray = field(default_factory=bytearray)
    """What the FIFO took; stays empty through DMA."""
    sent: int = 0
    """Data bytes that are out."""
    taken: int = 0
    """Data bytes that are in."""
    answers: bytearray = field(default_factory=bytearray)
    """What came back while sending and was not handed over yet."""
    state: ShiftState = ShiftState.BUSY
    uses_dma: bool = False

    def byte_time_ps(self, index: int) -> int:
        """When data byte `index` begins."""
        frame = self.frame
        return self.started_ps + frame.clock.time_ps(frame.lead_clocks + index * 8 // frame.lines)


class SpiBusyError(RuntimeError):
    """A frame was started while one is on the wire."""


class SpiController:
    """One controller of the chip."""

    def __init__(self, facts: SpiHost, chip: Chip, gpio: Gpio, clock: Clock, engine: Engine) -> None:
        """Args: `engine` moves its bytes when the core doesn't."""
        assert chip.spi is not None
        self.facts = facts
        self.title = facts.name
        self.engine = engine
        self.trigger = chip.triggers[facts.name][1] if facts.name in chip.triggers else facts.host_id
        """Request id at its engine; the host's own number where DMA channels are wired to hosts."""
        self.source_hz = chip.spi.max_hz
        """What the dividers work on: the default source, divided where the peripheral demands it."""
        self.pre_limit = WIDE_PRE_LIMIT if chip.spi.dma_channels else NARROW_PRE_LIMIT
        self.fifo_bytes = chip.spi.cpu_max_bits // 8
        self.dma_max_bits = chip.spi.dma_max_bits
        self.bus = SpiBus(gpio)
        self.shift: Shift | None = None
        self._clock = clock
        self._flow: Flow | None = None
        self._due: Event | None = None
        gpio.catch_ups.append(self.catch_up)

    @property
    def busy(self) -> bool:
        """Whether a frame is on the wire."""
        return self.shift is not None

    # -- frames ------------------------------------------------------------------------------------------------------

    def start_fifo(
        self, frame: Frame, data: bytes, done: Callable[[], None], *, cs: int | None = None, cs_active: int = 0
    ) -> Shift:
        """Shift what the core put into the FIFO.

        Args:
            frame: What goes over the wires; at most `fifo_bytes` each way.
            data: What is sent; `frame.tx_bytes` of it.
            done: Called when the last clock is out, in no particular context.
            cs: Pin of the chip select, if the controller drives one.
            cs_active: Its active level.
        Raises:
            SpiBusyError: a frame is on the wire.
            ValueError: more than the FIFO holds, or too little data.
        """
        if max(frame.tx_bytes, frame.rx_bytes) > self.fifo_bytes:
            raise ValueError(f"{self.title} has a FIFO of {self.fifo_bytes} bytes")
        if len(data) < frame.tx_bytes:
            raise ValueError(f"{len(data)} bytes for a frame that sends {frame.tx_bytes}")
        shift = self._begin(frame, done, cs, cs_active)
        shift.outgoing = data
        self._due = self._clock.schedule(frame.time_ps, self._finish)
        return shift

    def start_dma(
        self,
        frame: Frame,
        tx: Channel | None,
        rx: Channel | None,
        done: Callable[[], None],
        *,
        cs: int | None = None,
        cs_active: int = 0,
    ) -> Shift:
        """Shift what started channels of the engine bring and take; None for a direction without data.

        Raises:
            SpiBusyError: a frame is on the wire.
        """
        shift = self._begin(frame, done, cs, cs_active)
        shift.uses_dma = True
        lead = frame.clock.time_ps(frame.lead_clocks)
        if not frame.data_clocks or (tx is None and rx is None):
            self._due = self._clock.schedule(frame.time_ps, self._finish)
        elif lead:
            self._due = self._clock.schedule(lead, lambda: self._exchange(shift, tx, rx))
        else:
            self._exchange(shift, tx, rx)
        return shift

    def cancel(self) -> None:
        """End the frame on the wire, if there is one, behind the bytes that are through."""
        self.catch_up()
        shift = self.shift
        if shift is None:
            return
        if self._flow is not None:
            self._flow.cancel()
            self._flow = None
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._end(shift, ShiftState.CANCELLED)

    def catch_up(self) -> None:
        """Move what is through by now."""
        shift = self.shift
        if shift is None or shift.state is not ShiftState.BUSY:
            return
        if shift.uses_dma:
            if self._flow is not None:
                self.engine.catch_up()
        else:
            self._move_fifo(shift, self._clock.now_ps)

    def _begin(self, frame: Frame, done: Callable[[], None], cs: int | None, cs_active: int) -> Shift:
        if self.shift is not None:
            raise SpiBusyError(f"{self.title} is still shifting a frame")
        self.bus.select(frame, cs, active_level=cs_active)
        shift = Shift(frame, self._clock.now_ps, done, cs, cs_active)
        self.bus.lead(frame, shift.started_ps)
        self.shift = shift
        return shift

    def _exchange(self, shift: Shift, tx: Channel | None, rx: Channel | None) -> None:
        """Have the engine move the data: both directions at once, or sending first and then receiving."""
        self._due = None
        frame = shift.frame
        if frame.duplex == "half" and tx is not None and rx is not None:
            self._run_flow(shift, tx, None, frame.tx_bytes, 0, lambda: self._exchange(shift, None, rx))
            return
        tx_bytes, rx_bytes = (frame.tx_bytes if tx else 0), (frame.rx_bytes if rx else 0)
        self._run_flow(shift, tx, rx, tx_bytes, rx_bytes, self._finish)

    def _run_flow(
        self,
        shift: Shift,
        tx: Channel | None,
        rx: Channel | None,
        tx_bytes: int,
        rx_bytes: int,
        done: Callable[[], None],
    ) -> None:
        frame = shift.frame
        bits = max(frame.tx_bits if tx else 0, frame.rx_bits if rx else 0)
        time_ps = frame.clock.time_ps(-(-bits // frame.lines))
        self._flow = self.engine.exchange(
            tx=tx,
            rx=rx,
            tx_bytes=tx_bytes,
            rx_bytes=rx_bytes,
            ps_per_byte=time_ps // max(tx_bytes, rx_bytes),
            done=done,
            label=f"{self.title} transaction of {max(tx_bytes, rx_bytes)} bytes",
        )

    def _move_fifo(self, shift: Shift, now_ps: int) -> None:
        """Move the data bytes of a FIFO frame whose time has come."""
        frame = shift.frame
        full = frame.duplex == "full"
        through = frame.tx_bytes + (0 if full else frame.rx_bytes)
        through = max(through, frame.rx_bytes)
        while shift.sent + (0 if full else shift.taken) < through:
            at = max(shift.sent, shift.taken) if full else shift.sent + shift.taken
            last = at + 1 >= through
            if now_ps < (shift.started_ps + frame.time_ps if last else shift.byte_time_ps(at + 1)):
                return
            if shift.sent < frame.tx_bytes:
                self.push(shift.outgoing[shift.sent : shift.sent + 1])
                if not full:
                    continue
            if shift.taken < frame.rx_bytes:
                shift.received += self.pull(1)
            elif shift.sent >= frame.tx_bytes:
                return

    def _finish(self) -> None:
        self._due = None
        shift = self.shift
        if shift is None:
            return
        if not shift.uses_dma:
            self._move_fifo(shift, self._clock.now_ps)
        self._flow = None
        self._end(shift, ShiftState.DONE)
        shift.done()

    def _end(self, shift: Shift, state: ShiftState) -> None:
        shift.state = state
        self.shift = None
        self.bus.release(shift.frame, shift.cs, active_level=shift.cs_active)

    # -- the far end of a channel ------------------------------------------------------------------------------------

    def push(self, data: bytes) -> None:
        """The engine, or the FIFO, brings bytes to send."""
        shift = self.shift
        if shift is None or not data:
            return
        frame = shift.frame
        start = shift.byte_time_ps(shift.sent)
        bits = (
            min(len(data) * 8, max(0, frame.tx_bits - shift.sent * 8)) if shift.sent < frame.tx_bytes else 8 * len(data)
        )
        shift.sent += len(data)
        if frame.duplex == "full" and frame.rx_bits:
            shift.answers += self.bus.swap(frame, data, bits, start)
        else:
            self.bus.send(frame, data, bits, start)

    def pull(self, size: int) -> bytes:
        """The engine, or the FIFO, asks for bytes received."""
        shift = self.shift
        if shift is None:
            return bytes(size)
        frame = shift.frame
        ready = bytes(shift.answers[:size])
        del shift.answers[:size]
        missing = size - len(ready)
        if missing:
            before = shift.sent if frame.duplex == "half" else 0
            start = shift.byte_time_ps(before + shift.taken + len(ready))
            if frame.duplex == "full" and frame.tx_bits:
                ready += self.bus.swap(frame, bytes(missing), 8 * missing, start)
            else:
                ready += self.bus.receive(frame, missing, start)
        shift.taken += size
        return _cut(ready, frame.rx_bits - (shift.taken - size) * 8, frame)


def _cut(data: bytes, bits: int, frame: Frame) -> bytes:
    """Clear what lies behind the last bit of a frame that ends inside a byte."""
    surplus = len(data) * 8 - bits
    if not 0 < surplus < 8:
        return data
    mask = 0xFF >> surplus if frame.rx_order.value == "little" else 0xFF & (0xFF << surplus)
    return data[:-1] + bytes([data[-1] & mask])
