"""`k_poll`: waiting for one of several objects.

Source: zephyr doc/kernel/services/polling.rst; include/zephyr/kernel.h.
"""

from __future__ import annotations

from dmalab.core.sync import Semaphore
from dmalab.core.tasks import Waiters
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.handlers.table import Handlers
from dmalab.guest.zephyr_handlers import drivers, pollers
from dmalab.guest.zephyr_handlers.objects import timeout_ps
from dmalab.guest.zephyr_handlers.pipes import Pipe
from dmalab.guest.zephyr_handlers.pollers import Poll
from dmalab.guest.zephyr_handlers.queues import KQueue
from dmalab.guest.zephyr_handlers.sync import MessageQueue
from dmalab.zephyr.errors import Errno

calls = Handlers()

STATE_OF = {1: pollers.SIGNALED, 2: pollers.SEM, 4: pollers.DATA, 8: pollers.MSGQ, 16: pollers.PIPE}
"""`K_POLL_STATE_…` by `K_POLL_TYPE_…`; type 0 is ignored."""


def _polls(firmware: Firmware) -> dict[object, Poll]:
    """The call of each thread."""
    found: dict[object, Poll] = firmware.state.setdefault("polls", {})
    return found


def _mine(firmware: Firmware) -> Poll:
    return _polls(firmware)[firmware.machine.scheduler.current]


def _is_available(firmware: Firmware, address: int) -> bool:
    thing = firmware.handles.get(address)
    if isinstance(thing, Semaphore):
        return thing.count > 0
    if isinstance(thing, KQueue):
        return bool(thing.items)
    if isinstance(thing, MessageQueue):
        return bool(thing.queue.items)
    return isinstance(thing, Pipe) and bool(thing.data)


@calls.add
def k_poll_begin(firmware: Firmware) -> None:
    task = firmware.machine.scheduler.current
    _polls(firmware)[task] = Poll(Waiters("one of several objects (k_poll)"), task)


@calls.add
def k_poll_add(firmware: Firmware, kind: int, address: int) -> None:
    if kind and kind not in STATE_OF:
        raise FirmwareAssert(f"k_poll got an event of type {kind}, which does not exist")
    poll = _mine(firmware)
    poll.events.append((kind, address))
    poll.states.append(STATE_OF[kind] if kind and _is_available(firmware, address) else 0)
    if kind:
        pollers.enlist(firmware, poll, address)


@calls.add
def k_poll_signaled(firmware: Firmware, number: int) -> None:
    _mine(firmware).states[number] |= pollers.SIGNALED


@calls.add
async def k_poll_wait(firmware: Firmware, ticks: int) -> int:
    poll, scheduler = _mine(firmware), firmware.machine.scheduler
    try:
        if not any(poll.states):
            if not ticks:
                return -Errno.EAGAIN
            drivers.waits(firmware, "k_poll", "one of several objects")
            if not scheduler.may_wait("k_poll") or not await scheduler.wait(poll.waiters, timeout_ps(ticks), "k_poll"):
                return -Errno.EAGAIN
        return -Errno.EINTR if any(state & pollers.CANCELLED for state in poll.states) else 0
    finally:
        pollers.withdraw(firmware, poll)


@calls.add
def k_poll_state(firmware: Firmware, number: int) -> int:
    return _mine(firmware).states[number]


@calls.add
def k_poll_signal_raise(firmware: Firmware, address: int) -> None:
    pollers.tell(firmware, address, pollers.SIGNALED)
