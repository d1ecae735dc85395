"""Finding what a handle stands for."""

from __future__ import annotations

from typing import TypeVar

from dmalab.guest.firmware import Firmware
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr, IdfError

D = TypeVar("D", bound=DriverObject)


def known(firmware: Firmware, thing: D) -> int:
    """Make a driver's object known to the firmware by its address."""
    firmware.handles[thing.address] = thing
    return thing.address


def find(firmware: Firmware, handle: int, kind: type[D], name: str) -> D:
    """The object behind a handle.

    Raises:
        IdfError: INVALID_ARG for NULL and for a handle of something else.
    """
    thing = firmware.handles.get(handle)
    if not isinstance(thing, kind):
        raise IdfError(EspErr.INVALID_ARG, f"{handle:#x} is no {name}")
    return thing
