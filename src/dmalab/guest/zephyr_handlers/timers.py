"""Zephyr timers: expiry functions run in the interrupt of the system clock.

Source: zephyr doc/kernel/services/timing/timers.rst.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.clock import PS_PER_US, Event
from dmalab.core.tasks import Waiters
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.guest.zephyr_handlers.ticks import FOREVER, TICK_US

calls = Handlers()


@dataclass(slots=True, eq=False)
class Timer:
    """A kernel timer."""

    expiry: int
    waiters: Waiters
    due: Event | None = None
    due_ps: int = 0
    period: int = 0
    """Ticks; 0 for once."""
    expired: int = 0


def _timer(firmware: Firmware, address: int) -> Timer:
    timer = firmware.handles.get(address)
    if not isinstance(timer, Timer):
        raise FirmwareAssert(f"{name_of(firmware, 'timer', address)} was never initialised")
    return timer


@calls.add
def k_timer_init(firmware: Firmware, address: int, expiry: int, _stop: int) -> None:
    firmware.handles[address] = Timer(expiry, Waiters(name_of(firmware, "timer", address)))


def _arm(firmware: Firmware, address: int, timer: Timer, ticks: int) -> None:
    machine = firmware.machine

    def expire() -> None:
        timer.due = None
        if timer.period:
            _arm(firmware, address, timer, timer.period)
        machine.scheduler.interrupts.request(run)

    def run() -> None:
        timer.expired += 1
        if timer.expiry:
            firmware.call_in_interrupt(timer.expiry, address)
        machine.scheduler.wake(timer.waiters)

    delay = ticks * TICK_US * PS_PER_US
    timer.due_ps = machine.clock.now_ps + delay
    timer.due = machine.clock.schedule(delay, expire)


@calls.add
def k_timer_start(firmware: Firmware, address: int, duration: int, period: int) -> None:
    timer = _timer(firmware, address)
    if timer.due is not None:
        timer.due.cancel()
    timer.due, timer.expired = None, 0
    timer.period = 0 if period == FOREVER else period
    if duration != FOREVER:
        _arm(firmware, address, timer, duration)


@calls.add
def k_timer_stop(firmware: Firmware, address: int) -> None:
    timer = _timer(firmware, address)
    if timer.due is not None:
        timer.due.cancel()
    timer.due, timer.period = None, 0
    firmware.machine.scheduler.wake(timer.waiters)


@calls.add
def k_timer_status_get(firmware: Firmware, address: int) -> int:
    timer = _timer(firmware, address)
    count, timer.expired = timer.expired, 0
    return count


@calls.add
async def k_timer_status_sync(firmware: Firmware, address: int) -> int:
    timer = _timer(firmware, address)
    if not timer.expired and timer.due is not None:
        await firmware.machine.scheduler.wait(timer.waiters, None, "k_timer_status_sync")
    return k_timer_status_get(firmware, address)


@calls.add
def k_timer_remaining_ticks(firmware: Firmware, address: int) -> int:
    timer = _timer(firmware, address)
    if timer.due is None:
        return 0
    return -(-max(0, timer.due_ps - firmware.machine.clock.now_ps) // (TICK_US * PS_PER_US))
