"""Allocating and judging memory that suits an engine and the cache: `esp_dma_malloc`, `esp_dma_capable_malloc`, `esp_cache_aligned_malloc`.

Which of them a release has: `esp_dma_malloc` from v5.2 to v5.5, `esp_dma_capable_malloc` from v5.3 to v5.5,
`esp_cache_aligned_malloc` from v5.2 to v5.5; v6.0 has `MALLOC_CAP_DMA | MALLOC_CAP_CACHE_ALIGNED` instead.
Source: ESP-IDF components/esp_hw_support/dma/esp_dma_utils.c, components/esp_mm/esp_cache_utils.c at tags v5.2 to v5.5.
"""

from __future__ import annotations

from math import lcm

from dmalab.chips.model import Kind
from dmalab.core.caps import Cap
from dmalab.core.machine import BareMachine
from dmalab.core.spans import align_up
from dmalab.idf.cache import PSRAM_FLAG, driver_line, esp_cache_get_alignment
from dmalab.idf.errors import EspErr, IdfAssert, IdfError
from dmalab.idf.memory_utils import esp_ptr_dma_capable, esp_ptr_external_ram
from dmalab.idf.release import of as release_of

ESP_DMA_MALLOC_FLAG_PSRAM = 1 << 0
WORD = 4
LIMIT = 1 << 32

LOCATION_INTERNAL, LOCATION_PSRAM, LOCATION_AUTO = range(3)
"""`esp_dma_buf_location_t`."""


def _product(count: int, size: int) -> int:
    if count * size >= LIMIT:
        raise IdfError(EspErr.INVALID_ARG, f"{count} times {size} bytes overflow")
    return count * size


def _take(machine: BareMachine, size: int, caps: int, align: int, *, zeroed: int = 0) -> int:
    """A block aligned in address and size; `zeroed` bytes of it are cleared by the core."""
    power = align > 0 and align & (align - 1) == 0
    rounded = align_up(size, align) & (LIMIT - 1) if power else 0
    block = machine.heap.blocks_heap.alloc(rounded, caps, align=align) if rounded else None
    if block is None:
        raise IdfError(EspErr.NO_MEM, f"no {size} bytes aligned to {align}")
    if zeroed:
        machine.memory.store(block.address, bytes(zeroed))
    return block.address


# -- esp_cache_aligned_malloc ------------------------------------------------------------------------------------------


def esp_cache_aligned_malloc(machine: BareMachine, size: int, caps: int, *, zeroed: bool = False) -> int:
    """A block of whole cache lines.

    Args:
        machine: Where.
        size: Bytes.
        caps: `MALLOC_CAP_*` with SPIRAM, INTERNAL or DMA; in v5.2 a flag of its own, 1 for PSRAM.
        zeroed: Whether the core clears it.
    Returns:
        Its address.
    Raises:
        IdfError: INVALID_ARG for capabilities without a place, NO_MEM.
    """
    align = esp_cache_get_alignment(machine, caps) or WORD
    if not release_of(machine).since("5.3"):
        caps = Cap.SPIRAM if caps & PSRAM_FLAG else Cap.INTERNAL | Cap.DMA
    elif not caps & (Cap.SPIRAM | Cap.INTERNAL | Cap.DMA):
        raise IdfError(EspErr.INVALID_ARG, "capabilities without SPIRAM, INTERNAL or DMA")
    return _take(machine, size, caps, align, zeroed=size if zeroed else 0)


def esp_cache_aligned_calloc(machine: BareMachine, count: int, size: int, caps: int) -> int:
    """As `esp_cache_aligned_malloc`, cleared.

    Raises:
        IdfError: as there; INVALID_ARG when the product overflows.
    """
    return esp_cache_aligned_malloc(machine, _product(count, size), caps, zeroed=True)


# -- esp_dma_capable_malloc --------------------------------------------------------------------------------------------


def dma_alignment(machine: BareMachine, caps: int, align: int) -> int:
    """Least common multiple of the cache line and what the peripheral wants; 0 counts as 1.

    v5.3.0 and v5.3.1 ask for the line with a wrong flag, so PSRAM gets the alignment of internal RAM.
    """
    if not release_of(machine).since("5.3.2", "5.4"):
        caps &= ~Cap.SPIRAM
    kind_caps = Cap.SPIRAM if caps & Cap.SPIRAM else Cap.INTERNAL
    return lcm(_line(machine, kind_caps) or 1, align or 1)


def _line(machine: BareMachine, caps: int) -> int:
    return driver_line(machine.chip, external=bool(caps & Cap.SPIRAM))


def esp_dma_capable_malloc(machine: BareMachine, size: int, extra_caps: int, align: int, *, zeroed: int = 0) -> int:
    """A block for engines.

    Args:
        machine: Where.
        size: Bytes.
        extra_caps: Capabilities besides DMA; with SPIRAM the DMA capability is dropped, which no heap has together.
        align: What the peripheral wants, bytes; 0 for nothing.
        zeroed: Bytes to clear.
    Returns:
        Its address.
    Raises:
        IdfError: NO_MEM, also for size 0 and for an alignment that comes out as no power of two.
    """
    caps = int(extra_caps) | Cap.DMA
    if caps & Cap.SPIRAM:
        caps &= ~Cap.DMA
    return _take(machine, size, caps, dma_alignment(machine, extra_caps, align), zeroed=zeroed)


def esp_dma_capable_calloc(machine: BareMachine, count: int, size: int, extra_caps: int, align: int) -> int:
    """As `esp_dma_capable_malloc`; the bytes asked for are cleared, the padding is not.

    Raises:
        IdfError: as there; INVALID_ARG when the product overflows.
    """
    total = _product(count, size)
    return esp_dma_capable_malloc(machine, total, extra_caps, align, zeroed=total)


# -- esp_dma_malloc ----------------------------------------------------------------------------------------------------


def esp_dma_malloc(machine: BareMachine, size: int, flags: int, *, zeroed: int = 0) -> int:
    """The first form: v5.2, and deprecated from v5.3 on.

    Args:
        machine: Where.
        size: Bytes.
        flags: `ESP_DMA_MALLOC_FLAG_PSRAM` or 0.
        zeroed: Bytes to clear.
    Returns:
        Its address.
    Raises:
        IdfError: NO_MEM.
    """
    psram = bool(flags & ESP_DMA_MALLOC_FLAG_PSRAM)
    if release_of(machine).since("5.3"):
        return esp_dma_capable_malloc(machine, size, Cap.SPIRAM if psram else 0, WORD, zeroed=zeroed)
    if psram or _line(machine, Cap.INTERNAL):
        align = _line(machine, Cap.SPIRAM if psram else Cap.INTERNAL) or WORD
        return _take(machine, size, Cap.SPIRAM if psram else Cap.INTERNAL | Cap.DMA, align, zeroed=zeroed)
    return _take(machine, size, Cap.DMA | Cap.INTERNAL, WORD, zeroed=zeroed)


def esp_dma_calloc(machine: BareMachine, count: int, size: int, flags: int) -> int:
    """As `esp_dma_malloc`; the bytes asked for are cleared, the padding is not.

    Raises:
        IdfError: as there; INVALID_ARG when the product overflows.
    """
    total = _product(count, size)
    return esp_dma_malloc(machine, total, flags, zeroed=total)


# -- judging -----------------------------------------------------------------------------------------------------------


def esp_dma_is_buffer_alignment_satisfied(machine: BareMachine, address: int, size: int, align: int) -> bool:
    """Whether a buffer suits engine and cache.

    Raises:
        IdfAssert: NULL.
    """
    if not address:
        raise IdfAssert("esp_dma_is_buffer_alignment_satisfied: ptr is NULL")
    internal = esp_ptr_dma_capable(machine, address) and esp_ptr_dma_capable(machine, address + max(size, 1) - 1)
    reaches = any(Kind.PSRAM in engine.reaches for engine in machine.chip.engines)
    external = reaches and esp_ptr_external_ram(machine, address)
    if not internal and not external:
        return False
    wanted = dma_alignment(machine, Cap.SPIRAM if external else 0, align)
    return address % wanted == 0 and size % wanted == 0


def esp_dma_is_buffer_aligned(machine: BareMachine, address: int, size: int, location: int) -> bool:
    """The first form of the question.

    Args:
        machine: Where.
        address: Of the buffer.
        size: Its bytes.
        location: `LOCATION_INTERNAL`, `LOCATION_PSRAM`, or (v5.3 on) `LOCATION_AUTO`.
    Raises:
        IdfAssert: NULL.
    """
    if not address:
        raise IdfAssert("esp_dma_is_buffer_aligned: ptr is NULL")
    if location == LOCATION_AUTO:
        location = LOCATION_PSRAM if esp_ptr_external_ram(machine, address) else LOCATION_INTERNAL
    if location == LOCATION_INTERNAL:
        if not esp_ptr_dma_capable(machine, address):
            return False
        line = _line(machine, Cap.INTERNAL)
        if not line:
            return address % WORD == 0  # the size does not matter
    else:
        if not esp_ptr_external_ram(machine, address):
            return False
        line = _line(machine, Cap.SPIRAM) or WORD
    return address % line == 0 and size % line == 0
