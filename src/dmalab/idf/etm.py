"""The ETM driver, `esp_etm.h`: channels that lead an event to a task without the core.

Events and tasks are objects of the drivers they come from (`etm_sources`); a channel is programmed with their numbers,
and does not notice when they are deleted.
Source: ESP-IDF components/esp_hw_support/esp_etm.c (v5.1 to v5.4), components/esp_hw_support/etm/esp_etm.c (v5.5, v6.0,
master).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from dmalab.core.etm import Etm
from dmalab.core.machine import BareMachine
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr, IdfError

CHANNEL_BYTES = 32
HANDLE_BYTES = 16


def matrix(machine: BareMachine) -> Etm:
    """The machine's matrix.

    Raises:
        IdfError: NOT_SUPPORTED on a chip without one.
    """
    if machine.etm is None:
        raise IdfError(EspErr.NOT_SUPPORTED, f"{machine.chip.name} has no event task matrix")
    return machine.etm


class EtmEvent(DriverObject):
    """Something that happens in hardware."""

    def __init__(self, machine: BareMachine, number: int, source: str, on_delete: Callable[[], None]) -> None:
        """Args: `on_delete` is the owner's own deletion, which may refuse."""
        super().__init__(machine, HANDLE_BYTES, "ETM event")
        self.number = number
        self.source = source
        self.on_delete = on_delete

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"ETM event of {self.source}"

    def delete(self) -> None:
        """`esp_etm_del_event`.

        Raises:
            IdfError: what the owner says.
        """
        self.on_delete()
        self.forget()


class EtmTask(DriverObject):
    """Something hardware can do."""

    def __init__(self, machine: BareMachine, number: int, source: str, on_delete: Callable[[], None]) -> None:
        """Args: `on_delete` is the owner's own deletion, which may refuse."""
        super().__init__(machine, HANDLE_BYTES, "ETM task")
        self.number = number
        self.source = source
        self.on_delete = on_delete

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"ETM task of {self.source}"

    def delete(self) -> None:
        """`esp_etm_del_task`.

        Raises:
            IdfError: what the owner says.
        """
        self.on_delete()
        self.forget()


class EtmChannelHandle(DriverObject):
    """A channel: INIT -> ENABLE -> INIT."""

    def __init__(self, machine: BareMachine) -> None:
        """`esp_etm_new_channel`: the lowest free one.

        Raises:
            IdfError: NOT_SUPPORTED without a matrix, NO_MEM, NOT_FOUND when all are taken.
        """
        etm = matrix(machine)
        super().__init__(machine, CHANNEL_BYTES, "ETM channel")
        taken = {driver.id for driver in machine.drivers if isinstance(driver, EtmChannelHandle) and driver is not self}
        free = next((number for number in range(len(etm.channels)) if number not in taken), None)
        if free is None:
            self.forget()
            raise IdfError(EspErr.NOT_FOUND, f"all {len(etm.channels)} ETM channels are taken")
        self.id = free
        self.state: Literal["init", "enable"] = "init"
        self._core = etm.channels[free]

    id = -1

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"ETM channel {self.id}"

    def delete(self) -> None:
        """Give the channel back.

        Raises:
            IdfError: INVALID_STATE while it is enabled.
        """
        if self.state != "init":
            raise IdfError(EspErr.INVALID_STATE, "the channel is enabled")
        self._core.event = self._core.task = 0
        self.forget()

    def enable(self) -> None:
        """Let events through.

        Raises:
            IdfError: INVALID_STATE when it is enabled.
        """
        if self.state != "init":
            raise IdfError(EspErr.INVALID_STATE, "the channel is enabled already")
        self.state, self._core.enabled = "enable", True

    def disable(self) -> None:
        """Let nothing through.

        Raises:
            IdfError: INVALID_STATE when it is not enabled.
        """
        if self.state != "enable":
            raise IdfError(EspErr.INVALID_STATE, "the channel is not enabled")
        self.state, self._core.enabled = "init", False

    def connect(self, event: EtmEvent | None, task: EtmTask | None) -> None:
        """Program event and task; None disconnects that end. Allowed while the channel is enabled."""
        self._core.event = event.number if event is not None else 0
        self._core.task = task.number if task is not None else 0

    @property
    def event_id(self) -> int:
        """The event's number; 0 for none."""
        return self._core.event

    @property
    def task_id(self) -> int:
        """The task's number; 0 for none."""
        return self._core.task


def dump(machine: BareMachine) -> str:
    """What `esp_etm_dump` prints: a line for each channel that is enabled or installed. The wording is ours.

    Raises:
        IdfError: NOT_SUPPORTED without a matrix.
    """
    etm = matrix(machine)
    installed = {driver.id for driver in machine.drivers if isinstance(driver, EtmChannelHandle)}
    lines = ["===========ETM Dump Start==========="]
    for number, channel in enumerate(etm.channels):
        if channel.enabled:
            note = "" if number in installed else " (enabled but not recorded)"
            lines.append(f"channel {number}: event {channel.event} ==> task {channel.task}{note}")
        elif number in installed:
            lines.append(f"channel {number}: created but not enabled")
    lines.append("===========ETM Dump End=============")
    return "".join(line + "\r\n" for line in lines)
