"""A general-purpose timer: a counter with a resolution, an alarm, and a reload.

The count is worked out from virtual time when somebody looks; an alarm is an event of the clock.
Not modelled: dividers that don't hit the resolution exactly, the limit of the counter's width, clock sources other than
their frequency.
Source: ESP-IDF components/esp_driver_gptimer/src/gptimer.c, hal/timer_ll.h @102122904ad.
"""

from __future__ import annotations

from collections.abc import Callable

from dmalab.core.clock import PS_PER_S, Clock, Event


class HardwareTimer:
    """One timer of the chip."""

    def __init__(self, clock: Clock, number: int) -> None:
        self.number = number
        self.taken = False
        self._clock = clock
        self.set_up(1_000_000, up=True)

    def set_up(self, resolution_hz: int, *, up: bool) -> None:
        """Bring the timer to its beginning."""
        self.resolution_hz = resolution_hz
        self.up = up
        self.running = False
        self.alarm_enabled = False
        self.alarm_at: int | None = None
        self.reload_at = 0
        self.auto_reload = False
        self.captured = 0
        self.on_event: Callable[[], None] | None = None
        """Told of the alarm by hardware, without an interrupt: the event task matrix."""
        self.on_interrupt: Callable[[int, int], None] | None = None
        """Told of the alarm, to raise an interrupt: the count that was reached, and the count that was asked for."""
        self._base = 0
        self._since_ps = 0
        self._due: Event | None = None

    # -- counting ----------------------------------------------------------------------------------------------------

    @property
    def count(self) -> int:
        """The counter now."""
        if not self.running:
            return self._base
        ticks = (self._clock.now_ps - self._since_ps) * self.resolution_hz // PS_PER_S
        return self._base + ticks if self.up else self._base - ticks

    def set_count(self, value: int) -> None:
        """Load the counter."""
        self._base, self._since_ps = value, self._clock.now_ps
        self._plan()

    def start(self) -> None:
        """Count; starting a running timer does nothing."""
        if not self.running:
            self.running = True
            self._since_ps = self._clock.now_ps
            self._plan()

    def stop(self) -> None:
        """Hold the count."""
        self._base = self.count
        self.running = False
        self._plan()

    def capture(self) -> None:
        """Latch the count."""
        self.captured = self.count

    def reload(self) -> None:
        """Load the counter with its reload value."""
        self.set_count(self.reload_at)

    # -- the alarm ---------------------------------------------------------------------------------------------------

    def set_alarm(self, at: int | None, *, reload_at: int = 0, auto_reload: bool = False) -> None:
        """Set the alarm, or switch it off with None."""
        self.alarm_at, self.reload_at, self.auto_reload = at, reload_at, auto_reload
        self.alarm_enabled = at is not None
        self._plan()

    def enable_alarm(self) -> None:
        """Arm the alarm again, which went off when it fired."""
        self.alarm_enabled = self.alarm_at is not None
        self._plan()

    def _plan(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if not self.running or not self.alarm_enabled or self.alarm_at is None:
            return
        ticks = self.alarm_at - self.count if self.up else self.count - self.alarm_at
        if ticks < 0:
            return  # passed already: the counter would have to come round
        reached = -(-(abs(self.alarm_at - self._base)) * PS_PER_S // self.resolution_hz)
        delay = max(0, self._since_ps + reached - self._clock.now_ps)
        self._due = self._clock.schedule(delay, self._fire)

    def _fire(self) -> None:
        self._due = None
        reached, asked = self.count, self.alarm_at or 0
        self.alarm_enabled = False  # a driver's interrupt, or a task of the matrix, arms it again
        if self.auto_reload:
            self.reload()
        if self.on_event is not None:
            self.on_event()
        if self.on_interrupt is not None:
            self.on_interrupt(reached, asked)
