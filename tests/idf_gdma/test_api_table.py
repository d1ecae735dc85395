"""docs/api-idf.md: every function and macro that the headers offer has a row, no cell is empty, and what a row names exists."""

from __future__ import annotations

import importlib
import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from dmalab import Machine
from dmalab.guest.calls import CALLS

ROOT = Path(__file__).resolve().parents[2]
HEADERS = ROOT / "src/dmalab/guest/include/idf"
_OWN = re.compile(r"(DL_|DMALAB_|UNITY_|L_|_)|\w+_$|log$|SP_STATIC_ASSERT$")
"""Names that only headers use among themselves, and what the patterns below make of broken lines."""
_DECLARATION = re.compile(r"^[\w ]+?\**\s*\**(\w+)\([^;{]*?\)(?:\s*\w+\([^;]*\))?;", re.MULTILINE)
_INLINE = re.compile(r"^static inline [\w *]+?\**(\w+)\(", re.MULTILINE)
_MACRO = re.compile(r"^#define (\w+)\(", re.MULTILINE)


def rows() -> list[list[str]]:
    lines = (ROOT / "docs/api-idf.md").read_text(encoding="utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]


def named() -> list[str]:
    return [row[0].strip("`") for row in rows()]


def offered(header: Path) -> set[str]:
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = {*_DECLARATION.findall(text), *_INLINE.findall(text), *_MACRO.findall(text)}
    return {name for name in found if not _OWN.match(name)}


def test_no_cell_is_empty_and_no_row_stands_twice() -> None:
    assert len(rows()) > 400
    assert all(len(row) == 6 and all(row) for row in rows())
    assert len(named()) == len(set(named()))


@pytest.mark.parametrize("header", sorted(str(path.relative_to(HEADERS)) for path in HEADERS.rglob("*.h")))
def test_everything_a_header_offers_has_a_row(header: str) -> None:
    patterns = [name for name in named() if "*" in name]
    plain = set(named())
    missing = {
        name
        for name in offered(HEADERS / header)
        if name not in plain and not any(fnmatchcase(name, pattern) for pattern in patterns)
    }
    assert missing == set()


def test_what_a_row_names_is_offered() -> None:
    everything = {name for path in HEADERS.rglob("*.h") for name in offered(path)}
    text = "\n".join(path.read_text(encoding="utf-8") for path in HEADERS.rglob("*.h"))
    host = {"malloc", "calloc", "realloc", "free"}
    for name in named():
        if "*" in name:
            assert any(fnmatchcase(one, name) for one in everything) or re.search(name.replace("*", r"\w*"), text), name
        else:
            assert name in everything | host or re.search(rf"\b{name}\b", text), name


def test_calls_of_the_machine_that_firmware_can_make_have_a_row() -> None:
    """The table of hypercalls: those that carry the name of a function of ESP-IDF."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in HEADERS.rglob("*.h"))
    for call in CALLS:
        if re.search(rf"\b{call.name}\(", text):
            assert any(fnmatchcase(call.name, name) for name in named()), call.name


def test_what_the_table_names_in_python_exists() -> None:
    machine = Machine("esp32s3")
    owners = {"machine": machine, "chip": machine.chip}
    for row in rows():
        for path in re.findall(r"`([\w.]+)`", row[2]):
            first, *rest = path.split(".")
            thing = owners.get(first)
            if thing is None:
                idf = importlib.import_module("dmalab.idf")
                thing = getattr(idf, first, None) or importlib.import_module(f"dmalab.idf.{first}")
            for name in rest:
                if name in ("core", "constraints"):  # set when the object is made
                    break
                assert hasattr(thing, name) or name in getattr(thing, "__annotations__", {}), path
                thing = getattr(thing, name, None)
