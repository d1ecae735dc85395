"""`SpiDmaBus`: calls with slices, which are copied through the driver's two buffers.

A call is cut into pieces of what the buffers hold; of two lengths the common part is full duplex, the rest is sent or received alone.
Chip select toggles with every piece. A half-duplex call can't be cut, since its command must not be repeated. Calls return when done, so
`flush` does nothing.
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/spi/master.rs (SpiDmaBus); the cap of 32736 bytes per piece as in later releases.
"""

from __future__ import annotations

from dmalab.esphal.buffers import DmaRxBuf, DmaTxBuf
from dmalab.esphal.config import NO_ADDRESS, NO_COMMAND, Address, Command, SpiDataMode
from dmalab.esphal.errors import DmaErrorKind, SpiError, SpiErrorKind
from dmalab.esphal.moves import Movable, while_here
from dmalab.esphal.spi_dma import MAX_DMA_SIZE, SpiDma
from dmalab.esphal.transfer import SpiDmaTransfer


class SpiDmaBus(Movable):
    """A driver with buffers of its own."""

    def __init__(self, driver: SpiDma, rx: DmaRxBuf, tx: DmaTxBuf) -> None:
        super().__init__(driver._machine, "an SpiDmaBus driver")  # noqa: SLF001 - one family
        for part in (rx, tx):
            part.check_here()
        self._driver, self._rx, self._tx = driver, rx, tx
        for one in (driver, rx, tx):
            one.move_into(self._what, "split() of the SpiDmaBus gives it back")

    @while_here
    def split(self) -> tuple[SpiDma, DmaRxBuf, DmaTxBuf]:
        """Take the driver apart."""
        self.move_into("its parts, by split()")
        parts = (self._driver, self._rx, self._tx)
        for part in parts:
            part.give_back()
        return parts

    # -- full duplex -------------------------------------------------------------------------------------------------

    @while_here
    def read(self, words: bytearray) -> None:
        """Receive; MOSI rests low."""
        piece = min(self._rx_room, MAX_DMA_SIZE)
        for at in range(0, len(words), piece):
            size = min(piece, len(words) - at)
            words[at : at + size] = self._run(size, b"")

    @while_here
    def write(self, words: bytes) -> None:
        """Send."""
        piece = min(self._tx_room, MAX_DMA_SIZE)
        for at in range(0, len(words), piece):
            self._run(0, bytes(words[at : at + piece]))

    @while_here
    def transfer(self, read: bytearray, write: bytes) -> None:
        """Send and receive; the longer one's rest goes alone."""
        common = min(len(read), len(write))
        piece = min(self._rx_room, self._tx_room, MAX_DMA_SIZE)
        for at in range(0, common, piece):
            size = min(piece, common - at)
            read[at : at + size] = self._run(size, bytes(write[at : at + size]))
        if len(read) > common:
            rest = bytearray(len(read) - common)
            self.read(rest)
            read[common:] = rest
        elif len(write) > common:
            self.write(write[common:])

    @while_here
    def transfer_in_place(self, words: bytearray) -> None:
        """Send what is received over."""
        self.transfer(words, bytes(words))

    @while_here
    def flush(self) -> None:
        """Nothing to wait for."""

    # -- half duplex -------------------------------------------------------------------------------------------------

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
            SpiError: DmaError(Overflow) when the data does not fit the buffer.
        """
        self._check_room(len(buffer), self._tx_room)
        self._lend()
        self._tx.fill(bytes(buffer))
        self._finish(lambda: self._driver.half_duplex_write(data_mode, command, address, dummy, self._tx))

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
            SpiError: DmaError(Overflow) when the data does not fit the buffer.
        """
        into = bytearray() if buffer is None else buffer
        self._check_room(len(into), self._rx_room)
        self._lend()
        self._rx.set_length(len(into))
        got = self._finish(
            lambda: self._driver.half_duplex_read(data_mode, command, address, dummy, self._rx), len(into)
        )
        into[:] = got

    @staticmethod
    def _check_room(size: int, room: int) -> None:
        if size > room:
            raise SpiError(
                SpiErrorKind.DMA_ERROR,
                f"{size} bytes; the buffer holds {room}, and the call can't be cut",
                DmaErrorKind.OVERFLOW,
            )

    # -- pieces ------------------------------------------------------------------------------------------------------

    @property
    def _rx_room(self) -> int:
        return self._rx.span.size

    @property
    def _tx_room(self) -> int:
        return self._tx.span.size

    def _lend(self) -> None:
        """Take the parts out of this object for one call."""
        for part in (self._driver, self._rx, self._tx):
            part.give_back()

    def _take_back(self) -> None:
        for part in (self._driver, self._rx, self._tx):
            part.move_into(self._what, "split() of the SpiDmaBus gives it back")

    def _run(self, rx_size: int, data: bytes) -> bytes:
        """One piece: both directions, or the one that has bytes."""
        self._lend()
        if data:
            self._tx.fill(data)
        if rx_size:
            self._rx.set_length(rx_size)
        if data and rx_size:
            return self._finish(lambda: self._driver.dma_transfer(self._rx, self._tx), rx_size)
        if data:
            return self._finish(lambda: self._driver.dma_write(self._tx))
        return self._finish(lambda: self._driver.dma_read(self._rx), rx_size)

    def _finish(self, start: object, rx_size: int = 0) -> bytes:
        """Start a transfer, wait for it, and copy out by the known length, never by what descriptors say."""
        assert callable(start)
        try:
            transfer: SpiDmaTransfer = start()
            transfer.wait()
            return self._rx.as_slice()[:rx_size] if rx_size else b""
        finally:
            self._take_back()
