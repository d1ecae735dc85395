"""`Spi`: the blocking driver, which feeds the controller's FIFO by hand.

Every call is cut into pieces of the FIFO's size; the core loads, starts, waits, unloads. `write_bytes` does not wait for its last piece,
so look at pins only after `flush`. A full-duplex call of two lengths clocks exactly the longer one; what is received beyond the sent
bytes is what comes back for zeros.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/spi/master.rs; clock selection, exact clock counts and half-duplex restoring as repaired in
later releases (#3266, #5245, #5247).
"""

from __future__ import annotations

from dmalab.core.spi_clock import BusClock
from dmalab.esphal.config import NO_ADDRESS, NO_COMMAND, Address, Command, SpiBitOrder, SpiDataMode, SpiMode
from dmalab.esphal.errors import SpiError, SpiErrorKind
from dmalab.esphal.moves import Movable, while_here
from dmalab.esphal.peripherals import Channel, Pin, SpiPeripheral
from dmalab.esphal.settings import Settings, choose_clock
from dmalab.esphal.spi_dma import SpiDma


class Spi(Movable):
    """A configured controller, driven by the core."""

    def __init__(self, peripheral: SpiPeripheral, clock: BusClock, mode: SpiMode) -> None:
        super().__init__(peripheral.machine, f"an Spi driver on {peripheral.controller.title}")
        self._peripheral = peripheral
        self._settings = Settings(peripheral.machine, peripheral.controller, clock, mode)

    @classmethod
    def new(cls, peripheral: SpiPeripheral, frequency: int, mode: SpiMode) -> Spi:
        """Take a controller and set its clock.

        Args:
            peripheral: `peripherals.SPI2`.
            frequency: In hertz, such as `kHz(100)`; the clock is the nearest that is not faster.
            mode: Polarity and phase.
        Raises:
            ConfigError: FrequencyOutOfRange.
            MovedError: the controller was taken before.
        """
        peripheral.check_here()
        clock = choose_clock(peripheral.controller, frequency)
        peripheral.move_into(f"an Spi driver on {peripheral.controller.title}")
        return cls(peripheral, clock, mode)

    # -- set-up ------------------------------------------------------------------------------------------------------

    @while_here
    def with_pins(self, sck: Pin | None, mosi: Pin | None, miso: Pin | None, cs: Pin | None = None) -> Spi:
        """Route the signals; None routes nothing."""
        self._settings.route(sck=sck, mosi=mosi, miso=miso, cs=cs)
        return self

    @while_here
    def with_sck(self, pin: Pin) -> Spi:
        """Route the clock."""
        self._settings.route(sck=pin)
        return self

    @while_here
    def with_mosi(self, pin: Pin) -> Spi:
        """Route the output; one pin may serve as input too."""
        self._settings.route(mosi=pin)
        return self

    @while_here
    def with_miso(self, pin: Pin) -> Spi:
        """Route the input."""
        self._settings.route(miso=pin)
        return self

    @while_here
    def with_cs(self, pin: Pin) -> Spi:
        """Route the chip select, active low; it is active for one hardware transaction."""
        self._settings.route(cs=pin)
        return self

    @while_here
    def with_sio(self, *pins: Pin) -> Spi:
        """Route data lines 2 and up, for four and eight lines."""
        for line, pin in enumerate(pins, 2):
            self._settings.controller.bus.pins.data[line] = pin.number
        return self

    @while_here
    def with_bit_order(self, read_order: SpiBitOrder, write_order: SpiBitOrder) -> Spi:
        """Bit order of reception and of sending; MSB first by default."""
        self._settings.rx_order, self._settings.tx_order = read_order, write_order
        return self

    @while_here
    def change_bus_frequency(self, frequency: int) -> None:
        """Set another clock. Raises ConfigError."""
        self.flush()
        self._settings.clock = choose_clock(self._settings.controller, frequency)

    @while_here
    def with_dma(self, channel: Channel) -> SpiDma:
        """Turn into the driver that uses DMA.

        Raises:
            MovedError: the driver or the channel was moved away.
            ValueError: a channel that is wired to another peripheral (esp-hal panics).
        """
        channel.check_here()
        controller = self._settings.controller
        if channel.only_for and channel.only_for != controller.title:
            raise ValueError(f"DMA channel of {channel.only_for} given to {controller.title}")
        self.flush()
        self.move_into("an SpiDma driver")
        channel.move_into("an SpiDma driver")
        return SpiDma(self._settings, channel)

    # -- transfers ---------------------------------------------------------------------------------------------------

    @while_here
    def transfer(self, words: bytearray, write: bytes | None = None) -> bytearray:
        """Exchange bytes, waiting for the end.

        Args:
            words: What is sent, and replaced by what is received; with `write`, only what is received.
            write: What is sent instead.
        Returns:
            `words`.
        Raises:
            SpiError: Unsupported: there is something to receive, and no MISO pin.
        """
        if words:
            self._settings.check_input()
        out = bytes(words) if write is None else bytes(write)
        total = max(len(words), len(out))
        for at in range(0, total, self._settings.fifo_bytes):
            piece = min(self._settings.fifo_bytes, total - at)
            tx, rx = out[at : at + piece], max(0, min(len(words) - at, piece))
            words[at : at + rx] = self._settings.shift_fifo(tx, rx)
        self.flush()
        return words

    @while_here
    def write_bytes(self, words: bytes) -> None:
        """Send bytes; does not wait for the last piece (see `flush`)."""
        for at in range(0, len(words), self._settings.fifo_bytes):
            self._settings.shift_fifo(bytes(words[at : at + self._settings.fifo_bytes]), 0, wait=False)

    def write(self, words: bytes) -> None:
        """Like `write_bytes`."""
        self.write_bytes(words)

    @while_here
    def read_bytes(self, words: bytearray) -> None:
        """Receive bytes while zeros are sent. Raises SpiError: Unsupported, without a MISO pin."""
        if words:
            self._settings.check_input()
        for at in range(0, len(words), self._settings.fifo_bytes):
            piece = min(self._settings.fifo_bytes, len(words) - at)
            words[at : at + piece] = self._settings.shift_fifo(bytes(piece), piece)

    def read(self, words: bytearray) -> None:
        """Like `read_bytes`."""
        self.read_bytes(words)

    @while_here
    def flush(self) -> None:
        """Wait until the wires are quiet."""
        self._settings.flush()

    @while_here
    def half_duplex_write(
        self,
        data_mode: SpiDataMode,
        command: Command = NO_COMMAND,
        address: Address = NO_ADDRESS,
        dummy: int = 0,
        buffer: bytes = b"",
    ) -> None:
        """Send a command, an address, dummy clocks and data.

        Raises:
            SpiError: FifoSizeExeeded, Unsupported.
        """
        settings = self._settings
        settings.check_half_duplex(data_mode, command, address, dummy, len(buffer), fifo=True)
        frame = settings.half_duplex(data_mode, command, address, dummy, tx_bytes=len(buffer))
        settings.run_fifo(frame, bytes(buffer))

    @while_here
    def half_duplex_read(
        self,
        data_mode: SpiDataMode,
        command: Command = NO_COMMAND,
        address: Address = NO_ADDRESS,
        dummy: int = 0,
        buffer: bytearray | None = None,
    ) -> None:
        """Send a command, an address and dummy clocks, then receive into `buffer`.

        Raises:
            SpiError: FifoSizeExeeded, Unsupported (also for an empty buffer).
        """
        settings = self._settings
        if not buffer:
            raise SpiError(SpiErrorKind.UNSUPPORTED, "a half-duplex read of nothing")
        settings.check_half_duplex(data_mode, command, address, dummy, len(buffer), fifo=True)
        frame = settings.half_duplex(data_mode, command, address, dummy, rx_bytes=len(buffer))
        buffer[:] = settings.run_fifo(frame, b"")
