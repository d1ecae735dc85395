"""`malloc`, `heap_caps_*` and the cache-aligned allocators.

Source: ESP-IDF components/heap/heap_caps.c, heap_caps_base.c; facts per release in docs/fidelity.md.
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.caps import Cap
from dmalab.guest import reallocation
from dmalab.guest.calls import pair
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.idf import dma_memory
from dmalab.idf.errors import EspErr

calls = Handlers()

ALWAYS_INTERNAL = 16384
"""CONFIG_SPIRAM_MALLOC_ALWAYSINTERNAL: up to so many bytes plain malloc looks in internal RAM first, above that in PSRAM."""
LIMIT = 1 << 32


def allocate(firmware: Firmware, size: int, caps: int, align: int = 0) -> int:
    """Address of a new block, 0 when there is none."""
    firmware.machine.scheduler.may_wait("malloc", blocking=False)
    block = firmware.machine.heap.blocks_heap.alloc(size, caps, align=align)
    return block.address if block is not None else 0


def allocate_zeroed(firmware: Firmware, count: int, size: int, caps: int, align: int = 0) -> int:
    """Like `allocate`, for `count * size` bytes that the core clears."""
    total = count * size
    if total >= LIMIT:
        return 0
    address = allocate(firmware, total, caps, align)
    if address:
        firmware.machine.memory.store(address, bytes(total))
    return address


def reallocate(firmware: Firmware, address: int, size: int, caps: int) -> int:
    """Resize in place, or move the contents into memory with these capabilities."""
    return reallocation.reallocate(firmware.machine, address, size, lambda wanted: allocate(firmware, wanted, caps))


def _default_caps(size: int) -> tuple[int, int]:
    """The memory plain malloc tries, best first."""
    return Cap.DEFAULT | (Cap.INTERNAL if size <= ALWAYS_INTERNAL else Cap.SPIRAM), Cap.DEFAULT


@calls.named("malloc", "heap_caps_malloc_default")
def malloc(firmware: Firmware, size: int) -> int:
    return next((address for caps in _default_caps(size) if (address := allocate(firmware, size, caps))), 0)


@calls.add
def calloc(firmware: Firmware, count: int, size: int) -> int:
    total = count * size
    choices = _default_caps(total)
    return next((address for caps in choices if (address := allocate_zeroed(firmware, count, size, caps))), 0)


@calls.named("realloc", "heap_caps_realloc_default")
def realloc(firmware: Firmware, address: int, size: int) -> int:
    if not size:
        return reallocate(firmware, address, size, Cap.DEFAULT)
    return next((moved for caps in _default_caps(size) if (moved := reallocate(firmware, address, size, caps))), 0)


@calls.named("free", "heap_caps_free")
def free(firmware: Firmware, address: int) -> None:
    firmware.machine.scheduler.may_wait("free", blocking=False)
    firmware.machine.heap.blocks_heap.free(address)


@calls.add
def heap_caps_malloc(firmware: Firmware, size: int, caps: int) -> int:
    return allocate(firmware, size, caps)


@calls.add
def heap_caps_calloc(firmware: Firmware, count: int, size: int, caps: int) -> int:
    return allocate_zeroed(firmware, count, size, caps)


@calls.add
def heap_caps_realloc(firmware: Firmware, address: int, size: int, caps: int) -> int:
    return reallocate(firmware, address, size, caps)


@calls.add
def heap_caps_aligned_alloc(firmware: Firmware, align: int, size: int, caps: int) -> int:
    return allocate(firmware, size, caps, align) if align else 0


@calls.add
def heap_caps_aligned_calloc(firmware: Firmware, align: int, count: int, size: int, caps: int) -> int:
    return allocate_zeroed(firmware, count, size, caps, align) if align else 0


@calls.add
def heap_caps_malloc_prefer(firmware: Firmware, size: int, choices: int, *caps: int) -> int:
    return next((address for one in caps[:choices] if (address := allocate(firmware, size, one))), 0)


@calls.add
def heap_caps_calloc_prefer(firmware: Firmware, count: int, size: int, choices: int, *caps: int) -> int:
    return next((address for one in caps[:choices] if (address := allocate_zeroed(firmware, count, size, one))), 0)


@calls.add
def heap_caps_realloc_prefer(firmware: Firmware, address: int, size: int, choices: int, *caps: int) -> int:
    return next((moved for one in caps[:choices] if (moved := reallocate(firmware, address, size, one))), 0)


@calls.add
def heap_caps_get_free_size(firmware: Firmware, caps: int) -> int:
    return firmware.machine.heap.blocks_heap.free_size(caps)


@calls.add
def heap_caps_get_minimum_free_size(firmware: Firmware, caps: int) -> int:
    return firmware.machine.heap.blocks_heap.minimum_free_size(caps)


@calls.add
def heap_caps_get_largest_free_block(firmware: Firmware, caps: int) -> int:
    return firmware.machine.heap.blocks_heap.largest_free_block(caps)


@calls.add
def heap_caps_get_total_size(firmware: Firmware, caps: int) -> int:
    return firmware.machine.heap.blocks_heap.total_size(caps)


@calls.add
def esp_dma_actual_size(firmware: Firmware, address: int) -> int:
    """As far as the allocator itself rounded; the heap may have rounded further."""
    block = firmware.machine.heap.blocks_heap.block(address)
    return block.requested if block is not None else 0


@calls.add
def heap_caps_get_allocated_size(firmware: Firmware, address: int) -> int:
    heap = firmware.machine.heap.blocks_heap
    block = heap.block(address)
    if block is None:
        return 0
    heap.widen(block)
    return block.size


@calls.add
def heap_caps_get_info(firmware: Firmware, caps: int, member: int) -> int:
    heap = firmware.machine.heap.blocks_heap
    free_bytes, total = heap.free_size(caps), heap.total_size(caps)
    blocks = len(heap.blocks())
    members = (
        free_bytes,
        total - free_bytes,
        heap.largest_free_block(caps),
        heap.minimum_free_size(caps),
        blocks,
        1 if free_bytes else 0,
        blocks + 1,
    )
    return members[member] if member < len(members) else 0


@calls.named("heap_caps_check_integrity", "heap_caps_check_integrity_all", "heap_caps_check_integrity_addr")
def heap_caps_check_integrity(firmware: Firmware, *_: int) -> int:
    return int(firmware.machine.heap.blocks_heap.check_guards())


@calls.named("heap_caps_print_heap_info", "heap_caps_dump")
def heap_caps_print_heap_info(firmware: Firmware, caps: int) -> None:
    heap = firmware.machine.heap.blocks_heap
    text = f"Heap summary for capabilities {caps:#010x}: {heap.free_size(caps)} of {heap.total_size(caps)} bytes free, "
    text += f"largest block {heap.largest_free_block(caps)}\n"
    firmware.print(text)


# -- memory for engines and caches: `dmalab.idf.dma_memory` ----------------------------------------------------------------


@calls.add
def esp_cache_aligned_malloc(firmware: Firmware, size: int, caps: int, has_out: int) -> int:
    return _block(has_out, lambda: dma_memory.esp_cache_aligned_malloc(firmware.machine, size, caps))


@calls.add
def esp_cache_aligned_calloc(firmware: Firmware, count: int, size: int, caps: int, has_out: int) -> int:
    return _block(has_out, lambda: dma_memory.esp_cache_aligned_calloc(firmware.machine, count, size, caps))


@calls.add
def esp_dma_capable_malloc(
    firmware: Firmware, size: int, has_info: int, extra_caps: int, align: int, has_out: int
) -> int:
    return _block(
        has_info and has_out, lambda: dma_memory.esp_dma_capable_malloc(firmware.machine, size, extra_caps, align)
    )


@calls.add
def esp_dma_capable_calloc(
    firmware: Firmware, count: int, size: int, has_info: int, extra_caps: int, align: int, has_out: int
) -> int:
    return _block(
        has_info and has_out,
        lambda: dma_memory.esp_dma_capable_calloc(firmware.machine, count, size, extra_caps, align),
    )


@calls.add
def esp_dma_malloc(firmware: Firmware, size: int, flags: int, has_out: int) -> int:
    return _block(has_out, lambda: dma_memory.esp_dma_malloc(firmware.machine, size, flags))


@calls.add
def esp_dma_calloc(firmware: Firmware, count: int, size: int, flags: int, has_out: int) -> int:
    return _block(has_out, lambda: dma_memory.esp_dma_calloc(firmware.machine, count, size, flags))


def _block(has_all: int, take: Callable[[], int]) -> int:
    return pair(EspErr.OK, take()) if has_all else pair(EspErr.INVALID_ARG)


@calls.add
def esp_dma_is_buffer_alignment_satisfied(firmware: Firmware, address: int, size: int, _caps: int, align: int) -> int:
    return dma_memory.esp_dma_is_buffer_alignment_satisfied(firmware.machine, address, size, align)


@calls.add
def esp_dma_is_buffer_aligned(firmware: Firmware, address: int, size: int, location: int) -> int:
    return dma_memory.esp_dma_is_buffer_aligned(firmware.machine, address, size, location)
