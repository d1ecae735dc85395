"""What a traced run leaves behind: lanes, and on them events with time, label and source place.

A lane is one thing that does or undergoes something: a task, the interrupt level, a channel, an engine's bus, cache
maintenance, the lines of a buffer, the ownership of a buffer. An event covers `[start_ps, end_ps)` of its lane; an
instant has both equal. Events of one lane follow each other, except on buffer lanes, where several requests may read
one buffer at a time.

Kept as columns of numbers with every text once, so that a million events stay small and travel between processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from dmalab.core.places import Site

Times = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int32]

MAX_EVENTS = 1_000_000
"""Events kept; later ones are counted."""


class LaneKind(Enum):
    """What a lane shows."""

    TASK = "task"
    """Runs, or waits for something; in between it is ready and others run."""
    INTERRUPT = "interrupt"
    """A handler runs on top of whatever task is current; labelled with who asked for it."""
    CHANNEL = "channel"
    """Transfers; the value is the number of bytes moved, the place is where the transfer was started."""
    BUS = "bus load"
    """A step function: the value is what an engine moves in kB/s, each transfer averaged over its run."""
    SYNC = "sync"
    """Cache maintenance; the value is the number of bytes."""
    LINES = "line states"
    """The lines of one cached buffer, looked at whenever it is handed over, handed back or synced; the value is how many are dirty."""
    BUFFER = "buffer"
    """Requests that own one buffer; the value is the number of bytes owned."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of a timeline."""

    kind: LaneKind
    name: str
    """Unique among the lanes of its kind."""
    unit: str = ""
    """Of the values, on lanes that are step functions; else empty."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something on a lane."""

    start_ps: int
    end_ps: int
    lane: Lane
    label: str
    site: Site
    """Where in the source; `NOWHERE` when that has no meaning."""
    value: int
    """A number that belongs to the kind of lane; see there."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline:
    """All events of a run, in the order of their start."""

    lanes: tuple[Lane, ...]
    """In the order to show them: by kind, then as they appeared."""
    labels: tuple[str, ...]
    sites: tuple[Site, ...]
    """Source places; the first is `NOWHERE`."""
    start_ps: Times
    end_ps: Times
    lane: Indices
    """Index into `lanes`; `label` and `site` likewise."""
    label: Indices
    site: Indices
    value: Times
    duration_ps: int
    """From reset to the end of the run."""
    dropped: int = 0
    """Events beyond `MAX_EVENTS`."""

    def __len__(self) -> int:
        return len(self.start_ps)

    def events(self) -> Iterator[Event]:
        """The events one by one, for readers who don't mind objects."""
        columns = (self.start_ps, self.end_ps, self.lane, self.label, self.site, self.value)
        for start, end, lane, label, site, value in zip(*(column.tolist() for column in columns), strict=True):
            yield Event(start, end, self.lanes[lane], self.labels[label], self.sites[site], value)

    def of(self, kind: LaneKind) -> Iterator[Event]:
        """The events on lanes of one kind."""
        return (event for event in self.events() if event.lane.kind is kind)
