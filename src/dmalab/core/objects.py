"""What lies at an address, in words: heap blocks, statics, stacks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from dmalab.core.events import Stamp
from dmalab.core.heap import Heap
from dmalab.core.spans import Span
from dmalab.core.tasks import Scheduler

STEP = 4
"""Bytes: nothing that matters is smaller."""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the firmware."""

    kind: str
    """`heap block`, `static` or `stack`."""
    name: str
    """A C expression that names it: the variable of a static, else a generic word."""
    span: Span
    allocated: Stamp | None = None
    freed: Stamp | None = None

    def describe(self) -> str:
        """In words, for a message."""
        if self.kind == "static":
            return f"static {self.name} ({self.span.size} bytes)"
        if self.kind == "stack":
            return f"the stack of task {self.name}"
        state = "freed " if self.freed is not None else ""
        return f"a {state}heap block of {self.span.size} bytes"


class Objects:
    """Finds the object an address belongs to."""

    def __init__(self, heap: Heap, scheduler: Scheduler) -> None:
        self._heap = heap
        self._scheduler = scheduler
        self._statics: list[Thing] = []
        self._lows: list[int] = []

    def add_statics(self, symbols: Iterable[tuple[str, int, int]]) -> None:
        """Make the variables of a firmware image known: name, address, size."""
        self._statics += [Thing("static", name, Span(low, low + size)) for name, low, size in symbols if size]
        self._statics.sort(key=lambda thing: thing.span.low)
        self._lows = [thing.span.low for thing in self._statics]

    def holds(self, span: Span) -> bool:
        """Whether one heap block has all of these bytes, for itself or as a stack; the quick answer to the usual question."""
        block = self._heap.find(span.low)
        return block is not None and span.high <= block.address + block.size

    def at(self, address: int) -> Thing | None:
        """The object that holds `address`."""
        block = self._heap.find(address)
        if block is not None:
            for task in self._scheduler.tasks.values():
                if task.stack is not None and task.stack.low <= address < task.stack.high:
                    return Thing("stack", task.name, task.stack)
            span = Span(block.address, block.address + block.size)
            return Thing("heap block", "buffer", span, allocated=block.allocated)
        index = bisect_right(self._lows, address)
        if index and address < self._statics[index - 1].span.high:
            return self._statics[index - 1]
        grave = self._heap.find_freed(address)
        if grave is not None:
            return Thing("heap block", "buffer", grave.span, allocated=grave.allocated, freed=grave.freed)
        return None

    def main(self, span: Span) -> Thing | None:
        """The object that has most of `span`: the one a call with a rounded range is about. The first of several."""
        best, most, address = None, 0, span.low
        while address < span.high:
            thing = self.at(address)
            if thing is None:
                address += STEP
                continue
            shared = thing.span.overlap(span)
            if shared is not None and shared.size > most:
                best, most = thing, shared.size
            address = max(thing.span.high, address + 1)
        return best
