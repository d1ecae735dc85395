"""Cache maintenance and evictions: write-back, invalidate, prefetch, and finding the stores that nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dmalab.core.claims import Ownership
from dmalab.core.events import DeviceBytesOverwritten, EventBus, Stamp, StoresDropped, Sync
from dmalab.core.marks import stamp_of
from dmalab.core.planes import PLACE_SHIFT
from dmalab.core.region import ABSENT, CLEAN, CPU_NEWER, DISCARDED, FRESH, MEM_NEWER, STATE, UNDELIVERED, Region
from dmalab.core.spans import Span, runs
from dmalab.core.timeline_events import SyncBegins


class Maintenance(Ownership):
    """Moves whole lines between cache and memory."""

    def __init__(self, regions: Sequence[Region], bus: EventBus, stamp: Callable[[], Stamp]) -> None:
        super().__init__(regions, bus, stamp)
        self.unseen_stores = False
        """Whether code we can't observe may store into the CPU view; see `expect_unseen`."""
        self.filled: Callable[[Region, int, int], None] | None = None
        """Told of lines `[first, last)` that became present or dirty; set by eviction policies that care."""

    def expect_unseen(self) -> None:
        """From now on, code that we can't observe may load from the CPU view and store into it. To be said before anything has run."""
        self.unseen_stores = True
        for region in self.regions:
            region.whole = True

    def sync(self, sync: Sync) -> None:
        """Carry out cache maintenance on the lines that overlap the span of `sync`, and say so.

        Raises:
            BadAddress: the span does not lie in one region.
        """
        low, high = sync.span
        region, offset, _ = self.locate(low, high - low)
        shift = region.line_shift
        first, last = offset >> shift, (offset + high - low + region.line_bytes - 1) >> shift
        self._catch_up(region, first, last)
        if self.bus.hears(SyncBegins):
            self.bus.emit(SyncBegins(span=sync.span))
        if self.unseen_stores or not region.all_absent(first, last):
            if sync.op != "invalidate":
                self._write_back(region, first, last, "sync", sync.by)
            if sync.op != "writeback":
                self._invalidate(region, first, last, sync)
        self.bus.emit(sync)

    def _catch_up(self, region: Region, first: int, last: int) -> None:
        """Let engines that work on these lines come to the present: what has arrived by now can be overwritten, what comes later can't."""
        if self.claims:
            self.claims_on(Span(region.base + (first << region.line_shift), region.base + (last << region.line_shift)))

    def line_counts(self, span: Span) -> tuple[int, int]:
        """How many lines that overlap `span` are dirty, and how many are present."""
        low, high = span
        region, offset, _ = self.locate(low, high - low)
        if not region.cached or low == high:
            return 0, 0
        first, last = region.lines_of(offset, high - low)
        if self.unseen_stores:
            self._reconcile(region, first, last)
        lines = region.line_flags
        if lines.common(first, last) & ABSENT:
            return 0, 0
        dirty = lines.count_without(first, last, STATE) if lines.any_without(first, last, STATE) else 0
        present = lines.count_without(first, last, ABSENT) if lines.union(first, last) & ABSENT else last - first
        return dirty, present

    def evict(self, region: Region, line: int) -> None:
        """Drop one line as a cache does when it needs the room: write it back when dirty, then forget it."""
        if region.flags(line, line + 1) & ABSENT:
            return
        self._catch_up(region, line, line + 1)
        if self.unseen_stores:
            self._reconcile(region, line, line + 1)
        by = self.stamp()
        self._write_back(region, line, line + 1, "eviction", by)
        self._forget(region, line, line + 1)

    def prefetch(self, region: Region, line: int) -> None:
        """Fill one absent line without anybody's asking, as a prefetcher does."""
        if not region.flags(line, line + 1) & ABSENT:
            return
        low = region.base + (line << region.line_shift)
        self.claims_on(Span(low, low + region.line_bytes))
        by = self.stamp()
        region.line_flags.clear(line, line + 1, ABSENT)
        region.fill(line, line + 1)
        region.filled[line] = (0, by.task, by.time_ps)

    def _write_back(self, region: Region, first: int, last: int, cause: str, by: Stamp) -> None:
        if not region.cached or first >= last:
            return
        if self.unseen_stores:
            self._reconcile(region, first, last)
        if not region.has_dirty(first, last):
            return
        dirty = (region.lines[first:last] & STATE) == 0
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
                    dirtied=stamp_of(region.dirtied[(span.low - region.base) >> region.line_shift]),
                    cause="sync" if cause == "sync" else "eviction",
                    by=by,
                )
            )
        if dirty.all():
            region.mem[low:high] = region.cpu[low:high]
            region.shadow_flags.clear(low, high, CPU_NEWER | MEM_NEWER)
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
        if region.all_absent(first, last):
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
        if region.whole:
            region.cpu[low:high] = region.mem[low:high]
        region.shadow_flags.clear(low, high, CPU_NEWER | MEM_NEWER)
        region.line_flags.set(first, last, STATE)
        region.summarise(first, last)

    def _reconcile(self, region: Region, first: int, last: int) -> None:
        """Find stores that nobody could see: bytes that differ from memory although neither side is known to be newer."""
        region.spell_out(first, last)
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
        shadow[unseen] &= 0xFF ^ (DISCARDED | UNDELIVERED | FRESH)
        touched = unseen.reshape(-1, region.line_bytes).any(axis=1) & ((region.lines[first:last] & STATE) != 0)
        region.lines[first:last][touched] &= 0xFF ^ STATE
        region.filled[first:last][touched] = region.dirtied[first:last][touched] = (0, by.task, by.time_ps)
        granules = unseen.reshape(-1, 1 << PLACE_SHIFT).any(axis=1)
        region.places[low >> PLACE_SHIFT : high >> PLACE_SHIFT][granules] = 0
        region.summarise(first, last)
        if self.filled is not None:
            self.filled(region, first, last)
