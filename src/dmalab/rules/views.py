"""The same memory by two ways: alias-mix, ordering; and maintenance that does harm: unsafe-maintenance.

A range that is used through its uncached alias only is coherent by construction; only mixing is judged, and only when
the cache holds something the other way does not see.
"""

from __future__ import annotations

from dmalab.core.events import AliasMixed, RawMaintenance, Stamp, TouchedClaim
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role, line_bytes


class TwoViews:
    """Subscribes to accesses that go different ways, and to raw cache routines."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._mixed: dict[tuple[int, bool], Stamp] = {}
        """By the place of the cached stores: who came by the alias first. All who follow have the same cause, and the same repair."""
        bus = checker.machine.bus
        bus.subscribe(AliasMixed, self._on_alias)
        bus.subscribe(TouchedClaim, self._on_touched)
        bus.subscribe(RawMaintenance, self._on_raw)

    def _on_alias(self, event: AliasMixed) -> None:
        words, name = self._checker.words, self._checker.name(event.newer.low)
        whole = self._checker.extent(event.newer)
        by = self._mixed.setdefault((event.stored.place, event.is_store), event.by) if event.stored.place else event.by
        if event.is_store:
            message = (
                f"the core stored to {event.access} through its uncached alias while the cache held older stores "
                f"to {event.newer} in the same "
                "line: the line's write-back destroys what was stored"
            )
        else:
            message = (
                f"the core read {event.access} through its uncached alias, and not its own newer stores to "
                f"{event.newer}, which only the cache has"
            )
        self._checker.report(
            Draft(
                rule="alias-mix",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE if event.is_store else Certainty.CERTAIN,
                message=message,
                span=event.newer,
                line=line_bytes(event.views),
                time_ps=event.by.time_ps,
                roles=(
                    ("cached", event.stored, "store"),
                    ("uncached", by, "store" if event.is_store else "load"),
                ),
                fix=f"between {{cached}} and {{uncached}}: {words.writeback_invalidate(name, whole.size)}, and use "
                "one of the two addresses only",
            )
        )

    def _on_touched(self, event: TouchedClaim) -> None:
        claim = event.claim
        if not claim.posted or event.is_store:
            return
        self._checker.report(
            Draft(
                rule="ordering",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=f"the core read {event.access}, which a {claim.label} has just written to PSRAM; on this "
                "revision of the chip such writes "
                "can still be on their way when the interrupt comes",
                span=event.access,
                time_ps=event.by.time_ps,
                roles=(("started", claim.started, claim.label), ("loaded", event.by, "")),
                fix="before {loaded}: write back some line of PSRAM, which waits for them, or use a driver of "
                "ESP-IDF v6.0 or later, which does so",
            )
        )

    def _on_raw(self, event: RawMaintenance) -> None:
        where = f"{event.span}" if event.span is not None else "the whole cache"
        if event.dropped:
            count = sum(span.size for span in event.dropped)
            first = event.dropped[0]
            message = (
                f"{event.call} dropped {count} bytes of the core's stores in {where}, the first of them at {first}"
            )
            roles: tuple[Role, ...] = (("stored", event.stored, ""), ("called", event.by, event.call))
            fix = "at {called}: sync only the range that a transfer has written: " + self._checker.words.invalidate(
                "buffer", first.size
            )
            self._report(message, Severity.ERROR, Certainty.CERTAIN, roles, fix, event)
        elif event.cores > 1:
            message = (
                f"{event.call} was called on {where} without the lock that keeps the other core off the cache: a "
                "core that runs from flash or PSRAM "
                "meanwhile hangs or reads garbage"
            )
            fix = "at {called}: esp_cache_msync(), which takes the lock"
            self._report(message, Severity.WARNING, Certainty.POSSIBLE, (("called", event.by, event.call),), fix, event)

    def _report(
        self,
        message: str,
        severity: Severity,
        certainty: Certainty,
        roles: tuple[Role, ...],
        fix: str,
        event: RawMaintenance,
    ) -> None:
        self._checker.report(
            Draft(
                rule="unsafe-maintenance",
                severity=severity,
                certainty=certainty,
                message=message,
                span=event.dropped[0] if event.dropped else event.span,
                time_ps=event.by.time_ps,
                roles=roles,
                fix=fix,
            )
        )
