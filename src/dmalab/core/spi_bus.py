"""The wires of one SPI bus, and who is on them.

The bus turns bytes into levels on pins and finds out what comes back: the sent bits themselves where a wire joins the output to the
input, a device's answer where one is selected, or the level of the pin. Trains are only made for pins somebody listens to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dmalab.core.gpio import Gpio, Train
from dmalab.core.planes import Bytes
from dmalab.core.spi_device import SpiDevice
from dmalab.core.spi_wire import BitOrder, Frame, gather, spread, to_bits, to_bytes

MAX_LINES = 8
HALF_CLOCK = 2
"""Levels of the clock pin per bit."""


@dataclass(slots=True)
class SpiPins:
    """Which pins carry which signal; None for one that is routed nowhere."""

    sck: int | None = None
    data: list[int | None] = field(default_factory=lambda: [None] * MAX_LINES)
    """Line 0 is MOSI, line 1 MISO; 2 and 3 are called WP and HD."""

    @property
    def mosi(self) -> int | None:
        """Line 0."""
        return self.data[0]

    @property
    def miso(self) -> int | None:
        """Line 1."""
        return self.data[1]


@dataclass(slots=True, eq=False)
class _Attached:
    device: SpiDevice
    cs: int | None
    late_in: int = 0
    late_out: int = 0


class SpiBus:
    """Pins, wires and devices of one controller."""

    def __init__(self, gpio: Gpio) -> None:
        self._gpio = gpio
        self.pins = SpiPins()
        self._attached: list[_Attached] = []
        self._active: _Attached | None = None
        self._selected_by: int | None = None

    # -- devices and chip select -------------------------------------------------------------------------------------

    def attach(self, device: SpiDevice, cs: int | None = None) -> None:
        """Put a device on the bus.

        Args:
            device: It drives MISO while it is selected.
            cs: Its chip-select pin; None for a device that always listens.
        """
        self._attached.append(_Attached(device, cs))

    def detach(self, device: SpiDevice) -> None:
        """Take a device off the bus; one that isn't there is fine."""
        self._attached = [one for one in self._attached if one.device is not device]

    def select(self, frame: Frame, cs: int | None, *, active_level: int = 0) -> None:
        """Begin a frame: the clock rests at the mode's level, chip select becomes active."""
        self._rest(frame)
        if cs is not None and cs == self._selected_by:
            return
        self._selected_by = cs
        if cs is not None:
            self._gpio.drive(cs, active_level)
        self._active = next((one for one in self._attached if one.cs is None or one.cs == cs), None)
        if self._active is not None:
            self._active.late_in = self._active.late_out = 0
            self._active.device.select()

    def release(self, frame: Frame, cs: int | None, *, active_level: int = 0) -> None:
        """End a frame: all outputs rest, chip select is released unless the frame keeps it."""
        self._rest(frame)
        if frame.keep_selected:
            return
        if self._active is not None:
            self._active.device.deselect()
            self._active = None
        self._selected_by = None
        if cs is not None:
            self._gpio.drive(cs, 1 - active_level)

    def _rest(self, frame: Frame) -> None:
        if self.pins.sck is not None:
            self._gpio.drive(self.pins.sck, frame.mode.idle_level)
        if self.pins.mosi is not None:
            self._gpio.drive(self.pins.mosi, 0)

    # -- bytes and bits ----------------------------------------------------------------------------------------------

    def lead(self, frame: Frame, start_ps: int) -> None:
        """Send the command and the address, and let the dummy clocks pass."""
        at = 0
        for phase in (frame.command, frame.address):
            if phase is not None and phase.bits:
                self._send(frame, phase.pattern(), phase.lines, start_ps + frame.clock.time_ps(at))
                at += -(-phase.bits // phase.lines)
        if frame.dummy_clocks:
            self._clock(frame, frame.dummy_clocks, start_ps + frame.clock.time_ps(at))
            self._ask(frame, np.zeros(frame.dummy_clocks, np.uint8))

    def send(self, frame: Frame, data: bytes, bits: int, start_ps: int) -> None:
        """Data that goes out, without listening; `bits` of it."""
        self._send(frame, to_bits(data, frame.tx_order)[:bits], frame.lines, start_ps)

    def receive(self, frame: Frame, size: int, start_ps: int) -> bytes:
        """Data that comes in while nothing is sent."""
        clocks = size * 8 // frame.lines
        self._clock(frame, clocks, start_ps)
        answer = self._ask(frame, np.zeros(size * 8, np.uint8))
        if answer is not None:
            return to_bytes(answer, frame.rx_order)
        first = 0 if frame.one_wire or frame.lines > 1 else 1
        levels = [self._level(line) for line in range(first, first + frame.lines)]
        rows = np.repeat(np.array(levels, np.uint8)[:, None], clocks, axis=1)
        return to_bytes(gather(rows), frame.rx_order)

    def swap(self, frame: Frame, data: bytes, bits: int, start_ps: int) -> bytes:
        """Full duplex on one line: what comes back while `bits` of `data` go out."""
        out = to_bits(data, frame.tx_order)[:bits]
        self._send(frame, out, 1, start_ps, ask=False)
        back = self._ask(frame, out)
        if back is None:
            back = out if self._looped() else np.full(len(out), self._level(1), np.uint8)
        return to_bytes(back, frame.rx_order)

    def _looped(self) -> bool:
        """Whether the input sees the output: one pin for both, or a wire."""
        mosi, miso = self.pins.mosi, self.pins.miso
        return mosi is not None and miso is not None and (miso == mosi or self._gpio.source(miso) == mosi)

    def _level(self, line: int) -> int:
        """The level at an input: that of the far end of its wire, whatever the controller itself last drove on the pin."""
        pin = self.pins.data[line]
        return self._gpio.peek(self._gpio.source(pin)) if pin is not None else 0

    def _send(self, frame: Frame, bits: Bytes, lines: int, start_ps: int, *, ask: bool = True) -> None:
        rows = spread(bits, lines)
        clocks = rows.shape[1]
        self._clock(frame, clocks, start_ps)
        for line in range(lines):
            self._train(self.pins.data[line], rows[line], start_ps, frame.clock.time_ps(1))
        if ask:
            self._ask(frame, bits)

    def _clock(self, frame: Frame, clocks: int, start_ps: int) -> None:
        if self.pins.sck is None or not self._gpio.heard(self.pins.sck) or not clocks:
            return
        rest = frame.mode.idle_level
        pair = (rest, 1 - rest) if frame.mode.value in (0, 2) else (1 - rest, rest)
        levels = np.tile(np.array(pair, np.uint8), clocks)
        self._gpio.train(self.pins.sck, Train(start_ps, frame.clock.time_ps(1) // HALF_CLOCK, levels))

    def _train(self, pin: int | None, levels: Bytes, start_ps: int, step_ps: int) -> None:
        if pin is None or not len(levels):
            return
        if self._gpio.heard(pin):
            self._gpio.train(pin, Train(start_ps, step_ps, levels))
        else:
            self._gpio.train(pin, Train(start_ps + step_ps * (len(levels) - 1), step_ps, levels[-1:]))

    def _ask(self, frame: Frame, bits: Bytes) -> Bytes | None:
        """What the selected device answers to these bits, or None without one."""
        attached = self._active
        if attached is None:
            return None
        late = attached.device.mode.samples_on_rising_edge is not frame.mode.samples_on_rising_edge
        heard = bits
        if late and len(bits):
            heard = np.concatenate((np.array([attached.late_in], np.uint8), bits[:-1]))
            attached.late_in = int(bits[-1])
        answer = attached.device.exchange(to_bytes(heard, BitOrder.MSB_FIRST))
        told = to_bits(answer, BitOrder.MSB_FIRST)[: len(bits)]
        if late and len(told):
            told, attached.late_out = (
                np.concatenate((np.array([attached.late_out], np.uint8), told[:-1])),
                int(told[-1]),
            )
        return told
