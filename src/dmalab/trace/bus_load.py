"""How busy an engine's bus is over time, from when its transfers ran and what they moved.

Each transfer counts with its average rate from start to end. Not modelled here: how the rate varies inside a transfer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

Run = tuple[int, int, int]
"""Start and end in picoseconds, bytes moved."""

PS_PER_MS = 1_000_000_000

TINY = 1e-6
"""What rounding leaves of a rate when everything has ended."""


def steps(runs: Sequence[Run]) -> Iterator[Run]:
    """Cut time where a run starts or ends: `(start, end, kB/s)` of every piece in which something moves, in order of time.

    Equal neighbours are joined; the rate is rounded to whole kilobytes (1000 bytes) per second, 1 at least.
    """
    changes: dict[int, float] = {}
    for start, end, moved in runs:
        if end > start and moved:
            rate = moved * PS_PER_MS / (end - start)
            changes[start] = changes.get(start, 0.0) + rate
            changes[end] = changes.get(end, 0.0) - rate
    load = 0.0
    open_at, open_load = 0, 0
    for here, after in pairwise([*sorted(changes), None]):
        assert here is not None
        load += changes[here]
        shown = 0 if after is None or load < TINY else max(1, round(load))
        if shown != open_load:
            if open_load:
                yield open_at, here, open_load
            open_at, open_load = here, shown
