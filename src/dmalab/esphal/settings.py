"""What a driver of one controller is set to, and how it gets frames onto the wires. Shared by the blocking and the DMA driver."""

from __future__ import annotations

from dmalab.core.machine import BareMachine
from dmalab.core.spi import Shift, ShiftState, SpiController
from dmalab.core.spi_clock import BusClock, ClockOutOfRange, not_faster
from dmalab.core.spi_cost import SpiCost
from dmalab.core.spi_wire import Frame
from dmalab.esphal.config import Address, Command, SpiBitOrder, SpiDataMode, SpiMode
from dmalab.esphal.errors import ConfigError, ConfigErrorKind, SpiError, SpiErrorKind
from dmalab.esphal.peripherals import Pin

COMMAND_BITS, ADDRESS_BITS = 16, 32
"""Widest command and address."""


def choose_clock(controller: SpiController, frequency: int) -> BusClock:
    """The nearest clock that is not faster.

    Raises:
        ConfigError: FrequencyOutOfRange.
    """
    try:
        return not_faster(controller.source_hz, frequency, pre_limit=controller.pre_limit)
    except ClockOutOfRange as error:
        raise ConfigError(ConfigErrorKind.FREQUENCY_OUT_OF_RANGE, str(error)) from None


class Settings:
    """A controller with its clock, mode, orders and pins."""

    def __init__(self, machine: BareMachine, controller: SpiController, clock: BusClock, mode: SpiMode) -> None:
        self.machine = machine
        self.controller = controller
        self.clock = clock
        self.mode = mode
        self.tx_order = self.rx_order = SpiBitOrder.MSBFirst
        self.cs: int | None = None
        self.cost = SpiCost(machine.chip)
        self.fifo_bytes = controller.fifo_bytes

    def route(
        self, *, sck: Pin | None = None, mosi: Pin | None = None, miso: Pin | None = None, cs: Pin | None = None
    ) -> None:
        """Lead signals to pins."""
        pins = self.controller.bus.pins
        pins.sck = sck.number if sck is not None else pins.sck
        pins.data[0] = mosi.number if mosi is not None else pins.data[0]
        pins.data[1] = miso.number if miso is not None else pins.data[1]
        if cs is not None:
            self.cs = cs.number
            self.machine.gpio.drive(cs.number, 1)

    # -- frames ------------------------------------------------------------------------------------------------------

    def full_duplex(self, tx_bytes: int, rx_bytes: int) -> Frame:
        """A frame without phases."""
        return Frame(
            clock=self.clock,
            mode=self.mode.value,
            tx_order=self.tx_order.value,
            rx_order=self.rx_order.value,
            tx_bits=8 * tx_bytes,
            rx_bits=8 * rx_bytes,
        )

    def half_duplex(
        self,
        data_mode: SpiDataMode,
        command: Command,
        address: Address,
        dummy: int,
        *,
        tx_bytes: int = 0,
        rx_bytes: int = 0,
    ) -> Frame:
        """A frame with phases."""
        return Frame(
            clock=self.clock,
            mode=self.mode.value,
            tx_order=self.tx_order.value,
            rx_order=self.rx_order.value,
            duplex="half",
            command=command.phase(),
            address=address.phase(),
            dummy_clocks=dummy,
            lines=data_mode.lines,
            one_wire=data_mode is SpiDataMode.Single,
            tx_bits=8 * tx_bytes,
            rx_bits=8 * rx_bytes,
        )

    def check_half_duplex(
        self, data_mode: SpiDataMode, command: Command, address: Address, dummy: int, size: int, *, fifo: bool = False
    ) -> None:
        """What the hardware can't do.

        Raises:
            SpiError: FifoSizeExeeded, Unsupported.
        """
        if fifo and size > self.fifo_bytes:
            raise SpiError(SpiErrorKind.FIFO_SIZE_EXCEEDED, f"{size} bytes; the FIFO holds {self.fifo_bytes}")
        available = self.controller.facts.data_lines
        for mode in (data_mode, command.mode, address.mode):
            if mode.lines > max(2, available):
                raise SpiError(SpiErrorKind.UNSUPPORTED, f"{mode.lines} lines; {self.controller.title} has {available}")
        if not 0 <= command.bits <= COMMAND_BITS or not 0 <= address.bits <= ADDRESS_BITS or dummy < 0:
            raise SpiError(
                SpiErrorKind.UNSUPPORTED,
                f"a command of {command.bits} bits (at most {COMMAND_BITS}), an address of {address.bits} (at most {ADDRESS_BITS}), "
                f"{dummy} dummy clocks",
            )
        if self.machine.chip.name == "esp32":
            self._check_esp32(data_mode, command, address, dummy, size)

    @staticmethod
    def _check_esp32(data_mode: SpiDataMode, command: Command, address: Address, dummy: int, size: int) -> None:
        """Source: esp-hal #2240 (no dummy without data) and the line rules of the original chip."""
        if command.bits and command.mode.lines != 1:
            raise SpiError(SpiErrorKind.UNSUPPORTED, "the command goes over one line on ESP32")
        if address.bits and address.mode.lines not in (1, data_mode.lines):
            raise SpiError(
                SpiErrorKind.UNSUPPORTED, "the address goes over one line or over those of the data on ESP32"
            )
        if dummy and not size:
            raise SpiError(SpiErrorKind.UNSUPPORTED, "dummy clocks need data on ESP32")

    def check_input(self) -> None:
        """Raises SpiError: Unsupported, when reception has no pin to come from."""
        if self.controller.bus.pins.miso is None:
            raise SpiError(
                SpiErrorKind.UNSUPPORTED, "reception without a MISO pin; route one with with_pins or with_miso"
            )

    # -- by the core -------------------------------------------------------------------------------------------------

    def shift_fifo(self, data: bytes, rx_bytes: int, *, wait: bool = True) -> bytes:
        """One load of the FIFO; what was received."""
        return self.run_fifo(self.full_duplex(len(data), rx_bytes), data, wait=wait)

    def run_fifo(self, frame: Frame, data: bytes, *, wait: bool = True) -> bytes:
        """One frame through the FIFO."""
        self.flush()
        self.machine.scheduler.elapse(self.cost.fifo_load_ps(len(data)))
        shift = self.controller.start_fifo(frame, data, lambda: None, cs=self.cs)
        if not wait:
            return b""
        self.spin(shift)
        if frame.rx_bytes:
            self.machine.scheduler.elapse(self.cost.fifo_unload_ps(frame.rx_bytes))
        return bytes(shift.received)

    def flush(self) -> None:
        """Wait until the wires are quiet."""
        if self.controller.shift is not None:
            self.spin(self.controller.shift)

    def spin(self, shift: Shift) -> None:
        """Keep the core waiting for a frame; interrupts come in between."""
        machine, scheduler = self.machine, self.machine.scheduler
        while shift.state is ShiftState.BUSY:
            due = machine.clock.next_due_ps()
            assert due is not None, "a frame on the wire always ends"
            if scheduler.interrupts.active:
                machine.clock.advance_to(due)
                machine.clock.run_due()
            else:
                scheduler.elapse(max(0, due - machine.clock.now_ps))
