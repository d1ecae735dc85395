"""The devices of a machine as Zephyr finds them: by node label."""

from __future__ import annotations

from typing import Protocol

from dmalab.chips.model import Chip, Engine
from dmalab.core.machine import BareMachine
from dmalab.zephyr.controller import DmaDevice
from dmalab.zephyr.drivers import DRIVERS
from dmalab.zephyr.errors import Errno, ZephyrError

LABELS = ("dma0", "dma", "tst_dma0", "test_dma0")
"""Node labels of the controller; the first is the name the device has."""


class UnknownDriver(ValueError):
    """A driver nobody has described, or a chip that none is for."""


class Board:
    """The devices of one machine."""

    def __init__(self, machine: BareMachine, driver: str = "") -> None:
        """Args: `driver` names whose behaviour the DMA calls have; the chip's own when empty.

        Raises:
            UnknownDriver: it is none of `DRIVERS`, or the chip has no controller that Zephyr has a driver for.
        """
        engine = controller(machine.chip)
        if engine is None:
            raise UnknownDriver(f"{machine.chip.name} has no DMA controller that a Zephyr driver is modelled for")
        name = driver or default_driver(machine)
        if name not in DRIVERS:
            raise UnknownDriver(f"unknown driver '{name}'; available: {', '.join(DRIVERS)}")
        self.dma = DmaDevice(machine, LABELS[0], DRIVERS[name], engine)

    def device(self, label: str) -> DmaDevice:
        """The device with a node label.

        Raises:
            ZephyrError: ENODEV when there is none.
        """
        if label not in LABELS:
            raise ZephyrError(Errno.ENODEV, f"no device has the node label {label}; there is {', '.join(LABELS)}")
        return self.dma


def controller(chip: Chip) -> Engine | None:
    """The engine behind `dma0`: the generic controller, else AHB GDMA; None without either."""
    return chip.engine("generic") or chip.engine("ahb_gdma")


def default_driver(machine: BareMachine) -> str:
    """The driver Zephyr has for the chip: the documented behaviour on a generic one."""
    return "documented" if any(engine.name == "generic" for engine in machine.chip.engines) else "esp32"


class HasBoard(Protocol):
    """A machine that runs Zephyr."""

    board: Board | None


def device(machine: HasBoard, label: str = LABELS[0]) -> DmaDevice:
    """The DMA controller, as `DEVICE_DT_GET(DT_NODELABEL(label))` gives it in C.

    Raises:
        ZephyrError: ENODEV when no device has that label, or the machine was not built for Zephyr.
    """
    if machine.board is None:
        raise ZephyrError(Errno.ENODEV, "the machine was not built with api='zephyr'")
    return machine.board.device(label)
