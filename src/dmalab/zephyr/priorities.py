"""Zephyr's thread priorities as those of the scheduler.

Zephyr counts downward: -1 is more urgent than 0. Negative ones are cooperative: such a thread keeps the core until it waits or yields.
Source: zephyr doc/kernel/services/threads/index.rst; defaults of kernel/Kconfig (16 cooperative, 15 preemptible priorities).
"""

from __future__ import annotations

LOWEST = 15
"""The idle thread's."""
HIGHEST = -16


def task_priority(priority: int) -> int:
    """The scheduler's priority (higher is more urgent) of one of Zephyr's."""
    return LOWEST - max(HIGHEST, min(LOWEST, priority)) + 1


def is_cooperative(priority: int) -> bool:
    """Whether a thread of that priority is never preempted by another."""
    return priority < 0
