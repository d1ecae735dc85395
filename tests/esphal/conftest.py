"""A chip with esp-hal on it, and pins joined as the training has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from dmalab import Machine, esphal
from dmalab.core.gpio import EdgeCounter
from dmalab.esphal import DmaPriority, DmaRxBuf, DmaTxBuf, MHz, Spi, SpiDma, SpiMode


@dataclass
class Board:
    """A machine with its tokens."""

    machine: Machine
    peripherals: Any
    pins: Any

    @classmethod
    def build(cls, chip: str, *, joined: bool = True, **more: Any) -> Board:
        machine = Machine(chip, **more)
        if joined:
            machine.gpio.connect(4, 2)
        peripherals = esphal.init(machine)
        return cls(machine, peripherals, esphal.Io.new(peripherals.GPIO, peripherals.IO_MUX).pins)

    def spi(self, frequency: int = MHz(10), mode: SpiMode = SpiMode.Mode0) -> Spi:
        pins = self.pins
        return Spi.new(self.peripherals.SPI2, frequency, mode).with_pins(pins.gpio0, pins.gpio4, pins.gpio2, pins.gpio5)

    def channel(self, *, burst: bool = False) -> Any:
        dma = esphal.Dma.new(self.peripherals.DMA)
        creator = dma.spi2channel if self.machine.chip.spi.dma_channels else dma.channel0
        return creator.configure(burst, DmaPriority.Priority0)

    def spi_dma(self, frequency: int = MHz(10), mode: SpiMode = SpiMode.Mode0, *, burst: bool = False) -> SpiDma:
        return self.spi(frequency, mode).with_dma(self.channel(burst=burst))

    def buffers(self, rx: int, tx: int | None = None) -> tuple[DmaRxBuf, DmaTxBuf]:
        rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(self.machine, rx, tx)
        return DmaRxBuf.new(rx_descriptors, rx_buffer), DmaTxBuf.new(tx_descriptors, tx_buffer)

    @staticmethod
    def pattern(size: int, seed: int = 0) -> bytes:
        """Bytes that differ from their neighbours and from those of another seed."""
        return bytes((7 * i + 13 * seed + (i >> 8) + 1) & 0xFF for i in range(size))

    def edges(self, pin: int = 4) -> EdgeCounter:
        return EdgeCounter(self.machine.gpio, pin)

    def run(self, body: Callable[[], Any]) -> Any:
        """Run a synchronous function as the main task; the report."""

        async def main(_machine: Machine) -> None:
            body()

        return self.machine.run(main)


@pytest.fixture(scope="session")
def boards() -> Callable[..., Board]:
    """Makes boards: `boards("esp32c3")`."""
    return Board.build


@pytest.fixture
def board() -> Board:
    return Board.build("esp32s3")
