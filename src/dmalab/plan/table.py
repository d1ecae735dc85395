"""Rows of a plan, the chip they are for, and the sizes at which one way overtakes another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from dmalab import chips
from dmalab.chips.model import Chip
from dmalab.errors import OptionError

SCAN_LIMIT = 1 << 16
"""Sizes up to here are looked at for a break-even."""
STEP = 64
"""Grain of the sizes `bisect` looks at."""

Way = Callable[[int], tuple[int, int]]
"""Bytes to whole time and busy time, in picoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of moving so many bytes."""

    size: int
    way: str
    total_ps: int
    busy_ps: int
    """Of which the core is busy."""

    @property
    def left_ps(self) -> int:
        """What the core has for other work."""
        return self.total_ps - self.busy_ps

    @property
    def bytes_per_s(self) -> float:
        """Bandwidth."""
        return self.size * 1e12 / self.total_ps


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Rows for every size, and where one way overtakes another."""

    title: str
    rows: tuple[Row, ...]
    break_even: tuple[str, ...]
    """Sentences."""
    notes: tuple[str, ...] = ()

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways, in the order of the table."""
        return tuple(dict.fromkeys(row.way for row in self.rows))


def check_sizes(sizes: Sequence[int]) -> None:
    """Raises OptionError: a size below 1."""
    for size in sizes:
        if size < 1:
            raise OptionError(f"--bytes: {size} is not at least 1")


def first(better: Callable[[int], bool]) -> int | None:
    """The smallest size from which on it stays better, as far as we look."""
    worse = 0
    for size in (*range(1, 512), *(1 << shift for shift in range(9, SCAN_LIMIT.bit_length()))):
        if not better(size):
            worse = size
    return None if worse >= SCAN_LIMIT else worse + 1


def bisect(better: Callable[[int], bool]) -> int | None:
    """The smallest multiple of `STEP` from which on it is better, up to `SCAN_LIMIT`; both sides grow steadily."""
    low, high = 0, SCAN_LIMIT // STEP
    if not better(high * STEP):
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        if better(middle * STEP):
            high = middle
        else:
            low = middle
    return high * STEP


def sentence(size: int | None, what: str) -> str:
    """What `first` or `bisect` found, in words."""
    if size is None:
        return f"at no size up to {SCAN_LIMIT}: {what}"
    return f"from {size} byte{'s' if size > 1 else ''} on: {what}"


def load(name: str, cpu_mhz: int | None = None, options: Mapping[str, str] | None = None) -> Chip:
    """A chip, built with options and at another CPU clock if asked.

    Args:
        name: The chip.
        cpu_mhz: MHz; None for the chip's default.
        options: As for `dmalab run --option`.
    Raises:
        ChipError: unknown chip, or an option it lacks.
        OptionError: a clock the chip has not.
    """
    chip = chips.with_options(chips.load(name), options or {})
    if cpu_mhz is None:
        return chip
    if cpu_mhz not in chip.cpu_mhz_choices:
        raise OptionError(f"--cpu: {cpu_mhz}; {chip.name} runs at {', '.join(map(str, chip.cpu_mhz_choices))} MHz")
    return msgspec.structs.replace(chip, cpu_mhz=cpu_mhz)
