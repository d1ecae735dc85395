"""FreeRTOS ticks as virtual time.

Source: ESP-IDF Kconfig CONFIG_FREERTOS_HZ, default 100.
"""

from __future__ import annotations

TICK_US = 10_000
MAX_DELAY = 0xFFFF_FFFF


def timeout_us(ticks: int) -> float | None:
    """A time-out in microseconds; None for ever."""
    return None if ticks == MAX_DELAY else ticks * TICK_US
