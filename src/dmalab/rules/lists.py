"""What engines say about lists and rings: bad-descriptor-chain, ring-ownership, channel-state, completion-misuse.

For channels that firmware drives itself. A sender that has caught up with its ring, a receiver whose firmware listens
to "list used up", and a channel that is polled are none of these.
"""

from __future__ import annotations

from dmalab.core.engine_events import FrameUnheard, ListAbandoned, ListBroken, RingExhausted
from dmalab.core.events import Deadlock
from dmalab.core.spans import Span
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft

_ABANDONED = {
    "restarted": (
        Severity.WARNING,
        "{channel} was started again while {left} bytes of its list had not moved: they never will",
        "before {{by}}: wait for the completion, or stop the channel on purpose",
    ),
    "removed": (
        Severity.ERROR,
        (
            "{channel} was given back in the middle of its list, with {left} bytes still to move: on the chip it goes "
            "on, into whatever comes next"
        ),
        "before {{by}}: stop the channel, or wait for its completion",
    ),
    "appended": (
        Severity.WARNING,
        "{channel} was told to go on with its list before it was ever started: it goes on from an address nobody set",
        "before {{by}}: start the channel with the head of the list",
    ),
}


class Lists:
    """Subscribes to what engines say."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._unheard: dict[str, FrameUnheard] = {}
        bus = checker.machine.bus
        bus.subscribe(ListBroken, self._on_broken)
        bus.subscribe(RingExhausted, self._on_exhausted)
        bus.subscribe(ListAbandoned, self._on_abandoned)
        bus.subscribe(FrameUnheard, self._on_unheard)
        bus.subscribe(Deadlock, self._on_deadlock)

    def _on_broken(self, event: ListBroken) -> None:
        if self._is_stale(event.at):
            return  # the list may be right, but in the cache only: see stale-dma-read
        after = f"after {event.items} descriptors and {event.moved} bytes" if event.items else "at its head"
        if event.direction == "receiving":
            fix = "at {started}: link as many descriptors as the frame needs, or listen to on_descr_empty and append"
        else:
            fix = (
                "at {started}: link each descriptor to the next, mark the end of the frame on the last one, and "
                "end the list with NULL"
            )
        self._checker.report(
            Draft(
                rule="bad-descriptor-chain",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"{event.channel} can't go on {event.direction} {after}: {event.why}",
                span=Span(event.at, event.at + 12) if event.at else None,
                time_ps=event.noticed.time_ps,
                roles=(("started", event.started, ""),),
                fix=fix,
            )
        )

    def _is_stale(self, at: int) -> bool:
        memory = self._checker.machine.memory
        region = memory.find(at) if at else None
        views = memory.views(region, at) if region is not None and region.cached else None
        return views is not None and views.cpu != views.memory

    def _on_exhausted(self, event: RingExhausted) -> None:
        self._checker.report(
            Draft(
                rule="ring-ownership",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"bytes arrived on {event.channel} and every descriptor of its ring waits for the CPU, after "
                f"{event.items} were filled: "
                "the channel stops until one is given back and the list appended",
                span=Span(event.at, event.at + 12),
                time_ps=event.noticed.time_ps,
                roles=(("started", event.started, ""),),
                fix="give every filled descriptor back as soon as its bytes are taken, make the ring longer, and "
                "append after an error",
            )
        )

    def _on_abandoned(self, event: ListAbandoned) -> None:
        severity, what, fix = _ABANDONED[event.kind]
        roles = (("by", event.by, ""),)
        if event.kind != "appended":
            roles = (("started", event.started, ""), *roles)  # type: ignore[assignment]
        self._checker.report(
            Draft(
                rule="channel-state",
                severity=severity,
                certainty=Certainty.CERTAIN,
                message=what.format(channel=event.channel, left=event.left),
                span=event.span,
                time_ps=event.by.time_ps,
                roles=roles,
                fix=fix.format(),
            )
        )

    def _on_unheard(self, event: FrameUnheard) -> None:
        self._unheard.setdefault(event.channel, event)

    def _on_deadlock(self, event: Deadlock) -> None:
        """A frame that nobody heard of is a bug when somebody waits for ever."""
        for unheard in self._unheard.values():
            self._checker.report(
                Draft(
                    rule="completion-misuse",
                    severity=Severity.ERROR,
                    certainty=Certainty.POSSIBLE,
                    message=f"a frame of {unheard.size} bytes was received on {unheard.channel} and told nobody, for no "
                    "on_recv_eof is registered; "
                    "every task waits",
                    time_ps=unheard.ended.time_ps,
                    roles=(("started", unheard.started, ""), ("stuck", event.at, "")),
                    fix="before {started}: register on_recv_eof, and give in it what {stuck} waits for",
                )
            )
