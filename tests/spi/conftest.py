"""A machine whose SPI2 is wired: clock on 0, MOSI on 4, MISO on 2, chip select on 5."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dmalab import Machine
from dmalab.core.spi import SpiController


class Wired:
    """A machine and one of its controllers."""

    def __init__(self, chip: str = "esp32c3", *, joined: bool = True) -> None:
        self.machine = Machine(chip)
        self.controller: SpiController = self.machine.spi["SPI2"]
        pins = self.controller.bus.pins
        pins.sck, pins.data[0], pins.data[1] = 0, 4, 2
        if joined:
            self.machine.gpio.connect(4, 2)

    def run_us(self, us: float) -> None:
        """Let time pass."""
        self.machine.scheduler.elapse(round(us * 1_000_000))


@pytest.fixture(scope="session")
def wired() -> Callable[..., Wired]:
    return Wired
