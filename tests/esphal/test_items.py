"""The list of esp-hal's hardware tests in docs/fidelity/spi.md: every item once, and every name a test."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
ITEMS = 128
ROW = re.compile(r"^\| ([\d, -]+) \| (.+) \|$", re.MULTILINE)


def rows() -> list[tuple[list[int], str]]:
    """Item numbers and what is said about them."""
    text = (ROOT / "docs" / "fidelity" / "spi.md").read_text(encoding="utf-8")
    section = text.partition("### esp-hal's hardware tests")[2].partition("\n## ")[0]
    return [(numbers(items), said) for items, said in ROW.findall(section)]


def numbers(items: str) -> list[int]:
    """`1, 4-6` as numbers."""
    found: list[int] = []
    for part in items.split(","):
        low, _, high = part.strip().partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def test_every_item_stands_once() -> None:
    counted = Counter(number for items, _ in rows() for number in items)
    assert counted == Counter(range(1, ITEMS + 1))


def test_every_name_is_a_test() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("esphal", "spi")
        for path in (ROOT / "tests" / folder).glob("test_*.py")
    )
    tests = set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))
    named = {name for _, said in rows() for name in re.findall(r"`(test_\w+)`", said)}
    assert named - tests == set()


def test_what_has_no_test_has_a_reason() -> None:
    assert all("`test_" in said or len(said.split()) > 4 for _, said in rows())
