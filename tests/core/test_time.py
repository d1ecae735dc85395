"""Virtual time, free choices, spans: the small parts that everything else relies on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core.choices import Quiet, Recorded, Recording, Seeded
from dmalab.core.clock import Clock
from dmalab.core.spans import Span, align_down, align_up, runs

from .machines import calm

# -- clock -------------------------------------------------------------------------------------------------------------


@calm()
@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=30))
def test_events_run_in_order_of_time_and_then_of_scheduling(events: list[tuple[int, bool]]) -> None:
    clock, ran = Clock(), []
    for number, (delay, cancelled) in enumerate(events):
        event = clock.schedule(delay, lambda number=number: ran.append((clock.now_ps, number)))  # type: ignore[misc]
        if cancelled:
            event.cancel()
            event.cancel()
    while (due := clock.next_due_ps()) is not None:
        clock.advance_to(due)
        assert clock.run_due()
    assert ran == sorted((delay, number) for number, (delay, cancelled) in enumerate(events) if not cancelled)


def test_an_action_may_schedule_more_for_this_very_moment() -> None:
    clock, ran = Clock(), []
    clock.schedule(0, lambda: clock.schedule(0, lambda: ran.append("inner")))
    assert clock.run_due()
    assert ran == ["inner"]
    assert not clock.run_due()


def test_time_never_goes_back() -> None:
    clock = Clock()
    clock.advance_to(10)
    clock.advance_to(5)
    assert clock.now_ps == 10
    with pytest.raises(ValueError, match="an event -1 ps in the past"):
        clock.schedule(-1, lambda: None)


def test_nothing_runs_before_its_time() -> None:
    clock, ran = Clock(), []
    event = clock.schedule(10, lambda: ran.append(1))
    clock.advance_to(9)
    assert not clock.run_due()
    assert clock.next_due_ps() == 10
    event.cancel()
    assert clock.next_due_ps() is None


# -- choices -----------------------------------------------------------------------------------------------------------

QUESTIONS = st.lists(st.integers(1, 9), max_size=30)


@calm()
@given(QUESTIONS, st.integers())
def test_a_recording_repeats_a_seeded_run(questions: list[int], seed: int) -> None:
    recording = Recording(Seeded(seed))
    answers = [recording.choose("evict", options) for options in questions]
    assert all(0 <= answer < options for answer, options in zip(answers, questions, strict=True))
    again = Recorded(recording.answers)
    assert [again.choose("evict", options) for options in questions] == answers
    assert again.choose("evict", 5) == 0  # used up: quiet
    assert [Seeded(seed).choose("q", 7) for _ in range(2)] == [Seeded(seed).choose("another", 7)] * 2


def test_quiet_answers_zero() -> None:
    assert {Quiet().choose("evict", options) for options in range(1, 9)} == {0}


def test_an_answer_that_does_not_fit_is_another_run() -> None:
    with pytest.raises(ValueError, match="recorded answer 3 to 'evict' is not one of 2"):
        Recorded([3]).choose("evict", 2)


# -- spans -------------------------------------------------------------------------------------------------------------

SPANS = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: Span(min(pair), max(pair)))


@calm()
@given(SPANS, SPANS)
def test_overlap_and_cover_are_those_of_sets(one: Span, other: Span) -> None:
    first, second = set(range(one.low, one.high)), set(range(other.low, other.high))
    shared = one.overlap(other)
    assert (set(range(shared.low, shared.high)) if shared else set()) == first & second
    if second:
        assert one.covers(other) == (second <= first)


@calm()
@given(st.lists(st.booleans()), st.integers(0, 99))
def test_runs_are_the_true_elements(mask: list[bool], base: int) -> None:
    found = runs(np.array(mask, dtype=bool), base)
    assert [at for span in found for at in range(span.low, span.high)] == [
        base + at for at, one in enumerate(mask) if one
    ]
    assert all(earlier.high < later.low for earlier, later in pairwise(found))


@calm()
@given(st.integers(0, 1 << 33), st.integers(0, 12).map(lambda bit: 1 << bit))
def test_alignment(value: int, align: int) -> None:
    assert align_down(value, align) <= value <= align_up(value, align) < value + align
    assert align_down(value, align) % align == align_up(value, align) % align == 0


def test_a_span_is_printed_half_open() -> None:
    assert str(Span(0x3C21_0000, 0x3C21_0040)) == "[0x3c210000, 0x3c210040)"
