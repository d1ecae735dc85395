"""What copies inside memory cost, by the core and by an engine.

A copy by an engine is run on a machine of its own, so the figures are the machine's. A copy by the core costs what compiled code on the
machine is charged (guest/runtime/dl_fill.c, dl_bulk.c): cycles per byte, a fill per cache line that is not there, less the work that the
streaming of the line covers, and a write-back per line written, which somebody has to do before anybody else sees the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dmalab import idf
from dmalab.chips.model import Chip, Engine, Kind, Region
from dmalab.core.clock import PS_PER_NS
from dmalab.errors import OptionError
from dmalab.machine import Machine
from dmalab.plan.table import Plan, Row, Way, bisect, check_sizes, sentence

REGIONS = ("sram", "psram")
COPYING = ("cp_dma", "ahb_gdma", "axi_gdma")
"""Engines with a copy driver."""
CPU, CPU_CACHED, ENGINE = "CPU copy", "CPU copy, target cached", "async memcpy"


def plan_copy(
    chip: Chip,
    source: str,
    target: str,
    sizes: Sequence[int],
    *,
    engine: str = "",
    burst: int = 16,
    break_even: bool = False,
) -> Plan:
    """Predict copies inside memory.

    Args:
        chip: The part.
        source: `sram` or `psram`.
        target: The same.
        sizes: Bytes, at least 1 each.
        engine: Its name, such as `axi_gdma`; empty for the first that can.
        burst: Data burst of the engine.
        break_even: Look for the sizes at which the engine overtakes the core, which takes some runs more.
    Raises:
        OptionError: a region, engine or burst the chip has not, or a size that does not fit.
    """
    check_sizes(sizes)
    regions = (region_of(chip, "--from", source), region_of(chip, "--to", target))
    for size in sizes:
        if size > min(region.size for region in regions) // 4:
            raise OptionError(f"--bytes: {size} is more than a quarter of the memory")
    ways: dict[str, Way] = {CPU: lambda size: _busy(core_ps(chip, *regions, size))}
    if regions[1].kind is Kind.PSRAM:
        ways[CPU_CACHED] = lambda size: _busy(core_ps(chip, *regions, size, target_cached=True))
    notes = []
    _check_engine(chip, engine)
    mover = engine_for(chip, *regions, name=engine)
    if mover is None and not chip.idf_target:
        notes.append("Zephyr's DMA calls are not planned")
    elif mover is None:
        notes.append(f"no {engine or 'engine'} of {chip.name} copies from {source} to {target}")
    else:
        _check_burst(chip, mover, burst)
        ways[ENGINE] = lambda size: _whole_and_busy(chip, engine_times(chip, mover, *regions, size, burst))
        notes.append(f"{ENGINE}: {mover.title}, data burst {burst}")
        if regions[0].line_bytes:
            per_line = chip.timing.line_writeback_ns[regions[0].name]
            notes.append(f"the source is cold: every line of it that is dirty adds {per_line} ns to either way")
    rows = []
    for size in sizes:
        for name, way in ways.items():
            if name == CPU_CACHED and size > _cache_bytes(chip, regions[1]):
                continue
            try:
                total, busy = way(size)
            except idf.IdfError as refused:
                notes.append(f"{name} refuses {size} byte{'s' if size > 1 else ''}: {refused}")
                continue
            rows.append(Row(size=size, way=name, total_ps=total, busy_ps=busy))
    sentences: tuple[str, ...] = ()
    if mover is not None and break_even:
        copy, cpu = ways[ENGINE], ways[CPU]
        sentences = (
            sentence(bisect(lambda n: copy(n)[1] < cpu(n)[1]), "the engine costs the core less than copying itself"),
            sentence(bisect(lambda n: copy(n)[0] < cpu(n)[0]), "the engine is done sooner"),
        )
    return Plan(
        title=f"copies on {chip.name} from {source} to {target}, core at {chip.cpu_mhz} MHz",
        rows=tuple(rows),
        break_even=sentences,
        notes=tuple(notes),
    )


def _check_engine(chip: Chip, name: str) -> None:
    known = [engine.name for engine in chip.engines if engine.name in COPYING]
    if name and name not in known:
        raise OptionError(f"--engine: {chip.name} has no '{name}'; it has {', '.join(known) or 'none that copies'}")


def _check_burst(chip: Chip, engine: Engine, burst: int) -> None:
    known = engine.burst_sizes
    if burst < 1 or (known and burst not in known):
        raise OptionError(f"--burst: {burst}; the {engine.title} of {chip.name} takes {', '.join(map(str, known))}")


def _cache_bytes(chip: Chip, region: Region) -> int:
    return next((cache.size for cache in chip.caches if cache.name == region.cache), 0)


def _busy(ps: int) -> tuple[int, int]:
    return ps, ps


def region_of(chip: Chip, option: str, name: str) -> Region:
    """The memory of that name; raises OptionError with the option in front where the chip has none."""
    found = next((region for region in chip.regions if region.kind.value == name), None)
    if found is None or name not in REGIONS:
        have = sorted({region.kind.value for region in chip.regions} & set(REGIONS))
        raise OptionError(f"{option}: {chip.name} has no memory '{name}' to copy in; it has {', '.join(have)}")
    return found


def engine_for(chip: Chip, *regions: Region, name: str = "") -> Engine | None:
    """The first engine whose driver copies between these memories, or the one of that name."""
    for engine in chip.engines:
        able = engine.name in COPYING and (engine.m2m_pair_mask or engine.name == "cp_dma")
        if (
            able
            and name in ("", engine.name)
            and all(region.kind in engine.reaches for region in regions)
            and not (engine.psram_since and any(region.kind is Kind.PSRAM for region in regions))
        ):
            return engine
    return None


def core_ps(
    chip: Chip,
    source: Region | None,
    target: Region | None,
    size: int,
    *,
    cycles: float | None = None,
    target_cached: bool = False,
) -> int:
    """A loop of the core over `size` bytes, in picoseconds.

    Args:
        chip: The part.
        source: What is read; None for nothing, as in `memset`. None of it is in the cache.
        target: What is written, and written back where a cache stands before it; None for nothing.
        size: Bytes.
        cycles: What the loop takes when every access hits. None for `memcpy`.
        target_cached: Whether the lines of the target are in the cache already.
    """
    timing = chip.timing
    if cycles is None:
        cycles = timing.copy_base_cycles + size * timing.copy_cycles_per_16_bytes / 16
    fills = streamed = written = 0
    if source is not None and source.line_bytes:
        lines = -(-size // source.line_bytes)
        fills += lines * timing.line_fill_ns[source.name]
        streamed += lines * timing.line_stream_ns.get(source.name, 0)
    if target is not None and target.line_bytes:
        lines = -(-size // target.line_bytes)
        written = lines * timing.line_writeback_ns[target.name]
        if not target_cached:
            fills += lines * timing.line_allocate_ns.get(target.name, timing.line_fill_ns[target.name])
            streamed += lines * timing.line_stream_ns.get(target.name, 0)
    work = round(cycles * 1_000_000 / chip.cpu_mhz)
    return work - min(work, streamed * PS_PER_NS) + (fills + written) * PS_PER_NS


@dataclass(frozen=True, slots=True)
class EngineTimes:
    """Moments of one copy by an engine, in picoseconds from the driver's call."""

    returned: int
    """The call is over."""
    told: int
    """The driver's callback runs, in the interrupt that tells of the end."""
    woken: int
    """The task that waited goes on."""


def engine_times(chip: Chip, engine: Engine, source: Region, target: Region, size: int, burst: int) -> EngineTimes:
    """One copy on a machine of its own: from the call to the task that waited for it. The source is not in the cache."""
    machine = Machine(chip)
    times: list[int] = []

    async def main(machine: Machine) -> None:
        line = max(64, source.line_bytes, target.line_bytes)
        room = -(-size // line) * line
        src, dst = (machine.heap.alloc(room, caps=_caps(region), align=line) for region in (source, target))
        with idf.AsyncMemcpy.install(machine, engine=engine.name, dma_burst_size=burst) as driver:
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
    begun, *middle, woken = times
    returned, told = sorted(middle)
    return EngineTimes(returned - begun, told - begun, woken - begun)


def _whole_and_busy(chip: Chip, times: EngineTimes) -> tuple[int, int]:
    interrupted = times.told - chip.timing.isr_enter_ns * PS_PER_NS
    return times.woken, times.woken - max(0, interrupted - times.returned)


def _caps(region: Region) -> int:
    kind = idf.MALLOC_CAP_SPIRAM if region.kind is Kind.PSRAM else idf.MALLOC_CAP_INTERNAL
    return kind | idf.MALLOC_CAP_DMA
