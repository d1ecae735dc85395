"""Zephyr event objects and condition variables.

Source: zephyr doc/kernel/services/synchronization/events.rst, condvar.rst; include/zephyr/kernel.h.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmalab.core.sync import Mutex
from dmalab.core.tasks import Waiters
from dmalab.guest.calls import pair
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers
from dmalab.guest.zephyr_handlers.objects import known, timeout_ps
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.zephyr.errors import Errno

calls = Handlers()

ALL, RESET, SAFE = 1, 2, 4
"""How a thread waits: for all of its events, clearing all before, taking those it got."""


@dataclass(slots=True, eq=False)
class _Wait:
    """A thread that waits for events."""

    waiters: Waiters
    wanted: int
    how: int

    def match(self, events: int) -> int:
        """The events that end the wait; 0 when it goes on."""
        got = events & self.wanted
        return got if not self.how & ALL or got == self.wanted else 0


@dataclass(slots=True, eq=False)
class Event:
    """An event object."""

    name: str
    events: int = 0
    waits: list[_Wait] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Condvar:
    """A condition variable."""

    waiters: Waiters


# -- events ----------------------------------------------------------------------------------------------------------


@calls.add
def k_event_init(firmware: Firmware, event: int) -> None:
    firmware.handles[event] = Event(name_of(firmware, "event", event))


@calls.add
def k_event_set_masked(firmware: Firmware, event: int, events: int, mask: int) -> int:
    one = known(firmware, event, Event, "event")
    before = one.events & mask
    one.events = one.events & ~mask | events & mask
    taken = 0
    for wait in list(one.waits):
        got = wait.match(one.events)
        if got:
            one.waits.remove(wait)
            firmware.machine.scheduler.wake(wait.waiters, answer=got)
            taken |= got if wait.how & SAFE else 0
    one.events &= ~taken
    return pair(before, one.events)


@calls.add
async def k_event_wait(firmware: Firmware, event: int, events: int, how: int, ticks: int) -> int:
    one, scheduler = known(firmware, event, Event, "event"), firmware.machine.scheduler
    if ticks:
        drivers.waits(firmware, "k_event_wait", one.name)
    if how & RESET:
        one.events = 0
    wait = _Wait(Waiters(one.name), events, how)
    got = wait.match(one.events)
    if got:
        one.events &= ~got if how & SAFE else ~0
        return got
    if not ticks or not scheduler.may_wait("k_event_wait"):
        return 0
    one.waits.append(wait)
    answer = await scheduler.wait(wait.waiters, timeout_ps(ticks), "k_event_wait")
    if not answer:
        one.waits.remove(wait)
    return int(answer)


# -- condition variables ---------------------------------------------------------------------------------------------


@calls.add
def k_condvar_init(firmware: Firmware, condvar: int) -> None:
    firmware.handles[condvar] = Condvar(Waiters(name_of(firmware, "condition variable", condvar)))


@calls.add
def k_condvar_wake(firmware: Firmware, condvar: int, every: int) -> int:
    one, woken = known(firmware, condvar, Condvar, "condition variable"), 0
    while firmware.machine.scheduler.wake(one.waiters) is not None:
        woken += 1
        if not every:
            break
    return woken


@calls.add
async def k_condvar_wait(firmware: Firmware, condvar: int, mutex: int, ticks: int) -> int:
    one, lock = known(firmware, condvar, Condvar, "condition variable"), known(firmware, mutex, Mutex, "mutex")
    scheduler = firmware.machine.scheduler
    drivers.waits(firmware, "k_condvar_wait", one.waiters.what)
    if not scheduler.may_wait("k_condvar_wait"):
        return -Errno.EAGAIN
    lock.give()
    woken = bool(ticks) and await scheduler.wait(one.waiters, timeout_ps(ticks), "k_condvar_wait")
    await lock.take(None, call="k_condvar_wait")
    return 0 if woken else -Errno.EAGAIN
