"""What is moved is gone until it comes back; refusals give everything back; dropping is reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dmalab import Machine, esphal
from dmalab.esphal import (
    ConfigError,
    ConfigErrorKind,
    DmaBufError,
    DmaErrorKind,
    MHz,
    MovedError,
    Spi,
    SpiError,
    SpiErrorKind,
    SpiMode,
    TransferError,
    kHz,
)

Boards = Callable[..., Any]
HERE = "test_moves.py"


def line_of(marker: str) -> int:
    """The line of this file that carries a marker."""
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(number for number, text in enumerate(lines, 1) if f"# {marker}" in text and "line_of" not in text)


def test_everything_is_gone_while_a_transfer_runs(board: Any) -> None:
    rx, tx = board.buffers(100)
    spi = board.spi_dma()
    lent = tx.as_mut_slice()
    transfer = spi.dma_transfer(rx, tx)  # MOVED
    where = f"a transfer by dma_transfer() at {HERE}:{line_of('MOVED')}"
    back = f"wait() of the transfer started at {HERE}:{line_of('MOVED')} gives it back"
    uses = {
        "an SpiDma driver on SPI2": [
            lambda: spi.dma_write(tx),
            lambda: spi.change_bus_frequency(MHz(1)),
            lambda: spi.with_buffers(rx, tx),
        ],
        "a DmaRxBuf of 100 bytes": [
            rx.as_slice,
            rx.len,
            lambda: rx.set_length(1),
            rx.number_of_received_bytes,
            rx.split,
        ],
        "a DmaTxBuf of 100 bytes": [
            tx.as_mut_slice,
            lambda: tx.fill(b""),
            tx.split,
            lambda: lent.fill(0),
            lambda: lent[0],
            lambda: bytes(lent),
        ],
    }
    for what, calls in uses.items():
        for call in calls:
            with pytest.raises(MovedError) as error:
                call()
            assert str(error.value) == f"{what} was moved into {where}; {back}"
    again, (rx_again, tx_again) = transfer.wait()
    assert (again, rx_again, tx_again) == (spi, rx, tx)
    lent.fill(1)
    assert tx.as_slice() == b"\1" * 100


def test_a_transfer_can_be_waited_for_once(board: Any) -> None:
    _, tx = board.buffers(4)
    transfer = board.spi_dma().dma_write(tx)
    transfer.wait()  # WAITED
    for use in (transfer.wait, transfer.is_done, transfer.cancel, transfer.drop):
        with pytest.raises(MovedError) as error:
            use()
        assert str(error.value) == (
            f"the transfer started by dma_write() was moved into its parts, by wait() at {HERE}:{line_of('WAITED')}; "
            "it does not come back"
        )


def test_parts_belong_to_their_buffer_object(board: Any) -> None:
    rx_buffer, rx_descriptors, tx_buffer, _ = esphal.dma_buffers(board.machine, 8)
    rx = esphal.DmaRxBuf.new(rx_descriptors, rx_buffer)  # MADE
    with pytest.raises(MovedError) as error:
        rx_buffer.read()
    assert str(error.value) == (
        f"a static buffer of 8 bytes was moved into a DmaRxBuf of 8 bytes at {HERE}:{line_of('MADE')}; "
        "split() of a DmaRxBuf of 8 bytes gives it back"
    )
    with pytest.raises(MovedError):
        esphal.DmaTxBuf.new(rx_descriptors, tx_buffer)
    descriptors, memory = rx.split()
    memory.write(b"now mine")
    with pytest.raises(MovedError):
        rx.len()
    esphal.DmaTxBuf.new(descriptors, memory)


def test_tokens_are_taken_once(board: Any) -> None:
    pins = board.pins
    spi = Spi.new(board.peripherals.SPI2, MHz(1), SpiMode.Mode0)
    with pytest.raises(MovedError, match=r"peripherals\.SPI2 was moved into an Spi driver on SPI2 at "):
        Spi.new(board.peripherals.SPI2, MHz(1), SpiMode.Mode0)
    dma = esphal.Dma.new(board.peripherals.DMA)
    with pytest.raises(MovedError):
        esphal.Dma.new(board.peripherals.DMA)
    channel = dma.channel0.configure(False, esphal.DmaPriority.Priority0)
    with pytest.raises(MovedError, match=r"dma\.channel0 was moved into a configured channel"):
        dma.channel0.configure(False, esphal.DmaPriority.Priority0)
    spi.with_sck(pins.gpio0).with_dma(channel)
    with pytest.raises(MovedError, match="an Spi driver on SPI2 was moved into an SpiDma driver at "):
        spi.transfer(bytearray(4))


@pytest.mark.parametrize(
    ("chip", "fields"),
    [
        ("esp32", "spi2channel, spi3channel"),
        ("esp32c2", "channel0"),
        ("esp32c3", "channel0, channel1, channel2"),
        ("esp32s3", "channel0, channel1, channel2, channel3, channel4"),
    ],
)
def test_channels_of_a_chip(boards: Boards, chip: str, fields: str) -> None:
    dma = esphal.Dma.new(boards(chip).peripherals.DMA)
    with pytest.raises(AttributeError, match=f"this chip's Dma has no field channel9; fields: {fields}$"):
        dma.channel9.configure(False, esphal.DmaPriority.Priority0)


def test_wired_channels_fit_their_controller(boards: Boards) -> None:
    board = boards("esp32")
    dma = esphal.Dma.new(board.peripherals.DMA)
    channel = dma.spi3channel.configure(False, esphal.DmaPriority.Priority0)
    with pytest.raises(ValueError, match="DMA channel of SPI3 given to SPI2"):
        board.spi().with_dma(channel)


# -- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rx_bytes", "tx_bytes", "kind"),
    [
        (32737, 1, SpiErrorKind.MAX_DMA_TRANSFER_SIZE_EXCEEDED),
        (1, 32737, SpiErrorKind.MAX_DMA_TRANSFER_SIZE_EXCEEDED),
        (0, 0, SpiErrorKind.UNSUPPORTED),
    ],
)
def test_impossible_transfers_give_everything_back(
    board: Any, rx_bytes: int, tx_bytes: int, kind: SpiErrorKind
) -> None:
    edges = board.edges(0)
    rx, tx = board.buffers(32737)
    tx.fill(board.pattern(32737))
    spi = board.spi_dma()
    with pytest.raises(TransferError) as failed:
        spi.transfer(rx_bytes, rx, tx_bytes, tx)
    error, spi_again, rx_again, tx_again = failed.value
    assert (error.kind, failed.value[0]) == (kind, error)
    assert (spi_again, rx_again, tx_again) == (spi, rx, tx)
    assert edges.count == 0
    assert tx.as_slice() == board.pattern(32737)
    _, (rx, tx) = spi.transfer(4, rx, 4, tx).wait()
    assert rx.as_slice()[:4] == board.pattern(4)


def test_an_oversized_transfer_says_the_limit(board: Any) -> None:
    _, tx = board.buffers(32737)
    with pytest.raises(TransferError, match="MaxDmaTransferSizeExceeded: 32737 bytes; at most 32736"):
        board.spi_dma().dma_write(tx)


def test_reception_without_an_input_is_refused(board: Any) -> None:
    rx, _ = board.buffers(4)
    spi = Spi.new(board.peripherals.SPI2, MHz(1), SpiMode.Mode0).with_sck(board.pins.gpio0).with_dma(board.channel())
    with pytest.raises(
        TransferError, match="Unsupported: reception without a MISO pin; route one with with_pins or with_miso"
    ):
        spi.dma_read(rx)


def test_blocking_reception_without_an_input_is_refused(board: Any) -> None:
    clock = board.edges(0)
    spi = Spi.new(board.peripherals.SPI2, MHz(1), SpiMode.Mode0).with_sck(board.pins.gpio0)
    words = bytearray(b"abcd")
    for receive in (spi.transfer, spi.read, lambda one: spi.transfer(one, b"xyz")):
        with pytest.raises(SpiError) as refused:
            receive(words)
        assert str(refused.value) == (
            "Unsupported: reception without a MISO pin; route one with with_pins or with_miso"
        )
    assert (words, clock.count) == (b"abcd", 0)
    spi.write(b"abcd")
    spi.transfer(bytearray(), b"abcd")
    spi.flush()
    assert clock.count == 64
    spi.with_miso(board.pins.gpio2).transfer(words)


@pytest.mark.parametrize("hz", [0, 78_124, 80_000_001])
def test_impossible_clocks(board: Any, hz: int) -> None:
    with pytest.raises(ConfigError) as refused:
        Spi.new(board.peripherals.SPI2, hz, SpiMode.Mode0)
    assert refused.value.kind is ConfigErrorKind.FREQUENCY_OUT_OF_RANGE
    assert str(refused.value) == f"FrequencyOutOfRange: {hz} Hz; possible: 78125 Hz to 80000000 Hz"
    Spi.new(board.peripherals.SPI2, MHz(1), SpiMode.Mode0)  # the token was given back


def test_bursts_need_words_in_reception(boards: Boards) -> None:
    board = boards("esp32s3")
    rx, tx = board.buffers(5)
    spi = board.spi_dma(burst=True)
    with pytest.raises(TransferError) as failed:
        spi.dma_transfer(rx, tx)
    assert failed.value.dma is DmaErrorKind.INVALID_ALIGNMENT
    rx, tx = board.buffers(8)
    tx.fill(b"12345678")
    assert spi.dma_transfer(rx, tx).wait()[1][0].as_slice() == b"12345678"


def test_psram_that_the_controller_does_not_reach(boards: Boards) -> None:
    """On ESP32-S2 only one of the controllers' channels sees PSRAM; on chips without, no buffer object can be made."""
    board = boards("esp32")
    memory = esphal.static_buffer(board.machine, 64, external=True)
    with pytest.raises(DmaBufError, match="UnsupportedMemoryRegion"):
        esphal.DmaTxBuf.new(esphal.static_descriptors(board.machine, 1), memory)


# -- dropping --------------------------------------------------------------------------------------------------------


def drop_by_scope(board: Any) -> None:
    rx, tx = board.buffers(1000)
    transfer = board.spi_dma(kHz(100)).dma_transfer(rx, tx)  # DROPPED
    board.machine.scheduler.elapse(8_000 * 1_000_000)
    transfer.is_done()


def drop_by_hand(board: Any) -> None:
    rx, tx = board.buffers(1000)
    transfer = board.spi_dma(kHz(100)).dma_transfer(rx, tx)
    board.machine.scheduler.elapse(8_000 * 1_000_000)
    transfer.drop()


def drop_by_with(board: Any) -> None:
    rx, tx = board.buffers(1000)
    with board.spi_dma(kHz(100)).dma_transfer(rx, tx):
        board.machine.scheduler.elapse(8_000 * 1_000_000)


@pytest.mark.parametrize("drop", [drop_by_scope, drop_by_hand, drop_by_with])
def test_dropping_an_unfinished_transfer_is_reported(board: Any, drop: Callable[[Any], None]) -> None:
    report = board.run(lambda: drop(board))
    (finding,) = report.findings
    assert finding.rule == "completion-misuse"
    assert finding.message == (
        "the SPI2 transfer of 1000 bytes by AHB GDMA channel 0 was dropped unfinished and thereby cancelled: 100 of 1000 bytes were "
        "through, and its driver and buffers are gone with it"
    )
    assert (
        finding.fix
        == "keep the transfer until wait() has given everything back; to end it early, cancel() and then wait()"
    )
    assert [where.role for where in finding.where] == ["started", "dropped"]
    assert {where.function for where in finding.where} <= {drop.__name__, "<lambda>", "body"}
    assert report.duration_ns < 10_000_000, "dropping does not wait for the wire"


def test_waiting_is_silent(board: Any) -> None:
    def body() -> None:
        rx, tx = board.buffers(1000)
        transfer = board.spi_dma().dma_transfer(rx, tx)
        transfer.cancel()
        with transfer:
            transfer.wait()

    assert board.run(body).findings == ()


def test_dropping_a_finished_transfer_is_silent_but_loses_the_parts(board: Any) -> None:
    rx, tx = board.buffers(4)

    def body() -> None:
        transfer = board.spi_dma().dma_transfer(rx, tx)
        board.machine.scheduler.elapse(10**9)
        assert transfer.is_done()
        transfer.drop()

    assert board.run(body).findings == ()
    with pytest.raises(MovedError, match="a DmaRxBuf of 4 bytes was moved into a transfer that was dropped at "):
        rx.as_slice()


# -- memory behind the back ------------------------------------------------------------------------------------------


def test_touching_a_buffer_by_its_address_is_found(board: Any) -> None:
    """No move protects memory that somebody reaches by other means."""

    def body() -> None:
        rx, tx = board.buffers(1000)
        address = tx.span.low
        transfer = board.spi_dma().dma_transfer(rx, tx)
        board.machine.memory.store(address + 999, b"!")
        transfer.wait()

    (finding,) = board.run(body).findings
    assert finding.rule == "touched-in-flight"
    assert finding.fix.endswith(": wait for wait() of the transfer")


def test_a_wire_too_fast_for_psram_is_found(boards: Boards) -> None:
    board = boards("esp32s3")
    memory = esphal.static_buffer(board.machine, 64, external=True)
    tx = esphal.DmaTxBuf.new(esphal.static_descriptors(board.machine, 1), memory)
    spi = board.spi(MHz(80)).with_sio(board.pins.gpio6, board.pins.gpio7).with_dma(board.channel())
    board.run(lambda: spi.half_duplex_write(esphal.SpiDataMode.Quad, tx=tx).wait())
    (finding,) = board.machine.report().findings
    assert finding.rule == "completion-misuse"
    assert finding.message == (
        "the SPI2 transfer of 64 bytes by AHB GDMA channel 0 moves 40.0 MB/s on the wire, but the engine gets no more than 32.3 MB/s "
        "out of PSRAM: the controller sends what is not there"
    )


def test_a_blocking_wait_in_an_interrupt_is_found(board: Any) -> None:
    async def main(machine: Machine) -> None:
        _, tx = board.buffers(100)
        transfer = board.spi_dma().dma_write(tx)
        machine.scheduler.interrupts.request(lambda: transfer.wait())
        await machine.sleep_us(1)

    (finding,) = board.machine.run(main).findings
    assert (finding.rule, finding.severity.value) == ("isr-context", "error")
    assert finding.message == "SpiDmaTransfer::wait was called in an interrupt, but it may wait"
