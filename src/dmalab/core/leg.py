"""A piece of a descriptor list as an engine has read it: a *leg*.

An engine reads ahead up to where it has to decide anew: a sender up to the end of a frame, a receiver up to the end of
its list, either once around a ring. Descriptors that lie in a row and fill a buffer without a gap are kept together as
a *group*, so that the 8000 descriptors of a 16 MiB copy cost no more than a few.

Not modelled: the moment at which each descriptor is prefetched. A leg is read as a whole when it begins.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from dmalab.core.spans import Span
from dmalab.core.transfer import Segment


class Stop(Enum):
    """Why a leg ends where it ends."""

    GOES_ON = "the list goes on"
    END = "the list ends"
    FOREIGN = "the next descriptor belongs to the CPU"
    BROKEN = "there is no descriptor where the list points to"


@dataclass(slots=True)
class Group:
    """Descriptors in a row whose buffers follow each other without a gap."""

    item: int
    """Number of the first one in the leg, from 0."""
    at: int
    """Its address."""
    stride: int
    """Distance of the descriptors in bytes; of no meaning for a single one."""
    count: int
    start: int
    """Position of their first byte in the leg."""
    buffer: int
    item_bytes: int
    """Bytes of each but the last."""
    last_bytes: int

    @property
    def size(self) -> int:
        """Bytes of all."""
        return self.item_bytes * (self.count - 1) + self.last_bytes

    def address(self, item: int) -> int:
        """Address of the descriptor with this number in the leg."""
        return self.at + self.stride * (item - self.item)

    def bytes_of(self, item: int) -> int:
        """Capacity (RX) or length (TX) of the descriptor with this number."""
        return self.last_bytes if item == self.item + self.count - 1 else self.item_bytes

    def end_of(self, item: int) -> int:
        """Position in the leg behind its last byte."""
        index = item - self.item
        return self.start + (self.size if index == self.count - 1 else (index + 1) * self.item_bytes)

    def done(self, moved: int) -> int:
        """How many of the descriptors lie wholly before position `moved` of the leg."""
        if moved >= self.start + self.size:
            return self.count
        return max(0, moved - self.start) // self.item_bytes if self.item_bytes else 0


@dataclass(slots=True, kw_only=True)
class Leg:
    """What an engine holds in its hands."""

    groups: list[Group] = field(default_factory=list)
    items: int = 0
    size: int = 0
    """Bytes of all descriptors."""
    eof: bool = False
    """TX: the last one ends a frame."""
    stop: Stop = Stop.END
    following: int = 0
    """Where the list goes on, or where it is broken or foreign; 0 when it ends."""
    why: str = ""
    """The reason in words when it can't go on."""

    @property
    def last(self) -> int:
        """Address of the last descriptor; 0 when there is none."""
        group = self.groups[-1] if self.groups else None
        return group.address(group.item + group.count - 1) if group is not None else 0

    def segments(self, base: int) -> list[Segment]:
        """The buffers from position `base` on, as segments of a transfer that begins there."""
        result = []
        for group in self.groups:
            size, skip = group.size, max(0, base - group.start)
            if size > skip:
                span = Span(group.buffer + skip, group.buffer + size)
                result.append(Segment(group.start + skip - base, span, group.item, group.item_bytes))
        return result

    def done(self, moved: int) -> int:
        """How many descriptors lie wholly before position `moved`; empty ones in front of it count."""
        if moved >= self.size:
            return self.items
        total = 0
        for group in self.groups:
            total += group.done(moved)
            if group.start + group.size > moved:
                break
        return total

    def end_of(self, item: int) -> int:
        """Position behind the last byte of descriptor number `item`."""
        return self.group_of(item).end_of(item)

    def group_of(self, item: int) -> Group:
        """The group that holds descriptor number `item`."""
        groups = self.groups
        if len(groups) == 1:
            return groups[0]
        return groups[bisect_right(groups, item, key=lambda group: group.item) - 1]

    def bytes_of(self, item: int) -> int:
        """Capacity (RX) or length (TX) of descriptor number `item`."""
        return self.group_of(item).bytes_of(item)

    def addresses(self, first: int, last: int) -> Iterator[int]:
        """Addresses of the descriptors `[first, last)`."""
        for group in self.groups:
            for item in range(max(first, group.item), min(last, group.item + group.count)):
                yield group.address(item)

    def spans(self, low: int, high: int) -> list[Span]:
        """The buffer memory behind the positions `[low, high)`."""
        result = []
        for group in self.groups:
            begin, end = max(low, group.start), min(high, group.start + group.size)
            if begin < end:
                result.append(Span(group.buffer + begin - group.start, group.buffer + end - group.start))
        return result
