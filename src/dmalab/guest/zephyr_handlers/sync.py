"""Zephyr semaphores, mutexes and message queues.

Source: zephyr include/zephyr/kernel.h; doc/kernel/services/synchronization, data_passing. An object that was never initialised
ends the run: on a device its
lists would be wild pointers.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.sync import Mutex, Queue, Semaphore
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers, pollers
from dmalab.guest.zephyr_handlers.objects import known
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.guest.zephyr_handlers.ticks import timeout_us
from dmalab.zephyr.errors import Errno

calls = Handlers()


@dataclass(slots=True, eq=False)
class MessageQueue:
    """A queue whose items have a fixed size."""

    queue: Queue
    item_bytes: int


# -- semaphores ------------------------------------------------------------------------------------------------------


@calls.add
def k_sem_init(firmware: Firmware, sem: int, initial: int, limit: int) -> int:
    if not limit or initial > limit:
        raise FirmwareAssert(f"{name_of(firmware, 'semaphore', sem)} was never initialised (its limit is {limit})")
    scheduler = firmware.machine.scheduler
    firmware.handles[sem] = Semaphore(scheduler, name_of(firmware, "semaphore", sem), initial, limit)
    return 0


@calls.add
async def k_sem_take(firmware: Firmware, sem: int, ticks: int) -> int:
    one = known(firmware, sem, Semaphore, "semaphore")
    if ticks:
        drivers.waits(firmware, "k_sem_take", name_of(firmware, "semaphore", sem))
    if await one.take(timeout_us(ticks), call="k_sem_take"):
        return pair(0, one.count)
    in_isr = firmware.machine.scheduler.interrupts.active
    return pair(-(Errno.EBUSY if not ticks or in_isr else Errno.EAGAIN), one.count)


@calls.add
def k_sem_give(firmware: Firmware, sem: int) -> int:
    one = known(firmware, sem, Semaphore, "semaphore")
    one.give()
    if one.count:
        pollers.tell(firmware, sem, pollers.SEM)
    return one.count


@calls.add
def k_sem_reset(firmware: Firmware, sem: int) -> None:
    one = known(firmware, sem, Semaphore, "semaphore")
    one.count = 0
    while firmware.machine.scheduler.wake(one.waiters, answer=False) is not None:
        pass


@calls.add
def k_sem_count_get(firmware: Firmware, sem: int) -> int:
    return known(firmware, sem, Semaphore, "semaphore").count


# -- mutexes ---------------------------------------------------------------------------------------------------------


@calls.add
def k_mutex_init(firmware: Firmware, mutex: int) -> int:
    firmware.handles[mutex] = Mutex(firmware.machine.scheduler, name_of(firmware, "mutex", mutex), recursive=True)
    return 0


@calls.add
async def k_mutex_lock(firmware: Firmware, mutex: int, ticks: int) -> int:
    one = known(firmware, mutex, Mutex, "mutex")
    drivers.waits(firmware, "k_mutex_lock", name_of(firmware, "mutex", mutex))
    if await one.take(timeout_us(ticks), call="k_mutex_lock"):
        return 0
    return -Errno.EBUSY if not ticks else -Errno.EAGAIN


@calls.add
def k_mutex_unlock(firmware: Firmware, mutex: int) -> int:
    one = known(firmware, mutex, Mutex, "mutex")
    firmware.machine.scheduler.may_wait("k_mutex_unlock", blocking=False)
    if one.owner is None:
        return -Errno.EINVAL
    return 0 if one.give() else -Errno.EPERM


# -- message queues --------------------------------------------------------------------------------------------------


@calls.add
def k_msgq_init(firmware: Firmware, msgq: int, item_bytes: int, length: int) -> None:
    if not length or not item_bytes:
        raise FirmwareAssert(f"{name_of(firmware, 'message queue', msgq)} was never initialised")
    queue = Queue(firmware.machine.scheduler, name_of(firmware, "message queue", msgq), length)
    firmware.handles[msgq] = MessageQueue(queue, item_bytes)


@calls.add
async def k_msgq_put(firmware: Firmware, msgq: int, data: int, ticks: int, front: int) -> int:
    one = known(firmware, msgq, MessageQueue, "message queue")
    item = firmware.machine.memory.load(data, one.item_bytes)
    if ticks:
        drivers.waits(firmware, "k_msgq_put", name_of(firmware, "message queue", msgq))
    goes_to_reader = bool(one.queue.readers)
    if await one.queue.send(item, timeout_us(ticks), front=bool(front), call="k_msgq_put"):
        if not goes_to_reader:
            pollers.tell(firmware, msgq, pollers.MSGQ)
        return 0
    return -Errno.ENOMSG if not ticks else -Errno.EAGAIN


@calls.add
async def k_msgq_get(firmware: Firmware, msgq: int, data: int, ticks: int) -> int:
    one = known(firmware, msgq, MessageQueue, "message queue")
    if ticks:
        drivers.waits(firmware, "k_msgq_get", name_of(firmware, "message queue", msgq))
    got, item = await one.queue.receive(timeout_us(ticks), call="k_msgq_get")
    if not got:
        return -Errno.ENOMSG if not ticks else -Errno.EAGAIN
    assert isinstance(item, bytes)
    firmware.machine.memory.store(data, item)
    return 0


@calls.add
def k_msgq_peek(firmware: Firmware, msgq: int, data: int) -> int:
    one = known(firmware, msgq, MessageQueue, "message queue")
    if not one.queue.items:
        return -Errno.ENOMSG
    item = one.queue.items[0]
    assert isinstance(item, bytes)
    firmware.machine.memory.store(data, item)
    return 0


@calls.add
def k_msgq_purge(firmware: Firmware, msgq: int) -> None:
    one = known(firmware, msgq, MessageQueue, "message queue")
    one.queue.items.clear()
    while firmware.machine.scheduler.wake(one.queue.writers) is not None:
        pass


@calls.add
def k_msgq_num_used_get(firmware: Firmware, msgq: int) -> int:
    return len(known(firmware, msgq, MessageQueue, "message queue").queue.items)
