"""Reads chip files: TOML text to frozen `Chip`, with errors that name the file, the key and what is allowed.

Three layers of checks, in this order: the TOML syntax (tomllib), keys and types (msgspec, strict: nothing is converted silently),
and what the values mean together (`dmalab.chips.check`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
import types
import typing
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from dmalab.chips.check import problems
from dmalab.chips.model import Cache, Chip, Firmware, Heap, Kind, Region, SyncWindow

_FOLDER = Path(__file__).parent

_PATH_TOKEN = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+|\.\.\.)\]")


class ChipError(ValueError):
    """A chip that is unknown, or a chip file that can't be used. One line, ready to be shown."""


def names() -> list[str]:
    """Names of the chips that come with dmalab, sorted."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def load(name_or_path: str | Path) -> Chip:
    """The chip called `name_or_path`, or the one described by that file.

    Args:
        name_or_path: One of `names()`, in any case, or the path of a TOML file (anything that ends in `.toml` or holds a slash).
    Raises:
        ChipError: the name is unknown, or the file is missing, malformed or contradicts itself.
    """
    if isinstance(name_or_path, Path) or name_or_path.endswith(".toml") or "/" in name_or_path:
        path = Path(name_or_path)
    else:
        path = _file_of(name_or_path)
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise ChipError(f"{path}: {error.strerror}") from None
    return _read(path, stamp)


def with_psram(chip: Chip, size: int) -> Chip:
    """`chip` with `size` bytes of PSRAM fitted instead of its default; 0 for none.

    Raises:
        ChipError: the chip has no PSRAM, or `size` is no multiple of 64 KiB or more than can be mapped.
    """
    psram = next((region for region in chip.regions if region.kind is Kind.PSRAM), None)
    if psram is None:
        if size == 0:
            return chip
        raise ChipError(f"{chip.name} has no PSRAM")
    if size == 0:
        return _without_psram(chip, psram)
    most = psram.max_size or psram.size
    smallest = chip.firmware.psram_bss_size + 0x10000
    if size % 0x10000 or not smallest <= size <= most:
        raise ChipError(
            f"PSRAM of {size} bytes does not fit {chip.name}: take a multiple of 64 KiB from {smallest >> 10} KiB to {most >> 20} MiB"
        )
    replace = msgspec.structs.replace
    return replace(
        chip,
        regions=tuple(replace(region, size=size) if region is psram else region for region in chip.regions),
        heaps=tuple(
            replace(heap, high=psram.base + size) if heap.region == psram.name else heap for heap in chip.heaps
        ),
    )


def with_line_bytes(chip: Chip, line_bytes: int) -> Chip:
    """`chip` built with another line size for external memory; the timing table stays that of the default line.

    Raises:
        ChipError: no external region of the chip offers that line size.
    """
    external = [region for region in chip.regions if region.kind in (Kind.PSRAM, Kind.FLASH) and region.line_bytes]
    offered = sorted({choice for region in external for choice in region.line_choices})
    if line_bytes not in offered:
        raise ChipError(
            f"{chip.name} has no {line_bytes}-byte cache lines; available: {', '.join(map(str, offered)) or 'none'}"
        )
    caches = {region.cache for region in external}
    replace = msgspec.structs.replace

    def region_of(region: Region) -> Region:
        return replace(region, line_bytes=line_bytes) if region in external else region

    def cache_of(cache: Cache) -> Cache:
        return replace(cache, line_bytes=line_bytes) if cache.name in caches else cache

    # One build option sets the line of a whole level, so every window of that level follows.
    levels = {w.level for w in chip.sync_windows if any(w.low <= region.base < w.high for region in external)}

    def window_of(window: SyncWindow) -> SyncWindow:
        return replace(window, line_bytes=line_bytes) if window.level in levels else window

    return replace(
        chip,
        regions=tuple(map(region_of, chip.regions)),
        caches=tuple(map(cache_of, chip.caches)),
        sync_windows=tuple(map(window_of, chip.sync_windows)),
    )


def _without_psram(chip: Chip, psram: Region) -> Chip:
    replace = msgspec.structs.replace
    firmware: Firmware = replace(chip.firmware, psram_bss=0, psram_bss_size=0)
    heaps: tuple[Heap, ...] = tuple(heap for heap in chip.heaps if heap.region != psram.name)
    return replace(chip, regions=tuple(r for r in chip.regions if r is not psram), heaps=heaps, firmware=firmware)


def _file_of(name: str) -> Path:
    known = names()
    wanted = name.strip().lower().replace("-", "") if name.strip().lower() not in known else name.strip().lower()
    if wanted in known:
        return _FOLDER / f"{wanted}.toml"
    close = difflib.get_close_matches(wanted, known, n=1, cutoff=0.5)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ChipError(f"unknown chip '{name}'; available: {', '.join(known)}{hint}")


@lru_cache(maxsize=64)
def _read(path: Path, _stamp: int) -> Chip:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ChipError(f"{path}: {error}") from None
    try:
        chip = msgspec.convert(data, Chip, strict=True)
    except msgspec.ValidationError as error:
        raise ChipError(f"{path}: {_explain(str(error))}") from None
    found = problems(chip)
    if found:
        raise ChipError(f"{path}: {found[0]}" + (f" (and {len(found) - 1} more)" if len(found) > 1 else ""))
    return chip


def _explain(message: str) -> str:
    """Msgspec's message with the key path in front and the allowed keys or values behind."""
    text, _, place = message.partition(" - at `$")
    tokens = [_token(*found) for found in _PATH_TOKEN.findall(place.rstrip("`"))]
    where = _path(tokens)
    kind = _type_at(Chip, tokens)
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", text):
        keys = _keys(kind)
        close = difflib.get_close_matches(match[1], keys, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return f"{_path([*tokens, match[1]])}: unknown key; allowed: {', '.join(keys)}{hint}"
    if match := re.fullmatch(r"Object missing required field `(.*)`", text):
        needed = _type_at(Chip, [*tokens, match[1]])
        return f"{_path([*tokens, match[1]])}: missing; expected {_describe(needed)}"
    if text.startswith("Invalid enum value"):
        return f"{where}: {text[0].lower()}{text[1:]}; allowed: {_describe(kind)}"
    return f"{where}: {text[0].lower()}{text[1:].replace('`', '')}"


def _token(name: str, index: str) -> str | int:
    """One step of a path. Msgspec does not say which key of a table of free keys it means: that step is a star."""
    return name or ("*" if index == "..." else int(index))


def _path(tokens: list[str | int]) -> str:
    text = ""
    for token in tokens:
        text += f"[{token}]" if isinstance(token, int) else f".{token}" if text else token
    return text or "the file"


def _type_at(root: Any, tokens: list[str | int]) -> Any:
    """The declared type behind a key path, or None when the path leaves the declared types."""
    here = root
    for token in tokens:
        origin, arguments = typing.get_origin(here), typing.get_args(here)
        if isinstance(here, type) and issubclass(here, msgspec.Struct):
            here = typing.get_type_hints(here).get(str(token))
        elif origin is tuple and arguments:
            variadic = len(arguments) == 2 and arguments[1] is Ellipsis
            index = token if isinstance(token, int) and not variadic else 0
            here = arguments[index] if index < len(arguments) else None
        elif origin is dict:
            here = arguments[1]
        else:
            return None
    return here


def _keys(kind: Any) -> list[str]:
    """The keys a table of that type takes; empty for anything else."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [field.encode_name for field in msgspec.structs.fields(kind)]
    return []


def _describe(kind: Any) -> str:
    """A declared type in words."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Literal:
        return ", ".join(map(str, arguments))
    if origin in (tuple, list):
        return "an array"
    if origin is dict or _keys(kind):
        return f"a table with {', '.join(_keys(kind))}" if _keys(kind) else "a table"
    if kind is Kind:
        return ", ".join(member.value for member in Kind)
    plain = {int: "an integer", str: "a string", bool: "true or false", types.NoneType: "nothing"}
    return plain.get(kind, "a value")
