"""Half-open address ranges and the runs of a mask."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Span(NamedTuple):
    """The bytes `[low, high)`."""

    low: int
    high: int

    @property
    def size(self) -> int:
        """Bytes in the span."""
        return self.high - self.low

    def overlap(self, other: Span) -> Span | None:
        """The bytes both have, or None."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Span(low, high) if low < high else None

    def covers(self, other: Span) -> bool:
        """Whether all of `other` lies inside."""
        return self.low <= other.low and other.high <= self.high

    def __str__(self) -> str:
        return f"[{self.low:#010x}, {self.high:#010x})"


def runs(mask: npt.NDArray[np.bool_], base: int = 0) -> list[Span]:
    """The runs of true elements of a one-dimensional mask, as spans that start counting at `base`."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    bounds = (edges + base).tolist()
    return [Span(low, high) for low, high in zip(bounds[::2], bounds[1::2], strict=True)]


def align_down(value: int, align: int) -> int:
    """The multiple of `align` (a power of two) at or below `value`."""
    return value & -align


def align_up(value: int, align: int) -> int:
    """The multiple of `align` (a power of two) at or above `value`."""
    return (value + align - 1) & -align
