"""The plan beside what others measured: one row per published figure, with the error of the prediction.

Source: every row of plan_published.toml names its own.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from dmalab.core.clock import PS_PER_NS, PS_PER_US
from dmalab.core.spi_cost import SpiCost
from dmalab.plan import Row, SpiWays, load, plan_copy

_FILE = Path(__file__).with_suffix(".toml")
DRAW_COMMANDS = 4
"""Transactions that set a panel's window before its pixels."""
DRAW_BAND_BYTES = 15360
ARDUINO_CALL_US = 18.0
"""What the driver spends around its FIFO loads; fitted to the rows of its own."""
ARDUINO_LOAD_US = 2.7


class Published(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure somebody published."""

    kind: Literal["spi", "copy"]
    chip: str
    way: str
    bytes: int
    us: float
    source: str
    hz: int = 0
    lines: int = 1
    from_region: str = ""
    to_region: str = ""
    cpu_mhz: int | None = None
    burst: int = 16
    bound: bool = False
    """An upper limit rather than a typical value."""

    @property
    def what(self) -> str:
        """The row in words."""
        if self.kind == "spi":
            lines = f" x{self.lines}" if self.lines > 1 else ""
            return f"SPI {self.way.replace('_', ', ')}, {self.bytes} B at {self.hz / 1e6:g} MHz{lines}"
        burst = "" if self.way == "cpu" else f", burst {self.burst}"
        return f"copy {self.from_region} to {self.to_region} by {self.way.replace('_', ' ')}, {self.bytes} B{burst}"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    row: tuple[Published, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A published figure and the prediction for it."""

    published: Published
    predicted_us: float

    @property
    def error(self) -> float:
        """Relative; positive when the prediction is longer. Below a bound there is no error."""
        if self.published.bound and self.predicted_us <= self.published.us:
            return 0.0
        return self.predicted_us / self.published.us - 1


@cache
def published() -> tuple[Published, ...]:
    """All rows."""
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), _File, strict=True).row


def compare(row: Published) -> Compared:
    """Predict one row."""
    return Compared(row, (_spi_us if row.kind == "spi" else _copy_us)(row))


def table() -> str:
    """All rows as a Markdown table."""
    lines = ["| chip | what | published | predicted | error | source |", "|---|---|---|---|---|---|"]
    for row in published():
        compared = compare(row)
        bound = "at most " if row.bound else ""
        error = "within" if row.bound and not compared.error else f"{compared.error:+.1%}"
        lines.append(
            f"| {row.chip} | {row.what} | {bound}{row.us:.1f} us | {compared.predicted_us:.1f} us | {error} | {row.source} |"
        )
    return "\n".join(lines)


def _spi_us(row: Published) -> float:
    chip = load(row.chip, row.cpu_mhz)
    ways, cost = SpiWays(chip, row.hz, lines=row.lines), SpiCost(chip)
    wire = ways.wire_ps(row.bytes)
    if row.way == "draw":
        commands = DRAW_COMMANDS * cost.transaction_ps("interrupt", 0, dma=True)
        bands = -(-row.bytes // DRAW_BAND_BYTES)
        pixels = bands * cost.transaction_ps("interrupt", 0, dma=True) + wire
        total = pixels + commands * bands
    elif row.way == "arduino":
        loads = -(-row.bytes // 64)
        total = wire + round((ARDUINO_CALL_US + loads * ARDUINO_LOAD_US) * PS_PER_US)
    elif row.way == "register":
        total = cost.fifo_load_ps(row.bytes) + wire
    elif row.way == "fifo_gap":
        total = cost.fifo_load_ps(row.bytes)
    elif row.way == "queue_gap":
        parts = cost.interrupt_ps(dma=True)
        total = chip.timing.isr_enter_ns * PS_PER_NS + parts.finish + parts.start
    else:
        how, _, by = row.way.partition("_")
        total = ways.transaction(row.bytes, interrupt=how == "interrupt", dma=by == "dma")[0]
    return total / PS_PER_US


def _copy_us(row: Published) -> float:
    chip = load(row.chip, row.cpu_mhz)
    plan = plan_copy(chip, row.from_region, row.to_region, [row.bytes], burst=row.burst)
    way = "CPU copy" if row.way == "cpu" else "async memcpy"
    (found,) = (one for one in plan.rows if one.way == way)
    return _copy_ps(row, found, chip.timing.isr_enter_ns * PS_PER_NS) / PS_PER_US


def _copy_ps(row: Published, found: Row, enter_ps: int) -> int:
    """`engine_wire` counts from the end of the call to the interrupt, `rate` only what the engine is busy."""
    return found.left_ps + enter_ps if row.way in ("engine_wire", "rate") else found.total_ps
