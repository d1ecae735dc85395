"""Spreads the events of one lane over layers in which none overlaps another, for viewers that can't show overlaps."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def layers(spans: Sequence[tuple[int, int]]) -> list[int]:
    """For each span `(start, end)` the lowest layer that is free at its start.

    Args:
        spans: In the order of their start; an empty span needs no room behind it.
    Returns:
        Layer numbers from 0.
    """
    busy: list[tuple[int, int]] = []
    """When a layer becomes free, and its number."""
    free: list[int] = []
    result = []
    for start, end in spans:
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        layer = heapq.heappop(free) if free else len(busy)
        result.append(layer)
        heapq.heappush(busy, (end, layer))
    return result
