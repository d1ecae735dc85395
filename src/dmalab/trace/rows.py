"""A timeline in the making: rows of six numbers in one array, with lanes and labels numbered as they appear."""

from __future__ import annotations

from array import array
from collections.abc import Callable

import numpy as np

from dmalab.core.places import Site
from dmalab.trace.timeline import MAX_EVENTS, Lane, LaneKind, Timeline

COLUMNS = 6
"""Start, end, lane, label, place, value."""


class Rows:
    """What has been recorded so far."""

    def __init__(self, limit: int = MAX_EVENTS) -> None:
        """Args: `limit` is how many events are kept."""
        self._limit = limit * COLUMNS
        self._rows = array("q")
        self._dropped = 0
        self._lanes: dict[Lane, int] = {}
        self._labels: dict[str, int] = {}

    def lane(self, kind: LaneKind, name: str, unit: str = "") -> int:
        """The number of a lane; a new one appears at the end of its kind."""
        return self._lanes.setdefault(Lane(kind, name, unit), len(self._lanes))

    def add(self, lane: int, start_ps: int, end_ps: int, label: str, place: int = 0, value: int = 0) -> None:
        """Write one event down; `place` is a number of `Places`."""
        rows = self._rows
        if len(rows) >= self._limit:
            self._dropped += 1
            return
        number = self._labels.setdefault(label, len(self._labels))
        rows.extend((start_ps, end_ps, lane, number, place, value))

    def timeline(self, resolve: Callable[[int], Site], duration_ps: int) -> Timeline:
        """Everything written down, in order.

        Args:
            resolve: Place to site.
            duration_ps: Length of the run.
        """
        rows = np.array(self._rows, dtype=np.int64).reshape(-1, COLUMNS)
        kinds = {kind: number for number, kind in enumerate(LaneKind)}
        lanes = sorted(self._lanes, key=lambda lane: (kinds[lane.kind], self._lanes[lane]))
        number_of = np.zeros(max(1, len(lanes)), dtype=np.int64)
        number_of[[self._lanes[lane] for lane in lanes]] = np.arange(len(lanes))
        rows[:, 2] = number_of[rows[:, 2]]
        rows = rows[np.lexsort((rows[:, 1], rows[:, 2], rows[:, 0]))]
        places, numbers = np.unique(np.concatenate(([0], rows[:, 4])), return_inverse=True)
        return Timeline(
            lanes=tuple(lanes),
            labels=tuple(self._labels),
            sites=tuple(resolve(place) for place in places.tolist()),
            start_ps=rows[:, 0].copy(),
            end_ps=rows[:, 1].copy(),
            lane=rows[:, 2].astype(np.int32),
            label=rows[:, 3].astype(np.int32),
            site=numbers.reshape(-1)[1:].astype(np.int32),
            value=rows[:, 5].copy(),
            duration_ps=duration_ps,
            dropped=self._dropped,
        )
