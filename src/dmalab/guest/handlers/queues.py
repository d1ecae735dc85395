"""FreeRTOS semaphores, mutexes and queues.

Source: ESP-IDF components/freertos/FreeRTOS-Kernel/queue.c. `woken` is true only when a task of strictly higher priority became ready.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.caps import Cap
from dmalab.core.clock import PS_PER_US
from dmalab.core.sync import Mutex, Queue, Semaphore
from dmalab.core.tasks import Task
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.tasks import handle_of
from dmalab.guest.handlers.ticks import timeout_us

calls = Handlers()

CONTROL_BYTES = 84
"""Queue control block, which semaphores have too."""


@dataclass(slots=True, eq=False)
class MessageQueue:
    """A queue whose items have a fixed size."""

    queue: Queue
    item_bytes: int


def register(firmware: Firmware, thing: object, control: int, what: str, extra: int = 0) -> int:
    """Give a kernel object its handle: the caller's control block, or a block of the heap; 0 without memory."""
    if not control:
        block = firmware.machine.allocate_internal(CONTROL_BYTES + extra, Cap.INTERNAL | Cap.BIT8, purpose=what)
        if block is None:
            return 0
        control = block.address
    firmware.handles[control] = thing
    return control


def delete(firmware: Firmware, handle: int) -> None:
    """Forget a kernel object and free its block if it has one."""
    firmware.handles.pop(handle, None)
    heap = firmware.machine.heap.blocks_heap
    if (block := heap.block(handle)) is not None and block.purpose:
        heap.free(handle)


def name_of(firmware: Firmware, kind: str) -> str:
    """A name for reports: where the object was created."""
    machine = firmware.machine
    if machine.call_site:
        site = machine.places.resolve(machine.call_site)
        if site.file:
            return f"{kind} created at {site.file.rsplit('/', 1)[-1]}:{site.line}"
    return kind


# -- creation --------------------------------------------------------------------------------------------------------


@calls.add
def xSemaphoreCreateBinary(firmware: Firmware, control: int) -> int:
    kind = "semaphore"
    return register(firmware, Semaphore(firmware.machine.scheduler, name_of(firmware, kind), 0, 1), control, kind)


@calls.add
def xSemaphoreCreateCounting(firmware: Firmware, maximum: int, initial: int, control: int) -> int:
    if maximum < 1 or initial > maximum:
        raise FirmwareAssert(f"xSemaphoreCreateCounting with {initial} of {maximum} tokens")
    kind = "semaphore"
    semaphore = Semaphore(firmware.machine.scheduler, name_of(firmware, kind), initial, maximum)
    return register(firmware, semaphore, control, kind)


@calls.add
def xSemaphoreCreateMutex(firmware: Firmware, control: int) -> int:
    return register(firmware, Mutex(firmware.machine.scheduler, name_of(firmware, "mutex")), control, "mutex")


@calls.add
def xSemaphoreCreateRecursiveMutex(firmware: Firmware, control: int) -> int:
    mutex = Mutex(firmware.machine.scheduler, name_of(firmware, "mutex"), recursive=True)
    return register(firmware, mutex, control, "mutex")


@calls.add
def xQueueCreate(firmware: Firmware, length: int, item_bytes: int, _storage: int, control: int) -> int:
    if not length:
        raise FirmwareAssert("xQueueCreate with length 0")
    queue = Queue(firmware.machine.scheduler, name_of(firmware, "queue"), length)
    return register(firmware, MessageQueue(queue, item_bytes), control, "queue", extra=length * item_bytes)


@calls.named("vSemaphoreDelete", "vQueueDelete")
def vSemaphoreDelete(firmware: Firmware, handle: int) -> None:
    if handle not in firmware.handles:
        raise FirmwareAssert(f"{handle:#010x} is no semaphore or queue")
    delete(firmware, handle)


# -- semaphores and mutexes ------------------------------------------------------------------------------------------


def _lock(firmware: Firmware, handle: int) -> Semaphore | Mutex:
    thing = firmware.handles.get(handle)
    if not isinstance(thing, Semaphore | Mutex):
        raise FirmwareAssert(f"{handle:#010x} is no semaphore")
    return thing


def _task_level(firmware: Firmware, call: str, ticks: int) -> None:
    """A call of tasks that does not wait is no call for an interrupt either; with ticks, waiting says so itself."""
    if not ticks:
        firmware.machine.scheduler.may_wait(call, blocking=False)


@calls.add
async def xSemaphoreTake(firmware: Firmware, handle: int, ticks: int) -> int:
    _task_level(firmware, "xSemaphoreTake", ticks)
    return int(await _lock(firmware, handle).take(timeout_us(ticks), call="xSemaphoreTake"))


@calls.add
async def xSemaphoreTakeRecursive(firmware: Firmware, handle: int, ticks: int) -> int:
    _task_level(firmware, "xSemaphoreTakeRecursive", ticks)
    return int(await _lock(firmware, handle).take(timeout_us(ticks), call="xSemaphoreTakeRecursive"))


@calls.add
def xSemaphoreGive(firmware: Firmware, handle: int) -> int:
    scheduler, lock = firmware.machine.scheduler, _lock(firmware, handle)
    scheduler.may_wait("xSemaphoreGive", blocking=False)
    if isinstance(lock, Mutex) and lock.owner is not None and lock.owner is not scheduler.current:
        raise FirmwareAssert("xSemaphoreGive on a mutex that another task holds")
    return int(lock.give())


@calls.add
def xSemaphoreGiveRecursive(firmware: Firmware, handle: int) -> int:
    firmware.machine.scheduler.may_wait("xSemaphoreGiveRecursive", blocking=False)
    return int(_lock(firmware, handle).give())


@calls.add
def xSemaphoreGiveFromISR(firmware: Firmware, handle: int) -> int:
    lock = _lock(firmware, handle)
    if isinstance(lock, Mutex):
        raise FirmwareAssert("xSemaphoreGiveFromISR on a mutex")
    return _woken(firmware, lock.hand_over())


def _woken(firmware: Firmware, result: Task | bool) -> int:
    """The answer of a FromISR call: pdTRUE or errQUEUE_FULL, and whether a more urgent task is ready now."""
    if result is False:
        return pair(0)
    woken = result if isinstance(result, Task) else None
    return pair(1, int(firmware.machine.scheduler.outranks_current(woken)))


@calls.add
def xSemaphoreTakeFromISR(firmware: Firmware, handle: int) -> int:
    lock = _lock(firmware, handle)
    if isinstance(lock, Mutex):
        raise FirmwareAssert("xSemaphoreTakeFromISR on a mutex")
    return pair(int(lock.try_take()))


@calls.add
def uxSemaphoreGetCount(firmware: Firmware, handle: int) -> int:
    lock = _lock(firmware, handle)
    return lock.count if isinstance(lock, Semaphore) else int(lock.owner is None)


@calls.add
def xSemaphoreGetMutexHolder(firmware: Firmware, handle: int) -> int:
    lock = _lock(firmware, handle)
    if not isinstance(lock, Mutex) or lock.owner is None:
        return 0
    thread = firmware.threads.by_number.get(lock.owner.number)
    return handle_of(firmware, thread) if thread is not None else 0


# -- queues ----------------------------------------------------------------------------------------------------------


def _queue(firmware: Firmware, handle: int) -> MessageQueue:
    thing = firmware.handles.get(handle)
    if not isinstance(thing, MessageQueue):
        raise FirmwareAssert(f"{handle:#010x} is no queue")
    return thing


def _item(firmware: Firmware, queue: MessageQueue, address: int, call: str) -> bytes:
    """The bytes that a call sends."""
    if not queue.item_bytes:
        return b""
    if not address:
        raise FirmwareAssert(f"{call} without an item")
    return firmware.machine.memory.load(address, queue.item_bytes)


def _deliver(firmware: Firmware, address: int, data: object) -> None:
    """Store a received item where the caller wants it."""
    assert isinstance(data, bytes)
    if data:
        firmware.machine.memory.store(address, data)


def _receiver(firmware: Firmware, handle: int, address: int, call: str) -> MessageQueue:
    """The queue of a call that receives.

    Raises:
        FirmwareAssert: no queue, or nowhere to put the item.
    """
    queue = _queue(firmware, handle)
    if queue.item_bytes and not address:
        raise FirmwareAssert(f"{call} without room for the item")
    return queue


@calls.add
async def xQueueSend(firmware: Firmware, handle: int, item: int, ticks: int) -> int:
    _task_level(firmware, "xQueueSend", ticks)
    queue = _queue(firmware, handle)
    data = _item(firmware, queue, item, "xQueueSend")
    return int(await queue.queue.send(data, timeout_us(ticks), call="xQueueSend"))


@calls.add
async def xQueueSendToFront(firmware: Firmware, handle: int, item: int, ticks: int) -> int:
    _task_level(firmware, "xQueueSendToFront", ticks)
    queue = _queue(firmware, handle)
    data = _item(firmware, queue, item, "xQueueSendToFront")
    return int(await queue.queue.send(data, timeout_us(ticks), front=True, call="xQueueSendToFront"))


@calls.add
def xQueueOverwrite(firmware: Firmware, handle: int, item: int) -> int:
    _task_level(firmware, "xQueueOverwrite", 0)
    _overwrite(firmware, handle, item, "xQueueOverwrite")
    return 1


def _overwrite(firmware: Firmware, handle: int, item: int, call: str) -> Task | bool:
    queue = _queue(firmware, handle)
    if queue.queue.length != 1:
        raise FirmwareAssert(f"{call} on a queue longer than 1")
    data = _item(firmware, queue, item, call)
    queue.queue.items.clear()
    return queue.queue.try_send(data)


@calls.add
async def xQueueReceive(firmware: Firmware, handle: int, item: int, ticks: int) -> int:
    _task_level(firmware, "xQueueReceive", ticks)
    queue = _receiver(firmware, handle, item, "xQueueReceive")
    got, data = await queue.queue.receive(timeout_us(ticks), call="xQueueReceive")
    if got:
        _deliver(firmware, item, data)
    return int(got)


@calls.add
async def xQueuePeek(firmware: Firmware, handle: int, item: int, ticks: int) -> int:
    """Looks at the first item and lets the next reader have a look too."""
    _task_level(firmware, "xQueuePeek", ticks)
    scheduler, queue = firmware.machine.scheduler, _receiver(firmware, handle, item, "xQueuePeek").queue
    timeout = timeout_us(ticks)
    deadline = None if timeout is None else scheduler.clock.now_ps + round(timeout * PS_PER_US)
    while not queue.items:
        left = None if deadline is None else deadline - scheduler.clock.now_ps
        if left is not None and left <= 0:
            return 0
        await scheduler.wait(queue.readers, left, "xQueuePeek")
    _deliver(firmware, item, queue.items[0])
    scheduler.wake(queue.readers)
    return 1


@calls.add
def xQueueSendFromISR(firmware: Firmware, handle: int, item: int) -> int:
    queue = _queue(firmware, handle)
    return _woken(firmware, queue.queue.try_send(_item(firmware, queue, item, "xQueueSendFromISR")))


@calls.add
def xQueueSendToFrontFromISR(firmware: Firmware, handle: int, item: int) -> int:
    queue = _queue(firmware, handle)
    data = _item(firmware, queue, item, "xQueueSendToFrontFromISR")
    return _woken(firmware, queue.queue.try_send(data, front=True))


@calls.add
def xQueueOverwriteFromISR(firmware: Firmware, handle: int, item: int) -> int:
    return _woken(firmware, _overwrite(firmware, handle, item, "xQueueOverwriteFromISR"))


@calls.add
def xQueueReceiveFromISR(firmware: Firmware, handle: int, item: int) -> int:
    queue = _receiver(firmware, handle, item, "xQueueReceiveFromISR").queue
    writer = queue.writers.first()
    got, data = queue.try_receive()
    if not got:
        return pair(0)
    _deliver(firmware, item, data)
    return _woken(firmware, writer or True)


@calls.add
def xQueuePeekFromISR(firmware: Firmware, handle: int, item: int) -> int:
    queue = _receiver(firmware, handle, item, "xQueuePeekFromISR").queue
    if not queue.items:
        return 0
    _deliver(firmware, item, queue.items[0])
    return 1


@calls.add
def uxQueueMessagesWaiting(firmware: Firmware, handle: int) -> int:
    return len(_queue(firmware, handle).queue.items)


@calls.add
def uxQueueSpacesAvailable(firmware: Firmware, handle: int) -> int:
    queue = _queue(firmware, handle).queue
    return queue.length - len(queue.items)


@calls.add
def xQueueReset(firmware: Firmware, handle: int) -> int:
    queue = _queue(firmware, handle).queue
    queue.items.clear()
    firmware.machine.scheduler.wake(queue.writers)
    return 1
