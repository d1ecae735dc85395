"""A Zephyr program on a machine: what is different from an ESP-IDF one."""

from __future__ import annotations

from dmalab.core.tasks import Task
from dmalab.guest.firmware import Firmware
from dmalab.guest.zephyr_calls import ZEPHYR
from dmalab.zephyr.priorities import task_priority

NEVER_PS = 1 << 62
"""Turn of equal priorities: Zephyr has none by default."""


class ZephyrFirmware(Firmware):
    """A program whose threads may return, and whose main thread has priority 0."""

    calls = ZEPHYR
    main_priority = task_priority(0)
    printing_locks = False

    def _set_up(self) -> None:
        super()._set_up()
        self.machine.scheduler.slice_ps = NEVER_PS

    def returned(self, task: Task) -> None:
        """The function of a thread came back: that is how threads end."""
