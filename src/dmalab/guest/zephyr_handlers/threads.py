"""Zephyr threads, time, interrupt locks and spin locks.

Negative priorities are cooperative; equal ones take turns only when they yield or wait (no time slices, Zephyr's default). One
core is modelled.
Source: zephyr doc/kernel/services/threads/index.rst, scheduling/index.rst, interrupts.rst; include/zephyr/kernel.h.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmalab.core.clock import PS_PER_US, Event
from dmalab.core.tasks import PAUSE, Task, TaskState, Waiters, trap
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.threads import Thread
from dmalab.guest.zephyr_handlers import drivers
from dmalab.guest.zephyr_handlers.ticks import FOREVER, TICK_US, timeout_us
from dmalab.zephyr.errors import Errno
from dmalab.zephyr.priorities import is_cooperative, task_priority

calls = Handlers()


@dataclass(slots=True, eq=False)
class KThread:
    """A thread by its structure's address."""

    address: int
    entry: int
    priority: int
    stack_bytes: int
    name: str
    joiners: Waiters
    thread: Thread | None = None
    start: Event | None = None
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Kernel:
    """What the handlers keep of one firmware's kernel."""

    threads: dict[int, KThread] = field(default_factory=dict)
    main: int = 0
    dma_callback: int = 0
    dma_callback_in_thread: int = 0
    spin_locks: set[int] = field(default_factory=set)


def kernel(firmware: Firmware) -> Kernel:
    """The kernel of a firmware."""
    found = firmware.state.setdefault("kernel", Kernel())
    assert isinstance(found, Kernel)
    return found


def name_of(firmware: Firmware, kind: str, address: int) -> str:
    """An object in words: by the variable it is, else by its address."""
    thing = firmware.machine.objects.at(address)
    if thing is not None and thing.kind == "static":
        return f"{kind} {thing.name}"
    return f"{kind} at {address:#010x}"


# -- threads ---------------------------------------------------------------------------------------------------------


def _begin(firmware: Firmware, one: KThread) -> None:
    if one.start is not None:
        one.start.cancel()
        one.start = None
    if one.thread is not None or one.is_over:
        return
    thread = one.thread = firmware.threads.start(
        one.entry, one.address, name=one.name, priority=task_priority(one.priority), stack_bytes=one.stack_bytes
    )
    task = thread.task
    assert task is not None
    task.cooperative = is_cooperative(one.priority)
    ended = task.ended

    def over() -> None:
        if ended is not None:
            ended()
        one.is_over = True
        while firmware.machine.scheduler.wake(one.joiners) is not None:
            pass

    task.ended = over


@calls.add
def k_thread_create(
    firmware: Firmware, address: int, entry: int, name: int, stack_bytes: int, priority: int, _options: int, delay: int
) -> int:
    label = firmware.string(name) if name else name_of(firmware, "thread", address)
    old = kernel(firmware).threads.get(address)
    if old is not None and not old.is_over:
        raise FirmwareAssert(f"k_thread_create on {label}, which is still alive")
    one = KThread(address, entry, priority, stack_bytes, label, Waiters(f"the end of {label}"))
    kernel(firmware).threads[address] = one
    if delay == 0:
        _begin(firmware, one)
    elif delay != FOREVER:
        one.start = firmware.machine.clock.schedule(delay * TICK_US * PS_PER_US, lambda: _begin(firmware, one))
    return 0


def _named(firmware: Firmware, address: int) -> KThread | None:
    return kernel(firmware).threads.get(address)


def _task(firmware: Firmware, address: int) -> Task | None:
    if address == kernel(firmware).main:
        return next(
            (one.task for one in firmware.threads.by_number.values() if one.task and one.task.name == "main"), None
        )
    one = _named(firmware, address)
    return one.thread.task if one is not None and one.thread is not None else None


@calls.add
def k_main_thread(firmware: Firmware, thread: int, dma_callback: int, dma_callback_in_thread: int) -> None:
    state = kernel(firmware)
    state.main, state.dma_callback, state.dma_callback_in_thread = thread, dma_callback, dma_callback_in_thread


@calls.add
def k_thread_start(firmware: Firmware, address: int) -> None:
    one = _named(firmware, address)
    if one is not None:
        _begin(firmware, one)


@calls.add
def k_thread_abort(firmware: Firmware, address: int) -> None:
    one, task = _named(firmware, address), _task(firmware, address)
    if one is not None and one.start is not None:
        one.start.cancel()
        one.is_over = True
    if task is None:
        return
    if one is not None and one.thread is not None:
        one.thread.is_over = True
    firmware.machine.scheduler.finish(task)


@calls.add
async def k_thread_join(firmware: Firmware, address: int, ticks: int) -> int:
    one, scheduler = _named(firmware, address), firmware.machine.scheduler
    if one is None or one.is_over:
        return 0
    if one.thread is not None and one.thread.task is scheduler.current:
        return -Errno.EDEADLK
    if ticks == 0:
        return -Errno.EBUSY
    if not scheduler.may_wait("k_thread_join"):
        return -Errno.EBUSY
    timeout = timeout_us(ticks)
    woken = await scheduler.wait(one.joiners, None if timeout is None else round(timeout * PS_PER_US), "k_thread_join")
    return 0 if woken else -Errno.EAGAIN


@calls.add
def k_thread_suspend(firmware: Firmware, address: int) -> None:
    task = _task(firmware, address)
    if task is not None and task.state is not TaskState.DONE:
        firmware.machine.scheduler.suspend(task)


@calls.add
def k_thread_resume(firmware: Firmware, address: int) -> None:
    task = _task(firmware, address)
    if task is not None:
        firmware.machine.scheduler.resume(task)


@calls.add
def k_thread_priority_get(firmware: Firmware, address: int) -> int:
    one = _named(firmware, address)
    return one.priority if one is not None else 0


@calls.add
def k_thread_priority_set(firmware: Firmware, address: int, priority: int) -> None:
    one, task = _named(firmware, address), _task(firmware, address)
    if one is not None:
        one.priority = priority
    if task is not None:
        task.cooperative = is_cooperative(priority)
        task.base_priority = task_priority(priority)
        firmware.machine.scheduler.set_priority(task, task.base_priority)


@calls.add
def k_thread_name_set(firmware: Firmware, address: int, name: int) -> int:
    one, task = _named(firmware, address), _task(firmware, address)
    text = firmware.string(name)
    if one is not None and text not in ("", "?"):
        one.name = text
        if task is not None:
            task.name = text
            firmware.machine.scheduler.names[task.number] = text
    return 0


@calls.add
def k_current_get(firmware: Firmware) -> int:
    current = firmware.machine.scheduler.current
    for one in kernel(firmware).threads.values():
        if one.thread is not None and one.thread.task is current and current is not None:
            return one.address
    return kernel(firmware).main


# -- time ------------------------------------------------------------------------------------------------------------


@calls.add
async def k_sleep(firmware: Firmware, ticks: int) -> int:
    scheduler = firmware.machine.scheduler
    drivers.waits(firmware, "k_sleep", "a delay")
    if ticks == 0:
        await k_yield(firmware)
        return 0
    until = firmware.machine.clock.now_ps + ticks * TICK_US * PS_PER_US
    delay = None if ticks == FOREVER else ticks * TICK_US * PS_PER_US
    woken = await scheduler.wait(Waiters("a delay (k_sleep)"), delay, "k_sleep")
    left_us = max(0, until - firmware.machine.clock.now_ps) // PS_PER_US if woken and ticks != FOREVER else 0
    return int(-(-left_us // 1000))


@calls.add
def k_wakeup(firmware: Firmware, address: int) -> None:
    task = _task(firmware, address)
    if task is not None and task.waiters is not None and task.waiters.what == "a delay (k_sleep)":
        firmware.machine.scheduler.wake(task.waiters)


@calls.add
async def k_yield(firmware: Firmware) -> None:
    scheduler = firmware.machine.scheduler
    current = scheduler.current
    if current is None or scheduler.interrupts.active:
        return
    scheduler.yield_turn(current)
    current.yields = True
    await trap(PAUSE)


@calls.add
async def k_busy_wait(firmware: Firmware, us: int) -> None:
    scheduler = firmware.machine.scheduler
    if scheduler.interrupts.active or scheduler.current is None or scheduler.interrupts.masked:
        scheduler.elapse(us * PS_PER_US)
    else:
        await scheduler.spend(us * PS_PER_US)


@calls.add
def k_uptime_ticks(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps // (TICK_US * PS_PER_US)


@calls.add
def k_cycle_get(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps * firmware.machine.cpu_mhz // 1_000_000


# -- interrupts and locks --------------------------------------------------------------------------------------------


@calls.add
def k_is_in_isr(firmware: Firmware) -> int:
    return int(firmware.machine.scheduler.interrupts.active)


@calls.add
def k_sched_lock(firmware: Firmware) -> None:
    firmware.machine.scheduler.suspended += 1


@calls.add
def k_sched_unlock(firmware: Firmware) -> None:
    scheduler = firmware.machine.scheduler
    scheduler.suspended = max(0, scheduler.suspended - 1)


@calls.add
def irq_lock(firmware: Firmware) -> int:
    interrupts = firmware.machine.scheduler.interrupts
    key = interrupts.masked
    interrupts.mask()
    return key


@calls.add
def irq_unlock(firmware: Firmware, key: int) -> None:
    interrupts = firmware.machine.scheduler.interrupts
    while interrupts.masked > key:
        interrupts.unmask()


@calls.add
def k_spin_lock(firmware: Firmware, lock: int) -> int:
    held = kernel(firmware).spin_locks
    if lock in held:
        raise FirmwareAssert(f"{name_of(firmware, 'spin lock', lock)} is locked a second time by its owner")
    held.add(lock)
    return irq_lock(firmware)


@calls.add
def k_spin_unlock(firmware: Firmware, lock: int, key: int) -> None:
    held = kernel(firmware).spin_locks
    if lock not in held:
        raise FirmwareAssert(f"{name_of(firmware, 'spin lock', lock)} is unlocked, but not locked")
    held.discard(lock)
    irq_unlock(firmware, key)
