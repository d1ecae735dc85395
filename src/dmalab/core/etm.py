"""The event task matrix: hardware events that trigger hardware tasks, with no core in between.

Events and tasks are numbers; whoever has something to trigger registers it under its number, whoever has something to
tell fires a number. An enabled channel leads one event to one task. A task runs at the moment of its event. Not
modelled: the few bus cycles from event to task, and two events of one channel in the same cycle.
Source: ESP-IDF components/hal/include/hal/etm_hal.h, components/soc/<chip>/include/soc/soc_etm_source.h @102122904ad.
"""

from __future__ import annotations

from collections.abc import Callable

Task = Callable[[], None]


class EtmChannel:
    """One lane from an event to a task; 0 is neither."""

    __slots__ = ("enabled", "event", "task")

    def __init__(self) -> None:
        self.event = 0
        self.task = 0
        self.enabled = False


class Etm:
    """The matrix of one machine."""

    def __init__(self, channels: int) -> None:
        self.channels = [EtmChannel() for _ in range(channels)]
        self._tasks: dict[int, Task] = {}

    def provide(self, number: int, task: Task) -> None:
        """Somebody can do the task `number`."""
        self._tasks[number] = task

    def withdraw(self, number: int) -> None:
        """Nobody can any more; not having been able is fine."""
        self._tasks.pop(number, None)

    def fire(self, number: int) -> None:
        """The event `number` happens."""
        for channel in self.channels:
            if channel.enabled and channel.event == number:
                task = self._tasks.get(channel.task)
                if task is not None:
                    task()
