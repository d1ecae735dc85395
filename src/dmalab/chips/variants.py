"""A chip as somebody builds for it: how much PSRAM is fitted, which revision it is, which options the image is built with.

Every function takes a chip and returns another; nothing here changes the one it got. What an option means for drivers stands in the
chip afterwards (`flash_encryption`, `psram_ecc`, `revision`); what it means for memory is worked into regions, heaps and windows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from dmalab.chips.check import problems
from dmalab.chips.error import ChipError
from dmalab.chips.model import Cache, Chip, Firmware, Heap, Kind, Region, SyncWindow, revision_key

_PAGE = 0x10000
"""PSRAM is mapped in pages of 64 KiB."""

_replace = msgspec.structs.replace


def option_names(chip: Chip) -> tuple[str, ...]:
    """The options of `chip`, sorted, with what they can be set to: `cache_line=16|32|64`."""
    lines = "|".join(map(str, _line_choices(chip)))
    found = [
        f"cache_line={lines}" if lines else "",
        "flash_encryption" if chip.idf_target else "",
        "psram_ecc" if chip.psram_ecc_usable and _psram(chip) else "",
        f"revision={'|'.join(_revisions(chip))}" if chip.revisions else "",
    ]
    return tuple(option for option in found if option)


def with_options(chip: Chip, options: Mapping[str, str], *, psram: int | None = None) -> Chip:
    """`chip` built with options, and with another PSRAM fitted.

    Args:
        chip: What to build for.
        options: Name to value; the value of a plain switch is empty.
        psram: Bytes of PSRAM; None for the chip's default, 0 for none.
    Raises:
        ChipError: the chip lacks the option, can't have that value, or can't have that much PSRAM.
    """
    for name, value in options.items():
        _check_option(chip, name, value)
    if "revision" in options:
        chip = with_revision(chip, options["revision"])
    if psram is not None:
        chip = with_psram(chip, psram)
    if "cache_line" in options:
        line = options["cache_line"]
        chip = with_line_bytes(chip, int(line) if line.isascii() and line.isdecimal() else 0, asked=line)
    if "psram_ecc" in options:
        chip = with_psram_ecc(chip)
    if "flash_encryption" in options:
        chip = with_flash_encryption(chip)
    return chip


def _check_option(chip: Chip, name: str, value: str) -> None:
    listed = {option.partition("=")[0]: option for option in option_names(chip)}
    text = f"{name}={value}" if value else name
    if name not in listed:
        raise ChipError(f"{chip.name} has no option {text}; available: {', '.join(listed.values()) or 'none'}")
    if ("=" in listed[name]) != bool(value):
        raise ChipError(f"{chip.name} has no option {text}; write {listed[name]}")


def with_psram(chip: Chip, size: int) -> Chip:
    """`chip` with `size` bytes of PSRAM fitted instead of its default; 0 for none.

    Raises:
        ChipError: the chip has no PSRAM, or `size` is no multiple of 64 KiB or more than can be mapped.
    """
    psram = _psram(chip)
    if psram is None:
        if size == 0:
            return chip
        raise ChipError(f"{chip.name} has no PSRAM")
    if size == 0:
        return _without_psram(chip, psram)
    most = psram.max_size or psram.size
    smallest = chip.firmware.psram_bss_size + _PAGE
    if size % _PAGE or not smallest <= size <= most:
        raise ChipError(
            f"PSRAM of {size} bytes does not fit {chip.name}: take a multiple of 64 KiB from {smallest >> 10} KiB to {most >> 20} MiB"
        )
    return _with_psram_bytes(chip, psram, size)


def with_psram_ecc(chip: Chip) -> Chip:
    """`chip` with error correction of its PSRAM, which takes a part of it away.

    Raises:
        ChipError: the chip has no PSRAM, or its driver no error correction.
    """
    psram = _psram(chip)
    if psram is None or chip.psram_ecc_usable is None:
        raise ChipError(f"{chip.name} has no error correction of PSRAM")
    if chip.psram_ecc:
        return chip
    numerator, denominator = chip.psram_ecc_usable
    return _replace(_with_psram_bytes(chip, psram, psram.size * numerator // denominator), psram_ecc=True)


def with_flash_encryption(chip: Chip) -> Chip:
    """`chip` with flash (and with it PSRAM) encrypted. Engines that then lose PSRAM lose it here; on some chips the core slows down.

    The timing table stays that of the default clock.
    """
    engines = tuple(
        engine
        if engine.encrypted_psram
        else _replace(engine, reaches=tuple(kind for kind in engine.reaches if kind is not Kind.PSRAM))
        for engine in chip.engines
    )
    limit = chip.encrypted_cpu_mhz or chip.cpu_mhz
    return _replace(
        chip,
        flash_encryption=True,
        engines=engines,
        cpu_mhz=min(chip.cpu_mhz, limit),
        cpu_mhz_choices=tuple(mhz for mhz in chip.cpu_mhz_choices if not chip.encrypted_cpu_mhz or mhz <= limit),
    )


def with_revision(chip: Chip, revision: str) -> Chip:
    """`chip` in another revision, written `3.0` or `v3.0`.

    Raises:
        ChipError: it is no revision, or the chip file has none of that number.
    """
    if not chip.revisions:
        raise ChipError(f"{chip.name} is the same in every revision")
    text = revision.removeprefix("v")
    available = f"available: {', '.join(_revisions(chip))}, or any between"
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}", text):
        raise ChipError(f"{chip.name}: '{revision}' is no revision; {available}")
    for variant in chip.revisions:
        if text in variant:
            return _replace(_changed(chip, variant.changes), revision=text)
    first = max(revision_key(variant.high) for variant in chip.revisions)
    if revision_key(text) >= first:
        return _replace(chip, revision=text)
    raise ChipError(f"{chip.name} has no revision {revision}; {available}")


def with_line_bytes(chip: Chip, line_bytes: int, *, asked: str = "") -> Chip:
    """`chip` built with another line size for external memory.

    Of a line's costs the part that streams grows with its length (chips that name one), the rest stays that of the default line.

    Args:
        chip: What to build for.
        line_bytes: Bytes of a line.
        asked: How the user wrote it, for the complaint.
    Raises:
        ChipError: no external region of the chip offers that line size.
    """
    offered = _line_choices(chip)
    if line_bytes not in offered:
        raise ChipError(
            f"{chip.name} has no {asked or line_bytes}-byte cache lines; available: {', '.join(map(str, offered)) or 'none'}"
        )
    external = _external(chip)
    caches = {region.cache for region in external}

    def region_of(region: Region) -> Region:
        return _replace(region, line_bytes=line_bytes) if region in external else region

    def cache_of(cache: Cache) -> Cache:
        return _replace(cache, line_bytes=line_bytes) if cache.name in caches else cache

    # One build option sets the line of a whole level, so every window of that level follows.
    levels = {w.level for w in chip.sync_windows if any(w.low <= region.base < w.high for region in external)}

    def window_of(window: SyncWindow) -> SyncWindow:
        return _replace(window, line_bytes=line_bytes) if window.level in levels else window

    timing = chip.timing
    longer = {
        region.name: stream * line_bytes // region.line_bytes - stream
        for region in external
        if (stream := timing.line_stream_ns.get(region.name))
    }

    def costs(table: dict[str, int]) -> dict[str, int]:
        return {name: ns + longer.get(name, 0) for name, ns in table.items()}

    return _replace(
        chip,
        regions=tuple(map(region_of, chip.regions)),
        caches=tuple(map(cache_of, chip.caches)),
        sync_windows=tuple(map(window_of, chip.sync_windows)),
        timing=_replace(
            timing,
            line_fill_ns=costs(timing.line_fill_ns),
            line_allocate_ns=costs(timing.line_allocate_ns),
            line_stream_ns=costs(timing.line_stream_ns),
            line_writeback_ns=costs(timing.line_writeback_ns),
        ),
    )


def check_revisions(chip: Chip) -> list[str]:
    """What contradicts itself in the chip's other revisions, one line each."""
    found: list[str] = []
    for index, variant in enumerate(chip.revisions):
        key = f"revisions[{index}]"
        try:
            changed = _changed(chip, variant.changes)
        except msgspec.ValidationError as error:
            found.append(f"{key}.changes: {str(error).replace('`', '')}")
            continue
        found += (f"{key}.changes.{line}" for line in problems(changed))
    return found


def _changed(chip: Chip, changes: Mapping[str, Any]) -> Chip:
    """`chip` with the changes of a revision worked in.

    Raises:
        msgspec.ValidationError: the result is no chip.
    """
    return msgspec.convert(_merged(msgspec.to_builtins(chip), changes), Chip, strict=True)


def _merged(old: Any, new: Any) -> Any:
    """Tables change key by key, arrays of tables with a name by name, all else as a whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    if _is_named(old) and _is_named(new):
        by_name = {entry["name"]: entry for entry in new}
        kept = [_merged(entry, by_name.pop(entry["name"], {})) for entry in old]
        return [*kept, *by_name.values()]
    return new


def _is_named(value: Any) -> bool:
    return (
        bool(value) and isinstance(value, list | tuple) and all(isinstance(e, Mapping) and "name" in e for e in value)
    )


def _revisions(chip: Chip) -> list[str]:
    """One revision of each range that has its own facts, in order."""
    own = [str(variant.changes.get("revision", variant.low)) for variant in chip.revisions]
    latest = max((variant.high for variant in chip.revisions), key=revision_key, default="")
    return sorted({*own, latest} - {""}, key=revision_key)


def _external(chip: Chip) -> list[Region]:
    return [region for region in chip.regions if region.kind in (Kind.PSRAM, Kind.FLASH) and region.line_bytes]


def _line_choices(chip: Chip) -> list[int]:
    return sorted({choice for region in _external(chip) for choice in region.line_choices})


def _psram(chip: Chip) -> Region | None:
    return next((region for region in chip.regions if region.kind is Kind.PSRAM), None)


def _with_psram_bytes(chip: Chip, psram: Region, size: int) -> Chip:
    return _replace(
        chip,
        regions=tuple(_replace(region, size=size) if region is psram else region for region in chip.regions),
        heaps=tuple(
            _replace(heap, high=psram.base + size) if heap.region == psram.name else heap for heap in chip.heaps
        ),
    )


def _without_psram(chip: Chip, psram: Region) -> Chip:
    firmware: Firmware = _replace(chip.firmware, psram_bss=0, psram_bss_size=0)
    heaps: tuple[Heap, ...] = tuple(heap for heap in chip.heaps if heap.region != psram.name)
    return _replace(chip, regions=tuple(r for r in chip.regions if r is not psram), heaps=heaps, firmware=firmware)
