"""Zephyr queues, with FIFOs and LIFOs, and stacks of words.

Source: zephyr doc/kernel/services/data_passing/queues.rst, fifos.rst, lifos.rst, stacks.rst; include/zephyr/kernel.h.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmalab.core.tasks import Waiters
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers, pollers
from dmalab.guest.zephyr_handlers.objects import known, timeout_ps
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.zephyr.errors import Errno

calls = Handlers()

TAIL, HEAD, BEHIND = 0, 1, 2
"""Where an item goes."""


@dataclass(slots=True, eq=False)
class KQueue:
    """A list of items by their addresses; also a FIFO or LIFO."""

    waiters: Waiters
    items: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Stack:
    """A stack of words."""

    waiters: Waiters
    limit: int
    words: list[int] = field(default_factory=list)


def _queue(firmware: Firmware, address: int) -> KQueue:
    return known(firmware, address, KQueue, "queue")


# -- queues ----------------------------------------------------------------------------------------------------------


@calls.add
def k_queue_init(firmware: Firmware, queue: int) -> None:
    firmware.handles[queue] = KQueue(Waiters(name_of(firmware, "queue", queue)))


@calls.add
def k_queue_put(firmware: Firmware, queue: int, item: int, where: int, prev: int) -> None:
    one = _queue(firmware, queue)
    if item in one.items:
        raise FirmwareAssert(
            f"{name_of(firmware, 'item', item)} was put into {name_of(firmware, 'queue', queue)} a second time"
        )
    if firmware.machine.scheduler.wake(one.waiters, answer=(item,)) is not None:
        return
    at = {TAIL: len(one.items), HEAD: 0}.get(where)
    if at is None:
        at = one.items.index(prev) + 1 if prev in one.items else 0
    one.items.insert(at, item)
    pollers.tell(firmware, queue, pollers.DATA)


@calls.add
async def k_queue_get(firmware: Firmware, queue: int, ticks: int) -> int:
    one, scheduler = _queue(firmware, queue), firmware.machine.scheduler
    if ticks:
        drivers.waits(firmware, "k_queue_get", name_of(firmware, "queue", queue))
        if not one.items and not scheduler.may_wait("k_queue_get"):
            return 0
    if one.items:
        one.waiters.served = True
        return one.items.pop(0)
    if not ticks:
        return 0
    answer = await scheduler.wait(one.waiters, timeout_ps(ticks), "k_queue_get")
    return int(answer[0]) if answer else 0


@calls.add
def k_queue_cancel_wait(firmware: Firmware, queue: int) -> None:
    one = _queue(firmware, queue)
    if firmware.machine.scheduler.wake(one.waiters, answer=(0,)) is None:
        pollers.tell(firmware, queue, pollers.CANCELLED)


@calls.add
def k_queue_peek(firmware: Firmware, queue: int, tail: int) -> int:
    items = _queue(firmware, queue).items
    return items[-1 if tail else 0] if items else 0


@calls.add
def k_queue_holds(firmware: Firmware, queue: int, item: int) -> int:
    return int(item in _queue(firmware, queue).items)


@calls.add
def k_queue_remove(firmware: Firmware, queue: int, item: int) -> int:
    items = _queue(firmware, queue).items
    if item not in items:
        return 0
    items.remove(item)
    return 1


# -- stacks ----------------------------------------------------------------------------------------------------------


@calls.add
def k_stack_init(firmware: Firmware, stack: int, entries: int) -> None:
    firmware.handles[stack] = Stack(Waiters(name_of(firmware, "stack", stack)), entries)


@calls.add
def k_stack_cleanup(firmware: Firmware, stack: int) -> int:
    one = known(firmware, stack, Stack, "stack")
    if one.waiters:
        return -Errno.EAGAIN
    del firmware.handles[stack]
    return 0


@calls.add
def k_stack_push(firmware: Firmware, stack: int, word: int) -> int:
    one = known(firmware, stack, Stack, "stack")
    if len(one.words) >= one.limit:
        return -Errno.ENOMEM
    if firmware.machine.scheduler.wake(one.waiters, answer=(word,)) is None:
        one.words.append(word)
    return 0


@calls.add
async def k_stack_pop(firmware: Firmware, stack: int, ticks: int) -> int:
    one, scheduler = known(firmware, stack, Stack, "stack"), firmware.machine.scheduler
    if ticks:
        drivers.waits(firmware, "k_stack_pop", name_of(firmware, "stack", stack))
    if one.words:
        one.waiters.served = True
        return pair(0, one.words.pop())
    if not ticks or not scheduler.may_wait("k_stack_pop"):
        return pair(-Errno.EBUSY)
    answer = await scheduler.wait(one.waiters, timeout_ps(ticks), "k_stack_pop")
    return pair(0, answer[0]) if answer else pair(-Errno.EAGAIN)
