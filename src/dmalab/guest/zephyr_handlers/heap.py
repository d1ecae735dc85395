"""The kernel heap and the C library's: both live in main RAM."""

from __future__ import annotations

from dmalab.core.caps import Cap
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.reallocation import reallocate
from dmalab.guest.zephyr_handlers import drivers

calls = Handlers()

CAPS = Cap.DEFAULT
LIMIT = 1 << 32


def _allocate(firmware: Firmware, size: int, align: int, call: str) -> int:
    drivers.allocates(firmware, call)
    block = firmware.machine.heap.blocks_heap.alloc(size, CAPS, align=align)
    return block.address if block is not None else 0


def _zeroed(firmware: Firmware, count: int, size: int, call: str) -> int:
    if count * size >= LIMIT:
        return 0
    address = _allocate(firmware, count * size, 0, call)
    if address:
        firmware.machine.memory.store(address, bytes(count * size))
    return address


@calls.add
def malloc(firmware: Firmware, size: int) -> int:
    return _allocate(firmware, size, 0, "malloc")


@calls.add
def calloc(firmware: Firmware, count: int, size: int) -> int:
    return _zeroed(firmware, count, size, "calloc")


@calls.add
def k_aligned_alloc(firmware: Firmware, alignment: int, size: int) -> int:
    if not alignment or alignment & (alignment - 1):
        return 0
    return _allocate(firmware, size, max(8, alignment), "k_malloc")


@calls.add
def k_calloc(firmware: Firmware, count: int, size: int) -> int:
    return _zeroed(firmware, count, size, "k_calloc")


@calls.add
def realloc(firmware: Firmware, block: int, size: int) -> int:
    return reallocate(firmware.machine, block, size, lambda wanted: _allocate(firmware, wanted, 0, "realloc"))


@calls.named("free", "k_free")
def free(firmware: Firmware, block: int) -> None:
    if block:
        drivers.allocates(firmware, "k_free")
        firmware.machine.heap.blocks_heap.free(block)
