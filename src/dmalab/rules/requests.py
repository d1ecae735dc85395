"""Requests that can't work: unreachable-memory, misaligned-for-engine, and refusals whose error code was ignored.

A request that an API refuses is no bug in itself: firmware may ask, and fall back. It becomes one when the code goes on as if it had worked: it
reads the destination unwritten, or waits for ever.
"""

from __future__ import annotations

from dmalab.chips.model import Kind
from dmalab.core.events import CpuReadUndelivered, Deadlock, Misaligned, Refusal, Unreachable
from dmalab.core.spans import Span
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role

MAX_PLACES = 6
"""Places that one finding about a refusal names."""
_RULE = {
    "unreachable": "unreachable-memory",
    "misaligned": "misaligned-for-engine",
    "busy": "ring-ownership",
    "memory": "bad-descriptor-chain",
    "invalid": "misaligned-for-engine",
}


class Requests:
    """Subscribes to what engines and drivers turn down."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._told: dict[int, Draft | None] = {}
        """The finding about each refusal, by its identity."""
        bus = checker.machine.bus
        bus.subscribe(Unreachable, self._on_unreachable)
        bus.subscribe(Misaligned, self._on_misaligned)
        bus.subscribe(CpuReadUndelivered, self._on_undelivered)
        bus.subscribe(Deadlock, self._on_deadlock)

    def _on_unreachable(self, event: Unreachable) -> None:
        if event.refusal is not None:
            return
        verb, effect = ("write", "the bytes go nowhere") if event.is_write else ("read", "it sends zeros or hangs")
        self._checker.report(
            Draft(
                rule="unreachable-memory",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{event.engine} can't {verb} {event.span}, which is {event.region}: {effect}",
                span=event.span,
                time_ps=event.started.time_ps,
                roles=(("started", event.started, ""),),
                fix="use memory the engine reaches: "
                + self._checker.words.allocate(event.span.size, Kind.SRAM)
                + ", and copy there first",
                notes=self._owner(event.span),
            )
        )

    def _on_misaligned(self, event: Misaligned) -> None:
        self._checker.report(
            Draft(
                rule="misaligned-for-engine",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{event.span} does not fit {event.engine}: {event.why}",
                span=event.span,
                time_ps=event.started.time_ps,
                roles=(("started", event.started, ""),),
                fix=f"align the address and the size to {event.align} bytes",
                notes=self._owner(event.span),
            )
        )

    def _on_undelivered(self, event: CpuReadUndelivered) -> None:
        if event.refusal is not None:
            self._report_ignored(
                event.refusal,
                f"the core read {event.span} as if it had been copied",
                ("loaded", event.loaded, ""),
            )

    def _on_deadlock(self, event: Deadlock) -> None:
        for refusal in self._checker.machine.memory.refusals:
            if not refusal.reported:
                self._report_ignored(refusal, "and every task waits", ("stuck", event.at, ""))

    def _report_ignored(self, refusal: Refusal, effect: str, victim: Role) -> None:
        refusal.reported = True
        if id(refusal) in self._told:
            self._add_victim(self._told[id(refusal)], victim)
            return
        self._told[id(refusal)] = self._checker.report(
            Draft(
                rule=_RULE[refusal.reason],
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{refusal.call} was refused with {refusal.code} ({refusal.detail}), {effect}",
                span=refusal.offender,
                time_ps=victim[1].time_ps,
                roles=(("started", refusal.by, refusal.call), victim),
                fix=self._fix(refusal),
                notes=self._owner(refusal.offender),
            )
        )

    def _add_victim(self, draft: Draft | None, victim: Role) -> None:
        """One cause is one finding, wherever its harm shows: the places that see it besides are added to it."""
        if draft is None:
            return
        draft.count += 1
        role, stamp, note = victim
        known = {each.place for _, each, _ in draft.roles}
        if stamp.place not in known and len(draft.roles) < MAX_PLACES:
            draft.roles = (*draft.roles, (f"also {role}", stamp, note))

    def report_handled(self) -> None:
        """At the end of a run: refusals that the firmware seems to have dealt with, as information."""
        for refusal in self._checker.machine.memory.refusals:
            if not refusal.reported and refusal.reason in ("unreachable", "misaligned"):
                self._checker.report(
                    Draft(
                        rule=_RULE[refusal.reason],
                        severity=Severity.INFO,
                        certainty=Certainty.CERTAIN,
                        message=f"{refusal.call} was refused with {refusal.code}: {refusal.detail}",
                        span=refusal.offender,
                        time_ps=refusal.by.time_ps,
                        roles=(("started", refusal.by, refusal.call),),
                        fix=self._fix(refusal),
                    )
                )

    def _fix(self, refusal: Refusal) -> str:
        if refusal.reason == "unreachable":
            return (
                "at {started}: look at the result, and use memory that "
                f"{refusal.engine} reaches: {self._checker.words.allocate(refusal.offender.size, Kind.SRAM)}; or another engine"
            )
        if refusal.reason == "misaligned":
            return f"at {{started}}: look at the result, and align address and size to {refusal.align} bytes"
        if refusal.reason == "busy":
            return "at {started}: look at the result, and wait for a completion before the next request, or raise the backlog"
        if refusal.reason == "memory":
            return (
                "at {started}: look at the result, and give memory back or wait for a completion before you ask again"
            )
        return "at {started}: look at the result"

    def _owner(self, span: Span) -> tuple[str, ...]:
        owner = self._checker.owner(span.low)
        return (f"the bytes belong to {owner}",) if owner else ()
