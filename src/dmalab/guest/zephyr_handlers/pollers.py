"""Threads that wait for one of several objects with `k_poll`, by object.

An object that becomes available tells one of them, the most urgent; it gets no token, and may find the object taken when it runs.
Source: zephyr doc/kernel/services/polling.rst; kernel/poll.c.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmalab.core.tasks import Task, Waiters
from dmalab.guest.firmware import Firmware

SIGNALED, SEM, DATA, CANCELLED, MSGQ, PIPE = 1, 2, 4, 8, 16, 32
"""Bits of `K_POLL_STATE_…`."""


@dataclass(slots=True, eq=False)
class Poll:
    """One call of `k_poll`."""

    waiters: Waiters
    task: Task | None
    """The thread that calls; None for an interrupt."""
    events: list[tuple[int, int]] = field(default_factory=list)
    """Type and object of each event."""
    states: list[int] = field(default_factory=list)

    @property
    def priority(self) -> int:
        """Of the thread that calls."""
        return self.task.priority if self.task is not None else -1


def _waiting(firmware: Firmware) -> dict[int, list[Poll]]:
    found: dict[int, list[Poll]] = firmware.state.setdefault("pollers", {})
    return found


def enlist(firmware: Firmware, poll: Poll, address: int) -> None:
    """Have a call told of an object, from now on: it may become available before the call waits."""
    _waiting(firmware).setdefault(address, []).append(poll)


def withdraw(firmware: Firmware, poll: Poll) -> None:
    """The call is over."""
    for _, address in poll.events:
        polls = _waiting(firmware).get(address, [])
        while poll in polls:
            polls.remove(poll)


def tell(firmware: Firmware, address: int, state: int) -> bool:
    """An object became available: the most urgent call that waits for it goes on; whether there was one."""
    poll = max(_waiting(firmware).get(address, []), key=lambda one: one.priority, default=None)
    if poll is None:
        return False
    withdraw(firmware, poll)
    for number, (_, object_) in enumerate(poll.events):
        if object_ == address:
            poll.states[number] |= state
    firmware.machine.scheduler.wake(poll.waiters)
    return True
