"""The exercise of the esp-hal training's DMA chapter: 32 000 bytes over SPI, while the core counts.

GPIO4 and GPIO2 are joined, so the data that is sent is also the data that is received. Every line has its counterpart in the Rust program.
Run it with `dmalab run examples/esphal_dma_chapter.py --chip esp32c3,esp32s3`.
"""

from __future__ import annotations

from dmalab import Machine, esphal
from dmalab.esphal import Dma, DmaPriority, DmaRxBuf, DmaTxBuf, Io, Spi, SpiMode, kHz

ROUNDS = 4
CYCLES_PER_THOUSAND = 4_000
"""What it costs the core to count to a thousand."""


async def main(machine: Machine) -> None:
    """The chapter's program."""
    machine.gpio.connect(4, 2)

    peripherals = esphal.init(machine)
    io = Io.new(peripherals.GPIO, peripherals.IO_MUX)
    sclk, miso, mosi, cs = io.pins.gpio0, io.pins.gpio2, io.pins.gpio4, io.pins.gpio5

    # the DMA driver hands out its channels
    dma = Dma.new(peripherals.DMA)
    dma_channel = dma.channel0

    # one buffer for each direction, each with the descriptors its list is made of
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(machine, 32000)
    dma_rx_buf = DmaRxBuf.new(rx_descriptors, rx_buffer)
    dma_tx_buf = DmaTxBuf.new(tx_descriptors, tx_buffer)

    # the SPI driver takes the channel, and becomes one that moves its data by DMA
    spi = (
        Spi.new(peripherals.SPI2, kHz(100), SpiMode.Mode0)
        .with_pins(sclk, mosi, miso, cs)
        .with_dma(dma_channel.configure(False, DmaPriority.Priority0))
    )

    dma_tx_buf.as_mut_slice()[:] = bytes(i % 255 for i in range(32000))

    for i in range(1, ROUNDS + 1):
        # other data in every round, so that what comes back can't be left from the round before
        data = dma_tx_buf.as_mut_slice()
        data[0], data[-1] = i, i

        # driver and buffers move into the transfer; an error would give them back: error, spi, rx, tx
        transfer = spi.dma_transfer(dma_rx_buf, dma_tx_buf)

        # the core is free meanwhile: it counts
        counted = 0
        while not transfer.is_done():
            await machine.cpu.spend(cycles=CYCLES_PER_THOUSAND)
            counted += 1000

        # waits if it must, and gives all three back
        spi, (dma_rx_buf, dma_tx_buf) = transfer.wait()

        received = dma_rx_buf.as_slice()
        print(
            f"round {i}: {received[:4].hex(' ')} .. {received[-4:].hex(' ')}; "
            f"the core counted to {counted:,} meanwhile (t = {machine.now_us / 1e6:.2f} s)"
        )
        assert received == dma_tx_buf.as_slice()


if __name__ == "__main__":
    for chip in ("esp32c3", "esp32s3"):
        print(Machine(chip).run(main))
