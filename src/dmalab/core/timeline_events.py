"""What a timeline shows and no rule needs: who has the core, who waits, who owns memory.

These happen often, so whoever emits one asks `EventBus.hears` first: as long as nobody subscribes, they are not even
built. They carry no time; each is delivered at the moment it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dmalab.core.events import Stamp
from dmalab.core.spans import Span

if TYPE_CHECKING:
    from dmalab.core.memory import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRuns:
    """The core went over to a task."""

    task: int
    """Its number; 0 when nobody is ready and the core idles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskWaits:
    """A task gave up the core until it is woken."""

    task: int
    what: str
    """What it waits for, in words."""
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReady:
    """A task was created, woken or resumed."""

    task: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEnded:
    """A task is over."""

    task: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptBegan:
    """A handler runs on top of the current task."""

    source: str
    """Who asked for it, as far as that is known: `AXI GDMA channel 0`; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptEnded:
    """The handler is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncBegins:
    """Cache maintenance is about to change the lines of a span; `Sync` follows when it is done."""

    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTaken:
    """A request owns memory from now on."""

    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimReleased:
    """A request gave its memory back."""

    claim: Claim
