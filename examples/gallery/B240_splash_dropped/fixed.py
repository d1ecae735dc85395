"""A panel shows a splash screen while the program reads its settings.

The transfer owns driver and frame; it is kept while the settings are read, and then gives both back.
"""

from __future__ import annotations

from dmalab import Machine, esphal
from dmalab.esphal import Dma, DmaPriority, DmaTxBuf, Io, MHz, Spi, SpiMode

FRAME_BYTES = 8000


def open_panel(machine: Machine) -> tuple[esphal.SpiDma, DmaTxBuf]:
    """The driver, and a frame to send."""
    peripherals = esphal.init(machine)
    pins = Io.new(peripherals.GPIO, peripherals.IO_MUX).pins
    channel = Dma.new(peripherals.DMA).channel0.configure(False, DmaPriority.Priority0)
    spi = Spi.new(peripherals.SPI2, MHz(10), SpiMode.Mode0).with_sck(pins.gpio0).with_mosi(pins.gpio4)
    _, _, buffer, descriptors = esphal.dma_buffers(machine, 0, FRAME_BYTES)
    return spi.with_dma(channel), DmaTxBuf.new(descriptors, buffer)


async def read_settings(machine: Machine) -> None:
    """What there is to do meanwhile."""
    await machine.cpu.spend(us=3000)


async def main(machine: Machine) -> None:
    """Show the splash screen, read the settings."""
    spi, frame = open_panel(machine)
    frame.fill(bytes(i & 0xFF for i in range(FRAME_BYTES)))
    transfer = spi.dma_write(frame)
    await read_settings(machine)
    spi, frame = transfer.wait()
    print("settings read")
