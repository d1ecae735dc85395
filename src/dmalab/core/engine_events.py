"""What engines say about lists, rings and channels that are used wrongly. See `events` for how such facts are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dmalab.core.events import Stamp
from dmalab.core.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBroken:
    """An engine could not go on with a list although a frame was not finished."""

    channel: str
    direction: str
    """`sending` or `receiving`."""
    why: str
    at: int
    """Address of the descriptor that is missing or wrong; 0 at the end of a list."""
    moved: int
    """Bytes moved before."""
    items: int
    """Descriptors found before."""
    started: Stamp
    noticed: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class RingExhausted:
    """Bytes arrived and every descriptor of the ring waits for the CPU."""

    channel: str
    at: int
    items: int
    """Descriptors filled since the start."""
    started: Stamp
    noticed: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAbandoned:
    """An engine was told to do something else in the middle of a list, or to go on without one."""

    channel: str
    kind: Literal["restarted", "removed", "appended"]
    left: int
    """Bytes that were still to move."""
    started: Stamp
    by: Stamp
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameUnheard:
    """A frame was received, and nobody had asked to be told."""

    channel: str
    size: int
    started: Stamp
    ended: Stamp
