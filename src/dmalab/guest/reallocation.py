"""What `realloc` does, whoever's allocator it belongs to."""

from __future__ import annotations

from collections.abc import Callable

from dmalab.machine import Machine


def reallocate(machine: Machine, address: int, size: int, allocate: Callable[[int], int]) -> int:
    """Resize in place, or move the contents.

    Args:
        machine: Whose memory.
        address: Of the block; 0 for a new one.
        size: Bytes wanted; 0 frees.
        allocate: Gives the address of a block of so many bytes, 0 for none.
    Returns:
        Where the block is now; 0 when it was freed, or when there is no memory, and then it stays as it was.
    """
    heap, memory = machine.heap.blocks_heap, machine.memory
    if not address:
        return allocate(size)
    block = heap.block(address) if size else None
    if block is None:
        # Freeing what is no block is a finding of its own.
        heap.free(address)
        return 0
    if heap.resize(block, size):
        return address
    moved = allocate(size)
    if moved:
        memory.store(moved, memory.load(address, min(block.size, size)))
        heap.free(address)
    return moved
