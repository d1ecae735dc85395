"""docs/fidelity/idf-tests.md: every row once, and what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = 76


def rows() -> dict[int, str]:
    text = (ROOT / "docs/fidelity/idf-tests.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", text, re.MULTILINE)
    assert len(found) == len({number for number, _, _ in found})
    return {int(number): held for number, _, held in found}


def test_no_row_is_missing() -> None:
    assert sorted(rows()) == list(range(1, ROWS + 1))


def test_what_a_row_names_exists() -> None:
    for number, held in rows().items():
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", held)
        assert named or re.match(r"(not modelled|see row|not offered|simplified)", held), number
        for file, function in named:
            text = (ROOT / "tests" / file).read_text(encoding="utf-8")
            assert f"\ndef {function}(" in text, (number, file, function)


def test_the_ledgers_are_linked() -> None:
    assert "fidelity/idf-tests.md" in (ROOT / "docs/fidelity.md").read_text(encoding="utf-8")
    assert "fidelity/gdma.md" in (ROOT / "docs/fidelity.md").read_text(encoding="utf-8")
    assert "docs/api-idf.md" in (ROOT / "README.md").read_text(encoding="utf-8")
