"""When is DMA worth it? Predicted times of SPI transactions and copies, and how much of them the core is busy.

SPI figures come from `core.spi_cost`, which the drivers charge too; copies by an engine are run on a machine, so the figures are the
machine's own. Copies by the core are what compiled code on the machine is charged: cycles per byte, a fill per cache line touched, and a
write-back per line written, which somebody has to do before anybody else sees the data.

Not predicted: contention with the rest of the program, flash stalls, task switches to others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from dmalab import chips, idf
from dmalab.chips.model import Chip, Kind, Region
from dmalab.core.clock import PS_PER_NS
from dmalab.core.spi_clock import BusClock, ClockOutOfRange, nearest
from dmalab.core.spi_cost import ONE_BYTE, How, SpiCost
from dmalab.errors import OptionError
from dmalab.machine import Machine

BYTES_PER_DESCRIPTOR = 4092
NARROW_PRE_LIMIT, WIDE_PRE_LIMIT = 16, 8192
SCAN_LIMIT = 1 << 16
"""Sizes up to here are looked at for a break-even."""
COPY_STEP = 64
REGIONS = ("sram", "psram")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of moving so many bytes."""

    size: int
    way: str
    total_ps: int
    busy_ps: int
    """Of which the core is busy."""

    @property
    def left_ps(self) -> int:
        """What the core has for other work."""
        return self.total_ps - self.busy_ps

    @property
    def bytes_per_s(self) -> float:
        """Bandwidth."""
        return self.size * 1e12 / self.total_ps


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows for every size, and where one way overtakes another."""

    title: str
    rows: tuple[Row, ...]
    break_even: tuple[str, ...]
    """Sentences."""
    notes: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways, in the order of the table."""
        return tuple(dict.fromkeys(row.way for row in self.rows))


Way = Callable[[int], tuple[int, int]]
"""Bytes to whole time and busy time, in picoseconds."""


# -- SPI -------------------------------------------------------------------------------------------------------------


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
    _check_sizes(sizes)
    rows = [
        Row(size=size, way=way, total_ps=total, busy_ps=busy)
        for size in sizes
        for way, (total, busy) in ((name, way(size)) for name, way in table.items())
    ]
    frees = _first(lambda n: table["interrupt, DMA"](n)[1] < table["polling, FIFO"](n)[1])
    sooner = _first(lambda n: table["polling, DMA"](n)[0] < table["polling, FIFO"](n)[0])
    hal = _first(lambda n: table["esp-hal DMA"](n)[1] < table["esp-hal blocking"](n)[1])
    notes = ["esp-hal: no figure of its set-up is public; that of ESP-IDF's DMA link set-up is used"]
    if SpiCost(chip).figures.assumed:
        notes.append(f"{chip.name}: only upper bounds are public; the figures are guesses below them")
    return Plan(
        title=f"SPI on {chip.name} at {ways.clock.hz / 1e6:g} MHz, {lines} line{'s' if lines > 1 else ''}",
        rows=tuple(rows),
        break_even=(
            _sentence(frees, "DMA by interrupt costs the core less than polling the FIFO"),
            _sentence(sooner, "polled DMA is over sooner than polling the FIFO"),
            _sentence(hal, "esp-hal's DMA costs the core less than its blocking transfer"),
        ),
        notes=tuple(notes),
    )


# -- copies ----------------------------------------------------------------------------------------------------------


def plan_copy(
    chip: Chip, source: str, target: str, sizes: Sequence[int], *, burst: int = 16, break_even: bool = False
) -> Plan:
    """Predict copies inside memory.

    Args:
        chip: The part.
        source: `sram` or `psram`.
        target: The same.
        sizes: Bytes, at least 1 each.
        burst: Data burst of the engine.
        break_even: Look for the sizes at which the engine overtakes the core, which takes some runs more.
    Raises:
        OptionError: a region the chip has not, or a size that does not fit it.
    """
    _check_sizes(sizes)
    regions = (_region(chip, "--from", source), _region(chip, "--to", target))
    for size in sizes:
        if size > min(region.size for region in regions) // 4:
            raise OptionError(f"--bytes: {size} is more than a quarter of the memory")
    ways: dict[str, Way] = {"CPU copy": lambda size: _cpu(chip, *regions, size)}
    notes = []
    engine = _engine(chip, regions)
    if engine is None:
        notes.append(f"no engine of {chip.name} copies from {source} to {target}")
    else:
        ways["async memcpy"] = lambda size: _run_copy(chip, engine, *regions, size, burst)
        if regions[0].line_bytes:
            per_line = chip.timing.line_writeback_ns[regions[0].name]
            notes.append(f"the source is cold: every line of it that is dirty adds {per_line} ns to either way")
    rows = [
        Row(size=size, way=way, total_ps=total, busy_ps=busy)
        for size in sizes
        for way, (total, busy) in ((name, way(size)) for name, way in ways.items())
    ]
    sentences: tuple[str, ...] = ()
    if engine is not None and break_even:
        copy, cpu = ways["async memcpy"], ways["CPU copy"]
        sentences = (
            _sentence(_bisect(lambda n: copy(n)[1] < cpu(n)[1]), "the engine costs the core less than copying itself"),
            _sentence(_bisect(lambda n: copy(n)[0] < cpu(n)[0]), "the engine is done sooner"),
        )
    return Plan(
        title=f"copies on {chip.name} from {source} to {target}, core at {chip.cpu_mhz} MHz",
        rows=tuple(rows),
        break_even=sentences,
        notes=tuple(notes),
    )


def _region(chip: Chip, option: str, name: str) -> Region:
    found = next((region for region in chip.regions if region.kind.value == name), None)
    if found is None or name not in REGIONS:
        have = sorted({region.kind.value for region in chip.regions} & set(REGIONS))
        raise OptionError(f"{option}: {chip.name} has no memory '{name}' to copy in; it has {', '.join(have)}")
    return found


def _engine(chip: Chip, regions: tuple[Region, Region]) -> str | None:
    """The first engine whose driver copies between these memories."""
    for engine in chip.engines:
        able = engine.name in ("cp_dma", "ahb_gdma", "axi_gdma") and (engine.m2m_pair_mask or engine.name == "cp_dma")
        if (
            able
            and all(region.kind in engine.reaches for region in regions)
            and not (engine.psram_since and any(region.kind is Kind.PSRAM for region in regions))
        ):
            return engine.name
    return None


def _cpu(chip: Chip, source: Region, target: Region, size: int) -> tuple[int, int]:
    timing = chip.timing
    cycles = timing.copy_base_cycles + size * timing.copy_cycles_per_16_bytes / 16
    total = round(cycles * 1_000_000 / chip.cpu_mhz)
    if source.line_bytes:
        total += -(-size // source.line_bytes) * timing.line_fill_ns[source.name] * PS_PER_NS
    if target.line_bytes:
        per_line = timing.line_fill_ns[target.name] + timing.line_writeback_ns[target.name]
        total += -(-size // target.line_bytes) * per_line * PS_PER_NS
    return total, total


def _run_copy(chip: Chip, engine: str, source: Region, target: Region, size: int, burst: int) -> tuple[int, int]:
    """One copy on a machine of its own: from the call to the task that waited for it. The source is not in the cache."""
    machine = Machine(chip)
    times: list[int] = []

    async def main(machine: Machine) -> None:
        line = max(64, source.line_bytes, target.line_bytes)
        room = -(-size // line) * line
        src, dst = (machine.heap.alloc(room, caps=_caps(region), align=line) for region in (source, target))
        with idf.AsyncMemcpy.install(machine, engine=engine, dma_burst_size=burst) as driver:
            done = machine.semaphore()

            def on_done(_event: object) -> None:
                times.append(machine.clock.now_ps)
                done.give_from_isr()

            times.append(machine.clock.now_ps)
            driver.memcpy(dst, src, size, on_done)
            times.append(machine.clock.now_ps)
            await done.take()
            times.append(machine.clock.now_ps)

    machine.run(main)
    begun, *middle, ended = times
    submitted, told = sorted(middle)
    enter = machine.chip.timing.isr_enter_ns * PS_PER_NS
    return ended - begun, ended - begun - max(0, told - enter - submitted)


def _caps(region: Region) -> int:
    kind = idf.MALLOC_CAP_SPIRAM if region.kind is Kind.PSRAM else idf.MALLOC_CAP_INTERNAL
    return kind | idf.MALLOC_CAP_DMA


# -- helpers ---------------------------------------------------------------------------------------------------------


def load(name: str, cpu_mhz: int | None = None) -> Chip:
    """A chip, at another CPU clock if asked.

    Raises:
        ChipError: unknown chip.
        OptionError: a clock the chip has not.
    """
    chip = chips.load(name)
    if cpu_mhz is None:
        return chip
    if cpu_mhz not in chip.cpu_mhz_choices:
        raise OptionError(f"--cpu: {cpu_mhz}; {chip.name} runs at {', '.join(map(str, chip.cpu_mhz_choices))} MHz")
    return msgspec.structs.replace(chip, cpu_mhz=cpu_mhz)


def _check_sizes(sizes: Sequence[int]) -> None:
    for size in sizes:
        if size < 1:
            raise OptionError(f"--bytes: {size} is not at least 1")


def _first(better: Callable[[int], bool]) -> int | None:
    """The smallest size from which on it stays better, as far as we look."""
    worse = 0
    for size in (*range(1, 512), *(1 << shift for shift in range(9, SCAN_LIMIT.bit_length()))):
        if not better(size):
            worse = size
    return None if worse >= SCAN_LIMIT else worse + 1


def _bisect(better: Callable[[int], bool]) -> int | None:
    """The smallest multiple of 64 from which on it is better, up to 64 KiB; both sides grow steadily."""
    low, high = 0, SCAN_LIMIT // COPY_STEP
    if not better(high * COPY_STEP):
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        if better(middle * COPY_STEP):
            high = middle
        else:
            low = middle
    return high * COPY_STEP


def _sentence(size: int | None, what: str) -> str:
    if size is None:
        return f"at no size up to {SCAN_LIMIT}: {what}"
    return f"from {size} byte{'s' if size > 1 else ''} on: {what}"
