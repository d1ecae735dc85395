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
from dmalab.chips.error import ChipError
from dmalab.chips.model import Chip, Kind
from dmalab.chips.variants import check_revisions

_FOLDER = Path(__file__).parent

_PATH_TOKEN = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(\d+|\.\.\.)\]")


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
    found = problems(chip) or check_revisions(chip)
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
