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

    # we need to create the DMA driver and get a channel
    dma = Dma.new(peripherals.DMA)
    dma_channel = dma.channel0

    # DMA transfers need descriptors and buffers
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(machine, 32000)
    dma_rx_buf = DmaRxBuf.new(rx_descriptors, rx_buffer)
    dma_tx_buf = DmaTxBuf.new(tx_descriptors, tx_buffer)

    # we can call with_dma on the SPI driver to make it use DMA
    spi = (
        Spi.new(peripherals.SPI2, kHz(100), SpiMode.Mode0)
        .with_pins(sclk, mosi, miso, cs)
        .with_dma(dma_channel.configure(False, DmaPriority.Priority0))
    )

    # populate the tx_buffer with data to send
    dma_tx_buf.as_mut_slice()[:] = bytes(i % 255 for i in range(32000))

    for i in range(1, ROUNDS + 1):
        # To transfer much larger amounts of data we can use DMA and
        # the CPU can even do other things while the transfer is in progress
        data = dma_tx_buf.as_mut_slice()
        data[0], data[-1] = i, i

        # dma_transfer moves the driver and the buffers into the transfer
        transfer = spi.dma_transfer(dma_rx_buf, dma_tx_buf)

        # here the CPU could do other things while the transfer is taking place
        counted = 0
        while not transfer.is_done():
            await machine.cpu.spend(cycles=CYCLES_PER_THOUSAND)
            counted += 1000

        # the buffers and spi are moved into the transfer and we get them back by wait
        # if the transfer isn't completed this will block
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
