"""General-purpose timers, `driver/gptimer.h`.

States: INIT -> ENABLE -> RUN -> ENABLE -> INIT. A timer that the matrix starts counts without the driver's knowing.
Source: ESP-IDF components/driver/gptimer/gptimer.c (v5.0 to v5.2), components/esp_driver_gptimer/src/gptimer.c (v5.3
and later).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from dmalab.chips.model import Chip
from dmalab.core.gptimer import HardwareTimer
from dmalab.core.machine import BareMachine
from dmalab.idf.driver_object import DriverObject
from dmalab.idf.errors import EspErr, IdfError

TIMER_BYTES = 64
SOURCE_HZ = 80_000_000
"""Clock of the default source; 40 and 48 MHz on some chips, which only limits the resolution."""
_TWO_PER_GROUP = frozenset({"esp32", "esp32s2", "esp32s3", "esp32p4", "esp32s31"})


def timer_layout(chip: Chip) -> tuple[int, int]:
    """Groups, and timers in each."""
    return 1 if chip.name == "esp32c2" else 2, 2 if chip.name in _TWO_PER_GROUP else 1


@dataclass(frozen=True, slots=True)
class AlarmEvent:
    """What an alarm callback is given."""

    count_value: int
    alarm_value: int


AlarmCallback = Callable[["GpTimer", AlarmEvent], Any]


def _timers(machine: BareMachine) -> list[HardwareTimer]:
    timers = machine.layers.get("timers")
    if not isinstance(timers, list):
        groups, per_group = timer_layout(machine.chip)
        timers = machine.layers["timers"] = [
            HardwareTimer(machine.clock, number) for number in range(groups * per_group)
        ]
    return timers


class GpTimer(DriverObject):
    """A timer handle."""

    def __init__(self, machine: BareMachine, *, resolution_hz: int, count_up: bool = True) -> None:
        """`gptimer_new_timer`: the lowest free timer.

        Raises:
            IdfError: NO_MEM, NOT_FOUND when all are taken, INVALID_ARG for a resolution the clock does not divide to.
        """
        super().__init__(machine, TIMER_BYTES, "timer handle")
        free = next((timer for timer in _timers(machine) if not timer.taken), None)
        if free is None:
            self.forget()
            raise IdfError(EspErr.NOT_FOUND, "all timers are taken")
        if resolution_hz <= 0 or not 2 <= SOURCE_HZ // resolution_hz <= 65536:
            self.forget()
            raise IdfError(EspErr.INVALID_ARG, f"resolution {resolution_hz} Hz")
        self.core = free
        self.core.taken = True
        self.core.set_up(resolution_hz, up=count_up)
        self.state: Literal["init", "enable", "run"] = "init"
        self._callback: AlarmCallback | None = None
        self._registered = False

    @property
    def title(self) -> str:
        """How reports call it."""
        return f"timer {self.core.number}"

    def delete(self) -> None:
        """Give the timer back.

        Raises:
            IdfError: INVALID_STATE unless it is disabled.
        """
        self._expect("init")
        self.core.stop()
        self.core.set_alarm(None)
        self.core.on_event = self.core.on_interrupt = None
        self.core.taken = False
        self.forget()

    def _expect(self, state: str) -> None:
        if self.state != state:
            raise IdfError(EspErr.INVALID_STATE, f"{self.title} is in state {self.state}, not {state}")

    def register_callbacks(self, on_alarm: AlarmCallback | None) -> None:
        """Set or remove the alarm callback.

        Raises:
            IdfError: INVALID_STATE for the first registration on an enabled timer.
        """
        if not self._registered:
            self._expect("init")
            self._registered = True
        self._callback = on_alarm
        self.core.on_interrupt = self._alarmed if on_alarm is not None else None

    def _alarmed(self, reached: int, asked: int) -> None:
        def serve() -> None:
            if self.core.auto_reload:
                self.core.enable_alarm()
            if self._callback is not None:
                self._callback(self, AlarmEvent(reached, asked))

        self.machine.scheduler.interrupts.request(serve)

    def set_alarm(self, count: int | None, *, reload_count: int = 0, auto_reload: bool = False) -> None:
        """Set the alarm; None switches it off.

        Raises:
            IdfError: INVALID_ARG when an automatic reload leads straight to the alarm.
        """
        if count is not None and auto_reload and count == reload_count:
            raise IdfError(EspErr.INVALID_ARG, "the reload value is the alarm value")
        self.core.set_alarm(count, reload_at=reload_count, auto_reload=auto_reload)

    def enable(self) -> None:
        """INIT to ENABLE.

        Raises:
            IdfError: INVALID_STATE.
        """
        self._expect("init")
        self.state = "enable"

    def disable(self) -> None:
        """ENABLE to INIT.

        Raises:
            IdfError: INVALID_STATE.
        """
        self._expect("enable")
        self.state = "init"

    def start(self) -> None:
        """ENABLE to RUN.

        Raises:
            IdfError: INVALID_STATE.
        """
        self._expect("enable")
        self.state = "run"
        self.core.start()

    def stop(self) -> None:
        """RUN to ENABLE.

        Raises:
            IdfError: INVALID_STATE.
        """
        self._expect("run")
        self.state = "enable"
        self.core.stop()
