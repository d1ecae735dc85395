"""What goes out comes back: every mode, bit order and length, with DMA and without; nothing beside it is touched."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import chips, esphal
from dmalab.esphal import DmaRxBuf, DmaTxBuf, MHz, SpiBitOrder, SpiMode, kHz

Boards = Callable[..., Any]

GUARD = b"\x5a" * 64
"""A whole cache line of ESP32-P4, so that what lies between two of them is aligned too."""
CHIPS = [name for name in chips.names() if chips.load(name).spi]
MODES = list(SpiMode)
ORDERS = list(SpiBitOrder)
EXTREMES = (1, 2, 3, 63, 64, 65, 128, 4091, 4092, 4093, 4095, 4096, 8184, 32000, 32736)


def receivable(chip: str, size: int) -> int:
    """`size`, or the next length this chip receives by DMA: ESP32 whole words, ESP32-P4 whole cache lines."""
    step = {"esp32": 4, "esp32p4": 64}.get(chip, 1)
    return size // step * step or step


def exchange_by_dma(board: Any, mode: SpiMode, order: SpiBitOrder, data: bytes) -> bytes:
    """Received bytes; the bytes around the receive buffer must survive."""
    machine, size = board.machine, len(data)
    around = esphal.static_buffer(machine, size + 2 * len(GUARD))
    around.write(GUARD + bytes(size) + GUARD)
    rx_descriptors, tx_descriptors = esphal.dma_descriptors_chunk_size(machine, size, size, 4032)
    inner = esphal.StaticBuffer(machine, around.address + len(GUARD), size)
    rx, tx = DmaRxBuf.new(rx_descriptors, inner), DmaTxBuf.new(tx_descriptors, esphal.static_buffer(machine, size))
    tx.fill(data)
    spi = board.spi(MHz(20), mode).with_bit_order(order, order).with_dma(board.channel())
    spi, (rx, tx) = spi.dma_transfer(rx, tx).wait()
    assert tx.as_slice() == data, "sending changes nothing"
    assert rx.number_of_received_bytes() == size
    assert around.read(0, len(GUARD)) == around.read(len(GUARD) + size) == GUARD
    return rx.as_slice()


@pytest.mark.parametrize("size", EXTREMES)
def test_extreme_lengths_come_back(boards: Boards, size: int) -> None:
    for mode, order in itertools.product(MODES, ORDERS):
        data = boards("esp32c3").pattern(size, mode.value.value)
        assert exchange_by_dma(boards("esp32c3"), mode, order, data) == data
        words = bytearray(data)
        board = boards("esp32c3")
        assert board.spi(MHz(40), mode).with_bit_order(order, order).transfer(words) is words
        assert words == data


@pytest.mark.parametrize("chip", CHIPS)
def test_every_chip_carries_the_extremes(boards: Boards, chip: str) -> None:
    for size, (mode, order) in zip((1, 65, 4093, 32000, 32736), itertools.product(MODES, ORDERS), strict=False):
        board = boards(chip)
        data = board.pattern(receivable(chip, size), size)
        assert exchange_by_dma(board, mode, order, data) == data
        assert board.machine.report().findings == ()


@settings(max_examples=100, deadline=None)
@given(
    chip=st.sampled_from(CHIPS),
    mode=st.sampled_from(MODES),
    order=st.sampled_from(ORDERS),
    size=st.integers(1, 4096),
    seed=st.integers(0, 255),
)
def test_any_length_comes_back(
    boards: Boards, chip: str, mode: SpiMode, order: SpiBitOrder, size: int, seed: int
) -> None:
    board = boards(chip)
    data = board.pattern(size, seed)
    whole = board.pattern(receivable(chip, size), seed)
    assert exchange_by_dma(board, mode, order, whole) == whole
    blocking = boards(chip)
    words = bytearray(data)
    blocking.spi(MHz(20), mode).with_bit_order(order, order).transfer(words)
    assert words == data


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 200), dma=st.booleans())
def test_different_orders_reverse_the_bits(boards: Boards, size: int, dma: bool) -> None:
    board = boards("esp32c3")
    data = board.pattern(size)
    spi = board.spi().with_bit_order(SpiBitOrder.LSBFirst, SpiBitOrder.MSBFirst)
    if dma:
        rx, tx = board.buffers(size)
        tx.fill(data)
        _, (rx, tx) = spi.with_dma(board.channel()).dma_transfer(rx, tx).wait()
        received = rx.as_slice()
    else:
        received = bytes(spi.transfer(bytearray(data)))
    assert received == bytes(int(f"{one:08b}"[::-1], 2) for one in data)


@settings(max_examples=40, deadline=None)
@given(rx_size=st.integers(1, 300), tx_size=st.integers(1, 300))
def test_unequal_sides_share_the_clocks_of_the_longer(boards: Boards, rx_size: int, tx_size: int) -> None:
    """An independent account: byte i received is byte i sent, and zero where nothing was sent."""
    board = boards("esp32c3")
    clock = board.edges(0)
    rx, tx = board.buffers(rx_size, tx_size)
    data = board.pattern(tx_size)
    tx.fill(data)
    _, (rx, tx) = board.spi_dma().dma_transfer(rx, tx).wait()
    assert rx.as_slice() == (data + bytes(rx_size))[:rx_size]
    assert clock.count == 8 * max(rx_size, tx_size)


@pytest.mark.parametrize(
    ("chip", "mode", "dma"), list(itertools.product(("esp32", "esp32c3", "esp32p4", "esp32s31"), MODES, (True, False)))
)
def test_mosi_is_silent_on_reads(boards: Boards, chip: str, mode: SpiMode, dma: bool) -> None:
    board = boards(chip)
    edges = board.edges(4)
    if dma:
        rx, _ = board.buffers(128)
        rx.as_mut_slice().fill(5)
        _, rx = board.spi_dma(mode=mode).dma_read(rx).wait()
        assert rx.as_slice() == bytes(128)
    else:
        words = bytearray(b"\x05" * 100)
        board.spi(mode=mode).read(words)
        assert words == bytes(100)
    assert edges.count == 0
    assert board.machine.gpio.level(4) == 0


def test_time_on_the_wire_is_exact(boards: Boards) -> None:
    board = boards("esp32c3")
    rx, tx = board.buffers(32000)
    spi = board.spi_dma(kHz(100))
    transfer = spi.dma_transfer(rx, tx)
    before = board.machine.now_us
    transfer.wait()
    assert 2_560_000 <= board.machine.now_us - before <= 2_560_002
