"""The plan beside what others measured: one row per published figure, with the error of the prediction.

A row that contradicts a better one says so, with the figures; every other one is met within `TOLERANCE`. What a source measured and
the model does not predict is listed apart, with the reason.

Source: every row of published.toml names its own.
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
from dmalab.plan.copy import core_ps, engine_for, engine_times, region_of
from dmalab.plan.spi import SpiWays
from dmalab.plan.table import load

TOLERANCE = 0.1
_FILE = Path(__file__).with_suffix(".toml")
DRAW_COMMANDS = 4
"""Transactions that set a panel's window before its pixels."""
DRAW_BAND_BYTES = 15360
ARDUINO_CALL_US = 18.0
"""What the driver spends around its FIFO loads; fitted to the rows of its own."""
ARDUINO_LOAD_US = 2.7

_CORE = ("cpu", "cpu_cached", "loop")


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
    option: dict[str, str] = {}
    """How the chip is built, as for `dmalab run --option`."""
    engine: str = ""
    """Name of the engine; empty for the first that can."""
    burst: int = 16
    work: float = 0.0
    """Cycles per byte a loop takes where every access hits; for the way `loop`."""
    bound: bool = False
    """An upper limit rather than a typical value."""
    contradicts: str = ""
    """The better figures that this one can't stand beside; empty where it can."""

    @property
    def what(self) -> str:
        """The row in words."""
        if self.kind == "spi":
            if self.way == "prefetch":
                return "SPI, DMA start to first data"
            lines = f" x{self.lines}" if self.lines > 1 else ""
            return f"SPI {self.way.replace('_', ', ')}, {self.bytes} B at {self.hz / 1e6:g} MHz{lines}"
        return f"{self._verb}, {self.bytes} B{self._how}"

    @property
    def _verb(self) -> str:
        if not self.to_region:
            return f"read {self.from_region} by {self._by}"
        if not self.from_region:
            return f"write {self.to_region} by {self._by}"
        return f"copy {self.from_region} to {self.to_region} by {self._by}"

    @property
    def _by(self) -> str:
        return "cpu, target cached" if self.way == "cpu_cached" else self.way.replace("_", " ")

    @property
    def _how(self) -> str:
        parts = [] if self.way in _CORE else [f"burst {self.burst}"]
        parts += [self.engine.replace("_gdma", "").upper()] if self.engine else []
        parts += [f"{self.work:g} cycles/B"] if self.way == "loop" else []
        parts += [f"{name} {value}" for name, value in self.option.items()]
        parts += [f"core {self.cpu_mhz} MHz"] if self.cpu_mhz else []
        return "".join(f", {part}" for part in parts)


class LeftOut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures of a source that no prediction stands beside."""

    what: str
    reason: str
    source: str


class _File(msgspec.Struct, forbid_unknown_fields=True):
    row: tuple[Published, ...]
    left_out: tuple[LeftOut, ...]


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


def published() -> tuple[Published, ...]:
    """All rows."""
    return _file().row


def left_out() -> tuple[LeftOut, ...]:
    """What is not predicted."""
    return _file().left_out


@cache
def _file() -> _File:
    return msgspec.convert(tomllib.loads(_FILE.read_text(encoding="utf-8")), _File, strict=True)


def compare(row: Published) -> Compared:
    """Predict one row."""
    return Compared(row, (_spi_ps if row.kind == "spi" else _copy_ps)(row) / PS_PER_US)


def table() -> str:
    """All rows as Markdown tables: what is met, what contradicts something better, what is not predicted."""
    compared = [compare(row) for row in published()]
    met = [_line(one) for one in compared if not one.published.contradicts]
    not_met = [f"{_line(one)} {one.published.contradicts} |" for one in compared if one.published.contradicts]
    head = "| chip | what | published | predicted | error | source |"
    return "\n".join(
        [
            head,
            "|---|---|---|---|---|---|",
            *met,
            "",
            "Contradicted by better figures, and not met:",
            "",
            f"{head} contradicted by |",
            "|---|---|---|---|---|---|---|",
            *not_met,
            "",
            "Not predicted:",
            "",
            "| what | why | source |",
            "|---|---|---|",
            *(f"| {one.what} | {one.reason} | {one.source} |" for one in left_out()),
        ]
    )


def _line(compared: Compared) -> str:
    row = compared.published
    bound = "at most " if row.bound else ""
    error = "within" if row.bound and not compared.error else f"{compared.error:+.1%}"
    return f"| {row.chip} | {row.what} | {bound}{row.us:.1f} us | {compared.predicted_us:.1f} us | {error} | {row.source} |"


def _spi_ps(row: Published) -> int:
    chip = load(row.chip, row.cpu_mhz, row.option)
    if row.way == "prefetch":
        return chip.timing.start_ns * PS_PER_NS
    ways, cost = SpiWays(chip, row.hz, lines=row.lines), SpiCost(chip)
    wire = ways.wire_ps(row.bytes)
    if row.way == "draw":
        commands = DRAW_COMMANDS * cost.transaction_ps("interrupt", 0, dma=True)
        bands = -(-row.bytes // DRAW_BAND_BYTES)
        return bands * (cost.transaction_ps("interrupt", 0, dma=True) + commands) + wire
    if row.way == "arduino":
        loads = -(-row.bytes // 64)
        return wire + round((ARDUINO_CALL_US + loads * ARDUINO_LOAD_US) * PS_PER_US)
    if row.way == "register":
        return cost.fifo_load_ps(row.bytes) + wire
    if row.way == "fifo_gap":
        return cost.fifo_load_ps(row.bytes)
    if row.way == "queue_gap":
        parts = cost.interrupt_ps(dma=True)
        return chip.timing.isr_enter_ns * PS_PER_NS + parts.finish + parts.start
    how, _, by = row.way.partition("_")
    return ways.transaction(row.bytes, interrupt=how == "interrupt", dma=by == "dma")[0]


def _copy_ps(row: Published) -> int:
    chip = load(row.chip, row.cpu_mhz, row.option)
    source = region_of(chip, "from_region", row.from_region) if row.from_region else None
    target = region_of(chip, "to_region", row.to_region) if row.to_region else None
    if row.way in _CORE:
        cycles = row.bytes * row.work if row.way == "loop" else None
        return core_ps(chip, source, target, row.bytes, cycles=cycles, target_cached=row.way == "cpu_cached")
    if source is None or target is None or not (engine := engine_for(chip, source, target, name=row.engine)):
        raise ValueError(f"{row.chip}: {row.what}: no engine does that")
    times = engine_times(chip, engine, source, target, row.bytes, row.burst)
    return {"engine": times.woken, "call": times.returned, "wire": times.told - times.returned}[row.way]
