"""Memory that somebody else owns: touched-in-flight, freed-in-flight, dead-stack, overrun, heap-misuse, leak."""

from __future__ import annotations

from dmalab.core.events import (
    ClaimsCollide,
    FrameDied,
    FreedClaimed,
    HeapMisused,
    Leaked,
    OutsideObject,
    Stamp,
    TouchedClaim,
)
from dmalab.core.heap import Block
from dmalab.core.memory import Claim
from dmalab.core.spans import Span
from dmalab.report.finding import Certainty, Severity
from dmalab.rules.checker import Checker, Draft, Role


class Ownership:
    """Subscribes to everything about who may touch what."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        bus = checker.machine.bus
        bus.subscribe(TouchedClaim, self._on_touched)
        bus.subscribe(ClaimsCollide, self._on_collision)
        bus.subscribe(FreedClaimed, self._on_freed)
        bus.subscribe(FrameDied, self._on_frame_died)
        bus.subscribe(OutsideObject, self._on_outside)
        bus.subscribe(HeapMisused, self._on_heap_misused)
        bus.subscribe(Leaked, self._on_leaked)

    def _on_touched(self, event: TouchedClaim) -> None:
        claim, access = event.claim, event.access
        if claim.ring or claim.posted:
            return  # these have rules of their own
        if claim in self._checker.homeless:
            return  # the next owner does what it likes with its memory
        did, role = ("stored to", "stored") if event.is_store else ("read", "loaded")
        use = "is still writing" if claim.write else "is still reading"
        if event.passed:
            outcome = "the engine had already passed these bytes; a slower engine or an earlier access would be hit"
        elif event.is_store:
            outcome = "the engine had not moved these bytes yet"
        else:
            outcome = "these bytes had not arrived yet"
        self._checker.report(
            Draft(
                rule="touched-in-flight",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE if event.passed else Certainty.CERTAIN,
                message=f"the core {did} {{span}} while the {claim.label} {use} {claim.span}",
                span=access,
                time_ps=event.by.time_ps,
                roles=(("started", claim.started, claim.label), (role, event.by, "")),
                fix=f"before {{{role}}}: wait for {self._completion(claim)}",
                notes=(outcome,),
            ),
            cause=(claim.started, claim.label),
        )

    def _on_collision(self, event: ClaimsCollide) -> None:
        first, second = event.first, event.second
        self._checker.report(
            Draft(
                rule="touched-in-flight",
                severity=Severity.ERROR,
                certainty=Certainty.POSSIBLE,
                message=f"two requests use {event.span} at the same time: {first.label} {_use(first.write)} it, {second.label} "
                f"{_use(second.write)} it, and nothing orders them",
                span=event.span,
                time_ps=second.started.time_ps,
                roles=(("started", first.started, first.label), ("then started", second.started, second.label)),
                fix=f"before {{then started}}: wait for {self._completion(first)}",
            )
        )

    def _on_freed(self, event: FreedClaimed) -> None:
        claim = event.claim
        if claim.posted:
            return
        self._checker.homeless.append(claim)
        self._checker.report(
            Draft(
                rule="freed-in-flight",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"a heap block of {event.block.requested} bytes at {event.block.address:#010x} was freed while the {claim.label} "
                f"was {'writing' if claim.write else 'reading'} {claim.span}",
                span=claim.span,
                time_ps=event.freed.time_ps,
                roles=(
                    ("allocated", event.block.allocated, ""),
                    ("started", claim.started, claim.label),
                    ("freed", event.freed, ""),
                ),
                fix=f"before {{freed}}: wait for {self._completion(claim)}",
            )
        )

    def _on_frame_died(self, event: FrameDied) -> None:
        claim = event.claim
        if claim in self._checker.homeless:
            return
        self._checker.homeless.append(claim)
        use = f"the {claim.label} was {'writing' if claim.write else 'reading'} {claim.span}"
        wait = f"wait for {self._completion(claim)}"
        if event.task:
            role = "deleted"
            message = f"task {event.task} was deleted while {use} on its stack, which is given back with it"
            fix = f"before the task is deleted at {{deleted}}: let it {wait}, or use a static or heap buffer"
        else:
            role = "returned"
            message = f"a function returned while {use} in its stack frame; the next call reuses that memory"
            fix = f"before the return at {{returned}}: {wait}, or use a static or heap buffer"
        self._checker.report(
            Draft(
                rule="dead-stack",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=message,
                span=event.span,
                time_ps=event.left.time_ps,
                roles=(("started", claim.started, claim.label), (role, event.left, "")),
                fix=fix,
            )
        )

    def _completion(self, claim: Claim) -> str:
        return claim.completion or self._checker.words.completion()

    def _on_outside(self, event: OutsideObject) -> None:
        excess = event.span.high - event.owner_span.high
        roles: list[Role] = [("allocated", event.allocated, "")] if event.allocated is not None else []
        verb = "writes" if event.is_write else "reads"
        self._checker.report(
            Draft(
                rule="overrun",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"the request {verb} {event.span}, {excess} bytes beyond the end of {event.owner} at {event.owner_span}",
                span=Span(event.owner_span.high, event.span.high),
                time_ps=event.started.time_ps,
                roles=(*roles, ("started", event.started, "")),
                fix=f"at {{started}}: ask for at most {event.owner_span.high - event.span.low} bytes, or allocate {event.span.size}",
                notes=(f"behind it lies {event.beyond}",) if event.beyond else (),
            )
        )

    # -- heap --------------------------------------------------------------------------------------------------------

    def _on_heap_misused(self, event: HeapMisused) -> None:
        kind, block = event.kind, event.block
        access = event.access
        assert access is not None
        heap = self._checker.machine.heap.blocks_heap
        if kind == "unallocated":
            block = heap.find_freed(access.low) or heap.neighbour(access.low)
            kind = "use-after-free" if block is not None and block.freed is not None else "overflow"
        if event.by == Stamp():
            self._report_damaged_guard(access, block)
            return
        role = {"double-free": "freed again", "wrong-free": "freed"}.get(kind, "stored" if event.is_store else "loaded")
        self._checker.report(
            Draft(
                rule="heap-misuse",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=_heap_message(kind, access, block, is_store=event.is_store),
                span=access,
                time_ps=event.by.time_ps,
                roles=(*_history(block), (role, event.by, "")),
                fix=_HEAP_FIX[kind],
            )
        )

    def _report_damaged_guard(self, access: Span, block: Block | None) -> None:
        size = block.requested if block is not None else 0
        self._checker.report(
            Draft(
                rule="heap-misuse",
                severity=Severity.ERROR,
                certainty=Certainty.CERTAIN,
                message=f"the guard bytes {access} behind a heap block of {size} bytes were overwritten by code that can't be observed, such "
                "as the C library",
                span=access,
                time_ps=self._checker.machine.clock.now_ps,
                roles=_history(block),
                fix=_HEAP_FIX["overflow"],
            )
        )

    def _on_leaked(self, event: Leaked) -> None:
        size = f" of {event.size} bytes" if event.size else ""
        self._checker.report(
            Draft(
                rule="leak",
                severity=Severity.WARNING,
                certainty=Certainty.CERTAIN,
                message=f"{event.what}{size} was never given back, and nothing refers to it any more",
                span=event.span,
                time_ps=self._checker.machine.clock.now_ps,
                roles=(("allocated", event.allocated, ""),),
                fix="give it back before its last reference goes out of scope, or keep it in a static variable",
            )
        )


_HEAP_FIX = {
    "overflow": "stay inside the block, or allocate more",
    "use-after-free": "use the block before it is freed, and set the pointer to NULL afterwards",
    "double-free": "free a block once, and set the pointer to NULL afterwards",
    "wrong-free": "free the address that the allocation returned",
    "unallocated": "stay inside allocated memory",
}


def _use(write: bool) -> str:
    return "writes" if write else "reads"


def _history(block: Block | None) -> tuple[Role, ...]:
    if block is None:
        return ()
    roles: list[tuple[str, Stamp, str]] = [("allocated", block.allocated, f"{block.requested} bytes")]
    if block.freed is not None:
        roles.append(("freed", block.freed, ""))
    return tuple(roles)


def _heap_message(kind: str, access: Span, block: Block | None, *, is_store: bool) -> str:
    did = "stored to" if is_store else "read"
    if kind == "use-after-free" and block is not None:
        return f"{access} was {'written' if is_store else 'read'} after its block of {block.requested} bytes was freed"
    if kind == "double-free":
        return f"the block at {access.low:#010x} was freed twice"
    if kind == "wrong-free":
        return f"{access.low:#010x} was freed, which no allocation had returned" + (
            f"; it lies inside a block at {block.address:#010x}" if block is not None else ""
        )
    if block is not None and access.low >= block.address + block.requested:
        behind = access.low - (block.address + block.size)
        return f"the core {did} {access}, {behind} bytes behind the end of a heap block of {block.requested} bytes"
    if block is not None:
        return f"the core {did} {access}, before the start of a heap block of {block.requested} bytes"
    return f"the core {did} {access}, heap memory that nobody had allocated"
