"""What esp-hal's macros allocate: static buffers and descriptors, receiving side first.

Static means that they live for ever: nothing here is ever given back to an allocator. Running such a macro twice hands out fresh memory,
where Rust would hand out the same again (up to v1.1) or panic (later).
Source: esp-rs/esp-hal v0.21.1 esp-hal/src/dma/mod.rs (dma_buffers!, dma_descriptors!, dma_*_chunk_size!, dma_tx_buffer!,
dma_rx_stream_buffer!); dma_loop_buffer! from v0.22.0, dma_rx_buffer! and dma_tx_stream_buffer! of later releases.
"""

from __future__ import annotations

from dmalab.chips.model import Kind
from dmalab.core.caps import Cap
from dmalab.core.descriptor import MAX_BYTES, NODE_BYTES
from dmalab.core.machine import BareMachine
from dmalab.core.spans import align_up
from dmalab.esphal.buffers import DmaRxBuf, DmaTxBuf, StaticBuffer
from dmalab.esphal.descriptors import CHUNK_SIZE, Descriptors, descriptor_count
from dmalab.esphal.streams import DmaLoopBuf, DmaRxStreamBuf, DmaTxStreamBuf

Buffers = tuple[StaticBuffer, Descriptors, StaticBuffer, Descriptors]


def static_buffer(machine: BareMachine, size: int, *, external: bool = False, align: int = 4) -> StaticBuffer:
    """A zeroed static array of `size` bytes.

    Args:
        machine: Where.
        size: Bytes; 0 is allowed.
        external: In PSRAM instead of internal RAM.
        align: Bytes, a power of two; at least the cache line where there is one.
    Raises:
        MemoryError: no room.
        ValueError: a negative size.
    """
    if size < 0:
        raise ValueError(f"a buffer of {size} bytes")
    return StaticBuffer(machine, _static(machine, size, external=external, align=align), size)


def static_descriptors(machine: BareMachine, count: int) -> Descriptors:
    """A static array of empty descriptors.

    Raises:
        MemoryError: no room.
    """
    align = max(controller.engine.facts.descriptor_align for controller in machine.spi.values())
    stride = align_up(NODE_BYTES, align)
    return Descriptors(machine, _static(machine, count * stride, align=align), count, align)


def _static(machine: BareMachine, size: int, *, external: bool = False, align: int = 4) -> int:
    kind = Kind.PSRAM if external else Kind.SRAM
    lines = [region.line_bytes for region in machine.memory.regions if region.cached and region.kind is kind]
    align = max([align, *lines])
    caps = Cap.SPIRAM | Cap.BIT8 if external else Cap.INTERNAL | Cap.DMA | Cap.BIT8
    block = machine.allocate_internal(align_up(max(size, 1), align), caps, align=align, purpose="static")
    if block is None:
        where = "PSRAM" if external else "internal RAM"
        raise MemoryError(f"no {size} bytes of {where} for a static array on {machine.chip.name}")
    machine.memory.driver_store(block.address, bytes(block.size))
    return block.address


def dma_buffers(machine: BareMachine, rx_size: int, tx_size: int | None = None) -> Buffers:
    """`dma_buffers!(rx, tx)`: rx buffer, rx descriptors, tx buffer, tx descriptors. One size serves both."""
    return dma_buffers_chunk_size(machine, rx_size, rx_size if tx_size is None else tx_size, CHUNK_SIZE)


def dma_buffers_chunk_size(machine: BareMachine, rx_size: int, tx_size: int, chunk_size: int) -> Buffers:
    """`dma_buffers_chunk_size!(rx, tx, chunk)`.

    Raises:
        ValueError: a chunk that no descriptor carries (Rust refuses to compile it).
    """
    rx_descriptors, tx_descriptors = dma_descriptors_chunk_size(machine, rx_size, tx_size, chunk_size)
    return static_buffer(machine, rx_size), rx_descriptors, static_buffer(machine, tx_size), tx_descriptors


def dma_circular_buffers(
    machine: BareMachine, rx_size: int, tx_size: int | None = None, *, chunk_size: int = CHUNK_SIZE
) -> Buffers:
    """`dma_circular_buffers!(rx, tx)`: at least three descriptors each."""
    tx_size = rx_size if tx_size is None else tx_size
    rx_descriptors, tx_descriptors = dma_circular_descriptors(machine, rx_size, tx_size, chunk_size=chunk_size)
    return static_buffer(machine, rx_size), rx_descriptors, static_buffer(machine, tx_size), tx_descriptors


def dma_descriptors(machine: BareMachine, rx_size: int, tx_size: int | None = None) -> tuple[Descriptors, Descriptors]:
    """`dma_descriptors!(rx, tx)`: rx descriptors, tx descriptors."""
    return dma_descriptors_chunk_size(machine, rx_size, rx_size if tx_size is None else tx_size, CHUNK_SIZE)


def dma_descriptors_chunk_size(
    machine: BareMachine, rx_size: int, tx_size: int, chunk_size: int
) -> tuple[Descriptors, Descriptors]:
    """`dma_descriptors_chunk_size!(rx, tx, chunk)`. Raises as `dma_buffers_chunk_size`."""
    _check_chunk(chunk_size)
    rx_count, tx_count = descriptor_count(rx_size, chunk_size), descriptor_count(tx_size, chunk_size)
    return static_descriptors(machine, rx_count), static_descriptors(machine, tx_count)


def dma_circular_descriptors(
    machine: BareMachine, rx_size: int, tx_size: int | None = None, *, chunk_size: int = CHUNK_SIZE
) -> tuple[Descriptors, Descriptors]:
    """`dma_circular_descriptors!(rx, tx)`. Raises as `dma_buffers_chunk_size`."""
    _check_chunk(chunk_size)
    sizes = (rx_size, rx_size if tx_size is None else tx_size)
    rx_count, tx_count = (descriptor_count(size, chunk_size, circular=True) for size in sizes)
    return static_descriptors(machine, rx_count), static_descriptors(machine, tx_count)


def dma_tx_buffer(machine: BareMachine, size: int) -> DmaTxBuf:
    """`dma_tx_buffer!(n)`: a buffer object of exactly `size` bytes. Raises DmaBufError."""
    return DmaTxBuf.new(*_single(machine, size))


def dma_rx_buffer(machine: BareMachine, size: int) -> DmaRxBuf:
    """`dma_rx_buffer!(n)`. Raises DmaBufError."""
    return DmaRxBuf.new(*_single(machine, size))


def dma_rx_stream_buffer(machine: BareMachine, size: int, chunk_size: int = MAX_BYTES) -> DmaRxStreamBuf:
    """`dma_rx_stream_buffer!(n, chunk)`. Raises DmaBufError."""
    _check_chunk(chunk_size)
    return DmaRxStreamBuf.new(
        static_descriptors(machine, descriptor_count(size, chunk_size)), static_buffer(machine, size)
    )


def dma_tx_stream_buffer(machine: BareMachine, size: int, chunk_size: int = MAX_BYTES) -> DmaTxStreamBuf:
    """`dma_tx_stream_buffer!(n, chunk)`. Raises DmaBufError."""
    _check_chunk(chunk_size)
    return DmaTxStreamBuf.new(
        static_descriptors(machine, descriptor_count(size, chunk_size)), static_buffer(machine, size)
    )


def dma_loop_buffer(machine: BareMachine, size: int) -> DmaLoopBuf:
    """`dma_loop_buffer!(n)`. Raises DmaBufError for more than 4095 bytes."""
    return DmaLoopBuf.new(static_descriptors(machine, 1), static_buffer(machine, size))


def _single(machine: BareMachine, size: int) -> tuple[Descriptors, StaticBuffer]:
    """What the single-buffer macros allocate: descriptors as full as they get, in whole words where the engine or a cache demands it."""
    by_line = any(region.cached and region.kind is Kind.SRAM for region in machine.memory.regions)
    chunk = CHUNK_SIZE if machine.chip.name == "esp32" or by_line else MAX_BYTES
    return static_descriptors(machine, max(1, descriptor_count(size, chunk))), static_buffer(machine, size)


def _check_chunk(chunk_size: int) -> None:
    if not 1 <= chunk_size <= MAX_BYTES:
        raise ValueError(f"a chunk of {chunk_size} bytes; a descriptor carries 1 to {MAX_BYTES}")
