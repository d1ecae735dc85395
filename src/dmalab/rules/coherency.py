"""Cache and memory disagree: stale-dma-read, stale-cpu-read, dirty-line-over-dma, shared-line, discarded-write, ineffective-sync.

One hazard can have two names: what went wrong (`stale-dma-read`), and the maintenance call that was meant to prevent it and did not
(`ineffective-sync`). Both are reported, each with its own places.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence

from dmalab.chips.model import Kind
from dmalab.core.events import (
    CpuDirtiedStaleLine,
    CpuReadDiscarded,
    CpuReadStale,
    DeviceBytesOverwritten,
    EngineReadDiscarded,
    EngineReadStale,
    EngineWroteUnderDirtyLine,
    Stamp,
    StoresDropped,
    Sync,
    TransferStarted,
    Views,
)
from dmalab.core.spans import Span
from dmalab.core.transfer import Segment, Transfer
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role, line_bytes

REMEMBERED_SYNCS = 512
REMEMBERED_TRANSFERS = 64
"""Transfers whose destinations are known, to tell a receive buffer from the rest of a structure or a line."""


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"


class Coherency:
    """Subscribes to the hazards of caches and judges them."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._objects = checker.machine.objects
        self._syncs: deque[Sync] = deque(maxlen=REMEMBERED_SYNCS)
        self._transfers: deque[Transfer] = deque(maxlen=REMEMBERED_TRANSFERS)
        bus = checker.machine.bus
        bus.subscribe(Sync, self._on_sync)
        bus.subscribe(TransferStarted, lambda event: self._transfers.append(event.transfer))
        bus.subscribe(EngineReadStale, self._on_engine_read_stale)
        bus.subscribe(EngineReadDiscarded, self._on_engine_read_discarded)
        bus.subscribe(EngineWroteUnderDirtyLine, self._on_write_under_dirty)
        bus.subscribe(CpuReadStale, self._on_cpu_read_stale)
        bus.subscribe(CpuReadDiscarded, self._on_cpu_read_discarded)
        bus.subscribe(CpuDirtiedStaleLine, self._on_dirtied_stale)
        bus.subscribe(DeviceBytesOverwritten, self._on_overwritten)
        bus.subscribe(StoresDropped, self._on_dropped)

    def _on_sync(self, sync: Sync) -> None:
        if not sync.driver:
            self._syncs.append(sync)

    # -- what engines read -------------------------------------------------------------------------------------------

    def _on_engine_read_stale(self, event: EngineReadStale) -> None:
        transfer, span, words = event.transfer, event.span, self._checker.words
        thing = self._objects.at(span.low)
        if event.stored.place == 0 and thing is not None and thing.kind == "stack":
            # Unseen stores on a stack are the compiler's spills, in a frame that took the place of the buffer's: see dead-stack.
            return
        if self._is_homeless(span, transfer, event.stored):
            return
        item = f", descriptor {transfer.item_at(span.low) + 1} of {transfer.items}" if transfer.items else ""
        started = transfer.started
        late = event.stored.time_ps > started.time_ps
        if late:
            fix = (
                f"at {{stored}}: store only after {self._completion(span)}, or use a second buffer; the cache was written back "
                "when the request was made at {started}"
            )
        else:
            fix = f"before {{started}}: {words.writeback(*self._checker.piece(_part(transfer.sources, span) or span))}"
        self._checker.report(
            Draft(
                rule="stale-dma-read",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{transfer.channel} read {_bytes(span.size)} at {span} that the core had changed and not written back",
                span=span,
                line=line_bytes(event.views, moved=event.views.memory),
                time_ps=event.read.time_ps,
                roles=(
                    ("stored", event.stored, ""),
                    (
                        "started",
                        started,
                        f"transfer of {transfer.total} bytes{item}" if transfer.total else "fetched its descriptors",
                    ),
                ),
                fix=fix,
                notes=self._owner_note(span),
            ),
            cause=(transfer, self._thing(span), late),
        )
        self._judge_syncs(
            span, "writeback", event.stored, event.read, f"{transfer.channel} read", ("started", started, "")
        )

    def _on_engine_read_discarded(self, event: EngineReadDiscarded) -> None:
        transfer, span = event.transfer, event.span
        self._checker.report(
            Draft(
                rule="discarded-write",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{transfer.channel} read {_bytes(span.size)} at {span} whose last store an invalidate had dropped",
                span=span,
                line=line_bytes(event.views, moved=event.views.memory),
                time_ps=event.read.time_ps,
                roles=(("dropped", event.dropped.by, event.dropped.call), ("started", transfer.started, "")),
                fix="at {dropped}: "
                + self._checker.words.writeback(self._checker.name(span.low), self._checker.extent(span).size),
                notes=self._owner_note(span),
            )
        )
        if not event.dropped.driver:
            self._report_wrong_direction(span, event.dropped, event.read, f"{transfer.channel} read", ())

    # -- what engines write ------------------------------------------------------------------------------------------

    def _on_write_under_dirty(self, event: EngineWroteUnderDirtyLine) -> None:
        transfer, dirty = event.transfer, event.dirty
        if self._is_homeless(event.span, transfer, event.dirtied):
            return
        words = self._checker.words
        own = dirty is None or any(sink.span.overlap(dirty) for sink in transfer.sinks)
        received = _part(transfer.sinks, event.span) or event.span
        if own:
            rule = "dirty-line-over-dma"
            message = (
                f"{transfer.channel} wrote {_bytes(event.span.size)} at {event.span} under a line that holds older stores of the "
                "core; when the cache evicts it, they replace what was received"
            )
            fix = f"before {{started}}: {words.invalidate(*self._checker.piece(received))}"
            if event.dirtied.time_ps > transfer.started.time_ps:
                fix = f"at {{stored}}: store only after {self._completion(event.span)}, or use a second buffer"
        else:
            assert dirty is not None
            rule = "shared-line"
            message = (
                f"{transfer.channel} wrote {_bytes(event.span.size)} at {event.span}, and the same cache line holds unwritten stores to "
                f"{dirty}; the line's write-back destroys what was received, its invalidate loses the stores"
            )
            fix = (
                f"give the receive buffer whole cache lines: "
                f"{words.allocate(received.size, self._kind(event.span.low))}, or align it and round its size up to "
                f"{event.views.line_bytes} bytes"
            )
        notes = self._owner_note(dirty, "the stores belong to") if dirty is not None and not own else ()
        self._checker.report(
            Draft(
                rule=rule,
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=message,
                span=event.span,
                line=line_bytes(event.views),
                time_ps=event.wrote.time_ps,
                roles=(
                    ("stored", event.dirtied, ""),
                    ("started", transfer.started, f"transfer of {transfer.total} bytes"),
                ),
                fix=fix,
                notes=notes,
            ),
            cause=(transfer, self._thing(received)) if own else self._thing(received),
        )
        if own:
            self._judge_syncs(
                event.span,
                "invalidate",
                event.dirtied,
                event.wrote,
                f"{transfer.channel} wrote",
                ("started", transfer.started, ""),
            )

    def _on_dirtied_stale(self, event: CpuDirtiedStaleLine) -> None:
        """Only a foreign store is judged here: the buffer's owner may be about to rewrite the whole line."""
        mine, theirs = self._objects.at(event.newer.low), self._objects.at(event.access.low)
        if mine is None or theirs is None or mine.span == theirs.span:
            return
        self._checker.report(
            Draft(
                rule="shared-line",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=f"the core stored to {event.access} in a cache line that still shows old bytes for {event.newer}, which an engine "
                "had written; the line's write-back destroys them",
                span=event.newer,
                line=line_bytes(event.views),
                time_ps=event.stored.time_ps,
                roles=(("stored", event.stored, ""),),
                fix=f"give the receive buffer whole cache lines of {event.views.line_bytes} bytes, and invalidate it after the transfer: "
                + self._checker.words.invalidate(self._checker.name(event.newer.low), mine.span.size),
                notes=self._owner_note(event.newer, "the engine's bytes belong to")
                + self._owner_note(event.access, "the store belongs to"),
            )
        )

    def _on_overwritten(self, event: DeviceBytesOverwritten) -> None:
        cause = "was called" if event.cause == "sync" else "happened by eviction"
        self._checker.report(
            Draft(
                rule="dirty-line-over-dma",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"a write-back {cause} on a line with stale bytes: {_bytes(event.span.size)} at {event.span} that an engine had "
                "written are lost",
                span=event.span,
                line=line_bytes(event.views),
                time_ps=event.by.time_ps,
                roles=(("stored", event.dirtied, ""), ("wrote back", event.by, "")),
                fix="after the transfer and before {stored}: "
                + self._checker.words.invalidate(*self._checker.piece(self._received(event.span) or event.span)),
                notes=self._owner_note(event.span),
            )
        )

    # -- what the core reads -----------------------------------------------------------------------------------------

    def _on_cpu_read_stale(self, event: CpuReadStale) -> None:
        span = event.span
        filled_unseen = " by a prefetch" if event.filled.place == 0 else ""
        received = self._received(span) or span
        self._checker.report(
            Draft(
                rule="stale-cpu-read",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"the core read old bytes at {span}: the cache line was filled{filled_unseen} before an engine wrote memory",
                span=span,
                line=line_bytes(event.views),
                time_ps=event.loaded.time_ps,
                roles=(("filled", event.filled, ""), ("loaded", event.loaded, "")),
                fix="between the transfer and {loaded}: "
                + self._checker.words.invalidate(*self._checker.piece(received))
                + ", or do not touch the buffer between start and completion",
                notes=self._owner_note(span),
            ),
            cause=self._thing(received),
        )
        self._judge_syncs(span, "invalidate", event.filled, event.loaded, "the core read", ("loaded", event.loaded, ""))

    def _on_cpu_read_discarded(self, event: CpuReadDiscarded) -> None:
        span, dropped = event.span, event.dropped
        if dropped is not None and self._dropped_beside(span, dropped):
            self._report_lost_neighbour(span, dropped, ("loaded", event.loaded, ""))
            return
        roles: list[Role] = [("dropped", dropped.by, dropped.call)] if dropped is not None else []
        self._checker.report(
            Draft(
                rule="discarded-write",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"the core read {_bytes(span.size)} at {span} whose last store an invalidate had dropped",
                span=span,
                line=line_bytes(event.views),
                time_ps=event.loaded.time_ps,
                roles=(*roles, ("loaded", event.loaded, "")),
                fix="at {dropped}: "
                + self._checker.words.writeback_invalidate(
                    self._checker.name(span.low), self._checker.extent(span).size
                )
                if dropped is not None
                else "",
                notes=self._owner_note(span),
            ),
            cause=(dropped.by.place, self._thing(span)) if dropped is not None else None,
        )

    # -- maintenance -------------------------------------------------------------------------------------------------

    def _on_dropped(self, event: StoresDropped) -> None:
        """Dropping a neighbour's stores is wrong at once; dropping one's own only if they are read again (see discarded-write)."""
        meant = self._meant(event.sync)
        owner = self._objects.at(meant.low) if meant is not None else None
        if meant is None or owner is None:
            return
        for span in event.spans:
            thing = self._objects.at(span.low)
            if thing is None or thing.span == owner.span or thing.freed is not None:
                continue
            memory = self._checker.machine.memory
            stored = memory.last_store(memory.locate(span.low, 1)[0], span.low)
            self._checker.report(
                Draft(
                    rule="shared-line",
                    severity=Severity.ERROR,
                    certainty=Certainty.CERTAIN,
                    message=f"invalidating {event.sync.span} dropped {_bytes(span.size)} of the core's stores at {span}, which belong to "
                    f"{self._checker.described(thing)}, not to {self._checker.described(owner)}",
                    span=span,
                    line=line_bytes(self._views(span)),
                    time_ps=event.sync.by.time_ps,
                    roles=(("stored", stored, ""), ("invalidated", event.sync.by, event.sync.call)),
                    fix=self._apart(owner.span, event.views.line_bytes),
                    notes=self._owner_note(span),
                ),
                cause=self._thing(meant),
            )

    def _dropped_beside(self, span: Span, sync: Sync) -> bool:
        """Whether `span` is no part of what an invalidate was meant for: another object, or beside the received bytes in one line."""
        meant = self._meant(sync)
        if meant is None or meant.overlap(span):
            return False
        mine, theirs = self._objects.at(meant.low), self._objects.at(span.low)
        if mine is None or theirs is None or mine.span != theirs.span:
            return mine is not None and theirs is not None
        size = self._views(span).line_bytes
        return meant.overlap(Span(span.low - span.low % size, span.high + -span.high % size)) is not None

    def _meant(self, sync: Sync) -> Span | None:
        """What an invalidate is for: what was received there, else the object it covers most of."""
        received = self._received(sync.span)
        if received is not None:
            return received
        owner = self._objects.main(sync.span)
        return owner.span if owner is not None else None

    def _report_lost_neighbour(self, span: Span, sync: Sync, victim: Role) -> None:
        meant = self._meant(sync)
        assert meant is not None, "or it could not lie beside"
        self._checker.report(
            Draft(
                rule="shared-line",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"invalidating {sync.span} dropped {_bytes(span.size)} of the core's stores at {span}, which lie beside "
                f"what it was for, {meant}, and they were used afterwards",
                span=span,
                line=line_bytes(self._views(span)),
                time_ps=victim[1].time_ps,
                roles=(("invalidated", sync.by, sync.call), victim),
                fix=self._apart(meant, self._views(span).line_bytes),
                notes=self._owner_note(span),
            ),
            cause=self._thing(meant),
        )

    def _apart(self, received: Span, line_bytes: int) -> str:
        name, size = self._checker.name(received.low), -(-received.size // line_bytes) * line_bytes
        return f"give what is received in {name} whole cache lines of its own: align it to {line_bytes} bytes and make it {size} bytes long"

    def _judge_syncs(self, span: Span, wanted: str, since: Stamp, now: Stamp, what: str, victim: Role) -> None:
        """Look for a maintenance call that was meant for these bytes and had no effect on them."""
        whole = self._checker.extent(span)
        for sync in reversed(self._syncs):
            if sync.by.time_ps < since.time_ps:
                break
            if sync.span.overlap(whole) is None:
                continue
            if sync.refused and sync.span.overlap(span):
                self._report_ineffective(
                    span,
                    sync,
                    now,
                    victim,
                    f"{sync.call} was refused ({sync.refused}), so it had no effect: {what} old bytes at {span}",
                )
                return
            if (
                not sync.refused
                and sync.op == ("writeback" if wanted == "invalidate" else "invalidate")
                and sync.span.overlap(span)
            ):
                self._report_wrong_direction(span, sync, now, what, (victim,))
                return
            if not sync.refused and wanted in sync.op and not sync.span.overlap(span):
                self._report_ineffective(
                    span,
                    sync,
                    now,
                    victim,
                    f"{sync.call} covered only {sync.span} of {_bytes(whole.size)}: {what} old bytes at {span}",
                )
                return

    def _report_wrong_direction(self, span: Span, sync: Sync, now: Stamp, what: str, victims: tuple[Role, ...]) -> None:
        did, needed = ("wrote back", "invalidated") if sync.op == "writeback" else ("invalidated", "written back")
        victim = victims[0] if victims else ("read", now, "")
        self._report_ineffective(
            span, sync, now, victim, f"{sync.call} {did} {span}, which had to be {needed}: {what} old bytes"
        )

    def _report_ineffective(self, span: Span, sync: Sync, now: Stamp, victim: Role, message: str) -> None:
        words = self._checker.words
        if victim[0] == "loaded":
            right = words.invalidate(*self._checker.piece(self._received(span) or span))
        else:
            right = words.writeback(*self._checker.piece(self._sent(span) or span))
        self._checker.report(
            Draft(
                rule="ineffective-sync",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=message,
                span=span,
                time_ps=now.time_ps,
                roles=(("synced", sync.by, ""), victim),
                fix=f"at {{synced}}: {right}, and look at the result",
            )
        )

    # -- words -------------------------------------------------------------------------------------------------------

    def _thing(self, span: Span) -> Hashable:
        """What stands for the object at `span`, while that lives; on a stack, and where nothing is known, the bytes themselves do."""
        thing = self._objects.at(span.low)
        return span if thing is None or thing.kind == "stack" else (thing.span, thing.allocated)

    def _is_homeless(self, span: Span, transfer: Transfer, stored: Stamp) -> bool:
        """Whether the transfer had lost its memory by the time of a store, so that the store was its next owner's."""
        return stored.time_ps > transfer.started.time_ps and any(
            claim.started == transfer.started and claim.span.overlap(span) for claim in self._checker.homeless
        )

    def _received(self, span: Span) -> Span | None:
        """What the latest transfer into `span` writes there, and next to it; None where that was somebody else's memory then."""
        for transfer in reversed(self._transfers):
            received = _part(transfer.sinks, span)
            if received is not None:
                owner = self._objects.at(received.low)
                since = owner.allocated.time_ps if owner is not None and owner.allocated is not None else 0
                is_his = owner is not None and owner.span.covers(received) and since <= transfer.started.time_ps
                return received if is_his else None
        return None

    def _sent(self, span: Span) -> Span | None:
        """What the latest transfer out of `span` reads there, and next to it."""
        sent = (_part(transfer.sources, span) for transfer in reversed(self._transfers))
        return next((part for part in sent if part is not None), None)

    def _completion(self, span: Span) -> str:
        """What tells that the request which reads `span` is over."""
        claims = self._checker.machine.memory.claims
        told = (claim.completion for claim in claims if claim.completion and claim.span.overlap(span))
        return next(told, self._checker.words.completion())

    def _owner_note(self, span: Span, lead: str = "the bytes belong to") -> tuple[str, ...]:
        owner = self._checker.owner(span.low)
        return (f"{lead} {owner}",) if owner else ()

    def _kind(self, address: int) -> Kind:
        region = self._checker.machine.memory.find(address)
        assert region is not None
        return region.kind

    def _views(self, span: Span) -> Views:
        memory = self._checker.machine.memory
        return memory.views(memory.locate(span.low, 1)[0], span.low)


def _part(segments: Sequence[Segment], span: Span) -> Span | None:
    """The unbroken bytes of one side of a transfer around `span`; None where it has none of them, as of a descriptor."""
    here = next((number for number, one in enumerate(segments) if one.span.overlap(span)), None)
    if here is None:
        return None
    low, high = segments[here].span
    for number in range(here - 1, -1, -1):
        if segments[number].span.high != low:
            break
        low = segments[number].span.low
    for number in range(here + 1, len(segments)):
        if segments[number].span.low != high:
            break
        high = segments[number].span.high
    return Span(low, high)
