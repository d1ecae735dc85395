"""Cache and memory disagree: stale-dma-read, stale-cpu-read, dirty-line-over-dma, shared-line, discarded-write, ineffective-sync.

One hazard can have two names: what went wrong (`stale-dma-read`), and the maintenance call that was meant to prevent it and did not
(`ineffective-sync`). Both are reported, each with its own places.
"""

from __future__ import annotations

from collections import deque

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
    Views,
)
from dmalab.core.spans import Span
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role, line_bytes

REMEMBERED_SYNCS = 512


def _bytes(count: int) -> str:
    return f"{count} byte" if count == 1 else f"{count} bytes"


class Coherency:
    """Subscribes to the hazards of caches and judges them."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._objects = checker.machine.objects
        self._syncs: deque[Sync] = deque(maxlen=REMEMBERED_SYNCS)
        bus = checker.machine.bus
        bus.subscribe(Sync, self._on_sync)
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
        item = f", descriptor {transfer.item_at(span.low) + 1} of {transfer.items}" if transfer.items else ""
        started = transfer.started
        name, whole = self._checker.name(span.low), self._checker.extent(span)
        if event.stored.time_ps > started.time_ps:
            fix = (
                f"at {{stored}}: store only after {words.completion()}, or use a second buffer; the cache was written back "
                "when the request was made at {started}"
            )
        else:
            fix = f"before {{started}}: {words.writeback(name, whole.size)}"
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
            )
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
        words = self._checker.words
        own = dirty is None or any(sink.span.overlap(dirty) for sink in transfer.sinks)
        whole = self._checker.extent(event.span)
        if own:
            rule = "dirty-line-over-dma"
            message = (
                f"{transfer.channel} wrote {_bytes(event.span.size)} at {event.span} under a line that holds older stores of the "
                "core; when the cache evicts it, they replace what was received"
            )
            fix = f"before {{started}}: {words.invalidate(self._checker.name(event.span.low), whole.size)}"
        else:
            assert dirty is not None
            rule = "shared-line"
            message = (
                f"{transfer.channel} wrote {_bytes(event.span.size)} at {event.span}, and the same cache line holds unwritten stores to "
                f"{dirty}; the line's write-back destroys what was received, its invalidate loses the stores"
            )
            fix = (
                f"give the receive buffer whole cache lines: "
                f"{words.allocate(whole.size, self._kind(event.span.low))}, or align it and round its size up to "
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
            )
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
                + self._checker.words.invalidate(
                    self._checker.name(event.span.low), self._checker.extent(event.span).size
                ),
                notes=self._owner_note(event.span),
            )
        )

    # -- what the core reads -----------------------------------------------------------------------------------------

    def _on_cpu_read_stale(self, event: CpuReadStale) -> None:
        span = event.span
        filled_unseen = " by a prefetch" if event.filled.place == 0 else ""
        whole = self._checker.extent(span)
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
                + self._checker.words.invalidate(self._checker.name(span.low), whole.size)
                + ", or do not touch the buffer between start and completion",
                notes=self._owner_note(span),
            )
        )
        self._judge_syncs(span, "invalidate", event.filled, event.loaded, "the core read", ("loaded", event.loaded, ""))

    def _on_cpu_read_discarded(self, event: CpuReadDiscarded) -> None:
        span, dropped = event.span, event.dropped
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
            )
        )

    # -- maintenance -------------------------------------------------------------------------------------------------

    def _on_dropped(self, event: StoresDropped) -> None:
        """Dropping a neighbour's stores is wrong at once; dropping one's own only if they are read again (see discarded-write)."""
        owner = self._objects.at(event.sync.span.low)
        if owner is None:
            return
        name = self._checker.name(event.sync.span.low)
        for span in event.spans:
            thing = self._objects.at(span.low)
            if thing is None or thing.span == owner.span or thing.freed is not None:
                continue
            stored = self._checker.machine.memory.last_store(
                self._checker.machine.memory.locate(span.low, 1)[0], span.low
            )
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
                    fix=f"give {name} whole cache lines (align it to {event.views.line_bytes} bytes and round its size up), or write "
                    f"back first: {self._checker.words.writeback_invalidate(name, event.sync.span.size)}",
                    notes=self._owner_note(span),
                )
            )

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
        words, whole = self._checker.words, self._checker.extent(span)
        name = self._checker.name(span.low)
        right = words.invalidate(name, whole.size) if victim[0] == "loaded" else words.writeback(name, whole.size)
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
