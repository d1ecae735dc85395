"""Who owns memory: requests do, from submission to completion.

Lines that a request owns part of carry W_READ or W_WRITE, so that an access to them is looked at; which bytes exactly, the list of
claims knows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dmalab.core.events import ClaimsCollide, EventBus, Stamp
from dmalab.core.marks import Marks
from dmalab.core.region import W_READ, W_WRITE, Region
from dmalab.core.spans import Span
from dmalab.core.timeline_events import ClaimReleased, ClaimTaken


@dataclass(slots=True, eq=False, kw_only=True)
class Claim:
    """Memory that a request owns from submission to completion."""

    span: Span
    write: bool
    """The request writes it (nobody else may touch it); else it reads it (nobody may store)."""
    owner: object
    """Requests of one owner run one after the other, so their claims never collide."""
    label: str
    """The request in words, for reports: `copy of 4096 bytes by AXI GDMA channel 0`."""
    started: Stamp
    catch_up: Callable[[], None] = field(default=lambda: None)
    """Makes the engine's progress visible up to now."""
    passed: Callable[[Span], bool] = field(default=lambda _span: False)
    """Whether the engine is done with these bytes."""
    ring: bool = False
    """The part of a circular buffer that is the engine's turn."""
    posted: bool = False
    """The transfer is over, but its last bytes may still be on their way to memory (see `posted`)."""
    completion: str = ""
    """What to wait for before touching it, in the words of the API that made the request; empty for the machine's usual words."""


class Ownership(Marks):
    """The claims on one machine's memory."""

    def __init__(self, regions: Sequence[Region], bus: EventBus, stamp: Callable[[], Stamp]) -> None:
        super().__init__(regions, bus, stamp)
        self.claims: list[Claim] = []
        self.stacks_claimed: Callable[[], None] | None = None
        """Told whenever the set of claims changes; set by the guest."""

    def claim(self, claim: Claim) -> None:
        """Hand `claim.span` to a request.

        Raises:
            BadAddress: the span does not lie in one region.
        """
        span = claim.span
        region, offset, _ = self.locate(span.low, span.high - span.low)
        low = region.base + offset
        if low != span.low:
            claim.span = Span(low, low + span.high - span.low)
        for other in self.claims:
            shared = other.span.overlap(claim.span)
            if shared is None or other.owner is claim.owner or other.posted or claim.posted:
                continue
            if other.write or claim.write:
                self.bus.emit(ClaimsCollide(span=shared, first=other, second=claim))
        self.claims.append(claim)
        if self.bus.hears(ClaimTaken):
            self.bus.emit(ClaimTaken(claim=claim))
        self._watch(claim, region)
        if self.stacks_claimed is not None:
            self.stacks_claimed()

    def release(self, claim: Claim) -> None:
        """Take the memory of a request back. Releasing twice does nothing."""
        if claim not in self.claims:
            return
        self.claims.remove(claim)
        if self.bus.hears(ClaimReleased):
            self.bus.emit(ClaimReleased(claim=claim))
        low, high = claim.span
        region, offset, _ = self.locate(low, high - low)
        first, last = region.lines_of(offset, high - low)
        region.line_flags.clear(first, last, W_WRITE if claim.write else W_READ)
        low, high = region.base + (first << region.line_shift), region.base + (last << region.line_shift)
        for other in self.claims:
            if other.write == claim.write and other.span.low < high and low < other.span.high:
                self._watch(other, region)
        if self.stacks_claimed is not None:
            self.stacks_claimed()

    @staticmethod
    def _watch(claim: Claim, region: Region) -> None:
        low, high = claim.span
        first, last = region.lines_of(low - region.base, high - low)
        region.line_flags.set(first, last, W_WRITE if claim.write else W_READ)

    def claims_on(self, span: Span) -> list[Claim]:
        """The claims that own part of `span`, after every engine involved has caught up."""
        if not self.claims:
            return []
        touched = [claim for claim in self.claims if claim.span.overlap(span)]
        if not touched:
            return touched
        for claim in touched:
            claim.catch_up()
        return [claim for claim in self.claims if claim.span.overlap(span)]
