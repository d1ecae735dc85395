"""Zephyr work queues: a thread each, that runs handlers one after the other.

Source: zephyr doc/kernel/services/threads/workqueue.rst; include/zephyr/kernel.h (results of submit, schedule and cancel). The
system work queue starts with
its first item.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from dmalab.core.clock import PS_PER_US, Event
from dmalab.core.heap import Block
from dmalab.core.tasks import Waiters
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.guest.zephyr_handlers.ticks import FOREVER, TICK_US
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.priorities import is_cooperative, task_priority

calls = Handlers()

SYSTEM_PRIORITY = -1
SYSTEM_STACK_BYTES = 1024
RUNNING, QUEUED, DELAYED = 1, 4, 8
"""Bits of `k_work_busy_get`."""


@dataclass(slots=True, eq=False)
class Work:
    """A work item by its structure's address."""

    address: int
    handler: int = 0
    queue: WorkQueue | None = None
    due: Event | None = None
    running: bool = False
    done: Waiters = field(default_factory=lambda: Waiters("a work item"))


@dataclass(slots=True, eq=False)
class WorkQueue:
    """A queue and its thread."""

    name: str
    items: deque[Work] = field(default_factory=deque)
    waiters: Waiters = field(default_factory=lambda: Waiters("work"))


def _works(firmware: Firmware) -> dict[int, Work]:
    found = firmware.state.setdefault("work", {})
    assert isinstance(found, dict)
    return found


def _work(firmware: Firmware, address: int) -> Work:
    return _works(firmware).setdefault(address, Work(address))


def _start(firmware: Firmware, address: int, name: str, priority: int, stack_bytes: int) -> WorkQueue:
    machine = firmware.machine
    stack = firmware.threads.allocate_stack(stack_bytes, f"stack of {name}")
    queue = WorkQueue(name)
    queue.waiters.served = True
    firmware.handles[address] = queue
    task = machine.scheduler.spawn(_run(firmware, queue, stack), name, task_priority(priority))
    task.cooperative = is_cooperative(priority)
    task.stack = stack.span
    return queue


def _queue(firmware: Firmware, address: int) -> WorkQueue | None:
    queue = firmware.handles.get(address)
    if isinstance(queue, WorkQueue):
        return queue
    symbol = firmware.image.symbol_at(address)
    if symbol is None:
        # The system work queue belongs to the runtime, not to the firmware.
        return _start(firmware, address, "sysworkq", SYSTEM_PRIORITY, SYSTEM_STACK_BYTES)
    return None


async def _run(firmware: Firmware, queue: WorkQueue, stack: Block) -> None:
    scheduler = firmware.machine.scheduler
    fiber = firmware.threads.take_fiber()
    while True:
        if not queue.items:
            await scheduler.wait(queue.waiters, None, "the work queue")
            continue
        work = queue.items.popleft()
        work.running = True
        await firmware.threads.run(fiber, work.handler, work.address, stack)
        work.running = False
        while scheduler.wake(work.done) is not None:
            pass


def _submit(firmware: Firmware, queue: WorkQueue, work: Work) -> int:
    if work in queue.items:
        return 0
    again = work.running
    queue.items.append(work)
    firmware.machine.scheduler.wake(queue.waiters)
    return 2 if again else 1


@calls.add
def k_work_queue_start(firmware: Firmware, queue: int, name: int, priority: int, stack_bytes: int) -> None:
    label = firmware.string(name) if name else name_of(firmware, "work queue", queue)
    _start(firmware, queue, label, priority, stack_bytes)


@calls.add
def k_work_submit(firmware: Firmware, queue: int, work: int, handler: int) -> int:
    known = _queue(firmware, queue)
    if known is None:
        return -Errno.ENODEV
    one = _work(firmware, work)
    one.handler, one.queue = handler, known
    return _submit(firmware, known, one)


@calls.add
def k_work_schedule(firmware: Firmware, queue: int, work: int, handler: int, ticks: int, again: int) -> int:
    known = _queue(firmware, queue)
    if known is None:
        return -Errno.ENODEV
    one = _work(firmware, work)
    if not again and (one.due is not None or one in known.items):
        return 0
    one.handler, one.queue = handler, known
    if one.due is not None:
        one.due.cancel()
        one.due = None
    if one in known.items:
        known.items.remove(one)
    if ticks == FOREVER:
        return 1
    if not ticks:
        return _submit(firmware, known, one)

    def due() -> None:
        one.due = None
        firmware.machine.scheduler.interrupts.request(lambda: _now(firmware, known, one))

    one.due = firmware.machine.clock.schedule(ticks * TICK_US * PS_PER_US, due)
    return 1


def _now(firmware: Firmware, queue: WorkQueue, work: Work) -> None:
    _submit(firmware, queue, work)


@calls.add
def k_work_cancel(firmware: Firmware, work: int) -> int:
    one = _work(firmware, work)
    if one.due is not None:
        one.due.cancel()
        one.due = None
    if one.queue is not None and one in one.queue.items:
        one.queue.items.remove(one)
    return RUNNING if one.running else 0


@calls.add
async def k_work_flush(firmware: Firmware, work: int) -> int:
    one = _work(firmware, work)
    if one.due is not None and one.queue is not None:
        one.due.cancel()
        one.due = None
        _submit(firmware, one.queue, one)
    if one.running or (one.queue is not None and one in one.queue.items):
        await firmware.machine.scheduler.wait(one.done, None, "k_work_flush")
        return 1
    return 0


@calls.add
def k_work_busy_get(firmware: Firmware, work: int) -> int:
    one = _work(firmware, work)
    queued = one.queue is not None and one in one.queue.items
    return RUNNING * one.running | QUEUED * queued | DELAYED * (one.due is not None)
