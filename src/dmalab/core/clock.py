"""Virtual time: integer picoseconds and the queue of what is due.

Nothing here sleeps or reads a wall clock. Events of equal time run in the order they were scheduled, so that a run depends on its
input alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

PS_PER_NS = 1_000
PS_PER_US = 1_000_000
PS_PER_MS = 1_000_000_000
PS_PER_S = 1_000_000_000_000


class Event:
    """Something that happens at a known time, unless cancelled."""

    __slots__ = ("action", "time_ps")

    def __init__(self, time_ps: int, action: Callable[[], None]) -> None:
        self.time_ps = time_ps
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        """Forget it. Cancelling twice, or after it happened, does nothing."""
        self.action = None


class Clock:
    """The time of one machine."""

    def __init__(self) -> None:
        self.now_ps = 0
        self._queue: list[tuple[int, int, Event]] = []
        self._sequence = 0

    def schedule(self, delay_ps: int, action: Callable[[], None]) -> Event:
        """Run `action` `delay_ps` picoseconds from now.

        Raises:
            ValueError: the delay is negative.
        """
        if delay_ps < 0:
            raise ValueError(f"an event {delay_ps} ps in the past")
        event = Event(self.now_ps + delay_ps, action)
        self._sequence += 1
        heapq.heappush(self._queue, (event.time_ps, self._sequence, event))
        return event

    def next_due_ps(self) -> int | None:
        """When the next event is due; None when nothing is pending."""
        queue = self._queue
        while queue and queue[0][2].action is None:
            heapq.heappop(queue)
        return queue[0][0] if queue else None

    def advance_to(self, time_ps: int) -> None:
        """Move time forward without running anything; never backward."""
        if time_ps > self.now_ps:
            self.now_ps = time_ps

    def run_due(self) -> bool:
        """Run what is due by now, in order; whether anything ran.

        An action may schedule more for this very moment; that runs too.
        """
        ran = False
        while (due := self.next_due_ps()) is not None and due <= self.now_ps:
            event = heapq.heappop(self._queue)[2]
            action, event.action = event.action, None
            if action is not None:
                action()
                ran = True
        return ran
