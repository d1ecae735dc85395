"""What the core says happened, at the grain of transfers, syncs and hazards.

The core knows no rule: it states facts, with everything that will have changed by the time somebody asks. Rules, traces and
statistics subscribe to the types they care about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar

if TYPE_CHECKING:
    from dmalab.core.heap import Block
    from dmalab.core.memory import Claim
    from dmalab.core.spans import Span
    from dmalab.core.transfer import Transfer

E = TypeVar("E")

INTERRUPT = 1 << 31
"""Set in a task number while an interrupt handler runs on top of that task."""


class Stamp(NamedTuple):
    """Who, where and when."""

    place: int = 0
    task: int = 0
    time_ps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The two views of a few bytes at the moment of an event."""

    address: int
    cpu: bytes
    memory: bytes
    line_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReadStale:
    """An engine read bytes the core had changed and not written back."""

    span: Span
    views: Views
    stored: Stamp
    transfer: Transfer
    read: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReadDiscarded:
    """An engine read bytes whose last store an invalidate had dropped."""

    span: Span
    views: Views
    dropped: Sync
    transfer: Transfer
    read: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReadUnwritten:
    """An engine read allocated bytes that nobody had written; known of cached memory only."""

    span: Span
    line_bytes: int
    """Of the cache that serves them."""
    transfer: Transfer
    read: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineWroteUnderDirtyLine:
    """An engine wrote memory under a line that holds core bytes not yet written back."""

    span: Span
    """The bytes the engine wrote in that line."""
    dirty: Span | None
    """The core's newer bytes in the line: those around `span` where it has some, else the first ones outside; None when the line is
    dirty through older stores."""
    views: Views
    dirtied: Stamp
    transfer: Transfer
    wrote: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReadStale:
    """The core read bytes from a line filled before an engine wrote them to memory."""

    span: Span
    """The whole run of stale bytes around the access."""
    access: Span
    views: Views
    filled: Stamp
    loaded: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReadDiscarded:
    """The core read bytes whose last store an invalidate had dropped."""

    span: Span
    access: Span
    views: Views
    dropped: Sync | None
    loaded: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuReadUndelivered:
    """The core read the destination of a request that had been refused."""

    span: Span
    refusal: Refusal | None
    loaded: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuDirtiedStaleLine:
    """The core stored into a line that lacks engine bytes; its write-back will destroy them."""

    access: Span
    newer: Span
    views: Views
    stored: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceBytesOverwritten:
    """A write-back of a stale line destroyed what an engine had written."""

    span: Span
    views: Views
    dirtied: Stamp
    cause: Literal["sync", "eviction"]
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class StoresDropped:
    """An invalidate dropped bytes that only the core had."""

    spans: tuple[Span, ...]
    views: Views
    stored: Stamp
    sync: Sync


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedClaim:
    """The core touched memory that a request owns."""

    access: Span
    is_store: bool
    claim: Claim
    passed: bool
    """Whether the engine had already moved these bytes."""
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsCollide:
    """Two requests that run independently own the same bytes and one of them writes."""

    span: Span
    first: Claim
    second: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class FreedClaimed:
    """A block was freed, or moved, while a request owned part of it."""

    block: Block
    claim: Claim
    freed: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDied:
    """A stack frame ended, or its task did, while a request owned part of it."""

    span: Span
    claim: Claim
    left: Stamp
    task: str = ""
    """The task that was deleted, with its whole stack; empty when a function returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """An engine was pointed at memory it can't reach."""

    span: Span
    region: str
    engine: str
    is_write: bool
    started: Stamp
    refusal: Refusal | None
    """Set when the driver refused the request; else the engine tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Misaligned:
    """A request violates the engine's constraint on address or length."""

    span: Span
    align: int
    engine: str
    why: str
    started: Stamp
    refusal: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMixed:
    """Memory was used through its uncached alias while the cache held newer stores to it."""

    access: Span
    """By the cached address."""
    is_store: bool
    newer: Span
    """Bytes that only the cache has."""
    views: Views
    stored: Stamp
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMaintenance:
    """A cache routine was called that neither checks nor locks."""

    call: str
    span: Span | None
    """None for the whole cache."""
    dropped: tuple[Span, ...]
    """Stores of the core that were lost."""
    stored: Stamp
    """Who made the first of them."""
    cores: int
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackOutOfReach:
    """A callback of an interrupt that runs while the flash cache is off lies in flash."""

    call: str
    callback: Stamp
    """Its place in the program."""
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideObject:
    """A request reaches beyond the object its address lies in."""

    span: Span
    owner: str
    owner_span: Span
    is_write: bool
    beyond: str
    """What lies behind the object, in words; empty when unknown."""
    allocated: Stamp | None
    started: Stamp


@dataclass(slots=True, kw_only=True, eq=False)
class Sync:
    """A cache maintenance call, done or refused."""

    span: Span
    op: Literal["writeback", "invalidate", "writeback+invalidate"]
    by: Stamp
    refused: str = ""
    """Why it had no effect; empty when it was carried out."""
    call: str = ""
    """The call as the user wrote it, in words."""
    driver: bool = False
    """Done by a driver on the user's behalf."""
    dirty_lines: int = 0
    """How many there were when it was carried out; likewise `present_lines`."""
    present_lines: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Refusal:
    """A request an API turned down; the destination will not receive what was asked."""

    span: Span
    reason: Literal["unreachable", "misaligned", "busy", "memory", "invalid"]
    call: str
    code: str
    """The error code's name."""
    detail: str
    """Why, in one sentence."""
    engine: str
    align: int
    offender: Span
    by: Stamp
    reported: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedInInterrupt:
    """A call that may wait was made where nothing may wait."""

    call: str
    context: Literal["interrupt", "critical section", "callback"]
    """`callback`: a driver runs the program's function inside a call that a task made."""
    blocking: bool
    """False for a task-level call that would not have waited but must not be made from an interrupt either."""
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class HeapMisused:
    """The heap was used against its rules."""

    kind: Literal["overflow", "use-after-free", "double-free", "wrong-free", "unallocated"]
    access: Span | None
    is_store: bool
    block: Block | None
    by: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaked:
    """Something nobody can give back any more was alive at the end."""

    what: str
    size: int
    span: Span | None
    allocated: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlock:
    """Every task waits and nothing is pending."""

    waits: tuple[tuple[str, str, Stamp], ...]
    """Task name, what it waits for, where."""
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The firmware crashed, aborted, ran away or ended itself."""

    message: str
    by: Stamp
    backtrace: tuple[int, ...] = ()
    address: int | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class TransferStarted:
    """A channel pair began to move bytes."""

    transfer: Transfer


@dataclass(slots=True, kw_only=True, eq=False)
class TransferEnded:
    """A transfer completed, stalled or was stopped; its outcome says which."""

    transfer: Transfer


@dataclass(slots=True)
class EventBus:
    """Delivers events to whoever subscribed to their type."""

    _handlers: dict[type, list[Callable[[Any], None]]] = field(default_factory=lambda: defaultdict(list))

    def subscribe(self, kind: type[E], handler: Callable[[E], None]) -> None:
        """Call `handler` for every later event of exactly this type."""
        self._handlers[kind].append(handler)

    def hears(self, kind: type) -> bool:
        """Whether anybody subscribed to this type; for events that are too frequent to build in vain."""
        return kind in self._handlers

    def emit(self, event: object) -> None:
        """Deliver one event, in order of subscription."""
        for handler in self._handlers.get(type(event), ()):
            handler(event)
