"""Time, log, random numbers, restarts, and `esp_timer`.

Source: ESP-IDF components/esp_timer, esp_rom, log, esp_system. Timer callbacks run in a task of priority 22, as by default.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from dmalab.core.clock import PS_PER_MS, PS_PER_US, Event
from dmalab.core.events import BlockedInInterrupt
from dmalab.core.sync import Queue
from dmalab.guest.calls import pair
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.queues import delete, register
from dmalab.guest.handlers.service import service
from dmalab.guest.handlers.table import Handlers
from dmalab.idf.errors import EspErr, IdfError

calls = Handlers()

TIMER_TASK_PRIORITY = 22
TIMER_STACK_BYTES = 3584
MIN_PERIOD_US = 50
"""esp_timer_impl_get_min_period_us; a shorter period becomes this one."""


@calls.add
def esp_timer_get_time(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps // PS_PER_US


@calls.add
async def esp_rom_delay_us(firmware: Firmware, us: int) -> None:
    scheduler = firmware.machine.scheduler
    interrupts = scheduler.interrupts
    if interrupts.active or interrupts.masked or scheduler.suspended or scheduler.current is None:
        scheduler.elapse(us * PS_PER_US)
    else:
        await scheduler.spend(us * PS_PER_US)


@calls.add
def esp_rom_get_cpu_ticks_per_us(firmware: Firmware) -> int:
    return firmware.machine.cpu_mhz


@calls.add
def esp_cpu_get_cycle_count(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps * firmware.machine.cpu_mhz // 1_000_000 & 0xFFFF_FFFF


@calls.add
def esp_cpu_get_core_id(_firmware: Firmware) -> int:
    return 0


@calls.add
def esp_log_timestamp(firmware: Firmware) -> int:
    return firmware.machine.clock.now_ps // PS_PER_MS & 0xFFFF_FFFF


@calls.add
def esp_log_write(firmware: Firmware, _level: int, _tag: int) -> None:
    """A log record takes a lock of the C library, which aborts in an interrupt."""
    machine = firmware.machine
    firmware.state["announced"] = True
    if machine.scheduler.interrupts.active:
        machine.bus.emit(BlockedInInterrupt(call="esp_log_write", context="interrupt", blocking=True, by=machine.now()))


@calls.add
def esp_rom_printf(firmware: Firmware) -> None:
    """Takes no lock; allowed everywhere."""
    firmware.state["announced"] = True


@calls.add
def esp_random(firmware: Firmware) -> int:
    source = firmware.state.setdefault("random", random.Random(firmware.machine.seed))
    return int(source.getrandbits(32))


@calls.add
def esp_restart(firmware: Firmware) -> None:
    firmware.fail("the firmware called esp_restart()")


@calls.add
def esp_system_abort(firmware: Firmware, details: int) -> None:
    firmware.fail(firmware.string(details) or "the firmware called esp_system_abort()", assertion=True)


@calls.add
def esp_error_check_failed(firmware: Firmware, code: int, file: int, line: int, function: int, expression: int) -> None:
    name = next((err.symbol for err in EspErr if err == code), f"{code:#x}")
    where = f"{firmware.string(file).rsplit('/', 1)[-1]}:{line} {firmware.string(function)}"
    firmware.fail(f"ESP_ERROR_CHECK failed: {name} at {where}: {firmware.string(expression)}", assertion=True)


# -- esp_timer -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class EspTimer:
    """A software timer."""

    callback: int
    argument: int
    due: Event | None = None
    period_us: int = 0


def _timer(firmware: Firmware, handle: int) -> EspTimer:
    timer = firmware.handles.get(handle)
    if not isinstance(timer, EspTimer):
        raise IdfError(EspErr.INVALID_ARG, "no timer")
    return timer


def _service(firmware: Firmware) -> Queue:
    """The jobs of the timer task, which is started with the first timer."""
    try:
        return service(firmware, "esp_timer", TIMER_TASK_PRIORITY, TIMER_STACK_BYTES)
    except MemoryError as error:
        raise IdfError(EspErr.NO_MEM, str(error)) from error


@calls.add
def esp_timer_create(
    firmware: Firmware, has_args: int, callback: int, argument: int, _method: int, _name: int, _skip: int, has_out: int
) -> int:
    if not has_args or not callback or not has_out:
        return pair(EspErr.INVALID_ARG)
    _service(firmware)
    handle = register(firmware, EspTimer(callback, argument), 0, "timer")
    return pair(EspErr.OK, handle) if handle else pair(EspErr.NO_MEM)


def _arm(firmware: Firmware, timer: EspTimer, us: int) -> None:
    queue = _service(firmware)

    def fire() -> None:
        timer.due = None
        for hook in firmware.machine.layers.get("esp_timer alarms", ()):
            hook()
        queue.try_send(lambda: (timer.callback, timer.argument))
        if timer.period_us:
            _arm(firmware, timer, timer.period_us)

    timer.due = firmware.machine.clock.schedule(us * PS_PER_US, fire)


def _start(firmware: Firmware, handle: int, us: int, *, periodic: bool) -> int:
    timer = _timer(firmware, handle)
    if timer.due is not None:
        return EspErr.INVALID_STATE
    timer.period_us = us if periodic else 0
    _arm(firmware, timer, us)
    return EspErr.OK


@calls.add
def esp_timer_start_once(firmware: Firmware, handle: int, us: int) -> int:
    return _start(firmware, handle, us, periodic=False)


@calls.add
def esp_timer_start_periodic(firmware: Firmware, handle: int, us: int) -> int:
    return _start(firmware, handle, max(us, MIN_PERIOD_US), periodic=True)


@calls.add
def esp_timer_restart(firmware: Firmware, handle: int, us: int) -> int:
    timer = _timer(firmware, handle)
    if timer.due is None:
        return EspErr.INVALID_STATE
    timer.due.cancel()
    if timer.period_us:
        timer.period_us = us = max(us, MIN_PERIOD_US)
    _arm(firmware, timer, us)
    return EspErr.OK


@calls.add
def esp_timer_stop(firmware: Firmware, handle: int) -> int:
    timer = _timer(firmware, handle)
    if timer.due is None:
        return EspErr.INVALID_STATE
    timer.due.cancel()
    timer.due = None
    timer.period_us = 0
    return EspErr.OK


@calls.add
def esp_timer_delete(firmware: Firmware, handle: int) -> int:
    if _timer(firmware, handle).due is not None:
        return EspErr.INVALID_STATE
    delete(firmware, handle)
    return EspErr.OK


@calls.add
def esp_timer_is_active(firmware: Firmware, handle: int) -> int:
    return int(_timer(firmware, handle).due is not None)


@calls.add
def esp_timer_get_next_alarm(firmware: Firmware) -> int:
    due = firmware.machine.clock.next_due_ps()
    return due // PS_PER_US if due is not None else 0xFFFF_FFFF_FFFF_FFFF
