"""Reads descriptor lists from memory as an engine does, with everything that can be wrong about them.

Source: ESP-IDF hal/dma_types.h, hal/gdma_ll.h of each chip @102122904ad (owner check, alignment, width of the link
address).
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dmalab.chips.model import Engine as EngineFacts
from dmalab.core.descriptor import LENGTH_SHIFT, NODE_BYTES, OWNER_DMA, SIZE_MASK, SUC_EOF
from dmalab.core.leg import Group, Leg, Stop
from dmalab.core.memory import BadAddress, Memory
from dmalab.core.region import Region
from dmalab.core.spans import Span

LIST_LIMIT = 1 << 20
"""Descriptors after which a leg is cut off."""
ONE_BY_ONE = 8
"""Descriptors read singly before a row is looked for."""
ROW_BYTES = 1 << 17
"""Memory that is searched for a row at once."""
WIDEST_SLOT = 64
ADDRESS_MASK = 0xFFFF_FFFF

_NODE = struct.Struct("<III")
Judge = Callable[[Span], None]
"""Told of memory that is read."""


class ListReader:
    """Reads the lists of one engine."""

    def __init__(self, facts: EngineFacts, memory: Memory) -> None:
        self._facts = facts
        self._memory = memory

    def head_address(self, head: int, dma_low: int) -> int:
        """Where an engine looks for the descriptor at `head`: some keep only the low bits of the first address."""
        bits = self._facts.link_address_bits
        return head if bits >= 32 else dma_low >> bits << bits | head & (1 << bits) - 1

    def read(self, at: int, *, sending: bool, owner_check: bool, judge: Judge) -> Leg:
        """Read from the descriptor at `at` on.

        Args:
            at: Address of the first one.
            sending: Whether the lengths count and an end-of-frame mark ends the leg; else the sizes count.
            owner_check: Whether a descriptor of the CPU's stops the engine.
            judge: Told of the memory the descriptors lie in.
        """
        leg = _Builder(sending=sending, owner_check=owner_check)
        visited: set[int] = set()
        rows: list[tuple[int, int, int]] = []
        read: list[tuple[int, int]] = []
        if not at:
            leg.end(Stop.BROKEN, 0, "the list is empty")
        while at and not leg.ended:
            if at in visited or (rows and _in_rows(at, rows)):
                leg.end(Stop.GOES_ON, at)
                break
            region, offset = self._place(at)
            if region is None:
                leg.end(Stop.BROKEN, at, self._complaint(at))
                break
            word, buffer, following = _NODE.unpack_from(region.mem_bytes, offset)
            stride = following - at
            if leg.items >= ONE_BY_ONE and NODE_BYTES <= stride <= WIDEST_SLOT and not stride % 4:
                count = leg.take_row(region.mem[offset : offset + ROW_BYTES], at, stride)
                if count > 1:
                    end = at + stride * count
                    rows.append((at, end, stride))
                    if region.cached:
                        read.append((at, end - stride + NODE_BYTES))
                    at = end
                    continue
            visited.add(at)
            if region.cached:
                read.append((at, at + NODE_BYTES))
            leg.take(at, word, buffer, following)
            at = following
            if leg.items >= LIST_LIMIT and not leg.ended:
                leg.end(Stop.GOES_ON, at)
        if read:
            self._judge(read, rows, judge)
        return leg.result

    def _judge(self, read: list[tuple[int, int]], rows: list[tuple[int, int, int]], judge: Judge) -> None:
        """Tell of what was read, in few pieces as long as nothing between the descriptors can be newer in the cache."""
        spans = [Span(low, high) for low, high in _merge(read)] if len(read) > 1 else [Span(*one) for one in read]
        if len(read) > 1 and any(self._memory.line_counts(span)[0] for span in spans):
            singles = [low for low, high in read if high - low == NODE_BYTES]
            singles += [at for low, high, step in rows for at in range(low, high, step)]
            spans = [Span(at, at + NODE_BYTES) for at in singles]
        for span in spans:
            judge(span)

    def _place(self, at: int) -> tuple[Region | None, int]:
        if at % self._facts.descriptor_align:
            return None, 0
        try:
            region, offset, _ = self._memory.locate(at, NODE_BYTES)
        except BadAddress:
            return None, 0
        return (region if region.kind in self._facts.reaches else None), offset

    def _complaint(self, at: int) -> str:
        if at % self._facts.descriptor_align:
            return f"the descriptor at {at:#010x} is not aligned to {self._facts.descriptor_align} bytes"
        region = self._memory.find(at)
        where = f", which is {region.name}" if region is not None else ""
        return f"the list points to {at:#010x}{where}, where the engine finds no descriptor"


def _in_rows(at: int, rows: list[tuple[int, int, int]]) -> bool:
    return any(low <= at < high and not (at - low) % step for low, high, step in rows)


def _merge(read: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges with at most a slot's padding between them, as one."""
    merged: list[tuple[int, int]] = []
    for low, high in read:
        if merged and 0 <= low - merged[-1][1] <= WIDEST_SLOT - NODE_BYTES:
            merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


class _Builder:
    """Collects descriptors into groups."""

    def __init__(self, *, sending: bool, owner_check: bool) -> None:
        self.result = Leg()
        self.items = 0
        self.ended = False
        self._sending = sending
        self._owner_check = owner_check

    def end(self, stop: Stop, following: int, why: str = "") -> None:
        """The leg is over."""
        self.ended = True
        self.result.stop, self.result.following, self.result.why = stop, following, why

    def settle(self, following: int) -> None:
        """The last descriptor points to `following`."""
        if self.ended:
            return
        if self.result.eof:
            self.end(Stop.GOES_ON if following else Stop.END, following)
        elif not following:
            self.end(Stop.END, 0)

    def take(self, at: int, word: int, buffer: int, following: int) -> None:
        """One descriptor."""
        if self._owner_check and not word & OWNER_DMA:
            self.end(Stop.FOREIGN, at, f"descriptor {self.items + 1} at {at:#010x} belongs to the CPU")
            return
        size = word >> LENGTH_SHIFT & SIZE_MASK if self._sending else word & SIZE_MASK
        self._add(at, 0, 1, buffer, size)
        self.result.eof = self._sending and bool(word & SUC_EOF)
        self.settle(following)

    def _add(self, at: int, stride: int, count: int, buffer: int, size: int) -> None:
        """Note descriptors of one size in a row, as a group of their own or as more of the last one."""
        leg = self.result
        last = leg.groups[-1] if leg.groups else None
        if last is not None and size and self._continues(last, at, stride, buffer, size):
            last.stride = at - last.address(last.item + last.count - 1)
            last.count += count
            last.last_bytes = size
        else:
            leg.groups.append(Group(self.items, at, stride, count, leg.size, buffer, size, size))
        self.items += count
        leg.items = self.items
        leg.size += size * count

    @staticmethod
    def _continues(last: Group, at: int, stride: int, buffer: int, size: int) -> bool:
        """Whether descriptors from `at` on go on where the group ends; only the last one of a group may be smaller.

        A row has a stride, a single one has 0.
        """
        step = at - last.address(last.item + last.count - 1)
        return (
            buffer == last.buffer + last.size
            and last.last_bytes == last.item_bytes >= size
            and step > 0
            and (last.count == 1 or step == last.stride)
            and (not stride or (step == stride and size == last.item_bytes))
        )

    def take_row(self, data: np.ndarray[tuple[int], np.dtype[np.uint8]], at: int, stride: int) -> int:
        """As many descriptors as lie in a row at the beginning of `data` and fill one buffer; how many those are.

        Nothing is taken when it is only one.
        """
        rows = (len(data) - NODE_BYTES) // stride + 1
        whole = data[: rows * stride] if len(data) >= rows * stride else data[: (rows - 1) * stride]
        table = whole.view(np.uint32).reshape(-1, stride // 4)
        word, buffer = int(table[0, 0]), int(table[0, 1])
        size = word >> (LENGTH_SHIFT if self._sending else 0) & SIZE_MASK
        if not size or (self._owner_check and not word & OWNER_DMA) or (self._sending and word & SUC_EOF):
            return 1
        table = table[: _leading(table[:, 2] == _steps(at + stride, stride, len(table)))]
        if len(table) < 2:
            return 1
        relevant = (SIZE_MASK << LENGTH_SHIFT | SUC_EOF) if self._sending else SIZE_MASK
        relevant |= OWNER_DMA if self._owner_check else 0
        alike = (table[:, 0] ^ np.uint32(word)) & np.uint32(relevant) == 0
        alike &= table[:, 1] == _steps(buffer, size, len(table))
        length = _leading(alike)
        if length < 2:
            return 1
        self._add(at, stride, length, buffer, size)
        self.result.eof = False
        return length


def _leading(mask: npt.NDArray[np.bool_]) -> int:
    """How many elements are true before the first one that is not."""
    first = int(mask.argmin()) if len(mask) else 0
    return len(mask) if not len(mask) or mask[first] else first


def _steps(start: int, step: int, count: int) -> npt.NDArray[np.uint32]:
    """`start`, `start + step` and so on, as addresses: they wrap at 32 bits."""
    return np.arange(count, dtype=np.uint32) * np.uint32(step) + np.uint32(start & ADDRESS_MASK)
