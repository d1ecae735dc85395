"""One channel at work: where it is in its list, what it has in its hands, and what it gives back.

A *side* reads leg after leg of its list, says which memory the next bytes come from or go to, and writes descriptors
back when they are done. Channels that hand over item by item claim the memory of a leg when they read it, and release
every item when it comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from dmalab.core.channel import Channel, Direction
from dmalab.core.descriptor import NODE_BYTES, OWNER_DMA, returned
from dmalab.core.events import Stamp
from dmalab.core.leg import Leg, Stop
from dmalab.core.memory import BadAddress, Claim, Memory
from dmalab.core.reader import ListReader
from dmalab.core.spans import Span
from dmalab.core.transfer import Transfer

CLAIMED_SINGLY = 64
"""Items of a leg that are claimed one by one; a longer leg is claimed buffer by buffer."""
FEW_ITEMS = 16
"""Descriptors written back one by one; more are written as a row."""
_WORD_0 = 4
_NOT_READ = Leg(stop=Stop.GOES_ON)
"""What a side has in its hands before its list is loaded."""


@dataclass(slots=True, eq=False)
class _Held:
    """Claims that end when the side has moved past `until`."""

    until: int
    claims: list[Claim] = field(default_factory=list)


class Side:
    """A channel between start and the end of its list."""

    def __init__(
        self, channel: Channel, memory: Memory, reader: ListReader, started: Stamp, catch_up: Callable[[], None]
    ) -> None:
        self.channel = channel
        self.started = started
        self.leg = _NOT_READ
        self.moved = 0
        """Position in the leg: bytes that have moved."""
        self.frames = 0
        """Frames ended since the start."""
        self.total = 0
        """Bytes moved since the start."""
        self.lists = 0
        """Items read since the start."""
        self._memory = memory
        self._reader = reader
        self._catch_up = catch_up
        self._returned = 0
        self._empty_legs = 0
        """Legs without a byte, in a row."""
        self._held: list[_Held] = []
        self._sending = channel.direction is Direction.TX

    # -- reading -----------------------------------------------------------------------------------------------------

    @property
    def left(self) -> int:
        """Bytes of the leg that have not moved."""
        return self.leg.size - self.moved

    @property
    def pending(self) -> bool:
        """Whether the leg in hand has something left to do: bytes, the end of an empty frame, or a receiver's empty descriptor."""
        if self.leg.size > self.moved:
            return True
        if self._returned >= self.leg.items:
            return False
        return self.leg.eof if self._sending else self.leg.size == 0 and self._empty_legs == 1

    def load(self, at: int) -> None:
        """Read the leg that begins at `at`."""
        if self._held:
            self.release_claims()
        channel = self.channel
        if channel.started_of is not None:
            self.started = channel.started_of(at)
        self.leg = self._reader.read(at, sending=self._sending, owner_check=channel.owner_check, judge=self._judge)
        self.moved = self._returned = 0
        self._empty_legs = 0 if self.leg.size or not self.leg.items else self._empty_legs + 1
        self.lists += self.leg.items
        if channel.hands_over:
            self._claim()

    def _judge(self, span: Span) -> None:
        if not self._memory.is_plain(span):
            self._memory.engine_read(span, self.as_transfer())

    def refill(self) -> bool:
        """Go on to the next leg when this one is used up; whether there is something to do.

        A descriptor that was the core's when the leg was read ahead may have come back since: whose it is counts when the engine gets
        there.
        """
        empty_laps = 0
        while not self.pending:
            if (self.leg.stop is not Stop.GOES_ON and not self._came_back()) or empty_laps > 1:
                return False
            empty_laps += 1
            self.load(self.leg.following)
        return True

    def _came_back(self) -> bool:
        """Whether the leg ended at a descriptor of the core's that is the engine's by now."""
        leg = self.leg
        if leg.stop is not Stop.FOREIGN or not leg.items:
            return False
        region, offset, _ = self._memory.locate(leg.following, 4)
        return bool(int.from_bytes(region.mem[offset : offset + 4].tobytes(), "little") & OWNER_DMA)

    def look_again(self) -> bool:
        """Read again what the list had ended at, as a restart does; whether the list goes on now."""
        leg = self.leg
        if leg.stop is Stop.END and leg.last:
            try:
                region, offset, _ = self._memory.locate(leg.last + 8, 4)
            except BadAddress:
                return False
            self._judge(Span(leg.last + 8, leg.last + NODE_BYTES))
            leg.following = int.from_bytes(region.mem[offset : offset + 4].tobytes(), "little")
            leg.stop = Stop.GOES_ON if leg.following else Stop.END
        elif leg.stop in (Stop.FOREIGN, Stop.BROKEN) and leg.following:
            leg.stop = Stop.GOES_ON
        return self.refill()

    def as_transfer(self) -> Transfer:
        """Somebody for accesses to descriptors to happen in the name of."""
        return Transfer(
            channel=self.channel.title,
            total=0,
            sources=(),
            sinks=(),
            items=0,
            start_work_ps=0,
            total_work_ps=0,
            block_bytes=1,
            started=self.started,
        )

    # -- moving ------------------------------------------------------------------------------------------------------

    def advance(self, size: int) -> list[Span]:
        """Pass the next `size` bytes of the leg: where they lie."""
        spans = self.leg.spans(self.moved, self.moved + size)
        self.moved += size
        self.total += size
        return spans

    def item_ends(self) -> int | None:
        """Position at which the descriptor in work is done; None when none is."""
        done = self.leg.done(self.moved)
        while done < self.leg.items:
            end = self.leg.end_of(done)
            if end > self.moved:
                return end
            done += 1
        return None

    # -- giving back -------------------------------------------------------------------------------------------------

    def give_back(self, transfer: Transfer, *, eof: bool = False) -> int:
        """Write back what is done, and release it.

        Args:
            transfer: In whose name.
            eof: A frame ends here: the descriptor in work is closed as it is.
        Returns:
            Address of the last descriptor given back; 0 for none.
        """
        leg, first = self.leg, self._returned
        last = leg.done(self.moved)
        group = leg.group_of(last - 1) if last else None
        length = group.bytes_of(last - 1) if group is not None else 0
        if eof and last < leg.items and (last == first or leg.end_of(last - 1) < self.moved):
            length = self.moved - (leg.end_of(last - 1) if last else 0)
            last += 1
            group = leg.group_of(last - 1)
        if last == first or group is None:
            return 0
        if not self._sending:
            self._write_rx(transfer, first, last, length, eof=eof)
        elif self.channel.auto_update:
            self._write_tx(transfer, first, last)
        if eof:
            self.frames += 1
            if not self._sending:
                self.moved = group.end_of(last - 1)
        self._returned = last
        if self._held:
            self._release(self.moved)
        return group.address(last - 1)

    def _write_rx(self, transfer: Transfer, first: int, last: int, length: int, *, eof: bool) -> None:
        leg = self.leg

        def change(item: int, word: int) -> int:
            bytes_ = length if item == last - 1 else leg.bytes_of(item)
            return returned(word, bytes_, eof=eof and item == last - 1)

        self._write(transfer, first, last, change)

    def _write_tx(self, transfer: Transfer, first: int, last: int) -> None:
        self._write(transfer, first, last, lambda _item, word: word & ~OWNER_DMA)

    def _write(self, transfer: Transfer, first: int, last: int, change: Callable[[int, int], int]) -> None:
        """Write word 0 of the descriptors `[first, last)`; long rows in one piece, all but their last descriptor."""
        leg, memory = self.leg, self._memory
        item = first
        while item < last:
            group = leg.group_of(item)
            end = min(last, group.item + group.count)
            if end - item > FEW_ITEMS and self._unseen_by_core(group.address(item), group.address(end - 1)):
                self._write_row(transfer, group.address(item), group.stride, end - item - 1, change(item, 0))
                item = end - 1
            at = group.address(item)
            region, offset, _ = memory.locate(at, _WORD_0)
            word = change(item, int.from_bytes(region.mem_bytes[offset : offset + _WORD_0], "little"))
            memory.engine_write(Span(at, at + _WORD_0), word.to_bytes(_WORD_0, "little"), transfer)
            item += 1

    def _unseen_by_core(self, first: int, last: int) -> bool:
        """Whether no line of a row is present, so that writing it as a whole is the same as writing its first words."""
        return self._memory.line_counts(Span(first, last + _WORD_0))[1] == 0

    def _write_row(self, transfer: Transfer, at: int, stride: int, count: int, pattern: int) -> None:
        """Give back descriptors that differ in nothing but their place: owner and, for RX, the length."""
        span = Span(at, at + stride * (count - 1) + _WORD_0)
        region, offset, _ = self._memory.locate(span.low, span.size)
        image = region.mem[offset : offset + span.size].copy()
        words = image.view(np.uint32)[:: stride // 4]
        words &= np.uint32(0xFFFFFFFF ^ OWNER_DMA) if self._sending else np.uint32(0xFFF)
        words |= np.uint32(pattern & 0x7FFFFFFF)
        self._memory.engine_write(span, image, transfer)

    # -- claims ------------------------------------------------------------------------------------------------------

    def _claim(self) -> None:
        """Hand the leg's buffers and descriptors to the engine."""
        leg = self.leg
        singly = leg.items <= CLAIMED_SINGLY
        for group in leg.groups:
            cuts = range(group.item, group.item + group.count) if singly else (group.item + group.count - 1,)
            low, first = group.start, group.item
            for item in cuts:
                high = leg.end_of(item)
                held = _Held(high)
                for span in leg.spans(low, high):
                    self._add(held, span, low, write=not self._sending, what="buffer")
                last_node = group.address(item)
                self._add(held, Span(group.address(first), last_node + 8), low, write=False, what="descriptor")
                self._held.append(held)
                low, first = high, item + 1

    def _add(self, held: _Held, span: Span, position: int, *, write: bool, what: str) -> None:
        work = f"{'receiving' if write else 'sending'} by" if what == "buffer" else "descriptor of"
        claim = Claim(
            span=span,
            write=write,
            owner=self.channel,
            label=f"{work} {self.channel.title}",
            started=self.started,
            catch_up=self._catch_up,
            passed=lambda touched: position + touched.high - span.low <= self.moved and what == "buffer",
        )
        try:
            self._memory.claim(claim)
        except BadAddress:
            return
        held.claims.append(claim)

    def _release(self, moved: int) -> None:
        while self._held and self._held[0].until <= moved:
            for claim in self._held.pop(0).claims:
                self._memory.release(claim)

    def release_claims(self) -> None:
        """Whatever the side still holds is the firmware's again."""
        held, self._held = self._held, []
        for one in held:
            for claim in one.claims:
                self._memory.release(claim)
