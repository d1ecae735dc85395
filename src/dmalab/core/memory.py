"""What the core sees, what engines see, and every way the two can part.

`Memory` and the layers below it are the only place that changes views, line states and the shadow. The core's accesses come in through
`load`, `store` and `touch`, the engines' through `engine_read` and `engine_write`; maintenance and evictions are the layer below
(`maintenance`), ownership the next (`claims`), then what the shadow remembers (`marks`), then addresses (`address_space`). Each judges what
it is about to do by the state of the lines and says so as an event; it never guesses from values, except where it looks for stores that
nobody could see.

Not modelled: two cache levels with different contents. A region has the line size of the level that serves its addresses.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dmalab.core.address_space import BadAddress
from dmalab.core.claims import Claim
from dmalab.core.events import (
    AliasMixed,
    CpuDirtiedStaleLine,
    CpuReadDiscarded,
    CpuReadStale,
    CpuReadUndelivered,
    EngineReadDiscarded,
    EngineReadStale,
    EngineReadUnwritten,
    EngineWroteUnderDirtyLine,
    HeapMisused,
    Stamp,
    TouchedClaim,
)
from dmalab.core.flags import SHORT
from dmalab.core.maintenance import Maintenance
from dmalab.core.marks import stamp_of
from dmalab.core.planes import PLACE_SHIFT, Bytes
from dmalab.core.region import (
    ABSENT,
    CLEAN,
    CPU_NEWER,
    DISCARDED,
    FRESH,
    LOAD_ATTENTION,
    MAY_BE_FRESH,
    MEM_NEWER,
    POISON,
    STATE,
    STORE_ATTENTION,
    UNDELIVERED,
    W_NEWER,
    W_READ,
    W_WRITE,
    Region,
)
from dmalab.core.spans import Span, runs
from dmalab.core.transfer import Transfer

__all__ = ["BadAddress", "Claim", "Memory"]

PIECE = 1 << 20
"""Bytes moved at once where two arrays get the same data."""


class Memory(Maintenance):
    """The memory of one machine."""

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
        first, last = region.lines_of(offset, size)
        attention = STORE_ATTENTION if is_store else LOAD_ATTENTION
        if alias:
            attention &= ~STATE
        if alias and region.cached:
            self._judge_alias(region, offset, size, first, last, is_store=is_store)
        if region.flags(first, last) & attention:
            self._attend(region, offset, size, first, last, is_store=is_store, alias=alias)
        if is_store and region.cached and not alias:
            if region.flags(first, last) & MAY_BE_FRESH:
                self._clear_fresh(region, offset, offset + size)
            region.shadow_flags.set(offset, offset + size, CPU_NEWER)
            place = self.stamp().place
            region.places[offset >> PLACE_SHIFT : ((offset + size - 1) >> PLACE_SHIFT) + 1] = place

    def _judge_alias(self, region: Region, offset: int, size: int, first: int, last: int, *, is_store: bool) -> None:
        """An access past the cache: a load misses what only the cache has, a store falls under a dirty line's write-back."""
        if not region.has_dirty(first, last):
            return
        region.spell_out(first, last)
        low, high = (first << region.line_shift, last << region.line_shift) if is_store else (offset, offset + size)
        newer = runs((region.shadow[low:high] & CPU_NEWER) != 0, region.base + low)
        if newer:
            span = Span(newer[0].low, newer[-1].high)
            self.bus.emit(
                AliasMixed(
                    access=Span(region.base + offset, region.base + offset + size),
                    is_store=is_store,
                    newer=span,
                    views=self.views(region, span.low),
                    stored=self.last_store(region, span.low),
                    by=self.stamp(),
                )
            )

    def _attend(
        self, region: Region, offset: int, size: int, first: int, last: int, *, is_store: bool, alias: bool
    ) -> None:
        """The slow path of an access: something about these lines is worth a look."""
        summary = region.flags(first, last)
        access = Span(region.base + offset, region.base + offset + size)
        by = self.stamp()
        if summary & (W_READ | W_WRITE):
            self._judge_claims(region, access, first, last, by, is_store=is_store)
        special = region.shadow_flags.union(offset, offset + size)
        if special & POISON:
            self.bus.emit(HeapMisused(kind="unallocated", access=access, is_store=is_store, block=None, by=by))
        if not is_store and special & (MEM_NEWER | DISCARDED | UNDELIVERED):
            self._judge_load(region, offset, size, by, special, alias=alias)
        if region.cached and not alias:
            self._change_state(region, first, last, by, access, is_store=is_store)
        if is_store and special & (MEM_NEWER | DISCARDED | UNDELIVERED):
            region.shadow_flags.clear(offset, offset + size, MEM_NEWER | DISCARDED | UNDELIVERED)
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
                    span=span, access=access, views=self.views(region, span.low), filled=stamp_of(filled), loaded=by
                )
            )

    def _change_state(self, region: Region, first: int, last: int, by: Stamp, access: Span, *, is_store: bool) -> None:
        """Fill absent lines; for a store make clean ones dirty."""
        lines = region.lines[first:last]
        absent = (lines & ABSENT) != 0
        changed = bool(absent.any())
        if changed:
            self._fill(region, first, last, absent, is_store=is_store)
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

    @staticmethod
    def _fill(region: Region, first: int, last: int, absent: npt.NDArray[np.bool_], *, is_store: bool) -> None:
        """Bring absent lines of `[first, last)` in; a store replaces all but the outer ones as a whole."""
        if is_store or last - first == 1:
            for line in sorted({first, last - 1}):
                if absent[line - first]:
                    region.fill(line, line + 1)
            return
        for low, high in runs(absent, first):
            region.fill(low, high)

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
        if region.cached:
            self._write_memory(region, offset, data)
        else:
            region.mem_bytes[offset : offset + len(data)] = data

    # -- engines -----------------------------------------------------------------------------------------------------

    def engine_read(self, span: Span, transfer: Transfer) -> Bytes:
        """What an engine gets: the memory view of `span`. The array is a view; use it before anything else happens.

        Raises:
            BadAddress: see `locate`.
        """
        size = span.high - span.low
        region, offset, _ = self.locate(span.low, size)
        high = offset + size
        if region.cached and size:
            first, last = region.lines_of(offset, size)
            if self.unseen_stores:
                self._reconcile(region, first, last)
            if region.has_dirty(first, last):
                self._judge_engine_read(region, offset, high, transfer)
            flags = region.line_flags.union(first, last)
            if flags & W_NEWER:
                self._judge_discarded_read(region, offset, high, transfer)
            if flags & MAY_BE_FRESH:
                self._judge_unwritten_read(region, offset, high, transfer)
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

    def _judge_unwritten_read(self, region: Region, low: int, high: int, transfer: Transfer) -> None:
        """Each byte is told once, so that a buffer that is sent time and again is looked through once."""
        unwritten: list[Span] = []
        if region.shadow_flags.union(low, high) & FRESH:
            unwritten = runs((region.shadow[low:high] & FRESH) != 0, region.base + low)
        self._clear_fresh(region, low, high)
        for span in unwritten:
            self.bus.emit(
                EngineReadUnwritten(span=span, line_bytes=region.line_bytes, transfer=transfer, read=self.stamp())
            )

    def is_plain(self, span: Span) -> bool:
        """Whether nothing about these bytes is worth a look when an engine reads them.

        Raises:
            BadAddress: see `locate`.
        """
        low, high = span
        region, offset, _ = self.locate(low, high - low)
        if not region.cached:
            return True
        first, last = region.lines_of(offset, high - low)
        lines = region.line_flags
        special = lines.union(first, last) & (W_NEWER | MAY_BE_FRESH)
        return not (self.unseen_stores or special or lines.any_without(first, last, STATE))

    def engine_write(self, span: Span, data: Bytes | bytes, transfer: Transfer) -> None:
        """An engine writes `data` to memory; lines that are present go on showing the old bytes.

        Raises:
            BadAddress: see `locate`.
        """
        size = span.high - span.low
        region, offset, _ = self.locate(span.low, size)
        if not size:
            return
        first, last = region.lines_of(offset, size)
        if not region.cached:
            region.mem_bytes[offset : offset + size] = data  # type: ignore[assignment]
            if region.line_flags.union(first, last) & (W_NEWER | MAY_BE_FRESH):
                self._clear(region, offset, size, DISCARDED | UNDELIVERED)
            return
        if self.unseen_stores:
            self._reconcile(region, first, last)
        written = Span(region.base + offset, region.base + offset + size)
        if region.has_dirty(first, last):
            for line in np.flatnonzero((region.lines[first:last] & STATE) == 0).tolist():
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
                dirtied=self.last_store(region, newer[0].low) if newer else stamp_of(region.dirtied[line]),
                transfer=transfer,
                wrote=self.stamp(),
            )
        )

    def _write_memory(self, region: Region, offset: int, data: Bytes | bytes) -> None:
        """Write the memory view; lines that are absent show it at once, the others become stale."""
        size = len(data)
        high = offset + size
        first, last = region.lines_of(offset, size)
        lines = region.line_flags
        absent_everywhere = lines.common(first, last) & ABSENT
        if size <= SHORT and absent_everywhere:
            region.mem_bytes[offset:high] = bytes(data)
            if region.whole:
                region.cpu_bytes[offset:high] = region.mem_bytes[offset:high]
            if lines.union(first, last) & (W_NEWER | MAY_BE_FRESH):
                self._clear(region, offset, size, DISCARDED | UNDELIVERED)
            return
        data = np.frombuffer(data, dtype=np.uint8)
        if absent_everywhere and region.whole:
            # Piece by piece, so that the second copy reads what the first left in the host's cache.
            for low in range(offset, high, PIECE):
                top = min(low + PIECE, high)
                region.mem[low:top] = data[low - offset : top - offset]
                region.cpu[low:top] = region.mem[low:top]
        else:
            region.mem[offset:high] = data
        if not absent_everywhere:
            if region.whole:
                absent = np.repeat((region.lines[first:last] & ABSENT) != 0, region.line_bytes)
                absent = absent[offset - (first << region.line_shift) :][:size]
                region.cpu[offset:high][absent] = data[absent]
            self._mark_memory_newer(region, offset, size)
        self._clear(region, offset, size, DISCARDED | UNDELIVERED)

    def _mark_memory_newer(self, region: Region, offset: int, size: int) -> None:
        """Note that lines which are present don't show what was written to memory."""
        first, last = region.lines_of(offset, size)
        present = np.repeat((region.lines[first:last] & ABSENT) == 0, region.line_bytes)
        present = present[offset - (first << region.line_shift) :][:size]
        region.spell_out(first, last)
        shadow = region.shadow[offset : offset + size]
        shadow &= 0xFF ^ FRESH
        shadow[present] = (shadow[present] & (0xFF ^ CPU_NEWER)) | MEM_NEWER
        region.summarise(first, last)
