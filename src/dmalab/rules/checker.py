"""Collects what the rules find, cheaply: a loop over a stale buffer finds the same thing thousands of times.

Places stay numbers until the run is over; then each draft becomes a `Finding` with files and lines.
"""

from __future__ import annotations

import linecache
import os
import re
from collections import OrderedDict, deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from dmalab.core.claims import Claim
from dmalab.core.clock import PS_PER_NS
from dmalab.core.events import Stamp, Views
from dmalab.core.machine import BareMachine
from dmalab.core.objects import Thing
from dmalab.core.spans import Span
from dmalab.report.finding import FURTHER, Certainty, Finding, LineBytes, LinePart, Severity, Where
from dmalab.rules.words import Words

MAX_DRAFTS = 1000
"""Different problems kept; beyond that a run is counted, not described, and the report says so."""

REMEMBERED_CAUSES = 256
"""Causes whose next symptom still joins the first one's finding; the oldest is forgotten."""

REMEMBERED_HOMELESS = 64
"""Requests that have lost their memory; the oldest is forgotten."""

FURTHER_PLACES = 4
"""Places beyond those of the first symptom that a finding shows; the rest are counted in a note."""

Role = tuple[str, Stamp, str]
"""Role, who and when, and a note."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A finding whose places are still numbers."""

    rule: str
    severity: Severity
    certainty: Certainty
    message: str
    """May contain `{span}`: repeats that continue it widen it."""
    span: Span | None = None
    line: LineBytes | None = None
    time_ps: int = 0
    roles: Sequence[Role] = ()
    fix: str = ""
    """May name roles in braces: `before {started}: …` becomes `before frame.c:52: …`."""
    notes: Sequence[str] = ()
    count: int = field(default=1)
    further: list[Role] = field(default_factory=list)
    """Where later symptoms of the same cause have other places."""

    def take_in(self, later: Draft) -> None:
        """Count a later symptom of the same problem."""
        self.count += 1
        self.widen(later.span)
        if later.certainty is Certainty.CERTAIN:
            self.certainty = Certainty.CERTAIN

    def add_places(self, later: Draft) -> None:
        """Note the places that a later symptom of the same cause adds."""
        seen = {(role, stamp.place) for role, stamp, _ in (*self.roles, *self.further)}
        self.further += [one for one in later.roles if (one[0], one[1].place) not in seen]

    def widen(self, span: Span | None) -> None:
        """Take in a repeat that touches the bytes found so far, where the message follows."""
        if span is None or self.span is None or "{span}" not in self.message:
            return
        if span.low <= self.span.high and self.span.low <= span.high:
            self.span = Span(min(span.low, self.span.low), max(span.high, self.span.high))

    def key(self) -> tuple[object, ...]:
        """What makes two drafts the same problem."""
        return self.rule, self.severity, tuple((role, stamp.place) for role, stamp, _ in self.roles)


class Checker:
    """The findings of one machine."""

    def __init__(self, machine: BareMachine, words: Words) -> None:
        self.machine = machine
        self.words = words
        self.overflowed = 0
        self.homeless: deque[Claim] = deque(maxlen=REMEMBERED_HOMELESS)
        """Claims on memory that was freed, or whose stack frame has ended: what happens there later follows from that."""
        self._drafts: list[Draft] = []
        self._by_places: dict[tuple[object, ...], Draft] = {}
        """By `Draft.key`: every draft, and those that symptoms with other places have joined."""
        self._by_cause: OrderedDict[tuple[str, Hashable], Draft] = OrderedDict()

    def report(self, draft: Draft, *, cause: Hashable = None) -> Draft | None:
        """Add one finding, or count it when it is known.

        Args:
            draft: The problem.
            cause: What stands for the one mistake behind it, such as a request that nobody waits for. Problems of one rule
                with one cause are one finding, whatever their places; None when only the places tell.
        Returns:
            What stands for it from now on: the draft itself, or the one it repeats; None beyond the limit.
        """
        places = draft.key()
        known = self._by_places.get(places)
        if known is None and cause is not None:
            known = self._by_cause.get((draft.rule, cause))
            if known is not None:
                known.add_places(draft)
                self._by_places[places] = known
        if known is not None:
            known.take_in(draft)
        elif len(self._drafts) < MAX_DRAFTS:
            if draft.line is not None and draft.line.size:
                draft.line = replace(draft.line, parts=self._parts(draft.line))
            self._drafts.append(draft)
            self._by_places[places] = known = draft
        else:
            self.overflowed += 1
            return None
        if cause is not None:
            self._by_cause[draft.rule, cause] = known
            self._by_cause.move_to_end((draft.rule, cause))
            if len(self._by_cause) > REMEMBERED_CAUSES:
                self._by_cause.popitem(last=False)
        return known

    def findings(self) -> list[Finding]:
        """Everything found, with places resolved, in the order of time."""
        drafts = sorted(self._drafts, key=lambda draft: draft.time_ps)
        return [self._finish(draft) for draft in drafts]

    def _finish(self, draft: Draft) -> Finding:
        where = tuple(self._where(*role) for role in draft.roles)
        places = {one.role: f"{os.path.basename(one.file)}:{one.line}" if one.file else "this point" for one in where}
        further, more = self._further(draft)
        return Finding(
            rule=draft.rule,
            severity=draft.severity,
            certainty=draft.certainty,
            message=draft.message.replace("{span}", str(draft.span)),
            address=draft.span.low if draft.span is not None else None,
            size=draft.span.size if draft.span is not None else None,
            line=draft.line,
            time_ns=draft.time_ps // PS_PER_NS,
            where=(*where, *further),
            fix=draft.fix.format_map(places),
            notes=(*draft.notes, *more),
            count=draft.count,
        )

    def _further(self, draft: Draft) -> tuple[tuple[Where, ...], tuple[str, ...]]:
        """The lines of source that later symptoms add, and a note of those there is no room for."""
        lines = {(role, one.file, one.line) for role, one in self._resolved(draft.roles)}
        further: list[Where] = []
        for role, one in self._resolved(draft.further):
            if (role, one.file, one.line) not in lines:
                lines.add((role, one.file, one.line))
                further.append(replace(one, role=FURTHER + role))
        left = len(further) - FURTHER_PLACES
        more = (f"and {left} more {'place' if left == 1 else 'places'} with the same cause",) if left > 0 else ()
        return tuple(further[:FURTHER_PLACES]), more

    def _resolved(self, roles: Sequence[Role]) -> list[tuple[str, Where]]:
        return [(role, self._where(role, stamp, note)) for role, stamp, note in roles]

    def _where(self, role: str, stamp: Stamp, note: str) -> Where:
        site = self.machine.places.resolve(stamp.place)
        return Where(
            role=role,
            file=relative(site.file),
            line=site.line,
            function=site.function,
            task=self.machine.scheduler.task_name(stamp.task),
            time_ns=stamp.time_ps // PS_PER_NS,
            note=note,
        )

    def _parts(self, line: LineBytes) -> tuple[LinePart, ...]:
        """Whom the bytes of a line belong to, as runs."""
        low = line.address - line.address % line.size
        parts: list[LinePart] = []
        for address in range(low, low + line.size):
            thing = self.machine.objects.at(address)
            owner = "" if thing is None else f"stack of {thing.name}" if thing.kind == "stack" else self._called(thing)
            if parts and parts[-1].owner == owner:
                parts[-1] = replace(parts[-1], size=parts[-1].size + 1)
            else:
                parts.append(LinePart(address=address, size=1, owner=owner))
        return tuple(parts)

    def _called(self, thing: Thing) -> str:
        """A static's name, the variable that got a heap block, or what kind of thing it is."""
        if thing.kind == "static" or thing.allocated is None:
            return thing.name
        site = self.machine.places.resolve(thing.allocated.place)
        name = variable(site.file, site.line) or f"a heap block of {thing.span.size} bytes"
        return name if thing.freed is None else f"{name}, freed"

    # -- words that several rules use --------------------------------------------------------------------------------

    def owner(self, address: int) -> str:
        """The object at an address in words, with where it was allocated; empty when unknown."""
        thing = self.machine.objects.at(address)
        if thing is None:
            return ""
        text = self.described(thing)
        if thing.allocated is not None:
            site = self.machine.places.resolve(thing.allocated.place)
            if site.file:
                text += f" allocated at {os.path.basename(site.file)}:{site.line}"
        return text

    def described(self, thing: Thing) -> str:
        """An object in words: `frame, a heap block of 4096 bytes`, where the variable that got it is seen."""
        if thing.kind != "heap block" or thing.allocated is None:
            return thing.describe()
        site = self.machine.places.resolve(thing.allocated.place)
        name = variable(site.file, site.line)
        return f"{name}, {thing.describe()}" if name else thing.describe()

    def name(self, address: int) -> str:
        """An expression for the object at an address, for fixes: a static's name, the variable that got a heap block, or `buffer`."""
        thing = self.machine.objects.at(address)
        if thing is None or thing.kind == "stack":
            return "buffer"
        if thing.kind == "static" or thing.allocated is None:
            return thing.name
        site = self.machine.places.resolve(thing.allocated.place)
        return variable(site.file, site.line) or thing.name

    def piece(self, span: Span) -> tuple[str, int]:
        """What to hand to a maintenance call for `span`: an expression for its address, and a size in bytes.

        The whole object where `span` fills it; else that part of it, in whole lines as far as they belong to the object, so that the
        call leaves the rest of a structure or a pool alone.
        """
        thing, region = self.machine.objects.at(span.low), self.machine.memory.find(span.low)
        if thing is None or thing.kind == "stack" or region is None:
            return "buffer", span.size
        name, whole = self.name(span.low), thing.span
        low = max(span.low - (span.low - region.base) % region.line_bytes, whole.low)
        high = min(span.high + -(span.high - region.base) % region.line_bytes, whole.high)
        if low == whole.low:
            return name, high - low
        return f"(uint8_t *){'&' if thing.kind == 'static' else ''}{name} + {low - whole.low}", high - low

    def extent(self, span: Span) -> Span:
        """The object that holds `span`, or `span` itself."""
        thing = self.machine.objects.at(span.low)
        return thing.span if thing is not None and thing.kind != "stack" else span


def line_bytes(views: Views, *, moved: bytes = b"", word: str = "sent") -> LineBytes:
    """Both views, as a finding shows them."""
    return LineBytes(
        address=views.address,
        size=views.line_bytes,
        cpu=views.cpu,
        memory=views.memory,
        moved=moved,
        moved_word=word,
    )


_ASSIGNED = re.compile(
    r"(?:^|[\s*;{(])([A-Za-z_][\w.]*(?:->\w+)*)\)?(?:\[[^\]]*\])*\s*=\s*(?:\([^()]*\)\s*)?[A-Za-z_][\w.]*\s*\("
)
"""`name = call(`, with a cast or not; an array or a pointer to one."""


def variable(file: str, line: int) -> str:
    """What a call's result is assigned to on a line of source: `frame` in `uint8_t *frame = malloc(n);`; empty where that can't be seen."""
    if not file or not line:
        return ""
    linecache.checkcache(file)
    found = _ASSIGNED.findall(linecache.getline(file, line))
    return str(found[0]) if len(found) == 1 else ""


def relative(file: str) -> str:
    """A source file relative to the working folder when it lies below it."""
    if not file or not os.path.isabs(file):
        return file
    below = os.path.relpath(file)
    return file if below.startswith("..") else below
