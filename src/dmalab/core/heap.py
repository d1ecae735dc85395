"""The capability heap: blocks with guard bytes, a history and an owner.

First fit by address within a heap; heaps are tried in the order ESP-IDF tries them, by how early they list a wanted capability. Block
headers live in Python; in chip memory there are guard bytes where a real heap keeps its headers, so that plain blocks are 4-aligned and no
more, as on the chip. Free memory and guards are poisoned. A line keeps its state across free and malloc.

Source: ESP-IDF components/heap/heap_caps_base.c, esp_hw_support/heap_align_hw.c @102122904ad.
Not modelled: the TLSF block search and the exact size of headers, so figures of free memory differ by some bytes per block.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

from dmalab.core.caps import Cap
from dmalab.core.events import EventBus, FreedClaimed, HeapMisused, Stamp
from dmalab.core.memory import Memory
from dmalab.core.spans import Span, align_up

HEADER = 12
"""Guard bytes in front of a block. With 4-aligned sizes this leaves plain blocks 4-aligned only."""
TRAILER = 4
"""Guard bytes behind a block."""
MIN_ALIGN = 4
ADDRESS_LIMIT = 1 << 32
REMEMBERED = 256
"""Groups of blocks of which it is remembered that the heap would give them again."""
_DMA, _SPIRAM, _SIMD, _CACHE_ALIGNED = int(Cap.DMA), int(Cap.SPIRAM), int(Cap.SIMD), int(Cap.CACHE_ALIGNED)
_DESC_AXI = int(Cap.DMA_DESC_AXI)
_DESC = _DESC_AXI | int(Cap.DMA_DESC_AHB)
_HOOKED = _DMA | _DESC | _SIMD | _CACHE_ALIGNED
_EXEC, _BIT32 = int(Cap.EXEC), int(Cap.BIT32)
_BYTE_OR_DMA = int(Cap.BIT8) | _DMA

GUARD = b"\xfd" * TRAILER


@dataclass(slots=True, eq=False)
class Block:
    """A block of a heap, alive or freed."""

    address: int
    size: int
    """Usable bytes, after rounding."""
    requested: int
    """Bytes asked for."""
    allocated: Stamp
    purpose: str = ""
    """What a driver or the kernel uses it for; empty for the firmware's own."""
    freed: Stamp | None = None
    low: int = 0
    """Where the memory taken from the heap begins."""
    high: int = 0
    align: int = MIN_ALIGN
    caps: int = 0
    """What was searched for."""
    guard_excused: bool = False
    """A request has overrun the guard, which was said; its bytes no longer tell anything."""

    @property
    def span(self) -> Span:
        """The usable bytes."""
        return Span(self.address, self.address + self.size)

    def again(self, by: Stamp) -> Block:
        """The same memory, allocated anew."""
        return Block(
            self.address,
            self.size,
            self.requested,
            by,
            self.purpose,
            low=self.low,
            high=self.high,
            align=self.align,
            caps=self.caps,
        )


class _Arena:
    """One range of memory the heap hands out."""

    def __init__(self, low: int, high: int, caps: tuple[int, int, int]) -> None:
        self.low = low
        self.high = high
        self.caps = caps
        self.all_caps = caps[0] | caps[1] | caps[2]
        self.changes = 0
        """How often anything about the blocks has changed."""
        self.free: list[tuple[int, int]] = [(low, high)]
        self.free_bytes = self.minimum_free = _usable(low, high)

    def largest_free(self) -> int:
        return max((_usable(low, high) for low, high in self.free), default=0)

    def take(self, size: int, align: int) -> tuple[int, int, int] | None:
        """Cut out a block: (low, user address, high); None when nothing fits."""
        needed = align_up(size + TRAILER, MIN_ALIGN)
        for index, (low, high) in enumerate(self.free):
            address = (low + HEADER + align - 1) & -align
            end = address + needed
            if end > high:
                continue
            start = low if address - HEADER - low < 2 * HEADER else address - HEADER
            rest = [(low, start)] if start > low else []
            whole = high
            if high - end >= HEADER + TRAILER + MIN_ALIGN:
                rest.append((end, high))
            else:
                end = high
            self.changes += 1
            self.free[index : index + 1] = rest
            for part_low, part_high in rest:
                self.free_bytes += _usable(part_low, part_high)
            self.free_bytes -= _usable(low, whole)
            self.minimum_free = min(self.minimum_free, self.free_bytes)
            return start, address, end
        return None

    def would_return(self, blocks: Sequence[Block]) -> bool:
        """Whether `take` would cut out the same blocks, one after the other, if all of them were given back now; tried out on a copy."""
        trial = copy(self)
        trial.free = list(self.free)
        for block in blocks:
            trial.give_back(block.low, block.high)
        return all(trial.take(block.size, block.align) == (block.low, block.address, block.high) for block in blocks)

    def give_back(self, low: int, high: int) -> None:
        self.changes += 1
        index = bisect_left(self.free, (low, high))
        if index < len(self.free) and self.free[index][0] == high:
            behind = self.free.pop(index)
            self.free_bytes -= _usable(*behind)
            high = behind[1]
        if index and self.free[index - 1][1] == low:
            before = self.free.pop(index - 1)
            self.free_bytes -= _usable(*before)
            low = before[0]
        insort(self.free, (low, high))
        self.free_bytes += _usable(low, high)


def _usable(low: int, high: int) -> int:
    return max(0, (high - low - HEADER - TRAILER) & -MIN_ALIGN)


@dataclass(frozen=True, slots=True)
class HeapFacts:
    """What the alignment hook needs to know about the chip."""

    line_internal: int
    """Data-cache line of internal RAM, 0 without a cache."""
    line_external: int
    simd_align: int = 16


class Heap:
    """All heaps of one machine."""

    def __init__(
        self,
        memory: Memory,
        arenas: Sequence[tuple[int, int, tuple[int, int, int]]],
        facts: HeapFacts,
        bus: EventBus,
        stamp: Callable[[], Stamp],
    ) -> None:
        """Args: `arenas` are (low, high, capability bits by priority) in the order they are tried."""
        self._memory = memory
        self._bus = bus
        self._stamp = stamp
        self._facts = facts
        self.hooked = _HOOKED
        """Capabilities for which the hardware raises alignment and size; releases before the hook have none."""
        self.secured_align = 1
        """What encrypted external memory demands of DMA memory."""
        self._arenas = [_Arena(*arena) for arena in arenas]
        self._orders: dict[int, tuple[_Arena, ...]] = {}
        self._returning: dict[tuple[int, ...], int] = {}
        """Blocks that would come to lie where they are if they were freed and allocated again, as long as nothing changes meanwhile."""
        self._starts: list[int] = []
        self._blocks: dict[int, Block] = {}
        self._graves: dict[int, Block] = {}
        self._graves_sorted: list[int] = []
        self.on_failure: Callable[[int, int], None] | None = None
        """Called with size and capabilities when an allocation fails."""
        for low, high, _ in arenas:
            memory.set_poison(Span(low, high), on=True)
        bus.subscribe(HeapMisused, self._excuse_seen)

    # -- allocation --------------------------------------------------------------------------------------------------

    def alloc(
        self, size: int, caps: int = Cap.DEFAULT, *, align: int = 0, purpose: str = "", by: Stamp | None = None
    ) -> Block | None:
        """Allocate, with the alignment the hardware wants for these capabilities.

        Args:
            size: Bytes; 0 gives None.
            caps: Capability bits, all of which the memory must have.
            align: Bytes, a power of two; 0 for the heap's own alignment of 4.
            purpose: What for, when it isn't the firmware's own block.
            by: Who asks; whoever runs now when left out.
        Returns:
            The block, or None when there is no such memory.
        Source: ESP-IDF heap_caps_base.c, heap_align_hw.c :: esp_heap_adjust_alignment_to_hw @102122904ad.
        """
        if size <= 0 or align & (align - 1) or align < 0:
            return None
        block = self._search(size, caps, max(align, MIN_ALIGN), purpose, by)
        if block is None and self.on_failure is not None:
            self.on_failure(size, caps)
        return block

    def _search(self, size: int, caps: int, align: int, purpose: str, by: Stamp | None) -> Block | None:
        # A plain integer: operations of IntFlag cost a microsecond each.
        rounded, align, caps = self.adjust(size, align, int(caps))
        if rounded == 0 or rounded >= ADDRESS_LIMIT or (caps & _EXEC and caps & _BYTE_OR_DMA):
            return None
        if caps & _BIT32:
            rounded = align_up(rounded, 4)
        for arena in self._tried(caps):
            cut = arena.take(rounded, align)
            if cut is not None:
                low, address, high = cut
                stamp = by or self._stamp()
                block = Block(address, rounded, size, stamp, purpose, low=low, high=high, align=align, caps=caps)
                self._enter(block)
                return block
        return None

    def _tried(self, caps: int) -> tuple[_Arena, ...]:
        """The arenas that have all of `caps`, in the order in which they are tried."""
        order = self._orders.get(caps)
        if order is None:
            fitting = self._with(caps)
            listed = (arena for priority in range(3) for arena in fitting if arena.caps[priority] & caps)
            order = self._orders[caps] = tuple(dict.fromkeys(listed))
        return order

    def adjust(self, size: int, align: int, caps: int) -> tuple[int, int, int]:
        """What the hardware makes of a request: rounded size, alignment and the capabilities that are searched for."""
        if not caps & self.hooked:
            return size, align, caps
        line = self._facts.line_external if caps & _SPIRAM else self._facts.line_internal
        align = max(align, line, 8 if caps & _DESC_AXI else 1, self._facts.simd_align if caps & _SIMD else 1)
        if caps & _DMA:
            align = max(align, self.secured_align)
        if caps & _DESC:
            caps = (caps & ~_DESC) | _DMA
        if caps & _SPIRAM:
            caps &= ~_DMA
        caps &= ~_CACHE_ALIGNED
        return align_up(size, align) & (ADDRESS_LIMIT - 1), align, caps

    def _enter(self, block: Block) -> None:
        span = block.span
        self._memory.set_poison(span, on=False)
        if not block.purpose:
            self._memory.set_fresh(span)
        self._memory.poke(span.high, GUARD)
        self._blocks[block.address] = block
        insort(self._starts, block.address)
        self._bury_out(block.low, block.high)

    def _bury_out(self, low: int, high: int) -> None:
        """Forget freed blocks whose memory is in use again."""
        first = max(0, bisect_right(self._graves_sorted, low) - 1)
        last = bisect_left(self._graves_sorted, high)
        for address in self._graves_sorted[first:last]:
            grave = self._graves[address]
            if grave.low < high and low < grave.high:
                del self._graves[address]
                self._graves_sorted.remove(address)

    def free(self, address: int, *, by: Stamp | None = None) -> bool:
        """Give a block back; address 0 is ignored.

        Args:
            address: Where the block begins.
            by: Who frees; whoever runs now when left out.
        Returns:
            Whether there was something to free. False means a wrong or double free, which has been said as an event.
        """
        if address == 0:
            return True
        block = self._blocks.get(address)
        if block is None:
            grave = self._graves.get(address)
            self._bus.emit(
                HeapMisused(
                    kind="double-free" if grave is not None else "wrong-free",
                    access=Span(address, address + 1),
                    is_store=True,
                    block=grave or self.find(address),
                    by=by or self._stamp(),
                )
            )
            return False
        stamp = by or self._stamp()
        self._check_guard(block)
        for claim in self._memory.claims_on(block.span):
            self._bus.emit(FreedClaimed(block=block, claim=claim, freed=stamp))
        block.freed = stamp
        del self._blocks[address]
        self._starts.pop(bisect_left(self._starts, address))
        self._graves[address] = block
        insort(self._graves_sorted, address)
        self._memory.set_poison(block.span, on=True)
        self._arena_of(block.low).give_back(block.low, block.high)
        return True

    def take_again(self, blocks: Sequence[Block], *, by: Stamp) -> list[Block] | None:
        """Free blocks and allocate them anew at once, which is what a driver does that builds the same lists for every request.

        Args:
            blocks: Blocks of drivers, at least one, in the order in which they are asked for.
            by: Who asks.
        Returns:
            The new blocks, which lie where the old ones did; None, with nothing done, where the heap would hand out other memory or
            something about the old ones is worth a look.
        """
        memory, arena = self._memory, self._tried(blocks[0].caps)[0]
        for block in blocks:
            if self._blocks.get(block.address) is not block:
                return None
            if memory.peek(block.address + block.size, TRAILER) != GUARD or (
                memory.claims and memory.claims_on(block.span)
            ):
                return None
        lows = tuple([block.low for block in blocks])
        if self._returning.get(lows) != arena.changes:
            for block in blocks:
                if self._tried(block.caps)[0] is not arena or not arena.low <= block.low < arena.high:
                    return None
            if not arena.would_return(blocks):
                return None
            if len(self._returning) >= REMEMBERED:
                self._returning.clear()
            self._returning[lows] = arena.changes
        return [self._take_over(block, by) for block in blocks]

    def _take_over(self, block: Block, by: Stamp) -> Block:
        block.freed = by
        self._memory.change_owner(Span(block.address, block.address + block.size))
        again = self._blocks[block.address] = block.again(by)
        return again

    def _arena_of(self, address: int) -> _Arena:
        return next(arena for arena in self._arenas if arena.low <= address < arena.high)

    def resize(self, block: Block, size: int) -> bool:
        """Shrink or keep a block in place; whether that was possible."""
        if size > block.size or size <= 0:
            return False
        self._memory.set_poison(Span(block.address + size, block.address + block.size), on=True)
        self._arena_of(block.low).changes += 1
        block.size = block.requested = size
        self._memory.poke(block.address + size, GUARD)
        return True

    def widen(self, block: Block) -> None:
        """Let a block have the rest of its last word, as it has on the chip: for firmware that asks what it really got."""
        size = align_up(block.size, MIN_ALIGN)
        if size > block.size:
            self._memory.set_poison(Span(block.address + block.size, block.address + size), on=False)
            self._memory.poke(block.address + size, GUARD)
            self._arena_of(block.low).changes += 1
            block.size = size

    # -- questions ---------------------------------------------------------------------------------------------------

    def block(self, address: int) -> Block | None:
        """The live block that starts at `address`."""
        return self._blocks.get(address)

    def find(self, address: int) -> Block | None:
        """The live block that holds `address`."""
        index = bisect_right(self._starts, address)
        if index:
            block = self._blocks[self._starts[index - 1]]
            if address < block.address + block.size:
                return block
        return None

    def find_freed(self, address: int) -> Block | None:
        """The freed block whose memory nobody got since, that held `address`."""
        index = bisect_right(self._graves_sorted, address)
        if index:
            block = self._graves[self._graves_sorted[index - 1]]
            if address < block.address + block.size:
                return block
        return None

    def neighbour(self, address: int) -> Block | None:
        """The live block nearest to a guard byte: the one whose taken memory holds `address`."""
        for start in self._starts[max(0, bisect_right(self._starts, address) - 1) :][:2]:
            block = self._blocks[start]
            if block.low <= address < block.high:
                return block
        return None

    def blocks(self) -> list[Block]:
        """All live blocks by address."""
        return [self._blocks[start] for start in self._starts]

    def free_size(self, caps: int) -> int:
        """Bytes free in heaps that have all of `caps`; headers are not counted as free."""
        return sum(arena.free_bytes for arena in self._with(caps))

    def largest_free_block(self, caps: int) -> int:
        """Largest single block that could be allocated."""
        return max((arena.largest_free() for arena in self._with(caps)), default=0)

    def minimum_free_size(self, caps: int) -> int:
        """Sum of the low-water marks of the matching heaps."""
        return sum(arena.minimum_free for arena in self._with(caps))

    def total_size(self, caps: int) -> int:
        """Bytes the matching heaps have in all."""
        return sum(arena.high - arena.low for arena in self._with(caps))

    def _with(self, caps: int) -> list[_Arena]:
        return [arena for arena in self._arenas if (arena.all_caps & caps) == caps]

    def check_guards(self) -> bool:
        """Say of every live block whose rear guard changed without a store anybody saw (libc, assembly); whether all are intact."""
        intact = [self._check_guard(block) for block in self.blocks()]
        return all(intact)

    def _excuse_seen(self, event: HeapMisused) -> None:
        """A store that was seen has been reported with its place: the guard that it changed is no second problem."""
        if event.kind == "unallocated" and event.is_store and event.access is not None:
            self.excuse_guards(event.access)

    def excuse_guards(self, span: Span) -> None:
        """An engine is about to write `span`, guards included, and that has been reported: don't blame the core later."""
        for block in self.blocks():
            if block.address + block.size < span.high and span.low < block.high:
                block.guard_excused = True

    def _check_guard(self, block: Block) -> bool:
        behind = block.address + block.size
        if block.guard_excused or self._memory.peek(behind, TRAILER) == GUARD:
            return True
        rear = Span(behind, behind + TRAILER)
        self._bus.emit(HeapMisused(kind="overflow", access=rear, is_store=True, block=block, by=Stamp()))
        self._memory.poke(rear.low, GUARD)
        return False
