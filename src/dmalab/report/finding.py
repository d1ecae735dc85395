"""A finding: one problem, as data. Renderers turn it into text, JSON or anything else.

Severity and certainty follow one rule each: *error* means data lost or wrong, or a call that misbehaves; *warning* means legal but
dangerous; *info* means redundant work. *certain* means this run used the wrong bytes; *possible* means that some legal eviction,
fill or interrupt order would.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
    """How bad it is."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Certainty(Enum):
    """Whether this run was hit, or only some other legal run would be."""

    CERTAIN = "certain"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """One source place that took part."""

    role: str
    """What happened there, in a word: `stored`, `started`, `loaded`, `synced`, `allocated`, `freed` …"""
    file: str
    """As the compiler recorded it, relative to the working folder when it lies below it; empty when unknown."""
    line: int
    """1-based; 0 when unknown."""
    function: str
    task: str
    time_ns: int | None = None
    note: str = ""
    """What else is worth knowing, such as the size of the transfer."""


FURTHER = "also "
"""Begins the role of a place that a later symptom of the same cause adds: `also stored`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePart:
    """A run of bytes of a cache line that belong to one object."""

    address: int
    size: int
    owner: str
    """The object in a word or two; empty for bytes of nobody's, such as padding and the heap's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBytes:
    """The cache line that shows the problem: what each side holds."""

    address: int
    """Where the shown bytes start; in or at the line."""
    size: int
    """Bytes of the cache line."""
    cpu: bytes
    """What the core sees, from `address` on; at most 16 bytes."""
    memory: bytes
    """What memory holds."""
    moved: bytes = b""
    """What the engine sent or wrote; empty when no engine took part."""
    moved_word: str = "sent"
    """`sent` or `received`."""
    parts: tuple[LinePart, ...] = ()
    """Whom the whole line belongs to, from its first byte to its last; empty in memory that is not cached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem with everything needed to act on it."""

    rule: str
    severity: Severity
    certainty: Certainty
    message: str
    """One sentence: who did what to which bytes."""
    address: int | None = None
    size: int | None = None
    line: LineBytes | None = None
    time_ns: int = 0
    where: tuple[Where, ...] = ()
    fix: str = ""
    """What to write, and where; may have several lines."""
    notes: tuple[str, ...] = ()
    """Further lines of the text report, such as the refused call or the owner of the neighbouring bytes."""
    count: int = field(default=1)
    """How often it was seen; repeats are merged."""

    @property
    def first_places(self) -> tuple[Where, ...]:
        """The places of the first symptom, without those that later ones add."""
        return tuple(one for one in self.where if not one.role.startswith(FURTHER))
