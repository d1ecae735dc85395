"""Descriptors in a row as drivers before `gdma_link` built them: one array per request, written past the cache."""

from __future__ import annotations

import numpy as np

from dmalab.core.caps import Cap
from dmalab.core.descriptor import LENGTH_SHIFT, NODE_BYTES, OWNER_DMA, SUC_EOF, slot_bytes
from dmalab.core.events import Stamp
from dmalab.core.machine import BareMachine
from dmalab.idf.errors import EspErr, IdfError


def uncached(machine: BareMachine, address: int) -> int:
    """The same memory through its uncached alias, where it is behind a cache."""
    region, offset, _ = machine.memory.locate(address, 1)
    return region.alias_base + offset if region.cached and region.alias_base else address


def write_chain(
    machine: BareMachine, addresses: list[int], buffer: int, size: int, *, chunk: int, eof: bool, last_next: int = 0
) -> None:
    """Write descriptors for one buffer, each pointing to the next.

    Args:
        machine: Where.
        addresses: One per descriptor, in order.
        buffer: Address of the buffer.
        size: Its bytes.
        chunk: Bytes per descriptor, but for the last.
        eof: Whether the last one ends a frame.
        last_next: What the last one points to.
    """
    count = len(addresses)
    nodes = np.zeros((count, 3), dtype=np.uint32)
    sizes = np.full(count, chunk, dtype=np.uint32)
    sizes[-1] = size - chunk * (count - 1)
    nodes[:, 0] = sizes | sizes << np.uint32(LENGTH_SHIFT) | np.uint32(OWNER_DMA)
    nodes[:, 1] = buffer + chunk * np.arange(count, dtype=np.uint32)
    nodes[:-1, 2] = addresses[1:]
    nodes[-1, 2] = last_next
    if eof:
        nodes[-1, 0] |= np.uint32(SUC_EOF)
    for address, node in zip(addresses, nodes, strict=True):
        machine.memory.driver_store(uncached(machine, address), node.tobytes())


class DescriptorArray:
    """Memory for some descriptors."""

    def __init__(self, machine: BareMachine, count: int, align: int) -> None:
        """Allocate.

        Raises:
            IdfError: NO_MEM.
        """
        self._machine = machine
        self._slot = slot_bytes(align)
        self.count = count
        caps = Cap.INTERNAL | Cap.BIT8 | Cap.DMA
        block = machine.allocate_internal(
            max(count * self._slot, NODE_BYTES), caps, align=align, purpose="async memcpy descriptors"
        )
        if block is None:
            raise IdfError(EspErr.NO_MEM, f"no memory for {count} descriptors")
        self._block = block

    @property
    def addresses(self) -> list[int]:
        """Where the descriptors are."""
        return [self._block.address + self._slot * number for number in range(self.count)]

    def delete(self, *, by: Stamp | None = None) -> None:
        """Give the memory back."""
        self._machine.heap.blocks_heap.free(self._block.address, by=by)
