"""Buffer objects, macros and streaming views: chunk arithmetic, errors in order, lengths.

Source: esp-rs/esp-hal hil-test/src/bin/misc_non_drivers/{dma_macros,dma_buffers}.rs; esp-hal/src/dma/buffers.rs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmalab import Machine, esphal
from dmalab.core.descriptor import LENGTH_SHIFT, SUC_EOF
from dmalab.esphal import (
    BurstConfig,
    DmaBufError,
    DmaBufErrorKind,
    DmaLoopBuf,
    DmaRxBuf,
    DmaRxStreamBuf,
    DmaRxTxBuf,
    DmaTxBuf,
    DmaTxStreamBuf,
    ExternalBurst,
    Panic,
)
from dmalab.esphal.buffers import MutSlice

Boards = Callable[..., Any]
DATA = 10240


@pytest.fixture
def machine() -> Machine:
    return Machine("esp32s3")


# -- macros ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "count"),
    [(1, 1), (4092, 1), (4093, 2), (8184, 2), (10240, 3), (32000, 8), (32736, 8), (32768, 9), (0, 0)],
)
def test_descriptor_counts(size: int, count: int) -> None:
    assert esphal.descriptor_count(size) == count


@pytest.mark.parametrize(("size", "count"), [(0, 3), (8184, 3), (8185, 3), (16368, 4), (16369, 5)])
def test_circular_counts(size: int, count: int) -> None:
    assert esphal.descriptor_count(size, circular=True) == count


def test_buffers_come_receiving_side_first(machine: Machine) -> None:
    rx, rx_descriptors, tx, tx_descriptors = esphal.dma_buffers(machine, DATA // 2, DATA)
    assert (len(rx), len(rx_descriptors), len(tx), len(tx_descriptors)) == (5120, 2, 10240, 3)
    rx, rx_descriptors, tx, tx_descriptors = esphal.dma_buffers(machine, DATA)
    assert (len(rx), len(rx_descriptors), len(tx), len(tx_descriptors)) == (10240, 3, 10240, 3)
    assert rx.address % 4 == tx.address % 4 == 0
    assert rx.read() == bytes(DATA)


def test_descriptors_and_circular_forms(machine: Machine) -> None:
    assert [len(one) for one in esphal.dma_descriptors(machine, DATA // 2, DATA)] == [2, 3]
    assert [len(one) for one in esphal.dma_circular_descriptors(machine, DATA // 2, DATA)] == [3, 3]
    rx, rx_descriptors, tx, tx_descriptors = esphal.dma_circular_buffers(machine, DATA // 2, DATA)
    assert (len(rx), len(rx_descriptors), len(tx), len(tx_descriptors)) == (5120, 3, 10240, 3)


def test_chunk_sizes(machine: Machine) -> None:
    assert [len(one) for one in esphal.dma_descriptors_chunk_size(machine, DATA // 2, DATA, 2048)] == [3, 5]
    _, rx_descriptors, _, tx_descriptors = esphal.dma_buffers_chunk_size(machine, DATA, DATA // 2, 2048)
    assert (len(rx_descriptors), len(tx_descriptors)) == (5, 3)
    for chunk in (0, 4096):
        with pytest.raises(ValueError, match=f"a chunk of {chunk} bytes; a descriptor carries 1 to 4095"):
            esphal.dma_descriptors_chunk_size(machine, DATA, DATA, chunk)


@pytest.mark.parametrize("more", range(4))
def test_single_buffer_macros_keep_the_exact_length(machine: Machine, more: int) -> None:
    assert len(esphal.dma_tx_buffer(machine, DATA + more)) == DATA + more
    assert len(esphal.dma_rx_buffer(machine, DATA + more)) == DATA + more


def test_a_side_without_bytes_makes_no_buffer_object(machine: Machine) -> None:
    rx, rx_descriptors, _, _ = esphal.dma_buffers(machine, 0, 8)
    with pytest.raises(DmaBufError) as refused:
        DmaRxBuf.new(rx_descriptors, rx)
    assert refused.value.kind is DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS


# -- lengths ---------------------------------------------------------------------------------------------------------


def test_a_sending_buffer_sends_itself_whole(machine: Machine) -> None:
    tx = esphal.dma_tx_buffer(machine, 8192)
    assert tx.len() == tx.capacity() == 8192
    tx.fill(b"abc")
    assert (tx.len(), tx.as_slice()[:4], len(tx.as_slice())) == (3, b"abc\0", 8192)
    tx.set_length(0)
    assert tx.len() == 0
    with pytest.raises(Panic, match=r"set_length\(8193\) on a DmaTxBuf of 8192 bytes: BufferTooSmall"):
        tx.set_length(8193)


def test_a_receiving_buffer_tells_room_and_received(boards: Boards) -> None:
    board = boards("esp32s3")
    rx, tx = board.buffers(5000)
    assert (rx.len(), rx.number_of_received_bytes()) == (5000, 0)
    tx.fill(board.pattern(5000))
    spi, (rx, tx) = board.spi_dma().dma_transfer(rx, tx).wait()
    assert rx.number_of_received_bytes() == 5000
    assert [len(piece) for piece in rx.received_data()] == [4095, 905]
    short = bytearray(100)
    rx.set_length(3)
    spi, (rx, tx) = spi.transfer(3, rx, 3, tx).wait()
    assert rx.read_received_data(short) == 3
    assert rx.as_slice() == board.pattern(5000), "the tail of the first transfer is still there"
    with pytest.raises(Panic, match="a destination of 2 bytes for 3 received ones"):
        rx.read_received_data(bytearray(2))


def test_both_ways_in_one_memory(machine: Machine) -> None:
    descriptors = esphal.dma_descriptors(machine, 6000)
    both = DmaRxTxBuf.new(*descriptors, esphal.static_buffer(machine, 6000))
    assert both.len() == both.capacity() == 6000
    both.set_length(10)
    assert both.len() == 10
    with pytest.raises(Panic):
        both.set_length(6001)
    rx, tx, memory = both.split()
    assert (len(rx), len(tx), len(memory)) == (2, 2, 6000)


def test_a_slice_reads_and_writes(machine: Machine) -> None:
    data = esphal.dma_tx_buffer(machine, 8).as_mut_slice()
    data.fill(7)
    data[1:3] = b"ab"
    data[-1] = 9
    data[4:6] = 0
    assert bytes(data) == b"\x07ab\x07\0\0\x07\x09"
    assert (data[0], data[1:3], len(data)) == (7, b"ab", 8)
    with pytest.raises(IndexError, match="byte 8 of 8"):
        data[8] = 1
    with pytest.raises(ValueError, match="3 bytes for the 2 of the slice"):
        data[0:2] = b"abc"


# -- errors ----------------------------------------------------------------------------------------------------------


def test_errors_come_in_order(machine: Machine) -> None:
    """Region, alignment, region of the descriptors, number of descriptors."""
    internal, outside = esphal.static_descriptors(machine, 1), esphal.Descriptors(machine, 0x3C20_0000, 1)
    flash = esphal.StaticBuffer(machine, machine.chip.region("flash").base, 10_000)
    psram = esphal.static_buffer(machine, 10_000, external=True)
    odd = esphal.StaticBuffer(machine, psram.address + 1, 10_000)
    cases = [
        (outside, flash, DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION),
        (outside, odd, DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS),
        (outside, esphal.StaticBuffer(machine, psram.address, 9_999), DmaBufErrorKind.INVALID_ALIGNMENT_SIZE),
        (outside, psram, DmaBufErrorKind.UNSUPPORTED_MEMORY_REGION),
        (internal, psram, DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS),
    ]
    for descriptors, buffer, kind in cases:
        with pytest.raises(DmaBufError) as refused:
            DmaRxBuf.new(descriptors, buffer)
        assert refused.value.kind is kind
        buffer.check_here()
        descriptors.check_here()


@pytest.mark.parametrize(
    ("chip", "burst", "external", "shift", "size", "kind"),
    [
        ("esp32", False, False, 1, 8, DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS),
        ("esp32", False, False, 0, 5, DmaBufErrorKind.INVALID_ALIGNMENT_SIZE),
        ("esp32s3", False, False, 1, 5, None),
        ("esp32s3", True, False, 1, 8, DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS),
        ("esp32s3", True, False, 0, 5, DmaBufErrorKind.INVALID_ALIGNMENT_SIZE),
        ("esp32s3", False, True, 8, 16, DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS),
        ("esp32s3", False, True, 0, 24, DmaBufErrorKind.INVALID_ALIGNMENT_SIZE),
        ("esp32s3", False, True, 16, 32, None),
        ("esp32p4", False, False, 4, 64, DmaBufErrorKind.INVALID_ALIGNMENT_ADDRESS),
        ("esp32p4", False, False, 0, 32, DmaBufErrorKind.INVALID_ALIGNMENT_SIZE),
    ],
)
def test_reception_needs_alignment(
    chip: str, burst: bool, external: bool, shift: int, size: int, kind: DmaBufErrorKind | None
) -> None:
    machine = Machine(chip)
    memory = esphal.static_buffer(machine, 256, external=external)
    part = esphal.StaticBuffer(machine, memory.address + shift, size)
    config = BurstConfig(internal=burst)
    if kind is None:
        DmaRxBuf.new_with_config(esphal.static_descriptors(machine, 1), part, config)
        return
    with pytest.raises(DmaBufError) as refused:
        DmaRxBuf.new_with_config(esphal.static_descriptors(machine, 1), part, config)
    assert refused.value.kind is kind


@pytest.mark.parametrize(
    ("chip", "block", "external", "chunk"),
    [
        ("esp32", 16, False, 4092),
        ("esp32s3", 16, False, 4095),
        ("esp32s3", 16, True, 4080),
        ("esp32s3", 32, True, 4064),
        ("esp32s3", 64, True, 4032),
    ],
)
def test_bytes_per_descriptor(chip: str, block: int, external: bool, chunk: int) -> None:
    machine = Machine(chip)
    memory = esphal.static_buffer(machine, 8192, external=external, align=64)
    config = BurstConfig(external=ExternalBurst(block))
    rx = DmaRxBuf.new_with_config(esphal.static_descriptors(machine, 4), memory, config)
    descriptors, _ = rx.split()
    assert descriptors.size(0) == chunk


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 20_000), length=st.integers(0, 20_000))
def test_linking_covers_exactly_the_length(size: int, length: int) -> None:
    """The list seen through its raw words: pieces follow each other, and add up."""
    machine = Machine("esp32s3")
    length = min(length, size)
    tx = esphal.dma_tx_buffer(machine, size)
    tx.set_length(length)
    tx.prepare()
    descriptors, memory = tx.split()
    at, total, count, address = descriptors.address, 0, 0, memory.address
    while at:
        flags, buffer, at_next = (int.from_bytes(machine.memory.peek(at + 4 * word, 4), "little") for word in range(3))
        assert buffer == address + total
        total += flags >> LENGTH_SHIFT & 0xFFF
        count += 1
        assert bool(flags & SUC_EOF) == (at_next == 0)
        at = at_next
    assert (total, count) == (length, max(1, -(-length // 4095)))


# -- loops and streams -----------------------------------------------------------------------------------------------


def test_a_loop_repeats_until_the_count_is_out(boards: Boards) -> None:
    board = boards("esp32s3")
    loop = esphal.dma_loop_buffer(board.machine, 4)
    loop.as_mut_slice()[:] = b"abcd"
    rx, _ = board.buffers(4096)
    spi = board.spi_dma()
    spi, (rx, loop) = spi.transfer(4096, rx, 4096, loop).wait()
    assert rx.as_slice() == b"abcd" * 1024


@pytest.mark.parametrize("size", [0, 4096])
def test_a_loop_fits_one_descriptor(machine: Machine, size: int) -> None:
    with pytest.raises(DmaBufError) as refused:
        esphal.dma_loop_buffer(machine, size)
    assert refused.value.kind is DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS


def stream(machine: Machine, kind: type[Any], chunk: int = 1024) -> Any:
    return kind.new(esphal.static_descriptors(machine, 4096 // chunk), esphal.static_buffer(machine, 4096))


@pytest.mark.parametrize("kind", [DmaRxStreamBuf, DmaTxStreamBuf])
def test_stream_geometry(machine: Machine, kind: type[Any]) -> None:
    buffer = stream(machine, kind)
    assert buffer.descriptors().sizes() == [1024] * 4
    buffer.prepare()
    first = [buffer.descriptors().flags(i) for i in range(4)]
    buffer.prepare()
    assert [buffer.descriptors().flags(i) for i in range(4)] == first, "prepare is idempotent"
    with pytest.raises(DmaBufError) as refused:
        stream(machine, kind, 2048)
    assert refused.value.kind is DmaBufErrorKind.INSUFFICIENT_DESCRIPTORS
    with pytest.raises(DmaBufError):
        kind.new(esphal.static_descriptors(machine, 4), esphal.static_buffer(machine, 20_000))
    view = buffer.into_view()
    back = kind.from_view(view)
    descriptors, memory = back.split()
    assert (len(memory), len(descriptors)) == (4096, 4)


def arrive(view: Any, index: int, length: int, *, eof: bool = False) -> None:
    """What an engine does to a descriptor it is done with."""
    descriptors = view._list
    flags = descriptors.size(index) | length << LENGTH_SHIFT | (SUC_EOF if eof else 0)
    descriptors.set_flags(index, flags)


def test_reading_along(machine: Machine) -> None:
    buffer = stream(machine, DmaRxStreamBuf)
    buffer.prepare()
    data = bytes(i % 251 for i in range(4096))
    buffer.as_mut_slice()[:] = data
    view = buffer.into_view()
    assert (view.available_bytes(), view.peek(), view.pop(8)) == (0, b"", b"")
    arrive(view, 0, 1024)
    arrive(view, 1, 128, eof=True)
    assert view.available_bytes() == 1152
    assert view.peek() == data[:1152]
    assert view.peek_until_eof() == (data[:1152], True)
    assert view.consume(4) == 4
    assert view.peek() == data[4:1152]
    assert view.consume(1020) == 1020
    assert view.available_bytes() == 128
    descriptors = view._list
    assert descriptors.dma_owned(0)
    assert descriptors.next(3) == descriptors.at(0)
    assert descriptors.next(0) == 0
    assert view.pop(4096) == data[1024:1152]
    assert view.available_bytes() == 0


def test_popping_across_descriptors(machine: Machine) -> None:
    """A destination of the exact length gets both pieces in order, and nothing is left."""
    buffer = stream(machine, DmaRxStreamBuf)
    buffer.prepare()
    buffer.as_mut_slice()[:] = bytes(i % 251 for i in range(4096))
    view = buffer.into_view()
    arrive(view, 0, 1024)
    arrive(view, 1, 64)
    assert view.pop(2000) == bytes(i % 251 for i in range(1088))
    assert (view.available_bytes(), view.peek()) == (0, b"")
    arrive(view, 2, 10)
    assert view.pop(32) == bytes(i % 251 for i in range(2048, 2058))


def test_room_comes_back_descriptor_by_descriptor(machine: Machine) -> None:
    """Not prefilled there is no room; a descriptor that the engine is done with is room, and a push takes it."""
    buffer = stream(machine, DmaTxStreamBuf)
    buffer.prepare()
    view = buffer.into_view()
    assert view.available_bytes() == 0
    view._list.set_flags(0, 1024)
    assert view.available_bytes() == 1024
    assert view.push(bytes(24)) == 24
    assert view.available_bytes() == 1000
    assert view.push_with(lambda free: put(free, bytes(1000))) == 1000
    assert view.available_bytes() == 0


def test_whole_pieces_before_the_start_leave_the_rest_to_the_core(machine: Machine) -> None:
    buffer = stream(machine, DmaTxStreamBuf)
    buffer.push(bytes(2048))
    buffer.prepare()
    descriptors = buffer.descriptors()
    assert [descriptors.dma_owned(i) for i in range(4)] == [True, True, False, False]
    view = buffer.into_view()
    assert view.available_bytes() == 2048
    assert view.push(bytes(2048)) == 2048
    assert all(descriptors.dma_owned(i) for i in range(4))


def test_filling_before_the_start(machine: Machine) -> None:
    buffer = stream(machine, DmaTxStreamBuf)
    assert (buffer.push(b"12345"), buffer.push_with(lambda free: put(free, b"678"))) == (5, 3)
    assert buffer.as_slice()[:9] == b"12345678\0"


def put(free: MutSlice, data: bytes) -> int:
    free[: len(data)] = data
    return len(data)


def test_nothing_pushed_counts_as_full(machine: Machine) -> None:
    buffer = stream(machine, DmaTxStreamBuf)
    buffer.prepare()
    view = buffer.into_view()
    assert view.available_bytes() == 0


def test_filling_along(machine: Machine) -> None:
    buffer = stream(machine, DmaTxStreamBuf)
    buffer.push(b"\1" * (2 * 1024 + 128))
    buffer.prepare()
    descriptors = buffer.descriptors()
    assert [descriptors.dma_owned(i) for i in range(4)] == [True, True, False, False]
    assert [descriptors.length(i) for i in range(2)] == [1024, 1024]
    view = buffer.into_view()
    assert view.available_bytes() == 1920
    assert view.push_with(lambda free: put(free, b"\2" * len(free))) == 1920
    assert view.available_bytes() == 0
    assert view.push(b"x") == 0
    back = DmaTxStreamBuf.from_view(view)
    assert back.as_slice() == b"\1" * 2176 + b"\2" * 1920
    assert all(descriptors.dma_owned(i) for i in range(4))


def test_pushing_more_than_fits(machine: Machine) -> None:
    buffer = stream(machine, DmaTxStreamBuf)
    buffer.prepare()
    view = buffer.into_view()
    for index in range(4):
        view._list.set_flags(index, 1024)
    assert view.available_bytes() == 4096
    assert view.push(bytes(4097)) == 4096
    assert view.available_bytes() == 0
    with pytest.raises(ValueError, match="1 bytes pushed into 0 free ones"):
        view.advance(1)


def test_streams_through_spi(boards: Boards) -> None:
    board = boards("esp32s3")
    tx, rx = stream(board.machine, DmaTxStreamBuf), stream(board.machine, DmaRxStreamBuf)
    data = board.pattern(4096)
    tx.push(data)
    spi = board.spi_dma()
    _, (rx, tx) = spi.transfer(4096, rx, 4096, tx).wait()
    view = rx.into_view()
    assert view.pop(4096) == data


def test_streams_to_send_need_write_back(boards: Boards) -> None:
    board = boards("esp32s2")
    tx = stream(board.machine, DmaTxStreamBuf)
    with pytest.raises(Panic, match="can't check owners or write sent descriptors back"):
        board.spi_dma().dma_write(tx)
    loop = DmaLoopBuf.new(esphal.static_descriptors(board.machine, 1), esphal.static_buffer(board.machine, 4))
    assert loop.len() == 4
    assert isinstance(esphal.dma_tx_buffer(board.machine, 4), DmaTxBuf)
