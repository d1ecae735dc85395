"""What can sit at the far end of an SPI bus.

A device is a small class with one method: what do you answer to these bytes? Chip select frames the conversation. It sees whole bytes,
most significant bit first, and does not notice how many lines carried them. A device of another sampling edge than the controller's sees,
and is seen, one bit late, as a real one is.

Not modelled: a device's own timing (busy times pass at once), and bits of a phase that is no whole number of bytes, which are padded with
zeros.
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.spi_wire import SpiMode


class SpiDevice:
    """Base of all devices; answers zeros."""

    mode = SpiMode.MODE_0

    def select(self) -> None:
        """Chip select became active: a new frame begins."""

    def deselect(self) -> None:
        """Chip select was released."""

    def exchange(self, mosi: bytes) -> bytes:
        """The bytes on MISO during the clocks that carry `mosi`. Called several times a frame when somebody looks in between.

        Args:
            mosi: What the controller sends; zeros while it only reads.
        Returns:
            As many bytes.
        """
        return bytes(len(mosi))


class Echo(SpiDevice):
    """A shift register: answers what it was sent `delay` bytes ago, and zeros before."""

    def __init__(self, delay: int = 1) -> None:
        """Raises ValueError: a negative delay."""
        if delay < 0:
            raise ValueError(f"an echo {-delay} bytes ahead of the sender")
        self._delay = delay
        self._kept = b""

    def select(self) -> None:
        """Start with an empty register."""
        self._kept = bytes(self._delay)

    def exchange(self, mosi: bytes) -> bytes:
        """Shift."""
        stream = self._kept + mosi
        self._kept = stream[len(mosi) :]
        return stream[: len(mosi)]


class MemoryDevice(SpiDevice):
    """A serial memory with the usual commands and 24-bit addresses.

    READ 0x03, FAST READ 0x0B (one dummy byte), WRITE ENABLE 0x06, WRITE DISABLE 0x04, PROGRAM 0x02, READ STATUS 0x05, READ ID 0x9F.
    Programming stores at once, as in FRAM, and wraps at the end of the memory; it needs a write enable, which it uses up.
    """

    READ, FAST_READ, PROGRAM = 0x03, 0x0B, 0x02
    WRITE_ENABLE, WRITE_DISABLE, READ_STATUS, READ_ID = 0x06, 0x04, 0x05, 0x9F

    def __init__(self, size: int = 65536, *, identity: bytes = b"\x04\x7f\x48") -> None:
        """Raises ValueError: no memory, or more than 24 bits address."""
        if not 1 <= size <= 1 << 24:
            raise ValueError(f"a serial memory of {size} bytes; 24 address bits reach {1 << 24}")
        self.data = bytearray(size)
        self.identity = identity
        self.write_enabled = False
        self._seen = 0
        self._command = 0
        self._address = 0

    def select(self) -> None:
        """Expect a command."""
        self._seen = self._command = self._address = 0

    def deselect(self) -> None:
        """Programming ends with the frame."""
        if self._command == self.PROGRAM and self._seen > 4:
            self.write_enabled = False

    def exchange(self, mosi: bytes) -> bytes:
        """Serve byte by byte."""
        return bytes(self._byte(one) for one in mosi)

    def _byte(self, sent: int) -> int:
        at, self._seen = self._seen, self._seen + 1
        if at == 0:
            self._begin(sent)
            return 0
        if self._command == self.READ_STATUS:
            return 2 * self.write_enabled
        if self._command == self.READ_ID:
            return self.identity[at - 1] if at <= len(self.identity) else 0
        if self._command in (self.READ, self.FAST_READ, self.PROGRAM):
            return self._data_byte(at, sent)
        return 0

    def _begin(self, command: int) -> None:
        self._command = command
        if command in (self.WRITE_ENABLE, self.WRITE_DISABLE):
            self.write_enabled = command == self.WRITE_ENABLE

    def _data_byte(self, at: int, sent: int) -> int:
        if at <= 3:
            self._address = (self._address << 8 | sent) % len(self.data) if at == 3 else self._address << 8 | sent
            return 0
        if self._command == self.FAST_READ and at == 4:
            return 0
        here = self._address
        self._address = (here + 1) % len(self.data)
        if self._command == self.PROGRAM:
            if self.write_enabled:
                self.data[here] = sent
            return 0
        return self.data[here]


class Sensor(SpiDevice):
    """Registers behind a pointer, as most sensors have: bit 7 of the first byte says read, the rest where; the pointer counts up."""

    def __init__(
        self, registers: dict[int, int] | None = None, *, sample: Callable[[int], int | None] | None = None
    ) -> None:
        """Args: `registers` are what it holds; `sample` is asked first at every read and may answer None."""
        self.registers = dict(registers or {})
        self._sample = sample
        self._pointer: int | None = None
        self._reading = False

    def select(self) -> None:
        """Expect a register number."""
        self._pointer = None

    def exchange(self, mosi: bytes) -> bytes:
        """Serve byte by byte."""
        return bytes(self._byte(one) for one in mosi)

    def _byte(self, sent: int) -> int:
        if self._pointer is None:
            self._reading, self._pointer = bool(sent & 0x80), sent & 0x7F
            return 0
        here, self._pointer = self._pointer, (self._pointer + 1) & 0x7F
        if not self._reading:
            self.registers[here] = sent
            return 0
        fresh = self._sample(here) if self._sample is not None else None
        return (self.registers.get(here, 0) if fresh is None else fresh) & 0xFF
