"""Changes to a text: what a proposal consists of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from dmalab.fixes.source import LOOPS, Source, Statement


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace [start, end) by `text`; an insertion when both are equal."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One change that may fix a finding."""

    summary: str
    """What is done, in a clause: `write the buffer back before the start`."""
    edits: tuple[Edit, ...]


def apply(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits made; they must not overlap.

    Raises:
        ValueError: two of them overlap.
    """
    position, pieces = 0, []
    for edit in sorted(edits):
        if edit.start < position:
            raise ValueError("edits overlap")
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


def insert_before(source: Source, statement: Statement, line: str) -> Edit:
    """A new line in front of a statement, indented like it."""
    return Edit(statement.start, statement.start, f"{line}\n{source.indent(statement.start)}")


def insert_after(source: Source, statement: Statement, line: str) -> Edit:
    """A new line behind a statement that ends with a semicolon."""
    return Edit(statement.end, statement.end, f"\n{source.indent(statement.start)}{line}")


def remove_line(source: Source, statement: Statement) -> Edit:
    """Take a statement away, and its line when nothing else stands there."""
    text = source.text
    start = text.rfind("\n", 0, statement.start) + 1
    end = text.find("\n", statement.end) + 1 or len(text)
    alone = not text[start : statement.start].strip() and not text[statement.end : end].strip()
    return Edit(start, end, "") if alone else Edit(statement.start, statement.end, "")


def include(source: Source, header: str) -> tuple[Edit, ...]:
    """What it takes to have a header included: nothing when it is, else a line in order among the others of its kind."""
    mark = '"' if not header.startswith("<") else ""
    wanted = f"#include {mark}{header}{mark}"
    lines = list(re.finditer(r"^[ \t]*#[ \t]*include[ \t]*([\"<][^\">]+[\">])[^\n]*\n", source.text, re.MULTILINE))
    if any(f"#include {line[1]}" == wanted for line in lines):
        return ()
    same = [line for line in lines if line[1][0] == wanted[9]]
    before = next((line.start() for line in same if f"#include {line[1]}" > wanted), None)
    at = before if before is not None else (same or lines)[-1].end() if lines else 0
    return (Edit(at, at, f"{wanted}\n"),)


def line_map(old: str, new: str) -> dict[int, int]:
    """For each line of the new text the line of the old one it stands for; inserted lines are left out."""
    before, after = old.splitlines(), new.splitlines()
    found: dict[int, int] = {}
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            found.update((j1 + offset + 1, i1 + offset + 1) for offset in range(i2 - i1))
        elif tag == "replace":
            # Lines that were changed in place stand at the end of such a run: what is inserted goes in front.
            count = min(i2 - i1, j2 - j1)
            found.update((j2 - offset, i2 - offset) for offset in range(count))
    return found


def diff(old: str, new: str, name: str) -> str:
    """A unified diff, as `patch -p1` takes it; empty when nothing changed."""
    path = name.lstrip("/")
    return "".join(
        unified_diff(
            old.splitlines(keepends=True), new.splitlines(keepends=True), fromfile=f"a/{path}", tofile=f"b/{path}"
        )
    )


def swap(source: Source, first: Statement, second: Statement) -> tuple[Edit, ...]:
    """Put a statement in front of the one before it, each with what stands behind it on its line."""
    first_end, second_end = _with_comment(source, first), _with_comment(source, second)
    gap = source.text[first_end : second.start]
    moved = f"{source.text[second.start : second_end]}{gap}{source.text[first.start : first_end]}"
    return (Edit(first.start, second_end, moved),)


def _with_comment(source: Source, statement: Statement) -> int:
    """Where a statement ends, with the comment behind it on its line."""
    end = source.text.find("\n", statement.end)
    end = len(source.text) if end < 0 else end
    rest = source.text[statement.end : end].rstrip()
    whole = rest.lstrip().startswith("//") or (rest.lstrip().startswith("/*") and rest.endswith("*/"))
    return statement.end + len(rest) if whole and not source.plain[statement.end : end].strip() else statement.end


_LABEL = re.compile(r"(?:case\b|default\b|else\b|[A-Za-z_]\w*\s*:(?!:))")


def takes_line_before(statement: Statement) -> bool:
    """Whether a line that may run once more than the statement can stand in front of it: no loop, label or `else`."""
    word = re.match(r"[A-Za-z_]\w*|", statement.text)
    return _LABEL.match(statement.text) is None and (word[0] if word else "") not in ("for", "while", "do", "switch")


def takes_insertion(statement: Statement) -> bool:
    """Whether a line can stand in front of or behind a statement without changing what else runs when."""
    word = re.match(r"[A-Za-z_]\w*|", statement.text)
    first = word[0] if word else ""
    return (
        first not in LOOPS and not (first == "if" and statement.text.endswith(";")) and not _LABEL.match(statement.text)
    )
