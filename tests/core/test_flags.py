"""Planes of flags do the same on short ranges as on long ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dmalab.core.flags import FEW, SHORT, Flags

LENGTHS = (0, 1, FEW, FEW + 1, SHORT, SHORT + 1, 2 * SHORT)
"""At and around the lengths where the way of doing it changes."""


@st.composite
def ranges(draw: st.DrawFn) -> tuple[np.ndarray, int, int]:
    """A plane with few different values, and a range in it."""
    length = draw(st.sampled_from(LENGTHS))
    low = draw(st.integers(0, 3))
    values = draw(st.lists(st.sampled_from([0, 0, 0, 1, 16, 35, 255]), min_size=8, max_size=8))
    plane = np.resize(np.array(values, dtype=np.uint8), low + length + 5)
    return plane, low, low + length


@given(ranges(), st.integers(0, 255))
def test_questions_match_a_loop(case: tuple[np.ndarray, int, int], bits: int) -> None:
    plane, low, high = case
    part = plane[low:high].tolist()
    flags = Flags(plane)
    assert flags.union(low, high) == int(np.bitwise_or.reduce(np.array([0, *part])))
    assert flags.common(low, high) == int(np.bitwise_and.reduce(np.array([255, *part])))
    assert flags.count_without(low, high, bits) == sum(not value & bits for value in part)


@given(ranges(), st.integers(0, 255))
def test_changes_match_a_loop_and_stay_within_the_range(case: tuple[np.ndarray, int, int], bits: int) -> None:
    plane, low, high = case
    before = plane.tolist()
    Flags(plane).set(low, high, bits)
    assert plane.tolist() == [value | bits if low <= at < high else value for at, value in enumerate(before)]
    before = plane.tolist()
    Flags(plane).clear(low, high, bits)
    assert plane.tolist() == [value & ~bits if low <= at < high else value for at, value in enumerate(before)]


@pytest.mark.parametrize("mask", [0, 4, 36, 255])
def test_replacing_touches_only_the_mask(mask: int) -> None:
    plane = np.full(3, 0b1010_0110, dtype=np.uint8)
    Flags(plane).replace(1, mask, 0b0010_0000 & mask)
    assert plane.tolist() == [0b1010_0110, 0b1010_0110 & ~mask | 0b0010_0000 & mask, 0b1010_0110]
