"""What `dmalab chips` and `dmalab rules` print: the chip files and the list of rules as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from dmalab.chips import option_names
from dmalab.chips.model import Chip, Engine, Kind, Region, Spi, SpiHost
from dmalab.memory_map import address_space, inside, internal_regions, size_text
from dmalab.rules.catalogue import RULES, Rule

WIDTH = 100
"""Columns of prose."""


def chip_list(chips: Sequence[Chip]) -> str:
    """One row per chip."""
    head = ("name", "chip", "cores", "MHz", "RAM", "internal line", "PSRAM", "PSRAM line", "engines", "ETM")
    rows = _columns([head, *(_chip_row(chip) for chip in chips)])
    return "\n".join([*rows, "", "dmalab chips NAME shows one, with its memory map."])


def chip_page(chip: Chip, *, plain: bool = False) -> str:
    """Every fact about `chip` that decides what its runs do, with sources and assumptions.

    Args:
        chip: As built, options included.
        plain: Draw the map without block characters.
    """
    return "\n".join(_chip_lines(chip, plain))


def rule_list() -> str:
    """One row per rule."""
    rows = [(rule.name, _severities(rule), rule.summary) for rule in RULES.values()]
    return "\n".join([*_columns(rows), "", "dmalab rules NAME explains one."])


def _chip_row(chip: Chip) -> tuple[str, ...]:
    internal = next((region for region in chip.regions if region.kind is Kind.SRAM), None)
    psram = next((region for region in chip.regions if region.kind is Kind.PSRAM), None)
    return (
        chip.name,
        chip.title,
        str(chip.cores),
        str(chip.cpu_mhz),
        size_text(sum(region.size for region in chip.regions if region.kind is Kind.SRAM)),
        _line(internal),
        size_text(psram.size) if psram else "none",
        _line(psram) if psram else "-",
        ", ".join(engine.title for engine in chip.engines) or "none",
        f"{chip.etm.channels} channels" if chip.etm else "none",
    )


def _chip_lines(chip: Chip, plain: bool) -> Iterator[str]:
    choices = ", ".join(map(str, chip.cpu_mhz_choices))
    cores = "1 core" if chip.cores == 1 else f"{chip.cores} cores"
    revision = f", revision {chip.revision}" if chip.revision else ""
    yield f"{chip.title} ({chip.name}){revision}: {chip.arch}, {cores} at {chip.cpu_mhz} MHz (choices {choices})"
    yield f"options: {', '.join(option_names(chip)) or 'none'}"
    yield from _map(chip, plain)
    yield from _section(
        "instruction bus",
        (
            (
                f"{_span(a.low, a.high)} is also {_span(a.instructions, a.instructions + a.high - a.low)}",
                "words in reverse order" if a.reversed else "",
            )
            for a in chip.instruction_aliases
        ),
    )
    yield from _section(
        "data caches",
        (
            (
                c.name,
                size_text(c.size),
                f"{c.ways} ways",
                f"{c.line_bytes}-byte lines",
                "write-back by address" if c.writeback else "no write-back by address",
            )
            for c in chip.caches
        ),
    )
    yield from _section("cache sync", ((_span(w.low, w.high), f"{w.line_bytes}-byte lines") for w in chip.sync_windows))
    yield from _section("engines", (_engine_row(engine) for engine in chip.engines))
    yield from _section("copies", (_copy_row(chip, engine) for engine in chip.engines if engine.m2m_pair_mask))
    yield from _section("request ids", _trigger_rows(chip))
    if chip.etm is not None:
        events, tasks = len(chip.etm.events), len(chip.etm.tasks)
        yield from _section(
            "event task matrix", [(f"{chip.etm.channels} channels", f"{events} events and {tasks} tasks of engines")]
        )
    if chip.spi is not None:
        yield from _section("SPI", (_spi_row(chip, chip.spi, host) for host in chip.spi.hosts))
    if chip.assumed:
        yield from ("", "assumed, without a public source")
        for sentence in chip.assumed:
            yield from textwrap.wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    yield from ("", "sources")
    for source in dict.fromkeys(_sources(chip)):
        yield from textwrap.wrap(source, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)


def _map(chip: Chip, plain: bool) -> Iterator[str]:
    block = "#" if plain else "█"
    scale, rows = address_space(chip, plain=plain)
    listed = [(address, bar, *(_region_row(region) if region else ("", "", ""))) for address, bar, region in rows]
    yield from _section(f"memory ({block} is {size_text(scale)})", listed)
    for region in internal_regions(chip):
        scale, parts = inside(chip, region, plain=plain)
        enlarged = [(address, bar, size_text(part.high - part.low), part.name) for address, bar, part in parts]
        yield from _section(f"{region.name} enlarged ({block} is {size_text(scale)})", enlarged)


def _sources(chip: Chip) -> Iterator[str]:
    yield chip.source
    tables = (
        chip.regions,
        chip.caches,
        chip.heaps,
        chip.sync_windows,
        chip.instruction_aliases,
        chip.engines,
        chip.revisions,
    )
    for table in tables:
        yield from (row.source for row in table)
    yield from (part.source for part in (chip.etm, chip.spi) if part is not None)
    yield from (chip.timing.source, chip.firmware.source)


def _region_row(region: Region) -> tuple[str, str, str]:
    facts = ["instructions" if region.kind is Kind.CODE else _line(region)]
    if region.read_only:
        facts.append("read-only")
    if region.word_access:
        facts.append("32-bit access only")
    if region.max_size:
        facts.append(f"up to {size_text(region.max_size)}")
    if region.alias_base:
        facts.append(f"uncached at {region.alias_base:#010x}")
    return region.name, size_text(region.size), ", ".join(facts)


def _engine_row(engine: Engine) -> tuple[str, ...]:
    reaches = ", ".join(kind.value for kind in engine.reaches)
    since = f" (psram since {engine.psram_since})" if engine.psram_since else ""
    bursts = ", ".join(map(str, engine.burst_sizes)) or "on or off"
    descriptors = f"descriptors of {engine.descriptor_size} aligned to {engine.descriptor_align}"
    links = f"{engine.link_address_bits}-bit links"
    pairs = "1 pair" if engine.pairs == 1 else f"{engine.pairs} pairs"
    priorities = f"{engine.priority_levels} priorities" if engine.priority_levels else "no priorities"
    weights = f", weights to {engine.max_weight}" if engine.weighted_arbitration else ""
    return (
        engine.title,
        pairs,
        f"reaches {reaches}{since}",
        f"bursts {bursts}",
        descriptors,
        links,
        priorities + weights,
    )


def _copy_row(chip: Chip, engine: Engine) -> tuple[str, ...]:
    """Which pairs copy memory, and whose request ids that takes: on some chips those of peripherals."""
    pairs = [number for number in range(engine.pairs) if engine.m2m_pair_mask >> number & 1]
    ids = []
    for number in engine.m2m_free_ids:
        owners = sorted(name for name, trigger in chip.triggers.items() if trigger == (engine.bus, number))
        ids.append(f"{number} ({'/'.join(owners)})" if owners else str(number))
    return (
        engine.title,
        f"pair {', '.join(map(str, pairs))}",
        f"takes id {', '.join(ids)}" if ids else "takes no id",
    )


def _trigger_rows(chip: Chip) -> list[tuple[str, str]]:
    """Peripherals by bus."""
    by_bus: dict[str, list[str]] = {}
    for name, (bus, number) in chip.triggers.items():
        by_bus.setdefault(bus, []).append(f"{name} {number}")
    return [(bus, ", ".join(names)) for bus, names in by_bus.items()]


def _spi_row(chip: Chip, spi: Spi, host: SpiHost) -> tuple[str, ...]:
    engine = chip.engine(host.engine)
    lines = "1 data line" if host.data_lines == 1 else f"{host.data_lines} data lines"
    return (
        host.name,
        lines,
        f"up to {spi.max_hz / 1e6:g} MHz",
        engine.title if engine else host.engine,
        f"{spi.dma_max_bits} bits at once, {spi.cpu_max_bits} without DMA",
    )


def _section(title: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    listed = list(rows)
    if listed:
        yield from ("", title, *(f"  {row}" for row in _columns(listed)))


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _severities(rule: Rule) -> str:
    return " or ".join(severity.value for severity in rule.severities)


def _line(region: Region | None) -> str:
    return f"{region.line_bytes}-byte lines" if region is not None and region.line_bytes else "uncached"


def _span(low: int, high: int) -> str:
    return f"[{low:#010x}, {high:#010x})"
