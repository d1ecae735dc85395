"""How a frame looks: modes, bit orders, data modes, command and address.

Source: esp-rs/esp-hal v0.21.1 esp-hal/src/spi/mod.rs, spi/master.rs (SpiMode, SpiBitOrder, SpiDataMode, Command, Address).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from dmalab.core.spi_wire import BitOrder, Phase
from dmalab.core.spi_wire import SpiMode as WireMode


class SpiMode(Enum):
    """Clock polarity and phase."""

    Mode0 = WireMode.MODE_0
    Mode1 = WireMode.MODE_1
    Mode2 = WireMode.MODE_2
    Mode3 = WireMode.MODE_3


class SpiBitOrder(Enum):
    """Which bit of a byte comes first."""

    MSBFirst = BitOrder.MSB_FIRST
    LSBFirst = BitOrder.LSB_FIRST


class SpiDataMode(Enum):
    """Lines that carry data."""

    SingleTwoDataLines = "out on MOSI, in on MISO"
    Single = "both ways on MOSI"
    Dual = "two lines"
    Quad = "four lines"
    Octal = "eight lines"

    @property
    def lines(self) -> int:
        """How many lines."""
        return {"two lines": 2, "four lines": 4, "eight lines": 8}.get(self.value, 1)


@dataclass(frozen=True, slots=True)
class Command:
    """A command phase; `Command.NONE` for none."""

    value: int = 0
    bits: int = 0
    mode: SpiDataMode = SpiDataMode.SingleTwoDataLines

    def phase(self) -> Phase | None:
        """As the wire has it."""
        return Phase(self.value, self.bits, self.mode.lines) if self.bits else None


@dataclass(frozen=True, slots=True)
class Address(Command):
    """An address phase."""


NO_COMMAND = Command()
NO_ADDRESS = Address()
