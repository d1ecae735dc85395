"""What SPI transactions cost, in ESP-IDF and in esp-hal, by every way of driving them.

All figures come from `core.spi_cost`, which the drivers charge too.
"""

from __future__ import annotations

from collections.abc import Sequence

from dmalab.chips.model import Chip
from dmalab.core.spi_clock import BusClock, ClockOutOfRange, nearest
from dmalab.core.spi_cost import ONE_BYTE, How, SpiCost
from dmalab.errors import OptionError
from dmalab.plan.table import Plan, Row, Way, check_sizes, first, sentence

BYTES_PER_DESCRIPTOR = 4092
NARROW_PRE_LIMIT, WIDE_PRE_LIMIT = 16, 8192


class SpiWays:
    """The ways of one chip at one clock."""

    def __init__(self, chip: Chip, hz: int, *, lines: int = 1) -> None:
        """Raises OptionError: the chip has no SPI figures, or can't make that clock or use those lines."""
        spi = chip.spi
        if spi is None or chip.name not in ONE_BYTE:
            raise OptionError(f"--chip: no SPI figures are known for {chip.name}; known: {', '.join(sorted(ONE_BYTE))}")
        most = max(host.data_lines for host in spi.hosts)
        if lines not in (1, 2, 4, 8) or lines > max(2, most):
            raise OptionError(f"--lines: {lines}; {chip.name} has up to {most}")
        try:
            limit = WIDE_PRE_LIMIT if spi.dma_channels else NARROW_PRE_LIMIT
            self.clock: BusClock = nearest(spi.max_hz, hz, pre_limit=limit)
        except ClockOutOfRange:
            raise OptionError(f"--clock: {hz} Hz; {chip.name} makes clocks above 0, up to {spi.max_hz} Hz") from None
        self._cost = SpiCost(chip)
        self._lines = lines
        self._fifo = spi.cpu_max_bits // 8
        self._most = spi.dma_max_bits // 8 // BYTES_PER_DESCRIPTOR * BYTES_PER_DESCRIPTOR

    def wire_ps(self, size: int) -> int:
        """The bytes on the wire."""
        return self.clock.time_ps(-(-8 * size // self._lines))

    def _pieces(self, size: int, limit: int) -> list[tuple[int, int]]:
        """(bytes, how often)."""
        whole, rest = divmod(size, limit)
        return [piece for piece in ((limit, whole), (rest, 1 if rest else 0)) if piece[1]]

    def transaction(self, size: int, *, interrupt: bool, dma: bool) -> tuple[int, int]:
        """Transactions of ESP-IDF's driver, one after the other where one can't carry all."""
        total = busy = 0
        how: How = "interrupt" if interrupt else "polling"
        for piece, times in self._pieces(size, self._most if dma else self._fifo):
            wire = self.wire_ps(piece)
            total += times * self._cost.transaction_ps(how, wire, dma=dma, size=piece)
            busy += times * self._cost.busy_ps(how, wire, dma=dma, size=piece)
        return total, busy

    def esp_hal_blocking(self, size: int) -> tuple[int, int]:
        """esp-hal's `Spi.transfer`: both ways through the FIFO."""
        total = 0
        for piece, times in self._pieces(size, self._fifo):
            total += times * (self._cost.fifo_load_ps(piece) + self.wire_ps(piece) + self._cost.fifo_unload_ps(piece))
        return total, total

    def esp_hal_dma(self, size: int) -> tuple[int, int]:
        """esp-hal's `dma_transfer`, then `wait`, with other work in between."""
        total = busy = 0
        for piece, times in self._pieces(size, self._most):
            setup = self._cost.dma_setup_ps + self._cost.fifo_load_ps(0) + self._cost.call_ps
            total += times * (setup + self.wire_ps(piece))
            busy += times * setup
        return total, busy

    def all(self) -> dict[str, Way]:
        """Every way by its name in the table."""
        return {
            "polling, FIFO": lambda size: self.transaction(size, interrupt=False, dma=False),
            "interrupt, FIFO": lambda size: self.transaction(size, interrupt=True, dma=False),
            "polling, DMA": lambda size: self.transaction(size, interrupt=False, dma=True),
            "interrupt, DMA": lambda size: self.transaction(size, interrupt=True, dma=True),
            "esp-hal blocking": self.esp_hal_blocking,
            "esp-hal DMA": self.esp_hal_dma,
        }


def plan_spi(chip: Chip, hz: int, sizes: Sequence[int], *, lines: int = 1) -> Plan:
    """Predict SPI transactions.

    Args:
        chip: The part.
        hz: Clock asked for; the nearest the dividers make is used.
        sizes: Bytes, at least 1 each.
        lines: Data lines.
    Raises:
        OptionError: see `SpiWays`; or a size below 1.
    """
    ways = SpiWays(chip, hz, lines=lines)
    table = ways.all()
    check_sizes(sizes)
    rows = [
        Row(size=size, way=way, total_ps=total, busy_ps=busy)
        for size in sizes
        for way, (total, busy) in ((name, way(size)) for name, way in table.items())
    ]
    frees = first(lambda n: table["interrupt, DMA"](n)[1] < table["polling, FIFO"](n)[1])
    sooner = first(lambda n: table["polling, DMA"](n)[0] < table["polling, FIFO"](n)[0])
    hal = first(lambda n: table["esp-hal DMA"](n)[1] < table["esp-hal blocking"](n)[1])
    notes = ["esp-hal: no figure of its set-up is public; that of ESP-IDF's DMA link set-up is used"]
    if abs(ways.clock.hz - hz) > hz / 100:
        notes.insert(0, f"the dividers make no {hz / 1e6:g} MHz: {ways.clock.hz / 1e6:g} MHz is the nearest")
    if SpiCost(chip).figures.assumed:
        notes.append(f"{chip.name}: only upper bounds are public; the figures are guesses below them")
    return Plan(
        title=f"SPI on {chip.name} at {ways.clock.hz / 1e6:g} MHz, {lines} line{'s' if lines > 1 else ''}",
        rows=tuple(rows),
        break_even=(
            sentence(frees, "DMA by interrupt costs the core less than polling the FIFO"),
            sentence(sooner, "polled DMA is over sooner than polling the FIFO"),
            sentence(hal, "esp-hal's DMA costs the core less than its blocking transfer"),
        ),
        notes=tuple(notes),
    )
