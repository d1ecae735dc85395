"""How the program runs: isr-context, deadlock, guest-fault."""

from __future__ import annotations

from dmalab.core.events import BlockedInInterrupt, CallbackOutOfReach, Deadlock, Fault, Stamp
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role


class Execution:
    """Subscribes to everything about control flow."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        bus = checker.machine.bus
        bus.subscribe(BlockedInInterrupt, self._on_blocked)
        bus.subscribe(CallbackOutOfReach, self._on_out_of_reach)
        bus.subscribe(Deadlock, self._on_deadlock)
        bus.subscribe(Fault, self._on_fault)

    def _on_blocked(self, event: BlockedInInterrupt) -> None:
        if event.context == "callback":
            self._on_blocked_in_callback(event)
            return
        where = "an interrupt" if event.context == "interrupt" else "a critical section"
        what = "may wait" if event.blocking else "is for tasks only"
        self._checker.report(
            Draft(
                rule="isr-context",
                severity=Severity.ERROR if event.blocking else Severity.WARNING,
                certainty=Certainty.CERTAIN,
                message=f"{event.call} was called in {where}, but it {what}",
                time_ps=event.by.time_ps,
                roles=(("called", event.by, ""),),
                fix=f"at {{called}}: {self._checker.words.from_isr(event.call)}",
            )
        )

    def _on_blocked_in_callback(self, event: BlockedInInterrupt) -> None:
        self._checker.report(
            Draft(
                rule="isr-context",
                severity=Severity.WARNING,
                certainty=Certainty.CERTAIN,
                message=f"{event.call} waits in a callback that the driver runs inside the caller's own call: the same callback runs in an "
                "interrupt as soon as the request is queued instead of polled",
                time_ps=event.by.time_ps,
                roles=(("called", event.by, ""),),
                fix=f"at {{called}}: {self._checker.words.from_isr(event.call)}",
            )
        )

    def _on_out_of_reach(self, event: CallbackOutOfReach) -> None:
        self._checker.report(
            Draft(
                rule="isr-context",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=f"the callback given to {event.call} lies in flash, but its interrupt also runs while the flash cache is off: it crashes "
                "when it comes during a flash write or erase",
                time_ps=event.by.time_ps,
                roles=(("called", event.by, event.call), ("callback", event.callback, "")),
                fix="at {callback}: put the function and everything it calls into IRAM with IRAM_ATTR, and its data into DRAM",
            )
        )

    def _on_deadlock(self, event: Deadlock) -> None:
        waits = "; ".join(f"{task} waits for {what}" for task, what, _ in event.waits)
        roles: tuple[Role, ...] = tuple(("waiting", stamp, what) for _, what, stamp in event.waits)
        self._checker.report(
            Draft(
                rule="deadlock",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"every task waits and nothing is pending: {waits}",
                time_ps=event.at.time_ps,
                roles=roles,
                fix="make sure that what {waiting} waits for is given on every path, or wait with a time-out",
            )
        )

    def _on_fault(self, event: Fault) -> None:
        trace: list[Role] = [("at", event.by, "")]
        for place in event.backtrace[1:6]:
            trace.append(("called from", Stamp(place, event.by.task, event.by.time_ps), ""))
        self._checker.report(
            Draft(
                rule="guest-fault",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=event.message,
                time_ps=event.by.time_ps,
                roles=tuple(trace),
            )
        )
