"""The bus clock of an SPI controller: what its two dividers can make of the source clock.

The clock is source / (pre * n): a pre-divider, and a counter that also shapes the duty cycle. A source can be used undivided. Two
searches are in use, and both are here because drivers really differ: the vendor's driver takes the nearest clock, which may be faster
than asked; esp-hal takes the nearest that is not.

Sources: ESP-IDF components/esp_hal_gpspi/<chip>/include/hal/spi_ll.h (spi_ll_master_cal_clock, register widths); esp-hal src/spi/master
(clock set-up).
"""

from __future__ import annotations

from dataclasses import dataclass

COUNTER_MIN, COUNTER_MAX = 2, 64
"""What the counter can be set to; 1 is the undivided source."""
PS_PER_S = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class BusClock:
    """A clock the dividers can make."""

    source_hz: int
    pre: int
    """Pre-divider, from 1."""
    counter: int
    """From 2; 1 when the source is used undivided."""

    @property
    def divider(self) -> int:
        """Source cycles per bus clock."""
        return self.pre * self.counter

    @property
    def hz(self) -> float:
        """The frequency, exact up to the precision of a float."""
        return self.source_hz / self.divider

    def time_ps(self, clocks: int) -> int:
        """How long so many bus clocks take, to the nearest picosecond."""
        return (clocks * self.divider * PS_PER_S + self.source_hz // 2) // self.source_hz


class ClockOutOfRange(ValueError):
    """No setting of the dividers comes near this frequency."""


def slowest_hz(source_hz: int, pre_limit: int) -> float:
    """The slowest bus clock."""
    return source_hz / (pre_limit * COUNTER_MAX)


def not_faster(source_hz: int, wanted_hz: int, *, pre_limit: int = 16) -> BusClock:
    """The fastest clock that is not above `wanted_hz`; of equal ones that with the largest counter, whose duty cycle is best.

    Raises:
        ClockOutOfRange: outside of `slowest_hz` to the source itself.
    """
    _check(source_hz, wanted_hz, pre_limit)
    if wanted_hz >= source_hz:
        return BusClock(source_hz, 1, 1)
    best: BusClock | None = None
    for counter in range(COUNTER_MAX, COUNTER_MIN - 1, -1):
        pre = -(-source_hz // (wanted_hz * counter))
        if pre <= pre_limit and (best is None or pre * counter < best.divider):
            best = BusClock(source_hz, pre, counter)
    assert best is not None
    return best


def nearest(source_hz: int, wanted_hz: int, *, pre_limit: int = 16) -> BusClock:
    """The clock nearest to `wanted_hz`, above or below; above three quarters of the source the source itself.

    Raises:
        ClockOutOfRange: above the source, or not above 0. Below the slowest clock this is that clock, as in the vendor's driver.
    """
    if not 0 < wanted_hz <= source_hz:
        raise ClockOutOfRange(f"{wanted_hz} Hz; the source runs at {source_hz} Hz")
    if wanted_hz > source_hz // 4 * 3:
        return BusClock(source_hz, 1, 1)
    best: BusClock | None = None
    best_error = 0
    for counter in range(COUNTER_MIN, COUNTER_MAX + 1):
        pre = min(max((source_hz // counter + wanted_hz // 2) // wanted_hz, 1), pre_limit)
        error = abs(source_hz // (pre * counter) - wanted_hz)
        if best is None or error <= best_error:
            best, best_error = BusClock(source_hz, pre, counter), error
    assert best is not None
    return best


def _check(source_hz: int, wanted_hz: int, pre_limit: int) -> None:
    slowest = slowest_hz(source_hz, pre_limit)
    if not slowest <= wanted_hz <= source_hz:
        raise ClockOutOfRange(f"{wanted_hz} Hz; possible: {slowest:g} Hz to {source_hz} Hz")
