"""Zephyr's ticks as virtual time.

Source: zephyr kernel/Kconfig (CONFIG_SYS_CLOCK_TICKS_PER_SEC; 10 000 on tickless systems).
"""

from __future__ import annotations

TICK_US = 100
FOREVER = 0xFFFF_FFFF_FFFF_FFFF


def timeout_us(ticks: int) -> float | None:
    """A time-out in microseconds; None for ever."""
    return None if ticks == FOREVER else ticks * TICK_US
