"""Copies inside memory: what arrives, what is refused, what comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, chips, esphal
from dmalab.esphal import CopyError, DmaError, DmaErrorKind, DmaRxBuf, DmaTxBuf, Mem2Mem, MovedError, Panic

Boards = Callable[..., Any]
COPYING = [
    name
    for name in chips.names()
    if (chip := chips.load(name)).spi and any(engine.m2m_pair_mask for engine in chip.engines)
]


def channel_and_token(board: Any) -> tuple[Any, Any]:
    """What `Mem2Mem.new` takes on this chip."""
    peripherals = board.peripherals
    if board.machine.chip.name == "esp32s2":
        return peripherals.DMA_COPY, None
    spare = next((name for name in vars(peripherals) if name.startswith("MEM2MEM")), "SPI2")
    return esphal.Dma.new(peripherals.DMA).channel0.configure(False), getattr(peripherals, spare)


def simple(board: Any, rx: Any, tx: Any, chunk: int | None = None) -> Any:
    """A driver for slices."""
    if chunk is None:
        return Mem2Mem.new(*channel_and_token(board), rx, tx)
    return Mem2Mem.new_with_chunk_size(*channel_and_token(board), rx, tx, chunk)


@pytest.mark.parametrize("chip", COPYING)
def test_internal_mem2mem(boards: Boards, chip: str) -> None:
    """esp-hal items 35 and 110."""
    board = boards(chip)
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers(board.machine, 10240)
    tx_buffer.write(bytes(i % 256 for i in range(10240)))
    copier = simple(board, rx_descriptors, tx_descriptors)
    for _ in range(2):
        transfer = copier.start_transfer(rx_buffer, tx_buffer)
        with pytest.raises(MovedError):
            rx_buffer.read()
        transfer.wait()
        assert rx_buffer.read() == tx_buffer.read()
        tx_buffer.write(board.pattern(10240))
        rx_buffer.write(bytes(10240))
    assert board.machine.report().findings == ()


def test_internal_mem2mem_chunk_size(board: Any) -> None:
    """esp-hal item 36: five descriptors a side, no fewer."""
    machine = board.machine
    rx_buffer, rx_descriptors, tx_buffer, tx_descriptors = esphal.dma_buffers_chunk_size(machine, 10240, 10240, 2048)
    tx_buffer.write(board.pattern(10240))
    simple(board, rx_descriptors, tx_descriptors, 2048).start_transfer(rx_buffer, tx_buffer).wait()
    assert rx_buffer.read() == board.pattern(10240)
    assert rx_descriptors.lengths() == [2048] * 5


@pytest.mark.parametrize("empty", ["rx", "tx"])
@pytest.mark.parametrize("later", [False, True], ids=["0.21", "1.0"])
def test_mem2mem_errors_without_descriptors(board: Any, empty: str, later: bool) -> None:
    """esp-hal items 37 and 111."""
    rx, tx = esphal.dma_descriptors(board.machine, *((0, 1024) if empty == "rx" else (1024, 0)))
    with pytest.raises(DmaError) as refused:
        Mem2Mem.new(*channel_and_token(board)).with_descriptors(rx, tx) if later else simple(board, rx, tx)
    assert str(refused.value) == "OutOfDescriptors: a list without a descriptor"
    if not later:
        board.spi()  # the peripheral was given back


@pytest.mark.parametrize("chunk", [0, 4093])
def test_mem2mem_errors_chunk_size(board: Any, chunk: int) -> None:
    """esp-hal item 38: too small, too big."""
    rx, tx = esphal.dma_descriptors(board.machine, 1024)
    with pytest.raises(DmaError) as refused:
        simple(board, rx, tx, chunk)
    assert str(refused.value) == f"InvalidChunkSize: {chunk} bytes; 1 to 4092"


def test_too_few_descriptors_give_the_slices_back(board: Any) -> None:
    rx_buffer, _, tx_buffer, tx_descriptors = esphal.dma_buffers(board.machine, 10240)
    copier = simple(board, esphal.static_descriptors(board.machine, 2), tx_descriptors)
    with pytest.raises(DmaError) as refused:
        copier.start_transfer(rx_buffer, tx_buffer)
    assert refused.value.kind is DmaErrorKind.OUT_OF_DESCRIPTORS
    tx_buffer.write(b"free")
    assert rx_buffer.read(0, 1) == b"\0"
    small = [esphal.static_buffer(board.machine, 8) for _ in range(2)]
    copier.start_transfer(*small).wait()


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 9000), chip=st.sampled_from(COPYING))
def test_halves_move_and_come_back(boards: Boards, size: int, chip: str) -> None:
    board = boards(chip)
    line = max((region.line_bytes for region in board.machine.chip.regions if region.kind.value == "sram"), default=0)
    size = -(-size // line) * line if line else size
    halves = Mem2Mem.new(*channel_and_token(board))
    rx, tx = board.buffers(size)
    tx.fill(board.pattern(size))
    receiving = halves.rx.receive(rx)
    sending = halves.tx.send(tx)
    with pytest.raises(MovedError, match="the rx half of a Mem2Mem was moved into a transfer by receive"):
        halves.rx.receive(rx)
    failed, rx_half, rx_again = receiving.wait()
    assert (failed, rx_half, rx_again) == (None, halves.rx, rx)
    assert sending.is_done()
    assert sending.wait() == (None, halves.tx, tx)
    assert rx.as_slice() == board.pattern(size)
    assert rx.number_of_received_bytes() == size


def test_more_room_than_is_sent_is_waited_for_for_ever(board: Any) -> None:
    halves = Mem2Mem.new(*channel_and_token(board))
    rx, tx = board.buffers(100, 40)
    tx.fill(board.pattern(40))
    receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
    sending.wait()
    with pytest.raises(Panic) as stuck:
        receiving.wait()
    assert str(stuck.value) == (
        "waiting for ever: the receive of 100 bytes by AHB GDMA channel 0 has nothing left to move, and is not full"
    )
    half, buffer = receiving.stop()
    assert (half, buffer) == (halves.rx, rx)
    assert rx.as_slice()[:40] == board.pattern(40)


def test_what_the_engine_does_not_reach_is_given_back(boards: Boards) -> None:
    board = boards("esp32s2")
    halves = Mem2Mem.new(board.peripherals.DMA_COPY)
    memory = esphal.static_buffer(board.machine, 64, external=True)
    tx = DmaTxBuf.new(esphal.static_descriptors(board.machine, 1), memory)
    with pytest.raises(CopyError) as refused:
        halves.tx.send(tx)
    error, half, buffer = refused.value
    assert (error.kind, half, buffer) == (DmaErrorKind.UNSUPPORTED_MEMORY_REGION, halves.tx, tx)
    assert tx.len() == 64
    with pytest.raises(AttributeError, match="the tx half of a Mem2Mem has no receive"):
        halves.tx.receive(tx)  # type: ignore[arg-type]


def test_dropping_half_a_copy_is_reported(board: Any) -> None:
    def body() -> None:
        halves = Mem2Mem.new(*channel_and_token(board))
        rx, tx = board.buffers(30000)
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        receiving.drop()
        sending.stop()

    (finding,) = board.run(body).findings
    assert finding.rule == "completion-misuse"
    assert finding.message.startswith(
        "the receive of 30000 bytes by AHB GDMA channel 0 was dropped unfinished and thereby cancelled: "
    )


def test_stopping_and_waiting_are_silent(board: Any) -> None:
    def body() -> None:
        halves = Mem2Mem.new(*channel_and_token(board))
        rx, tx = board.buffers(30000)
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        sending.stop()
        receiving.stop()
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        assert not receiving.is_done()
        receiving.wait()
        sending.wait()

    assert board.run(body).findings == ()


def test_a_wait_in_an_interrupt_is_found(board: Any) -> None:
    async def main(machine: Machine) -> None:
        halves = Mem2Mem.new(*channel_and_token(board))
        rx, tx = board.buffers(30000)
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        machine.scheduler.interrupts.request(lambda: receiving.wait())
        await machine.sleep_us(1)
        sending.wait()

    (finding,) = board.machine.run(main).findings
    assert (finding.rule, finding.severity.value) == ("isr-context", "error")
    assert finding.message == "Mem2MemTransfer::wait was called in an interrupt, but it may wait"


def test_touching_a_copied_buffer_by_its_address_is_found(board: Any) -> None:
    def body() -> None:
        halves = Mem2Mem.new(*channel_and_token(board))
        rx, tx = board.buffers(30000)
        address = rx.span.low
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        board.machine.memory.load(address + 29999, 1)
        receiving.wait()
        sending.wait()

    (finding,) = board.run(body).findings
    assert finding.rule == "touched-in-flight"


@pytest.mark.parametrize(
    ("chip", "why"),
    [
        ("esp32", "<DMA spi2channel> of esp32 can't copy inside memory"),
        ("esp32c3", "Mem2Mem on esp32c3 needs a peripheral whose trigger id it borrows"),
    ],
)
def test_chips_that_need_more(boards: Boards, chip: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        Mem2Mem.new(boards(chip).channel())
    assert str(refused.value) == why


def test_a_borrowed_peripheral_is_gone(boards: Boards) -> None:
    board = boards("esp32c3")
    Mem2Mem.new(board.channel(), board.peripherals.SPI2)
    with pytest.raises(MovedError, match=r"peripherals\.SPI2 was moved into a Mem2Mem driver"):
        board.spi()


def test_received_data_of_a_copy_into_psram(boards: Boards) -> None:
    board = boards("esp32s3")
    machine = board.machine
    halves = Mem2Mem.new(*channel_and_token(board))
    rx = DmaRxBuf.new(
        esphal.static_descriptors(machine, 3), esphal.static_buffer(machine, 8192, external=True, align=64)
    )
    _, tx = board.buffers(8192)
    for seed in range(3):
        tx.fill(board.pattern(8192, seed))
        receiving, sending = halves.rx.receive(rx), halves.tx.send(tx)
        receiving.wait()
        sending.wait()
        assert b"".join(rx.received_data()) == board.pattern(8192, seed)
    assert machine.report().findings == ()
