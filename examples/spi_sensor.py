"""A sensor on SPI, read with and without DMA, and what a logic analyser sees of it.

The sensor is a small Python class: registers behind a pointer, of which two are measured afresh at every read. Run as a program, this
also writes spi_sensor.vcd, which any waveform viewer opens.
"""

from __future__ import annotations

from dmalab import Machine, esphal
from dmalab.core.spi_device import Sensor
from dmalab.core.spi_trace import LogicAnalyser
from dmalab.esphal import Dma, DmaPriority, DmaRxBuf, DmaTxBuf, Io, MHz, Spi, SpiMode

WHO_AM_I, TEMPERATURE = 0x0F, 0x20
READ = 0x80
PINS = {"sck": 0, "miso": 2, "mosi": 4, "cs": 5}


async def main(machine: Machine) -> LogicAnalyser:
    """Ask the sensor who it is, then read it by DMA while the core does something else."""
    measured = iter(range(0x150, 0x200, 0x10))
    now = next(measured)

    def sample(register: int) -> int | None:
        nonlocal now
        if register == TEMPERATURE:
            now = next(measured)
        return {TEMPERATURE: now & 0xFF, TEMPERATURE + 1: now >> 8}.get(register)

    analyser = LogicAnalyser(machine.gpio, machine.clock, PINS)
    machine.spi["SPI2"].bus.attach(Sensor({WHO_AM_I: 0x33}, sample=sample), cs=PINS["cs"])
    peripherals = esphal.init(machine)
    pins = Io.new(peripherals.GPIO, peripherals.IO_MUX).pins
    spi = Spi.new(peripherals.SPI2, MHz(1), SpiMode.Mode0).with_pins(pins.gpio0, pins.gpio4, pins.gpio2, pins.gpio5)

    answer = spi.transfer(bytearray([READ | WHO_AM_I, 0]))
    print(f"who am I: {answer[1]:#04x}")

    # whole cache lines, so that the ESP32-P4 takes them too; four bytes of them are used
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(machine, 64)
    rx, tx = DmaRxBuf.new(rx_descriptors, rx_buffer), DmaTxBuf.new(tx_descriptors, tx_buffer)
    channel = Dma.new(peripherals.DMA).channel0.configure(False, DmaPriority.Priority0)
    driver = spi.with_dma(channel)
    tx.fill(bytes([READ | TEMPERATURE, 0, 0, 0]))
    for _ in range(3):
        transfer = driver.transfer(4, rx, 4, tx)
        await machine.cpu.spend(us=20)
        driver, (rx, tx) = transfer.wait()
        print(f"temperature: {int.from_bytes(rx.as_slice()[1:3], 'little') / 16:.1f} degrees")

    clocks = sum(level for _, level in analyser.changes("sck"))
    print(f"{clocks} clocks in {sum(1 - level for _, level in analyser.changes('cs')[1:])} frames")
    return analyser


if __name__ == "__main__":

    async def traced(machine: Machine) -> None:
        """Run, and keep the trace."""
        (await main(machine)).save("spi_sensor.vcd")

    print(Machine("esp32c3").run(traced))
