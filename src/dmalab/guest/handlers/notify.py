"""FreeRTOS task notifications and event groups.

Source: ESP-IDF components/freertos/FreeRTOS-Kernel/tasks.c (xTaskGenericNotify, ulTaskGenericNotifyTake), event_groups.c.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmalab.core.clock import PS_PER_US
from dmalab.core.tasks import Task, Waiters
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.queues import delete, register
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.tasks import thread_of
from dmalab.guest.handlers.ticks import timeout_us
from dmalab.guest.threads import Thread

calls = Handlers()

_MASK32 = 0xFFFF_FFFF
ACTIONS = 4
"""The last eNotifyAction: set without overwriting."""


@dataclass(slots=True, eq=False)
class Notification:
    """The notification of one task; index 0 is the only one."""

    waiters: Waiters
    value: int = 0
    pending: bool = False


def _notification(firmware: Firmware, thread: Thread) -> Notification:
    if thread.notification is None:
        name = thread.task.name if thread.task is not None else "task"
        thread.notification = Notification(Waiters(f"a notification of task {name}"))
    result: Notification = thread.notification
    return result


def _check_index(index: int) -> None:
    if index:
        raise FirmwareAssert(f"task notification index {index}; only index 0 is configured")


def _notify(firmware: Firmware, handle: int, index: int, value: int, action: int) -> tuple[int, int, Task | None]:
    """Result, previous value, and the task that was woken."""
    _check_index(index)
    if not 0 <= action <= ACTIONS:
        raise FirmwareAssert(f"xTaskNotify with action {action}")
    if not handle:
        raise FirmwareAssert("a notification to task NULL")
    one = _notification(firmware, thread_of(firmware, handle))
    before, result = one.value, 1
    if action == 1:
        one.value |= value
    elif action == 2:
        one.value = (one.value + 1) & _MASK32
    elif action == 3 or (action == 4 and not one.pending):
        one.value = value
    elif action == 4:
        result = 0
    if result:
        one.pending = True
    return result, before, firmware.machine.scheduler.wake(one.waiters)


@calls.add
def xTaskNotify(firmware: Firmware, handle: int, index: int, value: int, action: int) -> int:
    firmware.machine.scheduler.may_wait("xTaskNotify", blocking=False)
    result, before, _ = _notify(firmware, handle, index, value, action)
    return pair(result, before)


@calls.add
def xTaskNotifyFromISR(firmware: Firmware, handle: int, index: int, value: int, action: int) -> int:
    result, _, woken = _notify(firmware, handle, index, value, action)
    return pair(result, int(firmware.machine.scheduler.outranks_current(woken)))


async def _wait(firmware: Firmware, one: Notification, ticks: int, call: str, *, ready: bool) -> None:
    """Wait for a notification unless one is there already."""
    timeout = timeout_us(ticks)
    if not ready and timeout != 0:
        ps = None if timeout is None else round(timeout * PS_PER_US)
        await firmware.machine.scheduler.wait(one.waiters, ps, call)


def _own(firmware: Firmware) -> Notification:
    thread = firmware.threads.current()
    if thread is None:
        raise FirmwareAssert("a task notification outside a task")
    return _notification(firmware, thread)


@calls.add
async def ulTaskNotifyTake(firmware: Firmware, index: int, clear_on_exit: int, ticks: int) -> int:
    _check_index(index)
    one = _own(firmware)
    await _wait(firmware, one, ticks, "ulTaskNotifyTake", ready=one.value != 0)
    value = one.value
    if value:
        one.value = 0 if clear_on_exit else value - 1
    one.pending = False
    return value


@calls.add
async def xTaskNotifyWait(firmware: Firmware, index: int, clear_on_entry: int, clear_on_exit: int, ticks: int) -> int:
    _check_index(index)
    one = _own(firmware)
    if not one.pending:
        one.value &= ~clear_on_entry & _MASK32
    await _wait(firmware, one, ticks, "xTaskNotifyWait", ready=one.pending)
    value, got = one.value, one.pending
    if got:
        one.value &= ~clear_on_exit & _MASK32
    one.pending = False
    return pair(int(got), value)


@calls.add
def xTaskNotifyStateClear(firmware: Firmware, handle: int, index: int) -> int:
    _check_index(index)
    one = _notification(firmware, thread_of(firmware, handle))
    was, one.pending = one.pending, False
    return int(was)


@calls.add
def ulTaskNotifyValueClear(firmware: Firmware, handle: int, index: int, bits: int) -> int:
    _check_index(index)
    one = _notification(firmware, thread_of(firmware, handle))
    before = one.value
    one.value &= ~bits & _MASK32
    return before


# -- event groups ----------------------------------------------------------------------------------------------------

EVENT_BITS = 0x00FF_FFFF


@dataclass(slots=True, eq=False)
class Wish:
    """What one waiting task wants of an event group."""

    bits: int
    clear: bool
    every: bool
    waiters: Waiters = field(default_factory=lambda: Waiters("an event group"))

    def is_met(self, bits: int) -> bool:
        """Whether these bits are enough."""
        there = bits & self.bits
        return there == self.bits if self.every else there != 0


@dataclass(slots=True, eq=False)
class EventGroup:
    """24 bits that tasks wait for."""

    bits: int = 0
    wishes: list[Wish] = field(default_factory=list)


def _group(firmware: Firmware, handle: int) -> EventGroup:
    group = firmware.handles.get(handle)
    if not isinstance(group, EventGroup):
        raise FirmwareAssert(f"{handle:#010x} is no event group")
    return group


def _check_bits(call: str, bits: int) -> None:
    if bits & ~EVENT_BITS:
        raise FirmwareAssert(f"{call} with bits {bits:#010x}; an event group has 24 bits")


@calls.add
def xEventGroupCreate(firmware: Firmware, control: int) -> int:
    return register(firmware, EventGroup(), control, "event group")


@calls.add
def vEventGroupDelete(firmware: Firmware, handle: int) -> None:
    """Who still waits comes back with no bits."""
    group = _group(firmware, handle)
    group.bits = 0
    for wish in group.wishes:
        firmware.machine.scheduler.wake(wish.waiters, 0)
    delete(firmware, handle)


def _set(firmware: Firmware, group: EventGroup, bits: int) -> Task | None:
    """Set bits and serve everybody they are enough for; the most urgent task that was woken.

    Each wish is judged by the same bits. What its owners want cleared goes afterwards.
    """
    group.bits |= bits
    cleared, woken = 0, list[Task]()
    for wish in list(group.wishes):
        if wish.is_met(group.bits):
            group.wishes.remove(wish)
            task = firmware.machine.scheduler.wake(wish.waiters, group.bits)
            if task is not None:
                woken.append(task)
                cleared |= wish.bits if wish.clear else 0
    group.bits &= ~cleared
    return max(woken, key=lambda task: task.priority, default=None)


@calls.add
def xEventGroupSetBits(firmware: Firmware, handle: int, bits: int) -> int:
    firmware.machine.scheduler.may_wait("xEventGroupSetBits", blocking=False)
    _check_bits("xEventGroupSetBits", bits)
    group = _group(firmware, handle)
    _set(firmware, group, bits)
    return group.bits


@calls.add
def xEventGroupSetBitsFromISR(firmware: Firmware, handle: int, bits: int) -> int:
    """Set at once; the real kernel leaves it to its timer task."""
    _check_bits("xEventGroupSetBitsFromISR", bits)
    woken = _set(firmware, _group(firmware, handle), bits)
    return pair(1, int(firmware.machine.scheduler.outranks_current(woken)))


@calls.add
def xEventGroupClearBits(firmware: Firmware, handle: int, bits: int) -> int:
    _check_bits("xEventGroupClearBits", bits)
    group = _group(firmware, handle)
    before = group.bits
    group.bits &= ~bits
    return before


@calls.add
async def xEventGroupWaitBits(
    firmware: Firmware, handle: int, bits: int, clear_on_exit: int, wait_for_all: int, ticks: int
) -> int:
    if not bits:
        raise FirmwareAssert("xEventGroupWaitBits for no bits")
    _check_bits("xEventGroupWaitBits", bits)
    group = _group(firmware, handle)
    wish = Wish(bits, bool(clear_on_exit), bool(wait_for_all))
    if wish.is_met(group.bits):
        result = group.bits
        if wish.clear:
            group.bits &= ~bits
        return result
    return await _wait_for(firmware, group, wish, ticks, "xEventGroupWaitBits")


async def _wait_for(firmware: Firmware, group: EventGroup, wish: Wish, ticks: int, call: str) -> int:
    """Wait until a wish is met: the bits that met it, or those there are when time runs out."""
    timeout = timeout_us(ticks)
    if timeout == 0:
        firmware.machine.scheduler.may_wait(call, blocking=False)
        return group.bits
    group.wishes.append(wish)
    try:
        met = await firmware.machine.scheduler.wait(
            wish.waiters, None if timeout is None else round(timeout * PS_PER_US), call
        )
    finally:
        if wish in group.wishes:
            group.wishes.remove(wish)
    return int(met) or group.bits


@calls.add
async def xEventGroupSync(firmware: Firmware, handle: int, set_bits: int, wait_for: int, ticks: int) -> int:
    if not wait_for:
        raise FirmwareAssert("xEventGroupSync for no bits")
    _check_bits("xEventGroupSync", set_bits | wait_for)
    group = _group(firmware, handle)
    there = group.bits | set_bits
    _set(firmware, group, set_bits)
    if there & wait_for == wait_for:
        group.bits &= ~wait_for
        return there
    return await _wait_for(firmware, group, Wish(wait_for, clear=True, every=True), ticks, "xEventGroupSync")
