"""What the shadow remembers besides cache state: poison, refused requests, dropped stores, and who stored last."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dmalab.core.address_space import AddressSpace, BadAddress
from dmalab.core.events import EventBus, Refusal, Stamp, Sync, Views
from dmalab.core.planes import PLACE_SHIFT
from dmalab.core.region import DISCARDED, FRESH, MAY_BE_FRESH, MEM_NEWER, POISON, UNDELIVERED, W_NEWER, W_POISON, Region
from dmalab.core.spans import Span

SHOWN = 16
"""Bytes of each view that an event keeps."""
REMEMBERED = 256
"""Invalidates and refusals whose traces are kept apart; older ones are dropped once their traces are gone."""


class Marks(AddressSpace):
    """The marks on the bytes of one machine."""

    def __init__(self, regions: Sequence[Region], bus: EventBus, stamp: Callable[[], Stamp]) -> None:
        """Args: `stamp` says who is running, where and when; it is asked only when something is worth noting."""
        super().__init__(regions)
        self.bus = bus
        self.stamp = stamp
        self._drops: list[tuple[Sync, tuple[Span, ...]]] = []
        self._refusals: list[Refusal] = []

    def set_poison(self, span: Span, *, on: bool) -> None:
        """Mark bytes as not the firmware's to touch, or as its own again.

        What their former owner was not told, or received and never looked at, is nothing to the new one: such marks go.
        """
        size = span.size
        region, offset, _ = self.locate(span.low, size)
        if not size:
            return
        first, last = region.lines_of(offset, size)
        if on:
            if region.flags(first, last) & MAY_BE_FRESH:
                self._clear_fresh(region, offset, offset + size)
            region.shadow_flags.set(offset, offset + size, POISON)
            region.line_flags.set(first, last, W_POISON)
            return
        region.shadow_flags.clear(offset, offset + size, POISON | DISCARDED | UNDELIVERED)
        if region.flags(first, last) & W_NEWER:
            stale = (region.shadow[offset : offset + size] & MEM_NEWER) != 0
            region.cpu[offset : offset + size][stale] = region.mem[offset : offset + size][stale]
            region.shadow_flags.clear(offset, offset + size, MEM_NEWER)
            region.summarise(first, last)
            return
        # Inner lines have no poison left; only the edges need a look at their bytes.
        region.line_flags.clear(first, last, W_POISON)
        region.summarise(first, first + 1)
        if last - first > 1:
            region.summarise(last - 1, last)

    def change_owner(self, span: Span) -> None:
        """Forget what only concerned the former owner of bytes that nobody was to leave alone."""
        region, offset, _ = self.locate(span.low, span.high - span.low)
        if region.flags(*region.lines_of(offset, span.high - span.low)) & W_NEWER:
            self.set_poison(span, on=False)

    def set_fresh(self, span: Span) -> None:
        """Note that nobody has written these bytes yet."""
        region, offset, _ = self.locate(span.low, span.size)
        if region.cached and span.size:
            first, last = region.lines_of(offset, span.size)
            region.spell_out(first, last)
            region.shadow_flags.set(offset, offset + span.size, FRESH)
            region.line_flags.set(first, last, MAY_BE_FRESH)

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
        region.shadow_flags.set(offset, offset + refusal.span.size, UNDELIVERED)
        region.line_flags.set(*region.lines_of(offset, refusal.span.size), W_NEWER)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Requests that were turned down, oldest first."""
        return tuple(self._refusals)

    def _remember_drop(self, sync: Sync, spans: tuple[Span, ...]) -> None:
        if len(self._drops) >= REMEMBERED:
            self._drops = [one for one in self._drops if any(self._has(span, DISCARDED) for span in one[1])]
        self._drops.append((sync, spans))

    def dropper(self, span: Span) -> Sync | None:
        """The latest invalidate that dropped stores in `span`."""
        for sync, spans in reversed(self._drops):
            if any(one.overlap(span) for one in spans):
                return sync
        return None

    def _has(self, span: Span, bit: int) -> bool:
        try:
            region, offset, _ = self.locate(span.low, span.size)
        except BadAddress:
            return False
        return bool(region.shadow_flags.union(offset, offset + span.size) & bit)

    def _clear(self, region: Region, offset: int, size: int, bits: int) -> None:
        """The bytes were written: remove shadow bits that only W_NEWER lines can have, and FRESH."""
        first, last = region.lines_of(offset, size)
        flags = region.line_flags.union(first, last)
        if flags & W_NEWER:
            region.shadow_flags.clear(offset, offset + size, bits)
            region.summarise(first, last)
        if flags & MAY_BE_FRESH:
            self._clear_fresh(region, offset, offset + size)

    def _clear_fresh(self, region: Region, low: int, high: int) -> None:
        """The bytes `[low, high)` of a region were written."""
        region.shadow_flags.clear(low, high, FRESH)
        first, last = region.lines_of(low, high - low)
        shift = region.line_shift
        # Only the outer lines can hold fresh bytes of somebody else.
        while first < last and region.shadow_flags.union(first << shift, first + 1 << shift) & FRESH:
            first += 1
        while first < last and region.shadow_flags.union(last - 1 << shift, last << shift) & FRESH:
            last -= 1
        region.line_flags.clear(first, last, MAY_BE_FRESH)

    def views(self, region: Region, address: int) -> Views:
        """Both views of the first bytes from `address` on, within its line."""
        offset = address - region.base
        line_end = ((offset >> region.line_shift) + 1) << region.line_shift
        high = min(offset + SHOWN, line_end)
        return Views(
            address=address,
            cpu=region.seen_by_core(offset, high),
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


def stamp_of(record: np.void) -> Stamp:
    """A record of the shadow as a stamp."""
    return Stamp(int(record["place"]), int(record["task"]), int(record["time_ps"]))
