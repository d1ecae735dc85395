"""The drawings of `dmalab rules`: every rule has one, and none shows what a cache can't do."""

from __future__ import annotations

import pytest

from dmalab.errors import OptionError
from dmalab.rule_page import rule_page
from dmalab.rules.cases import CASES
from dmalab.rules.catalogue import RULES
from dmalab.rules.stories import LETTERS, STORIES, Frame

FRAMES = [pytest.param(frame, id=f"{name}-{frame.does}") for name, story in STORIES.items() for frame in story.frames]
LANES = [pytest.param(text, id=f"{name}-{lane}") for name, story in STORIES.items() for lane, text in story.lanes]


def test_every_rule_has_a_story() -> None:
    assert list(STORIES) == list(RULES)
    assert all(story.frames or story.lanes for story in STORIES.values())
    assert all(text.endswith(".") for story in STORIES.values() for text in (story.zephyr, story.esphal))


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_is_possible(frame: Frame) -> None:
    """The two views agree where no line stands between them, and an engine deals with memory only."""
    verb, _, moved = frame.engine.partition(" ")
    assert frame.line in ("absent", "clean", "dirty", "none")
    assert verb in ("", "reads", "writes")
    assert all(len(cells) == 4 and set(cells) <= set(LETTERS) for cells in (frame.cpu, frame.memory, moved or "...."))
    if frame.line in ("absent", "none"):
        assert frame.cpu == frame.memory
    if verb == "writes" or (verb == "reads" and frame.line != "none" and "0" not in moved):
        assert all(cell in (".", held) for cell, held in zip(moved, frame.memory, strict=True))
    assert not (frame.wrong and frame.instead)
    assert frame.wrong != "engine" or moved


@pytest.mark.parametrize(
    "name", [name for name, story in STORIES.items() if any(frame.wrong for frame in story.frames)]
)
def test_what_goes_wrong_has_a_repaired_course(name: str) -> None:
    assert STORIES[name].frames[-1].instead


def test_a_page_tells_of_fixes_and_of_cases_reported_besides() -> None:
    page = rule_page("shared-line")
    assert "  ESP-IDF: Align the buffer" in page
    assert "  `dmalab fix FILE` tries such changes on a copy, and says which of them a run proves." in page
    assert "B068  A status query invalidates a line outside its descriptor table (as discarded-write)" in page
    assert "dmalab fix" not in rule_page("deadlock")


@pytest.mark.parametrize("text", LANES)
def test_a_lane_fits_a_terminal(text: str) -> None:
    assert len(text) <= 90
    assert text.isascii()


def test_every_case_belongs_to_a_rule() -> None:
    assert {case.rule for case in CASES} <= set(RULES)


def test_an_unknown_rule_is_told_with_its_likely_name() -> None:
    with pytest.raises(OptionError, match=r"^unknown rule 'stale-dma'; available: .*; did you mean stale-dma-read\?$"):
        rule_page("stale-dma")


def test_a_page_as_a_whole() -> None:
    page = rule_page("overrun").splitlines()
    assert page[:16] == [
        "overrun (error): a transfer or a copy ran past the end of its object",
        "",
        "what happens",
        "  The range of a transfer is not inside the block it started in: a length in items taken for bytes,",
        "  a length rounded up to words, a difference that went below zero.",
        "",
        "step by step",
        "                                              the core sees  line  memory      engine",
        "  1  a block of two items, and its neighbour  |A|A|n|n|            |A|A|n|n|",
        "  2  a length in bytes is taken for items     |C|C|C|C|            |C|C|C|C|!  writes |C|C|C|C|",
        "  ok the length of the block                  |C|C|n|n|            |C|C|n|n|   writes |C|C|.|.|",
        "  A older bytes, C what the engine delivers, n a neighbour's older bytes, . not moved; ! marks what",
        "  is wrong",
        "",
        "in the field",
        "  The neighbour in memory is overwritten; heap checks fail later.",
    ]
