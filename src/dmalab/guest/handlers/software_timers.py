"""FreeRTOS's software timers: periods in ticks, callbacks in the timer service task.

Commands take effect at once; on the chip they do when the service task comes to them. A command that is given inside an interrupt by
the form for tasks is told, as for any other call.

Source: ESP-IDF components/freertos/FreeRTOS-Kernel/timers.c; Kconfig CONFIG_FREERTOS_TIMER_TASK_PRIORITY, _STACK_DEPTH.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.clock import PS_PER_US, Event
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.queues import delete, register
from dmalab.guest.handlers.service import service
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.handlers.ticks import TICK_US

calls = Handlers()

PRIORITY = 1
STACK_BYTES = 2048


@dataclass(slots=True, eq=False)
class SoftwareTimer:
    """A timer of `xTimerCreate`."""

    name: int
    """Address of the text."""
    period: int
    """Ticks."""
    reloads: bool
    identity: int
    callback: int
    due: Event | None = None
    expiry: int = 0
    """Tick at which it is due."""


@calls.add
def xTimerCreate(
    firmware: Firmware, name: int, period: int, reloads: int, identity: int, callback: int, control: int
) -> int:
    if not period:
        raise FirmwareAssert("xTimerCreate with a period of 0 ticks")
    try:
        service(firmware, "Tmr Svc", PRIORITY, STACK_BYTES)
    except MemoryError:
        return 0
    return register(firmware, SoftwareTimer(name, period, bool(reloads), identity, callback), control, "software timer")


def _timer(firmware: Firmware, handle: int) -> SoftwareTimer:
    timer = firmware.handles.get(handle)
    if not isinstance(timer, SoftwareTimer):
        raise FirmwareAssert(f"{handle:#010x} is no software timer")
    return timer


def _now(firmware: Firmware) -> int:
    """Ticks since the start."""
    return firmware.machine.clock.now_ps // (TICK_US * PS_PER_US)


def _halt(timer: SoftwareTimer) -> None:
    if timer.due is not None:
        timer.due.cancel()
        timer.due = None


def _arm(firmware: Firmware, handle: int, timer: SoftwareTimer, expiry: int) -> None:
    _halt(timer)
    clock = firmware.machine.clock
    timer.expiry = expiry

    def fire() -> None:
        timer.due = None
        queue = service(firmware, "Tmr Svc", PRIORITY, STACK_BYTES)
        queue.try_send(lambda: (timer.callback if firmware.handles.get(handle) is timer else 0, handle))
        if timer.reloads:
            _arm(firmware, handle, timer, expiry + timer.period)

    timer.due = clock.schedule(expiry * TICK_US * PS_PER_US - clock.now_ps, fire)


def _command(firmware: Firmware, handle: int, call: str, in_interrupt: int) -> SoftwareTimer:
    if not in_interrupt:
        firmware.machine.scheduler.may_wait(call, blocking=False)
    return _timer(firmware, handle)


@calls.add
def xTimerStart(firmware: Firmware, handle: int, in_interrupt: int) -> int:
    timer = _command(firmware, handle, "xTimerStart", in_interrupt)
    _arm(firmware, handle, timer, _now(firmware) + timer.period)
    return 1


@calls.add
def xTimerStop(firmware: Firmware, handle: int, in_interrupt: int) -> int:
    _halt(_command(firmware, handle, "xTimerStop", in_interrupt))
    return 1


@calls.add
def xTimerChangePeriod(firmware: Firmware, handle: int, period: int, in_interrupt: int) -> int:
    """A timer that is not running is started."""
    timer = _command(firmware, handle, "xTimerChangePeriod", in_interrupt)
    if not period:
        raise FirmwareAssert("xTimerChangePeriod to 0 ticks")
    timer.period = period
    _arm(firmware, handle, timer, _now(firmware) + period)
    return 1


@calls.add
def xTimerDelete(firmware: Firmware, handle: int) -> int:
    _halt(_command(firmware, handle, "xTimerDelete", 0))
    delete(firmware, handle)
    return 1


@calls.add
def xTimerIsTimerActive(firmware: Firmware, handle: int) -> int:
    return int(_timer(firmware, handle).due is not None)


@calls.add
def pvTimerGetTimerID(firmware: Firmware, handle: int) -> int:
    return _timer(firmware, handle).identity


@calls.add
def vTimerSetTimerID(firmware: Firmware, handle: int, identity: int) -> None:
    _timer(firmware, handle).identity = identity


@calls.add
def pcTimerGetName(firmware: Firmware, handle: int) -> int:
    return _timer(firmware, handle).name


@calls.add
def xTimerGetPeriod(firmware: Firmware, handle: int) -> int:
    return _timer(firmware, handle).period


@calls.add
def xTimerGetExpiryTime(firmware: Firmware, handle: int) -> int:
    return _timer(firmware, handle).expiry


@calls.add
def vTimerSetReloadMode(firmware: Firmware, handle: int, reloads: int) -> None:
    _timer(firmware, handle).reloads = bool(reloads)


@calls.add
def uxTimerGetReloadMode(firmware: Firmware, handle: int) -> int:
    return int(_timer(firmware, handle).reloads)
