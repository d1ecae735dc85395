"""Link lists as ESP-IDF's `gdma_link` keeps them: items in internal memory, written past the cache.

Source: ESP-IDF v5.5 components/esp_hw_support/dma/gdma_link.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dmalab.core.caps import Cap
from dmalab.core.descriptor import MAX_BYTES, build, item_count, slot_bytes
from dmalab.core.events import Sync
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.idf.errors import EspErr, IdfError


_UNSIGNED = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """One buffer to put into a list."""

    address: int
    """0 for an entry that is left out."""
    size: int
    mark_eof: bool = False
    mark_final: bool = False
    """Whether the list ends here; else the last item points to the slot that follows."""


def node_count(size: int, align: int, limit: int = MAX_BYTES) -> int:
    """Items for a buffer; 0 for an alignment that is no power of two.

    Source: esp_dma_utils.c :: esp_dma_calculate_node_count.
    """
    if align <= 0 or align & (align - 1):
        return 0
    per_item = limit & -align
    return (size + per_item - 1) // per_item


class LinkList:
    """A list of items for one channel."""

    def __init__(self, machine: BareMachine, items: int, *, item_align: int, buffer_align: int) -> None:
        """Allocate an empty list: all items zero, so they belong to the CPU.

        Raises:
            IdfError: INVALID_ARG for no items or an alignment that is no power of two, NO_MEM.
        """
        align = buffer_align or 1
        if items < 1 or align & (align - 1):
            raise IdfError(EspErr.INVALID_ARG, f"{items} items with buffer alignment {buffer_align}")
        self._machine = machine
        self._slot = slot_bytes(item_align)
        self._align = align
        self.capacity = items
        caps = Cap.DMA_DESC_AXI if item_align > 4 else Cap.DMA_DESC_AHB
        self._block = self._allocate(caps)

    def _allocate(self, caps: Cap) -> Block:
        machine, size = self._machine, self.capacity * self._slot
        block = machine.allocate_internal(size, caps, purpose="DMA link list")
        if block is None:
            raise IdfError(EspErr.NO_MEM, f"no memory for {self.capacity} link items")
        region, offset, _ = machine.memory.locate(block.address, 1)
        self._view = block.address
        if region.cached:
            # Whatever the block's former owner left in the cache must not fall onto the items later.
            span = Span(block.address, block.address + align_up(size, region.line_bytes))
            machine.sync(
                Sync(span=span, op="writeback+invalidate", by=machine.now(), call="gdma_new_link_list", driver=True)
            )
            self._view = region.alias_base + offset
        machine.memory.store(self._view, bytes(size))
        return block

    @property
    def head(self) -> int:
        """Address of item 0, as the engine gets it."""
        return self._block.address

    def mount(self, start: int, entries: Sequence[Mount]) -> None:
        """Put buffers into the list, one after the other, from item `start` on.

        Nothing is written unless all entries pass. As in the release, a negative `start` is reduced as an unsigned number, and an entry
        without a buffer takes no items but its size is counted.

        Raises:
            IdfError: INVALID_ARG for no entries, a misaligned buffer or too few items.
        """
        if not entries:
            raise IdfError(EspErr.INVALID_ARG, "nothing to mount")
        for entry in entries:
            if entry.address % self._align:
                raise IdfError(
                    EspErr.INVALID_ARG, f"buffer {entry.address:#010x} is not aligned to {self._align} bytes"
                )
        counts = [item_count(entry.size, self._align) for entry in entries]
        if sum(counts) > self.capacity:
            raise IdfError(EspErr.INVALID_ARG, f"{sum(counts)} items needed, {self.capacity} there")
        start = start % _UNSIGNED % self.capacity
        self._write_next((start - 1) % self.capacity, start)
        at = start
        for entry, count in zip(entries, counts, strict=True):
            if count and entry.address:
                self._write_entry(at, count, entry)
                at = (at + count) % self.capacity

    def _write_entry(self, at: int, count: int, entry: Mount) -> None:
        slots = (at + np.arange(count)) % self.capacity
        nodes = np.zeros((count, self._slot // 4), dtype=np.uint32)
        nodes[:, 2] = self.head + self._slot * ((slots + 1) % self.capacity)
        end = 0 if entry.mark_final else int(nodes[-1, 2])
        build(entry.address, entry.size, align=self._align, nodes=nodes, eof=entry.mark_eof, next_address=end)
        straight = min(count, self.capacity - at)
        store = self._machine.memory.store
        store(self._view + at * self._slot, nodes[:straight].tobytes())
        if straight < count:
            store(self._view, nodes[straight:].tobytes())

    def _write_next(self, item: int, following: int) -> None:
        address = self.head + following * self._slot
        self._machine.memory.store(self._view + item * self._slot + 8, address.to_bytes(4, "little"))

    def delete(self) -> None:
        """Free the items."""
        self._machine.heap.blocks_heap.free(self._block.address)
