"""What is right but not needed: redundant-sync, uninitialised-transfer.

Notes, never more. A write-back counts as redundant only when every one made at its place found nothing to do, and only while caches evict
nothing by themselves; an invalidate never does, for a line may be there by prefetch. Bytes count as uninitialised by the whole line, as
padding is not worth a word; memory without a cache is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass

from dmalab.core.events import EngineReadUnwritten, Sync
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role


@dataclass(slots=True)
class _Site:
    """The write-backs made at one place."""

    first: Sync
    count: int = 0


class Needless:
    """Subscribes to maintenance and to what engines read."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._idle: dict[int, _Site] = {}
        self._useful: set[int] = set()
        bus = checker.machine.bus
        bus.subscribe(Sync, self._on_sync)
        bus.subscribe(EngineReadUnwritten, self._on_unwritten)

    def _on_sync(self, sync: Sync) -> None:
        if sync.driver or sync.refused or sync.op != "writeback" or self._checker.machine.policy != "lazy":
            return
        place = sync.by.place
        if sync.dirty_lines or place in self._useful:
            self._useful.add(place)
            self._idle.pop(place, None)
            return
        self._idle.setdefault(place, _Site(sync)).count += 1

    def report_idle(self) -> None:
        """The run is over: say which places never had anything to write back."""
        for site in self._idle.values():
            sync = site.first
            each = "" if site.count == 1 else f", in none of the {site.count} calls made there"
            self._checker.report(
                Draft(
                    rule="redundant-sync",
                    severity=Severity.INFO,
                    certainty=Certainty.CERTAIN,
                    message=f"{sync.call or 'a write-back'} had nothing to write back at {{span}}: no line of it was dirty{each}",
                    span=sync.span,
                    time_ps=sync.by.time_ps,
                    roles=(("called", sync.by, ""),),
                    fix="at {called}: drop the call, unless another chip or release needs it",
                )
            )
        self._idle.clear()

    def _on_unwritten(self, event: EngineReadUnwritten) -> None:
        if event.span.size < event.line_bytes:
            return
        transfer, thing = event.transfer, self._checker.machine.objects.at(event.span.low)
        roles: list[Role] = []
        if thing is not None and thing.allocated is not None:
            roles.append(("allocated", thing.allocated, ""))
        roles.append(("started", transfer.started, ""))
        self._checker.report(
            Draft(
                rule="uninitialised-transfer",
                severity=Severity.INFO,
                certainty=Certainty.CERTAIN,
                message=f"{transfer.channel} sent {event.span.size} bytes at {{span}} that nobody has written since they were allocated",
                span=event.span,
                time_ps=event.read.time_ps,
                roles=tuple(roles),
                fix="at {started}: send only what was filled, or clear the rest first",
            )
        )
