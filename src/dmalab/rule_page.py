"""What `dmalab rules NAME` prints: one rule explained, with a drawing of what happens and the gallery cases where it did."""

from __future__ import annotations

import difflib
import re
import textwrap
from collections.abc import Iterator

from dmalab.errors import OptionError
from dmalab.fixes.propose import BY_RULE
from dmalab.rules.cases import CASES
from dmalab.rules.catalogue import RULES, Rule
from dmalab.rules.stories import LETTERS, STORIES, Frame, Story

WIDTH = 100
"""Columns of prose."""
_IDF = re.compile(r"\b(?:esp_|gdma_|MALLOC_CAP_|FromISR)")
"""Names of ESP-IDF, by which a fix is known to be in its words."""
_HEAD = ("", "the core sees", "line", "memory", "engine")


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
    return "\n".join(_lines(rule, STORIES[name]))


def _lines(rule: Rule, story: Story) -> Iterator[str]:
    severities = " or ".join(severity.value for severity in rule.severities)
    yield from textwrap.wrap(f"{rule.name} ({severities}): {rule.summary}", WIDTH, break_on_hyphens=False)
    yield from ("", "what happens", *_prose(rule.happens))
    yield from ("", "step by step", *_drawing(story))
    yield from ("", "in the field", *_prose(rule.field))
    yield from ("", "fix", *_prose(rule.fix, lead="ESP-IDF: " if _IDF.search(rule.fix) else ""))
    for vendor, text in (("Zephyr", story.zephyr), ("esp-hal", story.esphal)):
        yield from _prose(text, lead=f"{vendor}: ")
    if rule.name in BY_RULE:
        yield "  `dmalab fix FILE` tries such changes on a copy, and says which of them a run proves."
    own = [case for case in CASES if case.rule == rule.name]
    besides = [case for case in CASES if rule.name in case.also]
    if own or besides:
        yield from ("", "gallery")
        for case in (*own, *besides):
            yield from _prose(case.title + (f" (as {case.rule})" if case in besides else ""), lead=f"{case.id}  ")
            yield f"        examples/gallery/{case.folder}   {case.link}"
    yield from ("", "source", *_prose(rule.source))


def _drawing(story: Story) -> Iterator[str]:
    if story.frames:
        yield from _frames(story.frames)
    width = max((len(name) for name, _ in story.lanes), default=0)
    for name, text in story.lanes:
        yield f"  {name:<{width}}  {text}".rstrip()


def _frames(frames: tuple[Frame, ...]) -> Iterator[str]:
    """A row per step; `!` stands behind the wrong bytes."""
    rows = [_HEAD]
    for number, frame in enumerate(frames, 1):
        verb, _, moved = frame.engine.partition(" ")
        rows.append(
            (
                f"{'ok' if frame.instead else number:<2} {frame.does}",
                _cells(frame.cpu, wrong=frame.wrong == "cpu"),
                "" if frame.line == "none" else frame.line,
                _cells(frame.memory, wrong=frame.wrong == "memory"),
                f"{verb} {_cells(moved, wrong=frame.wrong == 'engine')}" if moved else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    used = {cell for frame in frames for cell in f"{frame.cpu}{frame.memory}{frame.engine.partition(' ')[2]}"}
    meanings = [f"{letter} {meaning}" for letter, meaning in LETTERS.items() if letter in used]
    yield from textwrap.wrap(
        f"{', '.join(meanings)}; ! marks what is wrong"
        if any(frame.wrong for frame in frames)
        else ", ".join(meanings),
        WIDTH,
        initial_indent="  ",
        subsequent_indent="  ",
    )


def _cells(text: str, *, wrong: bool) -> str:
    return f"|{'|'.join(text)}|{'!' if wrong else ''}"


def _prose(text: str, *, lead: str = "") -> list[str]:
    indent = "  "
    return textwrap.wrap(
        lead + text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + " " * len(lead),
        break_on_hyphens=False,
        break_long_words=False,
    )
