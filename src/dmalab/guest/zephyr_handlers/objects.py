"""Kernel objects by the address of their structure."""

from __future__ import annotations

from typing import TypeVar

from dmalab.core.clock import PS_PER_US
from dmalab.guest.endings import FirmwareAssert
from dmalab.guest.firmware import Firmware
from dmalab.guest.zephyr_handlers.threads import name_of
from dmalab.guest.zephyr_handlers.ticks import FOREVER, TICK_US

Kind = TypeVar("Kind")


def known(firmware: Firmware, address: int, kind: type[Kind], what: str) -> Kind:
    """The object at an address.

    Raises:
        FirmwareAssert: it was never initialised: on a device its lists would be wild pointers.
    """
    thing = firmware.handles.get(address)
    if not isinstance(thing, kind):
        raise FirmwareAssert(f"{name_of(firmware, what, address)} was never initialised")
    return thing


def timeout_ps(ticks: int) -> int | None:
    """A time-out in picoseconds; None for ever."""
    return None if ticks == FOREVER else ticks * TICK_US * PS_PER_US
