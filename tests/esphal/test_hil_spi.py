"""esp-hal's own hardware tests of SPI, retold: what they set up, and the numbers they expect.

Source: esp-rs/esp-hal hil-test/tests/spi_*.rs @ v0.21.1, hil-test/src/bin/spi.rs of later releases.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dmalab import Machine, esphal
from dmalab.esphal import Address, Command, DmaErrorKind, MHz, SpiDataMode, SpiError, SpiErrorKind, SpiMode, kHz

Boards = Callable[..., Any]
SENT = bytes.fromhex("deadbeef")
"""Nine rising edges after an idle-low line."""
THREE_EDGES = b"\x6a"


# -- blocking --------------------------------------------------------------------------------------------------------


def test_symmetric_transfer(board: Any) -> None:
    assert board.spi().transfer(bytearray(4), SENT) == SENT


def test_asymmetric_transfer(board: Any) -> None:
    backing = bytearray(4)
    clock = board.edges(0)
    read = bytearray(2)
    board.spi().transfer(read, SENT)
    backing[:2] = read
    assert backing == SENT[:2] + b"\0\0"
    assert clock.count == 32


def test_asymmetric_transfer_read_more(board: Any) -> None:
    clock = board.edges(0)
    assert board.spi().transfer(bytearray(b"\xff" * 4), SENT[:2]) == SENT[:2] + b"\0\0"
    assert clock.count == 32


def test_asymmetric_write(board: Any) -> None:
    edges = board.edges()
    spi = board.spi()
    spi.write(SENT)
    spi.flush()
    assert edges.count == 9


def test_asymmetric_write_transfer(board: Any) -> None:
    edges = board.edges()
    board.spi().transfer(bytearray(), SENT)
    assert edges.count == 9


def test_symmetric_transfer_huge_buffer(board: Any) -> None:
    data = bytes(i % 256 for i in range(4096))
    assert board.spi().transfer(bytearray(4096), data) == data


def test_symmetric_transfer_huge_buffer_in_place(board: Any) -> None:
    data = bytearray(i % 256 for i in range(4096))
    before = bytes(data)
    assert board.spi().transfer(data) == before


def test_a_write_is_not_cut_by_what_follows(board: Any) -> None:
    """A second write begins when the first one's bits are out."""
    edges = board.edges()
    spi = board.spi(kHz(80))
    spi.write(SENT * 2)
    spi.write(SENT * 2)
    spi.flush()
    assert edges.count == 34


def test_a_half_duplex_write_waits_for_a_write_on_the_wire(board: Any) -> None:
    clock = board.edges(0)
    spi = board.spi(kHz(80))
    spi.write(bytes(40))
    spi.half_duplex_write(SpiDataMode.Dual, buffer=bytes(40))
    assert clock.count == 480


def test_transfer_works_after_half_duplex_operation(board: Any) -> None:
    spi = board.spi()
    spi.half_duplex_read(SpiDataMode.Dual, Command(0x9F, 8), Address(0, 32), 0, bytearray(4))
    assert spi.transfer(bytearray(SENT)) == SENT


def test_an_empty_half_duplex_write_does_not_reuse_the_old_length(board: Any) -> None:
    clock = board.edges(0)
    spi = board.spi(kHz(80))
    spi.half_duplex_write(SpiDataMode.SingleTwoDataLines, buffer=bytes(4))
    spi.half_duplex_write(SpiDataMode.SingleTwoDataLines, Command(1, 8))
    assert clock.count == 40


def test_half_duplex_refusals(board: Any) -> None:
    spi = board.spi()
    with pytest.raises(SpiError) as refused:
        spi.half_duplex_read(SpiDataMode.Single, buffer=bytearray())
    assert refused.value.kind is SpiErrorKind.UNSUPPORTED
    with pytest.raises(SpiError) as refused:
        spi.half_duplex_write(SpiDataMode.Single, buffer=bytes(65))
    assert str(refused.value) == "FifoSizeExeeded: 65 bytes; the FIFO holds 64"


def test_data_mode_combinations_are_not_rejected(boards: Boards) -> None:
    one, two, four = SpiDataMode.SingleTwoDataLines, SpiDataMode.Dual, SpiDataMode.Quad
    for modes in (
        (one, one, one),
        (one, one, two),
        (one, two, two),
        (two, two, two),
        (one, one, four),
        (one, four, four),
    ):
        command, address, data = modes
        spi = boards("esp32c3").spi()
        spi.half_duplex_write(data, Command(1, 8, command), Address(2, 24, address), 0, b"\x01" * 8)


@pytest.mark.parametrize("hz", [78_125, 80_000_000, 100_000, 1_000_000, 2_000_000])
def test_clock_calculation_accuracy(board: Any, hz: int) -> None:
    spi = board.spi(hz)
    assert spi._settings.clock.hz == hz


# -- DMA -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", ["esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c6", "esp32h2"])
@pytest.mark.parametrize("second", ["write", "transfer"])
def test_dma_read_adds_no_edge(boards: Boards, chip: str, second: str) -> None:
    board = boards(chip)
    edges = board.edges()
    size = 8 if chip == "esp32" else 5
    rx, tx = board.buffers(size)
    tx.fill(THREE_EDGES * size)
    spi = board.spi_dma()
    for round_ in range(1, 4):
        rx.as_mut_slice().fill(5)
        spi, rx = spi.dma_read(rx).wait()
        assert rx.as_slice() == bytes(size)
        if second == "write":
            spi, tx = spi.dma_write(tx).wait()
        else:
            spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
        assert edges.count == round_ * 3 * size


@pytest.mark.parametrize("chip", ["esp32", "esp32s2", "esp32s3", "esp32c2", "esp32c3", "esp32c6", "esp32p4"])
def test_symmetric_dma_transfer(boards: Boards, chip: str) -> None:
    """32 000 bytes, four rounds with changed data, with what came back from the round before."""
    board = boards(chip)
    rx, tx = board.buffers(32000)
    tx.as_mut_slice()[:] = bytes(i % 255 for i in range(32000))
    spi = board.spi_dma()
    for round_ in range(4):
        data = tx.as_mut_slice()
        data[0] = data[-1] = round_
        spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
        assert rx.as_slice() == tx.as_slice()


def test_asymmetric_dma_transfer(board: Any) -> None:
    rx, tx = board.buffers(2, 4)
    spi = board.spi_dma()
    for data in (SENT, bytes.fromhex("01020304")):
        tx.fill(data)
        spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
        assert rx.as_slice() == data[:2]


def test_an_explicit_length_wins_over_the_buffer(board: Any) -> None:
    edges = board.edges()
    rx, tx = board.buffers(8)
    tx.fill(THREE_EDGES * 8)
    rx.as_mut_slice().fill(5)
    spi, rx = board.spi_dma().read(5, rx).wait()
    assert rx.as_slice() == bytes(5) + b"\5\5\5"
    spi, tx = spi.write(5, tx).wait()
    assert edges.count == 15
    spi, (rx, tx) = spi.transfer(5, rx, 5, tx).wait()
    assert rx.as_slice() == THREE_EDGES * 5 + b"\5\5\5"


def test_nothing_to_read(board: Any) -> None:
    edges = board.edges()
    rx, tx = board.buffers(4)
    tx.fill(b"\x02" * 4)
    board.spi_dma().transfer(0, rx, 4, tx).wait()
    assert edges.count == 4


def test_write_read_alternate(boards: Boards) -> None:
    """MOSI leads nowhere, MISO is tied high."""
    board = boards("esp32s2", joined=False)
    board.machine.gpio.drive(2, 1)
    pins = board.pins
    spi = esphal.Spi.new(board.peripherals.SPI2, MHz(10), SpiMode.Mode0).with_sck(pins.gpio0).with_miso(pins.gpio2)
    driver = spi.with_dma(board.channel())
    rx, tx = board.buffers(4)
    for _ in range(2):
        driver, tx = driver.dma_write(tx).wait()
        rx.as_mut_slice().fill(0)
        driver, rx = driver.dma_read(rx).wait()
        assert rx.as_slice() == b"\xff" * 4


def test_cancel_stops_the_transaction(board: Any) -> None:
    rx, tx = board.buffers(32000)
    transfer = board.spi_dma(kHz(80)).dma_transfer(rx, tx)
    before = board.machine.now_us
    transfer.cancel()
    transfer.wait()
    assert board.machine.now_us - before < 20


def test_can_transmit_after_cancel(board: Any) -> None:
    rx, tx = board.buffers(32000)
    tx.fill(board.pattern(32000))
    transfer = board.spi_dma(kHz(80)).dma_transfer(rx, tx)
    transfer.cancel()
    spi, (rx, tx) = transfer.wait()
    spi.change_bus_frequency(MHz(10))
    spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
    assert rx.as_slice() == tx.as_slice() == board.pattern(32000)


def test_cancel_in_the_middle_leaves_what_has_arrived(board: Any) -> None:
    rx, tx = board.buffers(1000)
    tx.fill(board.pattern(1000))
    transfer = board.spi_dma(MHz(1)).dma_transfer(rx, tx)
    board.machine.scheduler.elapse(4_000 * 1_000_000)
    transfer.cancel()
    _, (rx, _) = transfer.wait()
    got = rx.as_slice()
    assert got[:500] == board.pattern(1000)[:500]
    assert got[510:] == bytes(490)
    assert rx.number_of_received_bytes() == 0, "a stopped engine does not close the descriptor it was in"


def test_cancelling_an_awaited_transfer_does_nothing(board: Any) -> None:
    async def main(_machine: Machine) -> None:
        rx, tx = board.buffers(4)
        transfer = board.spi_dma().dma_transfer(rx, tx)
        await transfer.wait_for_done()
        transfer.cancel()
        await transfer.wait_for_done()
        transfer.cancel()
        transfer.wait()

    assert board.machine.run(main).verdict == "clean"


def test_awaiting_gives_the_parts_back_and_lets_others_run(board: Any) -> None:
    counted: list[int] = []

    async def other(machine: Machine) -> None:
        for i in range(100):
            counted.append(i)
            await machine.sleep_us(10)

    async def main(machine: Machine) -> None:
        machine.task(other(machine), name="other")
        rx, tx = board.buffers(1000)
        tx.fill(board.pattern(1000))
        _spi, (rx, tx) = await board.spi_dma(MHz(10)).dma_transfer(rx, tx)
        assert rx.as_slice() == board.pattern(1000)
        assert 75 <= len(counted) <= 85

    assert board.machine.run(main).verdict == "clean"


# -- half duplex and more lines --------------------------------------------------------------------------------------


def test_half_duplex_reads_follow_the_pin(boards: Boards) -> None:
    board = boards("esp32c3", joined=False)
    rx, _ = board.buffers(4)
    spi = board.spi_dma()
    for level, byte in ((0, 0x00), (1, 0xFF)):
        board.machine.gpio.drive(2, level)
        rx.as_mut_slice().fill(5)
        spi, rx = spi.half_duplex_read(SpiDataMode.SingleTwoDataLines, rx=rx).wait()
        assert rx.as_slice() == bytes([byte]) * 4


def test_blocking_reads_follow_the_pin(boards: Boards) -> None:
    """145 bytes: more than two FIFOs."""
    board = boards("esp32c3", joined=False)
    spi = board.spi()
    for level, byte in ((0, 0x00), (1, 0xFF)):
        board.machine.gpio.drive(2, level)
        words = bytearray(b"\x05" * 145)
        spi.read(words)
        assert words == bytes([byte]) * 145


def test_half_duplex_writes_are_counted(board: Any) -> None:
    edges = board.edges()
    _, tx = board.buffers(4)
    tx.fill(THREE_EDGES * 4)
    spi = board.spi_dma()
    for sum_ in (12, 24):
        spi, tx = spi.half_duplex_write(SpiDataMode.SingleTwoDataLines, tx=tx).wait()
        assert edges.count == sum_


@pytest.mark.parametrize("chip", ["esp32s3", "esp32s2"])
def test_half_duplex_write_from_psram(boards: Boards, chip: str) -> None:
    board = boards(chip)
    edges = board.edges()
    descriptors = esphal.static_descriptors(board.machine, 1)
    memory = esphal.static_buffer(board.machine, 4, external=True)
    config = esphal.BurstConfig(external=esphal.ExternalBurst.SIZE_32)
    tx = esphal.DmaTxBuf.new_with_config(descriptors, memory, config)
    tx.fill(THREE_EDGES * 4)
    spi = board.spi_dma()
    for sum_ in (12, 24):
        spi, tx = spi.half_duplex_write(SpiDataMode.SingleTwoDataLines, tx=tx).wait()
        assert edges.count == sum_
    assert board.machine.report().verdict == "clean"


@pytest.mark.parametrize("block", [16, 32, 64])
def test_psram_dma(boards: Boards, block: int) -> None:
    board = boards("esp32s3")
    config = esphal.BurstConfig(external=esphal.ExternalBurst(block))
    descriptors = esphal.static_descriptors(board.machine, 3)
    tx = esphal.DmaTxBuf.new_with_config(descriptors, esphal.static_buffer(board.machine, 8192, external=True), config)
    rx, _ = board.buffers(8192)
    spi = board.spi_dma(kHz(100))
    for round_ in range(4):
        tx.fill(board.pattern(8192, round_))
        spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
        assert rx.as_slice() == tx.as_slice()
    assert board.machine.report().verdict == "clean"


@pytest.mark.parametrize(("line", "byte"), [(0, 0x11), (1, 0x22), (2, 0x44), (3, 0x88)])
@pytest.mark.parametrize("mode", [SpiDataMode.SingleTwoDataLines, SpiDataMode.Quad])
def test_quad_reads_and_writes(boards: Boards, line: int, byte: int, mode: SpiDataMode) -> None:
    board = boards("esp32c3", joined=False)
    numbers = [4, 2, 6, 7]
    spi = board.spi().with_sio(board.pins.gpio6, board.pins.gpio7)
    driver = spi.with_dma(board.channel())
    rx, tx = board.buffers(4)
    command, address = Command(1 << line, 8, mode), Address(1 << line | 1 << (line + 8) | 1 << (line + 16), 24, mode)

    board.machine.gpio.connect(10, numbers[line])
    for level in (0, 1):
        board.machine.gpio.drive(10, level)
        driver, tx = driver.half_duplex_write(SpiDataMode.Quad, command, address, tx=tx).wait()
        driver, rx = driver.half_duplex_read(SpiDataMode.Quad, Command(0, 8, mode), rx=rx).wait()
        assert rx.as_slice() == bytes([byte * level]) * 4

    first, watched = board.edges(numbers[0]), board.edges(numbers[line])
    tx.fill(bytes([1 << line]) * 4)
    driver, tx = driver.half_duplex_write(SpiDataMode.Quad, command, address, tx=tx).wait()
    one_line = mode is SpiDataMode.SingleTwoDataLines
    commanded = 4 if one_line else 0  # 1 of the command, 3 of the address
    if line:
        assert (first.count, watched.count) == (commanded, 8 - commanded)
    else:
        assert first.count == 8
    tx.set_length(0)
    driver, tx = driver.half_duplex_write(SpiDataMode.Quad, command, address, tx=tx).wait()
    assert first.count + (watched.count if line else 0) == 12


# -- slices ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("room", "size"), [(4, 4), (40, 4096), (128, 48), (128, 63), (128, 64)])
def test_bus_symmetric_transfer(board: Any, room: int, size: int) -> None:
    bus = board.spi_dma().with_buffers(*board.buffers(room))
    data, read = board.pattern(size), bytearray(size)
    bus.transfer(read, data)
    assert read == data
    words = bytearray(data)
    bus.transfer_in_place(words)
    assert words == data


def test_bus_asymmetric_transfer(board: Any) -> None:
    bus = board.spi_dma().with_buffers(*board.buffers(4))
    read = bytearray(b"\5" * 8)
    bus.transfer(read, SENT)
    assert read == SENT + bytes(4)
    short = bytearray(2)
    bus.transfer(short, SENT)
    assert short == SENT[:2]


def test_bus_reads_and_writes(board: Any) -> None:
    edges = board.edges()
    bus = board.spi_dma().with_buffers(*board.buffers(5))
    for round_ in range(1, 4):
        words = bytearray(b"\5" * 5)
        bus.read(words)
        assert words == bytes(5)
        bus.write(THREE_EDGES * 5)
        assert edges.count == round_ * 15


def test_bus_half_duplex_can_not_be_cut(board: Any) -> None:
    edges = board.edges()
    bus = board.spi_dma().with_buffers(*board.buffers(8))
    bus.half_duplex_write(SpiDataMode.SingleTwoDataLines, buffer=THREE_EDGES * 4)
    assert edges.count == 12
    words = bytearray(b"\5" * 4)
    bus.half_duplex_read(SpiDataMode.SingleTwoDataLines, buffer=words)
    assert words == bytes(4)
    with pytest.raises(SpiError) as refused:
        bus.half_duplex_write(SpiDataMode.SingleTwoDataLines, buffer=bytes(9))
    assert refused.value.dma is DmaErrorKind.OVERFLOW
    driver, rx, tx = bus.split()
    driver.dma_transfer(rx, tx).wait()


def test_chip_select_frames_every_transaction(board: Any) -> None:
    """One activation per FIFO load or DMA transfer."""
    deselected = board.edges(5)
    board.spi().transfer(bytearray(130))
    assert deselected.count == 3 + 1  # the last one: routing raised the pin


def test_two_controllers_work_beside_each_other(board: Any) -> None:
    """A slow 1024-byte loop on SPI2, a short transfer every millisecond on SPI3 in a more urgent task: neither stands still."""
    dma = esphal.Dma.new(board.peripherals.DMA)
    pins = board.pins
    done = {"slow": 0, "fast": 0}

    def driver(peripheral: Any, pin: Any, creator: Any, hz: int) -> Any:
        spi = esphal.Spi.new(peripheral, hz, SpiMode.Mode0).with_miso(pin).with_mosi(pin)
        return spi.with_dma(creator.configure(False, esphal.DmaPriority.Priority0))

    async def slow(_machine: Machine) -> None:
        spi, (rx, tx) = driver(board.peripherals.SPI2, pins.gpio4, dma.channel0, kHz(100)), board.buffers(1024)
        tx.fill(board.pattern(1024))
        for _ in range(12):
            spi, (rx, tx) = await spi.dma_transfer(rx, tx)
            assert rx.as_slice() == board.pattern(1024)
            done["slow"] += 1

    async def fast(machine: Machine) -> None:
        spi, (rx, tx) = driver(board.peripherals.SPI3, pins.gpio12, dma.channel1, MHz(1)), board.buffers(8)
        while done["slow"] < 12:
            spi, (rx, tx) = await spi.dma_transfer(rx, tx)
            done["fast"] += 1
            await machine.sleep_us(1000)

    async def main(machine: Machine) -> None:
        machine.task(fast(machine), name="fast", priority=3)
        await slow(machine)

    report = board.machine.run(main)
    assert report.verdict == "clean"
    assert 0.98e9 <= report.duration_ns <= 1.02e9
    assert 850 <= done["fast"] <= 950
