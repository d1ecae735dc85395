"""What goes over the wires of an SPI bus: frames, their phases, and the bits in the order of their clocks.

A frame is one activation of chip select: command, address and dummy phases, then data. In full duplex both data directions share the
clocks, in half duplex sending comes first. With 2, 4 or 8 lines a clock carries that many bits, the earliest on the highest line.

Not modelled: the shape of single clocks (duty cycle, delays, set-up and hold), so any clock up to the limit works over any wire.
Source: ESP-IDF docs/en/api-reference/peripherals/spi_master.rst (phases, lines); esp-hal src/spi (modes, data modes).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import numpy as np

from dmalab.core.planes import Bytes
from dmalab.core.spi_clock import BusClock


class BitOrder(Enum):
    """Which bit of a byte comes first."""

    MSB_FIRST = "big"
    LSB_FIRST = "little"


class SpiMode(Enum):
    """Clock polarity and phase: the idle level of the clock, and the edge at which data is sampled."""

    MODE_0 = 0
    MODE_1 = 1
    MODE_2 = 2
    MODE_3 = 3

    @property
    def idle_level(self) -> int:
        """Level of the clock between frames."""
        return self.value >> 1

    @property
    def samples_on_rising_edge(self) -> bool:
        """Modes 0 and 3 do; so a device made for one of them understands the other."""
        return self.value in (0, 3)


@dataclass(frozen=True, slots=True)
class Phase:
    """A command or an address."""

    value: int
    bits: int
    lines: int = 1

    def pattern(self) -> Bytes:
        """Its bits, the most significant first."""
        places = np.arange(self.bits - 1, -1, -1)
        return np.array([self.value >> int(place) & 1 for place in places], dtype=np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One chip-select activation."""

    clock: BusClock
    mode: SpiMode = SpiMode.MODE_0
    tx_order: BitOrder = BitOrder.MSB_FIRST
    rx_order: BitOrder = BitOrder.MSB_FIRST
    duplex: Literal["full", "half"] = "full"
    command: Phase | None = None
    address: Phase | None = None
    dummy_clocks: int = 0
    lines: int = 1
    """Data lines used at once: 1, 2, 4 or 8; more than 1 needs half duplex."""
    one_wire: bool = False
    """Half duplex on one line: data comes in on the line it goes out on."""
    tx_bits: int = 0
    rx_bits: int = 0
    keep_selected: bool = False
    """Leave chip select active behind this frame."""

    @property
    def tx_bytes(self) -> int:
        """Bytes that hold what is sent."""
        return (self.tx_bits + 7) // 8

    @property
    def rx_bytes(self) -> int:
        """Bytes that hold what is received."""
        return (self.rx_bits + 7) // 8

    @property
    def lead_clocks(self) -> int:
        """Clocks before the data: command, address, dummy."""
        phases = (phase for phase in (self.command, self.address) if phase is not None)
        return sum(-(-phase.bits // phase.lines) for phase in phases) + self.dummy_clocks

    @property
    def data_clocks(self) -> int:
        """Clocks of the data phase or phases."""
        tx, rx = -(-self.tx_bits // self.lines), -(-self.rx_bits // self.lines)
        return max(tx, rx) if self.duplex == "full" else tx + rx

    @property
    def clocks(self) -> int:
        """All clocks of the frame."""
        return self.lead_clocks + self.data_clocks

    @property
    def time_ps(self) -> int:
        """How long the wires are busy."""
        return self.clock.time_ps(self.clocks)


def to_bits(data: bytes | Bytes, order: BitOrder) -> Bytes:
    """Bytes as bits in the order of their clocks."""
    return np.unpackbits(np.frombuffer(data, dtype=np.uint8), bitorder=order.value)


def to_bytes(bits: Bytes, order: BitOrder) -> bytes:
    """Bits in the order of their clocks as bytes; missing ones of the last byte are 0."""
    return np.packbits(bits, bitorder=order.value).tobytes()


def spread(bits: Bytes, lines: int) -> Bytes:
    """Bits dealt out to lines: row k is what line k carries. The earliest bit of a clock goes to the highest line."""
    short = -len(bits) % lines
    if short:
        bits = np.concatenate((bits, np.zeros(short, dtype=np.uint8)))
    return bits.reshape(-1, lines)[:, ::-1].T


def gather(rows: Bytes) -> Bytes:
    """The bits that lines carried, in order; undoes `spread`."""
    return np.ascontiguousarray(rows.T[:, ::-1]).reshape(-1)
