"""What is judged whenever memory is handed to an engine: does the range fit the object it lies in?"""

from __future__ import annotations

from dmalab.core.events import HeapMisused, OutsideObject, Stamp
from dmalab.core.machine import BareMachine
from dmalab.core.spans import Span


def check_handover(machine: BareMachine, span: Span, *, is_write: bool, started: Stamp) -> None:
    """Say so when a range reaches beyond its object, or lies in memory that is nobody's.

    Objects are heap blocks (with their rounding), statics and whole stacks. An address in none of them is not judged.
    """
    if machine.objects.holds(span):
        return
    thing = machine.objects.at(span.low)
    if thing is None:
        return
    if thing.freed is not None:
        block = machine.heap.blocks_heap.find_freed(span.low)
        machine.bus.emit(HeapMisused(kind="use-after-free", access=span, is_store=is_write, block=block, by=started))
    elif not thing.span.covers(span):
        if is_write:
            machine.heap.blocks_heap.excuse_guards(span)
        beyond = machine.objects.at(thing.span.high)
        machine.bus.emit(
            OutsideObject(
                span=span,
                owner=thing.describe(),
                owner_span=thing.span,
                is_write=is_write,
                beyond=beyond.describe() if beyond is not None else "",
                allocated=thing.allocated,
                started=started,
            )
        )
