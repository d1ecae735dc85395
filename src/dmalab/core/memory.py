"""The address space: what the core sees, what engines see, and every way the two can part.

`Memory` is the only place that changes views, line states and the shadow. The core's accesses come in through `load`, `store` and
`touch`, the engines' through `engine_read` and `engine_write`, maintenance through `writeback` and `invalidate`, and evictions through
`evict`. Each judges what it is about to do by the state of the lines and says so as an event; it never guesses from values, except in
`reconcile`, which finds stores that nobody could see.

Not modelled: two cache levels with different contents. A region has the line size of the level that serves its addresses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from dmalab.core.events import (
    ClaimsCollide,
    CpuDirtiedStaleLine,
    CpuReadDiscarded,
    CpuReadStale,
    CpuReadUndelivered,
    DeviceBytesOverwritten,
    EngineReadDiscarded,
    EngineReadStale,
    EngineWroteUnderDirtyLine,
    EventBus,
    HeapMisused,
    Refusal,
    Stamp,
    StoresDropped,
    Sync,
    TouchedClaim,
    Views,
)
from dmalab.core.region import (
    ABSENT,
    CLEAN,
    CPU_NEWER,
    DISCARDED,
    LOAD_ATTENTION,
    MEM_NEWER,
    PLACE_SHIFT,
    POISON,
    STATE,
    STORE_ATTENTION,
    UNDELIVERED,
    W_NEWER,
    W_POISON,
    W_READ,
    W_WRITE,
    Bytes,
    Region,
)
from dmalab.core.spans import Span, runs
from dmalab.core.timeline_events import ClaimReleased, ClaimTaken, SyncBegins
from dmalab.core.transfer import Transfer

SHOWN = 16
"""Bytes of each view that an event keeps."""
PIECE = 1 << 17
"""Bytes moved at once where two arrays get the same data."""
REMEMBERED = 256
"""Invalidates and refusals whose traces are kept apart; older ones are dropped once their traces are gone."""


class BadAddress(ValueError):
    """An access that no single region serves."""


@dataclass(slots=True, eq=False, kw_only=True)
class Claim:
    """Memory that a request owns from submission to completion."""

    span: Span
    write: bool
    """The request writes it (nobody else may touch it); else it reads it (nobody may store)."""
    owner: object
    """Requests of one owner run one after the other, so their claims never collide."""
    label: str
    """The request in words, for reports: `copy of 4096 bytes by AXI GDMA channel 0`."""
    started: Stamp
    catch_up: Callable[[], None] = field(default=lambda: None)
    """Makes the engine's progress visible up to now."""
    passed: Callable[[Span], bool] = field(default=lambda _span: False)
    """Whether the engine is done with these bytes."""
    ring: bool = False
    """The part of a circular buffer that is the engine's turn."""
    completion: str = ""
    """What to wait for before touching it, in the words of the API that made the request; empty for the machine's usual words."""


class Memory:
    """The regions of one machine."""

    def __init__(self, regions: Sequence[Region], bus: EventBus, stamp: Callable[[], Stamp]) -> None:
        """Args: `stamp` says who is running, where and when; it is asked only when something is worth noting."""
        self.regions = tuple(sorted(regions, key=lambda region: region.base))
        self.bus = bus
        self.stamp = stamp
        self.claims: list[Claim] = []
        self.unseen_stores = False
        """Whether code we can't observe may store into the CPU view (set by the guest)."""
        self.filled: Callable[[Region, int, int], None] | None = None
        """Told of lines `[first, last)` that became present or dirty; set by eviction policies that care."""
        self.stacks_claimed: Callable[[], None] | None = None
        """Told whenever the set of claims changes; set by the guest."""
        self._drops: list[tuple[Sync, tuple[Span, ...]]] = []
        self._refusals: list[Refusal] = []

    # -- addresses ---------------------------------------------------------------------------------------------------

    def find(self, address: int) -> Region | None:
        """The region that holds `address`, directly or through its uncached alias."""
        for region in self.regions:
            if region.base <= address < region.end:
                return region
            if region.alias_base and region.alias_base <= address < region.alias_base + region.size:
                return region
        return None

    def locate(self, address: int, size: int) -> tuple[Region, int, bool]:
        """Where `[address, address + size)` lies: region, offset, and whether through the uncached alias.

        Raises:
            BadAddress: it does not lie inside one region, or the size is negative.
        """
        for region in self.regions:
            if region.base <= address and address + size <= region.end and size >= 0:
                return region, address - region.base, False
            alias = region.alias_base
            if alias and alias <= address and address + size <= alias + region.size and size >= 0:
                return region, address - alias, True
        if size < 0:
            raise BadAddress(f"negative size {size} at {address:#010x}")
        raise BadAddress(f"{Span(address, address + size)} lies outside every memory region of the chip")

    def canonical(self, span: Span) -> Span:
        """The same bytes by their cached address."""
        region, offset, _ = self.locate(span.low, span.size)
        return Span(region.base + offset, region.base + offset + span.size)

    # -- the core ----------------------------------------------------------------------------------------------------

    def load(self, address: int, size: int) -> bytes:
        """What the core reads.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, alias = self.locate(address, size)
        if size:
            self._touch(region, offset, size, is_store=False, alias=alias)
        view = region.mem if alias else region.cpu
        return view[offset : offset + size].tobytes()

    def store(self, address: int, data: bytes | bytearray | memoryview) -> None:
        """The core writes.

        Raises:
            BadAddress: see `locate`; or the region is read-only.
        """
        size = len(data)
        region, offset, alias = self.locate(address, size)
        if region.facts.read_only:
            raise BadAddress(f"{Span(address, address + size)} is {region.name}, which the core can't write")
        if not size:
            return
        self._touch(region, offset, size, is_store=True, alias=alias)
        source = np.frombuffer(data, dtype=np.uint8)
        if alias:
            self._store_through_alias(region, offset, source)
        else:
            region.cpu[offset : offset + size] = source

    def touch(self, address: int, size: int, *, is_store: bool) -> None:
        """Judge an access that somebody else carries out (the guest, natively) and update all state for it.

        Addresses outside every region are ignored: that is host memory.
        """
        try:
            region, offset, alias = self.locate(address, size)
        except BadAddress:
            return
        if not size:
            return
        self._touch(region, offset, size, is_store=is_store, alias=alias)
        if is_store and alias and region.cached:
            self._mark_memory_newer(region, offset, size)

    def _touch(self, region: Region, offset: int, size: int, *, is_store: bool, alias: bool) -> None:
        first, last = offset >> region.line_shift, ((offset + size - 1) >> region.line_shift) + 1
        attention = STORE_ATTENTION if is_store else LOAD_ATTENTION
        if alias:
            attention &= ~STATE
        lines = region.lines[first:last]
        if (lines & attention).any():
            self._attend(region, offset, size, first, last, is_store=is_store, alias=alias)
        if is_store and region.cached and not alias:
            region.shadow[offset : offset + size] |= CPU_NEWER
            place = self.stamp().place
            region.places[offset >> PLACE_SHIFT : ((offset + size - 1) >> PLACE_SHIFT) + 1] = place

    def _attend(
        self, region: Region, offset: int, size: int, first: int, last: int, *, is_store: bool, alias: bool
    ) -> None:
        """The slow path of an access: something about these lines is worth a look."""
        lines = region.lines[first:last]
        summary = int(np.bitwise_or.reduce(lines))
        access = Span(region.base + offset, region.base + offset + size)
        by = self.stamp()
        if summary & (W_READ | W_WRITE):
            self._judge_claims(region, access, first, last, by, is_store=is_store)
        bytes_ = region.shadow[offset : offset + size]
        special = int(np.bitwise_or.reduce(bytes_))
        if special & POISON:
            self.bus.emit(HeapMisused(kind="unallocated", access=access, is_store=is_store, block=None, by=by))
        if not is_store and special & (MEM_NEWER | DISCARDED | UNDELIVERED):
            self._judge_load(region, offset, size, by, special, alias=alias)
        if region.cached and not alias:
            self._change_state(region, first, last, by, access, is_store=is_store)
        if is_store and special & (MEM_NEWER | DISCARDED | UNDELIVERED):
            bytes_ &= 0xFF ^ (MEM_NEWER | DISCARDED | UNDELIVERED)
            region.summarise(first, last)

    def _judge_claims(self, region: Region, access: Span, first: int, last: int, by: Stamp, *, is_store: bool) -> None:
        shift = region.line_shift
        around = Span(region.base + (first << shift), region.base + (last << shift))
        for claim in list(self.claims):
            if claim.span.overlap(around) is None:
                continue
            claim.catch_up()
            touched = claim.span.overlap(access)
            if touched is not None and claim in self.claims and (is_store or claim.write):
                self.bus.emit(
                    TouchedClaim(access=touched, is_store=is_store, claim=claim, passed=claim.passed(touched), by=by)
                )

    def _judge_load(self, region: Region, offset: int, size: int, by: Stamp, special: int, *, alias: bool) -> None:
        access = Span(region.base + offset, region.base + offset + size)
        if special & UNDELIVERED:
            span = self._run_around(region, offset, size, UNDELIVERED)
            refusal = next((one for one in reversed(self._refusals) if one.span.overlap(span)), None)
            self.bus.emit(CpuReadUndelivered(span=span, refusal=refusal, loaded=by))
        if special & DISCARDED:
            span = self._run_around(region, offset, size, DISCARDED)
            self.bus.emit(
                CpuReadDiscarded(
                    span=span, access=access, views=self.views(region, span.low), dropped=self.dropper(span), loaded=by
                )
            )
        if special & MEM_NEWER and not alias:
            span = self._run_around(region, offset, size, MEM_NEWER)
            filled = region.filled[(span.low - region.base) >> region.line_shift]
            self.bus.emit(
                CpuReadStale(
                    span=span, access=access, views=self.views(region, span.low), filled=_stamp(filled), loaded=by
                )
            )

    def _change_state(self, region: Region, first: int, last: int, by: Stamp, access: Span, *, is_store: bool) -> None:
        """Fill absent lines; for a store make clean ones dirty."""
        lines = region.lines[first:last]
        absent = (lines & ABSENT) != 0
        changed = bool(absent.any())
        if changed:
            lines[absent] &= 0xFF ^ ABSENT
            region.filled[first:last][absent] = (by.place, by.task, by.time_ps)
        if is_store:
            clean = (lines & CLEAN) != 0
            if clean.any():
                changed = True
                # Only the outer lines can hold bytes that this store does not replace.
                for line in sorted({first, last - 1}):
                    if clean[line - first] and lines[line - first] & W_NEWER:
                        self._judge_dirtying(region, line, access, by)
                lines[clean] &= 0xFF ^ CLEAN
                region.dirtied[first:last][clean] = (by.place, by.task, by.time_ps)
        if changed and self.filled is not None:
            self.filled(region, first, last)

    def _judge_dirtying(self, region: Region, line: int, access: Span, by: Stamp) -> None:
        low = line << region.line_shift
        lost = (region.shadow[low : low + region.line_bytes] & MEM_NEWER) != 0
        replaced = access.overlap(Span(region.base + low, region.base + low + region.line_bytes))
        if replaced is not None:
            lost[replaced.low - region.base - low : replaced.high - region.base - low] = False
        newer = runs(lost, region.base + low)
        if newer:
            span = Span(newer[0].low, newer[-1].high)
            self.bus.emit(CpuDirtiedStaleLine(access=access, newer=span, views=self.views(region, span.low), stored=by))

    def _store_through_alias(self, region: Region, offset: int, source: Bytes) -> None:
        """An uncached store goes to memory; a present line does not notice."""
        size = len(source)
        if not region.cached:
            region.mem[offset : offset + size] = source
            return
        self._write_memory(region, offset, source)

    def driver_store(self, address: int, data: bytes) -> None:
        """A driver writes its own memory past the cache, such as link items; not judged as an access of the firmware.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, _ = self.locate(address, len(data))
        source = np.frombuffer(data, dtype=np.uint8)
        if region.cached:
            self._write_memory(region, offset, source)
        else:
            region.mem[offset : offset + len(data)] = source

    # -- engines -----------------------------------------------------------------------------------------------------

    def engine_read(self, span: Span, transfer: Transfer) -> Bytes:
        """What an engine gets: the memory view of `span`. The array is a view; use it before anything else happens.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, _ = self.locate(span.low, span.size)
        high = offset + span.size
        if region.cached and span.size:
            first, last = offset >> region.line_shift, ((high - 1) >> region.line_shift) + 1
            if self.unseen_stores:
                self._reconcile(region, first, last)
            lines = region.lines[first:last]
            if ((lines & STATE) == 0).any():
                self._judge_engine_read(region, offset, high, transfer)
            if (lines & W_NEWER).any():
                self._judge_discarded_read(region, offset, high, transfer)
        return region.mem[offset:high]

    def _judge_engine_read(self, region: Region, low: int, high: int, transfer: Transfer) -> None:
        for span in runs((region.shadow[low:high] & CPU_NEWER) != 0, region.base + low):
            self.bus.emit(
                EngineReadStale(
                    span=span,
                    views=self.views(region, span.low),
                    stored=self.last_store(region, span.low),
                    transfer=transfer,
                    read=self.stamp(),
                )
            )

    def _judge_discarded_read(self, region: Region, low: int, high: int, transfer: Transfer) -> None:
        for span in runs((region.shadow[low:high] & DISCARDED) != 0, region.base + low):
            dropped = self.dropper(span)
            if dropped is not None:
                self.bus.emit(
                    EngineReadDiscarded(
                        span=span,
                        views=self.views(region, span.low),
                        dropped=dropped,
                        transfer=transfer,
                        read=self.stamp(),
                    )
                )

    def engine_write(self, span: Span, data: Bytes, transfer: Transfer) -> None:
        """An engine writes `data` to memory; lines that are present go on showing the old bytes.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, _ = self.locate(span.low, span.size)
        if not span.size:
            return
        if not region.cached:
            region.mem[offset : offset + span.size] = data
            self._clear(region, offset, span.size, DISCARDED | UNDELIVERED)
            return
        first, last = offset >> region.line_shift, ((offset + span.size - 1) >> region.line_shift) + 1
        if self.unseen_stores:
            self._reconcile(region, first, last)
        written = Span(region.base + offset, region.base + offset + span.size)
        dirty = np.flatnonzero((region.lines[first:last] & STATE) == 0)
        for line in dirty.tolist():
            self._judge_write_under(region, first + line, written, transfer)
        self._write_memory(region, offset, data)

    def _judge_write_under(self, region: Region, line: int, span: Span, transfer: Transfer) -> None:
        low = line << region.line_shift
        whole = Span(region.base + low, region.base + low + region.line_bytes)
        newer = runs((region.shadow[low : low + region.line_bytes] & CPU_NEWER) != 0, whole.low)
        written = whole.overlap(span) or whole
        # Stores on both sides of the written bytes must not look like stores to them.
        newer = [one for one in newer if one.overlap(written)] or newer[:1]
        self.bus.emit(
            EngineWroteUnderDirtyLine(
                span=written,
                dirty=Span(newer[0].low, newer[-1].high) if newer else None,
                views=self.views(region, newer[0].low if newer else written.low),
                dirtied=self.last_store(region, newer[0].low) if newer else _stamp(region.dirtied[line]),
                transfer=transfer,
                wrote=self.stamp(),
            )
        )

    def _write_memory(self, region: Region, offset: int, data: Bytes) -> None:
        """Write the memory view; lines that are absent show it at once, the others become stale."""
        high = offset + len(data)
        first, last = offset >> region.line_shift, ((high - 1) >> region.line_shift) + 1
        lines = region.lines[first:last]
        if (lines & ABSENT).all():
            # Piece by piece, so that the second copy reads what the first left in the host's cache.
            for low in range(offset, high, PIECE):
                top = min(low + PIECE, high)
                region.mem[low:top] = data[low - offset : top - offset]
                region.cpu[low:top] = region.mem[low:top]
        else:
            region.mem[offset:high] = data
            absent = np.repeat((lines & ABSENT) != 0, region.line_bytes)
            absent = absent[offset - (first << region.line_shift) :][: len(data)]
            region.cpu[offset:high][absent] = data[absent]
            self._mark_memory_newer(region, offset, len(data))
        self._clear(region, offset, len(data), DISCARDED | UNDELIVERED)

    def _mark_memory_newer(self, region: Region, offset: int, size: int) -> None:
        """Note that lines which are present don't show what was written to memory."""
        first, last = offset >> region.line_shift, ((offset + size - 1) >> region.line_shift) + 1
        present = np.repeat((region.lines[first:last] & ABSENT) == 0, region.line_bytes)
        present = present[offset - (first << region.line_shift) :][:size]
        shadow = region.shadow[offset : offset + size]
        shadow[present] = (shadow[present] & (0xFF ^ CPU_NEWER)) | MEM_NEWER
        region.summarise(first, last)

    def _clear(self, region: Region, offset: int, size: int, bits: int) -> None:
        """Remove shadow bits that only W_NEWER lines can have."""
        first, last = offset >> region.line_shift, ((offset + size - 1) >> region.line_shift) + 1
        if (region.lines[first:last] & W_NEWER).any():
            region.shadow[offset : offset + size] &= 0xFF ^ bits
            region.summarise(first, last)

    # -- maintenance -------------------------------------------------------------------------------------------------

    def sync(self, sync: Sync) -> None:
        """Carry out cache maintenance on the lines that overlap the span of `sync`, and say so.

        Raises:
            BadAddress: the span does not lie in one region.
        """
        region, offset, _ = self.locate(sync.span.low, sync.span.size)
        shift = region.line_shift
        first, last = offset >> shift, (offset + sync.span.size + region.line_bytes - 1) >> shift
        if self.bus.hears(SyncBegins):
            self.bus.emit(SyncBegins(span=sync.span))
        if sync.op != "invalidate":
            self._write_back(region, first, last, "sync", sync.by)
        if sync.op != "writeback":
            self._invalidate(region, first, last, sync)
        self.bus.emit(sync)

    def line_counts(self, span: Span) -> tuple[int, int]:
        """How many lines that overlap `span` are dirty, and how many are present."""
        region, offset, _ = self.locate(span.low, span.size)
        if not region.cached or not span.size:
            return 0, 0
        first, last = offset >> region.line_shift, ((offset + span.size - 1) >> region.line_shift) + 1
        if self.unseen_stores:
            self._reconcile(region, first, last)
        lines = region.lines[first:last] & STATE
        return int(np.count_nonzero(lines == 0)), int(np.count_nonzero((lines & ABSENT) == 0))

    def evict(self, region: Region, line: int) -> None:
        """Drop one line as a cache does when it needs the room: write it back when dirty, then forget it."""
        if region.lines[line] & ABSENT:
            return
        if self.unseen_stores:
            self._reconcile(region, line, line + 1)
        by = self.stamp()
        self._write_back(region, line, line + 1, "eviction", by)
        self._forget(region, line, line + 1)

    def prefetch(self, region: Region, line: int) -> None:
        """Fill one absent line without anybody's asking, as a prefetcher does."""
        if not region.lines[line] & ABSENT:
            return
        low = region.base + (line << region.line_shift)
        self.claims_on(Span(low, low + region.line_bytes))
        by = self.stamp()
        region.lines[line] &= 0xFF ^ ABSENT
        region.filled[line] = (0, by.task, by.time_ps)

    def _write_back(self, region: Region, first: int, last: int, cause: str, by: Stamp) -> None:
        if not region.cached or first >= last:
            return
        if self.unseen_stores:
            self._reconcile(region, first, last)
        dirty = (region.lines[first:last] & STATE) == 0
        if not dirty.any():
            return
        size = region.line_bytes
        low, high = first << region.line_shift, last << region.line_shift
        shadow = region.shadow[low:high].reshape(-1, size)
        lost = (shadow & MEM_NEWER) != 0
        lost[~dirty] = False
        for span in runs(lost.reshape(-1), region.base + low):
            self.bus.emit(
                DeviceBytesOverwritten(
                    span=span,
                    views=self.views(region, span.low),
                    dirtied=_stamp(region.dirtied[(span.low - region.base) >> region.line_shift]),
                    cause="sync" if cause == "sync" else "eviction",
                    by=by,
                )
            )
        if dirty.all():
            region.mem[low:high] = region.cpu[low:high]
            region.shadow[low:high] &= 0xFF ^ (CPU_NEWER | MEM_NEWER)
        else:
            region.mem[low:high].reshape(-1, size)[dirty] = region.cpu[low:high].reshape(-1, size)[dirty]
            shadow[dirty] &= 0xFF ^ (CPU_NEWER | MEM_NEWER)
        region.lines[first:last][dirty] |= CLEAN
        region.summarise(first, last)

    def _invalidate(self, region: Region, first: int, last: int, sync: Sync) -> None:
        if not region.cached or first >= last:
            return
        if self.unseen_stores:
            self._reconcile(region, first, last)
        lines = region.lines[first:last]
        if (lines & ABSENT).all():
            return
        low, high = first << region.line_shift, last << region.line_shift
        shadow = region.shadow[low:high]
        dropped = (shadow & CPU_NEWER) != 0
        if dropped.any():
            spans = tuple(runs(dropped, region.base + low))
            self._remember_drop(sync, spans)
            self.bus.emit(
                StoresDropped(
                    spans=spans,
                    views=self.views(region, spans[0].low),
                    stored=self.last_store(region, spans[0].low),
                    sync=sync,
                )
            )
            shadow[dropped] |= DISCARDED
        self._forget(region, first, last)

    def _forget(self, region: Region, first: int, last: int) -> None:
        """Make lines absent; what the core sees from now on is memory."""
        low, high = first << region.line_shift, last << region.line_shift
        region.cpu[low:high] = region.mem[low:high]
        region.shadow[low:high] &= 0xFF ^ (CPU_NEWER | MEM_NEWER)
        region.lines[first:last] |= STATE
        region.summarise(first, last)

    def _reconcile(self, region: Region, first: int, last: int) -> None:
        """Find stores that nobody could see: bytes that differ from memory although neither side is known to be newer."""
        low, high = first << region.line_shift, last << region.line_shift
        cpu, mem = region.cpu[low:high], region.mem[low:high]
        if np.array_equal(cpu, mem):
            return
        shadow = region.shadow[low:high]
        unseen = (cpu != mem) & ((shadow & (CPU_NEWER | MEM_NEWER)) == 0)
        if not unseen.any():
            return
        by = self.stamp()
        shadow[unseen] |= CPU_NEWER
        shadow[unseen] &= 0xFF ^ (DISCARDED | UNDELIVERED)
        touched = unseen.reshape(-1, region.line_bytes).any(axis=1) & ((region.lines[first:last] & STATE) != 0)
        region.lines[first:last][touched] &= 0xFF ^ STATE
        region.filled[first:last][touched] = region.dirtied[first:last][touched] = (0, by.task, by.time_ps)
        granules = unseen.reshape(-1, 1 << PLACE_SHIFT).any(axis=1)
        region.places[low >> PLACE_SHIFT : high >> PLACE_SHIFT][granules] = 0
        region.summarise(first, last)
        if self.filled is not None:
            self.filled(region, first, last)

    # -- claims ------------------------------------------------------------------------------------------------------

    def claim(self, claim: Claim) -> None:
        """Hand `claim.span` to a request.

        Raises:
            BadAddress: the span does not lie in one region.
        """
        claim.span = self.canonical(claim.span)
        for other in self.claims:
            shared = other.span.overlap(claim.span)
            if shared is not None and other.owner is not claim.owner and (other.write or claim.write):
                self.bus.emit(ClaimsCollide(span=shared, first=other, second=claim))
        self.claims.append(claim)
        if self.bus.hears(ClaimTaken):
            self.bus.emit(ClaimTaken(claim=claim))
        self._watch(claim)
        if self.stacks_claimed is not None:
            self.stacks_claimed()

    def release(self, claim: Claim) -> None:
        """Take the memory of a request back. Releasing twice does nothing."""
        if claim not in self.claims:
            return
        self.claims.remove(claim)
        if self.bus.hears(ClaimReleased):
            self.bus.emit(ClaimReleased(claim=claim))
        region, offset, _ = self.locate(claim.span.low, claim.span.size)
        first, last = offset >> region.line_shift, ((offset + claim.span.size - 1) >> region.line_shift) + 1
        region.lines[first:last] &= 0xFF ^ (W_WRITE if claim.write else W_READ)
        edges = Span(region.base + (first << region.line_shift), region.base + (last << region.line_shift))
        for other in self.claims:
            if other.write == claim.write and other.span.low < edges.high and edges.low < other.span.high:
                self._watch(other)
        if self.stacks_claimed is not None:
            self.stacks_claimed()

    def _watch(self, claim: Claim) -> None:
        region, offset, _ = self.locate(claim.span.low, claim.span.size)
        first, last = offset >> region.line_shift, ((offset + claim.span.size - 1) >> region.line_shift) + 1
        region.lines[first:last] |= W_WRITE if claim.write else W_READ

    def claims_on(self, span: Span) -> list[Claim]:
        """The claims that own part of `span`, after every engine involved has caught up."""
        for claim in [claim for claim in self.claims if claim.span.overlap(span)]:
            claim.catch_up()
        return [claim for claim in self.claims if claim.span.overlap(span)]

    # -- marks -------------------------------------------------------------------------------------------------------

    def set_poison(self, span: Span, *, on: bool) -> None:
        """Mark bytes as not the firmware's to touch, or as its own again."""
        region, offset, _ = self.locate(span.low, span.size)
        if not span.size:
            return
        shadow = region.shadow[offset : offset + span.size]
        first, last = offset >> region.line_shift, ((offset + span.size - 1) >> region.line_shift) + 1
        lines = region.lines[first:last]
        if on:
            shadow |= POISON
            lines |= W_POISON
            return
        shadow &= 0xFF ^ (POISON | DISCARDED | UNDELIVERED)
        if (lines & W_NEWER).any():
            region.summarise(first, last)
            return
        # Inner lines have no poison left; only the edges need a look at their bytes.
        lines &= 0xFF ^ W_POISON
        region.summarise(first, first + 1)
        if last - first > 1:
            region.summarise(last - 1, last)

    def refuse(self, refusal: Refusal) -> None:
        """Note that `refusal.span` will not receive what was asked for: reading it unwritten means the error was ignored."""
        if len(self._refusals) >= REMEMBERED:
            self._refusals = [one for one in self._refusals if self._has(one.span, UNDELIVERED)]
        self._refusals.append(refusal)
        try:
            region, offset, _ = self.locate(refusal.span.low, refusal.span.size)
        except BadAddress:
            return
        if not refusal.span.size:
            return
        region.shadow[offset : offset + refusal.span.size] |= UNDELIVERED
        first, last = offset >> region.line_shift, ((offset + refusal.span.size - 1) >> region.line_shift) + 1
        region.lines[first:last] |= W_NEWER

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Requests that were turned down, oldest first."""
        return tuple(self._refusals)

    def _remember_drop(self, sync: Sync, spans: tuple[Span, ...]) -> None:
        if len(self._drops) >= REMEMBERED:
            self._drops = [one for one in self._drops if any(self._has(span, DISCARDED) for span in one[1])]
        self._drops.append((sync, spans))

    def _has(self, span: Span, bit: int) -> bool:
        try:
            region, offset, _ = self.locate(span.low, span.size)
        except BadAddress:
            return False
        return bool((region.shadow[offset : offset + span.size] & bit).any())

    def dropper(self, span: Span) -> Sync | None:
        """The latest invalidate that dropped stores in `span`."""
        for sync, spans in reversed(self._drops):
            if any(one.overlap(span) for one in spans):
                return sync
        return None

    # -- looking, without touching -----------------------------------------------------------------------------------

    def peek(self, address: int, size: int) -> bytes:
        """The CPU view, without being an access.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, alias = self.locate(address, size)
        return (region.mem if alias else region.cpu)[offset : offset + size].tobytes()

    def poke(self, address: int, data: bytes) -> None:
        """Put bytes into both views, as a loader does before the machine starts.

        Raises:
            BadAddress: see `locate`.
        """
        region, offset, _ = self.locate(address, len(data))
        source = np.frombuffer(data, dtype=np.uint8)
        region.cpu[offset : offset + len(data)] = source
        region.mem[offset : offset + len(data)] = source

    def views(self, region: Region, address: int) -> Views:
        """Both views of the first bytes from `address` on, within its line."""
        offset = address - region.base
        line_end = ((offset >> region.line_shift) + 1) << region.line_shift
        high = min(offset + SHOWN, line_end)
        return Views(
            address=address,
            cpu=region.cpu[offset:high].tobytes(),
            memory=region.mem[offset:high].tobytes(),
            line_bytes=region.line_bytes if region.cached else 0,
        )

    def last_store(self, region: Region, address: int) -> Stamp:
        """Who stored there last: exact place, with task and time of the store that made the line dirty."""
        offset = address - region.base
        record = region.dirtied[offset >> region.line_shift]
        return Stamp(int(region.places[offset >> PLACE_SHIFT]), int(record["task"]), int(record["time_ps"]))

    def _run_around(self, region: Region, offset: int, size: int, bit: int) -> Span:
        """The contiguous bytes with `bit` around the first such byte of the access; at most 4 KiB to each side."""
        here = offset + int(np.argmax((region.shadow[offset : offset + size] & bit) != 0))
        low_limit, high_limit = max(0, here - 4096), min(region.size, here + 4096)
        before = (region.shadow[low_limit:here] & bit) == 0
        after = (region.shadow[here:high_limit] & bit) == 0
        low = low_limit + (int(np.flatnonzero(before)[-1]) + 1 if before.any() else 0)
        high = here + int(np.argmax(after)) if after.any() else high_limit
        return Span(region.base + low, region.base + high)


def _stamp(record: np.void) -> Stamp:
    return Stamp(int(record["place"]), int(record["task"]), int(record["time_ps"]))
