"""ESP-IDF's SPI master, MOSI joined to MISO: what goes out comes back, on every chip, in every mode, bit order and length.

The reference is the data itself. Around the receive buffer lie guard bytes that must survive; what is sent must not change.
"""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, chips, idf
from dmalab.core.gpio import EdgeCounter
from dmalab.idf import spi_config as spi
from dmalab.idf.errors import EspErr, IdfError

DMA = idf.MALLOC_CAP_DMA | idf.MALLOC_CAP_INTERNAL
CHIPS = [name for name in chips.names() if chips.load(name).idf_target and chips.load(name).spi]
MODES = (0, 1, 2, 3)
ORDERS = (0, spi.SPI_DEVICE_BIT_LSBFIRST)
GUARD = b"\x5a" * 8
LARGEST = 32736
EXTREMES = (1, 2, 3, 63, 64, 65, 72, 73, 4091, 4092, 4093, 4095, 4096, 32000, LARGEST)


class Bench:
    """A bus whose ends are joined, with a device."""

    def __init__(self, machine: Machine, *, dma: bool, joined: bool = True, **device: Any) -> None:
        self.machine = machine
        if joined:
            machine.gpio.connect(4, 2)
        config = idf.SpiBusConfig(mosi_io_num=4, miso_io_num=2, sclk_io_num=0, max_transfer_sz=LARGEST)
        self.bus = idf.SpiBus.initialize(
            machine, idf.SPI2_HOST, config, idf.SPI_DMA_CH_AUTO if dma else idf.SPI_DMA_DISABLED
        )
        hz = min(20_000_000, machine.chip.spi.max_hz)  # type: ignore[union-attr]
        self.device = self.bus.add_device(idf.SpiDeviceConfig(clock_speed_hz=hz, spics_io_num=5, **device))

    async def exchange(self, data: bytes, *, polling: bool = False) -> bytes:
        """Send and receive, in as many transactions as the bus needs; what was received."""
        size = len(data)
        tx, around = (self.machine.heap.alloc(size + room, caps=DMA) for room in (0, 2 * len(GUARD) + 4))
        # Received data begin on a word and are followed by the rest of one: ESP32's DMA writes whole words.
        rest = -size % 4
        tx.write(data)
        around.write(GUARD + bytes(size + rest) + GUARD + bytes(4 - rest))
        send = self.device.polling_transmit if polling else self.device.transmit
        for at in range(0, size, self.bus.max_bytes):
            piece = min(self.bus.max_bytes, size - at)
            trans = idf.SpiTransaction(
                length=8 * piece, tx_buffer=tx.slice(at, piece), rx_buffer=around.slice(len(GUARD) + at, piece)
            )
            await send(trans)
            assert trans.rxlength == 8 * piece
        whole = around.read()
        assert tx.read() == data, "sending changes nothing"
        assert whole[: len(GUARD)] == GUARD == whole[len(GUARD) + size + rest :][: len(GUARD)]
        for buffer in (tx, around):
            buffer.free()
        return whole[len(GUARD) : len(GUARD) + size]

    def close(self) -> None:
        self.device.remove()
        self.bus.free()


def pattern(size: int, seed: int) -> bytes:
    """Bytes that differ from their neighbours and from those of another seed."""
    return bytes((7 * i + 13 * seed + (i >> 8) + 1) & 0xFF for i in range(size))


def check(chip: str, size: int, seed: int, *, dma: bool, polling: bool = False, **device: Any) -> None:
    """One exchange on a machine of its own, without a finding."""

    async def body(machine: Machine) -> None:
        bench = Bench(machine, dma=dma, **device)
        data = pattern(size, seed)
        assert await bench.exchange(data, polling=polling) == data
        bench.close()

    report = Machine(chip).run(body)
    assert (report.verdict, report.findings) == ("clean", ())


@settings(max_examples=150, deadline=None)
@given(
    chip=st.sampled_from(CHIPS),
    mode=st.sampled_from(MODES),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 4096),
    seed=st.integers(0, 255),
    dma=st.booleans(),
    polling=st.booleans(),
)
def test_any_length_comes_back(
    chip: str, mode: int, order: int, size: int, seed: int, dma: bool, polling: bool
) -> None:
    check(chip, size, seed, dma=dma, polling=polling, mode=mode, flags=order)


@pytest.mark.parametrize("dma", [True, False], ids=["dma", "fifo"])
@pytest.mark.parametrize("size", EXTREMES)
def test_extreme_lengths_come_back(size: int, dma: bool) -> None:
    for mode, order in itertools.product(MODES, ORDERS):
        check("esp32c3", size, mode, dma=dma, mode=mode, flags=order)


@pytest.mark.parametrize("chip", CHIPS)
def test_every_chip_carries_the_extremes(chip: str) -> None:
    for size, (mode, order) in zip((1, 65, 4093, 32000, LARGEST), itertools.product(MODES, ORDERS), strict=False):
        check(chip, size, size, dma=True, mode=mode, flags=order)
        check(chip, min(size, 4093), size, dma=False, mode=mode, flags=order)


@pytest.mark.parametrize(
    ("chip", "mode", "dma"), list(itertools.product(("esp32", "esp32c3", "esp32p4"), MODES, (True, False)))
)
def test_mosi_is_silent_on_reads(chip: str, mode: int, dma: bool) -> None:
    async def body(machine: Machine) -> None:
        bench = Bench(machine, dma=dma, mode=mode)
        await bench.exchange(bytes(1))  # the clock rests where the mode has it
        rx = machine.heap.alloc(64, caps=DMA)
        rx.write(b"\5" * 64)
        mosi, clock = EdgeCounter(machine.gpio, 4), EdgeCounter(machine.gpio, 0)
        await bench.device.transmit(idf.SpiTransaction(length=512, rx_buffer=rx))
        assert (mosi.count, machine.gpio.level(4)) == (0, 0)
        assert clock.count == 512
        assert rx.read() == bytes(64)
        bench.close()

    assert Machine(chip).run(body).findings == ()


@pytest.mark.parametrize("chip", CHIPS)
def test_impossible_requests_move_nothing(chip: str) -> None:
    """0 bytes, more than the limit, a clock above the chip's, pins that are not there: the API's code, and everything as it was."""

    async def body(machine: Machine) -> None:
        bench = Bench(machine, dma=True)
        clock = EdgeCounter(machine.gpio, 0)
        tx = machine.heap.alloc(64, caps=DMA)
        tx.write(pattern(64, 1))
        for fields in (
            {"length": 0, "tx_buffer": tx},
            {"length": 8 * (LARGEST + 1), "tx_buffer": tx},
            {"length": 8 * (LARGEST + 1), "rx_buffer": tx},
        ):
            trans = idf.SpiTransaction(**fields)  # type: ignore[arg-type]
            with pytest.raises(IdfError) as refused:
                await bench.device.transmit(trans)
            assert refused.value.code is EspErr.INVALID_ARG
            assert (trans.length, trans.tx_buffer, trans.rx_buffer) == (
                fields["length"], fields.get("tx_buffer"), fields.get("rx_buffer"),
            )  # fmt: skip
        limit = machine.chip.spi.max_hz  # type: ignore[union-attr]
        with pytest.raises(IdfError) as refused:
            bench.bus.add_device(idf.SpiDeviceConfig(clock_speed_hz=limit + 1, spics_io_num=6))
        assert refused.value.code is EspErr.INVALID_ARG
        half = bench.bus.add_device(
            idf.SpiDeviceConfig(clock_speed_hz=1_000_000, spics_io_num=6, flags=spi.SPI_DEVICE_HALFDUPLEX)
        )
        with pytest.raises(IdfError) as refused:
            await half.transmit(idf.SpiTransaction(length=64, tx_buffer=tx, flags=spi.SPI_TRANS_MODE_QIO))
        assert refused.value.code is EspErr.INVALID_ARG
        assert clock.count == 0
        assert tx.read() == pattern(64, 1)
        half.remove()
        assert await bench.exchange(pattern(64, 2)) == pattern(64, 2)
        bench.close()

    assert Machine(chip).run(body).findings == ()
