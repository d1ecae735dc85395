"""FreeRTOS tasks and the port: creation, delays, priorities, critical sections.

Source: ESP-IDF components/freertos (FreeRTOS-Kernel/tasks.c and the ports' port.c). One core is modelled; affinity is accepted and ignored.
"""

from __future__ import annotations

from dmalab.core.caps import Cap
from dmalab.core.clock import PS_PER_US
from dmalab.core.tasks import Task, TaskState, Waiters
from dmalab.guest.calls import pair
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.ticks import MAX_DELAY, TICK_US
from dmalab.guest.threads import Thread

calls = Handlers()

CONTROL_BYTES = 344
"""Task control block."""
PD_PASS = 1
NO_MEMORY = -1
"""errCOULD_NOT_ALLOCATE_REQUIRED_MEMORY"""
NAME_BYTES = 16
MAX_PRIORITIES = 25
"""configMAX_PRIORITIES"""
E_STATES = {TaskState.READY: 1, TaskState.WAITING: 2, TaskState.SUSPENDED: 3, TaskState.DONE: 4}


def create(
    firmware: Firmware, entry: int, name: int, stack: int, argument: int, priority: int, caps: int, control: int = 0
) -> int:
    """Start a task; its handle, 0 without memory."""
    _check_priority("xTaskCreate", priority)
    heap = firmware.machine.heap.blocks_heap
    handle = control
    if not handle:
        block = heap.alloc(CONTROL_BYTES, Cap.INTERNAL | Cap.BIT8, purpose="task control block")
        if block is None:
            return 0
        handle = block.address
    text = firmware.string(name)[: NAME_BYTES - 1]
    try:
        thread = firmware.threads.start(
            entry, argument, name=text or "task", priority=priority, stack_bytes=stack, caps=caps
        )
    except MemoryError:
        if not control:
            heap.free(handle)
        return 0
    thread.handle = handle
    thread.name_address = handle + 64
    firmware.machine.memory.poke(thread.name_address, text.encode()[: NAME_BYTES - 1] + b"\0")
    firmware.handles[handle] = thread
    return handle


def _check_priority(call: str, priority: int) -> None:
    if priority >= MAX_PRIORITIES:
        raise FirmwareAssert(f"{call} with priority {priority}; there are 0 to {MAX_PRIORITIES - 1}")


def handle_of(firmware: Firmware, thread: Thread) -> int:
    """The handle of a thread; 0 without memory. The main task has no block of its own until somebody asks for its handle."""
    if not thread.handle:
        block = firmware.machine.allocate_internal(CONTROL_BYTES, Cap.INTERNAL | Cap.BIT8, purpose="task control block")
        if block is None:
            return 0
        thread.handle = block.address
        firmware.handles[block.address] = thread
    return thread.handle


def thread_of(firmware: Firmware, handle: int) -> Thread:
    """The thread behind a handle; 0 is the calling task.

    Raises:
        FirmwareAssert: no such task.
    """
    thread = firmware.handles.get(handle) if handle else firmware.threads.current()
    if not isinstance(thread, Thread) or thread.task is None:
        raise FirmwareAssert(f"{handle:#010x} is no task handle")
    return thread


@calls.add
def xTaskCreatePinnedToCore(
    firmware: Firmware, entry: int, name: int, stack: int, argument: int, priority: int, _core: int, caps: int
) -> int:
    handle = create(firmware, entry, name, stack, argument, priority, caps)
    return pair(PD_PASS, handle) if handle else pair(NO_MEMORY)


@calls.add
def xTaskCreateStaticPinnedToCore(
    firmware: Firmware,
    entry: int,
    name: int,
    stack: int,
    argument: int,
    priority: int,
    stack_buffer: int,
    control: int,
    _core: int,
) -> int:
    if not stack_buffer or not control:
        raise FirmwareAssert("xTaskCreateStatic needs a stack and a control block")
    return create(firmware, entry, name, stack, argument, priority, 0, control)


@calls.add
def vTaskDelete(firmware: Firmware, handle: int) -> None:
    thread = thread_of(firmware, handle)
    assert thread.task is not None
    thread.is_over = True
    firmware.machine.scheduler.finish(thread.task)


@calls.add
async def vTaskDelay(firmware: Firmware, ticks: int) -> None:
    scheduler = firmware.machine.scheduler
    if ticks == 0:
        vPortYield(firmware)
        return
    await scheduler.sleep(_until_tick(firmware, ticks), "vTaskDelay")


def _until_tick(firmware: Firmware, ticks: int) -> int:
    """Picoseconds to the n-th tick interrupt from now."""
    tick_ps = TICK_US * PS_PER_US
    now = firmware.machine.clock.now_ps
    return (now // tick_ps + ticks) * tick_ps - now


@calls.add
async def xTaskDelayUntil(firmware: Firmware, previous: int, increment: int) -> int:
    wake = (previous + increment) & MAX_DELAY
    ticks = (wake - xTaskGetTickCount(firmware)) & MAX_DELAY
    if 0 < ticks < 1 << 31:
        await firmware.machine.scheduler.sleep(_until_tick(firmware, ticks), "vTaskDelayUntil")
        return pair(1, wake)
    return pair(0, wake)


@calls.add
def xTaskAbortDelay(firmware: Firmware, handle: int) -> int:
    task = thread_of(firmware, handle).task
    assert task is not None
    if task.state is not TaskState.WAITING or _suspended_itself(task):
        return 0
    firmware.machine.scheduler.suspend(task)
    firmware.machine.scheduler.resume(task)
    return 1


@calls.named("xTaskGetTickCount", "xTaskGetTickCountFromISR")
def xTaskGetTickCount(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps // (TICK_US * PS_PER_US) & MAX_DELAY


@calls.add
async def vTaskSuspend(firmware: Firmware, handle: int) -> None:
    scheduler = firmware.machine.scheduler
    task = thread_of(firmware, handle).task
    assert task is not None
    if task is scheduler.current and not scheduler.interrupts.active:
        await scheduler.wait(Waiters("vTaskResume"), None, "vTaskSuspend")
    else:
        scheduler.suspend(task)


def _suspended_itself(task: Task) -> bool:
    """Whether a waiting task waits for vTaskResume: so that a resumption which never comes is found as a deadlock."""
    return task.state is TaskState.WAITING and task.waiters is not None and task.waiters.what == "vTaskResume"


@calls.named("vTaskResume", "xTaskResumeFromISR")
def vTaskResume(firmware: Firmware, handle: int) -> int:
    scheduler = firmware.machine.scheduler
    task = thread_of(firmware, handle).task
    assert task is not None
    if _suspended_itself(task):
        assert task.waiters is not None
        scheduler.wake(task.waiters)
    elif task.state is TaskState.SUSPENDED:
        scheduler.resume(task)
    else:
        return 0
    return int(scheduler.current is None or task.priority > scheduler.current.priority)


@calls.add
def vTaskSuspendAll(firmware: Firmware) -> None:
    firmware.machine.scheduler.suspended += 1


@calls.add
def xTaskResumeAll(firmware: Firmware) -> int:
    scheduler = firmware.machine.scheduler
    if not scheduler.suspended:
        raise FirmwareAssert("xTaskResumeAll without vTaskSuspendAll")
    scheduler.suspended -= 1
    return int(scheduler.outranked())


@calls.add
def xTaskGetSchedulerState(firmware: Firmware) -> int:
    return 0 if firmware.machine.scheduler.suspended else 2


@calls.named("uxTaskPriorityGet", "uxTaskPriorityGetFromISR")
def uxTaskPriorityGet(firmware: Firmware, handle: int) -> int:
    task = thread_of(firmware, handle).task
    return task.priority if task is not None else 0


@calls.add
def vTaskPrioritySet(firmware: Firmware, handle: int, priority: int) -> None:
    _check_priority("vTaskPrioritySet", priority)
    task = thread_of(firmware, handle).task
    assert task is not None
    if task.priority == task.base_priority or priority > task.priority:  # else a mutex goes on lending
        firmware.machine.scheduler.set_priority(task, priority)
    task.base_priority = priority


@calls.named("xTaskGetCurrentTaskHandle", "xTaskGetCurrentTaskHandleForCore")
def xTaskGetCurrentTaskHandle(firmware: Firmware, *_core: int) -> int:
    thread = firmware.threads.current()
    return handle_of(firmware, thread) if thread is not None else 0


@calls.add
def xTaskGetIdleTaskHandle(_firmware: Firmware) -> int:
    return 0


@calls.add
def xTaskGetHandle(firmware: Firmware, name: int) -> int:
    wanted = firmware.string(name)
    threads = firmware.threads.by_number.values()
    found = next((one for one in threads if one.task is not None and one.task.name == wanted), None)
    return handle_of(firmware, found) if found is not None else 0


@calls.named("xTaskGetCoreID")
def xTaskGetCoreID(_firmware: Firmware, _handle: int) -> int:
    return 0


@calls.add
def pcTaskGetName(firmware: Firmware, handle: int) -> int:
    thread = thread_of(firmware, handle)
    if not thread.name_address:
        address = xTaskGetCurrentTaskHandle(firmware) + 64
        firmware.machine.memory.poke(address, b"main\0")
        thread.name_address = address
    return thread.name_address


@calls.add
def uxTaskGetStackHighWaterMark(firmware: Firmware, handle: int) -> int:
    """Not measured: half of the stack."""
    return thread_of(firmware, handle).stack.size // 2


@calls.add
def uxTaskGetNumberOfTasks(firmware: Firmware) -> int:
    return len(firmware.threads.by_number)


@calls.add
def eTaskGetState(firmware: Firmware, handle: int) -> int:
    task = thread_of(firmware, handle).task
    if task is None:
        return 4
    if task is firmware.machine.scheduler.current:
        return 0
    return E_STATES[TaskState.SUSPENDED if _suspended_itself(task) else task.state]


# -- port ------------------------------------------------------------------------------------------------------------


@calls.add
def vPortYield(firmware: Firmware) -> None:
    scheduler = firmware.machine.scheduler
    if scheduler.current is not None:
        scheduler.yield_turn(scheduler.current)


@calls.add
def vPortYieldFromISR(_firmware: Firmware) -> None:
    """The switch happens at the end of the interrupt anyway."""


@calls.add
def xPortInIsrContext(firmware: Firmware) -> int:
    return int(firmware.machine.scheduler.interrupts.active)


@calls.add
def xPortCanYield(firmware: Firmware) -> int:
    interrupts = firmware.machine.scheduler.interrupts
    return int(not interrupts.active and not interrupts.masked)


@calls.named("xPortEnterCriticalTimeout", "xPortEnterCriticalTimeoutISR", "xPortEnterCriticalTimeoutSafe")
def xPortEnterCriticalTimeout(firmware: Firmware, _lock: int, _timeout: int) -> int:
    firmware.machine.scheduler.interrupts.mask()
    return 1


@calls.named("vPortExitCritical", "vPortExitCriticalISR", "vPortExitCriticalSafe")
def vPortExitCritical(firmware: Firmware, _lock: int) -> None:
    firmware.machine.scheduler.interrupts.unmask()


@calls.add
def xPortSetInterruptMask(firmware: Firmware) -> int:
    interrupts = firmware.machine.scheduler.interrupts
    before = interrupts.masked
    interrupts.mask()
    return int(before > 0)


@calls.add
def vPortClearInterruptMask(firmware: Firmware, mask: int) -> None:
    if not mask:
        interrupts = firmware.machine.scheduler.interrupts
        interrupts.masked = 0
        interrupts.run_pending()
