"""What the values of a chip file must mean together: ranges, overlaps, names, powers of two.

Types and keys are already right here (`dmalab.chips.loader`). Each problem is one line that starts with the key it is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from dmalab.chips.model import Chip, Kind, Range, Region

PAGE = 0x1000
"""Granularity of regions in bytes: the guest maps them page by page."""

CAPS = frozenset(
    (
        *("EXEC", "32BIT", "8BIT", "DMA", "SPIRAM", "INTERNAL", "DEFAULT", "IRAM_8BIT", "RETENTION", "RTCRAM", "SPM"),
        *("DMA_DESC_AHB", "DMA_DESC_AXI", "CACHE_ALIGNED", "SIMD", "SPIRAM_NO_ENC"),
    )
)
"""Capability names without `MALLOC_CAP_`. Source: espressif/esp-idf components/heap/include/esp_heap_caps.h @102122904ade."""

BUSES = ("ahb", "axi", "lp")

_REVISION = r"\d{1,3}\.\d{1,3}"


def problems(chip: Chip) -> list[str]:
    """Everything that contradicts itself in `chip`, one line each, in file order; empty when nothing does."""
    parts = (_top, _revisions, _regions, _caches, _heaps, _windows, _aliases, _engines, _etm, _spi, _timing, _firmware)
    return [line for part in parts for line in part(chip)]


def _top(chip: Chip) -> Iterator[str]:
    if chip.cpu_mhz not in chip.cpu_mhz_choices:
        yield f"cpu_mhz: {chip.cpu_mhz} is not in cpu_mhz_choices ({_join(chip.cpu_mhz_choices)})"
    if chip.cores < 1:
        yield f"cores: {chip.cores}; expected at least 1"
    for key in ("simd_alignment", "encryption_alignment"):
        if not _is_power_of_two(getattr(chip, key)):
            yield f"{key}: {getattr(chip, key)} is no power of two"
    for index, window in enumerate(chip.internal):
        yield from _order(f"internal[{index}]", window)
    yield from _order("dma", chip.dma)
    yield from _order("external_window", chip.external_window)
    for name, (bus, _) in chip.triggers.items():
        if bus not in BUSES:
            yield f"triggers.{name}: unknown bus '{bus}'; allowed: {_join(BUSES)}"
    if chip.psram_ecc_usable is not None and not 0 < chip.psram_ecc_usable[0] < chip.psram_ecc_usable[1]:
        yield f"psram_ecc_usable: {chip.psram_ecc_usable[0]}/{chip.psram_ecc_usable[1]} is no part of the whole"


def _revisions(chip: Chip) -> Iterator[str]:
    if chip.revision and not re.fullmatch(_REVISION, chip.revision):
        yield f"revision: '{chip.revision}' is no revision such as 3.0"
    for index, revision in enumerate(chip.revisions):
        for key in ("low", "high"):
            if not re.fullmatch(_REVISION, getattr(revision, key)):
                yield f"revisions[{index}].{key}: '{getattr(revision, key)}' is no revision such as 3.0"


def _regions(chip: Chip) -> Iterator[str]:
    yield from _unique("regions", [region.name for region in chip.regions])
    cache_names = [cache.name for cache in chip.caches]
    for index, region in enumerate(chip.regions):
        key = f"regions[{index}]"
        if region.base % PAGE or region.size % PAGE or region.size <= 0:
            yield f"{key}: base {region.base:#x} and size {region.size:#x} of '{region.name}' must be multiples of 4 KiB, size above 0"
        if region.max_size and region.max_size < region.size:
            yield f"{key}.max_size: {region.max_size:#x} is less than size {region.size:#x}"
        yield from _region_line(key, region, cache_names)
        if region.kind is Kind.PSRAM and not (
            chip.external_window.low <= region.base and _end(region) <= chip.external_window.high
        ):
            yield f"{key}: '{region.name}' leaves external_window {_span(chip.external_window.low, chip.external_window.high)}"
    yield from _overlaps(chip)


def _region_line(key: str, region: Region, cache_names: list[str]) -> Iterator[str]:
    if not region.line_bytes:
        if region.cache:
            yield f"{key}.cache: '{region.name}' names cache '{region.cache}' but has no line_bytes"
        return
    if region.kind is Kind.CODE:
        yield f"{key}.line_bytes: code regions have no data cache"
    if not _is_power_of_two(region.line_bytes):
        yield f"{key}.line_bytes: {region.line_bytes} is no power of two"
    if region.line_choices and region.line_bytes not in region.line_choices:
        yield f"{key}.line_bytes: {region.line_bytes} is not in line_choices ({_join(region.line_choices)})"
    if region.cache not in cache_names:
        yield f"{key}.cache: unknown cache '{region.cache}'; available: {_join(cache_names) or 'none'}"


def _overlaps(chip: Chip) -> Iterator[str]:
    spans: list[tuple[str, str, int, int]] = []
    for index, region in enumerate(chip.regions):
        length = _end(region) - region.base
        spans.append((f"regions[{index}]", f"'{region.name}'", region.base, region.base + length))
        if region.alias_base:
            spans.append(
                (
                    f"regions[{index}].alias_base",
                    f"the alias of '{region.name}'",
                    region.alias_base,
                    region.alias_base + length,
                )
            )
    for (_, first, low, high), (key, second, other_low, other_high) in combinations(spans, 2):
        if low < other_high and other_low < high:
            yield f"{key}: {second} {_span(other_low, other_high)} overlaps {first} {_span(low, high)}"


def _caches(chip: Chip) -> Iterator[str]:
    yield from _unique("caches", [cache.name for cache in chip.caches])
    for index, cache in enumerate(chip.caches):
        key = f"caches[{index}]"
        if not _is_power_of_two(cache.line_bytes):
            yield f"{key}.line_bytes: {cache.line_bytes} is no power of two"
        elif cache.ways < 1 or cache.size <= 0 or cache.size % (cache.ways * cache.line_bytes):
            yield f"{key}.size: {cache.size} is no multiple of {cache.ways} ways of {cache.line_bytes} bytes"
        for region in chip.regions:
            if region.cache == cache.name and region.line_bytes != cache.line_bytes:
                yield f"{key}.line_bytes: {cache.line_bytes}, but region '{region.name}' behind it has {region.line_bytes}"


def _heaps(chip: Chip) -> Iterator[str]:
    by_name = {region.name: region for region in chip.regions}
    for index, heap in enumerate(chip.heaps):
        key = f"heaps[{index}]"
        region = by_name.get(heap.region)
        if region is None or region.kind is Kind.CODE or region.read_only:
            usable = [r.name for r in chip.regions if r.kind is not Kind.CODE and not r.read_only]
            yield f"{key}.region: '{heap.region}' is no memory for a heap; available: {_join(usable)}"
        elif not region.base <= heap.low < heap.high <= region.base + region.size:
            yield f"{key}: {_span(heap.low, heap.high)} is not inside '{region.name}' {_span(region.base, region.base + region.size)}"
        for cap in (cap for priority in heap.caps for cap in priority):
            if cap not in CAPS:
                yield f"{key}.caps: unknown capability '{cap}'; allowed: {_join(sorted(CAPS))}"
    for (_, first), (second_index, second) in combinations(enumerate(chip.heaps), 2):
        if first.low < second.high and second.low < first.high:
            yield f"heaps[{second_index}]: {_span(second.low, second.high)} overlaps the heap {_span(first.low, first.high)}"


def _windows(chip: Chip) -> Iterator[str]:
    for index, window in enumerate(chip.sync_windows):
        yield from _order(f"sync_windows[{index}]", Range(window.low, window.high))
        if not _is_power_of_two(window.line_bytes):
            yield f"sync_windows[{index}].line_bytes: {window.line_bytes} is no power of two"


def _aliases(chip: Chip) -> Iterator[str]:
    data = [region for region in chip.regions if region.kind not in (Kind.CODE, Kind.FLASH)]
    for index, alias in enumerate(chip.instruction_aliases):
        key = f"instruction_aliases[{index}]"
        if not any(home.base <= alias.low < alias.high <= home.base + home.size for home in data):
            yield f"{key}: {_span(alias.low, alias.high)} is not inside any internal region"
        end = alias.instructions + alias.high - alias.low
        if any(home.base < end and alias.instructions < _end(home) for home in data):
            yield f"{key}.instructions: {_span(alias.instructions, end)} overlaps data memory"


def _engines(chip: Chip) -> Iterator[str]:
    yield from _unique("engines", [engine.name for engine in chip.engines])
    for index, engine in enumerate(chip.engines):
        key = f"engines[{index}]"
        if engine.pairs < 1:
            yield f"{key}.pairs: {engine.pairs}; expected at least 1"
        if not 0 <= engine.m2m_pair_mask < 1 << max(engine.pairs, 0):
            yield f"{key}.m2m_pair_mask: {engine.m2m_pair_mask:#x} names pairs beyond the {engine.pairs} there are"
        if not _is_power_of_two(engine.descriptor_align):
            yield f"{key}.descriptor_align: {engine.descriptor_align} is no power of two"
        if not all(map(_is_power_of_two, engine.burst_sizes)):
            yield f"{key}.burst_sizes: {_join(engine.burst_sizes)}; each must be a power of two"
        if engine.psram_since and not re.fullmatch(r"v\d+\.\d+(\.\d+)?", engine.psram_since):
            yield f"{key}.psram_since: '{engine.psram_since}' is no release such as v6.0"
        if engine.priority_levels < 0 or engine.max_weight < 0:
            yield f"{key}: priority_levels and max_weight can't be negative"
        if engine.weighted_arbitration != (engine.max_weight > 0):
            yield f"{key}.max_weight: {engine.max_weight} with weighted_arbitration = {str(engine.weighted_arbitration).lower()}"
        if engine.etm_name and chip.etm is None:
            yield f"{key}.etm_name: '{engine.etm_name}', but the chip has no etm table"
        if Kind.CODE in engine.reaches:
            yield f"{key}.reaches: engines do not reach instruction memory; allowed: {_join(k.value for k in Kind if k is not Kind.CODE)}"


def _etm(chip: Chip) -> Iterator[str]:
    if chip.etm is None:
        return
    if chip.etm.channels < 1:
        yield f"etm.channels: {chip.etm.channels}; expected at least 1"
    for key, table in (("events", chip.etm.events), ("tasks", chip.etm.tasks)):
        ids = [number for numbers in table.values() for number in numbers]
        for name, numbers in table.items():
            if any(number < 1 or ids.count(number) > 1 for number in numbers):
                yield f"etm.{key}.{name}: {_join(numbers)}; ids start at 1 and each names one {key.removesuffix('s')}"
    for engine in chip.engines:
        for table_key, table, word in (
            ("events", chip.etm.events, "EVT_OUT_EOF"),
            ("tasks", chip.etm.tasks, "TASK_OUT_START"),
        ):
            name = f"{engine.etm_name}_{word}"
            if engine.etm_name and len(table.get(name, ())) != engine.pairs:
                yield f"etm.{table_key}.{name}: expected {engine.pairs} ids, one for each pair of {engine.title}"


def _spi(chip: Chip) -> Iterator[str]:
    if chip.spi is None:
        return
    yield from _unique("spi.hosts", [host.name for host in chip.spi.hosts])
    for index, host in enumerate(chip.spi.hosts):
        key = f"spi.hosts[{index}]"
        if chip.engine(host.engine) is None:
            yield f"{key}.engine: unknown engine '{host.engine}'; available: {_join(e.name for e in chip.engines) or 'none'}"
        if host.data_lines not in (1, 2, 4, 8):
            yield f"{key}.data_lines: {host.data_lines}; allowed: 1, 2, 4, 8"
    if not _is_power_of_two(chip.spi.rx_alignment):
        yield f"spi.rx_alignment: {chip.spi.rx_alignment} is no power of two"
    for field in ("dma_max_bits", "cpu_max_bits", "source_hz", "max_hz"):
        if getattr(chip.spi, field) < 1:
            yield f"spi.{field}: {getattr(chip.spi, field)}; expected at least 1"


def _timing(chip: Chip) -> Iterator[str]:
    timing = chip.timing
    for field in timing.__struct_fields__:
        value = getattr(timing, field)
        costs = value.values() if isinstance(value, dict) else (value,)
        if any(isinstance(cost, int) and cost < 0 for cost in costs):
            yield f"timing.{field}: costs can't be negative"
    cached = {region.name for region in chip.regions if region.line_bytes}
    for field in ("line_fill_ns", "line_writeback_ns"):
        yield from _table(f"timing.{field}", getattr(timing, field), cached, "cached region")
    for field in ("line_allocate_ns", "line_stream_ns"):
        for name in sorted(getattr(timing, field).keys() - cached):
            yield f"timing.{field}.{name}: no cached region has this name"
    for name, stream in timing.line_stream_ns.items():
        if stream > min(timing.line_fill_ns.get(name, stream), timing.line_allocate_ns.get(name, stream)):
            yield f"timing.line_stream_ns.{name}: {stream} is more than the whole fill"
    read = {kind.value for engine in chip.engines for kind in engine.reaches}
    written = read - {Kind.FLASH.value}
    for field in ("read_fix_ns", "read_ps_per_byte"):
        yield from _table(f"timing.{field}", getattr(timing, field), read, "kind of memory an engine reads")
    for field in ("write_fix_ns", "write_ps_per_byte"):
        yield from _table(f"timing.{field}", getattr(timing, field), written, "kind of memory an engine writes")


def _table(key: str, table: dict[str, int], expected: set[str], what: str) -> Iterator[str]:
    for name in sorted(expected - table.keys()):
        yield f"{key}.{name}: missing; every {what} needs an entry"
    for name in sorted(table.keys() - expected):
        yield f"{key}.{name}: no {what}; allowed: {_join(sorted(expected)) or 'none'}"


def _firmware(chip: Chip) -> Iterator[str]:
    firmware = chip.firmware
    places = (
        ("data", firmware.data_size, {Kind.SRAM, Kind.SPM}),
        ("rodata", 0, {Kind.FLASH, Kind.SRAM}),
        ("text", 0, {Kind.FLASH, Kind.CODE}),
        ("iram", firmware.iram_size, {Kind.CODE}),
        ("psram_bss", firmware.psram_bss_size, {Kind.PSRAM}),
    )
    for key, size, kinds in places:
        low = getattr(firmware, key)
        if key == "psram_bss" and low == 0:
            continue
        if low % PAGE or size % PAGE:
            yield f"firmware.{key}: {low:#x} and its size {size:#x} must be multiples of 4 KiB"
        homes = [region for region in chip.regions if region.kind in kinds]
        if not any(home.base <= low < home.base + home.size and low + size <= home.base + home.size for home in homes):
            inside = _join(f"'{home.name}' {_span(home.base, home.base + home.size)}" for home in homes)
            yield f"firmware.{key}: {_span(low, low + size)} is not inside {inside or 'any suitable region'}"
        for heap in chip.heaps:
            if low < heap.high and heap.low < low + size:
                yield f"firmware.{key}: {_span(low, low + size)} overlaps the heap {_span(heap.low, heap.high)}"


def _order(key: str, window: Range) -> Iterator[str]:
    if window.low > window.high:
        yield f"{key}: low {window.low:#x} lies above high {window.high:#x}"


def _unique(key: str, listed: list[str]) -> Iterator[str]:
    for index, name in enumerate(listed):
        if name in listed[:index]:
            yield f"{key}[{index}].name: '{name}' is used twice"


def _end(region: Region) -> int:
    return region.base + max(region.size, region.max_size)


def _span(low: int, high: int) -> str:
    return f"[{low:#010x}, {high:#010x})"


def _join(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0
