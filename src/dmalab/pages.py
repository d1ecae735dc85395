"""What `dmalab chips` and `dmalab rules` print: the chip files and the rule catalogue as plain text."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from dmalab.chips.model import Chip, Engine, Heap, Kind, Region
from dmalab.errors import OptionError
from dmalab.rules.catalogue import RULES, Rule

WIDTH = 100
"""Columns of prose."""


def chip_list(chips: Sequence[Chip]) -> str:
    """One row per chip."""
    head = ("name", "chip", "cores", "MHz", "internal line", "PSRAM line", "PSRAM", "engines")
    return "\n".join(_columns([head, *(_chip_row(chip) for chip in chips)]))


def chip_page(chip: Chip) -> str:
    """Every fact about `chip` that decides what its runs do, with sources and assumptions."""
    return "\n".join(_chip_lines(chip))


def rule_list() -> str:
    """One row per rule."""
    rows = [(rule.name, _severities(rule), rule.summary) for rule in RULES.values()]
    return "\n".join([*_columns(rows), "", "dmalab rules NAME explains one."])


def rule_page(name: str) -> str:
    """The rule called `name`, explained.

    Raises:
        OptionError: there is none.
    """
    rule = RULES.get(name)
    if rule is None:
        close = difflib.get_close_matches(name, RULES, n=1, cutoff=0.5)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise OptionError(f"unknown rule '{name}'; available: {', '.join(RULES)}{hint}")
    parts = (("what happens", rule.happens), ("in the field", rule.field), ("fix", rule.fix), ("source", rule.source))
    lines = [f"{rule.name} ({_severities(rule)}): {rule.summary}"]
    for title, text in parts:
        lines += ["", title, *_prose(text)]
    return "\n".join(lines)


def _chip_row(chip: Chip) -> tuple[str, ...]:
    internal = next((region for region in chip.regions if region.kind is Kind.SRAM), None)
    psram = next((region for region in chip.regions if region.kind is Kind.PSRAM), None)
    return (
        chip.name,
        chip.title,
        str(chip.cores),
        str(chip.cpu_mhz),
        _line(internal),
        _line(psram),
        _size(psram.size) if psram else "none",
        ", ".join(engine.title for engine in chip.engines) or "none",
    )


def _chip_lines(chip: Chip) -> Iterator[str]:
    choices = ", ".join(map(str, chip.cpu_mhz_choices))
    yield f"{chip.title} ({chip.name}): {chip.cores} {chip.arch} cores at {chip.cpu_mhz} MHz (choices {choices})"
    yield from _section("memory", (_region_row(region) for region in chip.regions))
    yield from _section(
        "data caches",
        ((c.name, _size(c.size), f"{c.ways} ways", f"{c.line_bytes}-byte lines") for c in chip.caches),
    )
    yield from _section("cache sync", ((_span(w.low, w.high), f"{w.line_bytes}-byte lines") for w in chip.sync_windows))
    yield from _section("heap", (_heap_row(heap) for heap in chip.heaps))
    yield from _section("engines", (_engine_row(engine) for engine in chip.engines))
    if chip.assumed:
        yield from ("", "assumed, without a public source")
        for sentence in chip.assumed:
            yield from textwrap.wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    yield from ("", "sources")
    for source in dict.fromkeys(_sources(chip)):
        yield from textwrap.wrap(source, WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)


def _sources(chip: Chip) -> Iterator[str]:
    yield chip.source
    for table in (chip.regions, chip.caches, chip.heaps, chip.sync_windows, chip.engines):
        yield from (row.source for row in table)
    yield from (chip.timing.source, chip.firmware.source)


def _region_row(region: Region) -> tuple[str, ...]:
    facts = ["instructions" if region.kind is Kind.CODE else _line(region)]
    if region.read_only:
        facts.append("read-only")
    if region.max_size:
        facts.append(f"up to {_size(region.max_size)}")
    if region.alias_base:
        facts.append(f"uncached at {region.alias_base:#010x}")
    return (
        region.name,
        region.kind.value,
        _span(region.base, region.base + region.size),
        _size(region.size),
        ", ".join(facts),
    )


def _heap_row(heap: Heap) -> tuple[str, ...]:
    caps = " / ".join(" ".join(priority) or "-" for priority in heap.caps)
    return heap.region, _span(heap.low, heap.high), _size(heap.high - heap.low), caps


def _engine_row(engine: Engine) -> tuple[str, ...]:
    reaches = ", ".join(kind.value for kind in engine.reaches)
    since = f" (psram since {engine.psram_since})" if engine.psram_since else ""
    bursts = ", ".join(map(str, engine.burst_sizes)) or "on or off"
    descriptors = f"descriptors of {engine.descriptor_size} aligned to {engine.descriptor_align}"
    return engine.title, f"{engine.pairs} pairs", f"reaches {reaches}{since}", f"bursts {bursts}", descriptors


def _section(title: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    listed = list(rows)
    if listed:
        yield from ("", title, *(f"  {row}" for row in _columns(listed)))


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _prose(text: str) -> list[str]:
    indent = "  "
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


def _severities(rule: Rule) -> str:
    return " or ".join(severity.value for severity in rule.severities)


def _line(region: Region | None) -> str:
    return f"{region.line_bytes}-byte lines" if region is not None and region.line_bytes else "uncached"


def _size(number: int) -> str:
    for scale, unit in ((1 << 20, "MiB"), (1 << 10, "KiB")):
        if number >= scale and number % scale == 0:
            return f"{number // scale} {unit}"
    return f"{number} bytes"


def _span(low: int, high: int) -> str:
    return f"[{low:#010x}, {high:#010x})"
