"""Link lists as ESP-IDF's `gdma_link` keeps them: items in a row of slots, written past the cache.

Source: ESP-IDF components/esp_hw_support/dma/gdma_link.c (v5.3.3 to v5.5), components/esp_driver_dma/src/gdma_link.c
(v6.0, master).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

import numpy as np

from dmalab.chips.model import Kind
from dmalab.core.caps import Cap
from dmalab.core.descriptor import (
    LENGTH_SHIFT,
    MAX_BYTES,
    OWNER_DMA,
    SIZE_MASK,
    SUC_EOF,
    build,
    item_count,
    max_item_bytes,
    slot_bytes,
)
from dmalab.core.events import Stamp, Sync, TouchedClaim
from dmalab.core.heap import Block
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span, align_up
from dmalab.idf.errors import EspErr, IdfError
from dmalab.idf.release import Release
from dmalab.idf.release import of as release_of

ADDRESS_LIMIT = 1 << 32
FEW_ITEMS = 8
"""Items packed one by one; more are built as an array."""
NEXT_LINK = 8
"""Where an item says what follows; that may change while the engine has the item."""
_NODE = struct.Struct("<III")
_PLAIN_CAPS = int(Cap.DMA | Cap.INTERNAL | Cap.BIT8)


class Final(IntEnum):
    """Where the last item of an entry points to (`gdma_final_node_link_type_t`; up to v5.5.2 a flag, true for NULL)."""

    DEFAULT = 0
    """The slot that follows, round the list."""
    NULL = 1
    HEAD = 2
    """Item 0."""
    START = 3
    """The first item of this mount."""


class Owner(IntEnum):
    """Who an item belongs to (`gdma_lli_owner_t`)."""

    CPU = 0
    DMA = 1


@dataclass(slots=True, kw_only=True)
class Mount:
    """One buffer to put into a list."""

    address: int
    """0 for an entry that is left out."""
    size: int
    mark_eof: bool = False
    mark_final: bool | Final = Final.DEFAULT
    """Where the list goes on behind the last item; true is `Final.NULL`."""
    alignment: int = 0
    """Buffer alignment of this entry; 0 for that of the list."""
    bypass_align_check: bool = False


def node_count(size: int, align: int, limit: int = MAX_BYTES) -> int:
    """Items for a buffer; 0 for an alignment that is no power of two.

    Source: esp_dma_utils.c :: esp_dma_calculate_node_count.
    """
    if align <= 0 or align & (align - 1):
        return 0
    per_item = limit & -align
    return (size + per_item - 1) // per_item


@dataclass(frozen=True, slots=True)
class LinkRules:
    """What differs by release."""

    wraps_start: bool
    """A start beyond the list is reduced, not refused."""
    strict_owner: bool
    """Only items in a row count as free; empty entries are left out of the checks, and wipe the slot at hand."""
    aligns_entries: bool
    """Every entry has an alignment of its own."""
    bypasses: bool
    """An entry can ask not to be checked."""
    encrypted: bool
    """Flash encryption binds lengths, and keeps items out of PSRAM."""
    checks_size: bool
    ends_by_null: bool
    """Joining a list to nothing ends it."""


@lru_cache(maxsize=64)
def link_rules(release: Release) -> LinkRules:
    """The rules of a release."""
    return LinkRules(
        wraps_start=release.since("5.3.3", "5.4.1"),
        strict_owner=release.since("5.5.3", "6.0"),
        aligns_entries=release.since("5.4.4", "5.5.2", "6.0"),
        bypasses=release.since("5.4.2", "5.5"),
        encrypted=release.since("5.4.4", "5.5.3", "6.0"),
        checks_size=release.since("5.5.3", "6.0"),
        ends_by_null=release.since("5.5.3", "6.0"),
    )


class LinkList:
    """A list of items for one channel."""

    def __init__(
        self,
        machine: BareMachine,
        items: int,
        *,
        item_align: int = 4,
        buffer_align: int = 1,
        in_psram: bool = False,
        check_owner: bool = False,
        rules: LinkRules | None = None,
        by: Stamp | None = None,
        block: Block | None = None,
    ) -> None:
        """Allocate an empty list: all items zero, so they belong to the CPU.

        Args:
            machine: Where.
            items: How many; at least 1.
            item_align: Bytes, a power of two; 0 stands for 4.
            buffer_align: Of all buffers, where the release or an entry says nothing else.
            in_psram: Whether the items shall lie in PSRAM.
            check_owner: Whether a mount only uses items that belong to the CPU.
            rules: Those of a release; of the machine's when left out.
            by: Who asks; whoever runs now when left out.
            block: Memory for the items, as a former list of the same shape had it; allocated when left out.
        Raises:
            IdfError: INVALID_ARG for no items or an alignment that is no power of two, INVALID_SIZE for more than
                memory has addresses, NO_MEM, NOT_SUPPORTED for items in PSRAM where that has no uncached view.
        """
        align = buffer_align or 1
        if items < 1 or align & (align - 1):
            raise IdfError(EspErr.INVALID_ARG, f"{items} items with buffer alignment {buffer_align}")
        self._machine = machine
        self._rules = rules or link_rules(release_of(machine))
        self._slot = slot_bytes(item_align or 4)
        self._align = align
        self._item_align = item_align or 4
        self._check_owner = check_owner
        self.capacity = items
        if self._rules.checks_size and items * self._slot >= ADDRESS_LIMIT:
            raise IdfError(EspErr.INVALID_SIZE, f"{items} items of {self._slot} bytes")
        if in_psram and machine.chip.flash_encryption and self._rules.encrypted:
            in_psram = False
        by = by or machine.now()
        self.block = block or self._allocate(by, in_psram=in_psram)
        """The memory of the items."""
        self._clear(by)

    def _allocate(self, by: Stamp, *, in_psram: bool) -> Block:
        machine, size = self._machine, self.capacity * self._slot
        if in_psram and not any(region.kind is Kind.PSRAM and region.alias_base for region in machine.memory.regions):
            raise IdfError(EspErr.NOT_SUPPORTED, f"{machine.chip.name} has no uncached view of PSRAM for link items")
        caps = int(Cap.SPIRAM if in_psram else Cap.DMA_DESC_AXI if self._item_align > 4 else Cap.DMA_DESC_AHB)
        align = self._item_align if self._item_align > 8 or in_psram else 0
        if not machine.heap.blocks_heap.hooked and not in_psram:
            # Releases without the capabilities of descriptors have no such lists; Python code may use them all the same.
            caps, align = _PLAIN_CAPS, self._item_align
        block = machine.allocate_internal(size, caps, align=align, purpose="DMA link list", by=by)
        if block is None:
            raise IdfError(EspErr.NO_MEM, f"no memory for {self.capacity} link items")
        return block

    def _clear(self, by: Stamp) -> None:
        machine, block = self._machine, self.block
        size = self.capacity * self._slot
        region, offset, _ = machine.memory.locate(block.address, 1)
        self._view = block.address
        if region.cached:
            # Whatever the block's former owner left in the cache must not fall onto the items later.
            span = Span(block.address, block.address + align_up(size, region.line_bytes))
            machine.sync(Sync(span=span, op="writeback+invalidate", by=by, call="gdma_new_link_list", driver=True))
            self._view = region.alias_base + offset
        machine.memory.driver_store(self._view, bytes(size))

    @property
    def head(self) -> int:
        """Address of item 0, as the engine gets it."""
        return self.block.address

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"link list of {self.capacity} items"

    # -- mounting ----------------------------------------------------------------------------------------------------

    def mount(self, start: int, entries: Sequence[Mount]) -> int:
        """Put buffers into the list, one after the other, from item `start` on.

        Nothing is written unless all entries pass.

        Args:
            start: Item number. v5.4.0 refuses one beyond the list; later releases reduce it as an unsigned 32-bit
                number, which is right for negative ones only in lists whose length is a power of two.
            entries: At least one.
        Returns:
            Number of the last item used; the one before `start` when nothing was mounted.
        Raises:
            IdfError: INVALID_ARG for no entries, a misaligned buffer or too few items.
        """
        if not entries:
            raise IdfError(EspErr.INVALID_ARG, "nothing to mount")
        capacity, modern = self.capacity, self._rules.strict_owner
        if not self._rules.wraps_start and not 0 <= start < capacity:
            raise IdfError(EspErr.INVALID_ARG, f"item {start} of {capacity}")
        start = start % ADDRESS_LIMIT % capacity
        # From v5.4.4, v5.5.2 and v6.0 on each entry can have an alignment of its own.
        own_aligns = self._rules.aligns_entries
        checked: list[tuple[Mount, int, int]] = []
        needed = 0
        for entry in entries:
            align = (own_aligns and entry.alignment) or self._align
            self._check(entry, align, skip_empty=modern)
            count = item_count(entry.size, align) if entry.size and (entry.address or not modern) else 0
            checked.append((entry, align, count))
            needed += count
        usable = self._usable(start, consecutive=modern) if self._check_owner else capacity
        if needed > usable:
            raise IdfError(EspErr.INVALID_ARG, f"{needed} items needed, {usable} there")
        if capacity > 1 or not needed:  # else the item in front is the one that is written below
            self._write_next((start - 1) % capacity, start)
        at = start
        for entry, align, count in checked:
            if entry.address and count:
                self._write_entry(at, count, entry, align, start)
                at = (at + count) % capacity
            elif modern:
                # An empty entry wipes the slot at hand; in a full list that is the first one of this mount.
                self._store(at, bytes(12))
        return (at - 1) % capacity

    def _check(self, entry: Mount, align: int, *, skip_empty: bool) -> None:
        if skip_empty and not (entry.address and entry.size):
            return
        if align & (align - 1):
            raise IdfError(EspErr.INVALID_ARG, f"buffer alignment {align} is not a power of two")
        bypass = entry.bypass_align_check and self._rules.bypasses
        if entry.address % align and not bypass:
            raise IdfError(EspErr.INVALID_ARG, f"buffer {entry.address:#010x} is not aligned to {align} bytes")
        secured = self._rules.encrypted and self._machine.chip.flash_encryption
        if secured and entry.size % align and not bypass:
            raise IdfError(EspErr.INVALID_ARG, f"buffer of {entry.size} bytes is no multiple of {align} bytes")

    def _usable(self, start: int, *, consecutive: bool) -> int:
        free = [self.get_owner(start + offset) is Owner.CPU for offset in range(self.capacity)]
        if not consecutive:
            return sum(free)
        return next((number for number, one in enumerate(free) if not one), self.capacity)

    def _write_entry(self, at: int, count: int, entry: Mount, align: int, start: int) -> None:
        next_address = self._address_behind(entry, (at + count) % self.capacity, start)
        if count <= FEW_ITEMS:
            self._write_few(at, count, entry, max_item_bytes(align), next_address)
            return
        following = np.arange(at + 1, at + 1 + count, dtype=np.uint32)
        if at + count > self.capacity:
            following %= np.uint32(self.capacity)
        nodes = np.zeros((count, self._slot // 4), dtype=np.uint32)
        nodes[:, 2] = following * np.uint32(self._slot) + np.uint32(self.head)
        build(entry.address, entry.size, align=align, nodes=nodes, eof=entry.mark_eof, next_address=next_address)
        straight = min(count, self.capacity - at)
        store = self._machine.memory.driver_store
        store(self._view + at * self._slot, nodes[:straight].tobytes())
        if straight < count:
            store(self._view, nodes[straight:].tobytes())

    def _address_behind(self, entry: Mount, after: int, start: int) -> int:
        """What the last item of an entry points to."""
        final = entry.mark_final
        if final == Final.NULL:
            return 0
        return self.item_address(0 if final == Final.HEAD else start if final == Final.START else after)

    def _write_few(self, at: int, count: int, entry: Mount, limit: int, next_address: int) -> None:
        address, left = entry.address, entry.size
        for number in range(count):
            size = min(limit, left)
            left -= size
            item = (at + number) % self.capacity
            last = number == count - 1
            word = size | size << LENGTH_SHIFT | OWNER_DMA | (SUC_EOF if last and entry.mark_eof else 0)
            following = next_address if last else self.item_address(item + 1)
            self._store(item, _NODE.pack(word, address, following))
            address += size

    # -- items -------------------------------------------------------------------------------------------------------

    def item_address(self, item: int) -> int:
        """Address of an item as the engine gets it; the number wraps."""
        return self.head + item % self.capacity * self._slot

    def concat(self, item: int, other: LinkList | None, other_item: int) -> None:
        """Let `item` point to an item of another list; to nothing without one.

        Raises:
            IdfError: INVALID_ARG without another list, up to v5.5.2.
        """
        if other is None and not self._rules.ends_by_null:
            raise IdfError(EspErr.INVALID_ARG, "no second list")
        address = other.item_address(other_item) if other is not None else 0
        self._store(item % self.capacity, address.to_bytes(4, "little"), at=8)

    def set_owner(self, item: int, owner: Owner) -> None:
        """Give an item to the CPU or to the engine.

        Raises:
            IdfError: INVALID_ARG for an item beyond the list, in v5.4.0 only; later the number wraps.
        """
        word = self._word(self._index(item))
        self._set_word(self._index(item), word & ~OWNER_DMA | (OWNER_DMA if owner else 0))

    def get_owner(self, item: int) -> Owner:
        """Who an item belongs to.

        Raises:
            IdfError: as `set_owner`.
        """
        return Owner(self._word(self._index(item)) >> 31)

    def _index(self, item: int) -> int:
        if not self._rules.wraps_start and not 0 <= item < self.capacity:
            raise IdfError(EspErr.INVALID_ARG, f"item {item} of {self.capacity}")
        return item % self.capacity

    def size_till_eof(self, item: int) -> int:
        """Lengths of the items from `item` on up to the first end of a frame or of the list, at most once round."""
        total = 0
        for offset in range(self.capacity):
            number = (item + offset) % self.capacity
            word = self._word(number)
            total += word >> LENGTH_SHIFT & SIZE_MASK
            if word & SUC_EOF or not self._read(number, 8):
                break
        return total

    def get_buffer(self, item: int) -> int:
        """Address of an item's buffer."""
        return self._read(item % self.capacity, 4)

    def get_length(self, item: int) -> int:
        """Valid bytes of an item."""
        return self._word(item % self.capacity) >> LENGTH_SHIFT & SIZE_MASK

    def set_length(self, item: int, length: int) -> None:
        """Set the valid bytes of an item, and nothing else."""
        word = self._word(item % self.capacity) & ~(SIZE_MASK << LENGTH_SHIFT)
        self._set_word(item % self.capacity, word | (length & SIZE_MASK) << LENGTH_SHIFT)

    def ends_at(self, item: int) -> bool:
        """Whether the list ends at an item (`gdma_link_check_end`)."""
        return self._read(item % self.capacity, 8) == 0

    def delete(self, *, by: Stamp | None = None) -> None:
        """Free the items; whoever owns them."""
        self._machine.heap.blocks_heap.free(self.block.address, by=by)

    def _word(self, item: int) -> int:
        return self._read(item, 0)

    def _read(self, item: int, at: int) -> int:
        address = self._view + item * self._slot + at
        for claim in self._machine.memory.claims_on(Span(address, address + 4)):
            claim.catch_up()
        return int.from_bytes(self._machine.memory.peek(address, 4), "little")

    def _set_word(self, item: int, word: int) -> None:
        self._store(item, word.to_bytes(4, "little"))

    def _write_next(self, item: int, following: int) -> None:
        self._store(item, self.item_address(following).to_bytes(4, "little"), at=8)

    def _store(self, item: int, data: bytes, *, at: int = 0) -> None:
        memory = self._machine.memory
        if memory.claims and at < NEXT_LINK:
            self._judge(Span(self.item_address(item) + at, self.item_address(item) + at + len(data)))
        memory.driver_store(self._view + item * self._slot + at, data)

    def _judge(self, access: Span) -> None:
        """Changing an item that an engine still owns is no better through the driver than by hand."""
        for claim in self._machine.memory.claims_on(access):
            self._machine.bus.emit(
                TouchedClaim(
                    access=claim.span.overlap(access) or access,
                    is_store=True,
                    claim=claim,
                    passed=False,
                    by=self._machine.now(),
                )
            )
