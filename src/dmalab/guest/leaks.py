"""What the firmware can no longer give back at the end of a run.

A block has leaked when no static variable, and no block reachable from one, holds its address: then nobody can ever free it. Looked for only when
every task has ended, because a waiting task may hold the address in a register.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dmalab.core.events import Leaked
from dmalab.core.heap import Block
from dmalab.core.memory import BadAddress
from dmalab.core.spans import Span
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.queues import MessageQueue
from dmalab.guest.handlers.system import EspTimer
from dmalab.idf.async_memcpy import AsyncMemcpy
from dmalab.idf.driver_object import DriverObject

HANDLE_PURPOSES = frozenset({"semaphore", "mutex", "queue", "event group", "timer"})
STATIC_SECTIONS = ("data", "bss", "noinit", "ext_bss", "ext_noinit")


def report_leaks(firmware: Firmware) -> None:
    """Emit a `Leaked` event for every block, kernel object and driver nobody refers to any more."""
    machine = firmware.machine
    reachable = _reachable(firmware)
    drivers = {driver.address: driver for driver in machine.drivers if isinstance(driver, (AsyncMemcpy, DriverObject))}
    for block in machine.heap.blocks_heap.blocks():
        if block.address in reachable:
            continue
        driver = drivers.get(block.address)
        if driver is not None:
            machine.bus.emit(Leaked(what=f"the {driver.title}", size=0, span=None, allocated=driver.installed))
        elif block.purpose in HANDLE_PURPOSES:
            machine.bus.emit(Leaked(what=f"a {block.purpose}", size=0, span=None, allocated=block.allocated))
        elif not block.purpose:
            machine.bus.emit(
                Leaked(what="a heap block", size=block.requested, span=block.span, allocated=block.allocated)
            )


def _reachable(firmware: Firmware) -> set[int]:
    """Start addresses of all blocks that statics, kernel objects or other reachable blocks refer to."""
    heap = firmware.machine.heap.blocks_heap
    found: set[int] = set()
    todo = list(_roots(firmware))
    while todo:
        for address in todo.pop():
            block: Block | None = heap.find(address)
            if block is not None and block.address not in found:
                found.add(block.address)
                todo.append(_words(firmware, block.span))
    return found


def _roots(firmware: Firmware) -> Iterator[list[int]]:
    for name in STATIC_SECTIONS:
        section = firmware.image.section(name)
        if section is not None:
            yield _words(firmware, Span(section.low, section.high))
    for thing in firmware.handles.values():
        if isinstance(thing, EspTimer):
            yield [thing.argument]
        elif isinstance(thing, MessageQueue):
            for item in thing.queue.items:
                yield _as_words(item) if isinstance(item, bytes) else []


def _words(firmware: Firmware, span: Span) -> list[int]:
    """The aligned words of a range that could be addresses of heap blocks."""
    low, high = (span.low + 3) & -4, span.high & -4
    if low >= high:
        return []
    try:
        return _as_words(firmware.machine.memory.peek(low, high - low))
    except BadAddress:
        return []


def _as_words(data: bytes) -> list[int]:
    words = np.frombuffer(data[: len(data) & -4], dtype=np.uint32)
    return [int(word) for word in np.unique(words) if word]
